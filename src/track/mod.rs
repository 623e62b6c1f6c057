//! Who is who from frame to frame, and joints that do not tremble.

pub mod assign;
mod followed;
pub mod one_euro;
pub mod selection;
mod similarity;
pub mod smoothing;
pub mod tracker;

pub use selection::{BadSelection, Selection, Selector};
pub use tracker::{Tracker, TrackerParams};
