//! The kernels, compiled for one instruction set.

use super::fixed_point::{FixedProduct, largest, to_words};
use super::isa::InstructionSet;
use super::lanes::Lanes;
use super::tile::{Product, WIDE, cover};
use super::winograd::{
    InputTile, NumberPoints, OutputTile, WordPoints, transform_input, transform_output,
};

/// The functions of one instruction set.
///
/// All are unsafe: they must be called only where [`InstructionSet::is_available`], which [`KernelSet::of`] checks, and
/// with pointers that are valid for what their argument says.
#[derive(Debug)]
pub(super) struct KernelSet {
    pub(super) isa: InstructionSet,
    /// Numbers in a vector.
    pub(super) width: usize,
    pub(super) product: unsafe fn(&Product),
    pub(super) fixed_product: unsafe fn(&FixedProduct),
    /// The largest magnitude: `(numbers, how many)`.
    pub(super) largest: unsafe fn(*const f32, usize) -> f32,
    /// Numbers times a factor as words: `(numbers, how many, factor, words)`.
    pub(super) to_words: unsafe fn(*const f32, usize, f32, *mut i16),
    pub(super) transform_input: unsafe fn(&InputTile<NumberPoints>),
    pub(super) transform_input_to_words: unsafe fn(&InputTile<WordPoints>),
    pub(super) transform_output: unsafe fn(&OutputTile),
    /// The larger of four pixels: `(upper row, lower row, output, output pixels, channels)`.
    pub(super) max_pool: unsafe fn(*const f32, *const f32, *mut f32, usize, usize),
    /// A row plus a row of half the length, enlarged: `(row, half, output, pixels, channels)`.
    pub(super) add_enlarged: unsafe fn(*const f32, *const f32, *mut f32, usize, usize),
    #[cfg(feature = "training")]
    pub(super) training: crate::kernels::training::TrainingSet,
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
    ($module:ident, $isa:ident, $lanes:ty $(, $feature:literal)?) => {
        mod $module {
            use super::*;

            $(#[target_feature(enable = $feature)])?
            unsafe fn multiply(each: &Product) {
                // SAFETY: the caller keeps the contract of `cover`.
                unsafe { cover::<$lanes>(each) }
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn multiply_words(each: &FixedProduct) {
                // SAFETY: the caller keeps the contract of `cover`.
                unsafe { cover::<$lanes>(each) }
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn magnitude(from: *const f32, len: usize) -> f32 {
                // SAFETY: the caller keeps the contract of `largest`.
                unsafe { largest::<$lanes>(from, len) }
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn round(from: *const f32, len: usize, steps: f32, to: *mut i16) {
                // SAFETY: the caller keeps the contract of `to_words`.
                unsafe { to_words::<$lanes>(from, len, steps, to) }
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn to_points(each: &InputTile<NumberPoints>) {
                // SAFETY: the caller keeps the contract of `transform_input`.
                unsafe { transform_input::<$lanes, _>(each) }
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn to_word_points(each: &InputTile<WordPoints>) {
                // SAFETY: the caller keeps the contract of `transform_input`.
                unsafe { transform_input::<$lanes, _>(each) }
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

            #[cfg(feature = "training")]
            crate::kernels::training::training_set!($lanes $(, $feature)?);

            pub(super) static SET: KernelSet = KernelSet {
                isa: InstructionSet::$isa,
                width: <$lanes>::WIDTH,
                product: multiply,
                fixed_product: multiply_words,
                largest: magnitude,
                to_words: round,
                transform_input: to_points,
                transform_input_to_words: to_word_points,
                transform_output: from_points,
                max_pool: pool,
                add_enlarged: enlarge,
                #[cfg(feature = "training")]
                training: TRAINING,
            };
        }
    };
}

kernel_set!(portable, Portable, crate::kernels::lanes::Portable);

#[cfg(target_arch = "x86_64")]
kernel_set!(avx2, Avx2, crate::kernels::lanes::Avx2, "avx2,fma");

#[cfg(target_arch = "x86_64")]
kernel_set!(
    avx2_vnni,
    Avx2Vnni,
    crate::kernels::lanes::Avx2Vnni,
    "avx2,fma,avxvnni"
);

#[cfg(target_arch = "x86_64")]
kernel_set!(
    avx512,
    Avx512,
    crate::kernels::lanes::Avx512,
    "avx512f,avx512bw"
);

#[cfg(target_arch = "x86_64")]
kernel_set!(
    avx512_vnni,
    Avx512Vnni,
    crate::kernels::lanes::Avx512Vnni,
    "avx512f,avx512bw,avx512vnni"
);

#[cfg(target_arch = "aarch64")]
kernel_set!(neon, Neon, crate::kernels::lanes::Neon, "neon");

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
            InstructionSet::Avx2Vnni => Some(&avx2_vnni::SET),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => Some(&avx512::SET),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512Vnni => Some(&avx512_vnni::SET),
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => Some(&neon::SET),
            // those of other architectures
            _ => None,
        }
    }

    /// Columns of a wide tile: how [`super::packed`] lays out weights.
    pub(super) fn wide_columns(&self) -> usize {
        WIDE * self.width
    }
}
