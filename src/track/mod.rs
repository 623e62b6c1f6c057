//! Who is who from frame to frame, and joints that do not tremble.

mod appearance;
pub mod assign;
mod followed;
mod gallery;
mod looks;
pub mod one_euro;
mod recognition;
pub mod selection;
mod similarity;
pub mod smoothing;
pub mod tracker;

pub use recognition::{Look, Recognition};
pub use selection::{BadSelection, Selection, Selector};
pub use similarity::without_duplicates;
pub use tracker::{Tracker, TrackerParams};
