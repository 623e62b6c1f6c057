//! Results as other programs leave them, and how they become rows of our own.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::base::samples::quantile;
use crate::export::ReadError;
use crate::export::frame_times::FrameTimes;
use crate::export::identities::identified;
use crate::export::rows::{FrameRow, KeypointRow, PersonRow, rounded};
use crate::skeleton::N_JOINTS;

/// No picture is that large: what lies further out is a fault in the file, and single precision has no hundredths of
/// pixels there.
const FARTHEST_PX: f64 = 1e5;

/// No side of a box that is drawn around joints is shorter than this share of the median height of the file's people: a
/// single joint, or joints in line, would have a box that overlaps none in the next frame, and be somebody else there.
const LEAST_SIDE_SHARE: f64 = 0.1;

/// The shortest side where nobody has a height, in pixels: a tenth of somebody who is small in the picture.
const LEAST_SIDE_PX: f64 = 16.0;

/// Frames by the numbers that the file gives them.
#[derive(Debug, Default)]
pub(super) struct ForeignResults {
    frames: BTreeMap<u64, ForeignFrame>,
}

/// What a file says about a frame.
#[derive(Debug, Default)]
struct ForeignFrame {
    time_secs: Option<f64>,
    people: Vec<ForeignPerson>,
}

/// A person as a file has them.
#[derive(Debug)]
pub(super) struct ForeignPerson {
    /// What the file calls the person from frame to frame, from 0 or from 1.
    pub(super) id: Option<u32>,
    /// Confidence in the person; `None` where the file has none.
    pub(super) score: Option<f64>,
    /// x, y, width, height in pixels; `None` where the file has none.
    pub(super) bbox: Option<[f64; 4]>,
    /// The joints, in COCO's order.
    pub(super) keypoints: [KeypointRow; N_JOINTS],
}

/// A frame with its place in the recording and its time.
pub(super) struct TimedFrame {
    /// Counted from 0.
    pub(super) frame: u64,
    /// Presentation time.
    pub(super) time_secs: f64,
    /// Name of the picture, where the recording is a folder of them.
    pub(super) file: Option<String>,
    /// Everyone in it, with what the file calls them.
    pub(super) people: Vec<(Option<u32>, PersonRow)>,
}

impl ForeignResults {
    /// Makes a frame known, though nobody may be in it.
    pub(super) fn add_frame(&mut self, number: u64, time_secs: Option<f64>) {
        let frame = self.frames.entry(number).or_default();
        frame.time_secs = frame.time_secs.or(time_secs);
    }

    /// Adds a person to a frame.
    pub(super) fn add_person(&mut self, number: u64, person: ForeignPerson) {
        self.frames.entry(number).or_default().people.push(person);
    }

    /// The rows; the tracker gives identities where the file has none, or each frame's order does.
    pub(super) fn rows(
        self,
        path: &Path,
        times: &FrameTimes,
        keep_order: bool,
    ) -> Result<Vec<FrameRow>, ReadError> {
        Ok(identified(self.timed(path, times)?, path, keep_order))
    }

    fn timed(mut self, path: &Path, times: &FrameTimes) -> Result<Vec<TimedFrame>, ReadError> {
        let first = times.first_frame();
        if let Some(n_frames) = times.n_frames() {
            for number in (first..).take(n_frames) {
                self.add_frame(number, None);
            }
        }
        let last = match (times.n_frames(), self.frames.keys().next_back()) {
            (Some(n_frames), _) => first.saturating_add(n_frames as u64).saturating_sub(1),
            (None, Some(last)) => first.max(*last),
            (None, None) => first,
        };
        let least_side_px = least_side_px(self.frames.values().flat_map(|frame| &frame.people));
        self.frames
            .into_iter()
            .map(|(number, ForeignFrame { time_secs, people })| {
                let no_such_frame = || ReadError::NoSuchFrame {
                    path: path.to_owned(),
                    frame: number,
                    first,
                    last,
                };
                if last < number {
                    return Err(no_such_frame());
                }
                let frame = number.checked_sub(first).ok_or_else(no_such_frame)?;
                let time_secs = times
                    .secs(frame, time_secs)
                    .ok_or_else(|| ReadError::NoTimes {
                        path: path.to_owned(),
                    })?;
                Ok(TimedFrame {
                    frame,
                    time_secs: rounded(time_secs, 1e6),
                    file: times.file(frame).map(str::to_owned),
                    people: (people.into_iter())
                        .filter_map(|person| cleaned(person, least_side_px))
                        .collect(),
                })
            })
            .collect()
    }
}

/// The person as rows keep people; `None` where there is nothing but a name.
///
/// A score that the file lacks is the mean confidence of the joints that were found, a box that it lacks is around them.
fn cleaned(person: ForeignPerson, least_side_px: f64) -> Option<(Option<u32>, PersonRow)> {
    let keypoints = cleaned_joints(&person.keypoints);
    let found = || keypoints.iter().flatten();
    let bbox = person
        .bbox
        .filter(|bbox| bbox.iter().all(|number| is_near(*number)))
        // 0, 0, 0, 0 is none
        .filter(|[_, _, width, height]| 0.0 < *width && 0.0 < *height)
        .map(|bbox| bbox.map(|number| rounded(number, 1e2)))
        .or_else(|| bbox_around(&keypoints, least_side_px))?;
    let n_found = found().count();
    let mean = found().map(|[_, _, confidence]| confidence).sum::<f64>() / n_found.max(1) as f64;
    Some((
        person.id,
        PersonRow {
            id: 0,
            score: in_unit(person.score.unwrap_or(mean)),
            bbox,
            keypoints,
            smoothed: None,
        },
    ))
}

/// The joints as rows keep them.
fn cleaned_joints(keypoints: &[KeypointRow; N_JOINTS]) -> [KeypointRow; N_JOINTS] {
    keypoints.map(|keypoint| {
        let [x, y, confidence] = keypoint.filter(|[x, y, _]| is_near(*x) && is_near(*y))?;
        Some([rounded(x, 1e2), rounded(y, 1e2), in_unit(confidence)])
    })
}

fn is_near(number: f64) -> bool {
    number.abs() <= FARTHEST_PX
}

/// A confidence as rows keep it.
fn in_unit(confidence: f64) -> f64 {
    rounded(confidence.clamp(0.0, 1.0), 1e3)
}

/// The shortest side that a box around joints may have, by the people of a file.
fn least_side_px<'a>(people: impl Iterator<Item = &'a ForeignPerson>) -> f64 {
    let mut heights_px: Vec<f64> = people
        .filter_map(|person| extent(&cleaned_joints(&person.keypoints)))
        .map(|[_, top, _, bottom]| bottom - top)
        .filter(|height_px| 0.0 < *height_px)
        .collect();
    quantile(&mut heights_px, 0.5).map_or(LEAST_SIDE_PX, |median_px| LEAST_SIDE_SHARE * median_px)
}

/// Left, top, right and bottom of the joints; `None` without any.
fn extent(joints: &[KeypointRow; N_JOINTS]) -> Option<[f64; 4]> {
    (joints.iter().flatten())
        .map(|[x, y, _]| [*x, *y, *x, *y])
        .reduce(|a, b| {
            [
                a[0].min(b[0]),
                a[1].min(b[1]),
                a[2].max(b[2]),
                a[3].max(b[3]),
            ]
        })
}

/// The box around joints; where it would be too narrow they are in its middle.
fn bbox_around(joints: &[KeypointRow; N_JOINTS], least_side_px: f64) -> Option<[f64; 4]> {
    let [left, top, right, bottom] = extent(joints)?;
    let side = |from: f64, to: f64| {
        let added = (least_side_px - (to - from)).max(0.0);
        [from - 0.5 * added, to - from + added].map(|number| rounded(number, 1e2))
    };
    let ([x, width], [y, height]) = (side(left, right), side(top, bottom));
    Some([x, y, width, height])
}

/// A joint as most files write it: one at `0, 0`, or at `-1, -1` without confidence, was not found. Some programs leave its
/// confidence there when they take out a joint of which they are not sure, as Ultralytics does below 0.5.
pub(super) fn joint_row([x, y, confidence]: [f64; 3]) -> KeypointRow {
    let is_nowhere = (x == 0.0 && y == 0.0) || (x < 0.0 && y < 0.0 && confidence <= 0.0);
    (!is_nowhere).then_some([x, y, confidence])
}

/// Reads a list of numbers; `null`, as some programs write what was not found, is NaN.
pub(super) fn deserialize_numbers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<f64>, D::Error> {
    let list: Vec<Option<f64>> = Deserialize::deserialize(deserializer)?;
    let numbers = list.into_iter().map(|number| number.unwrap_or(f64::NAN));
    Ok(numbers.collect())
}

/// What a file calls a person: a number, a text of one, or a list that begins with it, as AlphaPose has lists of the sightings
/// that it took for one. `None` where it is none that can be counted.
pub(super) fn identity_of(written: &Value) -> Option<u32> {
    let number = match written {
        Value::Array(list) => return identity_of(list.first()?),
        Value::String(text) => text.trim().parse().ok(),
        written => written.as_f64(),
    }?;
    let is_whole = 0.0 <= number && number < f64::from(u32::MAX) && number.fract() == 0.0;
    is_whole.then_some(number as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_known_however_they_are_written() {
        for (written, expected) in [
            ("7", Some(7)),
            ("7.0", Some(7)),
            ("0", Some(0)),
            ("\"7\"", Some(7)),
            ("[7.0]", Some(7)),
            ("[[7.0], [9.0]]", Some(7)),
            ("[]", None),
            ("-1", None),
            ("7.5", None),
            ("1e12", None),
            ("\"left\"", None),
            ("\"nan\"", None),
            ("null", None),
            ("{}", None),
        ] {
            let value = serde_json::from_str(written).unwrap();
            assert_eq!(identity_of(&value), expected, "{written}");
        }
    }

    #[test]
    fn joints_at_no_place_are_none() {
        for (joint, is_found) in [
            ([0.0, 0.0, 0.0], false),
            ([0.0, 0.0, 0.4], false),
            ([-1.0, -1.0, 0.0], false),
            // left of the picture, and above it
            ([-1.0, -1.0, 0.4], true),
            ([0.0, 5.0, 0.0], true),
        ] {
            assert_eq!(joint_row(joint).is_some(), is_found, "{joint:?}");
        }
    }
}
