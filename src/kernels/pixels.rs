//! Colors: pixels of three numbers that lie side by side, mixed and averaged.
//!
//! A pixel is read as four numbers, the fourth belonging to its neighbor, since that is what a vector holds.

/// Between which two pixels of a line a pixel lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineTap {
    /// Where the numbers of the pixel before and of the pixel after begin.
    pub starts: [u32; 2],
    /// Their shares, in parts of [`LineTap::PARTS`], which they add up to.
    pub shares: [u16; 2],
}

impl LineTap {
    /// Positions are exact to 1/512 of a pixel.
    pub const PARTS: u16 = 256;
}

/// A line holds colors times this, with which 8 bits just fit the signed 16 in which processors multiply best.
pub const LINE_PARTS: u16 = 128;

/// Four numbers, of which three are a pixel.
#[inline(always)]
fn quad(numbers: &[u16], start: usize) -> [u16; 4] {
    let four = &numbers[start..start + 4];
    [four[0], four[1], four[2], four[3]]
}

/// Mixes pixels of a line: `out` gets three bytes for each tap.
///
/// `line` holds colors times [`LINE_PARTS`], so 0 to 32,640, and one number more than its pixels need.
///
/// # Panics
///
/// If a tap lies outside of `line`.
pub fn mix_line(line: &[u16], taps: &[LineTap], out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE2 belongs to every x86-64 processor.
    unsafe {
        sse2::mix_line(line, taps, out);
    }
    #[cfg(not(target_arch = "x86_64"))]
    mix_line_portably(line, taps, out);
}

/// What processors other than x86-64 use, and tests compare with.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn mix_line_portably(line: &[u16], taps: &[LineTap], out: &mut [u8]) {
    for (tap, out) in taps.iter().zip(out.chunks_exact_mut(3)) {
        let [before, after] = tap.starts.map(|start| quad(line, start as usize));
        let [before_share, after_share] = tap.shares.map(u32::from);
        for (channel, out) in out.iter_mut().enumerate() {
            let sum =
                u32::from(before[channel]) * before_share + u32::from(after[channel]) * after_share;
            // 2^15 parts, rounded
            *out = ((sum + (1 << 14)) >> 15) as u8;
        }
    }
}

/// Averages blocks of `block` pixels of `sums`, whose numbers are sums of `n_rows` colors: `out` gets three bytes for each.
///
/// `sums` holds one number more than its pixels. The last block may be narrower.
///
/// # Panics
///
/// If there are fewer blocks than `out` has pixels.
pub fn average_line(sums: &[u16], block: usize, n_rows: usize, out: &mut [u8]) {
    let n_whole = sums.len().saturating_sub(1) / (3 * block);
    let n_whole = n_whole.min(out.len() / 3);
    let (whole, rest) = out.split_at_mut(3 * n_whole);
    match block {
        2 => average_whole::<2>(sums, n_rows, whole),
        3 => average_whole::<3>(sums, n_rows, whole),
        4 => average_whole::<4>(sums, n_rows, whole),
        5 => average_whole::<5>(sums, n_rows, whole),
        6 => average_whole::<6>(sums, n_rows, whole),
        _ => average_any(sums, block, n_rows, whole),
    }
    if !rest.is_empty() {
        let left = &sums[3 * block * n_whole..];
        average_any(left, left.len() / 3, n_rows, rest);
    }
}

fn average_any(sums: &[u16], block: usize, n_rows: usize, out: &mut [u8]) {
    let n = (n_rows * block) as u32;
    for (sums, out) in sums.chunks_exact(3 * block).zip(out.chunks_exact_mut(3)) {
        for (channel, out) in out.iter_mut().enumerate() {
            let sums = sums.iter().skip(channel).step_by(3);
            let total: u32 = sums.map(|sum| u32::from(*sum)).sum();
            *out = ((total + n / 2) / n) as u8;
        }
    }
}

/// Blocks of a width that is known to the compiler; sums of at most `BLOCK` rows, so that 16 bits hold a block's total.
fn average_whole<const BLOCK: usize>(sums: &[u16], n_rows: usize, out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE2 belongs to every x86-64 processor.
    unsafe {
        sse2::average_whole::<BLOCK>(sums, n_rows, out);
    }
    #[cfg(not(target_arch = "x86_64"))]
    average_any(sums, BLOCK, n_rows, out);
}

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi16, _mm_add_epi32, _mm_add_ps, _mm_cvtepi32_ps, _mm_cvtsi64_si128,
        _mm_cvtsi128_si32, _mm_cvttps_epi32, _mm_madd_epi16, _mm_mul_ps, _mm_packs_epi32,
        _mm_packus_epi16, _mm_set1_epi32, _mm_set1_ps, _mm_setzero_si128, _mm_srli_epi32,
        _mm_unpacklo_epi16,
    };

    use super::{LineTap, quad};

    /// Four numbers in the low half.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn load(numbers: &[u16], start: usize) -> __m128i {
        let four = quad(numbers, start);
        let low = u64::from(four[0]) | u64::from(four[1]) << 16;
        let high = u64::from(four[2]) | u64::from(four[3]) << 16;
        _mm_cvtsi64_si128((low | high << 32) as i64)
    }

    /// Four 32-bit numbers from 0 to 255 as bytes.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn bytes(numbers: __m128i) -> [u8; 4] {
        let halves = _mm_packs_epi32(numbers, numbers);
        _mm_cvtsi128_si32(_mm_packus_epi16(halves, halves)).to_le_bytes()
    }

    #[target_feature(enable = "sse2")]
    pub(super) fn mix_line(line: &[u16], taps: &[LineTap], out: &mut [u8]) {
        let half = _mm_set1_epi32(1 << 14);
        for (tap, out) in taps.iter().zip(out.chunks_exact_mut(3)) {
            // closures would keep the compiler from using vectors
            let before = load(line, tap.starts[0] as usize);
            let after = load(line, tap.starts[1] as usize);
            let shares = i32::from(tap.shares[0]) | i32::from(tap.shares[1]) << 16;
            let shares = _mm_set1_epi32(shares);
            let sum = _mm_madd_epi16(_mm_unpacklo_epi16(before, after), shares);
            let color = bytes(_mm_srli_epi32::<15>(_mm_add_epi32(sum, half)));
            out.copy_from_slice(&color[..3]);
        }
    }

    #[target_feature(enable = "sse2")]
    pub(super) fn average_whole<const BLOCK: usize>(sums: &[u16], n_rows: usize, out: &mut [u8]) {
        let share = _mm_set1_ps(1.0 / (n_rows * BLOCK) as f32);
        let half = _mm_set1_ps(0.5);
        for (block_idx, out) in out.chunks_exact_mut(3).enumerate() {
            let block = &sums[3 * BLOCK * block_idx..][..=3 * BLOCK];
            let mut total = load(block, 0);
            for column in 1..BLOCK {
                total = _mm_add_epi16(total, load(block, 3 * column));
            }
            let total = _mm_cvtepi32_ps(_mm_unpacklo_epi16(total, _mm_setzero_si128()));
            let mean = _mm_add_ps(_mm_mul_ps(total, share), half);
            out.copy_from_slice(&bytes(_mm_cvttps_epi32(mean))[..3]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(len: usize, most: u32) -> Vec<u16> {
        (0..len as u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 8) % (most + 1))
            .map(|number| number as u16)
            .collect()
    }

    #[test]
    fn mixing_equals_the_plain_loop() {
        let line = numbers(3 * 40 + 1, u32::from(LINE_PARTS) * 255);
        let taps: Vec<LineTap> = (0..90_u32)
            .map(|i| {
                let after_share = (i * 37 % 257) as u16;
                LineTap {
                    starts: [3 * (i % 40), 3 * ((i * 7 + 1) % 40)],
                    shares: [LineTap::PARTS - after_share, after_share],
                }
            })
            .collect();
        let mut mixed = vec![0; 3 * taps.len()];
        mix_line(&line, &taps, &mut mixed);
        let mut plain = vec![0; 3 * taps.len()];
        mix_line_portably(&line, &taps, &mut plain);
        assert_eq!(mixed, plain);
        let white = vec![LINE_PARTS * 255; line.len()];
        mix_line(&white, &taps, &mut mixed);
        assert!(mixed.iter().all(|value| *value == 255));
    }

    #[test]
    fn averages_are_the_nearest_whole_numbers() {
        for block in 1..9 {
            for n_rows in 1..=block {
                for rest in 0..block {
                    let n_pixels = 11 * block + rest;
                    let sums = numbers(3 * n_pixels + 1, (255 * n_rows) as u32);
                    let n_blocks = n_pixels.div_ceil(block);
                    let mut averaged = vec![0; 3 * n_blocks];
                    average_line(&sums, block, n_rows, &mut averaged);
                    for (idx, average) in averaged.iter().enumerate() {
                        let (block_idx, channel) = (idx / 3, idx % 3);
                        let columns = block * block_idx..(block * (block_idx + 1)).min(n_pixels);
                        let n = (columns.len() * n_rows) as f64;
                        let total: f64 = columns.map(|x| f64::from(sums[3 * x + channel])).sum();
                        let off = (f64::from(*average) - total / n).abs();
                        assert!(
                            off <= 0.5 + 1e-6,
                            "{block} {n_rows}: {average} {}",
                            total / n
                        );
                    }
                }
            }
        }
    }
}
