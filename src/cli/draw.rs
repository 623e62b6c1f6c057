//! `poseglass draw`: results that are there already, drawn over their recording.

use std::path::PathBuf;

use indicatif::ProgressBar;

use crate::base::worker::StopFlag;
use crate::cli::convert::refuse_input_as_output;
use crate::cli::output;
use crate::cli::progress::{progress_bar, stop_key};
use crate::cli::source_args::PictureArgs;
use crate::export::recorded::RecordedResults;
use crate::source;
use crate::track::Selection;
use crate::whole_run::{AnnotatedOutput, FrameDone, RunWatcher, draw_over};

/// `poseglass draw`
#[derive(Clone, Debug, clap::Args)]
pub struct DrawArgs {
    /// Results of poseglass or of another program, as for `convert`
    #[arg(value_name = "RESULTS")]
    pub results: PathBuf,
    /// The annotated video; for a single picture OUT may also be a .png or .jpg
    #[arg(value_name = "OUT.mp4")]
    pub output: PathBuf,
    /// The recording, whatever the results say; without it the one that they name, beside them or where it was
    #[arg(long, value_name = "FILE")]
    pub recording: Option<PathBuf>,
    /// What a folder of pictures does not say
    #[command(flatten)]
    pub pictures: PictureArgs,
}

/// Draws frame by frame; the nets are not asked.
pub(super) fn draw(args: &DrawArgs) -> anyhow::Result<()> {
    refuse_input_as_output(&args.results, &args.output)?;
    let (results, recording) = match &args.recording {
        Some(recording) => (
            RecordedResults::open_over(&args.results, recording)?,
            recording.clone(),
        ),
        None => RecordedResults::open(&args.results, None)?,
    };
    refuse_input_as_output(&recording, &args.output)?;
    let recording = args.pictures.source(results.source_of(recording))?;
    let mut source = source::open(&recording)?;
    if let Some(warning) = results.warning_about(source.info()) {
        tracing::warn!("{warning}");
    }
    let stop = stop_key()?;
    let mut annotated = AnnotatedOutput::create(&args.output, source.info())?;
    let progress = progress_bar(source.info(), None, None);
    let mut counting = Counting {
        frames: 0,
        with_people: 0,
        progress: &progress,
        stop: &stop,
    };
    let outcome = draw_over(
        source.as_mut(),
        &results,
        Selection::Everyone,
        &mut annotated,
        &mut counting,
    );
    progress.finish_and_clear();
    // what was drawn so far is completed even when the recording broke off
    let written = match annotated.finish()? {
        Some(path) => format!("written to {}", path.display()),
        None => "nothing was written".to_owned(),
    };
    output::print(&format!(
        "{} frames, {} of them with people, {written}\n",
        counting.frames, counting.with_people
    ))?;
    outcome?;
    anyhow::ensure!(
        !stop.is_raised(),
        "stopped by the user before the end; what was written up to here is complete"
    );
    Ok(())
}

/// Counts the frames that were drawn, until the user stops it.
struct Counting<'a> {
    frames: u64,
    with_people: u64,
    progress: &'a ProgressBar,
    stop: &'a StopFlag,
}

impl RunWatcher for Counting<'_> {
    fn goes_on(&mut self) -> bool {
        !self.stop.is_raised()
    }

    fn frame_done(&mut self, done: &FrameDone<'_>) {
        self.frames += 1;
        self.with_people += u64::from(!done.people.is_empty());
        self.progress.inc(1);
    }
}
