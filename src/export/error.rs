//! Why a file could not be written.

use std::io;
use std::path::PathBuf;

/// A result could not be written; each kind is one sentence for the user.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file could not be made.
    #[error(
        "{} cannot be written ({reason}): choose a folder that exists and that you may write to",
        path.display()
    )]
    Create {
        /// What was to be written.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// Something of another kind has the name.
    #[error("{} is a {found} already, and a {wanted} is to be written: choose another name", path.display())]
    OtherKind {
        /// What was to be written.
        path: PathBuf,
        /// What is there: `file` or `folder`.
        found: &'static str,
        /// What was to be there.
        wanted: &'static str,
    },
    /// Writing broke off, as on a full disk.
    #[error(
        "writing to {} broke off ({reason}): what was written before is kept, check the space on the disk",
        path.display()
    )]
    Write {
        /// What was being written.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The name does not say what kind of picture is wanted.
    #[error("{} must end in .png, .jpg or .jpeg to say what kind of picture it is", path.display())]
    PictureKind {
        /// The name that was given.
        path: PathBuf,
    },
    /// The picture does not fit the format.
    #[error("the picture cannot be saved as {} ({reason}): try the other of PNG and JPEG", path.display())]
    PictureEncoding {
        /// What was to be written.
        path: PathBuf,
        /// What the encoder says.
        reason: String,
    },
    /// The encoder gave up.
    #[error("the video {} cannot be encoded ({reason}): what was written before is kept", path.display())]
    VideoEncoding {
        /// What was being written.
        path: PathBuf,
        /// What the encoder says.
        reason: String,
    },
    /// The rate does not go with the length of the recording.
    #[error(
        "{} would get {n_rows} rows at {rate_hz} Hz: choose a lower rate, or correct the times of the results",
        path.display()
    )]
    TooManySamples {
        /// What was to be written.
        path: PathBuf,
        /// The rate that was asked for.
        rate_hz: f64,
        /// How many rows that makes.
        n_rows: f64,
    },
    /// The numbers of the frames do not count the pictures of a recording.
    #[error(
        "{} would get {n_rows} rows, one for each frame up to the last number: correct the numbers of the frames in the \
         results",
        path.display()
    )]
    TooManyFrames {
        /// What was to be written.
        path: PathBuf,
        /// How many rows that makes.
        n_rows: u64,
    },
    /// Nobody writes this format.
    #[error("{typed:?} is no export format: choose one of {offered}")]
    UnknownFormat {
        /// What was asked for.
        typed: String,
        /// The names that there are.
        offered: String,
    },
}
