//! The way back through a layer: gradients of its input and its weights.

use super::layer::{Layer, LayerError, Normalization, Shared, add_all, convolve, whole_vectors};
use super::passes::{RawGradient, WeightProduct};
use crate::kernels::ConvSize;
use crate::kernels::buffer::Buffer;
use crate::kernels::kernel_set::KernelSet;
use crate::kernels::packed::{PackedConv, packed_index};
use crate::kernels::tile::{Finish, Product};

/// Pixels whose inputs and gradients stay in the first-level cache while all weights' gradients pass over them.
const PIXELS_A_BLOCK: usize = 64;

impl Layer<'_> {
    /// The gradients of the input, if asked for, and of the weights `[outputs, inputs, kernel, kernel]`.
    ///
    /// # Panics
    ///
    /// If a slice has another length than the layer's sizes say.
    #[expect(
        clippy::too_many_arguments,
        reason = "everything that the way forward has left behind"
    )]
    pub fn backward(
        &self,
        gradient: &[f32],
        out: Option<&[f32]>,
        raw: &[f32],
        by: Normalization<'_>,
        x: &[f32],
        weight: &[f32],
        x_gradient: Option<&mut [f32]>,
    ) -> Result<Vec<f32>, LayerError> {
        let set = self.kernels()?;
        let ConvSize {
            inputs,
            outputs,
            kernel,
            stride,
            ..
        } = self.size;
        let back = match &x_gradient {
            None => Back::Nothing,
            Some(_) if stride == 1 => Back::Convolution(self.packed(
                ConvSize {
                    inputs: outputs,
                    outputs: inputs,
                    relu: false,
                    ..self.size
                },
                &turned(weight, self.size),
            )?),
            Some(_) => {
                whole_vectors(inputs, set)?;
                Back::Parities(parities(set, weight, self.size))
            }
        };
        let len = self.count * self.output_len();
        assert_eq!([gradient.len(), raw.len()], [len; 2]);
        assert!(out.is_none_or(|out| out.len() == len));
        assert_eq!(x.len(), self.count * self.input_len());
        assert!(x_gradient.as_ref().is_none_or(|each| each.len() == x.len()));
        assert_eq!(weight.len(), inputs * outputs * kernel * kernel);
        assert_eq!(
            [by.scale.len(), by.shift.len(), by.offset.len()],
            [outputs; 3]
        );
        let (out_height, out_width) = self.output_size();
        // behind the gradient's last row and column, zeros where a stride of two looks over the end
        let gap = stride - 1;
        let gradient_row = (out_width + gap) * outputs;
        let border = kernel / 2;
        let padded_row = (self.width + 2 * border) * inputs;
        let matrix = inputs * outputs;
        let written = Shared(x_gradient.map_or(std::ptr::null_mut(), <[f32]>::as_mut_ptr));
        let total = std::sync::Mutex::new(vec![0.0_f32; kernel * kernel * matrix]);
        self.team.run(|thread| {
            let written = &written;
            let mut raw_gradient = Buffer::zeroed((out_height + gap) * gradient_row);
            let mut padded = Buffer::zeroed((self.height + 2 * border) * padded_row);
            let mut scratch = Buffer::zeroed(0);
            let mut mine = vec![0.0_f32; kernel * kernel * matrix];
            for picture in self.share(thread) {
                let at = picture * self.output_len();
                // SAFETY: this picture is this thread's, and so are the buffers, whose lengths are those of one picture.
                unsafe {
                    (set.training.raw_gradient)(&RawGradient {
                        gradient: gradient.as_ptr().add(at),
                        out: out.map_or(std::ptr::null(), |out| out.as_ptr().add(at)),
                        raw: raw.as_ptr().add(at),
                        scale: by.scale.as_ptr(),
                        slope: by.shift.as_ptr(),
                        offset: by.offset.as_ptr(),
                        to: raw_gradient.as_mut_ptr(),
                        to_row: gradient_row,
                        height: out_height,
                        width: out_width,
                        channels: outputs,
                    });
                    let source = x.as_ptr().add(picture * self.input_len());
                    let input = if border == 0 {
                        source
                    } else {
                        for row in 0..self.height {
                            let to = (row + 1) * padded_row + inputs;
                            padded.as_mut_ptr().add(to).copy_from_nonoverlapping(
                                source.add(row * self.width * inputs),
                                self.width * inputs,
                            );
                        }
                        padded.as_ptr()
                    };
                    self.weight_gradient(
                        set,
                        input,
                        padded_row,
                        raw_gradient.as_ptr(),
                        gradient_row,
                        mine.as_mut_ptr(),
                    );
                    let target = written.0.wrapping_add(picture * self.input_len());
                    match &back {
                        Back::Nothing => {}
                        Back::Convolution(conv) => {
                            let gradient = self.output_pixels_at(raw_gradient.as_mut_ptr());
                            let target = self.input_pixels_at(target);
                            convolve(set, conv, gradient, target, &mut scratch);
                        }
                        Back::Parities(parts) => {
                            self.multiply_parities(
                                set,
                                parts,
                                raw_gradient.as_ptr(),
                                gradient_row,
                                target,
                            );
                        }
                    }
                }
            }
            add_all(&total, &mine);
        });
        let total = total.into_inner().unwrap_or_default();
        // from [kernel, kernel, inputs, outputs]
        let mut result = vec![0.0; total.len()];
        for (at, value) in total.iter().enumerate() {
            let (tap, input, output) = (at / matrix, at % matrix / outputs, at % outputs);
            result[(output * inputs + input) * kernel * kernel + tap] = *value;
        }
        Ok(result)
    }

    /// Adds this picture's part of the weights' gradient, `[kernel, kernel, inputs, outputs]`.
    unsafe fn weight_gradient(
        &self,
        set: &KernelSet,
        input: *const f32,
        input_row: usize,
        gradient: *const f32,
        gradient_row: usize,
        output: *mut f32,
    ) {
        let ConvSize {
            inputs,
            outputs,
            kernel,
            stride,
            ..
        } = self.size;
        let (height, width) = self.output_size();
        // a 1x1 convolution does not care for rows
        let (lines, line) = if kernel == 1 {
            (1, height * width)
        } else {
            (height, width)
        };
        let length = if kernel == 1 {
            PIXELS_A_BLOCK.min(line)
        } else {
            line
        };
        let lines_a_block = (PIXELS_A_BLOCK / line).max(1);
        for first in (0..lines).step_by(lines_a_block) {
            for pixel in (0..line).step_by(length) {
                for tap in 0..kernel * kernel {
                    let (ky, kx) = (tap / kernel, tap % kernel);
                    // SAFETY: the block lies inside the padded input and the gradient.
                    unsafe {
                        (set.training.weight_product)(&WeightProduct {
                            rows: inputs,
                            columns: outputs,
                            input: input.add(
                                (first * stride + ky) * input_row + (pixel * stride + kx) * inputs,
                            ),
                            input_stride: stride * inputs,
                            input_segment: stride * input_row,
                            gradient: gradient.add(first * gradient_row + pixel * outputs),
                            gradient_stride: outputs,
                            gradient_segment: gradient_row,
                            length: length.min(line - pixel),
                            segments: lines_a_block.min(lines - first),
                            output: output.add(tap * inputs * outputs),
                        });
                    }
                }
            }
        }
    }

    /// The input's gradient of a stride of two, row by row and parity by parity.
    unsafe fn multiply_parities(
        &self,
        set: &KernelSet,
        parts: &[Parity; 4],
        gradient: *const f32,
        gradient_row: usize,
        target: *mut f32,
    ) {
        let ConvSize {
            inputs, outputs, ..
        } = self.size;
        for row in 0..self.height {
            for odd in 0..2 {
                let part = &parts[row % 2 * 2 + odd];
                // SAFETY: the gradient has zeros behind its last row and column; the target is a row of the input.
                unsafe {
                    (set.product)(&Product {
                        rows: (self.width + 1 - odd) / 2,
                        columns: inputs,
                        input: gradient.add(row / 2 * gradient_row),
                        input_stride: outputs,
                        segment_stride: gradient_row,
                        segments: part.rows,
                        length: part.columns * outputs,
                        weights: part.weights.as_ptr(),
                        bias: std::ptr::null(),
                        output: target.add((row * self.width + odd) * inputs),
                        output_stride: 2 * inputs,
                        finish: Finish::NONE,
                    });
                }
            }
        }
    }
}

/// How the input's gradient is computed.
enum Back {
    Nothing,
    /// Stride 1: a convolution with the weights turned round.
    Convolution(PackedConv),
    /// Stride 2: a product for each parity of row and column.
    Parities([Parity; 4]),
}

/// An even position was seen by the middle tap alone, an odd one by tap 2 of the cell before it and tap 0 of the one behind.
struct Parity {
    rows: usize,
    columns: usize,
    weights: Buffer,
}

fn parities(set: &KernelSet, weight: &[f32], size: ConvSize) -> [Parity; 4] {
    let ConvSize {
        inputs, outputs, ..
    } = size;
    let taps = |odd: bool| if odd { &[2, 0][..] } else { &[1][..] };
    std::array::from_fn(|parity| {
        let (rows, columns) = (taps(2 <= parity), taps(parity % 2 == 1));
        let depth = rows.len() * columns.len() * outputs;
        let mut weights = Buffer::zeroed(depth * inputs);
        let target = weights.as_mut_slice();
        for (window, (ky, kx)) in rows
            .iter()
            .flat_map(|ky| columns.iter().map(move |kx| (*ky, *kx)))
            .enumerate()
        {
            for output in 0..outputs {
                for input in 0..inputs {
                    let from = (output * inputs + input) * 9 + ky * 3 + kx;
                    let row = window * outputs + output;
                    target[packed_index(set, depth, inputs, row, input)] = weight[from];
                }
            }
        }
        Parity {
            rows: rows.len(),
            columns: columns.len(),
            weights,
        }
    })
}

/// `[outputs, inputs, k, k]` to `[inputs, outputs, k, k]` with each kernel turned by half a turn.
fn turned(weight: &[f32], size: ConvSize) -> Vec<f32> {
    let taps = size.kernel * size.kernel;
    let mut result = vec![0.0; weight.len()];
    for output in 0..size.outputs {
        for input in 0..size.inputs {
            for tap in 0..taps {
                result[(input * size.outputs + output) * taps + taps - 1 - tap] =
                    weight[(output * size.inputs + input) * taps + tap];
            }
        }
    }
    result
}
