//! Opening whatever a user named, by what is in it and not by how it is called.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use super::ffmpeg::FfmpegSource;
use super::gif::GifSource;
use super::mp4::{Beginning, Mp4Error, Mp4Source};
use super::pictures::PictureSource;
use super::synthetic::SyntheticSource;
use super::{FrameSource, SourceError, SourceSpec};

/// Opens a source. A camera has to be opened in the thread that reads it.
pub fn open(spec: &SourceSpec) -> Result<Box<dyn FrameSource>, SourceError> {
    match spec {
        #[cfg(feature = "camera")]
        SourceSpec::Camera(number) => Ok(Box::new(super::camera::CameraSource::open(*number)?)),
        #[cfg(not(feature = "camera"))]
        SourceSpec::Camera(_) => Err(SourceError::NoCameraSupport),
        SourceSpec::Synthetic => Ok(Box::new(SyntheticSource::new())),
        SourceSpec::Path(path) => open_path(path),
        SourceSpec::Pictures { folder, rate_hz } => open_pictures(folder, *rate_hz),
    }
}

fn open_pictures(folder: &Path, rate_hz: f64) -> Result<Box<dyn FrameSource>, SourceError> {
    let found = std::fs::metadata(folder).map_err(|reason| path_error(folder, reason))?;
    if !found.is_dir() {
        return Err(SourceError::HasOwnTimes(folder.display().to_string()));
    }
    let pictures = PictureSource::open_folder(folder, Some(rate_hz))?;
    Ok(Box::new(pictures))
}

/// Why there is nothing to read at a path.
fn path_error(path: &Path, reason: io::Error) -> SourceError {
    let path = path.to_owned();
    match reason.kind() {
        io::ErrorKind::NotFound => SourceError::NotFound(path),
        _ => SourceError::Unreadable { path, reason },
    }
}

fn open_path(path: &Path) -> Result<Box<dyn FrameSource>, SourceError> {
    let error = |reason: io::Error| path_error(path, reason);
    let not_media = |reason: &str| SourceError::NotMedia {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    if is_camera_node(path) {
        return Err(SourceError::CameraNode(path.to_owned()));
    }
    if std::fs::metadata(path).map_err(error)?.is_dir() {
        return Ok(Box::new(PictureSource::open_folder(path, None)?));
    }
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(START_LEN).read_to_end(&mut start))
        .map_err(error)?;
    match content_of(&start) {
        Content::Empty => Err(not_media("it is empty")),
        Content::Text => Err(not_media("it is a text file")),
        Content::Picture => Ok(Box::new(PictureSource::open_picture(path)?)),
        Content::Gif => match GifSource::open(path)? {
            Some(animation) => Ok(Box::new(animation)),
            None => Ok(Box::new(PictureSource::open_picture(path)?)),
        },
        Content::Mp4 => open_mp4(path),
        Content::Video(format, demuxer) => {
            Ok(Box::new(FfmpegSource::open(path, format, Some(demuxer))?))
        }
        Content::Unknown => match FfmpegSource::open(path, "of unknown kind", None) {
            Ok(source) => Ok(Box::new(source)),
            Err(SourceError::FfmpegFailed { .. }) => {
                Err(not_media("its content is of no known kind"))
            }
            Err(SourceError::NeedsFfmpeg { .. }) => Err(not_media(
                "its content is of no known kind, and ffmpeg, which might know it, was not found: install ffmpeg",
            )),
            Err(error) => Err(error),
        },
    }
}

/// By this program's own decoder where that gives all pictures, otherwise by ffmpeg.
fn open_mp4(path: &Path) -> Result<Box<dyn FrameSource>, SourceError> {
    let unsupported = match Mp4Source::open(path, Beginning::Whole) {
        Ok(source) => return Ok(Box::new(source)),
        Err(Mp4Error::Source(error)) => return Err(error),
        Err(unsupported) => unsupported,
    };
    tracing::debug!("{}: {unsupported}, left to ffmpeg", path.display());
    match FfmpegSource::open(path, &unsupported.to_string(), Some("mov")) {
        Ok(source) => Ok(Box::new(source)),
        Err(needs_ffmpeg @ SourceError::NeedsFfmpeg { .. })
            if matches!(unsupported, Mp4Error::BeginsLate) =>
        {
            // most of a recording is better than nothing
            match Mp4Source::open(path, Beginning::FromIdr) {
                Ok(source) => Ok(Box::new(source)),
                Err(_) => Err(needs_ffmpeg),
            }
        }
        Err(error) => Err(error),
    }
}

/// Whether Linux gives frames of a camera at this path, or at the one that it leads to (`/dev/v4l/by-id/…`).
fn is_camera_node(path: &Path) -> bool {
    let is_node = |path: &Path| {
        path.to_str()
            .and_then(|path| path.strip_prefix("/dev/video"))
            .is_some_and(|number| {
                !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
            })
    };
    is_node(path) || std::fs::canonicalize(path).is_ok_and(|path| is_node(&path))
}

/// Enough to see two packets of a transport stream, or that it is text.
const START_LEN: u64 = 512;

/// What the first bytes of a file look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Empty,
    Text,
    Picture,
    Gif,
    Mp4,
    /// A video that only ffmpeg reads, what people call it, and what ffmpeg calls it.
    Video(&'static str, &'static str),
    Unknown,
}

fn content_of(start: &[u8]) -> Content {
    const TRANSPORT_PACKET: usize = 188;
    let at = |offset: usize, wanted: &[u8]| {
        start
            .get(offset..)
            .is_some_and(|rest| rest.starts_with(wanted))
    };
    if start.is_empty() {
        return Content::Empty;
    }
    let is_picture = at(0, b"\x89PNG\r\n\x1a\n")
        || at(0, b"\xff\xd8\xff")
        || (at(0, b"RIFF") && at(8, b"WEBP"))
        || (at(0, b"BM") && at(6, &[0; 4]))
        || at(0, b"II*\0")
        || at(0, b"MM\0*");
    if is_picture {
        return Content::Picture;
    }
    if at(0, b"GIF8") {
        return Content::Gif;
    }
    let is_heif = [b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"]
        .iter()
        .any(|brand| at(8, *brand));
    if at(4, b"ftyp") && is_heif {
        return Content::Video("HEIF or AVIF", "mov");
    }
    let is_mp4 = [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"]
        .iter()
        .any(|name| at(4, *name));
    if is_mp4 {
        return Content::Mp4;
    }
    if at(0, b"\x1a\x45\xdf\xa3") {
        return Content::Video("Matroska or WebM", "matroska");
    }
    if at(0, b"RIFF") && at(8, b"AVI ") {
        return Content::Video("AVI", "avi");
    }
    if at(0, b"\x30\x26\xb2\x75") {
        return Content::Video("Windows Media", "asf");
    }
    if at(0, b"FLV\x01") {
        return Content::Video("Flash Video", "flv");
    }
    if at(0, b"OggS") {
        return Content::Video("Ogg", "ogg");
    }
    if at(0, &[0, 0, 1, 0xba]) {
        return Content::Video("MPEG stream", "mpeg");
    }
    if is_text(start) {
        return Content::Text;
    }
    // camcorders (AVCHD) and Blu-ray discs put 4 bytes with a time before each packet
    let is_transport_stream = [0, 4]
        .into_iter()
        .any(|before| at(before, b"G") && at(before + TRANSPORT_PACKET + before, b"G"));
    if is_transport_stream {
        return Content::Video("MPEG stream", "mpegts");
    }
    Content::Unknown
}

/// Valid UTF-8 (but for a character cut at the end) without control characters.
fn is_text(start: &[u8]) -> bool {
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            let valid = start.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(valid).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && text.chars().all(|c| !c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart_by_their_first_bytes() {
        assert_eq!(content_of(b""), Content::Empty);
        assert_eq!(content_of(b"\x89PNG\r\n\x1a\n...."), Content::Picture);
        assert_eq!(content_of(b"RIFF\0\0\0\0WEBPVP8 "), Content::Picture);
        assert_eq!(content_of(b"GIF89a"), Content::Gif);
        assert_eq!(content_of(b"\0\0\0\x20ftypisom"), Content::Mp4);
        assert_eq!(
            content_of(b"\0\0\0\x20ftypheic"),
            Content::Video("HEIF or AVIF", "mov")
        );
        assert_eq!(
            content_of(b"RIFF\0\0\0\0AVI LIST"),
            Content::Video("AVI", "avi")
        );
        let stream = |packet_start: &[u8]| {
            let mut packets = [packet_start, &[0xff; 188 - 2][..]].concat().repeat(3);
            packets.truncate(START_LEN as usize);
            content_of(&packets)
        };
        let transport_stream = Content::Video("MPEG stream", "mpegts");
        assert_eq!(stream(b"G\0"), transport_stream);
        assert_eq!(stream(b"\0\0\x01\x02G\0"), transport_stream);
        assert_eq!(stream(b"\0G\0"), Content::Unknown);
        assert_eq!(content_of(&[b'G'; 512]), Content::Text);
        assert_eq!(content_of("Grüße, 测试\n".as_bytes()), Content::Text);
        assert_eq!(content_of(b"BMW is a car maker"), Content::Text);
        assert_eq!(content_of(&[7, 0, 200, 13]), Content::Unknown);
    }

    #[test]
    fn text_that_is_cut_inside_a_character_is_text() {
        let text = "测试".as_bytes();
        assert!(is_text(&text[..text.len() - 1]));
        assert!(!is_text(&[0xff, 0xfe, b'a']));
    }
}
