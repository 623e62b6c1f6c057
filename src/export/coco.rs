//! COCO keypoint results: one array of people, for evaluation by pycocotools and its relatives.
//!
//! `image_id` is the frame's number. Joints are as the net saw them, without smoothing; one that was not found is `0, 0, 0`.

use std::path::Path;

use serde::Serialize;

use crate::export::rows::FrameRow;
use crate::export::text_file::JsonArrayFile;
use crate::export::{ExportError, ResultWriter};
use crate::skeleton::N_JOINTS;

/// COCO's number of the category "person".
const PERSON: u32 = 1;

/// A person of a results file; readers ignore `bbox` and `track_id` where they do not need them.
#[derive(Serialize)]
struct Entry {
    image_id: u64,
    category_id: u32,
    /// `[x, y, confidence]` for each joint, one after the other.
    keypoints: Vec<f64>,
    score: f64,
    bbox: [f64; 4],
    track_id: u32,
}

/// Writes a results file.
#[derive(Debug)]
pub struct CocoWriter {
    file: JsonArrayFile,
}

impl CocoWriter {
    /// Makes the file.
    pub fn create(path: &Path) -> Result<Self, ExportError> {
        Ok(Self {
            file: JsonArrayFile::create(path)?,
        })
    }
}

impl ResultWriter for CocoWriter {
    fn write(&mut self, row: &FrameRow) -> Result<(), ExportError> {
        for person in &row.people {
            let joints = person.keypoints.map(Option::unwrap_or_default);
            let entry = Entry {
                image_id: row.frame,
                category_id: PERSON,
                keypoints: joints.concat(),
                score: person.score,
                bbox: person.bbox,
                track_id: person.id,
            };
            debug_assert_eq!(entry.keypoints.len(), 3 * N_JOINTS);
            self.file.push(&entry)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        self.file.finish()
    }
}
