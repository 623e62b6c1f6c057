//! `poseglass draw`: results that are there already, drawn over their recording.

use std::path::PathBuf;
use std::sync::Arc;

use indicatif::ProgressBar;

use crate::base::worker::StopFlag;
use crate::cli::convert::refuse_input_as_output;
use crate::cli::output;
use crate::cli::progress::{progress_bar, stop_key};
use crate::export::annotate::{AnnotationStyle, annotate};
use crate::export::recorded::RecordedResults;
use crate::export::video::VideoWriter;
use crate::source::{self, FrameSource, SourceSpec};

/// `poseglass draw`
#[derive(Clone, Debug, clap::Args)]
pub struct DrawArgs {
    /// Results of poseglass or of another program, as for `convert`
    #[arg(value_name = "RESULTS")]
    pub results: PathBuf,
    /// The annotated video
    #[arg(value_name = "OUT.mp4")]
    pub video: PathBuf,
    /// The recording, whatever the results say; without it the one that they name, beside them or where it was
    #[arg(long, value_name = "FILE")]
    pub recording: Option<PathBuf>,
}

/// Draws frame by frame; the nets are not asked.
pub(super) fn draw(args: &DrawArgs) -> anyhow::Result<()> {
    refuse_input_as_output(&args.results, &args.video)?;
    let (results, recording) = match &args.recording {
        Some(recording) => (
            RecordedResults::open_over(&args.results, recording)?,
            recording.clone(),
        ),
        None => RecordedResults::open(&args.results, None)?,
    };
    refuse_input_as_output(&recording, &args.video)?;
    let mut source = source::open(&SourceSpec::Path(recording))?;
    results.warn_of_other_size(source.info());
    let stop = stop_key()?;
    let mut video = VideoWriter::create(&args.video, source.info().fps_nominal)?;
    let progress = progress_bar(source.info(), None, None);
    let mut counts = Counts::default();
    let outcome = run(
        source.as_mut(),
        &results,
        &mut video,
        &mut counts,
        &progress,
        &stop,
    );
    progress.finish_and_clear();
    // what was drawn so far is completed even when the recording broke off
    let written = match video.finish()? {
        Some(path) => format!("written to {}", path.display()),
        None => "nothing was written".to_owned(),
    };
    output::print(&format!(
        "{} frames, {} of them with people, {written}\n",
        counts.frames, counts.with_people
    ))?;
    outcome?;
    anyhow::ensure!(
        !stop.is_raised(),
        "stopped by the user before the end; what was written up to here is complete"
    );
    Ok(())
}

/// How many frames were drawn.
#[derive(Default)]
struct Counts {
    frames: u64,
    with_people: u64,
}

/// Draws to the recording's end, or until the user stops it.
fn run(
    source: &mut dyn FrameSource,
    results: &RecordedResults,
    video: &mut VideoWriter,
    counts: &mut Counts,
    progress: &ProgressBar,
    stop: &StopFlag,
) -> anyhow::Result<()> {
    let style = AnnotationStyle::default();
    while !stop.is_raised() {
        let Some(frame) = source.next_frame()? else {
            break;
        };
        let people = results.people_at(frame.time);
        let mut image = Arc::unwrap_or_clone(frame.image);
        annotate(&mut image, &people, &style);
        video.write(&image, frame.time)?;
        counts.frames += 1;
        counts.with_people += u64::from(!people.is_empty());
        progress.inc(1);
    }
    Ok(())
}
