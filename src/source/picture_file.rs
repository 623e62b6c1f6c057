//! Reading a picture's file, whatever its format.

use std::io;
use std::path::Path;

use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult, Limits, Rgba,
};

use super::SourceError;
use super::gif::GifSource;
use crate::image::RgbImage;

/// What shows through transparent places: white, as on most pages that show such pictures.
const BEHIND_TRANSPARENT: u8 = 255;

/// The most bytes that the pixels of a picture may take: the largest that phones take, of 200 megapixels, fill 600 MB,
/// and in many formats a file of some bytes can claim 10 GB and more.
const MOST_BYTES: u64 = 1 << 30;

/// Reads a picture as it is displayed: turned as its EXIF data says, over white where it is transparent.
pub fn read_picture(path: &Path) -> Result<RgbImage, SourceError> {
    let unreadable = |reason| SourceError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let mut reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(unreadable)?;
    // PNG has to know them before its header is read
    reader.limits(limits());
    let decode = || -> ImageResult<DynamicImage> {
        let mut decoder = reader.into_decoder()?;
        limit(&mut decoder)?;
        // what is said beside a picture may be broken, and the picture whole
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut image = DynamicImage::from_decoder(decoder)?;
        image.apply_orientation(orientation);
        Ok(image)
    };
    let image = decode().map_err(|error| picture_error(path, error))?;
    rgb_over_white(image).ok_or_else(|| SourceError::Damaged {
        path: path.to_owned(),
        reason: "it has no pixels".to_owned(),
    })
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST_BYTES);
    limits
}

/// Refuses a picture that would fill the memory, which most decoders do not do on their own.
pub fn limit(decoder: &mut impl ImageDecoder) -> ImageResult<()> {
    limits().reserve(decoder.total_bytes())?;
    decoder.set_limits(limits())
}

/// Whether the file holds more than its first picture.
pub fn is_animated(path: &Path) -> bool {
    let Ok(reader) = ImageReader::open(path).and_then(ImageReader::with_guessed_format) else {
        return false;
    };
    match reader.format() {
        Some(ImageFormat::Png) => PngDecoder::with_limits(reader.into_inner(), limits())
            .and_then(|decoder| decoder.is_apng())
            .unwrap_or(false),
        Some(ImageFormat::WebP) => {
            WebPDecoder::new(reader.into_inner()).is_ok_and(|decoder| decoder.has_animation())
        }
        Some(ImageFormat::Gif) => GifSource::open(path).is_ok_and(|animation| animation.is_some()),
        _ => false,
    }
}

/// Why a picture cannot be had.
pub fn picture_error(path: &Path, error: ImageError) -> SourceError {
    let path = path.to_owned();
    match error {
        ImageError::Limits(_) => SourceError::TooLarge {
            path,
            most_bytes: MOST_BYTES,
        },
        ImageError::Unsupported(error) => SourceError::NotMedia {
            path,
            reason: error.to_string(),
        },
        ImageError::IoError(reason) if reason.kind() != io::ErrorKind::UnexpectedEof => {
            SourceError::Unreadable { path, reason }
        }
        error => SourceError::Damaged {
            path,
            reason: error.to_string(),
        },
    }
}

/// The colors of a picture; `None` for a picture without pixels.
pub fn rgb_over_white(image: DynamicImage) -> Option<RgbImage> {
    let size = [image.width() as usize, image.height() as usize];
    if size.contains(&0) {
        return None;
    }
    let pixels = if image.color().has_alpha() {
        image
            .into_rgba8()
            .pixels()
            .flat_map(|Rgba([r, g, b, alpha])| [*r, *g, *b].map(|color| over_white(color, *alpha)))
            .collect()
    } else {
        image.into_rgb8().into_raw()
    };
    RgbImage::from_rgb(size, pixels).ok()
}

fn over_white(color: u8, alpha: u8) -> u8 {
    let alpha = u16::from(alpha);
    let sum = u16::from(color) * alpha + u16::from(BEHIND_TRANSPARENT) * (255 - alpha);
    ((sum + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn animation_is_noticed() {
        /// The chunk that says that 2 pictures follow: length, name, number, repetitions, checksum.
        const ANIMATION: &[u8] = b"\0\0\0\x08acTL\0\0\0\x02\0\0\0\0\xf3\x8d\x93\x70";
        /// Signature, then the header as a chunk of 13 bytes.
        const HEADER_END: usize = 8 + 12 + 13;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        image::RgbImage::new(3, 2).save(&path).unwrap();
        assert!(!is_animated(&path));
        let mut bytes = fs::read(&path).unwrap();
        bytes.splice(HEADER_END..HEADER_END, ANIMATION.iter().copied());
        fs::write(&path, &bytes).unwrap();
        assert!(is_animated(&path));
        assert_eq!(read_picture(&path).unwrap().size(), [3, 2]);
        let gif = dir.path().join("a.gif");
        image::RgbImage::new(3, 2).save(&gif).unwrap();
        assert!(!is_animated(&gif));
        let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/media");
        assert!(is_animated(&media.join("animated.gif")));
        assert!(!is_animated(&dir.path().join("nothing.png")));
    }

    #[test]
    fn transparent_places_are_white() {
        assert_eq!(over_white(0, 255), 0);
        assert_eq!(over_white(0, 0), 255);
        assert_eq!(over_white(200, 255), 200);
        assert_eq!(over_white(0, 128), 127);
    }
}
