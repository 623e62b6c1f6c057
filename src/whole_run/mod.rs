//! A recording to its end, results to files: what `track` and `draw` do on the command line, and an export in the window.
//!
//! Plain synchronous code without threads: a [`RunWatcher`] hears of each frame that is done, and may end the run.

mod annotated;
mod beginning;
mod error;
mod nets;
mod outputs;
mod recorded;
mod run;

pub use annotated::AnnotatedOutput;
pub use beginning::begin_at;
pub use error::{OutputError, RunError, StartError};
pub use nets::{LoadedRun, RunPipeline, load, model_row, warn_of_less};
pub use outputs::{OutputPaths, Outputs};
pub use recorded::{draw_over, run_recorded};
pub use run::{FrameDone, RunWatcher, run};
