//! The shape of a recording's pixels, which television and camcorders squeezed or stretched.

/// How far from 1 a ratio may be and still count as square.
///
/// Encoders state ratios like 136:135 where they rounded a side to whole blocks: scaling would blur such pictures
/// more than it would set them right.
pub const SQUARE_WITHIN: f64 = 0.01;

/// A ratio below this is the mistake of a file: the smallest in use is that of NTSC, 10:11 or 8:9.
pub const NARROWEST: f64 = 0.25;

/// A ratio above this is the mistake of a file: the largest that H.264 has a number for is 32:11.
pub const WIDEST: f64 = 4.0;

/// Width to height of a pixel, as a recording states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelAspect {
    width: u32,
    height: u32,
}

impl PixelAspect {
    /// The shape with these parts; `None` when one is 0, which stands for "unknown".
    pub const fn stated(width: u32, height: u32) -> Option<Self> {
        if width == 0 || height == 0 {
            None
        } else {
            Some(Self { width, height })
        }
    }

    /// The shape with this number in table E-1 of H.264; `None` where it has none.
    pub fn numbered(number: u32) -> Option<Self> {
        let (width, height) = match number {
            1 => (1, 1),
            2 => (12, 11),
            3 => (10, 11),
            4 => (16, 11),
            5 => (40, 33),
            6 => (24, 11),
            7 => (20, 11),
            8 => (32, 11),
            9 => (80, 33),
            10 => (18, 11),
            11 => (15, 11),
            12 => (64, 33),
            13 => (160, 99),
            14 => (4, 3),
            15 => (3, 2),
            16 => (2, 1),
            _ => return None,
        };
        Self::stated(width, height)
    }

    /// Whether the pictures can be shown as they are stored.
    pub fn is_square(self) -> bool {
        let ratio = f64::from(self.width) / f64::from(self.height);
        (ratio - 1.0).abs() <= SQUARE_WITHIN || !(NARROWEST..=WIDEST).contains(&ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_square(width: u32, height: u32) -> Option<bool> {
        PixelAspect::stated(width, height).map(PixelAspect::is_square)
    }

    #[test]
    fn shapes_of_television_are_not_square_and_those_of_rounded_sizes_are() {
        for (width, height) in [(4, 3), (16, 15), (64, 45), (8, 9), (10, 11), (32, 11)] {
            assert_eq!(is_square(width, height), Some(false), "{width}:{height}");
        }
        for (width, height) in [(1, 1), (136, 135), (1080, 1088), (u32::MAX, 1), (1, 200)] {
            assert_eq!(is_square(width, height), Some(true), "{width}:{height}");
        }
        assert_eq!(is_square(0, 1), None);
        assert_eq!(is_square(1, 0), None);
    }

    #[test]
    fn numbers_of_the_standard_are_known_and_reserved_ones_are_not() {
        assert_eq!(PixelAspect::numbered(14), PixelAspect::stated(4, 3));
        for number in [0, 17, 254] {
            assert_eq!(PixelAspect::numbered(number), None);
        }
    }
}
