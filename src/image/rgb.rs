//! An RGB picture whose size always fits its bytes.

/// Interleaved 8-bit RGB, row by row from the top, no padding.
#[derive(Clone, PartialEq, Eq)]
pub struct RgbImage {
    size: [usize; 2],
    pixels: Vec<u8>,
}

/// The number of bytes does not fit the size.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a picture of {width}x{height} needs {needed} bytes, got {got}")]
pub struct WrongSize {
    width: usize,
    height: usize,
    needed: usize,
    got: usize,
}

impl std::fmt::Debug for RgbImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RgbImage {}x{}", self.size[0], self.size[1])
    }
}

impl RgbImage {
    /// A picture of `[width, height]` from its bytes.
    pub fn from_rgb([width, height]: [usize; 2], pixels: Vec<u8>) -> Result<Self, WrongSize> {
        let needed = 3 * width * height;
        let got = pixels.len();
        if got == needed {
            Ok(Self {
                size: [width, height],
                pixels,
            })
        } else {
            Err(WrongSize {
                width,
                height,
                needed,
                got,
            })
        }
    }

    /// A picture of `[width, height]` in one color.
    pub fn filled([width, height]: [usize; 2], color: [u8; 3]) -> Self {
        Self {
            size: [width, height],
            pixels: color.repeat(width * height),
        }
    }

    /// `[width, height]` in pixels.
    pub const fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Pixels in a row.
    pub const fn width(&self) -> usize {
        self.size[0]
    }

    /// Rows.
    pub const fn height(&self) -> usize {
        self.size[1]
    }

    /// All bytes, `3 * width * height` of them.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// All bytes, to be changed.
    pub fn pixels_mut(&mut self) -> &mut [u8] {
        &mut self.pixels
    }

    /// The color at column `x`, row `y`; `None` outside.
    pub fn get(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        if self.size[0] <= x || self.size[1] <= y {
            return None;
        }
        let at = 3 * (y * self.size[0] + x);
        self.pixels
            .get(at..at + 3)
            .and_then(|color| color.try_into().ok())
    }

    /// The picture with left and right exchanged.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let mut mirrored = Self::filled([0, 0], [0; 3]);
        self.mirror_into(&mut mirrored);
        mirrored
    }

    /// Makes `picture` the same with left and right exchanged, in its memory.
    pub fn mirror_into(&self, picture: &mut Self) {
        picture.size = self.size;
        picture.pixels.clear();
        picture.pixels.reserve(self.pixels.len());
        // a picture without width has no rows
        for row in self.pixels.chunks_exact((3 * self.size[0]).max(1)) {
            for pixel in row.rchunks_exact(3) {
                picture.pixels.extend_from_slice(pixel);
            }
        }
    }

    /// Makes `picture` the same, in its memory.
    pub fn copy_into(&self, picture: &mut Self) {
        picture.size = self.size;
        picture.pixels.clone_from(&self.pixels);
    }

    /// The picture turned clockwise by `quarter_turns` times 90 degrees.
    pub fn rotated(&self, quarter_turns: u8) -> Self {
        let [width, height] = self.size;
        let turned_size = match quarter_turns % 4 {
            0 => return self.clone(),
            2 => [width, height],
            _ => [height, width],
        };
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for y in 0..turned_size[1] {
            for x in 0..turned_size[0] {
                let (from_x, from_y) = match quarter_turns % 4 {
                    1 => (y, height - 1 - x),
                    2 => (width - 1 - x, height - 1 - y),
                    _ => (width - 1 - y, x),
                };
                let at = 3 * (from_y * width + from_x);
                pixels.extend_from_slice(&self.pixels[at..at + 3]);
            }
        }
        Self {
            size: turned_size,
            pixels,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_byte_count_is_refused() {
        assert!(RgbImage::from_rgb([2, 2], vec![0; 11]).is_err());
        assert!(RgbImage::from_rgb([2, 2], vec![0; 12]).is_ok());
    }

    #[test]
    fn a_mirror_exchanges_columns_and_keeps_rows() {
        let pixels = (1..=6).flat_map(|value| [value, 0, value]).collect();
        let picture = RgbImage::from_rgb([3, 2], pixels).unwrap();
        let mirrored = picture.mirrored();
        assert_eq!(mirrored.get(0, 0), Some([3, 0, 3]));
        assert_eq!(mirrored.get(2, 1), Some([4, 0, 4]));
        assert_eq!(mirrored.mirrored(), picture);
        let nothing = RgbImage::filled([0, 2], [0; 3]);
        assert_eq!(nothing.mirrored(), nothing);
    }

    #[test]
    fn quarter_turn_takes_left_bottom_to_left_top() {
        let picture = RgbImage::from_rgb([2, 1], vec![1, 1, 1, 2, 2, 2]).unwrap();
        let turned = picture.rotated(1);
        assert_eq!(turned.size(), [1, 2]);
        assert_eq!(turned.get(0, 0), Some([1; 3]));
        assert_eq!(turned.rotated(3), picture);
        assert_eq!(turned.rotated(2).get(0, 0), Some([2; 3]));
    }
}
