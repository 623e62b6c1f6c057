//! COCO keypoint results: the poses that are judged.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::dataset::GroundTruth;
use super::error::EvalError;
use super::id::Id;
use super::json::{self, Joints};
use crate::geom::FIRST_PIXEL_CENTER_PX;
use crate::skeleton::N_JOINTS;
use crate::types::Pose;

const FORMAT: &str = "COCO keypoint results file";

/// One pose in one image.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeypointResult {
    /// Which image.
    pub image_id: Id,
    /// What was found, usually a person.
    pub category_id: Id,
    /// x and y in pixels, and a confidence that the figures do not use.
    #[serde(rename = "keypoints", serialize_with = "json::serialize_joints")]
    pub joints: Joints,
    /// Ranks the results: the surest first.
    pub score: f64,
    /// Square pixels; says to which sizes of people a result without a partner belongs.
    #[serde(skip)]
    pub area: f64,
}

impl KeypointResult {
    /// A result whose area is that of the box around its joints.
    pub fn new(image_id: Id, category_id: Id, joints: &Joints, score: f64) -> Self {
        Self {
            image_id,
            category_id,
            joints: *joints,
            score,
            area: area_around(joints),
        }
    }
}

/// All results of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    list: Vec<KeypointResult>,
}

#[derive(Deserialize)]
struct ResultEntry {
    image_id: Id,
    category_id: Id,
    #[serde(deserialize_with = "json::deserialize_joints")]
    keypoints: Joints,
    score: f64,
    bbox: Option<Vec<f64>>,
    segmentation: Option<IgnoredAny>,
}

impl Results {
    /// Reads a list of `{image_id, category_id, keypoints, score}`; other fields do no harm.
    ///
    /// As in pycocotools, areas come from `bbox` when the first result has one, and from the joints otherwise. A
    /// list without results is fine here: it is worth 0.
    pub fn read(path: &Path) -> Result<Self, EvalError> {
        let entries: Vec<ResultEntry> = json::read(path, FORMAT)?;
        let invalid = |place: String, reason: &str| EvalError::Invalid {
            path: path.to_owned(),
            format: FORMAT,
            place,
            reason: reason.to_owned(),
        };
        let has_boxes = entries
            .first()
            .is_some_and(|first| first.bbox.as_ref().is_some_and(|bbox| !bbox.is_empty()));
        if !has_boxes
            && entries
                .first()
                .is_some_and(|first| first.segmentation.is_some())
        {
            return Err(invalid(
                "[0].segmentation".to_owned(),
                "results with masks are not supported, leave the masks out",
            ));
        }
        let list = entries
            .into_iter()
            .enumerate()
            .map(|(index, entry)| {
                let bbox = entry.bbox;
                let result = KeypointResult::new(
                    entry.image_id,
                    entry.category_id,
                    &entry.keypoints,
                    entry.score,
                );
                if !has_boxes {
                    return Ok(result);
                }
                match bbox.as_deref() {
                    Some(&[_, _, width, height]) => Ok(KeypointResult {
                        area: width * height,
                        ..result
                    }),
                    _ => Err(invalid(
                        format!("[{index}].bbox"),
                        "must be [x, y, width, height], as the first result has a box",
                    )),
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { list })
    }

    /// Adds a person that was found.
    ///
    /// Joints that were not found are written as 0, 0, 0. Others are counted as COCO counts pixels
    /// ([`FIRST_PIXEL_CENTER_PX`]) and rounded to thousandths of a pixel, so that results have the same figures before
    /// and after they were written.
    pub fn push(&mut self, image_id: &Id, person_category: &Id, pose: &Pose, score: f32) {
        let mut joints = [[0.0; 3]; N_JOINTS];
        for (joint_idx, keypoint) in pose.found() {
            let [x, y] = [keypoint.at.x, keypoint.at.y]
                .map(|position| f64::from(position) - FIRST_PIXEL_CENTER_PX);
            joints[joint_idx] = [x, y, f64::from(keypoint.confidence)].map(to_thousandths);
        }
        self.list.push(KeypointResult::new(
            image_id.clone(),
            person_category.clone(),
            &joints,
            f64::from(score),
        ));
    }

    /// All results in the order in which they came.
    pub fn as_slice(&self) -> &[KeypointResult] {
        &self.list
    }

    /// Writes them as a file that [`Self::read`] and pycocotools read.
    pub fn write(&self, path: &Path) -> Result<(), EvalError> {
        let write = || {
            let mut file = BufWriter::new(File::create(path)?);
            serde_json::to_writer(&mut file, &self.list)?;
            file.flush()
        };
        write().map_err(|reason| EvalError::Unwritable {
            path: path.to_owned(),
            reason,
        })
    }

    /// For each image of the ground truth the results in it, in the order in which they came.
    pub fn by_image<'a>(
        &'a self,
        ground_truth: &GroundTruth,
    ) -> Result<Vec<Vec<&'a KeypointResult>>, EvalError> {
        let mut by_image = vec![Vec::new(); ground_truth.images().len()];
        for (result_idx, result) in self.list.iter().enumerate() {
            let image_idx = ground_truth.image_idx(&result.image_id).ok_or_else(|| {
                EvalError::UnknownImage {
                    result_idx,
                    image_id: result.image_id.clone(),
                }
            })?;
            by_image[image_idx].push(result);
        }
        Ok(by_image)
    }
}

impl From<Vec<KeypointResult>> for Results {
    fn from(list: Vec<KeypointResult>) -> Self {
        Self { list }
    }
}

/// Of the box around all joints, those that were not found (at 0, 0) included, as in pycocotools.
fn area_around(joints: &Joints) -> f64 {
    let extent = |axis: usize| {
        let positions = joints.iter().map(|joint| joint[axis]);
        positions.clone().fold(f64::NEG_INFINITY, f64::max)
            - positions.fold(f64::INFINITY, f64::min)
    };
    extent(0) * extent(1)
}

fn to_thousandths(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
