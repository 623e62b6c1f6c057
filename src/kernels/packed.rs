//! Weights of a convolution, laid out as the kernels read them.

use super::buffer::Buffer;
use super::isa::InstructionSet;
use super::kernel_set::KernelSet;
use super::winograd::{POINTS, transformed_kernel};

/// What a convolution is: sizes without weights. Padding keeps the size at stride 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvSize {
    /// Channels that it reads.
    pub inputs: usize,
    /// Channels that it writes.
    pub outputs: usize,
    /// 1 or 3.
    pub kernel: usize,
    /// 1 or 2.
    pub stride: usize,
    /// Nothing below zero.
    pub relu: bool,
}

/// How the weights are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One matrix `[kernel * kernel * inputs, outputs]`.
    Direct,
    /// 36 matrices `[inputs, outputs]`.
    Winograd,
}

/// A convolution with its weights, for one instruction set.
#[derive(Debug)]
pub struct PackedConv {
    pub(super) size: ConvSize,
    pub(super) isa: InstructionSet,
    pub(super) layout: Layout,
    /// Channels of a pixel of the input in memory.
    pub(super) input_pitch: usize,
    /// Channels of a pixel of the output in memory: a whole number of vectors.
    pub(super) output_pitch: usize,
    pub(super) weights: Buffer,
    /// `[output_pitch]`.
    pub(super) bias: Buffer,
}

/// Weights of a shape that no kernel takes, or an instruction set that the processor does not have.
#[derive(Debug, thiserror::Error)]
#[error("no convolution kernel for {size:?} with {weights} weights and {biases} biases on {}", isa.name())]
pub struct UnsupportedConv {
    size: ConvSize,
    weights: usize,
    biases: usize,
    isa: InstructionSet,
}

/// Where a convolution reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConvSource {
    /// The picture that the net is given: its channels are not padded.
    Picture,
    /// The output of another step, padded to whole vectors.
    Map,
}

impl PackedConv {
    /// Packs `weight` `[outputs, inputs, kernel, kernel]` and `bias` `[outputs]`.
    pub fn new(
        size: ConvSize,
        source: ConvSource,
        weight: &[f32],
        bias: &[f32],
        isa: InstructionSet,
    ) -> Result<Self, UnsupportedConv> {
        let unsupported = || UnsupportedConv {
            size,
            weights: weight.len(),
            biases: bias.len(),
            isa,
        };
        let set = KernelSet::of(isa).ok_or_else(unsupported)?;
        let ConvSize {
            inputs,
            outputs,
            kernel,
            stride,
            ..
        } = size;
        let is_known = matches!((kernel, stride), (1, 1) | (3, 1 | 2)) && 0 < inputs && 0 < outputs;
        if !is_known || weight.len() != outputs * inputs * kernel * kernel || bias.len() != outputs
        {
            return Err(unsupported());
        }
        let input_pitch = match source {
            ConvSource::Picture => inputs,
            ConvSource::Map => inputs.next_multiple_of(set.width),
        };
        let output_pitch = outputs.next_multiple_of(set.width);
        let is_winograd = kernel == 3 && stride == 1 && source == ConvSource::Map;
        let layout = if is_winograd {
            Layout::Winograd
        } else {
            Layout::Direct
        };
        let taps = kernel * kernel;
        let matrix = input_pitch * output_pitch;
        let mut weights = Buffer::zeroed(if is_winograd { POINTS } else { taps } * matrix);
        let target = weights.as_mut_slice();
        // neighboring outputs lie side by side in the packed weights
        for input in 0..inputs {
            for output in 0..outputs {
                let from = (output * inputs + input) * taps;
                let window = &weight[from..from + taps];
                if is_winograd {
                    let rows: [[f32; 3]; 3] =
                        std::array::from_fn(|row| std::array::from_fn(|k| window[row * 3 + k]));
                    for (point, value) in transformed_kernel(&rows).into_iter().enumerate() {
                        let at = packed_index(set, input_pitch, output_pitch, input, output);
                        target[point * matrix + at] = value;
                    }
                } else {
                    for (tap, value) in window.iter().enumerate() {
                        let row = tap * input_pitch + input;
                        let depth = taps * input_pitch;
                        target[packed_index(set, depth, output_pitch, row, output)] = *value;
                    }
                }
            }
        }
        let mut padded_bias = Buffer::zeroed(output_pitch);
        padded_bias.as_mut_slice()[..outputs].copy_from_slice(bias);
        Ok(Self {
            size,
            isa,
            layout,
            input_pitch,
            output_pitch,
            weights,
            bias: padded_bias,
        })
    }
}

/// Where row `row` and column `column` of a matrix `[depth, columns]` stand among packed weights: blocks of a wide tile's
/// columns, row by row inside a block; the last block may be one vector wide.
pub(super) fn packed_index(
    set: &KernelSet,
    depth: usize,
    columns: usize,
    row: usize,
    column: usize,
) -> usize {
    let wide = set.wide_columns();
    let block = column / wide;
    let block_width = wide.min(columns - block * wide);
    block * wide * depth + row * block_width + column % wide
}
