//! OpenPose's folder of JSON files, one a frame, as `--write_json` of OpenPose 1.7 makes it.
//!
//! `BODY_25`: 75 numbers a person, in pixels. Neck and middle of the hips are the means of shoulders and hips, as sure as the
//! less sure of the two; feet are not known and stand as `0, 0, 0`, like every joint that was not found. Positions are the
//! smoothed ones where there are any; `person_id` holds the identity, which OpenPose itself does not have.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::export::rows::{FrameRow, KeypointRow};
use crate::export::whole_file::write_json;
use crate::export::{ExportError, Header, ResultWriter};
use crate::skeleton::N_JOINTS;

/// Joints of `BODY_25`.
const N_BODY_25: usize = 25;

/// Where each joint of COCO stands in `BODY_25` (`poseParameters.cpp` of OpenPose, `POSE_BODY_25_BODY_PARTS`).
const BODY_25_FROM_COCO: [usize; N_JOINTS] =
    [0, 16, 15, 18, 17, 5, 2, 6, 3, 7, 4, 12, 9, 13, 10, 14, 11];

const NECK: usize = 1;
const MIDDLE_OF_HIPS: usize = 8;

/// Shoulders and hips in COCO's order.
const SHOULDERS: [usize; 2] = [5, 6];
const HIPS: [usize; 2] = [11, 12];

/// A frame's file; arrays of hands and face are there and empty, as readers expect them.
#[derive(Serialize)]
struct FrameFile {
    version: f64,
    people: Vec<Person>,
}

#[derive(Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the names are those of OpenPose's files"
)]
struct Person {
    person_id: [u32; 1],
    pose_keypoints_2d: Vec<f64>,
    face_keypoints_2d: [f64; 0],
    hand_left_keypoints_2d: [f64; 0],
    hand_right_keypoints_2d: [f64; 0],
    pose_keypoints_3d: [f64; 0],
    face_keypoints_3d: [f64; 0],
    hand_left_keypoints_3d: [f64; 0],
    hand_right_keypoints_3d: [f64; 0],
}

/// Writes a folder.
#[derive(Debug)]
pub struct OpenPoseWriter {
    folder: PathBuf,
    /// What the files' names begin with: the source's name without its ending.
    prefix: String,
}

impl OpenPoseWriter {
    /// Makes the folder where it is not there yet; files of the same names are replaced.
    pub fn create(folder: &Path, header: &Header) -> Result<Self, ExportError> {
        fs::create_dir_all(folder).map_err(|reason| ExportError::Create {
            path: folder.to_owned(),
            reason,
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            prefix: header.source.stem(),
        })
    }
}

impl ResultWriter for OpenPoseWriter {
    fn write(&mut self, row: &FrameRow) -> Result<(), ExportError> {
        let name = format!("{}_{:012}_keypoints.json", self.prefix, row.frame);
        let path = self.folder.join(name);
        let people = row
            .people
            .iter()
            .map(|person| Person {
                person_id: [person.id],
                pose_keypoints_2d: body_25(person.positions()).concat(),
                face_keypoints_2d: [],
                hand_left_keypoints_2d: [],
                hand_right_keypoints_2d: [],
                pose_keypoints_3d: [],
                face_keypoints_3d: [],
                hand_left_keypoints_3d: [],
                hand_right_keypoints_3d: [],
            })
            .collect();
        // the documentation says 1.1, the program writes 1.3
        let file = FrameFile {
            version: 1.3,
            people,
        };
        write_json(&path, &file)
    }

    fn finish(self: Box<Self>) -> Result<(), ExportError> {
        Ok(())
    }
}

/// The joints in the order of `BODY_25`.
fn body_25(joints: &[KeypointRow; N_JOINTS]) -> [[f64; 3]; N_BODY_25] {
    let mut body = [[0.0; 3]; N_BODY_25];
    for (joint, place) in joints.iter().zip(BODY_25_FROM_COCO) {
        body[place] = joint.unwrap_or_default();
    }
    for (pair, place) in [(SHOULDERS, NECK), (HIPS, MIDDLE_OF_HIPS)] {
        if let [Some(a), Some(b)] = pair.map(|joint| joints[joint]) {
            body[place] = [
                f64::midpoint(a[0], b[0]),
                f64::midpoint(a[1], b[1]),
                a[2].min(b[2]),
            ];
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joints_stand_where_body_25_has_them() {
        let joints: [KeypointRow; N_JOINTS] =
            std::array::from_fn(|joint| Some([joint as f64, 10.0 * joint as f64, 0.5]));
        let body = body_25(&joints);
        // nose, right shoulder, left wrist, right ankle, left eye, right ear
        let expected = [(0, 0), (2, 6), (7, 9), (11, 16), (16, 1), (17, 4)];
        for (place, joint) in expected {
            assert_eq!(body[place][0], joint as f64, "{place}");
        }
        assert_eq!(body[NECK], [5.5, 55.0, 0.5]);
        assert_eq!(body[MIDDLE_OF_HIPS], [11.5, 115.0, 0.5]);
        assert!(body[19..].iter().all(|foot| *foot == [0.0; 3]));
    }

    #[test]
    fn a_neck_without_a_shoulder_is_not_invented() {
        let mut joints: [KeypointRow; N_JOINTS] = [Some([1.0, 1.0, 0.9]); N_JOINTS];
        joints[5] = None;
        assert_eq!(body_25(&joints)[NECK], [0.0; 3]);
    }
}
