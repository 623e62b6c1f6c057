//! Products and passes over memory that training needs, written once over [`Lanes`].

use crate::kernels::lanes::Lanes;
use crate::kernels::tile::WIDE;

/// `output[row][column] += sum over segments and k of input[k][row] * gradient[k][column]`: a weight's gradient, where `k`
/// runs over pixels, rows are input channels and columns output channels.
#[derive(Clone, Copy, Debug)]
pub(super) struct WeightProduct {
    pub(super) rows: usize,
    /// A multiple of the vector's width.
    pub(super) columns: usize,
    pub(super) input: *const f32,
    /// Numbers from one pixel to the next, and from one segment to the next.
    pub(super) input_stride: usize,
    pub(super) input_segment: usize,
    pub(super) gradient: *const f32,
    pub(super) gradient_stride: usize,
    pub(super) gradient_segment: usize,
    /// Pixels in a segment.
    pub(super) length: usize,
    pub(super) segments: usize,
    /// Rows follow each other without gaps.
    pub(super) output: *mut f32,
}

/// Computes a [`WeightProduct`].
///
/// # Safety
///
/// The processor has `L`; the pointers are valid for what [`WeightProduct`] says.
#[inline(always)]
pub(super) unsafe fn weight_product<L: Lanes>(product: &WeightProduct) {
    let tiles = product.rows.div_ceil(L::TILE_ROWS);
    let mut row = 0;
    for index in 0..tiles {
        let end = product.rows * (index + 1) / tiles;
        // SAFETY: rows of the product, for which the caller vouches.
        unsafe {
            match end - row {
                1 => weight_tiles::<L, 1>(product, row),
                2 => weight_tiles::<L, 2>(product, row),
                3 => weight_tiles::<L, 3>(product, row),
                4 => weight_tiles::<L, 4>(product, row),
                5 if 5 <= L::TILE_ROWS => weight_tiles::<L, 5>(product, row),
                6 if 6 <= L::TILE_ROWS => weight_tiles::<L, 6>(product, row),
                7 if 7 <= L::TILE_ROWS => weight_tiles::<L, 7>(product, row),
                8 if 8 <= L::TILE_ROWS => weight_tiles::<L, 8>(product, row),
                9 if 9 <= L::TILE_ROWS => weight_tiles::<L, 9>(product, row),
                10 if 10 <= L::TILE_ROWS => weight_tiles::<L, 10>(product, row),
                11 if 11 <= L::TILE_ROWS => weight_tiles::<L, 11>(product, row),
                12 if 12 <= L::TILE_ROWS => weight_tiles::<L, 12>(product, row),
                _ => {}
            }
        }
        row = end;
    }
}

#[inline(always)]
unsafe fn weight_tiles<L: Lanes, const ROWS: usize>(product: &WeightProduct, row: usize) {
    let mut column = 0;
    // SAFETY: columns of the product, for which the caller vouches.
    unsafe {
        while column + WIDE * L::WIDTH <= product.columns {
            weight_tile::<L, ROWS, WIDE>(product, row, column);
            column += WIDE * L::WIDTH;
        }
        if column < product.columns {
            weight_tile::<L, ROWS, 1>(product, row, column);
        }
    }
}

#[inline(always)]
unsafe fn weight_tile<L: Lanes, const ROWS: usize, const VECTORS: usize>(
    product: &WeightProduct,
    row: usize,
    column: usize,
) {
    // SAFETY: every access is one that `WeightProduct` describes, and the caller vouches for those.
    unsafe {
        let mut sums = [[L::splat(0.0); VECTORS]; ROWS];
        for segment in 0..product.segments {
            let mut input = product.input.add(segment * product.input_segment + row);
            let mut gradient = product
                .gradient
                .add(segment * product.gradient_segment + column);
            for _ in 0..product.length {
                let mut columns = [L::splat(0.0); VECTORS];
                for v in 0..VECTORS {
                    columns[v] = L::load(gradient.add(v * L::WIDTH));
                }
                for r in 0..ROWS {
                    let value = L::broadcast(input.add(r));
                    for v in 0..VECTORS {
                        sums[r][v] = sums[r][v].add_product(value, columns[v]);
                    }
                }
                input = input.wrapping_add(product.input_stride);
                gradient = gradient.wrapping_add(product.gradient_stride);
            }
        }
        for r in 0..ROWS {
            for v in 0..VECTORS {
                let to = product
                    .output
                    .add((row + r) * product.columns + column + v * L::WIDTH);
                L::load(to).add(sums[r][v]).store(to);
            }
        }
    }
}

/// Adds each channel's sum to `sums[channel]`, its sum of squares to `sums[channels + channel]`.
///
/// # Safety
///
/// The processor has `L`; `pixels` holds `count` pixels of `channels` numbers, a multiple of the vector's width; `sums` holds
/// twice as many as channels.
#[inline(always)]
pub(super) unsafe fn channel_sums<L: Lanes>(
    pixels: *const f32,
    count: usize,
    channels: usize,
    sums: *mut f32,
) {
    let mut channel = 0;
    // SAFETY: stays inside what the caller promises.
    unsafe {
        while channel < channels {
            if channel + SIDE_BY_SIDE * L::WIDTH <= channels {
                sums_of_channels::<L, SIDE_BY_SIDE>(pixels, count, channels, channel, sums);
                channel += SIDE_BY_SIDE * L::WIDTH;
            } else {
                sums_of_channels::<L, 1>(pixels, count, channels, channel, sums);
                channel += L::WIDTH;
            }
        }
    }
}

/// So many vectors of channels are summed up at once: half a cache line is not read in vain, and sums fit the registers.
const SIDE_BY_SIDE: usize = 4;

#[inline(always)]
unsafe fn sums_of_channels<L: Lanes, const VECTORS: usize>(
    pixels: *const f32,
    count: usize,
    channels: usize,
    channel: usize,
    sums: *mut f32,
) {
    // SAFETY: stays inside what the caller of `channel_sums` promises.
    unsafe {
        let mut sum = [L::splat(0.0); VECTORS];
        let mut squares = [L::splat(0.0); VECTORS];
        for pixel in 0..count {
            let from = pixels.add(pixel * channels + channel);
            for v in 0..VECTORS {
                let value = L::load(from.add(v * L::WIDTH));
                sum[v] = sum[v].add(value);
                squares[v] = squares[v].add_product(value, value);
            }
        }
        add_sums(sum, squares, channels, sums.add(channel));
    }
}

/// Adds to two rows of `channels` numbers.
#[inline(always)]
unsafe fn add_sums<L: Lanes, const VECTORS: usize>(
    first: [L; VECTORS],
    second: [L; VECTORS],
    channels: usize,
    to: *mut f32,
) {
    // SAFETY: the callers vouch for both rows.
    unsafe {
        for v in 0..VECTORS {
            for (row, value) in [first[v], second[v]].into_iter().enumerate() {
                let to = to.add(row * channels + v * L::WIDTH);
                L::load(to).add(value).store(to);
            }
        }
    }
}

/// `out = raw * scale + shift (+ residual)`, nothing below zero with `relu`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Affine {
    pub(super) raw: *const f32,
    /// A number a channel, as `shift`.
    pub(super) scale: *const f32,
    pub(super) shift: *const f32,
    /// As large as `raw`, or null.
    pub(super) residual: *const f32,
    pub(super) relu: bool,
    pub(super) out: *mut f32,
    pub(super) pixels: usize,
    /// A multiple of the vector's width.
    pub(super) channels: usize,
}

/// Computes an [`Affine`].
///
/// # Safety
///
/// The processor has `L`; the pointers are valid for what [`Affine`] says.
#[inline(always)]
pub(super) unsafe fn affine<L: Lanes>(a: &Affine) {
    // SAFETY: stays inside what the caller promises.
    unsafe {
        let floor = L::splat(if a.relu { 0.0 } else { f32::NEG_INFINITY });
        for pixel in 0..a.pixels {
            for channel in (0..a.channels).step_by(L::WIDTH) {
                let at = pixel * a.channels + channel;
                let mut value = L::load(a.shift.add(channel))
                    .add_product(L::load(a.raw.add(at)), L::load(a.scale.add(channel)));
                if !a.residual.is_null() {
                    value = value.add(L::load(a.residual.add(at)));
                }
                value.max(floor).store(a.out.add(at));
            }
        }
    }
}

/// The gradient behind the ReLU, and its sums.
#[derive(Clone, Copy, Debug)]
pub(super) struct GradientSums {
    pub(super) gradient: *const f32,
    /// The layer's answer, where the gradient passes only what is above zero, or null.
    pub(super) out: *const f32,
    pub(super) raw: *const f32,
    /// A number a channel.
    pub(super) mean: *const f32,
    /// Where the gradient behind the ReLU is written, or null.
    pub(super) passed: *mut f32,
    /// Each channel's sum of the gradient, then of the gradient times `raw - mean`; added to.
    pub(super) sums: *mut f32,
    pub(super) pixels: usize,
    /// A multiple of the vector's width.
    pub(super) channels: usize,
}

/// Computes [`GradientSums`].
///
/// # Safety
///
/// The processor has `L`; the pointers are valid for what [`GradientSums`] says.
#[inline(always)]
pub(super) unsafe fn gradient_sums<L: Lanes>(g: &GradientSums) {
    let mut channel = 0;
    // SAFETY: stays inside what the caller promises.
    unsafe {
        while channel < g.channels {
            if channel + SIDE_BY_SIDE * L::WIDTH <= g.channels {
                gradient_sums_of_channels::<L, SIDE_BY_SIDE>(g, channel);
                channel += SIDE_BY_SIDE * L::WIDTH;
            } else {
                gradient_sums_of_channels::<L, 1>(g, channel);
                channel += L::WIDTH;
            }
        }
    }
}

#[inline(always)]
unsafe fn gradient_sums_of_channels<L: Lanes, const VECTORS: usize>(
    g: &GradientSums,
    channel: usize,
) {
    // SAFETY: stays inside what the caller of `gradient_sums` promises.
    unsafe {
        let mut mean = [L::splat(0.0); VECTORS];
        for v in 0..VECTORS {
            mean[v] = L::load(g.mean.add(channel + v * L::WIDTH));
        }
        let mut sum = [L::splat(0.0); VECTORS];
        let mut product = [L::splat(0.0); VECTORS];
        for pixel in 0..g.pixels {
            for v in 0..VECTORS {
                let at = pixel * g.channels + channel + v * L::WIDTH;
                let passed = passed::<L>(g.gradient, g.out, at);
                if !g.passed.is_null() {
                    passed.store(g.passed.add(at));
                }
                sum[v] = sum[v].add(passed);
                product[v] = product[v].add_product(passed, L::load(g.raw.add(at)).sub(mean[v]));
            }
        }
        add_sums(sum, product, g.channels, g.sums.add(channel));
    }
}

/// The gradient where the answer is above zero.
#[inline(always)]
unsafe fn passed<L: Lanes>(gradient: *const f32, out: *const f32, at: usize) -> L {
    // SAFETY: the callers vouch for both pointers.
    unsafe {
        let value = L::load(gradient.add(at));
        if out.is_null() {
            value
        } else {
            value.where_positive(L::load(out.add(at)))
        }
    }
}

/// The gradient of a convolution's raw answer, `scale * passed + slope * raw + offset` per channel, written with a gap
/// behind each row.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawGradient {
    pub(super) gradient: *const f32,
    /// As in [`GradientSums`].
    pub(super) out: *const f32,
    pub(super) raw: *const f32,
    pub(super) scale: *const f32,
    pub(super) slope: *const f32,
    pub(super) offset: *const f32,
    pub(super) to: *mut f32,
    /// Numbers from one row of `to` to the next.
    pub(super) to_row: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    /// A multiple of the vector's width.
    pub(super) channels: usize,
}

/// Computes a [`RawGradient`].
///
/// # Safety
///
/// The processor has `L`; the pointers are valid for what [`RawGradient`] says.
#[inline(always)]
pub(super) unsafe fn raw_gradient<L: Lanes>(g: &RawGradient) {
    // SAFETY: stays inside what the caller promises.
    unsafe {
        for row in 0..g.height {
            let to = g.to.add(row * g.to_row);
            for column in 0..g.width {
                let pixel = (row * g.width + column) * g.channels;
                for channel in (0..g.channels).step_by(L::WIDTH) {
                    let at = pixel + channel;
                    L::load(g.offset.add(channel))
                        .add_product(L::load(g.raw.add(at)), L::load(g.slope.add(channel)))
                        .add_product(
                            passed::<L>(g.gradient, g.out, at),
                            L::load(g.scale.add(channel)),
                        )
                        .store(to.add(column * g.channels + channel));
                }
            }
        }
    }
}
