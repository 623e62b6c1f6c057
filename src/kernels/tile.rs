//! The matrix product that every convolution here is made of, tile by tile.

use super::lanes::Lanes;

/// Vectors side by side in a wide tile.
pub(super) const WIDE: usize = 2;

/// `output[row][column] = bias[column] + sum over segments and k of input[row][k] * weights[k][column]`, and what follows it.
///
/// The inputs of a row are `segments` runs of `length` numbers that begin `segment_stride` apart: a 3x3 window over a
/// picture whose pixels lie side by side is three runs. Weights are packed, block after block of a wide tile's columns,
/// each `[segments * length][columns of the block]`; the last block may be one vector wide.
#[derive(Clone, Copy, Debug)]
pub(super) struct Product {
    pub(super) rows: usize,
    /// A multiple of the vector's width.
    pub(super) columns: usize,
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
    /// Added last, from a map of half the width with the same stride: row `r` gets row `r / 2`. Or null.
    pub(super) half: *const f32,
}

impl Finish {
    /// The sums as they are.
    pub(super) const NONE: Self = Self {
        residual: std::ptr::null(),
        relu: false,
        half: std::ptr::null(),
    };

    /// Writes a tile of sums, and what follows them, to where its first one belongs at `row` and `column` of the output.
    ///
    /// One loop for each thing that follows: all are so short that they are unrolled and the tile stays in registers.
    ///
    /// # Safety
    ///
    /// The processor has `L`; `output` and the maps of `self` are valid there.
    #[inline(always)]
    pub(super) unsafe fn write<L: Lanes, const ROWS: usize, const VECTORS: usize>(
        &self,
        mut tile: [[L; VECTORS]; ROWS],
        output: *mut f32,
        stride: usize,
        (row, column): (usize, usize),
    ) {
        // SAFETY: the caller vouches for the tile's place in each of the maps.
        unsafe {
            let first = row * stride + column;
            if !self.residual.is_null() {
                for r in 0..ROWS {
                    for v in 0..VECTORS {
                        let at = first + r * stride + v * L::WIDTH;
                        tile[r][v] = tile[r][v].add(L::load(self.residual.add(at)));
                    }
                }
            }
            if self.relu {
                for r in 0..ROWS {
                    for v in 0..VECTORS {
                        tile[r][v] = tile[r][v].max(L::splat(0.0));
                    }
                }
            }
            if !self.half.is_null() {
                for r in 0..ROWS {
                    for v in 0..VECTORS {
                        let pixel = row + r;
                        let at = pixel / 2 * stride + column + v * L::WIDTH;
                        tile[r][v] = tile[r][v].add(L::load(self.half.add(at)));
                    }
                }
            }
            for r in 0..ROWS {
                for v in 0..VECTORS {
                    tile[r][v].store(output.add(first + r * stride + v * L::WIDTH));
                }
            }
        }
    }
}

/// A matrix that is computed in tiles whose sums stay in registers.
pub(super) trait Tiled {
    /// Rows of the matrix.
    fn rows(&self) -> usize;

    /// Columns of the matrix, a multiple of the vector's width.
    fn columns(&self) -> usize;

    /// Computes the tile of `ROWS` rows and `VECTORS` vectors whose upper left is at `row` and `column`.
    ///
    /// # Safety
    ///
    /// The processor has `L`, the tile lies inside the matrix, and the pointers of the implementor are valid for what it says
    /// about them.
    unsafe fn tile<L: Lanes, const ROWS: usize, const VECTORS: usize>(
        &self,
        row: usize,
        column: usize,
    );
}

/// Computes a matrix; its tiles are about equally high.
///
/// # Safety
///
/// The processor has `L`; the matrix's pointers are valid for what it says about them.
#[inline(always)]
pub(super) unsafe fn cover<L: Lanes>(matrix: &impl Tiled) {
    let tiles = matrix.rows().div_ceil(L::TILE_ROWS);
    let mut row = 0;
    for index in 0..tiles {
        let end = matrix.rows() * (index + 1) / tiles;
        // SAFETY: rows of the matrix, for which the caller vouches.
        unsafe {
            match end - row {
                1 => cover_rows::<L, 1>(matrix, row),
                2 => cover_rows::<L, 2>(matrix, row),
                3 => cover_rows::<L, 3>(matrix, row),
                4 => cover_rows::<L, 4>(matrix, row),
                // more rows than a tile has do not occur; the tests let the compiler leave them out
                5 if 5 <= L::TILE_ROWS => cover_rows::<L, 5>(matrix, row),
                6 if 6 <= L::TILE_ROWS => cover_rows::<L, 6>(matrix, row),
                7 if 7 <= L::TILE_ROWS => cover_rows::<L, 7>(matrix, row),
                8 if 8 <= L::TILE_ROWS => cover_rows::<L, 8>(matrix, row),
                9 if 9 <= L::TILE_ROWS => cover_rows::<L, 9>(matrix, row),
                10 if 10 <= L::TILE_ROWS => cover_rows::<L, 10>(matrix, row),
                11 if 11 <= L::TILE_ROWS => cover_rows::<L, 11>(matrix, row),
                12 if 12 <= L::TILE_ROWS => cover_rows::<L, 12>(matrix, row),
                _ => {}
            }
        }
        row = end;
    }
}

/// The tiles of `ROWS` rows from `row` on, side by side.
#[inline(always)]
unsafe fn cover_rows<L: Lanes, const ROWS: usize>(matrix: &impl Tiled, row: usize) {
    let columns = matrix.columns();
    let mut column = 0;
    // SAFETY: columns of the matrix, for which the caller vouches.
    unsafe {
        while column + WIDE * L::WIDTH <= columns {
            matrix.tile::<L, ROWS, WIDE>(row, column);
            column += WIDE * L::WIDTH;
        }
        if column < columns {
            matrix.tile::<L, ROWS, 1>(row, column);
        }
    }
}

impl Tiled for Product {
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
        // SAFETY: every access is one that `Product` describes, and the caller vouches for those.
        unsafe {
            let mut sums = [[L::splat(0.0); VECTORS]; ROWS];
            if !self.bias.is_null() {
                for v in 0..VECTORS {
                    let bias = L::load(self.bias.add(column + v * L::WIDTH));
                    for sums in &mut sums {
                        sums[v] = bias;
                    }
                }
            }
            let first_input = self.input.add(row * self.input_stride);
            let mut weights = self.weights.add(column * depth);
            for segment in 0..self.segments {
                let mut input = first_input.add(segment * self.segment_stride);
                for _ in 0..self.length {
                    let mut columns = [L::splat(0.0); VECTORS];
                    for v in 0..VECTORS {
                        columns[v] = L::load(weights.add(v * L::WIDTH));
                    }
                    for r in 0..ROWS {
                        let value = L::broadcast(input.add(r * self.input_stride));
                        for v in 0..VECTORS {
                            sums[r][v] = sums[r][v].add_product(value, columns[v]);
                        }
                    }
                    input = input.add(1);
                    weights = weights.add(VECTORS * L::WIDTH);
                }
            }
            self.finish
                .write(sums, self.output, self.output_stride, (row, column));
        }
    }
}
