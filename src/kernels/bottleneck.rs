//! A residual block in one pass over the map: its narrow middle never leaves the cache.

use super::direct::{DirectRows, multiply_rows, words_len};
use super::kernel_set::KernelSet;
use super::map::{Pixels, Share};
use super::packed::PackedConv;
use super::spatial::{Group, GroupOutput, Tiling, convolve_group};
use super::tile::Finish;
use super::winograd::OUTPUT_SIDE;

/// 1x1 to fewer channels, 3x3, 1x1 back, plus the input, ReLU; and then, if asked for, plus a map of half the size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bottleneck<'a> {
    pub(super) reduce: &'a PackedConv,
    pub(super) conv: &'a PackedConv,
    pub(super) expand: &'a PackedConv,
    pub(super) input: Pixels,
    pub(super) output: Pixels,
    /// Enlarged twice (nearest) and added after the ReLU.
    pub(super) half: Option<Pixels>,
}

/// Where a thread keeps the middle of the block.
struct Scratch {
    /// Rows of the first convolution with their border.
    padded: *mut f32,
    points: *mut f32,
    /// Rows of the second convolution.
    spatial: *mut f32,
    /// What a row of a 1x1 convolution needs.
    row: *mut f32,
}

impl Bottleneck<'_> {
    fn tiling(&self) -> Tiling {
        Tiling::of(self.conv, self.output.height, self.output.width)
    }

    /// Numbers that a thread needs beside the arena.
    pub(super) fn scratch_len(&self) -> usize {
        let tiling = self.tiling();
        tiling.padded_len(self.conv.input_pitch)
            + tiling.points_len(self.conv)
            + self.spatial_len(&tiling)
            + words_len(self.reduce, tiling.width * self.reduce.input_pitch).max(words_len(
                self.expand,
                tiling.width * self.expand.input_pitch,
            ))
    }

    /// Numbers that a group's rows of the second convolution take.
    fn spatial_len(&self, tiling: &Tiling) -> usize {
        tiling.rows_a_group * OUTPUT_SIDE * tiling.width * self.conv.output_pitch
    }

    /// Computes this thread's rows.
    ///
    /// # Safety
    ///
    /// No other thread touches the rows that this share writes, the maps are there and nobody writes
    /// those that are read, and `scratch` holds [`Self::scratch_len`] numbers of this thread's own.
    pub(super) unsafe fn run(&self, set: &KernelSet, scratch: *mut f32, share: Share) {
        let tiling = self.tiling();
        let pitch = self.conv.input_pitch;
        let padded_row = tiling.padded_width() * pitch;
        let band = share.of_range(tiling.down);
        // SAFETY: the parts of scratch are as long as `scratch_len` says; rows are those of this share.
        unsafe {
            let points = scratch.add(tiling.padded_len(pitch));
            let spatial = points.add(tiling.points_len(self.conv));
            let scratch = Scratch {
                padded: scratch,
                points,
                spatial,
                row: spatial.add(self.spatial_len(&tiling)),
            };
            let mut is_first = true;
            for first in band.clone().step_by(tiling.rows_a_group) {
                let count = tiling.rows_a_group.min(band.end - first);
                let top = first * OUTPUT_SIDE;
                // the last two rows of the group above are the first two of this one
                let mut known = 0;
                if !is_first {
                    let last = tiling.rows_a_group * OUTPUT_SIDE * padded_row;
                    known = 2;
                    scratch
                        .padded
                        .copy_from(scratch.padded.add(last), known * padded_row);
                }
                is_first = false;
                for line in known..count * OUTPUT_SIDE + 2 {
                    let row = (top + line).checked_sub(1);
                    let target = scratch.padded.add(line * padded_row);
                    self.reduce_row(set, row, target, scratch.row);
                }
                let output = GroupOutput {
                    pixels: scratch.spatial,
                    residual: std::ptr::null(),
                };
                let group = Group { first, count };
                convolve_group(
                    set,
                    self.conv,
                    &tiling,
                    group,
                    scratch.padded,
                    scratch.points,
                    output,
                );
                let bottom = (top + count * OUTPUT_SIDE).min(self.output.height);
                for row in top..bottom {
                    let from = (row - top) * tiling.width * self.conv.output_pitch;
                    self.expand_row(set, row, scratch.spatial.add(from), scratch.row);
                }
            }
        }
    }

    /// One row of the first convolution, bordered by zeros; rows outside are zeros.
    unsafe fn reduce_row(
        &self,
        set: &KernelSet,
        row: Option<usize>,
        target: *mut f32,
        scratch: *mut f32,
    ) {
        let pitch = self.reduce.output_pitch;
        let tiling = self.tiling();
        let width = tiling.padded_width();
        // SAFETY: `target` is a padded row; the row read lies inside the input.
        unsafe {
            let Some(row) = row.filter(|row| *row < self.input.height) else {
                target.write_bytes(0, width * pitch);
                return;
            };
            target.write_bytes(0, pitch);
            let finish = Finish {
                relu: self.reduce.size.relu,
                ..Finish::NONE
            };
            let input = self.input.row_pointer(row);
            let pixels =
                DirectRows::pixels(self.reduce, tiling.width, input, target.add(pitch), finish);
            multiply_rows(set, self.reduce, pixels, scratch);
            let behind = width - 1 - tiling.width;
            target
                .add((1 + tiling.width) * pitch)
                .write_bytes(0, behind * pitch);
        }
    }

    /// One row of the last convolution and all that follows it.
    unsafe fn expand_row(
        &self,
        set: &KernelSet,
        row: usize,
        spatial: *const f32,
        scratch: *mut f32,
    ) {
        // SAFETY: `spatial` is a row of the second convolution; the other rows lie inside their maps.
        unsafe {
            let finish = Finish {
                residual: self.input.row_pointer(row),
                relu: true,
                half: self
                    .half
                    .map_or(std::ptr::null(), |map| map.row_pointer(row / 2)),
            };
            let output = self.output.row_pointer(row);
            let pixels =
                DirectRows::pixels(self.expand, self.output.width, spatial, output, finish);
            multiply_rows(set, self.expand, pixels, scratch);
        }
    }
}
