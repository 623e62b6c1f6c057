//! The matrix product in 16-bit whole numbers.
//!
//! A row of inputs and a column of weights are each a scale times whole numbers: `x = s q`. Products of the whole
//! numbers are summed in 32 bits without rounding, and the two scales turn the sum into a number again. Inputs get
//! their scale when they are there, from the largest of a row of pixels, weights when they are packed: as large as the
//! sums of a column allow.

use super::lanes::Lanes;
use super::tile::{Finish, Tiled};

/// How the 31 bits of a sum are shared: the more the inputs have, the fewer are left for the weights.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shares {
    /// The largest whole number that an input becomes.
    input: f32,
    /// What the magnitudes of a column's whole numbers may sum to: with the largest inputs less than 2^31.
    column: f32,
}

/// 14 bits for inputs: long columns need much room.
pub(super) const DIRECT: Shares = Shares {
    input: 16_383.0,
    column: 131_072.0,
};

/// All 15 bits for the points of Winograd's method, whose largest value is hardly ever reached.
pub(super) const WINOGRAD: Shares = Shares {
    input: 32_767.0,
    column: 65_536.0,
};

/// The largest whole number that a weight becomes.
const WEIGHT_LIMIT: f32 = 32_767.0;

/// How large the weights of a column are, signs left out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Magnitudes {
    largest: f32,
    /// In double precision: a deep column whose sum came out too small would get words that overflow.
    sum: f64,
}

impl Magnitudes {
    /// Takes one more weight in.
    pub(super) fn add(&mut self, weight: f32) {
        self.largest = self.largest.max(weight.abs());
        self.sum += f64::from(weight.abs());
    }
}

impl Shares {
    /// Scale of a column of `depth` weights and its inverse; a column of zeros stays one.
    pub(super) fn column_scale(self, weights: Magnitudes, depth: usize) -> (f32, f32) {
        // rounding adds half a step to each weight at most
        let room = self.column - depth as f32 / 2.0;
        let steps = (WEIGHT_LIMIT / weights.largest).min(room / weights.sum as f32);
        // of zeros, and of numbers so small that their inverse is none
        if !steps.is_finite() {
            return (0.0, 0.0);
        }
        (1.0 / steps, steps)
    }

    /// A scale for inputs of at most this magnitude, and its inverse.
    pub(super) fn input_scale(self, largest: f32) -> (f32, f32) {
        let steps = self.input / largest;
        // of nothing, and of numbers so small that their inverse is none
        if steps.is_infinite() {
            (0.0, 0.0)
        } else {
            (largest / self.input, steps)
        }
    }
}

/// [`super::tile::Product`] of words: the same matrices, laid out the same, but that two neighboring rows of weights are interleaved.
#[derive(Clone, Copy, Debug)]
pub(super) struct FixedProduct {
    pub(super) rows: usize,
    /// A multiple of the vector's width.
    pub(super) columns: usize,
    pub(super) input: *const i16,
    /// Words from the first input of a row to that of the next.
    pub(super) input_stride: usize,
    pub(super) segment_stride: usize,
    pub(super) segments: usize,
    /// Words of a run of inputs, an even number.
    pub(super) length: usize,
    pub(super) weights: *const i16,
    /// One number a column.
    pub(super) column_scales: *const f32,
    /// The scales of the rows' inputs, `row_scale_stride` apart: 0 where all have the same one.
    pub(super) row_scales: *const f32,
    pub(super) row_scale_stride: usize,
    /// One number a column, or null.
    pub(super) bias: *const f32,
    pub(super) output: *mut f32,
    /// Numbers from one row to the next, of the output and of `residual`.
    pub(super) output_stride: usize,
    pub(super) finish: Finish,
}

impl Tiled for FixedProduct {
    fn rows(&self) -> usize {
        self.rows
    }

    fn columns(&self) -> usize {
        self.columns
    }

    #[inline(always)]
    unsafe fn tile<L: Lanes, const ROWS: usize, const VECTORS: usize>(
        &self,
        row: usize,
        column: usize,
    ) {
        let depth = self.segments * self.length;
        // SAFETY: every access is one that `FixedProduct` describes, and the caller vouches for those.
        unsafe {
            let mut sums = [[L::no_sums(); VECTORS]; ROWS];
            let first_input = self.input.add(row * self.input_stride);
            let mut weights = self.weights.add(column * depth);
            for segment in 0..self.segments {
                let inputs = rows_apart::<ROWS>(
                    first_input.add(segment * self.segment_stride),
                    self.input_stride,
                );
                for pair in 0..self.length / 2 {
                    let mut columns = [L::load_words(weights); VECTORS];
                    for v in 1..VECTORS {
                        columns[v] = L::load_words(weights.add(2 * v * L::WIDTH));
                    }
                    for r in 0..ROWS {
                        let pair = L::broadcast_pair(inputs[r].add(2 * pair));
                        for v in 0..VECTORS {
                            sums[r][v] = L::add_pairs(sums[r][v], pair, columns[v]);
                        }
                    }
                    weights = weights.add(2 * VECTORS * L::WIDTH);
                }
            }
            let mut tile = [[L::splat(0.0); VECTORS]; ROWS];
            for v in 0..VECTORS {
                let column = column + v * L::WIDTH;
                let column_scale = L::load(self.column_scales.add(column));
                for r in 0..ROWS {
                    let row_scale =
                        L::broadcast(self.row_scales.add((row + r) * self.row_scale_stride));
                    tile[r][v] = L::from_sums(sums[r][v]).mul(column_scale.mul(row_scale));
                }
            }
            if !self.bias.is_null() {
                for v in 0..VECTORS {
                    let bias = L::load(self.bias.add(column + v * L::WIDTH));
                    for r in 0..ROWS {
                        tile[r][v] = tile[r][v].add(bias);
                    }
                }
            }
            self.finish
                .write(tile, self.output, self.output_stride, (row, column));
        }
    }
}

/// Where each row of a tile's inputs begins.
///
/// The compiler is not to know how they lie to each other: from one to the next it would add up their distance for each number,
/// and products of words are so quick that the time goes into getting through the instructions.
///
/// # Safety
///
/// `first` is valid for `ROWS` rows.
#[inline(always)]
unsafe fn rows_apart<const ROWS: usize>(first: *const i16, stride: usize) -> [*const i16; ROWS] {
    let mut rows = [first; ROWS];
    for (idx, row) in rows.iter_mut().enumerate().skip(1) {
        // SAFETY: inside the rows for which the caller vouches.
        *row = std::hint::black_box(unsafe { first.add(idx * stride) });
    }
    rows
}

/// The largest magnitude of `len` numbers, a multiple of the vector's width.
///
/// # Safety
///
/// The processor has `L`; `from` is valid for `len` numbers.
#[inline(always)]
pub(super) unsafe fn largest<L: Lanes>(from: *const f32, len: usize) -> f32 {
    /// Independent maxima, so that none waits for the one before.
    const PARTS: usize = 4;
    // SAFETY: reads inside the numbers; `lanes` is as long as the widest vector.
    unsafe {
        let mut parts = [L::splat(0.0); PARTS];
        let mut at = 0;
        while at + PARTS * L::WIDTH <= len {
            for (idx, part) in parts.iter_mut().enumerate() {
                let value = L::load(from.add(at + idx * L::WIDTH));
                *part = part.max(value.magnitude());
            }
            at += PARTS * L::WIDTH;
        }
        while at < len {
            let value = L::load(from.add(at));
            parts[0] = parts[0].max(value.magnitude());
            at += L::WIDTH;
        }
        let all = parts[0].max(parts[1]).max(parts[2].max(parts[3]));
        let mut lanes = [0.0; 16];
        all.store(lanes.as_mut_ptr());
        lanes.into_iter().fold(0.0, f32::max)
    }
}

/// Writes `len` numbers, a multiple of the vector's width, times `steps` as words.
///
/// # Safety
///
/// The processor has `L`; both pointers are valid for `len` numbers and words.
#[inline(always)]
pub(super) unsafe fn to_words<L: Lanes>(from: *const f32, len: usize, steps: f32, to: *mut i16) {
    // SAFETY: stays inside both.
    unsafe {
        let steps = L::splat(steps);
        for at in (0..len).step_by(L::WIDTH) {
            L::load(from.add(at)).mul(steps).store_words(to.add(at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_column_overflows_with_the_largest_inputs() {
        // in single precision the magnitudes of the last one sum up to too little, and its words to too much
        let deep = vec![0.1; 16_386];
        let columns: [&[f32]; 4] = [&[1.0; 576], &[0.001, -3.0, 0.5], &[-1e-20; 7], &deep];
        let magnitudes = |column: &[f32]| {
            let mut found = Magnitudes::default();
            for weight in column {
                found.add(*weight);
            }
            found
        };
        for shares in [DIRECT, WINOGRAD] {
            for column in columns {
                let (_, steps) = shares.column_scale(magnitudes(column), column.len());
                let words = column.iter().map(|weight| (weight * steps).round());
                let sum: f64 = words.clone().map(|word| f64::from(word.abs())).sum();
                assert!(0.0 < sum && sum * f64::from(shares.input) < 2_f64.powi(31));
                assert!(words.into_iter().all(|word| word.abs() <= WEIGHT_LIMIT));
            }
            assert_eq!(shares.column_scale(magnitudes(&[0.0; 4]), 4), (0.0, 0.0));
        }
    }

    #[test]
    fn nothing_has_no_scale() {
        assert_eq!(DIRECT.input_scale(0.0), (0.0, 0.0));
        assert_eq!(DIRECT.input_scale(1e-40), (0.0, 0.0));
        assert_eq!(DIRECT.input_scale(1e-36), (0.0, 0.0));
        assert_eq!(DIRECT.input_scale(2.0 * DIRECT.input), (2.0, 0.5));
    }
}
