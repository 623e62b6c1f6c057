//! `MOTChallenge` files: the boxes of tracks, a line a box.
//!
//! `frame,id,bb_left,bb_top,bb_width,bb_height,conf,…`: frames and pixels are counted from 1, what follows the
//! seventh number is not looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::error::EvalError;

const FORMAT: &str = "MOTChallenge text file";

/// The box of a track in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackBox {
    /// Whose it is.
    pub id: i64,
    /// `[left, top, width, height]` in pixels, those of the first pixel 0.
    pub xywh: [f64; 4],
}

/// The boxes of all tracks, by frame, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tracks {
    frames: BTreeMap<i64, Vec<TrackBox>>,
}

impl Tracks {
    /// Reads results: every line counts, except those with a confidence below -1, as in motmetrics.
    pub fn read_results(path: &Path) -> Result<Self, EvalError> {
        Self::read(path, |confidence| -1.0 <= confidence)
    }

    /// Reads ground truth: lines whose seventh number is 0 are marked as not to be counted.
    pub fn read_ground_truth(path: &Path) -> Result<Self, EvalError> {
        Self::read(path, |confidence| confidence != 0.0)
    }

    fn read(path: &Path, counts: impl Fn(f64) -> bool) -> Result<Self, EvalError> {
        let text = fs::read_to_string(path).map_err(|reason| EvalError::Unreadable {
            path: path.to_owned(),
            reason,
        })?;
        // some editors and programs begin a text with a byte order mark
        let text = text.trim_start_matches('\u{feff}');
        let mut tracks = Self::default();
        let mut known = BTreeSet::new();
        for (index, line) in text.lines().enumerate() {
            let invalid = |reason: String| EvalError::Invalid {
                path: path.to_owned(),
                format: FORMAT,
                place: format!("line {}", index + 1),
                reason,
            };
            if line.trim().is_empty() {
                continue;
            }
            let row = Row::parse(line).map_err(invalid)?;
            // a frame whose lines do not count is one all the same
            let boxes = tracks.frames.entry(row.frame).or_default();
            if !counts(row.confidence) {
                continue;
            }
            if !known.insert((row.frame, row.track_box.id)) {
                return Err(invalid(format!(
                    "frame {} has another box of the identity {}, leave one of them out",
                    row.frame, row.track_box.id
                )));
            }
            boxes.push(row.track_box);
        }
        Ok(tracks)
    }

    /// All frames that the file has lines for, in order.
    pub fn frames(&self) -> impl Iterator<Item = i64> + '_ {
        self.frames.keys().copied()
    }

    /// The boxes of a frame, in the order of the file.
    pub fn boxes(&self, frame: i64) -> &[TrackBox] {
        self.frames.get(&frame).map_or(&[], Vec::as_slice)
    }
}

struct Row {
    frame: i64,
    track_box: TrackBox,
    /// 1 where the line has no seventh number.
    confidence: f64,
}

impl Row {
    fn parse(line: &str) -> Result<Self, String> {
        // a line may end in a comma
        let numbers = (line.trim().trim_end_matches(','))
            .split(',')
            .flat_map(|part| {
                // between two commas a number is missing: those behind it are not to take its place
                let missing = part.trim().is_empty().then_some("");
                part.split_whitespace().chain(missing)
            })
            .take(7)
            .map(|cell| {
                cell.parse::<f64>()
                    .ok()
                    .filter(|number| number.is_finite())
                    .ok_or_else(|| format!("{cell:?} is no number"))
            })
            .collect::<Result<Vec<f64>, String>>()?;
        let (&[frame, id, left, top, width, height], rest) =
            numbers.split_first_chunk().ok_or_else(|| {
                format!(
                    "it has {} numbers, not frame, identity, left, top, width, height",
                    numbers.len()
                )
            })?;
        Ok(Self {
            frame: whole(frame, "frame")?,
            track_box: TrackBox {
                id: whole(id, "identity")?,
                // motmetrics does so too: roundings must fall on the same side of the threshold
                xywh: [left - 1.0, top - 1.0, width, height],
            },
            confidence: rest.first().copied().unwrap_or(1.0),
        })
    }
}

fn whole(number: f64, what: &str) -> Result<i64, String> {
    // every whole number up to 2^53 is exact
    if number.fract() == 0.0 && number.abs() <= (1_u64 << 53) as f64 {
        Ok(number as i64)
    } else {
        Err(format!("the {what} {number} is no whole number"))
    }
}
