//! How good the results are: the figures of COCO's keypoint evaluation, shares of correct keypoints, and how well
//! identities were followed.
//!
//! ```text
//! annotations.json ─GroundTruth─┬─evaluate────────▶ KeypointFigures ─┐
//! results.json ───────Results───┴─evaluate_joints─▶ JointFigures ────┼─report─▶ text │ JSON
//! gt.txt, results.txt ─Tracks─────evaluate_tracks─▶ TrackFigures ────┘
//! ```
//!
//! The rules of the first are those of pycocotools 2.0 (`COCOeval(iouType="keypoints")`), down to the order in which equal
//! scores are taken; `tests/score.rs` compares the figures. Everything here is f64, as there.

pub mod average_precision;
pub mod dataset;
pub mod error;
pub mod figures;
pub mod id;
mod json;
pub mod matching;
pub mod mot;
pub mod mot_file;
pub mod oks;
pub mod pck;
pub mod report;
pub mod results;

pub use dataset::{AnnotatedPerson, Annotation, GroundTruth, LabeledImage};
pub use error::EvalError;
pub use figures::{KeypointFigures, evaluate};
pub use id::Id;
pub use mot::{TrackFigures, evaluate_tracks};
pub use mot_file::Tracks;
pub use pck::{JointFigures, JointParams, Reach, evaluate_joints};
pub use results::{KeypointResult, Results};
