//! Why this program's own decoder does not play an mp4 file.

use std::path::Path;

use super::index::IndexError;
use super::track::BadIndex;
use crate::source::SourceError;

/// The file is an mp4 with video that this source does not decode, or a broken one.
#[derive(Debug, thiserror::Error)]
pub enum Mp4Error {
    /// Something else may be able to.
    #[error("{0}")]
    Unsupported(String),
    /// Something else may be able to give its first pictures, too.
    #[error("H.264 that does not begin with an IDR picture")]
    BeginsLate,
    /// Nothing will help.
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl Mp4Error {
    /// The index of the file cannot be had.
    pub fn of_index(path: &Path, error: IndexError) -> Self {
        let path = path.to_owned();
        match error {
            IndexError::Bad(BadIndex::Unusual(what)) => {
                Self::Unsupported(format!("mp4 with {what}"))
            }
            IndexError::Bad(BadIndex::NoVideo) => Self::Source(SourceError::NotMedia {
                path,
                reason: BadIndex::NoVideo.to_string(),
            }),
            IndexError::Bad(bad) => Self::Source(SourceError::Damaged {
                path,
                reason: bad.to_string(),
            }),
            IndexError::Io(reason) => Self::Source(SourceError::Unreadable { path, reason }),
        }
    }
}
