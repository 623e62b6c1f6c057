//! Reading results of any program that is known.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::export::foreign::ForeignResults;
use crate::export::frame_times::FrameTimes;
use crate::export::header::{Header, SourceRow};
use crate::export::jsonl::JsonlReader;
use crate::export::picture_places::PicturePlaces;
use crate::export::rows::FrameRow;
use crate::export::{ReadError, coco, openpose, person_files, trc, trc_reader};

/// Gives results frame by frame, in the order of time.
///
/// After an error the rest may still be read where the error says that one line alone is broken.
pub trait ResultReader: Iterator<Item = Result<FrameRow, ReadError>> + Send {
    /// What was worked on, and how, as far as it is known.
    fn header(&self) -> &Header;

    /// What is missing of the frames that were read so far, in one sentence; the log says it too.
    fn missing(&self) -> Option<String> {
        None
    }
}

impl ResultReader for JsonlReader {
    fn header(&self) -> &Header {
        Self::header(self)
    }

    fn missing(&self) -> Option<String> {
        let text = "the last line of the results is cut off: they were not finished, and that frame is left out";
        self.is_cut_off().then(|| text.to_owned())
    }
}

/// A layout in which results can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InputFormat {
    /// The native file.
    Jsonl,
    /// OpenPose's folder of JSON files, `BODY_25` or `COCO_18`.
    OpenPose,
    /// COCO keypoint results; `image_id` is the frame's number, or that of its picture.
    Coco,
    /// AlphaPose's list of people; `image_id` is the picture's name.
    AlphaPose,
    /// A table of markers, of this program or of Sports2D.
    Trc,
}

impl InputFormat {
    /// Every format, in the order in which they are offered.
    pub const ALL: [Self; 5] = [
        Self::Jsonl,
        Self::OpenPose,
        Self::Coco,
        Self::AlphaPose,
        Self::Trc,
    ];

    /// What it is called on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::OpenPose => "openpose",
            Self::Coco => "coco",
            Self::AlphaPose => "alphapose",
            Self::Trc => "trc",
        }
    }

    /// The program that the results are said to be of.
    const fn program(self) -> &'static str {
        match self {
            Self::Jsonl => "poseglass",
            Self::OpenPose => "OpenPose",
            Self::Coco => "COCO results",
            Self::AlphaPose => "AlphaPose",
            Self::Trc => "TRC markers",
        }
    }

    /// What the file is, by what is in it.
    pub fn of(path: &Path) -> Result<Self, ReadError> {
        let unknown = |reason: &str| ReadError::UnknownContent {
            path: path.to_owned(),
            reason: reason.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        };
        if path.is_dir() {
            return Ok(Self::OpenPose);
        }
        // of several people's files any tells
        let files = person_files::files_of(path);
        let start = start_of(files.first().map_or(path, PathBuf::as_path))?;
        let text = String::from_utf8_lossy(&start);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with(trc::FIRST_CELL) {
            return Ok(Self::Trc);
        }
        let has = |key: &str| text.contains(&format!("\"{key}\""));
        match text.chars().next() {
            None => Err(unknown("it is empty")),
            Some('{') if has("schema") => Ok(Self::Jsonl),
            Some('{') if has("people") => Err(unknown(
                "one frame of OpenPose's: name the folder that it is in",
            )),
            Some('[') => Ok(if coco::has_names(text) {
                Self::AlphaPose
            } else {
                Self::Coco
            }),
            Some(_) => Err(unknown("its beginning looks like none of them")),
        }
    }
}

impl FromStr for InputFormat {
    type Err = ReadError;

    fn from_str(typed: &str) -> Result<Self, ReadError> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == typed)
            .ok_or_else(|| ReadError::UnknownFormat {
                typed: typed.to_owned(),
                offered: Self::ALL.map(Self::name).join(", "),
            })
    }
}

/// The kind of source that a header states where the recording is unknown: its path is that of the results.
pub(super) const UNKNOWN_RECORDING: &str = "results";

/// Enough for the first entry of a list, whatever stands in it.
const START_LEN: u64 = 1 << 14;

fn start_of(path: &Path) -> Result<Vec<u8>, ReadError> {
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(START_LEN).read_to_end(&mut start))
        .map_err(|reason| ReadError::Unreadable {
            path: path.to_owned(),
            reason,
        })?;
    Ok(start)
}

/// What gives the frames their times where a file does not.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum TimeSource {
    /// The file itself, or the reading fails.
    #[default]
    InFile,
    /// The user knows that all frames follow each other at this rate, in frames per second.
    Rate(f64),
    /// The video that the results are of: its frames' own presentation times, and its size.
    Video(PathBuf),
    /// A folder of pictures that the results are of, and that are the frames of a video.
    Pictures {
        /// The folder.
        folder: PathBuf,
        /// How many there are in a second, above 0.
        rate_hz: f64,
    },
}

/// How files of other programs are understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadOptions {
    /// What the file is; by default what it looks like.
    pub format: Option<InputFormat>,
    /// Where times come from.
    pub times: TimeSource,
    /// The number that the file gives to the video's first frame.
    pub first_frame: u32,
    /// How large a pixel is, for TRC files in meters.
    pub meters_per_pixel: Option<f64>,
    /// People without identities are numbered by their order in each frame instead of being followed.
    pub keep_order: bool,
}

/// Reads a whole file of another program; the pictures are those of the recording, where it is a folder.
type ReadForeign =
    fn(&Path, &ReadOptions, Option<&PicturePlaces<'_>>) -> Result<ForeignResults, ReadError>;

/// Opens results of any known program; other programs' are read whole.
///
/// Where these have no identities the tracker gives them; where they have no times, `options` must. With a video
/// there is a row for each of its frames, otherwise for each frame of the file. Where it is a folder of pictures, results
/// may call frames by the names of these. The size of the frames is 0 without a video, and what is not known about nets
/// and settings is 0 or empty.
pub fn open_results(
    path: &Path,
    options: &ReadOptions,
) -> Result<Box<dyn ResultReader>, ReadError> {
    let format = match options.format {
        Some(format) => format,
        None => InputFormat::of(path)?,
    };
    let read: ReadForeign = match format {
        InputFormat::Jsonl => {
            if options.times != TimeSource::InFile || 0 < options.first_frame || options.keep_order
            {
                return Err(ReadError::KnowsAll {
                    path: path.to_owned(),
                });
            }
            return Ok(Box::new(JsonlReader::open(path)?));
        }
        InputFormat::OpenPose => |path, _, pictures| openpose::read(path, pictures),
        InputFormat::Coco => |path, _, pictures| coco::read(path, coco::Scores::InUnit, pictures),
        InputFormat::AlphaPose => {
            |path, _, pictures| coco::read(path, coco::Scores::Unbounded, pictures)
        }
        InputFormat::Trc => |path, options, _| trc_reader::read(path, options.meters_per_pixel),
    };
    let times = FrameTimes::open(&options.times, options.first_frame)?;
    let results = read(path, options, times.pictures().as_ref())?;
    let source = times.source().unwrap_or_else(|| SourceRow {
        path: path.display().to_string(),
        kind: UNKNOWN_RECORDING.to_owned(),
        width: 0,
        height: 0,
        rotation: 0,
        fps_nominal: times.rate_hz(),
        picture_names: None,
    });
    Ok(Box::new(LoadedResults {
        header: Header::of_other_program(format.program(), source),
        rows: results.rows(path, &times, options.keep_order)?.into_iter(),
    }))
}

/// Results that were read whole.
struct LoadedResults {
    header: Header,
    rows: std::vec::IntoIter<FrameRow>,
}

impl Iterator for LoadedResults {
    type Item = Result<FrameRow, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rows.next().map(Ok)
    }
}

impl ResultReader for LoadedResults {
    fn header(&self) -> &Header {
        &self.header
    }
}

/// What some editors and programs begin a text with.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a whole file as text, without a byte order mark.
pub(super) fn text_of(path: &Path) -> Result<Vec<u8>, ReadError> {
    let mut text = fs::read(path).map_err(|reason| ReadError::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(text)
}

/// Reads a value from a JSON file; `format` says in errors what it should have been.
pub(super) fn json_of<T: serde::de::DeserializeOwned>(
    path: &Path,
    format: &'static str,
) -> Result<T, ReadError> {
    let text = text_of(path)?;
    let text = with_null_for_nan(&text);
    let mut deserializer = serde_json::Deserializer::from_slice(&text);
    let invalid = |place: String, reason: String| ReadError::Invalid {
        path: path.to_owned(),
        format,
        place,
        reason,
    };
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| invalid(error.path().to_string(), error.inner().to_string()))?;
    deserializer
        .end()
        .map_err(|error| invalid("after the end".to_owned(), error.to_string()))?;
    Ok(value)
}

/// JSON with `null` for the numbers that it does not know and that some programs write all the same, as Python does.
fn with_null_for_nan(text: &[u8]) -> Cow<'_, [u8]> {
    const WORDS: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];
    let mut written = Vec::new();
    let mut n_copied = 0;
    let mut is_in_string = false;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            // what follows it does not end the string
            b'\\' if is_in_string => at += 1,
            b'"' => is_in_string = !is_in_string,
            b'N' | b'I' | b'-' if !is_in_string => {
                if let Some(word) = WORDS.iter().find(|word| text[at..].starts_with(word)) {
                    written.extend_from_slice(&text[n_copied..at]);
                    written.extend_from_slice(b"null");
                    at += word.len();
                    n_copied = at;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    if n_copied == 0 {
        return Cow::Borrowed(text);
    }
    written.extend_from_slice(&text[n_copied..]);
    Cow::Owned(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_does_not_know_are_null_and_texts_stay() {
        for (text, expected) in [
            ("[NaN,-Infinity, Infinity]", "[null,null, null]"),
            (
                r#"{"NaN":"a \" NaN","b":NaN}"#,
                r#"{"NaN":"a \" NaN","b":null}"#,
            ),
            (r#"["\\",NaN]"#, r#"["\\",null]"#),
            ("[-1.5,Na", "[-1.5,Na"),
            ("\"\\", "\"\\"),
        ] {
            let found = with_null_for_nan(text.as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), expected);
        }
    }
}
