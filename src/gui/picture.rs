//! The newest frame as a texture.

use std::sync::Arc;

use eframe::egui::{self, Color32, ColorImage, TextureHandle, TextureOptions};

use crate::image::RgbImage;

/// Holds the texture of the frame that is shown.
#[derive(Default)]
pub struct PictureTexture {
    texture: Option<TextureHandle>,
    /// The picture that the texture was made of.
    shown: Option<Arc<RgbImage>>,
}

impl PictureTexture {
    /// Makes the texture show `image`, if it does not already.
    pub fn show(&mut self, ctx: &egui::Context, image: &Arc<RgbImage>) {
        let is_shown = self
            .shown
            .as_ref()
            .is_some_and(|shown| Arc::ptr_eq(shown, image));
        if is_shown {
            return;
        }
        let max_side = ctx.input(|input| input.max_texture_side);
        let pixels = color_image(image, max_side);
        match &mut self.texture {
            Some(texture) => texture.set(pixels, TextureOptions::LINEAR),
            None => {
                self.texture = Some(ctx.load_texture("frame", pixels, TextureOptions::LINEAR));
            }
        }
        self.shown = Some(Arc::clone(image));
    }

    /// Lets the texture go.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// What to draw with.
    pub fn id(&self) -> Option<egui::TextureId> {
        self.texture.as_ref().map(TextureHandle::id)
    }
}

/// The picture as egui wants it; scaled down by a whole number where graphics hardware could not hold it.
fn color_image(image: &RgbImage, max_side: usize) -> ColorImage {
    let [width, height] = image.size();
    let step = width.max(height).div_ceil(max_side.max(1)).max(1);
    if step == 1 {
        return ColorImage::from_rgb([width, height], image.pixels());
    }
    let size = [width.div_ceil(step), height.div_ceil(step)];
    let mut pixels = Vec::with_capacity(size[0] * size[1]);
    for cell_y in 0..size[1] {
        for cell_x in 0..size[0] {
            pixels.push(mean_color(image, [cell_x * step, cell_y * step], step));
        }
    }
    ColorImage::new(size, pixels)
}

/// The mean of the square of `side` pixels whose left top corner is given, as far as it is in the picture.
fn mean_color(image: &RgbImage, [left, top]: [usize; 2], side: usize) -> Color32 {
    let mut sum = [0_usize; 3];
    let mut n = 0;
    for y in top..top + side {
        for x in left..left + side {
            if let Some(color) = image.get(x, y) {
                for (sum, channel) in sum.iter_mut().zip(color) {
                    *sum += channel as usize;
                }
                n += 1;
            }
        }
    }
    let [r, g, b] = sum.map(|sum| (sum / n.max(1)) as u8);
    Color32::from_rgb(r, g, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_beyond_the_hardware_are_averaged_down() {
        let mut pixels = vec![0; 3 * 5 * 2];
        pixels[..3].fill(200);
        let image = RgbImage::from_rgb([5, 2], pixels).unwrap();
        let small = color_image(&image, 3);
        assert_eq!(small.size, [3, 1]);
        assert_eq!(small.pixels[0], Color32::from_gray(50));
        assert_eq!(small.pixels[2], Color32::BLACK);
        assert_eq!(color_image(&image, 5).size, [5, 2]);
    }
}
