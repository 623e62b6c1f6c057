//! How good the results are: the figures of COCO's keypoint evaluation.
//!
//! ```text
//! annotations.json ─GroundTruth─┐
//!                               ├─evaluate─▶ KeypointFigures ─report─▶ text │ JSON
//! results.json ───────Results───┘
//! ```
//!
//! The rules are those of pycocotools 2.0 (`COCOeval(iouType="keypoints")`), down to the order in which equal
//! scores are taken; `tests/score.rs` compares the figures. Everything here is f64, as there.

pub mod average_precision;
pub mod dataset;
pub mod error;
pub mod figures;
pub mod id;
mod json;
pub mod matching;
pub mod oks;
pub mod report;
pub mod results;

pub use dataset::{AnnotatedPerson, Annotation, GroundTruth, LabeledImage};
pub use error::EvalError;
pub use figures::{KeypointFigures, evaluate};
pub use id::Id;
pub use results::{KeypointResult, Results};
