//! Frame after frame through the pipeline into the files.

use std::time::Duration;

use crate::base::timing::Stopwatch;
use crate::pipeline::Pipeline;
use crate::source::FrameSource;
use crate::types::{StageTimes, TrackedPose};
use crate::whole_run::error::RunError;
use crate::whole_run::outputs::Outputs;

/// A frame that is done.
#[derive(Clone, Copy, Debug)]
pub struct FrameDone<'a> {
    /// Its presentation time.
    pub time: Duration,
    /// Everyone in it whom results are about.
    pub people: &'a [TrackedPose],
    /// Where the time of the nets went; nowhere where they are not asked.
    pub times: StageTimes,
    /// How long the frame took to be read.
    pub source_time: Duration,
    /// How long it took to be written, where anything is written.
    pub write_time: Option<Duration>,
}

/// Hears how far a run is, and may end it.
pub trait RunWatcher {
    /// Asked before each frame: whether it is still wanted. The run ends otherwise, which is no error.
    fn goes_on(&mut self) -> bool;

    /// A frame is done.
    fn frame_done(&mut self, done: &FrameDone<'_>);
}

/// Works on the source's frames until its end, until the first frame at `end` or later, or until the watcher ends it.
pub fn run(
    source: &mut dyn FrameSource,
    pipeline: &mut Pipeline,
    outputs: &mut Outputs,
    end: Option<Duration>,
    watcher: &mut dyn RunWatcher,
) -> Result<(), RunError> {
    let mut stopwatch = Stopwatch::start();
    while watcher.goes_on() {
        stopwatch.lap();
        let Some(frame) = source.next_frame()? else {
            break;
        };
        if end.is_some_and(|end| end <= frame.time) {
            break;
        }
        let source_time = stopwatch.lap();
        let result = pipeline.process(frame)?;
        stopwatch.lap();
        outputs.write(&result)?;
        let write_time = (!outputs.is_empty()).then(|| stopwatch.lap());
        watcher.frame_done(&FrameDone {
            time: result.frame.time,
            people: &result.people,
            times: result.times,
            source_time,
            write_time,
        });
    }
    Ok(())
}
