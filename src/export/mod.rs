//! Files that come out: results and annotated pictures and videos.

pub mod angles_csv;
pub mod annotate;
pub mod coco;
pub mod csv;
pub mod jsonl;
pub mod mot_challenge;
pub mod openpose;
pub mod palette;
pub mod picture;
pub mod posetrack;
pub mod rows;
pub mod series;
pub mod video;

mod error;
mod text_file;
mod whole_file;

use std::path::Path;
use std::str::FromStr;

pub use error::ExportError;
pub use rows::{FrameRow, Header};

/// Takes results frame by frame and brings them into a file.
pub trait ResultWriter: Send {
    /// Adds a frame; frames come in the order in which they were worked on.
    fn write(&mut self, row: &FrameRow) -> Result<(), ExportError>;

    /// Completes the file.
    fn finish(self: Box<Self>) -> Result<(), ExportError>;
}

/// A layout in which results can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExportFormat {
    /// The native file: a line of JSON for each frame.
    Jsonl,
    /// A table with a row a joint.
    Csv,
    /// A table with a row a person.
    CsvWide,
    /// COCO keypoint results.
    Coco,
    /// OpenPose's folder of JSON files.
    OpenPose,
    /// MOTChallenge results.
    MotChallenge,
    /// PoseTrack 2018.
    PoseTrack,
}

impl ExportFormat {
    /// Every format, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::Jsonl,
        Self::Csv,
        Self::CsvWide,
        Self::Coco,
        Self::OpenPose,
        Self::MotChallenge,
        Self::PoseTrack,
    ];

    /// What it is called on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::CsvWide => "csv-wide",
            Self::Coco => "coco",
            Self::OpenPose => "openpose",
            Self::MotChallenge => "mot-challenge",
            Self::PoseTrack => "posetrack18",
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

/// Completes every file; the first failure is told after all have been tried.
pub fn finish_all(writers: Vec<Box<dyn ResultWriter>>) -> Result<(), ExportError> {
    let outcomes: Vec<_> = writers.into_iter().map(|writer| writer.finish()).collect();
    outcomes.into_iter().collect()
}

/// Makes the file and gives its writer.
pub fn create_writer(
    format: ExportFormat,
    path: &Path,
    header: &Header,
) -> Result<Box<dyn ResultWriter>, ExportError> {
    Ok(match format {
        ExportFormat::Jsonl => Box::new(jsonl::JsonlWriter::create(path, header)?),
        ExportFormat::Csv => Box::new(csv::CsvWriter::create(path, csv::Layout::Tidy)?),
        ExportFormat::CsvWide => Box::new(csv::CsvWriter::create(path, csv::Layout::Wide)?),
        ExportFormat::Coco => Box::new(coco::CocoWriter::create(path)?),
        ExportFormat::OpenPose => Box::new(openpose::OpenPoseWriter::create(path, header)?),
        ExportFormat::MotChallenge => Box::new(mot_challenge::MotChallengeWriter::create(path)?),
        ExportFormat::PoseTrack => Box::new(posetrack::PoseTrackWriter::create(path, header)?),
    })
}
