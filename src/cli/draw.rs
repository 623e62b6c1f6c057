//! `poseglass draw`: results that are there already, drawn over their recording.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::convert::refuse_input_as_output;
use crate::cli::output;
use crate::cli::progress::{progress_bar, stop_key};
use crate::export::annotate::{AnnotationStyle, annotate};
use crate::export::recorded::RecordedResults;
use crate::export::video::VideoWriter;
use crate::source::{self, SourceSpec};

/// `poseglass draw`
#[derive(Clone, Debug, clap::Args)]
pub struct DrawArgs {
    /// Results of poseglass or of another program, as for `convert`
    #[arg(value_name = "RESULTS")]
    pub results: PathBuf,
    /// The annotated video
    #[arg(value_name = "OUT.mp4")]
    pub video: PathBuf,
    /// The recording, where the results do not say it or it is neither there nor beside them
    #[arg(long, value_name = "FILE")]
    pub recording: Option<PathBuf>,
}

/// Draws frame by frame; the nets are not asked.
pub(super) fn draw(args: &DrawArgs) -> anyhow::Result<()> {
    let (results, recording) = RecordedResults::open(&args.results, args.recording.as_deref())?;
    refuse_input_as_output(&recording, &args.video)?;
    let mut source = source::open(&SourceSpec::Path(recording))?;
    let stop = stop_key()?;
    let mut video = VideoWriter::create(&args.video, source.info().fps_nominal)?;
    let progress = progress_bar(source.info(), None, None);
    let style = AnnotationStyle::default();
    let (mut n_frames, mut n_with_people) = (0_u64, 0_u64);
    while !stop.is_raised() {
        let Some(frame) = source.next_frame()? else {
            break;
        };
        let people = results.people_at(frame.time);
        n_frames += 1;
        n_with_people += u64::from(!people.is_empty());
        let mut image = Arc::unwrap_or_clone(frame.image);
        annotate(&mut image, &people, &style);
        video.write(&image, frame.time)?;
        progress.inc(1);
    }
    progress.finish_and_clear();
    video.finish()?;
    output::print(&format!(
        "{n_frames} frames, {n_with_people} of them with people, written to {}\n",
        args.video.display()
    ))?;
    anyhow::ensure!(
        !stop.is_raised(),
        "stopped by the user before the end; what was written up to here is complete"
    );
    Ok(())
}
