//! `poseglass track`: a source to its end, results to files.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use crate::base::timing::Stopwatch;
use crate::base::worker::StopFlag;
use crate::cli::args::TrackArgs;
use crate::cli::convert::refuse_input_as_output;
use crate::cli::export_args::refuse_output_twice;
use crate::cli::frames::Frames;
use crate::cli::output;
use crate::cli::progress::{progress_bar, stop_key};
use crate::cli::summary::Tally;

use crate::export::annotate::{AnnotationStyle, annotate};
use crate::export::picture;
use crate::export::rows::{Header, ModelRow};
use crate::export::video::VideoWriter;
use crate::export::{
    ExportError, ExportOptions, FrameRow, ResultWriter, create_writer, finish_all,
};
use crate::kernels::Precision;
use crate::nn::{self, Nets};
use crate::pipeline::Pipeline;
use crate::source::{SourceInfo, SourceKind, SourceSpec};
use crate::types::FrameResult;

/// Runs the source to its end, to `--end`, or until the user stops it.
pub(super) fn track(args: &TrackArgs) -> anyhow::Result<()> {
    let export_options = ExportOptions {
        one_picture_a_row: args.video.is_some(),
        ..args.export_options.options(&args.export, false)?
    };
    refuse_lost_files(args)?;
    let stop = stop_key()?;
    let mut frames = Frames::open(&args.source, stop.clone())?;
    if let Some(start) = args.start {
        frames.source().seek(start)?;
    }
    let Nets {
        detector,
        pose,
        reidentifier,
        description: nets,
        pose_loader: _,
    } = nn::load(&args.nets.choice())?;
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
    let info = frames.source().info().clone();
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
    let written = outputs.finish()?;
    let wrote_nothing = has_outputs && written.is_empty();
    let summary = tally.summary(
        &info.name,
        &nets,
        frames.dropped(),
        began.elapsed(),
        written,
    );
    if args.json {
        output::print(&(serde_json::to_string_pretty(&summary)? + "\n"))?;
    } else {
        let last_line = if wrote_nothing {
            "nothing was written\n"
        } else {
            ""
        };
        output::print(&format!("{summary}{last_line}"))?;
    }
    outcome?;
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
    video: Option<VideoWriter>,
    /// The annotated picture of a source that is a single picture.
    picture: Option<PathBuf>,
    /// The same once it is there.
    saved_picture: Option<PathBuf>,
    style: AnnotationStyle,
}

impl Outputs {
    fn create(
        args: &TrackArgs,
        info: &SourceInfo,
        header: &Header,
        options: &ExportOptions,
    ) -> anyhow::Result<Self> {
        let mut outputs = Self {
            exports: Vec::new(),
            video: None,
            picture: None,
            saved_picture: None,
            style: AnnotationStyle::default(),
        };
        for (format, path) in &args.export {
            let writer = create_writer(*format, path, header, options)?;
            outputs.exports.push(writer);
        }
        if let Some(path) = &args.video {
            if is_picture(path) {
                anyhow::ensure!(
                    info.kind == SourceKind::Picture,
                    "{} is a picture, but {} has many frames: write --video OUT.mp4",
                    path.display(),
                    info.name
                );
                outputs.picture = Some(path.clone());
            } else {
                outputs.video = Some(VideoWriter::create(path, info.fps_nominal)?);
            }
        }
        Ok(outputs)
    }

    fn is_empty(&self) -> bool {
        self.exports.is_empty() && self.video.is_none() && self.picture.is_none()
    }

    fn write(&mut self, result: &FrameResult) -> Result<(), ExportError> {
        if !self.exports.is_empty() {
            let row = FrameRow::from_result(result);
            for export in &mut self.exports {
                export.write(&row)?;
            }
        }
        if let Some(video) = &mut self.video {
            let mut image = result.frame.image.as_ref().clone();
            annotate(&mut image, &result.people, &self.style);
            video.write(&image, result.frame.time)?;
        }
        if let Some(path) = &self.picture {
            picture::save_annotated(path, result, &self.style)?;
            self.saved_picture = Some(path.clone());
        }
        Ok(())
    }

    /// Completes every file and says which were written; the first failure is told after all have been tried.
    fn finish(self) -> Result<Vec<String>, ExportError> {
        let exported = finish_all(self.exports);
        let filmed = self.video.map_or(Ok(None), VideoWriter::finish);
        let (exported, filmed) = (exported?, filmed?);
        let written = exported.iter().chain(&filmed).chain(&self.saved_picture);
        Ok(written.map(|path| path.display().to_string()).collect())
    }
}

fn is_picture(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| {
            ["png", "jpg", "jpeg"].contains(&extension.to_ascii_lowercase().as_str())
        })
}
