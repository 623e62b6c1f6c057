//! Why a run cannot begin, or breaks off.

use std::path::PathBuf;
use std::time::Duration;

use crate::export::ExportError;
use crate::seam::NetError;
use crate::source::SourceError;

/// An output cannot be made; each kind is one sentence for the user.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The name is that of a picture, and there is more than one.
    #[error("{} is a picture, but {recording} has many frames: write OUT.mp4", path.display())]
    ManyFrames {
        /// What was to be written.
        path: PathBuf,
        /// Of what.
        recording: String,
    },
    /// Pictures of this kind are read, and a video of such a name would be taken for one.
    #[error(
        "{} is of a kind that is not written: write OUT.mp4, or for a single picture OUT.png or OUT.jpg",
        path.display()
    )]
    KindNotWritten {
        /// What was to be written.
        path: PathBuf,
    },
    /// The name says nothing that is known.
    #[error("{} is no name of a video that is written: write OUT.mp4", path.display())]
    NoVideoName {
        /// What was to be written.
        path: PathBuf,
    },
    /// The file cannot be made.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// A recording cannot be begun where it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Pictures have no times.
    #[error(
        "{name} is a single picture, in which nothing begins at {:.3} s: leave --start out",
        start.as_secs_f64()
    )]
    Picture {
        /// The picture.
        name: String,
        /// What was asked for.
        start: Duration,
    },
    /// The recording is shorter.
    #[error(
        "{name} is over at {:.3} s, its last frame begins at {:.3} s: choose an earlier --start",
        start.as_secs_f64(),
        last.as_secs_f64()
    )]
    Over {
        /// The recording.
        name: String,
        /// What was asked for.
        start: Duration,
        /// When its last frame begins.
        last: Duration,
    },
    /// The recording cannot be searched or read.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// A run breaks off; what was written before can be completed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The recording cannot be read on.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A net does not answer.
    #[error(transparent)]
    Net(#[from] NetError),
    /// A result cannot be written.
    #[error(transparent)]
    Export(#[from] ExportError),
}
