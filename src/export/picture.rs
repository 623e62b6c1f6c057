//! Saving pictures, with people drawn on them or without.

use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _, ImageResult};

use crate::export::ExportError;
use crate::export::annotate::{AnnotationStyle, annotate};
use crate::export::whole_file::write_whole;
use crate::image::RgbImage;
use crate::types::FrameResult;

/// JPEG quality: lines and texts stay free of visible ringing, at a third of the size of a PNG or less.
const JPEG_QUALITY: u8 = 92;

/// Saves a frame with its people drawn on it, as PNG or JPEG by the name's ending.
///
/// There is never half a file: an old one is replaced only by a whole new one.
pub fn save_annotated(
    path: &Path,
    result: &FrameResult,
    style: &AnnotationStyle,
) -> Result<(), ExportError> {
    let mut image = RgbImage::clone(&result.frame.image);
    annotate(&mut image, &result.people, style);
    save_rgb(path, &image)
}

/// Saves a picture, as PNG or JPEG by the name's ending.
///
/// There is never half a file: an old one is replaced only by a whole new one.
pub fn save_rgb(path: &Path, image: &RgbImage) -> Result<(), ExportError> {
    let encode = encoder_for(path)?;
    let mut bytes = Vec::new();
    encode(image, &mut bytes).map_err(|error| ExportError::PictureEncoding {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    write_whole(path, &bytes).map_err(|reason| ExportError::Create {
        path: path.to_owned(),
        reason,
    })
}

type Encode = fn(&RgbImage, &mut Vec<u8>) -> ImageResult<()>;

fn encoder_for(path: &Path) -> Result<Encode, ExportError> {
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("png") => Ok(encode_png),
        Some("jpg" | "jpeg") => Ok(encode_jpeg),
        _ => Err(ExportError::PictureKind {
            path: path.to_owned(),
        }),
    }
}

fn encode_png(image: &RgbImage, bytes: &mut Vec<u8>) -> ImageResult<()> {
    let (width, height) = (image.width() as u32, image.height() as u32);
    PngEncoder::new(bytes).write_image(image.pixels(), width, height, ExtendedColorType::Rgb8)
}

fn encode_jpeg(image: &RgbImage, bytes: &mut Vec<u8>) -> ImageResult<()> {
    let (width, height) = (image.width() as u32, image.height() as u32);
    JpegEncoder::new_with_quality(bytes, JPEG_QUALITY).write_image(
        image.pixels(),
        width,
        height,
        ExtendedColorType::Rgb8,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient() -> RgbImage {
        let pixels = (0..40 * 30)
            .flat_map(|k| [(k % 40 * 6) as u8, (k / 40 * 8) as u8, 128])
            .collect();
        RgbImage::from_rgb([40, 30], pixels).unwrap()
    }

    #[test]
    fn saved_pictures_can_be_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let picture = gradient();
        for (name, tolerance) in [("a.png", 0), ("b.JPG", 12), ("c.jpeg", 12)] {
            let path = dir.path().join(name);
            save_rgb(&path, &picture).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            let read = image::load_from_memory(&bytes).unwrap().into_rgb8();
            assert_eq!(read.dimensions(), (40, 30));
            for (saved, wanted) in read.as_raw().iter().zip(picture.pixels()) {
                assert!(saved.abs_diff(*wanted) <= tolerance, "{name}");
            }
        }
    }

    #[test]
    fn errors_name_the_file_and_say_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let error = save_rgb(&dir.path().join("a.gif"), &gradient()).unwrap_err();
        assert!(error.to_string().contains("a.gif must end in .png"));
        let error = save_rgb(&dir.path().join("no/a.png"), &gradient()).unwrap_err();
        assert!(error.to_string().contains("choose a folder"), "{error}");
        let wide = RgbImage::filled([70_000, 1], [0; 3]);
        let error = save_rgb(&dir.path().join("wide.jpg"), &wide).unwrap_err();
        assert!(matches!(error, ExportError::PictureEncoding { .. }));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
