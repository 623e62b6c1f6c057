//! The one size that all pictures of a video have.

use fast_image_resize::images::{TypedCroppedImageMut, TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{ResizeOptions, Resizer};

use crate::image::RgbImage;

/// The largest side that H.264 encoders and players are sure to take, and the largest other side.
const MOST: [usize; 2] = [3840, 2160];

/// The smallest side that the encoder takes.
const LEAST: usize = 16;

/// Brings pictures to the size of the first one.
pub struct Canvas {
    /// `[width, height]` of the first picture, shrunk where it is too large.
    inner: [usize; 2],
    image: RgbImage,
    resizer: Resizer,
}

impl Canvas {
    /// A canvas for pictures of this size.
    pub fn new(first: [usize; 2]) -> Self {
        let inner = shrunk(first);
        let even = inner.map(|side| side.max(LEAST).next_multiple_of(2));
        Self {
            inner,
            image: RgbImage::filled(even, [0; 3]),
            resizer: Resizer::new(),
        }
    }

    /// `[width, height]`, both even.
    pub const fn size(&self) -> [usize; 2] {
        self.image.size()
    }

    /// The picture in the canvas's size.
    ///
    /// One of the first picture's size is left as it is, at the left top, with its last column and row repeated;
    /// others are scaled until they fit, in the middle.
    pub fn fitted(&mut self, picture: &RgbImage) -> &RgbImage {
        if picture.size() == self.inner {
            self.copy(picture);
        } else {
            self.scale(picture);
        }
        &self.image
    }

    fn copy(&mut self, picture: &RgbImage) {
        let [width, height] = picture.size();
        let row_len = 3 * self.image.width();
        let rows = picture.pixels().chunks_exact(3 * width);
        let last = 3 * (height - 1) * width;
        let last_row = picture.pixels().get(last..).unwrap_or_default();
        let rows = rows.chain(std::iter::repeat(last_row));
        for (to, from) in self.image.pixels_mut().chunks_exact_mut(row_len).zip(rows) {
            let (inner, beyond) = to.split_at_mut(from.len());
            inner.copy_from_slice(from);
            let last_pixel = from.get(from.len() - 3..).unwrap_or_default();
            for pixel in beyond.chunks_exact_mut(3) {
                pixel.copy_from_slice(last_pixel);
            }
        }
    }

    fn scale(&mut self, picture: &RgbImage) {
        let [width, height] = self.image.size();
        let scale =
            (width as f64 / picture.width() as f64).min(height as f64 / picture.height() as f64);
        let side = |len: usize, most: usize| {
            ((len as f64 * scale).round() as usize).clamp(1, most)
        };
        let fitted = [side(picture.width(), width), side(picture.height(), height)];
        let left_top = [(width - fitted[0]) / 2, (height - fitted[1]) / 2];
        self.image.pixels_mut().fill(0);
        let [width, height] = [width as u32, height as u32];
        let source = TypedImageRef::<U8x3>::from_buffer(
            picture.width() as u32,
            picture.height() as u32,
            picture.pixels(),
        );
        let target = TypedImage::<U8x3>::from_buffer(width, height, self.image.pixels_mut());
        let (Ok(source), Ok(mut target)) = (source, target) else {
            return;
        };
        let part = TypedCroppedImageMut::from_ref(
            &mut target,
            left_top[0] as u32,
            left_top[1] as u32,
            fitted[0] as u32,
            fitted[1] as u32,
        );
        if let Ok(mut part) = part {
            let scaled =
                self.resizer
                    .resize_typed(&source, &mut part, &ResizeOptions::default());
            if let Err(error) = scaled {
                tracing::warn!("a picture of another size is left black: {error}");
            }
        }
    }
}

/// The size itself, or the largest of the same shape that is small enough.
fn shrunk([width, height]: [usize; 2]) -> [usize; 2] {
    let by_long_side = MOST[0] as f64 / width.max(height) as f64;
    let by_short_side = MOST[1] as f64 / width.min(height) as f64;
    let scale = by_long_side.min(by_short_side).min(1.0);
    [width, height].map(|side| ((side as f64 * scale).floor() as usize).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_sides_repeat_their_last_column_and_row() {
        let mut picture = RgbImage::filled([17, 19], [10; 3]);
        let last = picture.pixels().len() - 3;
        picture.pixels_mut()[last..].fill(200);
        let mut canvas = Canvas::new(picture.size());
        assert_eq!(canvas.size(), [18, 20]);
        let fitted = canvas.fitted(&picture);
        assert_eq!(fitted.get(16, 18), Some([200; 3]));
        assert_eq!(fitted.get(17, 19), Some([200; 3]));
        assert_eq!(fitted.get(17, 17), Some([10; 3]));
    }

    #[test]
    fn other_shapes_get_black_borders() {
        let mut canvas = Canvas::new([100, 60]);
        canvas.fitted(&RgbImage::filled([100, 60], [90; 3]));
        let fitted = canvas.fitted(&RgbImage::filled([30, 60], [250; 3]));
        assert_eq!(fitted.size(), [100, 60]);
        assert_eq!(fitted.get(50, 30), Some([250; 3]));
        assert_eq!(fitted.get(34, 30), Some([0; 3]));
        assert_eq!(fitted.get(65, 30), Some([0; 3]));
        assert_eq!(fitted.get(36, 0), Some([250; 3]));
    }

    #[test]
    fn large_pictures_are_shrunk_in_shape() {
        assert_eq!(shrunk([3840, 2160]), [3840, 2160]);
        assert_eq!(shrunk([1080, 1920]), [1080, 1920]);
        assert_eq!(shrunk([8000, 4000]), [3840, 1920]);
        assert_eq!(shrunk([4000, 4000]), [2160, 2160]);
    }
}
