//! Files that come out: results and annotated pictures and videos.

pub mod annotate;
pub mod jsonl;
pub mod palette;
pub mod picture;
pub mod rows;
pub mod video;

mod error;
mod whole_file;

use std::path::Path;
use std::str::FromStr;

use crate::types::FrameResult;

pub use error::ExportError;
pub use rows::Header;

/// Takes results frame by frame and brings them into a file.
pub trait ResultWriter: Send {
    /// Adds a frame; frames come in the order in which they were worked on.
    fn write(&mut self, result: &FrameResult) -> Result<(), ExportError>;

    /// Completes the file.
    fn finish(self: Box<Self>) -> Result<(), ExportError>;
}

/// A layout in which results can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExportFormat {
    /// The native file: a line of JSON for each frame.
    Jsonl,
}

impl ExportFormat {
    /// Every format, in the order in which they are offered.
    pub const ALL: [Self; 1] = [Self::Jsonl];

    /// What it is called on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
        }
    }
}

impl FromStr for ExportFormat {
    type Err = ExportError;

    fn from_str(typed: &str) -> Result<Self, ExportError> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == typed)
            .ok_or_else(|| ExportError::UnknownFormat {
                typed: typed.to_owned(),
                offered: Self::ALL.map(Self::name).join(", "),
            })
    }
}

/// Makes the file and gives its writer.
pub fn create_writer(
    format: ExportFormat,
    path: &Path,
    header: &Header,
) -> Result<Box<dyn ResultWriter>, ExportError> {
    match format {
        ExportFormat::Jsonl => Ok(Box::new(jsonl::JsonlWriter::create(path, header)?)),
    }
}
