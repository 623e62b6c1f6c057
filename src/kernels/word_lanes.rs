//! Vectors of 16-bit whole numbers ("words"), whose products are summed in 32 bits.

use super::lanes::Portable;

/// What [`super::lanes::Lanes`] can do with words: twice as many products as with `f32` in one instruction where the
/// processor has one for it.
///
/// # Safety
///
/// All methods may be called only where the processor has the instruction set. Pointers must be valid for the
/// numbers that a method says; they need no alignment.
pub(in crate::kernels) trait WordLanes: Copy {
    /// Two words for each number of the vector of `f32`.
    type Words: Copy;
    /// One sum of 32 bits for each number of the vector of `f32`.
    type Sums: Copy;

    /// Sums of nothing.
    unsafe fn no_sums() -> Self::Sums;
    /// Reads two words for each number.
    unsafe fn load_words(from: *const i16) -> Self::Words;
    /// The two words at `from` everywhere.
    unsafe fn broadcast_pair(from: *const i16) -> Self::Words;
    /// `sums[i] + a[2 i] * b[2 i] + a[2 i + 1] * b[2 i + 1]`.
    unsafe fn add_pairs(sums: Self::Sums, a: Self::Words, b: Self::Words) -> Self::Sums;
    /// The sums as numbers.
    unsafe fn from_sums(sums: Self::Sums) -> Self;
    /// Rounds to the nearest words, the smallest or largest where there is none, and writes one for each number.
    unsafe fn store_words(self, to: *mut i16);
}

/// The nearest word; where two are as near, the one away from zero.
pub(super) fn nearest_word(value: f32) -> i16 {
    // the cast cuts off and saturates; `round` calls a function where the processor may lack the instruction
    (value + 0.5_f32.copysign(value)) as i16
}

impl WordLanes for Portable {
    type Words = [[i16; 2]; 4];
    type Sums = [i32; 4];

    #[inline(always)]
    unsafe fn no_sums() -> [i32; 4] {
        [0; 4]
    }

    #[inline(always)]
    unsafe fn load_words(from: *const i16) -> [[i16; 2]; 4] {
        // SAFETY: valid for two words a number by the trait's contract.
        unsafe { from.cast::<[[i16; 2]; 4]>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn broadcast_pair(from: *const i16) -> [[i16; 2]; 4] {
        // SAFETY: valid for two words by the trait's contract.
        [unsafe { from.cast::<[i16; 2]>().read_unaligned() }; 4]
    }

    #[inline(always)]
    unsafe fn add_pairs(sums: [i32; 4], a: [[i16; 2]; 4], b: [[i16; 2]; 4]) -> [i32; 4] {
        std::array::from_fn(|lane| {
            let product = |which: usize| i32::from(a[lane][which]) * i32::from(b[lane][which]);
            sums[lane].wrapping_add(product(0)).wrapping_add(product(1))
        })
    }

    #[inline(always)]
    unsafe fn from_sums(sums: [i32; 4]) -> Self {
        Self(sums.map(|sum| sum as f32))
    }

    #[inline(always)]
    unsafe fn store_words(self, to: *mut i16) {
        // away from zero where two are as near; the cast saturates
        let words = self.0.map(|value| (value + 0.5_f32.copysign(value)) as i16);
        // SAFETY: valid for a word a number by the trait's contract.
        unsafe { to.cast::<[i16; 4]>().write_unaligned(words) }
    }
}

// SAFETY (of every block below): the processor has the instruction set and pointers are valid for what is read or
// written, both by the trait's contract; none of the intrinsics asks for more.

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::WordLanes;
    use crate::kernels::lanes::{Avx2, Avx512};
    use std::arch::x86_64::{
        __m256i, __m512i, _mm_packs_epi32, _mm_storeu_si128, _mm256_add_epi32,
        _mm256_castsi256_si128, _mm256_cvtepi32_ps, _mm256_cvtps_epi32, _mm256_extracti128_si256,
        _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi32, _mm256_setzero_si256,
        _mm256_storeu_si256, _mm512_add_epi32, _mm512_cvtepi32_ps, _mm512_cvtps_epi32,
        _mm512_cvtsepi32_epi16, _mm512_loadu_si512, _mm512_madd_epi16, _mm512_set1_epi32,
        _mm512_setzero_si512,
    };

    impl WordLanes for Avx2 {
        type Words = __m256i;
        type Sums = __m256i;

        #[inline(always)]
        unsafe fn no_sums() -> __m256i {
            // SAFETY: see above the modules.
            unsafe { _mm256_setzero_si256() }
        }

        #[inline(always)]
        unsafe fn load_words(from: *const i16) -> __m256i {
            // SAFETY: see above the modules.
            unsafe { _mm256_loadu_si256(from.cast()) }
        }

        #[inline(always)]
        unsafe fn broadcast_pair(from: *const i16) -> __m256i {
            // SAFETY: see above the modules.
            unsafe { _mm256_set1_epi32(from.cast::<i32>().read_unaligned()) }
        }

        #[inline(always)]
        unsafe fn add_pairs(sums: __m256i, a: __m256i, b: __m256i) -> __m256i {
            // SAFETY: see above the modules.
            unsafe { _mm256_add_epi32(sums, _mm256_madd_epi16(a, b)) }
        }

        #[inline(always)]
        unsafe fn from_sums(sums: __m256i) -> Self {
            // SAFETY: see above the modules.
            Self(unsafe { _mm256_cvtepi32_ps(sums) })
        }

        #[inline(always)]
        unsafe fn store_words(self, to: *mut i16) {
            // SAFETY: see above the modules.
            unsafe {
                let whole = _mm256_cvtps_epi32(self.0);
                let words = _mm_packs_epi32(
                    _mm256_castsi256_si128(whole),
                    _mm256_extracti128_si256::<1>(whole),
                );
                _mm_storeu_si128(to.cast(), words);
            }
        }
    }

    impl WordLanes for Avx512 {
        type Words = __m512i;
        type Sums = __m512i;

        #[inline(always)]
        unsafe fn no_sums() -> __m512i {
            // SAFETY: see above the modules.
            unsafe { _mm512_setzero_si512() }
        }

        #[inline(always)]
        unsafe fn load_words(from: *const i16) -> __m512i {
            // SAFETY: see above the modules.
            unsafe { _mm512_loadu_si512(from.cast()) }
        }

        #[inline(always)]
        unsafe fn broadcast_pair(from: *const i16) -> __m512i {
            // SAFETY: see above the modules.
            unsafe { _mm512_set1_epi32(from.cast::<i32>().read_unaligned()) }
        }

        #[inline(always)]
        unsafe fn add_pairs(sums: __m512i, a: __m512i, b: __m512i) -> __m512i {
            // SAFETY: see above the modules.
            unsafe { _mm512_add_epi32(sums, _mm512_madd_epi16(a, b)) }
        }

        #[inline(always)]
        unsafe fn from_sums(sums: __m512i) -> Self {
            // SAFETY: see above the modules.
            Self(unsafe { _mm512_cvtepi32_ps(sums) })
        }

        #[inline(always)]
        unsafe fn store_words(self, to: *mut i16) {
            // SAFETY: see above the modules.
            unsafe {
                let words = _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(self.0));
                _mm256_storeu_si256(to.cast(), words);
            }
        }
    }
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use super::WordLanes;
    use crate::kernels::lanes::Neon;
    use std::arch::aarch64::{
        int16x8_t, int32x4_t, vaddq_s32, vcvtnq_s32_f32, vcvtq_f32_s32, vdupq_n_s32, vget_high_s16,
        vget_low_s16, vld1q_s16, vmull_s16, vpaddq_s32, vqmovn_s32, vreinterpretq_s16_s32,
        vst1_s16,
    };

    impl WordLanes for Neon {
        type Words = int16x8_t;
        type Sums = int32x4_t;

        #[inline(always)]
        unsafe fn no_sums() -> int32x4_t {
            // SAFETY: see above the modules.
            unsafe { vdupq_n_s32(0) }
        }

        #[inline(always)]
        unsafe fn load_words(from: *const i16) -> int16x8_t {
            // SAFETY: see above the modules.
            unsafe { vld1q_s16(from) }
        }

        #[inline(always)]
        unsafe fn broadcast_pair(from: *const i16) -> int16x8_t {
            // SAFETY: see above the modules.
            unsafe { vreinterpretq_s16_s32(vdupq_n_s32(from.cast::<i32>().read_unaligned())) }
        }

        #[inline(always)]
        unsafe fn add_pairs(sums: int32x4_t, a: int16x8_t, b: int16x8_t) -> int32x4_t {
            // SAFETY: see above the modules.
            unsafe {
                let low = vmull_s16(vget_low_s16(a), vget_low_s16(b));
                let high = vmull_s16(vget_high_s16(a), vget_high_s16(b));
                vaddq_s32(sums, vpaddq_s32(low, high))
            }
        }

        #[inline(always)]
        unsafe fn from_sums(sums: int32x4_t) -> Self {
            // SAFETY: see above the modules.
            Self(unsafe { vcvtq_f32_s32(sums) })
        }

        #[inline(always)]
        unsafe fn store_words(self, to: *mut i16) {
            // SAFETY: see above the modules.
            unsafe { vst1_s16(to, vqmovn_s32(vcvtnq_s32_f32(self.0))) }
        }
    }
}
