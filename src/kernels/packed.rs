//! Weights of a convolution, laid out as the kernels read them.

use super::buffer::Buffer;
use super::fixed_point::{DIRECT, Magnitudes, Shares, WINOGRAD};
use super::isa::InstructionSet;
use super::kernel_set::KernelSet;
use super::precision::Precision;
use super::winograd::{POINTS, largest_gain, transformed_kernels};
use super::word_lanes::nearest_word;

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
    pub(super) precision: Precision,
    /// Channels of a pixel of the input in memory.
    pub(super) input_pitch: usize,
    /// Channels of a pixel of the output in memory: a whole number of vectors.
    pub(super) output_pitch: usize,
    /// In fixed point the memory holds words.
    pub(super) weights: Buffer,
    /// In fixed point `[matrices, output_pitch]`, otherwise empty.
    pub(super) scales: Buffer,
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
    /// The same, of so few pixels that most of what a 3x3 convolution reads is weights: it gets them as they are, a
    /// quarter of what Winograd's transform makes of them.
    SmallMap,
}

impl PackedConv {
    /// Packs `weight` `[outputs, inputs, kernel, kernel]` and `bias` `[outputs]`.
    ///
    /// A convolution of the picture itself is always computed in full precision.
    pub fn new(
        size: ConvSize,
        source: ConvSource,
        weight: &[f32],
        bias: &[f32],
        isa: InstructionSet,
        precision: Precision,
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
        let (input_pitch, precision) = match source {
            ConvSource::Picture => (inputs, Precision::Full),
            ConvSource::Map | ConvSource::SmallMap => {
                (inputs.next_multiple_of(set.width), precision)
            }
        };
        let is_winograd = kernel == 3 && stride == 1 && source == ConvSource::Map;
        let layout = if is_winograd {
            Layout::Winograd
        } else {
            Layout::Direct
        };
        let shape = MatrixShape {
            count: if is_winograd { POINTS } else { 1 },
            depth: if is_winograd {
                input_pitch
            } else {
                kernel * kernel * input_pitch
            },
            columns: outputs.next_multiple_of(set.width),
        };
        let (weights, scales) = match precision {
            Precision::Full => {
                let mut packed = Buffer::zeroed(shape.len());
                let target = packed.as_mut_slice();
                each_group(
                    size,
                    layout,
                    input_pitch,
                    weight,
                    |matrix, row, column, values| {
                        let at = matrix * shape.depth * shape.columns
                            + packed_index(set, shape.depth, shape.columns, row, column);
                        target[at..at + GROUP].copy_from_slice(&values);
                    },
                );
                (packed, Buffer::zeroed(0))
            }
            Precision::Int16 => {
                let mut plain = vec![0.0; shape.len()];
                each_group(
                    size,
                    layout,
                    input_pitch,
                    weight,
                    |matrix, row, column, values| {
                        let at = (matrix * shape.depth + row) * shape.columns + column;
                        plain[at..at + GROUP].copy_from_slice(&values);
                    },
                );
                match layout {
                    Layout::Winograd => packed_words(&plain, shape, set, WINOGRAD, largest_gain),
                    Layout::Direct => packed_words(&plain, shape, set, DIRECT, |_| 1.0),
                }
            }
        };
        let output_pitch = shape.columns;
        let mut padded_bias = Buffer::zeroed(output_pitch);
        padded_bias.as_mut_slice()[..outputs].copy_from_slice(bias);
        Ok(Self {
            size,
            isa,
            layout,
            precision,
            input_pitch,
            output_pitch,
            weights,
            scales,
            bias: padded_bias,
        })
    }

    /// The words of a matrix of weights in fixed point.
    pub(super) fn words(&self, matrix: usize) -> *const i16 {
        let words: *const i16 = self.weights.as_ptr().cast();
        words.wrapping_add(matrix * self.input_pitch * self.output_pitch)
    }
}

/// Matrices of weights.
#[derive(Clone, Copy, Debug)]
struct MatrixShape {
    count: usize,
    depth: usize,
    columns: usize,
}

impl MatrixShape {
    const fn len(self) -> usize {
        self.count * self.depth * self.columns
    }
}

/// Neighboring columns that are laid out together: they divide every vector.
const GROUP: usize = 4;

/// Gives all weights of a convolution as `(matrix, row, first column, values of a group of columns)`.
fn each_group(
    size: ConvSize,
    layout: Layout,
    input_pitch: usize,
    weight: &[f32],
    mut place: impl FnMut(usize, usize, usize, [f32; GROUP]),
) {
    let ConvSize {
        inputs, outputs, ..
    } = size;
    let taps = size.kernel * size.kernel;
    for column in (0..outputs).step_by(GROUP) {
        for input in 0..inputs {
            let tap_of = |tap: usize| {
                std::array::from_fn(|lane| {
                    let output = column + lane;
                    // columns behind the last output are zeros
                    if output < outputs {
                        weight[(output * inputs + input) * taps + tap]
                    } else {
                        0.0
                    }
                })
            };
            match layout {
                Layout::Winograd => {
                    let kernels = std::array::from_fn(tap_of);
                    let points = transformed_kernels(&kernels);
                    for (point, values) in points.into_iter().enumerate() {
                        place(point, input, column, values);
                    }
                }
                Layout::Direct => {
                    for tap in 0..taps {
                        place(0, tap * input_pitch + input, column, tap_of(tap));
                    }
                }
            }
        }
    }
}

/// Largest and sum of the magnitudes of each column.
fn column_magnitudes(matrix: &[f32], columns: usize) -> Vec<Magnitudes> {
    let mut found = vec![Magnitudes::default(); columns];
    for values in matrix.chunks_exact(columns) {
        for (found, value) in found.iter_mut().zip(values) {
            found.add(*value);
        }
    }
    found
}

/// Each matrix laid out as [`super::fixed_point::FixedProduct`] reads it, and the scales of its columns; the words of
/// its inputs stand for numbers `gain` times as large as their scale says.
fn packed_words(
    plain: &[f32],
    shape: MatrixShape,
    set: &KernelSet,
    shares: Shares,
    gain: impl Fn(usize) -> f32,
) -> (Buffer, Buffer) {
    let MatrixShape { depth, columns, .. } = shape;
    let mut packed = Buffer::zeroed(shape.len().div_ceil(2));
    let mut scales = Buffer::zeroed(shape.count * columns);
    let all = plain
        .chunks_exact(depth * columns)
        .zip(packed.as_mut_words().chunks_exact_mut(depth * columns))
        .zip(scales.as_mut_slice().chunks_exact_mut(columns));
    for (matrix, ((from, to), scales)) in all.enumerate() {
        let steps: Vec<f32> = column_magnitudes(from, columns)
            .into_iter()
            .zip(scales.iter_mut())
            .map(|(magnitudes, column_scale)| {
                let (scale, steps) = shares.column_scale(magnitudes, depth);
                *column_scale = scale * gain(matrix);
                steps
            })
            .collect();
        for (row, values) in from.chunks_exact(columns).enumerate() {
            for (column, (value, steps)) in values.iter().zip(&steps).enumerate() {
                let at = packed_word_index(set, depth, columns, row, column);
                to[at] = nearest_word(value * steps);
            }
        }
    }
    (packed, scales)
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

/// The same for words, where two neighboring rows are interleaved; `depth` is even.
fn packed_word_index(
    set: &KernelSet,
    depth: usize,
    columns: usize,
    row: usize,
    column: usize,
) -> usize {
    // a pair of words stands where a number of a matrix of half the depth would
    2 * packed_index(set, depth / 2, columns, row / 2, column) + row % 2
}
