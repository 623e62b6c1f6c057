//! What can go wrong with a source, each in one sentence that says what to do.

use std::path::PathBuf;

/// A source cannot be opened or read on.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// There is nothing at the path.
    #[error("there is no file or folder {}", .0.display())]
    NotFound(PathBuf),
    /// The file is there but cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        reason: std::io::Error,
    },
    /// The file is neither a picture nor a video that is understood.
    #[error("{} is not a picture or video that can be read: {reason}", path.display())]
    NotMedia {
        /// Which file.
        path: PathBuf,
        /// What was found instead.
        reason: String,
    },
    /// The file breaks off or is damaged.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A picture whose pixels would fill the memory.
    #[error(
        "{} is too large: its pixels would take more than {} MB of memory: make it smaller",
        path.display(),
        most_bytes / 1_000_000
    )]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// What a picture may take.
        most_bytes: u64,
    },
    /// The path is that of a camera, which is not read as a file.
    #[error(
        "{} is a camera: write camera:N instead, with the number N that `poseglass cameras` gives it",
        .0.display()
    )]
    CameraNode(PathBuf),
    /// Only the `ffmpeg` command could read the file, and it is not installed.
    #[error(
        "{} ({format}) needs the ffmpeg command, which was not found: install ffmpeg, or convert the file to a progressive 8-bit H.264 mp4",
        path.display()
    )]
    NeedsFfmpeg {
        /// Which file.
        path: PathBuf,
        /// What is in it, as far as is known.
        format: String,
    },
    /// The `ffmpeg` command was started and failed.
    #[error("ffmpeg cannot read {}: {reason}", path.display())]
    FfmpegFailed {
        /// Which file.
        path: PathBuf,
        /// The last line that it wrote.
        reason: String,
    },
    /// A folder holds no pictures.
    #[error(
        "the folder {} holds no pictures (png, jpg, webp, bmp, gif, tiff)",
        .0.display()
    )]
    NoPictures(PathBuf),
    /// A folder holds pictures, and none can be read.
    #[error(
        "none of the {n_pictures} pictures of the folder {} can be read, the first one because: {reason}",
        folder.display()
    )]
    NoneReadable {
        /// Which folder.
        folder: PathBuf,
        /// How many pictures it holds, by their names.
        n_pictures: usize,
        /// Why the first of them cannot be read.
        reason: Box<Self>,
    },
    /// A rate was stated for something that has times of its own.
    #[error(
        "{0} is no folder of pictures: everything else has times of its own, so leave the rate (--fps) out"
    )]
    HasOwnTimes(String),
    /// There is no such camera.
    #[error("{0}")]
    NoCamera(String),
    /// A camera was there and stopped giving frames.
    #[error("the camera {name} was lost: {reason}")]
    CameraLost {
        /// Its name.
        name: String,
        /// What the driver says.
        reason: String,
    },
    /// The program was built without cameras.
    #[error("this build has no camera support: build it with `--features camera`")]
    NoCameraSupport,
    /// The source cannot jump.
    #[error("{0} cannot be searched")]
    CannotSeek(String),
}
