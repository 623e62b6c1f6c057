//! A row of pixels through a 1x1 convolution, in the precision of its weights.

use super::fixed_point::{DIRECT, FixedProduct};
use super::kernel_set::KernelSet;
use super::packed::PackedConv;
use super::precision::Precision;
use super::tile::{Finish, Product};

/// Pixels side by side.
#[derive(Clone, Copy, Debug)]
pub(super) struct PixelRow {
    pub(super) input: *const f32,
    pub(super) output: *mut f32,
    pub(super) pixels: usize,
    pub(super) finish: Finish,
}

/// Numbers of scratch that [`convolve_row`] needs.
pub(super) const fn row_scratch_len(conv: &PackedConv, pixels: usize) -> usize {
    match conv.precision {
        Precision::Full => 0,
        Precision::Int16 => (conv.input_pitch * pixels).div_ceil(2),
    }
}

/// Computes a row.
///
/// # Safety
///
/// The processor has the set's instructions. The row is valid for pixels of the convolution's pitches, `scratch` for
/// [`row_scratch_len`] numbers.
pub(super) unsafe fn convolve_row(
    set: &KernelSet,
    conv: &PackedConv,
    row: PixelRow,
    scratch: *mut f32,
) {
    // SAFETY: the whole row is read and written, which the caller vouches for.
    unsafe {
        match conv.precision {
            Precision::Full => (set.product)(&Product {
                rows: row.pixels,
                columns: conv.output_pitch,
                input: row.input,
                input_stride: conv.input_pitch,
                segment_stride: 0,
                segments: 1,
                length: conv.input_pitch,
                weights: conv.weights.as_ptr(),
                bias: conv.bias.as_ptr(),
                output: row.output,
                output_stride: conv.output_pitch,
                finish: row.finish,
            }),
            Precision::Int16 => {
                let len = row.pixels * conv.input_pitch;
                let (scale, steps) = DIRECT.input_scale((set.largest)(row.input, len));
                let words = scratch.cast::<i16>();
                (set.to_words)(row.input, len, steps, words);
                (set.fixed_product)(&FixedProduct {
                    rows: row.pixels,
                    columns: conv.output_pitch,
                    input: words,
                    input_stride: conv.input_pitch,
                    segment_stride: 0,
                    segments: 1,
                    length: conv.input_pitch,
                    weights: conv.words(0),
                    column_scales: conv.scales.as_ptr(),
                    row_scales: &raw const scale,
                    row_scale_stride: 0,
                    bias: conv.bias.as_ptr(),
                    output: row.output,
                    output_stride: conv.output_pitch,
                    finish: row.finish,
                });
            }
        }
    }
}
