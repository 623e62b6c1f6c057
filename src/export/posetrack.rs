//! PoseTrack 2018: one JSON object with images, annotations and the category, as poseval reads it.
//!
//! Joints are nose, head bottom, head top, then COCO's from the ears on; the head's bottom and top are not known and
//! stand as `0, 0, 0`, like every joint that was not found. Joints are as the net saw them, counted as in COCO's files.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::export::places::check_place;
use crate::export::rows::{FrameRow, coco_joints};
use crate::export::whole_file::write_json;
use crate::export::{ExportError, Header, ResultWriter};
use crate::skeleton::N_JOINTS;

/// Names in PoseTrack's order, and the joint of COCO that is meant.
const JOINTS: [(&str, Option<usize>); N_JOINTS] = [
    ("nose", Some(0)),
    ("head_bottom", None),
    ("head_top", None),
    ("left_ear", Some(3)),
    ("right_ear", Some(4)),
    ("left_shoulder", Some(5)),
    ("right_shoulder", Some(6)),
    ("left_elbow", Some(7)),
    ("right_elbow", Some(8)),
    ("left_wrist", Some(9)),
    ("right_wrist", Some(10)),
    ("left_hip", Some(11)),
    ("right_hip", Some(12)),
    ("left_knee", Some(13)),
    ("right_knee", Some(14)),
    ("left_ankle", Some(15)),
    ("right_ankle", Some(16)),
];

#[derive(Serialize)]
struct Sequence {
    images: Vec<Image>,
    annotations: Vec<Annotation>,
    categories: [Category; 1],
}

#[derive(Debug, Serialize)]
struct Image {
    id: u64,
    file_name: String,
    frame_id: u64,
    vid_id: String,
    nframes: usize,
    is_labeled: bool,
}

#[derive(Debug, Serialize)]
struct Annotation {
    id: u64,
    image_id: u64,
    category_id: u32,
    track_id: u32,
    bbox: [f64; 4],
    /// `[x, y, confidence]` for each joint, one after the other.
    keypoints: Vec<f64>,
    /// Confidence of each joint.
    scores: Vec<f64>,
    score: f64,
}

#[derive(Serialize)]
struct Category {
    id: u32,
    name: &'static str,
    supercategory: &'static str,
    keypoints: [&'static str; N_JOINTS],
}

/// Collects a sequence and writes it at the end: the number of frames stands in every image.
#[derive(Debug)]
pub struct PoseTrackWriter {
    path: PathBuf,
    sequence: String,
    images: Vec<Image>,
    annotations: Vec<Annotation>,
}

impl PoseTrackWriter {
    /// Finds out whether the file can be written; the source names the sequence.
    pub fn create(path: &Path, header: &Header) -> Result<Self, ExportError> {
        check_place(path).map_err(|reason| ExportError::Create {
            path: path.to_owned(),
            reason,
        })?;
        Ok(Self {
            path: path.to_owned(),
            sequence: header.source.stem(),
            images: Vec::new(),
            annotations: Vec::new(),
        })
    }
}

impl ResultWriter for PoseTrackWriter {
    fn write(&mut self, row: &FrameRow) -> Result<(), ExportError> {
        self.images.push(Image {
            id: row.frame,
            file_name: match &row.file {
                Some(name) => format!("images/{}/{name}", self.sequence),
                None => format!("images/{}/{:06}.jpg", self.sequence, row.frame),
            },
            frame_id: row.frame,
            vid_id: self.sequence.clone(),
            nframes: 0,
            is_labeled: true,
        });
        for person in &row.people {
            let of_coco = coco_joints(&person.keypoints);
            let joints = JOINTS.map(|(_, joint)| joint.map_or([0.0; 3], |joint| of_coco[joint]));
            self.annotations.push(Annotation {
                id: self.annotations.len() as u64,
                image_id: row.frame,
                category_id: 1,
                track_id: person.id,
                bbox: person.bbox,
                keypoints: joints.concat(),
                scores: joints.map(|[_, _, confidence]| confidence).to_vec(),
                score: person.score,
            });
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<PathBuf>, ExportError> {
        let n_frames = self.images.len();
        for image in &mut self.images {
            image.nframes = n_frames;
        }
        let sequence = Sequence {
            images: self.images,
            annotations: self.annotations,
            categories: [Category {
                id: 1,
                name: "person",
                supercategory: "person",
                keypoints: JOINTS.map(|(name, _)| name),
            }],
        };
        write_json(&self.path, &sequence)?;
        Ok(vec![self.path])
    }
}
