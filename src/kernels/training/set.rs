//! The kernels of training, compiled for one instruction set.

use super::passes::{
    Affine, GradientSums, RawGradient, WeightProduct, affine, channel_sums, gradient_sums,
    raw_gradient, weight_product,
};
use crate::kernels::InstructionSet;
use crate::kernels::lanes::Portable;

/// The functions of one instruction set; all are unsafe as those of [`crate::kernels::kernel_set::KernelSet`].
#[derive(Debug)]
pub(super) struct TrainingSet {
    pub(super) weight_product: unsafe fn(&WeightProduct),
    /// Adds each channel's sum and sum of squares: `(pixels, count, channels, sums)`.
    pub(super) channel_sums: unsafe fn(*const f32, usize, usize, *mut f32),
    pub(super) affine: unsafe fn(&Affine),
    pub(super) gradient_sums: unsafe fn(&GradientSums),
    pub(super) raw_gradient: unsafe fn(&RawGradient),
}

/// Compiles all kernels for one instruction set.
macro_rules! training_set {
    ($module:ident, $lanes:ty $(, $feature:literal)?) => {
        mod $module {
            use super::*;

            $(#[target_feature(enable = $feature)])?
            unsafe fn product_of_weights(each: &WeightProduct) {
                // SAFETY: the caller keeps the contract of `weight_product`.
                unsafe { weight_product::<$lanes>(each) }
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn sums(pixels: *const f32, count: usize, channels: usize, to: *mut f32) {
                // SAFETY: the caller keeps the contract of `channel_sums`.
                unsafe { channel_sums::<$lanes>(pixels, count, channels, to) }
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn forward(each: &Affine) {
                // SAFETY: the caller keeps the contract of `affine`.
                unsafe { affine::<$lanes>(each) }
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn sums_of_gradient(each: &GradientSums) {
                // SAFETY: the caller keeps the contract of `gradient_sums`.
                unsafe { gradient_sums::<$lanes>(each) }
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn backward(each: &RawGradient) {
                // SAFETY: the caller keeps the contract of `raw_gradient`.
                unsafe { raw_gradient::<$lanes>(each) }
            }

            pub(super) static SET: TrainingSet = TrainingSet {
                weight_product: product_of_weights,
                channel_sums: sums,
                affine: forward,
                gradient_sums: sums_of_gradient,
                raw_gradient: backward,
            };
        }
    };
}

training_set!(portable, Portable);

#[cfg(target_arch = "x86_64")]
training_set!(avx2, crate::kernels::lanes::Avx2, "avx2,fma");

#[cfg(target_arch = "x86_64")]
training_set!(avx512, crate::kernels::lanes::Avx512, "avx512f");

#[cfg(target_arch = "aarch64")]
training_set!(neon, crate::kernels::lanes::Neon, "neon");

impl TrainingSet {
    /// The kernels of an instruction set that the processor has.
    pub(super) fn of(isa: InstructionSet) -> &'static Self {
        match isa {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => &avx2::SET,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => &avx512::SET,
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => &neon::SET,
            _ => &portable::SET,
        }
    }
}
