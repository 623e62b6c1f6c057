//! The kernels of poseglass as layers for training, for `training/native_layers.py` to call.

#[path = "../../../src/kernels/mod.rs"]
pub mod kernels;

use std::ffi::c_int;
use std::slice::{from_raw_parts, from_raw_parts_mut};
use std::sync::OnceLock;

use kernels::training::{Layer, LayerError, Normalization};
use kernels::{ConvSize, InstructionSet, Team};

/// A layer's sizes, as Python gives them.
#[repr(C)]
pub struct Sizes {
    count: u64,
    height: u64,
    width: u64,
    inputs: u64,
    outputs: u64,
    kernel: u64,
    stride: u64,
}

static TEAM: OnceLock<Team> = OnceLock::new();

/// Starts the threads, once; 0 if it worked.
#[unsafe(no_mangle)]
pub extern "C" fn start(n_threads: u64) -> c_int {
    let Ok(team) = Team::new(n_threads as usize) else {
        return 1;
    };
    c_int::from(TEAM.set(team).is_err())
}

fn team() -> &'static Team {
    TEAM.get_or_init(|| Team::new(1).expect("one thread is no thread"))
}

impl Sizes {
    fn layer(&self) -> Layer<'static> {
        Layer {
            count: self.count as usize,
            height: self.height as usize,
            width: self.width as usize,
            size: ConvSize {
                inputs: self.inputs as usize,
                outputs: self.outputs as usize,
                kernel: self.kernel as usize,
                stride: self.stride as usize,
                relu: false,
            },
            isa: InstructionSet::best(),
            team: team(),
        }
    }

    fn input_len(&self) -> usize {
        (self.count * self.height * self.width * self.inputs) as usize
    }

    fn output_len(&self) -> usize {
        let pixels = self.height.div_ceil(self.stride) * self.width.div_ceil(self.stride);
        (self.count * pixels * self.outputs) as usize
    }

    fn weight_len(&self) -> usize {
        (self.outputs * self.inputs * self.kernel * self.kernel) as usize
    }
}

/// # Safety
///
/// `from` is null or valid for `len` numbers.
unsafe fn optional<'a>(from: *const f32, len: usize) -> Option<&'a [f32]> {
    // SAFETY: the caller's promise.
    (!from.is_null()).then(|| unsafe { from_raw_parts(from, len) })
}

/// # Safety
///
/// `from` is null or valid for `len` numbers.
unsafe fn optional_mut<'a>(from: *mut f32, len: usize) -> Option<&'a mut [f32]> {
    // SAFETY: the caller's promise.
    (!from.is_null()).then(|| unsafe { from_raw_parts_mut(from, len) })
}

/// What a batch's normalization learns and remembers, one number a channel each.
#[repr(C)]
pub struct Norm {
    gamma: *const f32,
    beta: *const f32,
    /// Written forward, read backward: mean, and one over the standard deviation.
    mean: *mut f32,
    inverse: *mut f32,
    running_mean: *mut f32,
    running_variance: *mut f32,
    momentum: f64,
    epsilon: f64,
}

/// The layer's answer: convolution, normalization over the batch, residual, ReLU; 0 if it worked.
///
/// # Safety
///
/// The pointers are valid for what the sizes say; `residual` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn forward(
    sizes: &Sizes,
    norm: &Norm,
    x: *const f32,
    weight: *const f32,
    residual: *const f32,
    relu: bool,
    raw: *mut f32,
    out: *mut f32,
) -> c_int {
    let (len, outputs) = (sizes.output_len(), sizes.outputs as usize);
    let layer = sizes.layer();
    // SAFETY: the caller's promise.
    unsafe {
        let x = from_raw_parts(x, sizes.input_len());
        let weight = from_raw_parts(weight, sizes.weight_len());
        let raw = from_raw_parts_mut(raw, len);
        let sums = match layer.forward(x, weight, raw) {
            Ok(sums) => sums,
            Err(error) => return fail(&error),
        };
        let count = (len / outputs) as f64;
        let mut scale = vec![0.0; outputs];
        let mut shift = vec![0.0; outputs];
        for channel in 0..outputs {
            let mean = sums[channel] / count;
            let variance = (sums[outputs + channel] / count - mean * mean).max(0.0);
            let inverse = 1.0 / (variance + norm.epsilon).sqrt();
            let gain = f64::from(*norm.gamma.add(channel)) * inverse;
            scale[channel] = gain as f32;
            shift[channel] = (f64::from(*norm.beta.add(channel)) - gain * mean) as f32;
            *norm.mean.add(channel) = mean as f32;
            *norm.inverse.add(channel) = inverse as f32;
            let unbiased = variance * count / (count - 1.0).max(1.0);
            for (running, value) in [(norm.running_mean, mean), (norm.running_variance, unbiased)] {
                let running = running.add(channel);
                let old = f64::from(*running);
                *running = (old + norm.momentum * (value - old)) as f32;
            }
        }
        let by = Normalization {
            scale: &scale,
            shift: &shift,
            offset: &[],
        };
        let residual = optional(residual, len);
        match layer.activate(raw, by, residual, relu, from_raw_parts_mut(out, len)) {
            Ok(()) => 0,
            Err(error) => fail(&error),
        }
    }
}

fn fail(error: &LayerError) -> c_int {
    eprintln!("{error}");
    1
}

/// The gradients of input, weights, gamma and beta, and what passes the ReLU; 0 if it worked.
///
/// # Safety
///
/// The pointers are valid for what the sizes say; `out` is null where there was no ReLU, `passed` and `x_gradient` where
/// they are not asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn backward(
    sizes: &Sizes,
    norm: &Norm,
    gradient: *const f32,
    out: *const f32,
    raw: *const f32,
    x: *const f32,
    weight: *const f32,
    passed: *mut f32,
    x_gradient: *mut f32,
    weight_gradient: *mut f32,
    gamma_gradient: *mut f32,
    beta_gradient: *mut f32,
) -> c_int {
    let (len, outputs) = (sizes.output_len(), sizes.outputs as usize);
    let layer = sizes.layer();
    // SAFETY: the caller's promise.
    unsafe {
        let gradient = from_raw_parts(gradient, len);
        let out = optional(out, len);
        let raw = from_raw_parts(raw, len);
        let mean = from_raw_parts(norm.mean.cast_const(), outputs);
        let passed = optional_mut(passed, len);
        let sums = match layer.gradient_sums(gradient, out, raw, mean, passed) {
            Ok(sums) => sums,
            Err(error) => return fail(&error),
        };
        // Ioffe and Szegedy 2015, section 3: the gradient through mean and variance is affine in gradient and raw answer
        let count = (len / outputs) as f64;
        let (mut scale, mut slope, mut offset) =
            (vec![0.0; outputs], vec![0.0; outputs], vec![0.0; outputs]);
        for channel in 0..outputs {
            let inverse = f64::from(*norm.inverse.add(channel));
            let gain = f64::from(*norm.gamma.add(channel)) * inverse;
            let of_beta = sums[channel];
            let of_gamma = sums[outputs + channel] * inverse;
            let slope_here = -gain * inverse * of_gamma / count;
            scale[channel] = gain as f32;
            slope[channel] = slope_here as f32;
            offset[channel] =
                (-gain * of_beta / count - slope_here * f64::from(mean[channel])) as f32;
            *gamma_gradient.add(channel) = of_gamma as f32;
            *beta_gradient.add(channel) = of_beta as f32;
        }
        let by = Normalization {
            scale: &scale,
            shift: &slope,
            offset: &offset,
        };
        let x = from_raw_parts(x, sizes.input_len());
        let weight = from_raw_parts(weight, sizes.weight_len());
        let x_gradient = optional_mut(x_gradient, sizes.input_len());
        match layer.backward(gradient, out, raw, by, x, weight, x_gradient) {
            Ok(found) => from_raw_parts_mut(weight_gradient, found.len()).copy_from_slice(&found),
            Err(error) => return fail(&error),
        }
    }
    0
}
