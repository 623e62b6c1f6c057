//! Rows of inputs times a matrix of weights, in the precision of the weights.

use super::fixed_point::{DIRECT, FixedProduct};
use super::kernel_set::KernelSet;
use super::packed::PackedConv;
use super::precision::Precision;
use super::tile::{Finish, Product};

/// Inputs and outputs of a [`Product`] with a convolution's weights; the inputs of a row are runs of numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct DirectRows {
    pub(super) rows: usize,
    pub(super) input: *const f32,
    /// Numbers from the first input of a row to that of the next.
    pub(super) input_stride: usize,
    pub(super) segment_stride: usize,
    pub(super) segments: usize,
    pub(super) length: usize,
    pub(super) output: *mut f32,
    /// Numbers from one row to the next, of the output and of the finish's residual.
    pub(super) output_stride: usize,
    pub(super) finish: Finish,
}

impl DirectRows {
    /// Pixels side by side through a 1x1 convolution.
    pub(super) const fn pixels(
        conv: &PackedConv,
        pixels: usize,
        input: *const f32,
        output: *mut f32,
        finish: Finish,
    ) -> Self {
        Self {
            rows: pixels,
            input,
            input_stride: conv.input_pitch,
            segment_stride: 0,
            segments: 1,
            length: conv.input_pitch,
            output,
            output_stride: conv.output_pitch,
            finish,
        }
    }

    /// Numbers from the first input of the first row to the last of the last.
    const fn span(&self) -> usize {
        (self.rows - 1) * self.input_stride
            + (self.segments - 1) * self.segment_stride
            + self.length
    }
}

/// Numbers of scratch that [`multiply_rows`] needs for rows that span so many.
pub(super) const fn words_len(conv: &PackedConv, span: usize) -> usize {
    match conv.precision {
        Precision::Full => 0,
        Precision::Int16 => span.div_ceil(2),
    }
}

/// Computes the rows, of which there is at least one; in fixed point all inputs have one scale.
///
/// # Safety
///
/// The processor has the set's instructions. Inputs and outputs are valid for what `rows` says, all that lies between
/// the first and the last input too, and `scratch` for [`words_len`] numbers.
pub(super) unsafe fn multiply_rows(
    set: &KernelSet,
    conv: &PackedConv,
    rows: DirectRows,
    scratch: *mut f32,
) {
    // SAFETY: the caller vouches for inputs, outputs and scratch.
    unsafe {
        match conv.precision {
            Precision::Full => (set.product)(&Product {
                rows: rows.rows,
                columns: conv.output_pitch,
                input: rows.input,
                input_stride: rows.input_stride,
                segment_stride: rows.segment_stride,
                segments: rows.segments,
                length: rows.length,
                weights: conv.weights.as_ptr(),
                bias: conv.bias.as_ptr(),
                output: rows.output,
                output_stride: rows.output_stride,
                finish: rows.finish,
            }),
            Precision::Int16 => {
                let span = rows.span();
                let (scale, steps) = DIRECT.input_scale((set.largest)(rows.input, span));
                let words = scratch.cast::<i16>();
                (set.to_words)(rows.input, span, steps, words);
                (set.fixed_product)(&FixedProduct {
                    rows: rows.rows,
                    columns: conv.output_pitch,
                    input: words,
                    input_stride: rows.input_stride,
                    segment_stride: rows.segment_stride,
                    segments: rows.segments,
                    length: rows.length,
                    weights: conv.words(0),
                    column_scales: conv.scales.as_ptr(),
                    row_scales: &raw const scale,
                    row_scale_stride: 0,
                    bias: conv.bias.as_ptr(),
                    output: rows.output,
                    output_stride: rows.output_stride,
                    finish: rows.finish,
                });
            }
        }
    }
}
