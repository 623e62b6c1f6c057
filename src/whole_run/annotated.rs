//! The frames of a source with their people drawn on them, as a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::export::ExportError;
use crate::export::annotate::{AnnotationStyle, annotate};
use crate::export::picture::save_rgb;
use crate::export::video::VideoWriter;
use crate::image::RgbImage;
use crate::source::{SourceInfo, SourceKind};
use crate::types::TrackedPose;
use crate::whole_run::error::OutputError;

/// The frames of a source with their people drawn on them: a video, or where it is a single picture a picture.
pub struct AnnotatedOutput(File);

enum File {
    Video(Box<VideoWriter>),
    Picture { path: PathBuf, is_saved: bool },
}

impl AnnotatedOutput {
    /// Makes the file of a video; a name that does not go with the source is refused.
    pub fn create(path: &Path, source: &SourceInfo) -> Result<Self, OutputError> {
        Ok(Self(if is_picture(path, source)? {
            File::Picture {
                path: path.to_owned(),
                is_saved: false,
            }
        } else {
            File::Video(Box::new(VideoWriter::create(path, source.fps_nominal)?))
        }))
    }

    /// Draws people on their frame and adds it; the picture is copied where somebody else holds it, too.
    pub fn write(
        &mut self,
        image: Arc<RgbImage>,
        people: &[TrackedPose],
        time: Duration,
    ) -> Result<(), ExportError> {
        let mut image = Arc::unwrap_or_clone(image);
        annotate(&mut image, people, &AnnotationStyle::default());
        match &mut self.0 {
            File::Video(video) => video.write(&image, time),
            File::Picture { path, is_saved } => {
                save_rgb(path, &image)?;
                *is_saved = true;
                Ok(())
            }
        }
    }

    /// Completes the file and says where it is; without a frame there is none.
    pub fn finish(self) -> Result<Option<PathBuf>, ExportError> {
        match self.0 {
            File::Video(video) => video.finish(),
            File::Picture { path, is_saved } => Ok(is_saved.then_some(path)),
        }
    }
}

/// Whether a file of this name is to be a picture, which only a single picture can become.
pub(super) fn is_picture(path: &Path, source: &SourceInfo) -> Result<bool, OutputError> {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("png" | "jpg" | "jpeg") if source.kind == SourceKind::Picture => Ok(true),
        Some("png" | "jpg" | "jpeg") => Err(OutputError::ManyFrames {
            path: path.to_owned(),
            recording: source.name.clone(),
        }),
        Some("webp" | "bmp" | "gif" | "tif" | "tiff") => Err(OutputError::KindNotWritten {
            path: path.to_owned(),
        }),
        Some("mp4" | "m4v" | "mov") => Ok(false),
        _ => Err(OutputError::NoVideoName {
            path: path.to_owned(),
        }),
    }
}
