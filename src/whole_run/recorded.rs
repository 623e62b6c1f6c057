//! Results that are there already, written in other formats and drawn over their recording: the nets are not asked.

use std::time::Duration;

use crate::base::timing::Stopwatch;
use crate::export::RecordedResults;
use crate::source::FrameSource;
use crate::track::{Selection, Selector};
use crate::types::StageTimes;
use crate::whole_run::annotated::AnnotatedOutput;
use crate::whole_run::error::RunError;
use crate::whole_run::outputs::Outputs;
use crate::whole_run::run::{FrameDone, RunWatcher};

/// Writes every frame of the results to the files of results, and every frame of the recording to the annotated one.
///
/// The watcher hears of the recording's frames where they are drawn, of those of the results otherwise.
pub fn run_recorded(
    source: &mut dyn FrameSource,
    results: &RecordedResults,
    selection: Selection,
    outputs: &mut Outputs,
    watcher: &mut dyn RunWatcher,
) -> Result<(), RunError> {
    if outputs.has_results() {
        write_rows(results, selection, outputs, watcher)?;
    }
    match &mut outputs.annotated {
        Some(annotated) => draw_over(source, results, selection, annotated, watcher),
        None => Ok(()),
    }
}

/// The frames as they stand in the results, with those people whom results are about.
fn write_rows(
    results: &RecordedResults,
    selection: Selection,
    outputs: &mut Outputs,
    watcher: &mut dyn RunWatcher,
) -> Result<(), RunError> {
    let is_told = outputs.annotated.is_none();
    let mut selector = Selector::default();
    let mut stopwatch = Stopwatch::start();
    for row in results.rows() {
        if !watcher.goes_on() {
            break;
        }
        stopwatch.lap();
        let time = Duration::try_from_secs_f64(row.time_s).unwrap_or_default();
        let people = selector.choose(selection, time, row.people());
        // not made of the people: their numbers would be rounded once more
        let mut row = row.clone();
        row.people
            .retain(|person| people.iter().any(|chosen| chosen.id.0 == person.id));
        outputs.write_row(&row)?;
        if is_told {
            watcher.frame_done(&FrameDone {
                time,
                people: &people,
                times: StageTimes::default(),
                source_time: Duration::ZERO,
                write_time: Some(stopwatch.lap()),
            });
        }
    }
    Ok(())
}

/// Draws the results over their recording, to its end or until the watcher ends it.
pub fn draw_over(
    source: &mut dyn FrameSource,
    results: &RecordedResults,
    selection: Selection,
    annotated: &mut AnnotatedOutput,
    watcher: &mut dyn RunWatcher,
) -> Result<(), RunError> {
    let mut selector = Selector::default();
    let mut stopwatch = Stopwatch::start();
    while watcher.goes_on() {
        stopwatch.lap();
        let Some(frame) = source.next_frame()? else {
            break;
        };
        let source_time = stopwatch.lap();
        let people = selector.choose(selection, frame.time, results.people_in(&frame));
        annotated.write(frame.image, &people, frame.time)?;
        watcher.frame_done(&FrameDone {
            time: frame.time,
            people: &people,
            times: StageTimes::default(),
            source_time,
            write_time: Some(stopwatch.lap()),
        });
    }
    Ok(())
}
