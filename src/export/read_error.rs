//! Why a results file could not be read.

use std::path::PathBuf;

use crate::export::header::SCHEMA;
use crate::source::SourceError;

/// Results could not be read; each kind is one sentence for the user.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is missing, or reading broke off.
    #[error("{} cannot be read ({reason}): check its name and that you may read it", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The first line is no header.
    #[error("{} is no results file of poseglass ({reason}): open one that was exported as jsonl", path.display())]
    NotNative {
        /// Which file.
        path: PathBuf,
        /// What is wrong with the first line.
        reason: String,
    },
    /// The layout is another version's.
    #[error(
        "{} is laid out as {schema:?}, this program reads {:?}: export it again with this version",
        path.display(),
        SCHEMA
    )]
    OtherSchema {
        /// Which file.
        path: PathBuf,
        /// What its first line says.
        schema: String,
    },
    /// A line in the middle is broken.
    #[error("line {line} of {} is broken ({reason}): correct or remove it", path.display())]
    BrokenLine {
        /// Which file.
        path: PathBuf,
        /// Counted from 1, the header being line 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The content is of no known kind.
    #[error(
        "{} holds no poses in a format that is known ({reason}): use one of {known}, and say which with --from where \
         it is not recognized",
        path.display()
    )]
    UnknownContent {
        /// Which file or folder.
        path: PathBuf,
        /// What was found instead.
        reason: String,
        /// The formats that there are.
        known: String,
    },
    /// Nobody reads this format.
    #[error("{typed:?} is no format that is read: choose one of {offered}")]
    UnknownFormat {
        /// What was asked for.
        typed: String,
        /// The names that there are.
        offered: String,
    },
    /// A file of another program is not as its format says.
    #[error("{} is no {format} ({place}: {reason}): correct it, or say with --from what it is", path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// What it should have been.
        format: &'static str,
        /// Where in the file.
        place: String,
        /// What is wrong there.
        reason: String,
    },
    /// A format without times, and nothing that gives them.
    #[error(
        "{} says nothing about time: name the video with --video, or say how many frames per second it has with --fps",
        path.display()
    )]
    NoTimes {
        /// Which file.
        path: PathBuf,
    },
    /// A native file needs none of what other programs' files need.
    #[error(
        "{} is poseglass's own and knows times and identities: leave out --fps, --video, --first-frame and --keep-order",
        path.display()
    )]
    KnowsAll {
        /// Which file.
        path: PathBuf,
    },
    /// The video that should give the times cannot be read.
    #[error(transparent)]
    Video(#[from] SourceError),
    /// The results do not belong to the video, or count otherwise.
    #[error(
        "{} has a frame {frame}, but its frames are {first} to {last}: say with --first-frame which number the first \
         frame has, or name another video",
        path.display()
    )]
    NoSuchFrame {
        /// Which results.
        path: PathBuf,
        /// The number in the results.
        frame: u64,
        /// The number of the first frame.
        first: u64,
        /// The number of the last frame.
        last: u64,
    },
    /// Files of several people that cannot be put together.
    #[error(
        "{} and {} call other times by the same numbers, and their rows lie between each other's: they are of two runs, or of an \
         earlier version that was asked for a constant rate; read one of them at a time",
        one.display(),
        other.display()
    )]
    OtherTimes {
        /// The file of one person.
        one: PathBuf,
        /// That of another.
        other: PathBuf,
    },
    /// Positions that are not in pixels.
    #[error(
        "{} holds positions in {unit:?} instead of pixels: say with --meters-per-pixel how large a pixel is",
        path.display()
    )]
    NotInPixels {
        /// Which file.
        path: PathBuf,
        /// The unit that it states.
        unit: String,
    },
}

impl ReadError {
    /// Whether the sentence says to use an option, as commands have that read such files and nothing else.
    pub(super) const fn asks_for_options(&self) -> bool {
        match self {
            Self::UnknownContent { .. }
            | Self::Invalid { .. }
            | Self::NoTimes { .. }
            | Self::NoSuchFrame { .. }
            | Self::NotInPixels { .. } => true,
            Self::Unreadable { .. }
            | Self::NotNative { .. }
            | Self::OtherSchema { .. }
            | Self::BrokenLine { .. }
            | Self::UnknownFormat { .. }
            | Self::KnowsAll { .. }
            | Self::OtherTimes { .. }
            | Self::Video(_) => false,
        }
    }
}
