//! How the people of a frame are laid out in the native file; apart from the inner types, which may change.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::geom::{BBox, FIRST_PIXEL_CENTER_PX, Point};
use crate::skeleton::N_JOINTS;
use crate::types::{FrameResult, Keypoint, Pose, TrackId, TrackedPose};

/// One frame's line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameRow {
    /// Its place in the recording, from 0; frames that a camera dropped or that came while the nets were at work, and
    /// pictures of a folder that cannot be read, are missing.
    pub frame: u64,
    /// Presentation time.
    pub time_s: f64,
    /// Name of the picture, where the source is a folder of them. Absent otherwise, and in files of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Everyone in it, by identity.
    pub people: Vec<PersonRow>,
}

/// A joint: x, y in pixels, confidence; `null` where it was not found.
pub type KeypointRow = Option<[f64; 3]>;

/// One person of a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonRow {
    /// Identity, from 1.
    pub id: u32,
    /// Confidence in the person.
    pub score: f64,
    /// x, y, width, height in pixels.
    #[serde(rename = "box")]
    pub bbox: [f64; 4],
    /// The joints as the net saw them.
    pub keypoints: [KeypointRow; N_JOINTS],
    /// The joints after smoothing over time, where that is on; or refined afterwards, then a joint may be missing here
    /// that the net saw, and the other way round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smoothed: Option<[KeypointRow; N_JOINTS]>,
}

impl FrameRow {
    /// Rounds a result to what the file keeps: pixels to 0.01, confidences to 0.001, times to a microsecond.
    pub fn from_result(result: &FrameResult) -> Self {
        let frame = &result.frame;
        Self {
            file: frame.file.as_deref().map(str::to_owned),
            ..Self::new(frame.index, frame.time, &result.people)
        }
    }

    /// The same of people in a frame of a video.
    pub fn new(frame: u64, time: Duration, people: &[TrackedPose]) -> Self {
        Self {
            frame,
            time_s: rounded(time.as_secs_f64(), 1e6),
            file: None,
            people: people.iter().map(PersonRow::from_person).collect(),
        }
    }

    /// The people as the rest of the program knows them.
    pub fn people(&self) -> Vec<TrackedPose> {
        self.people.iter().map(PersonRow::to_person).collect()
    }
}

impl PersonRow {
    /// The joints to show and to measure: smoothed where there is smoothing.
    pub fn positions(&self) -> &[KeypointRow; N_JOINTS] {
        self.smoothed.as_ref().unwrap_or(&self.keypoints)
    }

    fn from_person(person: &TrackedPose) -> Self {
        Self {
            id: person.id.0,
            score: rounded(f64::from(person.score), 1e3),
            bbox: person.bbox.xywh().map(pixels),
            keypoints: keypoint_rows(&person.pose),
            smoothed: person.smoothed.as_ref().map(keypoint_rows),
        }
    }

    pub(super) fn to_person(&self) -> TrackedPose {
        TrackedPose {
            id: TrackId(self.id),
            bbox: BBox::from_xywh(self.bbox.map(|number| number as f32)),
            score: self.score as f32,
            pose: pose_of_rows(&self.keypoints),
            smoothed: self.smoothed.as_ref().map(pose_of_rows),
        }
    }
}

/// Joints as COCO's files have them: pixels counted from 0, and `0, 0, 0` for one that was not found.
pub(super) fn coco_joints(rows: &[KeypointRow; N_JOINTS]) -> [[f64; 3]; N_JOINTS] {
    rows.map(|row| {
        row.map_or([0.0; 3], |[x, y, confidence]| {
            let [x, y] = [x, y].map(|position| rounded(position - FIRST_PIXEL_CENTER_PX, 1e2));
            [x, y, confidence]
        })
    })
}

pub(super) fn keypoint_rows(pose: &Pose) -> [KeypointRow; N_JOINTS] {
    pose.keypoints.map(|keypoint| {
        // a number that JSON cannot write is no place
        let keypoint = keypoint.filter(|keypoint| keypoint.at.is_finite())?;
        Some([
            pixels(keypoint.at.x),
            pixels(keypoint.at.y),
            rounded(f64::from(keypoint.confidence), 1e3),
        ])
    })
}

pub(super) fn pose_of_rows(rows: &[KeypointRow; N_JOINTS]) -> Pose {
    Pose {
        keypoints: rows.map(|row| {
            row.map(|[x, y, confidence]| Keypoint {
                at: Point::new(x as f32, y as f32),
                confidence: confidence as f32,
            })
        }),
    }
}

fn pixels(position: f32) -> f64 {
    rounded(f64::from(position), 1e2)
}

/// To the nearest `1 / steps`, so that the shortest decimal is written; JSON has no NaN or infinity: they become 0.
pub(super) fn rounded(number: f64, steps: f64) -> f64 {
    let rounded = (number * steps).round() / steps;
    if rounded.is_finite() {
        // + 0.0 makes 0 of -0
        rounded + 0.0
    } else if number.is_finite() {
        // so large that it is whole
        number
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_leaves_no_trailing_noise() {
        let written = |number: f64| serde_json::to_string(&number).unwrap();
        assert_eq!(written(pixels(123.456)), "123.46");
        assert_eq!(written(pixels(0.1 + 0.2)), "0.3");
        assert_eq!(written(pixels(-0.001)), "0.0");
        assert_eq!(written(rounded(1.0 / 30.0, 1e6)), "0.033333");
        assert_eq!(written(rounded(f64::NAN, 1e2)), "0.0");
        assert_eq!(rounded(f64::INFINITY, 1e2), 0.0);
        assert_eq!(rounded(1e305, 1e6), 1e305);
    }
}
