//! `poseglass track`: a source to its end, results to files.

use std::time::Instant;

use indicatif::ProgressBar;

use crate::base::worker::StopFlag;
use crate::cli::args::TrackArgs;
use crate::cli::convert::refuse_input_as_output;
use crate::cli::export_args::refuse_output_twice;
use crate::cli::frames::Frames;
use crate::cli::output;
use crate::cli::progress::{progress_bar, stop_key};
use crate::cli::summary::{Summary, Tally};
use crate::export::ExportOptions;
use crate::source::SourceSpec;
use crate::whole_run::{
    FrameDone, LoadedRun, OutputPaths, Outputs, RunWatcher, begin_at, load, run,
};

/// Runs the source to its end, to `--end`, or until the user stops it.
pub(super) fn track(args: &TrackArgs) -> anyhow::Result<()> {
    let export_options = ExportOptions {
        one_picture_a_row: args.video.is_some(),
        ..args.export_options.options(&args.export, false)?
    };
    let paths = OutputPaths {
        exports: args.export.clone(),
        video: args.video.clone(),
    };
    refuse_lost_files(&args.source, &paths)?;
    if let (Some(start), Some(end)) = (args.start, args.end) {
        anyhow::ensure!(start < end, "--end is not after --start");
    }
    let stop = stop_key()?;
    let source = args.pictures.source(args.source.clone())?;
    let mut frames = Frames::open(&source, stop.clone())?;
    if let Some(start) = args.start {
        begin_at(frames.source(), start)?;
    }
    let info = frames.source().info().clone();
    let choice = args.nets.choice(info.kind.is_live());
    let LoadedRun {
        mut nets,
        description,
        pose_loader: _,
    } = load(&choice, args.pipeline.params())?;
    let mut outputs = Outputs::create(&paths, &info, &nets.header(&info), &export_options)?;
    let has_outputs = !outputs.is_empty();
    let mut tally = Tally::new();
    let progress = progress_bar(&info, args.start, args.end);
    let began = Instant::now();
    let outcome = run(
        frames.source(),
        &mut nets.pipeline,
        &mut outputs,
        args.end,
        &mut Counting {
            tally: &mut tally,
            progress: &progress,
            stop: &stop,
        },
    );
    progress.finish_and_clear();
    // what was written so far is completed even when the run broke off
    let finished = outputs.finish();
    let written = finished.as_deref().unwrap_or_default();
    let wrote_nothing = has_outputs && finished.is_ok() && written.is_empty();
    let summary = tally.summary(
        &info.name,
        &description,
        frames.dropped(),
        began.elapsed(),
        written,
    );
    let printed = print_summary(&summary, args.json, wrote_nothing);
    // why the run broke off comes first, though its files could not be completed either
    if let (Err(_), Err(error)) = (&outcome, &finished) {
        tracing::warn!("{error}");
    }
    outcome?;
    finished?;
    printed?;
    if tally.frames() == 0 {
        anyhow::bail!(
            "{} gave no frames in the time that was asked for",
            info.name
        );
    }
    if stop.is_raised() && !info.kind.is_live() {
        anyhow::bail!(
            "stopped by the user before the end; what was written up to here is complete"
        );
    }
    Ok(())
}

fn print_summary(summary: &Summary, as_json: bool, wrote_nothing: bool) -> anyhow::Result<()> {
    let text = if as_json {
        serde_json::to_string_pretty(summary)? + "\n"
    } else if wrote_nothing {
        format!("{summary}nothing was written\n")
    } else {
        summary.to_string()
    };
    Ok(output::print(&text)?)
}

/// Neither the source nor another output is written over.
fn refuse_lost_files(source: &SourceSpec, outputs: &OutputPaths) -> anyhow::Result<()> {
    refuse_output_twice(outputs.all())?;
    if let Some(source) = source.path() {
        for output in outputs.all() {
            refuse_input_as_output(source, output)?;
        }
    }
    Ok(())
}

/// Counts the frames that are done, until the user stops it.
struct Counting<'a> {
    tally: &'a mut Tally,
    progress: &'a ProgressBar,
    stop: &'a StopFlag,
}

impl RunWatcher for Counting<'_> {
    fn goes_on(&mut self) -> bool {
        !self.stop.is_raised()
    }

    fn frame_done(&mut self, done: &FrameDone<'_>) {
        self.tally.push(done);
        self.progress.set_message(match done.people.len() {
            1 => "1 person".to_owned(),
            n => format!("{n} people"),
        });
        self.progress.inc(1);
    }
}
