//! One picture, or a folder of pictures in the order of their names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult, Limits, Rgba,
};

use super::natural;
use super::{FrameSource, SourceError, SourceInfo, SourceKind};
use crate::image::RgbImage;
use crate::types::Frame;

/// How long each picture of a folder is shown.
///
/// A folder says nothing about time. A second is too long for anything to be smoothed from one picture to the
/// next, which is right for pictures that have nothing to do with each other.
pub const PICTURE_DURATION: Duration = Duration::from_secs(1);

/// What shows through transparent places: white, as on most pages that show such pictures.
const BEHIND_TRANSPARENT: u8 = 255;

/// The most bytes that the pixels of a picture may take: the largest that phones take, of 200 megapixels, fill 600 MB,
/// and in many formats a file of some bytes can claim 10 GB and more.
const MOST_BYTES: u64 = 1 << 30;

/// Pictures, each of them a frame.
pub struct PictureSource {
    info: SourceInfo,
    paths: Vec<PathBuf>,
    next: usize,
    /// Pictures of the folder that could not be read since the start or the last jump.
    n_unreadable: u64,
    /// The picture that was read to learn the size, or to find where a jump ends, with its place.
    read_ahead: Option<(usize, RgbImage)>,
}

impl PictureSource {
    /// Opens one picture.
    pub fn open_picture(path: &Path) -> Result<Self, SourceError> {
        let image = read_picture(path)?;
        if is_animated(path) {
            tracing::warn!(
                "{}: of its animation only the first picture is read: convert it to a GIF or a video for the others",
                path.display()
            );
        }
        Ok(Self {
            info: info(path, SourceKind::Picture, &image, 1),
            paths: vec![path.to_owned()],
            next: 0,
            n_unreadable: 0,
            read_ahead: Some((0, image)),
        })
    }

    /// Opens the pictures of a folder, not of the folders inside it.
    pub fn open_folder(path: &Path) -> Result<Self, SourceError> {
        let paths = pictures_in(path).map_err(|reason| SourceError::Unreadable {
            path: path.to_owned(),
            reason,
        })?;
        let mut source = Self {
            // replaced as soon as a picture is read
            info: info(
                path,
                SourceKind::Folder,
                &RgbImage::filled([0, 0], [0; 3]),
                0,
            ),
            paths,
            next: 0,
            n_unreadable: 0,
            read_ahead: None,
        };
        let Some((place, image)) = source.read_next() else {
            return Err(SourceError::NoPictures(path.to_owned()));
        };
        source.info = info(path, SourceKind::Folder, &image, source.paths.len());
        source.read_ahead = Some((place, image));
        source.next = place;
        Ok(source)
    }

    /// The next picture that can be read, with its place in the folder.
    fn read_next(&mut self) -> Option<(usize, RgbImage)> {
        if let Some(found) = self.read_ahead.take_if(|(place, _)| *place == self.next) {
            self.next += 1;
            return Some(found);
        }
        while let Some(path) = self.paths.get(self.next) {
            let place = self.next;
            self.next += 1;
            match read_picture(path) {
                Ok(image) => return Some((place, image)),
                Err(error) => {
                    self.n_unreadable += 1;
                    tracing::warn!("left out: {error}");
                }
            }
        }
        if 0 < self.n_unreadable {
            let n_unreadable = std::mem::take(&mut self.n_unreadable);
            tracing::warn!(
                "{} of {} pictures of {} cannot be read and are left out",
                n_unreadable,
                self.paths.len(),
                self.info.name
            );
        }
        None
    }

    /// The last place up to `place` whose picture can be read.
    ///
    /// What cannot be read on the way is not told here: reading on comes to it again.
    fn last_readable(&mut self, place: usize) -> Option<usize> {
        for candidate in (0..=place).rev() {
            if self
                .read_ahead
                .as_ref()
                .is_some_and(|(known, _)| *known == candidate)
            {
                return Some(candidate);
            }
            if let Some(path) = self.paths.get(candidate)
                && let Ok(image) = read_picture(path)
            {
                self.read_ahead = Some((candidate, image));
                return Some(candidate);
            }
        }
        None
    }
}

impl FrameSource for PictureSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        Ok(self.read_next().map(|(place, image)| Frame {
            index: place as u64,
            time: time_of_place(place),
            captured_at: Instant::now(),
            image: Arc::new(image),
        }))
    }

    fn seek(&mut self, time: Duration) -> Result<(), SourceError> {
        let place = (time.as_nanos() / PICTURE_DURATION.as_nanos()) as usize;
        let place = place.min(self.paths.len().saturating_sub(1));
        self.next = self.last_readable(place).unwrap_or(place);
        self.n_unreadable = 0;
        Ok(())
    }
}

fn time_of_place(place: usize) -> Duration {
    PICTURE_DURATION.saturating_mul(u32::try_from(place).unwrap_or(u32::MAX))
}

fn info(path: &Path, kind: SourceKind, image: &RgbImage, n_pictures: usize) -> SourceInfo {
    SourceInfo {
        name: path.display().to_string(),
        kind,
        size: image.size(),
        rotation: 0,
        fps_nominal: None,
        n_frames: Some(n_pictures as u64),
        duration: Some(time_of_place(n_pictures)),
        can_seek: true,
        decoder: "image".to_owned(),
    }
}

/// Files of a folder whose names end like pictures, in natural order.
fn pictures_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff"];
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_picture = path
            .extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|extension| {
                ENDINGS
                    .iter()
                    .any(|ending| extension.eq_ignore_ascii_case(ending))
            });
        if is_picture && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort_by_cached_key(|path| NaturalName(path.to_string_lossy().into_owned()));
    Ok(paths)
}

/// A name that sorts in natural order.
#[derive(PartialEq, Eq)]
struct NaturalName(String);

impl Ord for NaturalName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        natural::compare(&self.0, &other.0)
    }
}

impl PartialOrd for NaturalName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

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
        let orientation = decoder.orientation()?;
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

/// Whether the file holds more than its first picture, in a format that is read as one.
fn is_animated(path: &Path) -> bool {
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
        assert!(!is_animated(&dir.path().join("nothing.png")));
    }
}
