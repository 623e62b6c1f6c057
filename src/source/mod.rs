//! Where frames come from: cameras, video files, pictures, folders of pictures, a drawn test scene.

#[cfg(feature = "camera")]
mod camera;
mod cameras;
mod error;
mod ffmpeg;
mod gif;
mod h264;
mod left_out;
mod mp4;
mod natural;
mod open;
mod picture_file;
mod picture_folder;
pub mod picture_names;
mod pictures;
mod pixel_aspect;
mod spec;
pub mod synthetic;

use std::time::Duration;

use crate::types::Frame;

pub use cameras::{CameraFormat, CameraInfo, PixelCoding, cameras};
pub use error::SourceError;
pub use ffmpeg::{command as ffmpeg_command, probe_command as ffprobe_command};
pub use open::open;
pub use picture_folder::is_picture_of;
pub use picture_names::PictureNames;
pub use pictures::PICTURE_DURATION;
pub use spec::SourceSpec;

/// What kind of source it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A recording with times.
    Video,
    /// One picture.
    Picture,
    /// A folder of pictures, in the order of their names; with what these tell.
    Folder(PictureNames),
    /// A live camera.
    Camera,
    /// The drawn test scene.
    Synthetic,
}

impl SourceKind {
    /// Live sources drop old frames, all others never drop one.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Camera)
    }

    /// The word that files use for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Picture => "picture",
            Self::Folder(_) => "folder",
            Self::Camera => "camera",
            Self::Synthetic => "synthetic",
        }
    }
}

/// What is known about a source once it is open.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceInfo {
    /// What a user calls it: a path, or a camera's name.
    pub name: String,
    /// What kind it is.
    pub kind: SourceKind,
    /// `[width, height]` of the frames as displayed; later pictures of a folder may differ.
    pub size: [usize; 2],
    /// Degrees clockwise that the recording asked to be turned by; the frames are turned already, and mirrored
    /// after that where it asked for it.
    pub rotation: u32,
    /// Frames per second as the recording or the camera states it, or of a folder of pictures the user.
    pub fps_nominal: Option<f64>,
    /// How many frames there are, where that is known without reading them all.
    pub n_frames: Option<u64>,
    /// How long the recording is.
    pub duration: Option<Duration>,
    /// Whether [`FrameSource::seek`] works.
    pub can_seek: bool,
    /// What decodes it, for the curious: `"openh264"`, `"ffmpeg"`, `"MJPEG 1280x720 at 30"`.
    pub decoder: String,
}

/// Gives frames one after the other.
///
/// A source stays in the thread that opened it: cameras cannot be handed over.
pub trait FrameSource {
    /// What is known about the source.
    fn info(&self) -> &SourceInfo;

    /// The next frame; `None` at the end of a recording. Blocks until a live source has one.
    ///
    /// After an error the source is over, unless the error says that one frame alone was lost.
    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError>;

    /// The times of all frames, where the recording tells them without its frames being decoded.
    fn frame_times(&self) -> Option<Vec<Duration>> {
        None
    }

    /// What the pictures of a folder are called, one for each of [`Self::frame_times`]; `None` for all other sources.
    fn picture_names(&self) -> Option<Vec<String>> {
        None
    }

    /// What a user should know of the frames that were read so far, in a sentence or several: what could not be read, above
    /// all. It grows while frames are read; the log says it too.
    fn warning(&self) -> Option<String> {
        None
    }

    /// Makes the last frame whose time is not after `time` the next one (the first frame if there is none).
    fn seek(&mut self, time: Duration) -> Result<(), SourceError>;
}
