//! The tile: the matrix product that every convolution here is made of.

use super::lanes::Lanes;

/// Vectors side by side in a wide tile.
pub(super) const WIDE: usize = 2;

/// One tile: `output[row][column] = bias[column] + sum over segments and k of input[row][k] * weights[k][column]`, and what
/// follows it.
///
/// The tile is 1 to [`Lanes::TILE_ROWS`] rows high and one or two vectors wide. The inputs of a row are `segments` runs of
/// `length` numbers that begin `segment_stride` apart: a 3x3 window over a picture whose pixels lie side by side is three
/// runs. `weights` are packed, `[segments * length][columns of the tile]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tile {
    pub(super) input: *const f32,
    /// Numbers from the first input of a row to that of the next.
    pub(super) input_stride: usize,
    pub(super) segment_stride: usize,
    pub(super) segments: usize,
    pub(super) length: usize,
    pub(super) weights: *const f32,
    /// One number a column, or null.
    pub(super) bias: *const f32,
    pub(super) output: *mut f32,
    /// Numbers from one row to the next, of the output and of `residual`.
    pub(super) output_stride: usize,
    pub(super) finish: Finish,
}

/// What happens to the sums before they are written, in this order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finish {
    /// Added at the same place with the same stride as the output, or null.
    pub(super) residual: *const f32,
    /// Nothing below zero.
    pub(super) relu: bool,
    /// Added last, from a map of half the width: row `r` of the tile gets row `(half_offset + r) / 2`. Or null.
    pub(super) half: *const f32,
    pub(super) half_offset: usize,
}

impl Finish {
    /// The sums as they are.
    pub(super) const NONE: Self = Self {
        residual: std::ptr::null(),
        relu: false,
        half: std::ptr::null(),
        half_offset: 0,
    };
}

/// Computes a tile of `ROWS` rows and `VECTORS` vectors.
///
/// # Safety
///
/// The processor has `L`; all pointers that are not null are valid for what [`Tile`] says about them.
#[inline(always)]
pub(super) unsafe fn tile<L: Lanes, const ROWS: usize, const VECTORS: usize>(tile: &Tile) {
    // SAFETY: every access below is one that `Tile` describes, and the caller vouches for those.
    unsafe {
        let mut sums = [[L::splat(0.0); VECTORS]; ROWS];
        if !tile.bias.is_null() {
            for v in 0..VECTORS {
                let bias = L::load(tile.bias.add(v * L::WIDTH));
                for row in &mut sums {
                    row[v] = bias;
                }
            }
        }
        let mut weights = tile.weights;
        for segment in 0..tile.segments {
            let mut input = tile.input.add(segment * tile.segment_stride);
            for _ in 0..tile.length {
                let mut columns = [L::splat(0.0); VECTORS];
                for v in 0..VECTORS {
                    columns[v] = L::load(weights.add(v * L::WIDTH));
                }
                for row in 0..ROWS {
                    let value = L::broadcast(input.add(row * tile.input_stride));
                    for v in 0..VECTORS {
                        sums[row][v] = sums[row][v].add_product(value, columns[v]);
                    }
                }
                input = input.add(1);
                weights = weights.add(VECTORS * L::WIDTH);
            }
        }
        let finish = &tile.finish;
        for row in 0..ROWS {
            for v in 0..VECTORS {
                let at = row * tile.output_stride + v * L::WIDTH;
                let mut value = sums[row][v];
                if !finish.residual.is_null() {
                    value = value.add(L::load(finish.residual.add(at)));
                }
                if finish.relu {
                    value = value.max(L::splat(0.0));
                }
                if !finish.half.is_null() {
                    let pixel = finish.half_offset + row;
                    let half = pixel / 2 * tile.output_stride + v * L::WIDTH;
                    value = value.add(L::load(finish.half.add(half)));
                }
                value.store(tile.output.add(at));
            }
        }
    }
}
