//! Vectors of numbers, one type for each instruction set, behind one trait.
//!
//! Everything that computes is written once over [`Lanes`]; [`super::kernel_set`] compiles it for each
//! instruction set.

use super::word_lanes::WordLanes;

/// A vector of `f32` of one instruction set.
///
/// # Safety
///
/// All methods may be called only where the processor has the instruction set. Pointers must be valid for
/// [`Self::WIDTH`] numbers (for one in [`Self::broadcast`]); they need no alignment.
pub(in crate::kernels) trait Lanes: WordLanes {
    /// Numbers in a vector.
    const WIDTH: usize;
    /// Rows of the largest tile, two vectors wide, that stays in the registers with its operands.
    const TILE_ROWS: usize;

    /// The same number everywhere.
    unsafe fn splat(value: f32) -> Self;
    /// The number at `from` everywhere.
    unsafe fn broadcast(from: *const f32) -> Self;
    /// Reads a vector.
    unsafe fn load(from: *const f32) -> Self;
    /// Writes a vector.
    unsafe fn store(self, to: *mut f32);
    /// `self + other`.
    unsafe fn add(self, other: Self) -> Self;
    /// `self - other`.
    unsafe fn sub(self, other: Self) -> Self;
    /// `self * other`.
    unsafe fn mul(self, other: Self) -> Self;
    /// `self + a * b`, rounded once where the instruction set can.
    unsafe fn add_product(self, a: Self, b: Self) -> Self;
    /// Without the signs.
    unsafe fn magnitude(self) -> Self;
    /// The larger one.
    unsafe fn max(self, other: Self) -> Self;
    /// The numbers for which `condition` is above zero, zero for the others.
    #[cfg(feature = "training")]
    unsafe fn where_positive(self, condition: Self) -> Self;
}

/// Four numbers in plain Rust, which the compiler turns into what any processor has.
#[derive(Clone, Copy)]
pub(super) struct Portable(pub(super) [f32; 4]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|lane| f(self.0[lane], other.0[lane])))
    }
}

impl Lanes for Portable {
    const WIDTH: usize = 4;
    // 8 of the 16 vector registers that every 64-bit processor has, the rest for operands
    const TILE_ROWS: usize = 4;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; 4])
    }

    #[inline(always)]
    unsafe fn broadcast(from: *const f32) -> Self {
        // SAFETY: valid for one number by the trait's contract.
        Self([unsafe { *from }; 4])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: valid for `WIDTH` numbers by the trait's contract.
        Self(unsafe { from.cast::<[f32; 4]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: valid for `WIDTH` numbers by the trait's contract.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    unsafe fn magnitude(self) -> Self {
        Self(self.0.map(f32::abs))
    }

    #[inline(always)]
    unsafe fn add_product(self, a: Self, b: Self) -> Self {
        self.add_unfused(a.zip(b, |a, b| a * b))
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { b } else { a })
    }

    #[cfg(feature = "training")]
    #[inline(always)]
    unsafe fn where_positive(self, condition: Self) -> Self {
        self.zip(
            condition,
            |value, condition| if 0.0 < condition { value } else { 0.0 },
        )
    }
}

impl Portable {
    /// Two roundings: a fused product in software would be slower a hundred times.
    #[inline(always)]
    fn add_unfused(self, product: Self) -> Self {
        self.zip(product, |a, b| a + b)
    }
}

/// Implements [`Lanes`] by intrinsics that take and give one vector type.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! lanes {
    ($($(#[$doc:meta])* $name:ident),+: $vector:ty, width $width:literal, rows $rows:literal,
     splat $splat:path, load $load:path, store $store:path, add $add:path, sub $sub:path, mul $mul:path, max $max:path,
     magnitude |$signed:ident| $magnitude:expr,
     add_product |$acc:ident, $a:ident, $b:ident| $product:expr,
     where_positive |$value:ident, $condition:ident| $masked:expr) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy)]
            pub(in crate::kernels) struct $name(pub(in crate::kernels) $vector);

            // SAFETY (of every block): the processor has the instruction set and pointers are valid for the vector,
            // both by the trait's contract; none of the intrinsics asks for more.
            impl Lanes for $name {
                const WIDTH: usize = $width;
                const TILE_ROWS: usize = $rows;

                #[inline(always)]
                unsafe fn splat(value: f32) -> Self {
                    // SAFETY: see above the implementation.
                    Self(unsafe { $splat(value) })
                }

                #[inline(always)]
                unsafe fn broadcast(from: *const f32) -> Self {
                    // SAFETY: see above the implementation.
                    Self(unsafe { $splat(*from) })
                }

                #[inline(always)]
                unsafe fn load(from: *const f32) -> Self {
                    // SAFETY: see above the implementation.
                    Self(unsafe { $load(from) })
                }

                #[inline(always)]
                unsafe fn store(self, to: *mut f32) {
                    // SAFETY: see above the implementation.
                    unsafe { $store(to, self.0) }
                }

                #[inline(always)]
                unsafe fn add(self, other: Self) -> Self {
                    // SAFETY: see above the implementation.
                    Self(unsafe { $add(self.0, other.0) })
                }

                #[inline(always)]
                unsafe fn sub(self, other: Self) -> Self {
                    // SAFETY: see above the implementation.
                    Self(unsafe { $sub(self.0, other.0) })
                }

                #[inline(always)]
                unsafe fn mul(self, other: Self) -> Self {
                    // SAFETY: see above the implementation.
                    Self(unsafe { $mul(self.0, other.0) })
                }

                #[inline(always)]
                unsafe fn magnitude(self) -> Self {
                    let $signed = self.0;
                    // SAFETY: see above the implementation.
                    Self(unsafe { $magnitude })
                }

                #[inline(always)]
                unsafe fn add_product(self, a: Self, b: Self) -> Self {
                    let ($acc, $a, $b) = (self.0, a.0, b.0);
                    // SAFETY: see above the implementation.
                    Self(unsafe { $product })
                }

                #[inline(always)]
                unsafe fn max(self, other: Self) -> Self {
                    // SAFETY: see above the implementation.
                    Self(unsafe { $max(self.0, other.0) })
                }

                #[cfg(feature = "training")]
                #[inline(always)]
                unsafe fn where_positive(self, condition: Self) -> Self {
                    let ($value, $condition) = (self.0, condition.0);
                    // SAFETY: see above the implementation.
                    Self(unsafe { $masked })
                }
            }
        )+
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Lanes;
    use std::arch::x86_64::{
        __m256, __m512, _mm256_add_ps, _mm256_andnot_ps, _mm256_fmadd_ps, _mm256_loadu_ps,
        _mm256_max_ps, _mm256_mul_ps, _mm256_set1_ps, _mm256_storeu_ps, _mm256_sub_ps,
        _mm512_abs_ps, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_max_ps,
        _mm512_mul_ps, _mm512_set1_ps, _mm512_storeu_ps, _mm512_sub_ps,
    };
    #[cfg(feature = "training")]
    use std::arch::x86_64::{
        _CMP_GT_OQ, _mm256_and_ps, _mm256_cmp_ps, _mm256_setzero_ps, _mm512_cmp_ps_mask,
        _mm512_maskz_mov_ps, _mm512_setzero_ps,
    };

    lanes! {
        /// AVX2 with fused multiply-add: 16 registers of 8 numbers.
        Avx2,
        /// The same, and one instruction for pairs of words.
        Avx2Vnni: __m256, width 8, rows 6,
        splat _mm256_set1_ps, load _mm256_loadu_ps, store _mm256_storeu_ps, add _mm256_add_ps, sub _mm256_sub_ps, mul _mm256_mul_ps,
        max _mm256_max_ps, magnitude |signed| _mm256_andnot_ps(_mm256_set1_ps(-0.0), signed),
        add_product |acc, a, b| _mm256_fmadd_ps(a, b, acc),
        where_positive |value, condition| _mm256_and_ps(value, _mm256_cmp_ps::<_CMP_GT_OQ>(condition, _mm256_setzero_ps()))
    }

    lanes! {
        /// AVX-512: 32 registers of 16 numbers.
        Avx512,
        /// The same, and one instruction for pairs of words.
        Avx512Vnni: __m512, width 16, rows 12,
        splat _mm512_set1_ps, load _mm512_loadu_ps, store _mm512_storeu_ps, add _mm512_add_ps, sub _mm512_sub_ps, mul _mm512_mul_ps,
        max _mm512_max_ps, magnitude |signed| _mm512_abs_ps(signed), add_product |acc, a, b| _mm512_fmadd_ps(a, b, acc),
        where_positive |value, condition| _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(condition, _mm512_setzero_ps()), value)
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx2Vnni, Avx512, Avx512Vnni};

#[cfg(target_arch = "aarch64")]
mod arm {
    use super::Lanes;
    use std::arch::aarch64::{
        float32x4_t, vabsq_f32, vaddq_f32, vdupq_n_f32, vfmaq_f32, vld1q_f32, vmaxq_f32, vmulq_f32,
        vst1q_f32, vsubq_f32,
    };
    #[cfg(feature = "training")]
    use std::arch::aarch64::{vbslq_f32, vcgtzq_f32};

    lanes! {
        /// NEON: 32 registers of 4 numbers.
        Neon: float32x4_t, width 4, rows 12,
        splat vdupq_n_f32, load vld1q_f32, store vst1q_f32, add vaddq_f32, sub vsubq_f32, mul vmulq_f32, max vmaxq_f32,
        magnitude |signed| vabsq_f32(signed),
        add_product |acc, a, b| vfmaq_f32(acc, a, b),
        where_positive |value, condition| vbslq_f32(vcgtzq_f32(condition), value, vdupq_n_f32(0.0))
    }
}

#[cfg(target_arch = "aarch64")]
pub(super) use arm::Neon;
