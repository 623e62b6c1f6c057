//! `poseglass track`: a source to its end, results to files.

use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use crate::base::timing::Stopwatch;
use crate::base::worker::StopFlag;
use crate::cli::args::TrackArgs;
use crate::cli::convert::refuse_input_as_output;
use crate::cli::draw::{AnnotatedOutput, is_picture};
use crate::cli::export_args::refuse_output_twice;
use crate::cli::frames::Frames;
use crate::cli::output;
use crate::cli::progress::{progress_bar, stop_key};
use crate::cli::summary::{Summary, Tally};
use crate::export::rows::{Header, ModelRow};
use crate::export::{
    ExportError, ExportOptions, FrameRow, ResultWriter, check_outputs, create_writer, finish_all,
};
use crate::kernels::Precision;
use crate::nn::{self, Nets};
use crate::pipeline::Pipeline;
use crate::source::{FrameSource, SourceInfo, SourceKind, SourceSpec};
use crate::types::FrameResult;

/// Runs the source to its end, to `--end`, or until the user stops it.
pub(super) fn track(args: &TrackArgs) -> anyhow::Result<()> {
    let export_options = ExportOptions {
        one_picture_a_row: args.video.is_some(),
        ..args.export_options.options(&args.export, false)?
    };
    refuse_lost_files(args)?;
    if let (Some(start), Some(end)) = (args.start, args.end) {
        anyhow::ensure!(start < end, "--end is not after --start");
    }
    let stop = stop_key()?;
    let mut frames = Frames::open(&args.source, stop.clone())?;
    if let Some(start) = args.start {
        begin_at(frames.source(), start)?;
    }
    let info = frames.source().info().clone();
    let Nets {
        detector,
        pose,
        reidentifier,
        description: nets,
        pose_loader: _,
    } = nn::load(&args.nets.choice(info.kind.is_live()))?;
    if let Some(reason) = &nets.fallback {
        tracing::warn!("running on {}: {reason}", nets.backend);
    }
    let mut params = args.pipeline.params();
    if reidentifier.is_none() && params.tracker.reidentification {
        tracing::warn!(
            "these weights hold no net that recognizes people: identities come from motion alone"
        );
        params.tracker.reidentification = false;
    }
    let header = Header::new(
        &info,
        ModelRow {
            detector: nets.detector.clone(),
            pose: nets.pose.clone(),
            stacks: nets.stacks,
            flip_test: nets.flip_test,
            precision: (nets.precision != Precision::Full).then(|| nets.precision.to_string()),
            weights_sha256: nets.pose_sha256.clone(),
        },
        &params,
    );
    let mut outputs = Outputs::create(args, &info, &header, &export_options)?;
    let has_outputs = !outputs.is_empty();
    let mut pipeline = Pipeline::new(Box::new(detector), pose, params)
        .with_reidentifier(reidentifier.map(|net| Box::new(net) as _));
    let mut tally = Tally::new();
    let progress = progress_bar(&info, args.start, args.end);
    let began = Instant::now();
    let outcome = run(
        &mut frames,
        &mut pipeline,
        &mut outputs,
        &mut tally,
        &progress,
        args.end,
        &stop,
    );
    progress.finish_and_clear();
    // what was written so far is completed even when the run broke off
    let finished = outputs.finish();
    let wrote_nothing = has_outputs && finished.as_ref().is_ok_and(Vec::is_empty);
    let summary = tally.summary(
        &info.name,
        &nets,
        frames.dropped(),
        began.elapsed(),
        finished.as_ref().cloned().unwrap_or_default(),
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
fn refuse_lost_files(args: &TrackArgs) -> anyhow::Result<()> {
    let exports = || args.export.iter().map(|(_, path)| path.as_path());
    let outputs = || exports().chain(args.video.as_deref());
    refuse_output_twice(outputs())?;
    if let SourceSpec::Path(source) = &args.source {
        for output in outputs() {
            refuse_input_as_output(source, output)?;
        }
    }
    Ok(())
}

/// Makes the frame that is shown at `start` the next one; a recording that is over by then is refused.
fn begin_at(source: &mut dyn FrameSource, start: Duration) -> anyhow::Result<()> {
    let info = source.info().clone();
    anyhow::ensure!(
        info.kind != SourceKind::Picture || start.is_zero(),
        "{} is a single picture, in which nothing begins at {:.3} s: leave --start out",
        info.name,
        start.as_secs_f64()
    );
    source.seek(start)?;
    if info.duration.is_some_and(|duration| start < duration) {
        return Ok(());
    }
    // Where no length is stated, or one that is too short as in damaged or growing files, the frames tell: one that
    // is followed by another is shown until then, however long that is.
    if let Some(shown) = source.next_frame()?
        && shown.time < start
        && source.next_frame()?.is_none()
    {
        anyhow::bail!(
            "{} is over at {:.3} s, its last frame begins at {:.3} s: choose an earlier --start",
            info.name,
            start.as_secs_f64(),
            shown.time.as_secs_f64()
        );
    }
    source.seek(start)?;
    Ok(())
}

fn run(
    frames: &mut Frames,
    pipeline: &mut Pipeline,
    outputs: &mut Outputs,
    tally: &mut Tally,
    progress: &ProgressBar,
    end: Option<Duration>,
    stop: &StopFlag,
) -> anyhow::Result<()> {
    let mut stopwatch = Stopwatch::start();
    while !stop.is_raised() {
        stopwatch.lap();
        let Some(frame) = frames.source().next_frame()? else {
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
        tally.push(source_time, &result, write_time);
        progress.set_message(match result.people.len() {
            1 => "1 person".to_owned(),
            n => format!("{n} people"),
        });
        progress.inc(1);
    }
    Ok(())
}

/// Everything that is written while the source runs.
struct Outputs {
    exports: Vec<Box<dyn ResultWriter>>,
    annotated: Option<AnnotatedOutput>,
}

impl Outputs {
    fn create(
        args: &TrackArgs,
        info: &SourceInfo,
        header: &Header,
        options: &ExportOptions,
    ) -> anyhow::Result<Self> {
        // its name may be refused, and no file is to be replaced then
        if let Some(path) = &args.video {
            is_picture(path, info)?;
        }
        let outputs = args.export.iter().map(|(_, path)| path.as_path());
        check_outputs(outputs.chain(args.video.as_deref()))?;
        let exports = args
            .export
            .iter()
            .map(|(format, path)| create_writer(*format, path, header, options))
            .collect::<Result<Vec<_>, ExportError>>()?;
        let annotated = args
            .video
            .as_deref()
            .map(|path| AnnotatedOutput::create(path, info))
            .transpose()?;
        Ok(Self { exports, annotated })
    }

    fn is_empty(&self) -> bool {
        self.exports.is_empty() && self.annotated.is_none()
    }

    fn write(&mut self, result: &FrameResult) -> Result<(), ExportError> {
        if !self.exports.is_empty() {
            let row = FrameRow::from_result(result);
            for export in &mut self.exports {
                export.write(&row)?;
            }
        }
        if let Some(annotated) = &mut self.annotated {
            let image = result.frame.image.as_ref().clone();
            annotated.write(image, &result.people, result.frame.time)?;
        }
        Ok(())
    }

    /// Completes every file and says which were written; the first failure is told after all have been tried.
    fn finish(self) -> Result<Vec<String>, ExportError> {
        let exported = finish_all(self.exports);
        let annotated = self.annotated.map_or(Ok(None), AnnotatedOutput::finish);
        let (exported, annotated) = (exported?, annotated?);
        let written = exported.iter().chain(&annotated);
        Ok(written.map(|path| path.display().to_string()).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::image::RgbImage;
    use crate::source::SourceError;
    use crate::types::Frame;

    /// When the frames of the recording begin.
    const TIMES_MS: [u64; 4] = [0, 100, 200, 900];

    struct Recording {
        info: SourceInfo,
        next: usize,
    }

    impl FrameSource for Recording {
        fn info(&self) -> &SourceInfo {
            &self.info
        }

        fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
            let index = self.next;
            self.next += 1;
            Ok(TIMES_MS.get(index).map(|ms| Frame {
                index: index as u64,
                time: Duration::from_millis(*ms),
                captured_at: Instant::now(),
                image: Arc::new(RgbImage::filled([1, 1], [0; 3])),
            }))
        }

        fn seek(&mut self, time: Duration) -> Result<(), SourceError> {
            let n_before = TIMES_MS.partition_point(|ms| Duration::from_millis(*ms) <= time);
            self.next = n_before.saturating_sub(1);
            Ok(())
        }
    }

    /// When the first frame begins that a run from `start_ms` on gets, of a recording that says it is so long.
    fn first_ms(start_ms: u64, duration_ms: Option<u64>) -> anyhow::Result<u128> {
        let mut recording = Recording {
            info: SourceInfo {
                name: "walk.mkv".to_owned(),
                kind: SourceKind::Video,
                size: [1, 1],
                rotation: 0,
                // as recorders write it that do not know the rate
                fps_nominal: Some(1000.0),
                n_frames: None,
                duration: duration_ms.map(Duration::from_millis),
                can_seek: true,
                decoder: "test".to_owned(),
            },
            next: 0,
        };
        begin_at(&mut recording, Duration::from_millis(start_ms))?;
        Ok(recording.next_frame()?.unwrap().time.as_millis())
    }

    #[test]
    fn a_run_begins_with_the_frame_that_is_shown_then() {
        for (start_ms, duration_ms, expected_ms) in [
            (0, Some(1000), 0),
            (150, Some(1000), 100),
            (999, Some(1000), 900),
            // what is said of the length is wrong, or nothing
            (800, Some(500), 200),
            (900, Some(500), 900),
            (800, None, 200),
            (900, None, 900),
        ] {
            let found_ms = first_ms(start_ms, duration_ms).unwrap();
            assert_eq!(found_ms, expected_ms, "{start_ms}, {duration_ms:?}");
        }
    }

    #[test]
    fn a_start_at_which_the_recording_is_over_is_refused() {
        for (start_ms, duration_ms) in [
            (1000, Some(1000)),
            (300_000, Some(1000)),
            (901, None),
            (300_000, None),
        ] {
            let error = first_ms(start_ms, duration_ms).unwrap_err().to_string();
            assert!(error.contains("last frame begins at 0.900 s"), "{error}");
        }
    }
}
