//! Winograd's minimal filtering F(4x4, 3x3): a 3x3 convolution with a quarter of the multiplications.
//!
//! Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015, arXiv:1509.09308), section 4.3, with the
//! points 0, 1, -1, 2, -2 and infinity: a tile of 4x4 outputs comes from 6x6 inputs by
//! `A' [(G g G') * (B' d B)] A`, where the product in the middle, summed over channels, is 36 matrix products.

use super::lanes::Lanes;

/// Outputs a side of a tile.
pub(super) const OUTPUT_SIDE: usize = 4;

/// Inputs a side of a tile; neighbors overlap by two.
pub(super) const INPUT_SIDE: usize = 6;

/// Matrix products.
pub(super) const POINTS: usize = INPUT_SIDE * INPUT_SIDE;

/// `G` of the paper: from 3 weights to 6 points.
const G: [[f32; 3]; INPUT_SIDE] = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// By how much the values of a point can be larger than the inputs of their tile: the sums of magnitudes of the two rows of
/// `B'` that make it.
pub(super) fn largest_gain(point: usize) -> f32 {
    /// Sums of magnitudes of the rows of `B'`.
    const OF_ROW: [f32; INPUT_SIDE] = [10.0, 10.0, 10.0, 6.0, 6.0, 10.0];
    OF_ROW[point / INPUT_SIDE] * OF_ROW[point % INPUT_SIDE]
}

/// `G g G'` of `N` kernels of nine weights side by side, all row by row.
pub(super) fn transformed_kernels<const N: usize>(kernels: &[[f32; N]; 9]) -> [[f32; N]; POINTS] {
    let mut points = [[0.0; N]; POINTS];
    for (i, row) in G.iter().enumerate() {
        // one row of G g
        let along: [[f32; N]; 3] = std::array::from_fn(|column| {
            std::array::from_fn(|lane| (0..3).map(|k| row[k] * kernels[3 * k + column][lane]).sum())
        });
        for (j, other) in G.iter().enumerate() {
            points[i * INPUT_SIDE + j] =
                std::array::from_fn(|lane| (0..3).map(|k| along[k][lane] * other[k]).sum());
        }
    }
    points
}

/// `B' d` along one line.
#[inline(always)]
unsafe fn input_line<L: Lanes>(d: [L; INPUT_SIDE]) -> [L; INPUT_SIDE] {
    // SAFETY: arithmetic only; the processor has `L` by the callers' contract.
    unsafe {
        let (two, four, five) = (L::splat(2.0), L::splat(4.0), L::splat(-5.0));
        let (minus_four, minus_two) = (L::splat(-4.0), L::splat(-2.0));
        let even = d[4].add_product(minus_four, d[2]);
        let odd = d[3].add_product(minus_four, d[1]);
        let near = d[4].sub(d[2]);
        let far = d[3].sub(d[1]);
        [
            d[4].add_product(five, d[2]).add_product(four, d[0]),
            even.add(odd),
            even.sub(odd),
            near.add_product(two, far),
            near.add_product(minus_two, far),
            d[5].add_product(five, d[3]).add_product(four, d[1]),
        ]
    }
}

/// `A' m` along one line.
#[inline(always)]
unsafe fn output_line<L: Lanes>(m: [L; INPUT_SIDE]) -> [L; OUTPUT_SIDE] {
    // SAFETY: arithmetic only; the processor has `L` by the callers' contract.
    unsafe {
        let sum = m[1].add(m[2]);
        let difference = m[1].sub(m[2]);
        let far_sum = m[3].add(m[4]);
        let far_difference = m[3].sub(m[4]);
        [
            m[0].add(sum).add(far_sum),
            difference.add_product(L::splat(2.0), far_difference),
            sum.add_product(L::splat(4.0), far_sum),
            difference
                .add_product(L::splat(8.0), far_difference)
                .add(m[5]),
        ]
    }
}

/// Where the points of a tile are written.
pub(super) trait Points {
    /// Writes a vector of a point, `at` numbers behind the first of the first point.
    ///
    /// # Safety
    ///
    /// The processor has `L`, and there is room for a vector.
    unsafe fn write<L: Lanes>(&self, point: usize, at: usize, value: L);
}

/// Points as they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumberPoints(pub(super) *mut f32);

impl Points for NumberPoints {
    #[inline(always)]
    unsafe fn write<L: Lanes>(&self, _: usize, at: usize, value: L) {
        // SAFETY: the caller vouches for the room.
        unsafe { value.store(self.0.add(at)) }
    }
}

/// Points as words.
#[derive(Clone, Copy, Debug)]
pub(super) struct WordPoints {
    pub(super) words: *mut i16,
    /// The largest word over the largest magnitude of the tile's inputs.
    pub(super) steps: f32,
}

impl Points for WordPoints {
    #[inline(always)]
    unsafe fn write<L: Lanes>(&self, point: usize, at: usize, value: L) {
        // SAFETY: the caller vouches for the room.
        unsafe {
            let steps = L::splat(self.steps / largest_gain(point));
            value.mul(steps).store_words(self.words.add(at));
        }
    }
}

/// Where [`transform_input`] reads and writes: one tile, all channels.
#[derive(Clone, Copy, Debug)]
pub(super) struct InputTile<P> {
    /// The upper left of the 6x6 inputs.
    pub(super) input: *const f32,
    /// Numbers from one row of pixels to the next.
    pub(super) row_stride: usize,
    /// Channels, a multiple of the vector's width; also the distance from one pixel to the next.
    pub(super) channels: usize,
    /// Channel 0 of point 0.
    pub(super) points: P,
    /// Numbers from one point to the next.
    pub(super) point_stride: usize,
}

/// `B' d B` of a tile.
///
/// # Safety
///
/// The processor has `L`; the pointers are valid for what [`InputTile`] says.
#[inline(always)]
pub(super) unsafe fn transform_input<L: Lanes, P: Points>(tile: &InputTile<P>) {
    // SAFETY: reads the 36 pixels and writes the 36 points that `InputTile` describes.
    unsafe {
        for channel in (0..tile.channels).step_by(L::WIDTH) {
            let mut lines = [[L::splat(0.0); INPUT_SIDE]; INPUT_SIDE];
            for column in 0..INPUT_SIDE {
                let from = tile.input.add(column * tile.channels + channel);
                let mut d = [L::splat(0.0); INPUT_SIDE];
                for row in 0..INPUT_SIDE {
                    d[row] = L::load(from.add(row * tile.row_stride));
                }
                let line = input_line(d);
                for row in 0..INPUT_SIDE {
                    lines[row][column] = line[row];
                }
            }
            for row in 0..INPUT_SIDE {
                let line = input_line(lines[row]);
                for column in 0..INPUT_SIDE {
                    let point = row * INPUT_SIDE + column;
                    let at = point * tile.point_stride + channel;
                    tile.points.write(point, at, line[column]);
                }
            }
        }
    }
}

/// Where [`transform_output`] reads and writes: one tile, all channels.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutputTile {
    /// Channel 0 of point 0.
    pub(super) points: *const f32,
    /// Numbers from one point to the next.
    pub(super) point_stride: usize,
    /// Channels, a multiple of the vector's width; also the distance from one pixel to the next.
    pub(super) channels: usize,
    /// One number a channel.
    pub(super) bias: *const f32,
    /// The upper left of the 4x4 outputs.
    pub(super) output: *mut f32,
    /// Numbers from one row of pixels to the next, of the output and of `residual`.
    pub(super) row_stride: usize,
    /// How many of the 4 rows and columns lie inside the picture and are written.
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Added before the ReLU, at the place of the output, or null.
    pub(super) residual: *const f32,
    /// Nothing below zero.
    pub(super) relu: bool,
}

/// `A' m A` of a tile, plus bias, and what follows.
///
/// # Safety
///
/// The processor has `L`; the pointers are valid for what [`OutputTile`] says.
#[inline(always)]
pub(super) unsafe fn transform_output<L: Lanes>(tile: &OutputTile) {
    // SAFETY: reads the 36 points and touches only the `rows` by `columns` pixels that `OutputTile` describes.
    unsafe {
        for channel in (0..tile.channels).step_by(L::WIDTH) {
            let mut lines = [[L::splat(0.0); INPUT_SIDE]; OUTPUT_SIDE];
            for column in 0..INPUT_SIDE {
                let from = tile.points.add(column * tile.point_stride + channel);
                let mut m = [L::splat(0.0); INPUT_SIDE];
                for row in 0..INPUT_SIDE {
                    m[row] = L::load(from.add(row * INPUT_SIDE * tile.point_stride));
                }
                let line = output_line(m);
                for row in 0..OUTPUT_SIDE {
                    lines[row][column] = line[row];
                }
            }
            let bias = L::load(tile.bias.add(channel));
            // loops of constant length with a test inside keep the tile in registers
            for row in 0..OUTPUT_SIDE {
                if tile.rows <= row {
                    break;
                }
                let line = output_line(lines[row]);
                for column in 0..OUTPUT_SIDE {
                    if tile.columns <= column {
                        break;
                    }
                    let at = row * tile.row_stride + column * tile.channels + channel;
                    let mut value = line[column].add(bias);
                    if !tile.residual.is_null() {
                        value = value.add(L::load(tile.residual.add(at)));
                    }
                    if tile.relu {
                        value = value.max(L::splat(0.0));
                    }
                    value.store(tile.output.add(at));
                }
            }
        }
    }
}
