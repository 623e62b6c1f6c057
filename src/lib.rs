//! poseglass follows people's poses in live and recorded video.
//!
//! A source gives frames, a detector finds people, each person's crop goes through a stacked hourglass,
//! a tracker keeps identities, and the results go to the screen and to files:
//!
//! ```text
//! source ─Frame─▶ PersonDetector ─Detection─▶ warp ─PersonCrop─▶ PoseNet ─Heatmaps─▶ codec
//!        ─PersonPose─▶ Tracker ─TrackedPose─▶ FrameResult ─▶ window │ export │ eval
//! ```
//!
//! Modules from the bottom up; each uses lower ones only (`tests/tidy.rs` checks it).

pub mod base;

pub mod geom;
pub mod kernels;

pub mod image;
pub mod skeleton;

pub mod types;

pub mod codec;
pub mod seam;

pub mod measure;
pub mod nn;
pub mod refine;
pub mod track;

pub mod pipeline;
pub mod source;

pub mod eval;
pub mod export;

pub mod whole_run;

pub mod engine;

pub mod cli;
#[cfg(feature = "gui")]
pub mod gui;
