//! What the numbers of a picture are as colors.

use super::bits::Bits;

/// How YCbCr becomes RGB, as far as the stream says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ColorCoding {
    is_full_range: bool,
    /// Table E-5 of the standard; `None` or 2 when it is left open.
    matrix: Option<u8>,
}

impl ColorCoding {
    /// Reads the part of the usability information that comes after the shape of pixels (annex E.1.1).
    pub fn read(bits: &mut Bits<'_>) -> Option<Self> {
        if bits.flag()? {
            bits.take(1)?;
        }
        if !bits.flag()? {
            return None;
        }
        bits.take(3)?;
        let is_full_range = bits.flag()?;
        let matrix = if bits.flag()? {
            bits.take(16)?;
            Some(bits.take(8)? as u8)
        } else {
            None
        };
        Some(Self {
            is_full_range,
            matrix,
        })
    }

    /// Whether black is 0 or 16.
    pub const fn range(self) -> yuv::YuvRange {
        if self.is_full_range {
            yuv::YuvRange::Full
        } else {
            yuv::YuvRange::Limited
        }
    }

    /// The matrix for pictures of this size; what is left open is BT.709 for high definition and BT.601 below.
    pub fn matrix(self, size: [usize; 2]) -> yuv::YuvStandardMatrix {
        match self.matrix {
            Some(1) => yuv::YuvStandardMatrix::Bt709,
            Some(4) => yuv::YuvStandardMatrix::Fcc,
            Some(5 | 6) => yuv::YuvStandardMatrix::Bt601,
            Some(7) => yuv::YuvStandardMatrix::Smpte240,
            Some(9 | 10) => yuv::YuvStandardMatrix::Bt2020,
            _ if is_high_definition(size) => yuv::YuvStandardMatrix::Bt709,
            _ => yuv::YuvStandardMatrix::Bt601,
        }
    }
}

/// Whether a picture of this size (`[width, height]`) has the colors of high definition where they are left open.
pub fn is_high_definition([width, height]: [usize; 2]) -> bool {
    1280 <= width.max(height) || 576 < width.min(height)
}
