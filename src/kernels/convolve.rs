//! One convolution as a step of a plan.

use std::ops::Range;

use super::direct::{DirectRows, multiply_rows, words_len};
use super::kernel_set::KernelSet;
use super::map::{Pixels, Share};
use super::packed::{Layout, PackedConv};
use super::precision::Precision;
use super::spatial::{Group, GroupOutput, Tiling, convolve_group};
use super::tile::Finish;
use super::winograd::OUTPUT_SIDE;

/// Pixels a side of a window that is multiplied where it stands.
const WINDOW: usize = 3;

/// Outputs of so few pixels are computed with one pass over the weights: their windows are gathered all together.
const SMALL_OUTPUT_PIXELS: usize = 48;

/// Reads `input`, writes `output`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Convolution<'a> {
    pub(super) conv: &'a PackedConv,
    pub(super) input: Pixels,
    pub(super) output: Pixels,
    /// Added before the ReLU; a map like the output.
    pub(super) residual: Option<Pixels>,
}

/// 3x3 windows of a line of outputs.
#[derive(Clone, Copy, Debug)]
struct Windows {
    /// The first number of the first window.
    first: *const f32,
    /// From window to window.
    stride: usize,
    /// From a window's row to the next.
    segment_stride: usize,
}

/// Outputs side by side or one below the other.
#[derive(Clone, Copy, Debug)]
struct Line {
    row: usize,
    column: usize,
    len: usize,
    direction: Direction,
}

/// Where a line goes.
#[derive(Clone, Copy, Debug)]
enum Direction {
    Across {
        /// Of the map: behind its last column the next row begins, as in memory.
        width: usize,
    },
    Down,
}

impl Line {
    fn across(row: usize, columns: Range<usize>, width: usize) -> Self {
        Self {
            row,
            column: columns.start,
            len: columns.len(),
            direction: Direction::Across { width },
        }
    }

    /// Whole rows.
    fn rows(rows: Range<usize>, width: usize) -> Self {
        Self::across(rows.start, 0..rows.len() * width, width)
    }

    fn down(column: usize, rows: Range<usize>) -> Self {
        Self {
            row: rows.start,
            column,
            len: rows.len(),
            direction: Direction::Down,
        }
    }

    /// Row and column of an output.
    const fn position(&self, idx: usize) -> (usize, usize) {
        match self.direction {
            Direction::Across { width } => {
                let at = self.column + idx;
                (self.row + at / width, at % width)
            }
            Direction::Down => (self.row + idx, self.column),
        }
    }
}

impl Convolution<'_> {
    /// Numbers that a thread needs beside the arena.
    pub(super) fn scratch_len(&self) -> usize {
        let pitch = self.conv.input_pitch;
        match (self.conv.layout, self.conv.size.kernel) {
            (Layout::Direct, 1) => words_len(self.conv, self.input.row()),
            (Layout::Direct, _) => self.gathered_len() + self.window_words_len(),
            (Layout::Winograd, _) => {
                let tiling = Tiling::of(self.conv, self.output.height, self.output.width);
                tiling.padded_len(pitch) + tiling.points_len(self.conv)
            }
        }
    }

    /// Whether all windows of a share are gathered together. In fixed point a line has one scale, so that the answer does
    /// not depend on how rows are shared.
    fn is_small(&self) -> bool {
        self.conv.precision == Precision::Full
            && self.output.height * self.output.width <= SMALL_OUTPUT_PIXELS
    }

    /// Numbers of the windows of the longest line.
    fn gathered_len(&self) -> usize {
        let longest = if self.is_small() {
            self.output.height * self.output.width
        } else {
            self.output.width.max(self.output.height)
        };
        WINDOW * WINDOW * self.conv.input_pitch * longest
    }

    /// Numbers in whose place the words of a line's windows fit: of gathered ones, or of the rows over which they reach.
    fn window_words_len(&self) -> usize {
        let span = self.gathered_len().max(WINDOW * self.input.row());
        words_len(self.conv, span)
    }

    /// Computes this thread's rows.
    ///
    /// # Safety
    ///
    /// No other thread touches the rows that this share writes, the maps are there and nobody writes
    /// those that are read, and `scratch` holds [`Self::scratch_len`] numbers of this thread's own.
    pub(super) unsafe fn run(&self, set: &KernelSet, scratch: *mut f32, share: Share) {
        // SAFETY: handed on.
        unsafe {
            match (self.conv.layout, self.conv.size.kernel) {
                (Layout::Direct, 1) => self.run_pointwise(set, scratch, share),
                (Layout::Direct, _) => self.run_windows(set, scratch, share),
                (Layout::Winograd, _) => self.run_tiles(set, scratch, share),
            }
        }
    }

    /// What follows the sums of an output and those behind it.
    fn finish(&self, row: usize, column: usize) -> Finish {
        Finish {
            residual: self.residual_at(row, column),
            relu: self.conv.size.relu,
            ..Finish::NONE
        }
    }

    fn residual_at(&self, row: usize, column: usize) -> *const f32 {
        self.residual.map_or(std::ptr::null(), |map| {
            map.row_pointer(row).wrapping_add(column * map.pitch)
        })
    }

    unsafe fn run_pointwise(&self, set: &KernelSet, scratch: *mut f32, share: Share) {
        let rows = share.of_range(self.output.height);
        let rows_at_once = match self.conv.precision {
            Precision::Full => rows.len().max(1),
            // a row of pixels has one scale, so it does not depend on how rows are shared
            Precision::Int16 => 1,
        };
        // SAFETY: this share's rows of maps that lie in the arena.
        unsafe {
            for row in rows.clone().step_by(rows_at_once) {
                let pixels = DirectRows::pixels(
                    self.conv,
                    rows_at_once * self.output.width,
                    self.input.row_pointer(row),
                    self.output.row_pointer(row),
                    self.finish(row, 0),
                );
                multiply_rows(set, self.conv, pixels, scratch);
            }
        }
    }

    /// 3x3 windows, whose three runs are multiplied where they stand in the map; windows over its border are gathered.
    unsafe fn run_windows(&self, set: &KernelSet, scratch: *mut f32, share: Share) {
        let stride = self.conv.size.stride;
        // windows that reach over no side
        let inside = |input: usize, output: usize| {
            let end = (input.saturating_sub(2) / stride + 1).min(output);
            1.min(end)..end
        };
        let rows = share.of_range(self.output.height);
        if self.is_small() {
            if !rows.is_empty() {
                // SAFETY: this share's rows, whose windows fit into scratch.
                unsafe { self.gather(set, scratch, Line::rows(rows, self.output.width)) };
            }
            return;
        }
        let inner_rows = inside(self.input.height, self.output.height);
        let inner_columns = inside(self.input.width, self.output.width);
        // SAFETY: windows inside the map are read there; scratch holds the windows of the longest line.
        unsafe {
            for row in rows.clone() {
                if inner_rows.contains(&row) && !inner_columns.is_empty() {
                    let (top, left) = (row * stride - 1, inner_columns.start * stride - 1);
                    let windows = Windows {
                        first: self
                            .input
                            .row_pointer(top)
                            .add(left * self.conv.input_pitch),
                        stride: stride * self.conv.input_pitch,
                        segment_stride: self.input.row(),
                    };
                    let line = Line::across(row, inner_columns.clone(), self.output.width);
                    self.multiply(set, scratch, windows, line);
                } else {
                    let line = Line::rows(row..row + 1, self.output.width);
                    self.gather(set, scratch, line);
                }
            }
            let rows = rows.start.max(inner_rows.start)..rows.end.min(inner_rows.end);
            if !rows.is_empty() && !inner_columns.is_empty() {
                let rows_at_once = match self.conv.precision {
                    Precision::Full => rows.len(),
                    // the windows of a line have one scale
                    Precision::Int16 => 1,
                };
                for column in (0..inner_columns.start).chain(inner_columns.end..self.output.width) {
                    for row in rows.clone().step_by(rows_at_once) {
                        let line = Line::down(column, row..row + rows_at_once);
                        self.gather(set, scratch, line);
                    }
                }
            }
        }
    }

    /// Copies the windows of a line next to each other, zeros for what is outside, and multiplies them.
    unsafe fn gather(&self, set: &KernelSet, scratch: *mut f32, line: Line) {
        let pitch = self.conv.input_pitch;
        let stride = self.conv.size.stride;
        let window_len = WINDOW * WINDOW * pitch;
        for idx in 0..line.len {
            let (row, column) = line.position(idx);
            for tap in 0..WINDOW * WINDOW {
                let inside = |at: usize, tap: usize, len: usize| {
                    (at * stride + tap).checked_sub(1).filter(|at| *at < len)
                };
                let from = inside(row, tap / WINDOW, self.input.height).zip(inside(
                    column,
                    tap % WINDOW,
                    self.input.width,
                ));
                // SAFETY: a pixel of the map, and one of the scratch's windows.
                unsafe {
                    let target = scratch.add(idx * window_len + tap * pitch);
                    match from {
                        None => target.write_bytes(0, pitch),
                        Some((row, column)) => target.copy_from_nonoverlapping(
                            self.input.row_pointer(row).add(column * pitch),
                            pitch,
                        ),
                    }
                }
            }
        }
        let windows = Windows {
            first: scratch,
            stride: window_len,
            segment_stride: WINDOW * pitch,
        };
        // SAFETY: the windows were just written; the line lies inside the output.
        unsafe { self.multiply(set, scratch, windows, line) }
    }

    unsafe fn multiply(&self, set: &KernelSet, scratch: *mut f32, windows: Windows, line: Line) {
        let pitch = self.conv.output_pitch;
        let (row, column) = line.position(0);
        let rows = DirectRows {
            rows: line.len,
            input: windows.first,
            input_stride: windows.stride,
            segment_stride: windows.segment_stride,
            segments: WINDOW,
            length: WINDOW * self.conv.input_pitch,
            output: self.output.row_pointer(row).wrapping_add(column * pitch),
            output_stride: match line.direction {
                Direction::Down => self.output.row(),
                Direction::Across { .. } => pitch,
            },
            finish: self.finish(row, column),
        };
        // SAFETY: the caller vouches for the windows and all between them; their words fit behind the gathered ones; the line
        // lies inside the output, and the residual is like that.
        unsafe { multiply_rows(set, self.conv, rows, scratch.add(self.gathered_len())) }
    }

    unsafe fn run_tiles(&self, set: &KernelSet, scratch: *mut f32, share: Share) {
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
                    copy_bordered(&self.input, source, target, tiling.padded_width());
                }
                convolve_group(
                    set,
                    self.conv,
                    &tiling,
                    Group { first, count },
                    scratch,
                    scratch.add(tiling.padded_len(pitch)),
                    GroupOutput {
                        pixels: self.output.row_pointer(top),
                        residual: self.residual_at(top, 0),
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
/// The map is there and nobody writes it; `target` is valid for `width` pixels.
unsafe fn copy_bordered(map: &Pixels, row: Option<usize>, target: *mut f32, width: usize) {
    let pitch = map.pitch;
    // SAFETY: `1 + map.width <= width` pixels are written, and a row inside the map is read.
    unsafe {
        match row.filter(|row| *row < map.height) {
            None => target.write_bytes(0, width * pitch),
            Some(row) => {
                target.write_bytes(0, pitch);
                let inside = target.add(pitch);
                inside.copy_from_nonoverlapping(map.row_pointer(row), map.row());
                inside
                    .add(map.row())
                    .write_bytes(0, (width - 1 - map.width) * pitch);
            }
        }
    }
}
