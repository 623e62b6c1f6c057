//! Who is who from frame to frame, and joints that do not tremble.

pub mod assign;
mod followed;
pub mod one_euro;
mod similarity;
pub mod smoothing;
pub mod tracker;

pub use tracker::{Tracker, TrackerParams};
