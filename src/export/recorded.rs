//! Results of a file beside the recording that they belong to.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::samples::median_interval_secs;
use crate::export::reader::{InputFormat, ReadOptions, TimeSource, open_results};
use crate::export::rows::{FrameRow, Header};
use crate::export::{ReadError, openpose};
use crate::types::TrackedPose;

/// Of a single frame nothing says how long it is shown.
const LONGEST_FRAME_SECS: f64 = 0.1;

/// All frames of a results file, found again by their times.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedResults {
    header: Header,
    /// By time.
    rows: Vec<FrameRow>,
    /// A frame whose time differs by more is another one.
    same_time_secs: f64,
}

/// Results cannot be shown beside their recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The recording has gone elsewhere.
    #[error(
        "{} belongs to {video}, which is neither there nor beside it: put the recording beside the results, or open it first",
        path.display()
    )]
    NoRecording {
        /// The results.
        path: PathBuf,
        /// What their header names.
        video: String,
    },
    /// The results of other programs do not name their recording.
    #[error("{} does not say which recording it belongs to: open that first", path.display())]
    UnknownRecording {
        /// The results.
        path: PathBuf,
    },
}

impl RecordedResults {
    /// Reads a whole file of any format that is known, and says which recording it belongs to.
    ///
    /// That is the one that the file names, where it was or beside the file; otherwise `beside`, which is open already
    /// or was named by the user.
    pub fn open(path: &Path, beside: Option<&Path>) -> Result<(Self, PathBuf), RecordedError> {
        let format = InputFormat::of(path)?;
        let mut options = ReadOptions {
            format: Some(format),
            ..ReadOptions::default()
        };
        if let (InputFormat::OpenPose | InputFormat::Coco | InputFormat::AlphaPose, Some(beside)) =
            (format, beside)
        {
            options.times = TimeSource::Video(beside.to_owned());
        }
        if format != InputFormat::Jsonl && beside.is_none() {
            return Err(RecordedError::UnknownRecording {
                path: path.to_owned(),
            });
        }
        let mut reader = open_results(path, &options)?;
        let rows = reader.by_ref().collect::<Result<_, _>>()?;
        let results = Self::new(reader.header().clone(), rows);
        let recording = match (results.recording(path), beside) {
            (Ok(named), _) if format == InputFormat::Jsonl => named,
            (_, Some(beside)) => beside.to_owned(),
            (recording, None) => recording?,
        };
        Ok((results, recording))
    }

    /// Results that are in memory already.
    pub fn new(header: Header, mut rows: Vec<FrameRow>) -> Self {
        rows.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
        let times_secs: Vec<f64> = rows.iter().map(|row| row.time_s).collect();
        let usual = median_interval_secs(&times_secs).unwrap_or(LONGEST_FRAME_SECS);
        Self {
            header,
            rows,
            same_time_secs: usual.min(LONGEST_FRAME_SECS) / 2.0,
        }
    }

    /// What was worked on, and how.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// All frames, by time.
    pub fn rows(&self) -> &[FrameRow] {
        &self.rows
    }

    /// Everyone in the frame that is shown at `time`; nobody where the results have no such frame.
    pub fn people_at(&self, time: Duration) -> Vec<TrackedPose> {
        let time_secs = time.as_secs_f64();
        let after = self.rows.partition_point(|row| row.time_s < time_secs);
        let distance = |row: &&FrameRow| (row.time_s - time_secs).abs();
        self.rows[after.saturating_sub(1)..]
            .iter()
            .take(2)
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .filter(|row| distance(row) <= self.same_time_secs)
            .map(FrameRow::people)
            .unwrap_or_default()
    }

    /// The recording that the file at `path` names: where it was, or beside the results.
    fn recording(&self, path: &Path) -> Result<PathBuf, RecordedError> {
        let named = Path::new(&self.header.source.path);
        let folder = path.parent().unwrap_or(Path::new(""));
        [named.to_owned(), folder.join(named)]
            .into_iter()
            .chain(named.file_name().map(|name| folder.join(name)))
            .find(|candidate| candidate.exists())
            .ok_or_else(|| RecordedError::NoRecording {
                path: path.to_owned(),
                video: self.header.source.path.clone(),
            })
    }
}

/// Whether a path looks like results, not like a recording.
pub fn is_results(path: &Path) -> bool {
    if path.is_dir() {
        let mut entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        return entries.any(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .ends_with(openpose::FILE_END)
        });
    }
    path.extension().is_some_and(|extension| {
        ["jsonl", "json", "trc"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}
