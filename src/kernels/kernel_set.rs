//! The kernels, compiled for one instruction set.

use super::isa::InstructionSet;
use super::lanes::{Lanes, Portable};
use super::tile::{Finish, Tile, WIDE, tile};
use super::winograd::{InputTile, OutputTile, transform_input, transform_output};

type TileKernel = unsafe fn(&Tile);

/// The functions of one instruction set.
///
/// All are unsafe: they must be called only where [`InstructionSet::is_available`], which [`KernelSet::of`] checks, and
/// with pointers that are valid for what their argument says.
#[derive(Debug)]
pub(super) struct KernelSet {
    pub(super) isa: InstructionSet,
    /// Numbers in a vector.
    pub(super) width: usize,
    /// Tiles two vectors wide, of 1, 2, ... rows.
    wide: &'static [TileKernel],
    /// Tiles one vector wide, of 1, 2, ... rows.
    narrow: &'static [TileKernel],
    pub(super) transform_input: unsafe fn(&InputTile),
    pub(super) transform_output: unsafe fn(&OutputTile),
    /// The larger of four pixels: `(upper row, lower row, output, output pixels, channels)`.
    pub(super) max_pool: unsafe fn(*const f32, *const f32, *mut f32, usize, usize),
    /// A row plus a row of half the length, enlarged: `(row, half, output, pixels, channels)`.
    pub(super) add_enlarged: unsafe fn(*const f32, *const f32, *mut f32, usize, usize),
}

/// The largest of each square of four pixels of two rows.
///
/// # Safety
///
/// The processor has `L`; the rows hold `2 * pixels` pixels of `channels` numbers, a multiple of the vector's width, and
/// the output `pixels`.
#[inline(always)]
unsafe fn max_pool<L: Lanes>(
    upper: *const f32,
    lower: *const f32,
    output: *mut f32,
    pixels: usize,
    channels: usize,
) {
    // SAFETY: stays inside the rows as the caller promises their lengths.
    unsafe {
        for pixel in 0..pixels {
            for channel in (0..channels).step_by(L::WIDTH) {
                let left = 2 * pixel * channels + channel;
                let right = left + channels;
                let above = L::load(upper.add(left)).max(L::load(upper.add(right)));
                let below = L::load(lower.add(left)).max(L::load(lower.add(right)));
                above
                    .max(below)
                    .store(output.add(pixel * channels + channel));
            }
        }
    }
}

/// `output[pixel] = row[pixel] + half[pixel / 2]`.
///
/// # Safety
///
/// The processor has `L`; row and output hold `pixels` pixels of `channels` numbers, a multiple of the vector's width,
/// `half` half as many.
#[inline(always)]
unsafe fn add_enlarged<L: Lanes>(
    row: *const f32,
    half: *const f32,
    output: *mut f32,
    pixels: usize,
    channels: usize,
) {
    // SAFETY: stays inside the rows as the caller promises their lengths.
    unsafe {
        for pixel in 0..pixels {
            for channel in (0..channels).step_by(L::WIDTH) {
                let at = pixel * channels + channel;
                let coarse = L::load(half.add(pixel / 2 * channels + channel));
                L::load(row.add(at)).add(coarse).store(output.add(at));
            }
        }
    }
}

/// Compiles all kernels for one instruction set.
macro_rules! kernel_set {
    ($module:ident, $isa:ident, $lanes:ty, [$($rows:literal)*] $(, $feature:literal)?) => {
        mod $module {
            use super::*;

            $(#[target_feature(enable = $feature)])?
            unsafe fn wide<const ROWS: usize>(each: &Tile) {
                // SAFETY: the caller keeps the contract of `tile`.
                unsafe { tile::<$lanes, ROWS, WIDE>(each) }
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn narrow<const ROWS: usize>(each: &Tile) {
                // SAFETY: the caller keeps the contract of `tile`.
                unsafe { tile::<$lanes, ROWS, 1>(each) }
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn to_points(each: &InputTile) {
                // SAFETY: the caller keeps the contract of `transform_input`.
                unsafe { transform_input::<$lanes>(each) }
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn from_points(each: &OutputTile) {
                // SAFETY: the caller keeps the contract of `transform_output`.
                unsafe { transform_output::<$lanes>(each) }
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn pool(upper: *const f32, lower: *const f32, output: *mut f32, pixels: usize, channels: usize) {
                // SAFETY: the caller keeps the contract of `max_pool`.
                unsafe { max_pool::<$lanes>(upper, lower, output, pixels, channels) }
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn enlarge(row: *const f32, half: *const f32, output: *mut f32, pixels: usize, channels: usize) {
                // SAFETY: the caller keeps the contract of `add_enlarged`.
                unsafe { add_enlarged::<$lanes>(row, half, output, pixels, channels) }
            }

            pub(super) static SET: KernelSet = KernelSet {
                isa: InstructionSet::$isa,
                width: <$lanes>::WIDTH,
                wide: &[$(wide::<$rows>),*],
                narrow: &[$(narrow::<$rows>),*],
                transform_input: to_points,
                transform_output: from_points,
                max_pool: pool,
                add_enlarged: enlarge,
            };

            const _: () = assert!([$($rows),*].len() == <$lanes>::TILE_ROWS);
        }
    };
}

kernel_set!(portable, Portable, Portable, [1 2 3 4]);

#[cfg(target_arch = "x86_64")]
kernel_set!(avx2, Avx2, super::super::lanes::Avx2, [1 2 3 4 5 6], "avx2,fma");

#[cfg(target_arch = "x86_64")]
kernel_set!(avx512, Avx512, super::super::lanes::Avx512, [1 2 3 4 5 6 7 8 9 10 11 12], "avx512f");

#[cfg(target_arch = "aarch64")]
kernel_set!(neon, Neon, super::super::lanes::Neon, [1 2 3 4 5 6 7 8 9 10 11 12], "neon");

/// Rows of inputs times packed weights: a tile of any height and width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Product {
    /// As in [`Tile`], for all rows; weights and bias are those of column 0.
    pub(super) tile: Tile,
    pub(super) rows: usize,
    /// A multiple of the vector's width.
    pub(super) columns: usize,
}

impl KernelSet {
    /// The kernels of an instruction set, `None` where the processor does not have it.
    pub(super) fn of(isa: InstructionSet) -> Option<&'static Self> {
        if !isa.is_available() {
            return None;
        }
        match isa {
            InstructionSet::Portable => Some(&portable::SET),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => Some(&avx2::SET),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => Some(&avx512::SET),
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => Some(&neon::SET),
            #[cfg(not(all(target_arch = "x86_64", target_arch = "aarch64")))]
            _ => None,
        }
    }

    /// Columns of a wide tile: how [`super::packed`] lays out weights.
    pub(super) fn wide_columns(&self) -> usize {
        WIDE * self.width
    }

    /// Computes a product tile by tile; tiles of one product are about equally high.
    ///
    /// # Safety
    ///
    /// The pointers are valid for what [`Tile`] says about them, for all rows and columns.
    pub(super) unsafe fn product(&self, product: &Product) {
        let most = self.wide.len();
        let tiles = product.rows.div_ceil(most);
        let first = &product.tile;
        let depth = first.segments * first.length;
        let mut row = 0;
        for index in 0..tiles {
            let end = product.rows * (index + 1) / tiles;
            let rows = end - row;
            let mut column = 0;
            while column < product.columns {
                let is_wide = column + self.wide_columns() <= product.columns;
                let at = row * first.output_stride + column;
                // SAFETY: row and column lie inside the product, for which the caller vouches.
                unsafe {
                    let tile = Tile {
                        input: first.input.add(row * first.input_stride),
                        weights: first.weights.add(column * depth),
                        bias: offset(first.bias, column),
                        output: first.output.add(at),
                        finish: Finish {
                            residual: offset(first.finish.residual, at),
                            half: offset(first.finish.half, column),
                            half_offset: first.finish.half_offset + row,
                            ..first.finish
                        },
                        ..*first
                    };
                    let kernels = if is_wide { self.wide } else { self.narrow };
                    kernels[rows - 1](&tile);
                }
                column += if is_wide {
                    self.wide_columns()
                } else {
                    self.width
                };
            }
            row = end;
        }
    }
}

/// `from` moved on, or null if it is null.
///
/// # Safety
///
/// Where `from` is not null, the result lies inside the same allocation.
unsafe fn offset(from: *const f32, by: usize) -> *const f32 {
    if from.is_null() {
        from
    } else {
        // SAFETY: the caller's promise.
        unsafe { from.add(by) }
    }
}
