//! One convolution with batch normalization, forward and backward.

use super::passes::{Affine, GradientSums, Moments};
use crate::kernels::buffer::Buffer;
use crate::kernels::convolve::Convolution;
use crate::kernels::kernel_set::KernelSet;
use crate::kernels::map::{Pixels, Share};
use crate::kernels::packed::PackedConv;
use crate::kernels::precision::Precision;
use crate::kernels::{ConvSize, ConvSource, InstructionSet, Team, UnsupportedConv};

/// A layer's sizes, and how it is computed.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    /// Pictures in the batch.
    pub count: usize,
    /// Of the input.
    pub height: usize,
    /// Of the input.
    pub width: usize,
    /// The convolution; its `relu` is not looked at.
    pub size: ConvSize,
    /// The instructions.
    pub isa: InstructionSet,
    /// The threads; each takes whole pictures.
    pub team: &'a Team,
}

/// A layer that the kernels do not take.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// The convolution itself.
    #[error(transparent)]
    Conv(#[from] UnsupportedConv),
    /// Channels that would have to be padded.
    #[error("{0} channels are no whole number of vectors")]
    Channels(usize),
    /// Instructions that the processor does not have.
    #[error("this processor has no {}", .0.name())]
    Instructions(InstructionSet),
}

/// What a batch's normalization is made of, one number a channel.
#[derive(Clone, Copy, Debug)]
pub struct Normalization<'a> {
    /// Factor of the raw answer, or of the passed gradient.
    pub scale: &'a [f32],
    /// Summand; backward, the factor of the raw answer.
    pub shift: &'a [f32],
    /// Backward, the summand.
    pub offset: &'a [f32],
}

/// A pointer that threads share, each using its own part.
#[derive(Clone, Copy)]
pub(super) struct Shared(pub(super) *mut f32);

// SAFETY: threads write the pictures of their share only.
unsafe impl Sync for Shared {}

impl Layer<'_> {
    /// Height and width of the output.
    pub const fn output_size(&self) -> (usize, usize) {
        let stride = self.size.stride;
        (self.height.div_ceil(stride), self.width.div_ceil(stride))
    }

    pub(super) const fn output_pixels(&self) -> usize {
        let (height, width) = self.output_size();
        height * width
    }

    pub(super) const fn input_len(&self) -> usize {
        self.height * self.width * self.size.inputs
    }

    pub(super) const fn output_len(&self) -> usize {
        self.output_pixels() * self.size.outputs
    }

    /// The kernels, where the processor has them and the outputs are whole vectors.
    pub(super) fn kernels(&self) -> Result<&'static KernelSet, LayerError> {
        let set = KernelSet::of(self.isa).ok_or(LayerError::Instructions(self.isa))?;
        whole_vectors(self.size.outputs, set)?;
        Ok(set)
    }

    pub(super) fn packed(&self, size: ConvSize, weight: &[f32]) -> Result<PackedConv, LayerError> {
        let set = self.kernels()?;
        let source = if size.inputs < set.width {
            ConvSource::Picture
        } else {
            whole_vectors(size.inputs, set)?;
            ConvSource::Map
        };
        whole_vectors(size.outputs, set)?;
        let bias = vec![0.0; size.outputs];
        Ok(PackedConv::new(
            size,
            source,
            weight,
            &bias,
            self.isa,
            Precision::Full,
        )?)
    }

    /// The raw answers, and each channel's sum and sum of squares over the batch, `[2, outputs]`.
    ///
    /// # Panics
    ///
    /// If a slice has another length than the layer's sizes say.
    pub fn forward(
        &self,
        x: &[f32],
        weight: &[f32],
        raw: &mut [f32],
    ) -> Result<Vec<f64>, LayerError> {
        assert_eq!(x.len(), self.count * self.input_len());
        assert_eq!(raw.len(), self.count * self.output_len());
        let size = ConvSize {
            relu: false,
            ..self.size
        };
        let set = self.kernels()?;
        let conv = self.packed(size, weight)?;
        let outputs = size.outputs;
        let pictures = Shared(raw.as_mut_ptr());
        let sums = std::sync::Mutex::new(vec![0.0; 2 * outputs]);
        self.team.run(|thread| {
            let pictures = &pictures;
            let share = self.share(thread);
            let mut scratch = Buffer::zeroed(0);
            let mut mine = vec![0.0; 2 * outputs];
            for picture in share {
                // SAFETY: this picture is this thread's; scratch is as long as the step asks for; the kernels are those of
                // an instruction set that the processor has.
                unsafe {
                    let input = x[picture * self.input_len()..].as_ptr().cast_mut();
                    let output = pictures.0.add(picture * self.output_len());
                    convolve(
                        set,
                        &conv,
                        self.input_pixels_at(input),
                        self.output_pixels_at(output),
                        &mut scratch,
                    );
                    let mut partial = vec![0.0_f32; 2 * outputs];
                    (set.training.moments)(&Moments {
                        pixels: output,
                        count: self.output_pixels(),
                        channels: outputs,
                        sums: partial.as_mut_ptr(),
                    });
                    add(&mut mine, &partial);
                }
            }
            add_all(&sums, &mine);
        });
        Ok(sums.into_inner().unwrap_or_default())
    }

    /// `out = raw * scale + shift (+ residual)`, nothing below zero with `relu`.
    ///
    /// # Panics
    ///
    /// If a slice has another length than the layer's sizes say.
    pub fn activate(
        &self,
        raw: &[f32],
        by: Normalization<'_>,
        residual: Option<&[f32]>,
        relu: bool,
        out: &mut [f32],
    ) -> Result<(), LayerError> {
        let set = self.kernels()?;
        let len = self.output_len();
        assert_eq!(raw.len(), self.count * len);
        assert_eq!(out.len(), raw.len());
        assert!(residual.is_none_or(|residual| residual.len() == raw.len()));
        assert_eq!([by.scale.len(), by.shift.len()], [self.size.outputs; 2]);
        let pictures = Shared(out.as_mut_ptr());
        self.team.run(|thread| {
            let pictures = &pictures;
            for picture in self.share(thread) {
                // SAFETY: this picture is this thread's.
                unsafe {
                    (set.training.affine)(&Affine {
                        raw: raw.as_ptr().add(picture * len),
                        scale: by.scale.as_ptr(),
                        shift: by.shift.as_ptr(),
                        residual: residual
                            .map_or(std::ptr::null(), |each| each.as_ptr().add(picture * len)),
                        relu,
                        out: pictures.0.add(picture * len),
                        pixels: self.output_pixels(),
                        channels: self.size.outputs,
                    });
                }
            }
        });
        Ok(())
    }

    /// Each channel's sums over the batch of the gradient behind the ReLU, and of that times `raw - mean`; the gradient
    /// itself goes to `passed` if asked for. `out` is given where there was a ReLU.
    ///
    /// # Panics
    ///
    /// If a slice has another length than the layer's sizes say.
    pub fn gradient_sums(
        &self,
        gradient: &[f32],
        out: Option<&[f32]>,
        raw: &[f32],
        mean: &[f32],
        passed: Option<&mut [f32]>,
    ) -> Result<Vec<f64>, LayerError> {
        let set = self.kernels()?;
        let (len, outputs) = (self.output_len(), self.size.outputs);
        assert_eq!(gradient.len(), self.count * len);
        assert_eq!(raw.len(), gradient.len());
        assert_eq!(mean.len(), outputs);
        assert!(out.is_none_or(|out| out.len() == raw.len()));
        assert!(
            passed
                .as_ref()
                .is_none_or(|passed| passed.len() == raw.len())
        );
        let written = Shared(passed.map_or(std::ptr::null_mut(), <[f32]>::as_mut_ptr));
        let sums = std::sync::Mutex::new(vec![0.0; 2 * outputs]);
        self.team.run(|thread| {
            let written = &written;
            let mut mine = vec![0.0; 2 * outputs];
            for picture in self.share(thread) {
                let mut partial = vec![0.0_f32; 2 * outputs];
                // SAFETY: this picture is this thread's.
                unsafe {
                    (set.training.gradient_sums)(&GradientSums {
                        gradient: gradient.as_ptr().add(picture * len),
                        out: out.map_or(std::ptr::null(), |out| out.as_ptr().add(picture * len)),
                        raw: raw.as_ptr().add(picture * len),
                        mean: mean.as_ptr(),
                        passed: if written.0.is_null() {
                            written.0
                        } else {
                            written.0.add(picture * len)
                        },
                        sums: partial.as_mut_ptr(),
                        pixels: self.output_pixels(),
                        channels: outputs,
                    });
                }
                add(&mut mine, &partial);
            }
            add_all(&sums, &mine);
        });
        Ok(sums.into_inner().unwrap_or_default())
    }

    pub(super) fn share(&self, thread: usize) -> std::ops::Range<usize> {
        let share = Share {
            idx: thread,
            of: self.team.n_threads(),
        };
        share.of_range(self.count)
    }

    pub(super) const fn input_pixels_at(&self, first: *mut f32) -> Pixels {
        Pixels {
            first,
            height: self.height,
            width: self.width,
            pitch: self.size.inputs,
        }
    }

    pub(super) const fn output_pixels_at(&self, first: *mut f32) -> Pixels {
        let (height, width) = self.output_size();
        Pixels {
            first,
            height,
            width,
            pitch: self.size.outputs,
        }
    }
}

/// Convolves one picture; `scratch` grows to what is needed.
///
/// # Safety
///
/// The processor has the set's instructions, input and output are valid for their sizes, and nobody else writes either.
pub(super) unsafe fn convolve(
    set: &KernelSet,
    conv: &PackedConv,
    input: Pixels,
    output: Pixels,
    scratch: &mut Buffer,
) {
    let convolution = Convolution {
        conv,
        input,
        output,
        residual: None,
    };
    if scratch.len() < convolution.scratch_len() {
        *scratch = Buffer::zeroed(convolution.scratch_len());
    }
    // SAFETY: the caller's promise; scratch is as long as the step asks for.
    unsafe { convolution.run(set, scratch.as_mut_ptr(), Share::WHOLE) }
}

/// Channels that are used without padding.
pub(super) fn whole_vectors(channels: usize, set: &KernelSet) -> Result<(), LayerError> {
    if channels.is_multiple_of(set.width) {
        Ok(())
    } else {
        Err(LayerError::Channels(channels))
    }
}

fn add(sums: &mut [f64], partial: &[f32]) {
    for (sum, partial) in sums.iter_mut().zip(partial) {
        *sum += f64::from(*partial);
    }
}

/// Adds a thread's sums to those of all.
pub(super) fn add_all<T: Copy + std::ops::AddAssign>(sums: &std::sync::Mutex<Vec<T>>, mine: &[T]) {
    if let Ok(mut sums) = sums.lock() {
        for (sum, mine) in sums.iter_mut().zip(mine) {
            *sum += *mine;
        }
    }
}
