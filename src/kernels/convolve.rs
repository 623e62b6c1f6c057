//! One convolution as a step of a plan.

use super::kernel_set::{KernelSet, Product};
use super::map::{Map, Share};
use super::packed::{Layout, PackedConv};
use super::spatial::{Group, GroupOutput, Tiling, convolve_group};
use super::tile::{Finish, Tile};
use super::winograd::OUTPUT_SIDE;

/// Reads `input`, writes `output`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Convolution<'a> {
    pub(super) conv: &'a PackedConv,
    pub(super) input: Map,
    pub(super) output: Map,
    /// Added before the ReLU; a map like the output.
    pub(super) residual: Option<Map>,
}

impl Convolution<'_> {
    /// Numbers that a thread needs beside the arena.
    pub(super) fn scratch_len(&self) -> usize {
        let pitch = self.conv.input_pitch;
        match (self.conv.layout, self.conv.size.kernel) {
            (Layout::Direct, 1) => 0,
            (Layout::Direct, kernel) => kernel * (self.input.width + 2) * pitch,
            (Layout::Winograd, _) => {
                let tiling = Tiling::of(self.conv, self.output.height, self.output.width);
                tiling.padded_len(pitch) + tiling.points_len(self.conv)
            }
        }
    }

    /// Computes this thread's rows.
    ///
    /// # Safety
    ///
    /// The maps belong to `arena`, no other thread touches the rows that this share writes, nobody writes the maps that
    /// are read, and `scratch` holds [`Self::scratch_len`] numbers of this thread's own.
    pub(super) unsafe fn run(
        &self,
        set: &KernelSet,
        arena: *mut f32,
        scratch: *mut f32,
        share: Share,
    ) {
        // SAFETY: handed on.
        unsafe {
            match (self.conv.layout, self.conv.size.kernel) {
                (Layout::Direct, 1) => self.run_pointwise(set, arena, share),
                (Layout::Direct, _) => self.run_windows(set, arena, scratch, share),
                (Layout::Winograd, _) => self.run_tiles(set, arena, scratch, share),
            }
        }
    }

    fn finish(&self, arena: *mut f32, row: usize) -> Finish {
        Finish {
            residual: self.residual_row(arena, row),
            relu: self.conv.size.relu,
            ..Finish::NONE
        }
    }

    fn residual_row(&self, arena: *mut f32, row: usize) -> *const f32 {
        self.residual
            .map_or(std::ptr::null(), |map| map.row_pointer(arena, row))
    }

    unsafe fn run_pointwise(&self, set: &KernelSet, arena: *mut f32, share: Share) {
        let rows = share.of_range(self.output.height);
        // SAFETY: this share's rows of maps that lie in the arena.
        unsafe {
            set.product(&Product {
                tile: Tile {
                    input: self.input.row_pointer(arena, rows.start),
                    input_stride: self.conv.input_pitch,
                    segment_stride: 0,
                    segments: 1,
                    length: self.conv.input_pitch,
                    weights: self.conv.weights.as_ptr(),
                    bias: self.conv.bias.as_ptr(),
                    output: self.output.row_pointer(arena, rows.start),
                    output_stride: self.conv.output_pitch,
                    finish: self.finish(arena, rows.start),
                },
                rows: rows.len() * self.output.width,
                columns: self.conv.output_pitch,
            });
        }
    }

    /// 3x3 windows, whose three runs are multiplied where they stand in three bordered rows.
    unsafe fn run_windows(
        &self,
        set: &KernelSet,
        arena: *mut f32,
        scratch: *mut f32,
        share: Share,
    ) {
        let pitch = self.conv.input_pitch;
        let (kernel, stride) = (self.conv.size.kernel, self.conv.size.stride);
        let padded_row = (self.input.width + 2) * pitch;
        for row in share.of_range(self.output.height) {
            // SAFETY: scratch holds `kernel` bordered rows; the product is one row of the output.
            unsafe {
                for line in 0..kernel {
                    let source = (row * stride + line).checked_sub(1);
                    let target = scratch.add(line * padded_row);
                    copy_bordered(&self.input, arena, source, target, self.input.width + 2);
                }
                set.product(&Product {
                    tile: Tile {
                        input: scratch,
                        input_stride: stride * pitch,
                        segment_stride: padded_row,
                        segments: kernel,
                        length: kernel * pitch,
                        weights: self.conv.weights.as_ptr(),
                        bias: self.conv.bias.as_ptr(),
                        output: self.output.row_pointer(arena, row),
                        output_stride: self.conv.output_pitch,
                        finish: self.finish(arena, row),
                    },
                    rows: self.output.width,
                    columns: self.conv.output_pitch,
                });
            }
        }
    }

    unsafe fn run_tiles(&self, set: &KernelSet, arena: *mut f32, scratch: *mut f32, share: Share) {
        let tiling = Tiling::of(self.conv, self.output.height, self.output.width);
        let pitch = self.conv.input_pitch;
        let band = share.of_range(tiling.down);
        for first in band.clone().step_by(tiling.rows_a_group) {
            let count = tiling.rows_a_group.min(band.end - first);
            let top = first * OUTPUT_SIDE;
            // SAFETY: scratch holds the padded rows and the points of a group; the output is that of this share.
            unsafe {
                for line in 0..count * OUTPUT_SIDE + 2 {
                    let target = scratch.add(line * tiling.padded_width() * pitch);
                    let source = (top + line).checked_sub(1);
                    copy_bordered(&self.input, arena, source, target, tiling.padded_width());
                }
                convolve_group(
                    set,
                    self.conv,
                    &tiling,
                    Group { first, count },
                    scratch,
                    scratch.add(tiling.padded_len(pitch)),
                    GroupOutput {
                        pixels: self.output.row_pointer(arena, top),
                        residual: self.residual_row(arena, top),
                    },
                );
            }
        }
    }
}

/// Copies a row of a map behind one pixel of zeros and fills up with zeros to `width` pixels; rows outside are zeros.
///
/// # Safety
///
/// The map belongs to `arena` and is not written meanwhile; `target` is valid for `width` pixels.
unsafe fn copy_bordered(
    map: &Map,
    arena: *mut f32,
    row: Option<usize>,
    target: *mut f32,
    width: usize,
) {
    let pitch = map.pitch;
    // SAFETY: `1 + map.width <= width` pixels are written, and a row inside the map is read.
    unsafe {
        match row.filter(|row| *row < map.height) {
            None => target.write_bytes(0, width * pitch),
            Some(row) => {
                target.write_bytes(0, pitch);
                let inside = target.add(pitch);
                inside.copy_from_nonoverlapping(map.row_pointer(arena, row), map.row());
                inside
                    .add(map.row())
                    .write_bytes(0, (width - 1 - map.width) * pitch);
            }
        }
    }
}
