//! Files of results, written and read, and annotated pictures and videos.

pub mod angles_csv;
pub mod annotate;
pub mod coco;
pub mod csv;
pub mod header;
pub mod jsonl;
pub mod kinovea;
pub mod mot_challenge;
pub mod openpose;
pub mod palette;
pub mod picture;
pub mod posetrack;
pub mod reader;
pub mod recorded;
pub mod rows;
pub mod series;
pub mod storage;
pub mod trc;
pub mod video;

mod between_rows;
mod error;
mod every_picture;
mod foreign;
mod frame_times;
mod identities;
mod markers;
mod options;
mod person_files;
mod picture_places;
mod places;
mod read_error;
mod resample;
mod text_file;
mod trc_people;
mod trc_reader;
mod whole_file;

use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use error::ExportError;
pub use header::Header;
pub use options::ExportOptions;
pub use person_files::is_taken;
pub use places::{check_exports, check_file, place_of};
pub use read_error::ReadError;
pub use reader::{ResultReader, open_results};
pub use recorded::{RecordedError, RecordedResults};
pub use rows::FrameRow;

/// Takes results frame by frame and brings them into a file.
pub trait ResultWriter: Send {
    /// Adds a frame; frames come in the order in which they were worked on.
    fn write(&mut self, row: &FrameRow) -> Result<(), ExportError>;

    /// Completes the file and says what was written: the file, the folder of files, a file for each person, or nothing.
    fn finish(self: Box<Self>) -> Result<Vec<PathBuf>, ExportError>;
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
    /// Markers for OpenSim and Sports2D.
    Trc,
    /// Markers as Kinovea takes them from Sports2D.
    TrcKinovea,
    /// Angles for OpenSim, evenly sampled.
    Mot,
    /// Angles for OpenSim, at the frames' own times.
    Sto,
}

impl ExportFormat {
    /// Every format, in the order in which they are offered.
    pub const ALL: [Self; 11] = [
        Self::Jsonl,
        Self::Csv,
        Self::CsvWide,
        Self::Coco,
        Self::OpenPose,
        Self::MotChallenge,
        Self::PoseTrack,
        Self::Trc,
        Self::TrcKinovea,
        Self::Mot,
        Self::Sto,
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
            Self::Trc => "trc",
            Self::TrcKinovea => "trc-kinovea",
            Self::Mot => "mot",
            Self::Sto => "sto",
        }
    }

    /// Whether its file is written whole at the end and takes the place of an older one then.
    const fn is_written_whole(self) -> bool {
        matches!(
            self,
            Self::PoseTrack | Self::Trc | Self::TrcKinovea | Self::Mot | Self::Sto
        )
    }

    /// Whether [`ExportOptions::meters_per_pixel`] makes a difference to it.
    pub const fn has_scale(self) -> bool {
        matches!(self, Self::Trc)
    }

    /// Whether [`ExportOptions::resample_hz`] makes a difference to it.
    pub const fn has_rate(self) -> bool {
        matches!(self, Self::Trc | Self::TrcKinovea | Self::Mot | Self::Sto)
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

/// Completes every file and says which were written; the first failure is told after all have been tried.
pub fn finish_all(writers: Vec<Box<dyn ResultWriter>>) -> Result<Vec<PathBuf>, ExportError> {
    let outcomes: Vec<_> = writers.into_iter().map(|writer| writer.finish()).collect();
    let written: Vec<Vec<PathBuf>> = outcomes.into_iter().collect::<Result<_, _>>()?;
    Ok(written.concat())
}

/// Makes the file, or finds out that it can be made, and gives its writer.
pub fn create_writer(
    format: ExportFormat,
    path: &Path,
    header: &Header,
    options: &ExportOptions,
) -> Result<Box<dyn ResultWriter>, ExportError> {
    Ok(match format {
        ExportFormat::Jsonl => Box::new(jsonl::JsonlWriter::create(path, header)?),
        ExportFormat::Csv => Box::new(csv::CsvWriter::create(path, csv::Layout::Tidy)?),
        ExportFormat::CsvWide => Box::new(csv::CsvWriter::create(path, csv::Layout::Wide)?),
        ExportFormat::Coco => Box::new(coco::CocoWriter::create(path, header)?),
        ExportFormat::OpenPose => Box::new(openpose::OpenPoseWriter::create(path, header)?),
        ExportFormat::MotChallenge => Box::new(mot_challenge::MotChallengeWriter::create(path)?),
        ExportFormat::PoseTrack => Box::new(posetrack::PoseTrackWriter::create(path, header)?),
        ExportFormat::Trc => Box::new(trc::writer(path, header, options)?),
        ExportFormat::TrcKinovea => Box::new(kinovea::writer(path, header, options)?),
        ExportFormat::Mot => {
            let sampling = storage::Sampling::Even;
            Box::new(storage::writer(path, header, sampling, options)?)
        }
        ExportFormat::Sto => {
            let sampling = storage::Sampling::AsShown;
            Box::new(storage::writer(path, header, sampling, options)?)
        }
    })
}
