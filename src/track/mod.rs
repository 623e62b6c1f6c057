//! Who is who from frame to frame, and joints that do not tremble.

pub mod tracker;

pub use tracker::{Tracker, TrackerParams};
