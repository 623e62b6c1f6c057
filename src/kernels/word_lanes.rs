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

/// Implements [`WordLanes`] by intrinsics.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! word_lanes {
    (words $words:ty, sums $sums:ty, zero $zero:expr, load $load:path, splat_pair |$pair:ident| $splat:expr,
     to_numbers $numbers:path, store |$values:ident, $to:ident| $store:expr,
     $($lanes:ident add_pairs |$acc:ident, $a:ident, $b:ident| $product:expr),+) => {
        $(
            // SAFETY (of every block): the processor has the instruction set and pointers are valid for what is read
            // or written, both by the trait's contract; none of the intrinsics asks for more.
            impl WordLanes for $lanes {
                type Words = $words;
                type Sums = $sums;

                #[inline(always)]
                unsafe fn no_sums() -> $sums {
                    // SAFETY: see above the implementation.
                    unsafe { $zero }
                }

                #[inline(always)]
                unsafe fn load_words(from: *const i16) -> $words {
                    // SAFETY: see above the implementation.
                    unsafe { $load(from.cast()) }
                }

                #[inline(always)]
                unsafe fn broadcast_pair(from: *const i16) -> $words {
                    // SAFETY: see above the implementation.
                    unsafe {
                        let $pair = from.cast::<i32>().read_unaligned();
                        $splat
                    }
                }

                #[inline(always)]
                unsafe fn add_pairs($acc: $sums, $a: $words, $b: $words) -> $sums {
                    // SAFETY: see above the implementation.
                    unsafe { $product }
                }

                #[inline(always)]
                unsafe fn from_sums(sums: $sums) -> Self {
                    // SAFETY: see above the implementation.
                    Self(unsafe { $numbers(sums) })
                }

                #[inline(always)]
                unsafe fn store_words(self, $to: *mut i16) {
                    let $values = self.0;
                    // SAFETY: see above the implementation.
                    unsafe { $store }
                }
            }
        )+
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::WordLanes;
    use crate::kernels::lanes::{Avx2, Avx2Vnni, Avx512, Avx512Vnni};
    use std::arch::x86_64::{
        __m256, __m256i, __m512, __m512i, _mm_packs_epi32, _mm_storeu_si128, _mm256_add_epi32,
        _mm256_castsi256_si128, _mm256_cvtepi32_ps, _mm256_cvtps_epi32, _mm256_dpwssd_avx_epi32,
        _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi32,
        _mm256_setzero_si256, _mm256_storeu_si256, _mm512_add_epi32, _mm512_cvtepi32_ps,
        _mm512_cvtps_epi32, _mm512_cvtsepi32_epi16, _mm512_dpwssd_epi32, _mm512_loadu_si512,
        _mm512_madd_epi16, _mm512_set1_epi32, _mm512_setzero_si512,
    };

    word_lanes! {
        words __m256i, sums __m256i, zero _mm256_setzero_si256(), load _mm256_loadu_si256,
        splat_pair |pair| _mm256_set1_epi32(pair), to_numbers _mm256_cvtepi32_ps,
        store |values, to| store_8(values, to),
        Avx2 add_pairs |sums, a, b| _mm256_add_epi32(sums, _mm256_madd_epi16(a, b)),
        Avx2Vnni add_pairs |sums, a, b| _mm256_dpwssd_avx_epi32(sums, a, b)
    }

    word_lanes! {
        words __m512i, sums __m512i, zero _mm512_setzero_si512(), load _mm512_loadu_si512,
        splat_pair |pair| _mm512_set1_epi32(pair), to_numbers _mm512_cvtepi32_ps,
        store |values, to| store_16(values, to),
        Avx512 add_pairs |sums, a, b| _mm512_add_epi32(sums, _mm512_madd_epi16(a, b)),
        Avx512Vnni add_pairs |sums, a, b| _mm512_dpwssd_epi32(sums, a, b)
    }

    /// # Safety
    ///
    /// The processor has AVX2 and `to` is valid for 8 words.
    #[inline(always)]
    unsafe fn store_8(values: __m256, to: *mut i16) {
        // SAFETY: as the caller promises.
        unsafe {
            let whole = _mm256_cvtps_epi32(values);
            let words = _mm_packs_epi32(
                _mm256_castsi256_si128(whole),
                _mm256_extracti128_si256::<1>(whole),
            );
            _mm_storeu_si128(to.cast(), words);
        }
    }

    /// # Safety
    ///
    /// The processor has AVX-512 F and `to` is valid for 16 words.
    #[inline(always)]
    unsafe fn store_16(values: __m512, to: *mut i16) {
        // SAFETY: as the caller promises.
        unsafe {
            let words = _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(values));
            _mm256_storeu_si256(to.cast(), words);
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

    word_lanes! {
        words int16x8_t, sums int32x4_t, zero vdupq_n_s32(0), load vld1q_s16,
        splat_pair |pair| vreinterpretq_s16_s32(vdupq_n_s32(pair)), to_numbers vcvtq_f32_s32,
        store |values, to| vst1_s16(to, vqmovn_s32(vcvtnq_s32_f32(values))),
        Neon add_pairs |sums, a, b| vaddq_s32(sums, vpaddq_s32(
            vmull_s16(vget_low_s16(a), vget_low_s16(b)),
            vmull_s16(vget_high_s16(a), vget_high_s16(b)),
        ))
    }
}
