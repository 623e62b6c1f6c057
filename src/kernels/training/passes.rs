//! Products and passes over memory that training needs, written once over [`Lanes`].

use crate::kernels::lanes::Lanes;
use crate::kernels::tile::Tiled;

/// `output[row][column] += sum over segments and k of input[k][row] * gradient[k][column]`: a weight's gradient, where `k`
/// runs over pixels, rows are input channels and columns output channels.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernels) struct WeightProduct {
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

impl Tiled for WeightProduct {
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
        // SAFETY: every access is one that `WeightProduct` describes, and the caller vouches for those.
        unsafe {
            let mut sums = [[L::splat(0.0); VECTORS]; ROWS];
            for segment in 0..self.segments {
                let mut input = self.input.add(segment * self.input_segment + row);
                let mut gradient = self.gradient.add(segment * self.gradient_segment + column);
                for _ in 0..self.length {
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
                    input = input.wrapping_add(self.input_stride);
                    gradient = gradient.wrapping_add(self.gradient_stride);
                }
            }
            for r in 0..ROWS {
                for v in 0..VECTORS {
                    let to = self
                        .output
                        .add((row + r) * self.columns + column + v * L::WIDTH);
                    L::load(to).add(sums[r][v]).store(to);
                }
            }
        }
    }
}

/// Two sums over pixels for each channel, added to two rows of numbers.
pub(in crate::kernels) trait ChannelSums {
    /// A multiple of the vector's width.
    fn channels(&self) -> usize;

    /// Sums up `VECTORS` vectors of channels from `channel` on.
    ///
    /// # Safety
    ///
    /// The processor has `L`, the channels are there, and the pointers of the implementor are valid for what it says about
    /// them.
    unsafe fn sum<L: Lanes, const VECTORS: usize>(&self, channel: usize);
}

/// So many vectors of channels are summed up at once: half a cache line is not read in vain, and sums fit the registers.
const SIDE_BY_SIDE: usize = 4;

/// Sums up all channels.
///
/// # Safety
///
/// The processor has `L`; the pointers are valid for what the implementor says.
#[inline(always)]
pub(in crate::kernels) unsafe fn sum_channels<L: Lanes>(sums: &impl ChannelSums) {
    let mut channel = 0;
    // SAFETY: channels that are there; the rest is the caller's promise.
    unsafe {
        while channel < sums.channels() {
            if channel + SIDE_BY_SIDE * L::WIDTH <= sums.channels() {
                sums.sum::<L, SIDE_BY_SIDE>(channel);
                channel += SIDE_BY_SIDE * L::WIDTH;
            } else {
                sums.sum::<L, 1>(channel);
                channel += L::WIDTH;
            }
        }
    }
}

/// Each channel's sum, and its sum of squares.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernels) struct Moments {
    /// `count` pixels of `channels` numbers.
    pub(super) pixels: *const f32,
    pub(super) count: usize,
    pub(super) channels: usize,
    /// Two rows of `channels` numbers.
    pub(super) sums: *mut f32,
}

impl ChannelSums for Moments {
    fn channels(&self) -> usize {
        self.channels
    }

    #[inline(always)]
    unsafe fn sum<L: Lanes, const VECTORS: usize>(&self, channel: usize) {
        // SAFETY: stays inside what `Moments` describes.
        unsafe {
            let mut sum = [L::splat(0.0); VECTORS];
            let mut squares = [L::splat(0.0); VECTORS];
            for pixel in 0..self.count {
                let from = self.pixels.add(pixel * self.channels + channel);
                for v in 0..VECTORS {
                    let value = L::load(from.add(v * L::WIDTH));
                    sum[v] = sum[v].add(value);
                    squares[v] = squares[v].add_product(value, value);
                }
            }
            add_sums(sum, squares, self.channels, self.sums.add(channel));
        }
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
pub(in crate::kernels) struct Affine {
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
pub(in crate::kernels) unsafe fn affine<L: Lanes>(a: &Affine) {
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
pub(in crate::kernels) struct GradientSums {
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

impl ChannelSums for GradientSums {
    fn channels(&self) -> usize {
        self.channels
    }

    #[inline(always)]
    unsafe fn sum<L: Lanes, const VECTORS: usize>(&self, channel: usize) {
        // SAFETY: stays inside what `GradientSums` describes.
        unsafe {
            let mut mean = [L::splat(0.0); VECTORS];
            for v in 0..VECTORS {
                mean[v] = L::load(self.mean.add(channel + v * L::WIDTH));
            }
            let mut sum = [L::splat(0.0); VECTORS];
            let mut product = [L::splat(0.0); VECTORS];
            for pixel in 0..self.pixels {
                for v in 0..VECTORS {
                    let at = pixel * self.channels + channel + v * L::WIDTH;
                    let passed = passed::<L>(self.gradient, self.out, at);
                    if !self.passed.is_null() {
                        passed.store(self.passed.add(at));
                    }
                    let centered = L::load(self.raw.add(at)).sub(mean[v]);
                    sum[v] = sum[v].add(passed);
                    product[v] = product[v].add_product(passed, centered);
                }
            }
            add_sums(sum, product, self.channels, self.sums.add(channel));
        }
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
pub(in crate::kernels) struct RawGradient {
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
pub(in crate::kernels) unsafe fn raw_gradient<L: Lanes>(g: &RawGradient) {
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
