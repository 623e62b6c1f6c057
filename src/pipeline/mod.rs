//! Frame in, people out: plain synchronous code without threads, the same for window, command line and evaluation.
//!
//! Nothing here asks for the time of day; times come with the frames, and stopwatches only measure.

mod appearance;
mod candidates;
mod detector_turn;
mod dial;
pub mod estimate;
pub mod params;
mod process;

pub use dial::BudgetDial;
pub use estimate::PoseEstimator;
pub use params::PipelineParams;
pub use process::{Pipeline, PipelineMemory};
