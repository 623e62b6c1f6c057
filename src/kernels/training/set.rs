//! The kernels of training, compiled for one instruction set.

use super::passes::{Affine, GradientSums, Moments, RawGradient, WeightProduct};

/// The functions of one instruction set; all are unsafe as those of [`crate::kernels::kernel_set::KernelSet`], whose
/// `training` it is.
#[derive(Debug)]
pub(in crate::kernels) struct TrainingSet {
    pub(in crate::kernels) weight_product: unsafe fn(&WeightProduct),
    pub(in crate::kernels) moments: unsafe fn(&Moments),
    pub(in crate::kernels) affine: unsafe fn(&Affine),
    pub(in crate::kernels) gradient_sums: unsafe fn(&GradientSums),
    pub(in crate::kernels) raw_gradient: unsafe fn(&RawGradient),
}

/// Compiles all kernels for one instruction set, as the constant `TRAINING` of the module that calls it.
macro_rules! training_set {
    ($lanes:ty $(, $feature:literal)?) => {
        mod training {
            use crate::kernels::tile::cover;
            use crate::kernels::training::passes::{
                self, Affine, GradientSums, Moments, RawGradient, WeightProduct, sum_channels,
            };

            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn weight_product(each: &WeightProduct) {
                // SAFETY: the caller keeps the contract of `cover`.
                unsafe { cover::<$lanes>(each) }
            }

            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn moments(each: &Moments) {
                // SAFETY: the caller keeps the contract of `sum_channels`.
                unsafe { sum_channels::<$lanes>(each) }
            }

            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn affine(each: &Affine) {
                // SAFETY: the caller keeps the contract of `affine`.
                unsafe { passes::affine::<$lanes>(each) }
            }

            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn gradient_sums(each: &GradientSums) {
                // SAFETY: the caller keeps the contract of `sum_channels`.
                unsafe { sum_channels::<$lanes>(each) }
            }

            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn raw_gradient(each: &RawGradient) {
                // SAFETY: the caller keeps the contract of `raw_gradient`.
                unsafe { passes::raw_gradient::<$lanes>(each) }
            }
        }

        const TRAINING: crate::kernels::training::TrainingSet =
            crate::kernels::training::TrainingSet {
                weight_product: training::weight_product,
                moments: training::moments,
                affine: training::affine,
                gradient_sums: training::gradient_sums,
                raw_gradient: training::raw_gradient,
            };
    };
}

pub(in crate::kernels) use training_set;
