//! What the window and the engine say to each other about a camera that is recorded.

use std::path::PathBuf;
use std::time::Duration;

/// Where a camera is recorded to.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingOrder {
    /// What the files are called after; the time is put behind it, and nothing is overwritten.
    pub stem: String,
    /// The folder for videos, which is made where it is missing.
    pub folder: Option<PathBuf>,
    /// Frames per second as the camera states them.
    pub fps_nominal: Option<f64>,
}

/// How much of a camera is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordingExtent {
    /// Frames in the video; the results have those of them that the nets have seen.
    pub n_frames: u64,
    /// From the first of them to the last.
    pub length: Duration,
    /// Frames that the camera gave and that are not recorded, as the disk or the encoder was behind.
    pub n_left_out: u64,
}

/// The files of a recording that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The camera's pictures as they came, neither mirrored nor drawn on.
    pub video: PathBuf,
    /// The people of those that the nets have seen: the native file, which names the video.
    pub results: PathBuf,
    /// How much is in the video.
    pub extent: RecordingExtent,
}

/// What the engine tells about a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingEvent {
    /// So much is recorded now; some of these may be left out.
    Progressed(RecordingExtent),
    /// It has ended, and is whole.
    Finished {
        /// `None` where no frame came, or none could be written.
        recorded: Option<Recorded>,
        /// Why it ended before anybody asked for that.
        reason: Option<String>,
    },
    /// It could not begin, or broke off.
    Failed {
        /// One sentence that says what to do.
        message: String,
        /// What holds the frames that came before, and can be played as far as it goes.
        recorded: Option<Recorded>,
    },
}
