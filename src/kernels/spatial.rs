//! 3x3 convolutions of stride 1 by Winograd's method, a few rows of tiles at a time.

use super::fixed_point::{FixedProduct, WINOGRAD};
use super::kernel_set::KernelSet;
use super::packed::PackedConv;
use super::precision::Precision;
use super::tile::{Finish, Product};
use super::winograd::{
    INPUT_SIDE, InputTile, NumberPoints, OUTPUT_SIDE, OutputTile, POINTS, WordPoints,
};

/// So many tiles at a time keep all matrix products high and their operands in the second-level cache.
const TILES_A_GROUP: usize = 12;

/// Twice as many where the weights do not fit there beside them: they are then read half as often from further away.
const TILES_A_LARGE_GROUP: usize = 24;

/// Numbers of weights up to which the smaller groups are better: a quarter of a megabyte.
const MOST_CACHED_WEIGHTS: usize = 64 * 1024;

/// Cuts a map into tiles of 4x4 outputs, and those into groups of whole rows of tiles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tiling {
    pub(super) height: usize,
    pub(super) width: usize,
    /// Tiles in a row.
    pub(super) across: usize,
    /// Rows of tiles.
    pub(super) down: usize,
    /// Rows of tiles in a group.
    pub(super) rows_a_group: usize,
}

impl Tiling {
    /// For the outputs of `conv`.
    pub(super) fn of(conv: &PackedConv, height: usize, width: usize) -> Self {
        let across = width.div_ceil(OUTPUT_SIDE);
        let tiles = if conv.weights.len() <= MOST_CACHED_WEIGHTS {
            TILES_A_GROUP
        } else {
            TILES_A_LARGE_GROUP
        };
        Self {
            height,
            width,
            across,
            down: height.div_ceil(OUTPUT_SIDE),
            rows_a_group: (tiles / across).max(1),
        }
    }

    /// Where the inputs of a group's tile begin among its padded rows.
    const fn offset(&self, tile: usize, pitch: usize) -> usize {
        let (down, across) = (tile / self.across, tile % self.across);
        (down * self.padded_width() + across) * OUTPUT_SIDE * pitch
    }

    /// Pixels of a row with its border and what the last tile reads behind it.
    pub(super) const fn padded_width(&self) -> usize {
        self.across * OUTPUT_SIDE + INPUT_SIDE - OUTPUT_SIDE
    }

    /// Rows of pixels that a full group reads.
    pub(super) const fn padded_rows(&self) -> usize {
        self.rows_a_group * OUTPUT_SIDE + INPUT_SIDE - OUTPUT_SIDE
    }

    /// Numbers that the padded rows of a full group take.
    pub(super) const fn padded_len(&self, pitch: usize) -> usize {
        self.padded_rows() * self.padded_width() * pitch
    }

    /// Numbers that [`convolve_group`] needs for its points.
    pub(super) const fn points_len(&self, conv: &PackedConv) -> usize {
        let tiles = self.rows_a_group * self.across;
        let scales = match conv.precision {
            Precision::Full => 0,
            Precision::Int16 => tiles,
        };
        POINTS * tiles * (conv.input_pitch + conv.output_pitch) + scales
    }
}

/// Rows of tiles from `first`, at most a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub(super) first: usize,
    pub(super) count: usize,
}

/// Where a group's results go.
#[derive(Clone, Copy, Debug)]
pub(super) struct GroupOutput {
    /// The group's first pixel.
    pub(super) pixels: *mut f32,
    /// Added before the ReLU, at the place of the output, or null.
    pub(super) residual: *const f32,
}

/// Computes a group of tiles.
///
/// `padded` are the rows that the group reads, from one row above it on, each with one pixel of border at the left and
/// filled to [`Tiling::padded_width`]; what lies outside the map is zero.
///
/// # Safety
///
/// The processor has the set's instructions. `padded` holds [`Tiling::padded_len`] numbers of the convolution's input
/// pitch, `points` [`Tiling::points_len`]; `output` is valid for the group's rows, [`Tiling::width`] pixels each.
pub(super) unsafe fn convolve_group(
    set: &KernelSet,
    conv: &PackedConv,
    tiling: &Tiling,
    group: Group,
    padded: *const f32,
    points: *mut f32,
    output: GroupOutput,
) {
    let outputs = conv.output_pitch;
    let tiles = group.count * tiling.across;
    let output_row = tiling.width * outputs;
    // SAFETY: all offsets are those of tiles of this group inside buffers whose lengths the caller vouches for.
    unsafe {
        let results = points.add(POINTS * tiles * conv.input_pitch);
        match conv.precision {
            Precision::Full => multiply(set, conv, tiling, tiles, padded, points, results),
            Precision::Int16 => multiply_words(set, conv, tiling, tiles, padded, points, results),
        }
        for tile in 0..tiles {
            let (down, across) = (tile / tiling.across, tile % tiling.across);
            let row = down * OUTPUT_SIDE;
            let column = across * OUTPUT_SIDE;
            let at = row * output_row + column * outputs;
            (set.transform_output)(&OutputTile {
                points: results.add(tile * outputs),
                point_stride: tiles * outputs,
                channels: outputs,
                bias: conv.bias.as_ptr(),
                output: output.pixels.add(at),
                row_stride: output_row,
                rows: (tiling.height - group.first * OUTPUT_SIDE - row).min(OUTPUT_SIDE),
                columns: (tiling.width - column).min(OUTPUT_SIDE),
                residual: if output.residual.is_null() {
                    output.residual
                } else {
                    output.residual.add(at)
                },
                relu: conv.size.relu,
            });
        }
    }
}

/// From padded rows to the products of all points, in full precision.
///
/// # Safety
///
/// As for [`convolve_group`], of whose `points` the `results` are the part behind the transformed inputs.
unsafe fn multiply(
    set: &KernelSet,
    conv: &PackedConv,
    tiling: &Tiling,
    tiles: usize,
    padded: *const f32,
    points: *mut f32,
    results: *mut f32,
) {
    let (inputs, outputs) = (conv.input_pitch, conv.output_pitch);
    // SAFETY: tiles of this group, points of those tiles.
    unsafe {
        for tile in 0..tiles {
            (set.transform_input)(&InputTile {
                input: padded.add(tiling.offset(tile, inputs)),
                row_stride: tiling.padded_width() * inputs,
                channels: inputs,
                points: NumberPoints(points.add(tile * inputs)),
                point_stride: tiles * inputs,
            });
        }
        for point in 0..POINTS {
            (set.product)(&Product {
                input: points.add(point * tiles * inputs),
                input_stride: inputs,
                segment_stride: 0,
                segments: 1,
                length: inputs,
                weights: conv.weights.as_ptr().add(point * inputs * outputs),
                bias: std::ptr::null(),
                output: results.add(point * tiles * outputs),
                output_stride: outputs,
                finish: Finish::NONE,
                rows: tiles,
                columns: outputs,
            });
        }
    }
}

/// The same in fixed point: the tiles of a row have one scale, so it does not depend on how rows are shared among threads.
///
/// # Safety
///
/// The same; behind the results of all points there is room for a number a tile.
unsafe fn multiply_words(
    set: &KernelSet,
    conv: &PackedConv,
    tiling: &Tiling,
    tiles: usize,
    padded: *const f32,
    points: *mut f32,
    results: *mut f32,
) {
    let (inputs, outputs) = (conv.input_pitch, conv.output_pitch);
    let padded_row = tiling.padded_width() * inputs;
    // SAFETY: tiles of this group, points of those tiles.
    unsafe {
        let words = points.cast::<i16>();
        let scales = results.add(POINTS * tiles * outputs);
        for first in (0..tiles).step_by(tiling.across) {
            let rows = padded.add(tiling.offset(first, inputs));
            let largest = (set.largest)(rows, INPUT_SIDE * padded_row);
            let (scale, steps) = WINOGRAD.input_scale(largest);
            for tile in first..first + tiling.across {
                *scales.add(tile) = scale;
                (set.transform_input_to_words)(&InputTile {
                    input: padded.add(tiling.offset(tile, inputs)),
                    row_stride: padded_row,
                    channels: inputs,
                    points: WordPoints {
                        words: words.add(tile * inputs),
                        steps,
                    },
                    point_stride: tiles * inputs,
                });
            }
        }
        for point in 0..POINTS {
            (set.fixed_product)(&FixedProduct {
                rows: tiles,
                columns: outputs,
                input: words.add(point * tiles * inputs),
                input_stride: inputs,
                segment_stride: 0,
                segments: 1,
                length: inputs,
                weights: conv.words(point),
                column_scales: conv.scales.as_ptr().add(point * outputs),
                row_scales: scales,
                row_scale_stride: 1,
                bias: std::ptr::null(),
                output: results.add(point * tiles * outputs),
                output_stride: outputs,
                finish: Finish::NONE,
            });
        }
    }
}
