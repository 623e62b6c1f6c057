//! Results of a file beside the recording that they belong to.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::export::between_rows::RowDistances;
use crate::export::header::{FOLDER, Header};
use crate::export::reader::{
    InputFormat, ReadOptions, TimeSource, UNKNOWN_RECORDING, open_results,
};
use crate::export::rows::FrameRow;
use crate::export::{ReadError, openpose};
use crate::source::{SourceInfo, SourceSpec};
use crate::types::{Frame, TrackedPose};

/// The rates that `--fps` takes: what else stands in a file makes times that nobody can wait for.
const RATES_HZ: RangeInclusive<f64> = 1e-6..=1e6;

/// All frames of a results file, found again by the names of their pictures, where they have some, or by their times.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedResults {
    header: Header,
    /// By time.
    rows: Vec<FrameRow>,
    /// Which row is that of a picture of a folder; empty where the results do not name any.
    by_file: BTreeMap<String, usize>,
    /// The rate of the folder of pictures that is open and that they belong to, for results that do not know one.
    open_rate_hz: Option<f64>,
    distances: RowDistances,
    /// What could not be read, in one sentence.
    missing: Option<String>,
}

/// Results cannot be shown beside their recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(ReadError),
    /// The file cannot be read without options, which only commands that read such files and nothing else have.
    #[error(
        "{0}; such options belong to `poseglass convert RESULTS jsonl=OUT.jsonl --video RECORDING`: use its OUT.jsonl here"
    )]
    NeedsOptions(ReadError),
    /// The recording has gone elsewhere.
    #[error(
        "{} belongs to {video}, which is neither there nor beside it: put the recording beside the results, \
         name it with --recording, or in the window open it first",
        path.display()
    )]
    NoRecording {
        /// The results.
        path: PathBuf,
        /// What their header names.
        video: String,
    },
    /// The results of other programs do not name their recording.
    #[error(
        "{} does not say which recording it belongs to: name that with --recording, or in the window open it first",
        path.display()
    )]
    UnknownRecording {
        /// The results.
        path: PathBuf,
    },
}

impl From<ReadError> for RecordedError {
    fn from(error: ReadError) -> Self {
        if error.asks_for_options() {
            Self::NeedsOptions(error)
        } else {
            Self::Read(error)
        }
    }
}

impl RecordedResults {
    /// Reads a whole file of any format that is known, and says which recording it belongs to.
    ///
    /// That is the one that the file names, where it can be found; otherwise `beside`, which is open already: where that is
    /// a folder of pictures at a rate, other programs' results have it, too.
    pub fn open(
        path: &Path,
        beside: Option<&SourceSpec>,
    ) -> Result<(Self, PathBuf), RecordedError> {
        let format = InputFormat::of(path)?;
        let rate_hz = match beside {
            Some(SourceSpec::Pictures { rate_hz, .. }) => Some(*rate_hz),
            _ => None,
        };
        match (format, beside.and_then(SourceSpec::path)) {
            (InputFormat::Jsonl, beside) => {
                let mut results = Self::read(path, format, TimeSource::InFile)?;
                let named = results.recording(path);
                if named.is_err() {
                    results.open_rate_hz = rate_hz;
                }
                let recording = named.or_else(|error| beside.map(Path::to_owned).ok_or(error))?;
                Ok((results, recording))
            }
            (_, Some(beside)) => {
                let mut results = Self::read(path, format, times_over(format, beside, rate_hz))?;
                results.open_rate_hz = rate_hz;
                Ok((results, beside.to_owned()))
            }
            (_, None) => Err(RecordedError::UnknownRecording {
                path: path.to_owned(),
            }),
        }
    }

    /// The same where the user has named the recording: it counts whatever the file says.
    pub fn open_over(path: &Path, recording: &Path) -> Result<Self, RecordedError> {
        let format = InputFormat::of(path)?;
        Self::read(path, format, times_over(format, recording, None))
    }

    fn read(path: &Path, format: InputFormat, times: TimeSource) -> Result<Self, RecordedError> {
        let options = ReadOptions {
            format: Some(format),
            times,
            ..ReadOptions::default()
        };
        let mut reader = open_results(path, &options)?;
        let rows = reader.by_ref().collect::<Result<_, _>>()?;
        Ok(Self {
            missing: reader.missing(),
            ..Self::new(reader.header().clone(), rows)
        })
    }

    /// Results that are in memory already.
    pub fn new(header: Header, mut rows: Vec<FrameRow>) -> Self {
        rows.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
        let by_file = (rows.iter().enumerate())
            .filter_map(|(row_idx, row)| Some((row.file.clone()?, row_idx)))
            .collect();
        let distances = RowDistances::of(&rows);
        Self {
            header,
            rows,
            by_file,
            open_rate_hz: None,
            distances,
            missing: None,
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

    /// Everyone in a frame of the recording; nobody where the results say nothing of it.
    ///
    /// Pictures of a folder are known by their names: others may have come to the folder since, or gone.
    pub fn people_in(&self, frame: &Frame) -> Vec<TrackedPose> {
        match &frame.file {
            Some(file) if !self.by_file.is_empty() => (self.by_file.get(&**file))
                .map(|row_idx| self.rows[*row_idx].people())
                .unwrap_or_default(),
            _ => self.people_at(frame.time),
        }
    }

    /// How the recording is opened for these results: a folder of pictures at the rate that they state, so that its frames
    /// have their times again; where they know nothing of a recording, at the rate at which it is open.
    pub fn source_of(&self, recording: PathBuf) -> SourceSpec {
        let source = &self.header.source;
        // what a video states is not the rate of its frames where these come unevenly
        let is_of_folder = [FOLDER, UNKNOWN_RECORDING].contains(&source.kind.as_str());
        let rate_hz = if source.kind == UNKNOWN_RECORDING {
            source.fps_nominal.or(self.open_rate_hz)
        } else {
            source.fps_nominal
        };
        match rate_hz {
            Some(rate_hz) if is_of_folder && RATES_HZ.contains(&rate_hz) && recording.is_dir() => {
                SourceSpec::Pictures {
                    folder: recording,
                    rate_hz,
                }
            }
            _ => SourceSpec::Path(recording),
        }
    }

    /// What of the file could not be read and is left out, in one sentence; the log has said it already.
    pub fn missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// Everyone in the frame that is shown at `time`; where the results pass over that one, between the frames beside it, and
    /// nobody where those are far.
    pub fn people_at(&self, time: Duration) -> Vec<TrackedPose> {
        self.distances.people_at(&self.rows, time.as_secs_f64())
    }

    /// What to say where the recording has another name or other pictures than the one that the results are of.
    pub fn warning_about(&self, recording: &SourceInfo) -> Option<String> {
        let [width, height] = [self.header.source.width, self.header.source.height];
        let of_size = ([width, height] != [0, 0] && [width, height] != recording.size).then(|| {
            format!(
                "{} has {}x{} pixels, but the results are of {width}x{height}: they may belong to another recording",
                recording.name, recording.size[0], recording.size[1],
            )
        });
        let warnings: Vec<String> = self
            .warning_of_other_name(recording)
            .into_iter()
            .chain(of_size)
            .collect();
        (!warnings.is_empty()).then(|| warnings.join("; "))
    }

    /// The folders do not count, as recordings are moved; nothing is said where either has no name.
    fn warning_of_other_name(&self, recording: &SourceInfo) -> Option<String> {
        let source = &self.header.source;
        if source.kind == UNKNOWN_RECORDING {
            return None;
        }
        let of = Path::new(&source.path).file_name()?;
        let over = Path::new(&recording.name).file_name()?;
        (of != over).then(|| {
            format!(
                "the results are of {}; they are drawn over {}",
                of.to_string_lossy(),
                over.to_string_lossy()
            )
        })
    }

    /// The recording that the file at `path` names, where it can be found.
    ///
    /// The name is as it was typed, relative to the folder in which the program ran then: likely the one in which it
    /// runs now, where that holds the results or a folder that does, or else another such one. What lies beside the
    /// results may be what was made of the recording, under its name. The folder in which the program runs now says
    /// the least where the results are elsewhere.
    fn recording(&self, path: &Path) -> Result<PathBuf, RecordedError> {
        if self.header.source.kind == UNKNOWN_RECORDING {
            return Err(RecordedError::UnknownRecording {
                path: path.to_owned(),
            });
        }
        let named = Path::new(&self.header.source.path);
        let folder = path.parent().unwrap_or(Path::new(""));
        let real = path.canonicalize().unwrap_or_default();
        let is_below_here = Path::new(".")
            .canonicalize()
            .is_ok_and(|here| real.starts_with(here));
        // the file itself and its own folder come first among them
        let above = real.ancestors().skip(2);
        is_below_here
            .then(|| named.to_owned())
            .into_iter()
            .chain([folder.join(named)])
            .chain(above.map(|above| above.join(named)))
            .chain(named.file_name().map(|name| folder.join(name)))
            .chain([named.to_owned()])
            .find(|candidate| candidate.exists())
            .ok_or_else(|| RecordedError::NoRecording {
                path: path.to_owned(),
                video: self.header.source.path.clone(),
            })
    }
}

/// Where results of a format have their times from, over a recording; with `rate_hz` it is a folder of pictures that are the
/// frames of a video.
fn times_over(format: InputFormat, recording: &Path, rate_hz: Option<f64>) -> TimeSource {
    match (format, rate_hz) {
        (InputFormat::Jsonl | InputFormat::Trc, _) => TimeSource::InFile,
        (InputFormat::OpenPose | InputFormat::Coco | InputFormat::AlphaPose, Some(rate_hz)) => {
            TimeSource::Pictures {
                folder: recording.to_owned(),
                rate_hz,
            }
        }
        (InputFormat::OpenPose | InputFormat::Coco | InputFormat::AlphaPose, None) => {
            TimeSource::Video(recording.to_owned())
        }
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
