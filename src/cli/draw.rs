//! `poseglass draw`: results that are there already, drawn over their recording.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indicatif::ProgressBar;

use crate::base::worker::StopFlag;
use crate::cli::convert::refuse_input_as_output;
use crate::cli::output;
use crate::cli::progress::{progress_bar, stop_key};
use crate::export::ExportError;
use crate::export::annotate::{AnnotationStyle, annotate};
use crate::export::picture::save_rgb;
use crate::export::recorded::RecordedResults;
use crate::export::video::VideoWriter;
use crate::image::RgbImage;
use crate::source::{self, FrameSource, SourceInfo, SourceKind, SourceSpec};
use crate::types::TrackedPose;

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
    let mut source = source::open(&SourceSpec::Path(recording))?;
    if let Some(warning) = results.warning_about(source.info()) {
        tracing::warn!("{warning}");
    }
    let stop = stop_key()?;
    let mut annotated = AnnotatedOutput::create(&args.output, source.info())?;
    let progress = progress_bar(source.info(), None, None);
    let mut counts = Counts::default();
    let outcome = run(
        source.as_mut(),
        &results,
        &mut annotated,
        &mut counts,
        &progress,
        &stop,
    );
    progress.finish_and_clear();
    // what was drawn so far is completed even when the recording broke off
    let written = match annotated.finish()? {
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
    annotated: &mut AnnotatedOutput,
    counts: &mut Counts,
    progress: &ProgressBar,
    stop: &StopFlag,
) -> anyhow::Result<()> {
    while !stop.is_raised() {
        let Some(frame) = source.next_frame()? else {
            break;
        };
        let people = results.people_at(frame.time);
        let image = Arc::unwrap_or_clone(frame.image);
        annotated.write(image, &people, frame.time)?;
        counts.frames += 1;
        counts.with_people += u64::from(!people.is_empty());
        progress.inc(1);
    }
    Ok(())
}

/// The frames of a source with their people drawn on them: a video, or where it is a single picture a picture.
pub(super) enum AnnotatedOutput {
    Video(Box<VideoWriter>),
    Picture { path: PathBuf, is_saved: bool },
}

impl AnnotatedOutput {
    /// Makes the file of a video; a name that does not go with the source is refused.
    pub(super) fn create(path: &Path, source: &SourceInfo) -> anyhow::Result<Self> {
        Ok(if is_picture(path, source)? {
            Self::Picture {
                path: path.to_owned(),
                is_saved: false,
            }
        } else {
            Self::Video(Box::new(VideoWriter::create(path, source.fps_nominal)?))
        })
    }

    /// Draws people on their frame and adds it.
    pub(super) fn write(
        &mut self,
        mut image: RgbImage,
        people: &[TrackedPose],
        time: Duration,
    ) -> Result<(), ExportError> {
        annotate(&mut image, people, &AnnotationStyle::default());
        match self {
            Self::Video(video) => video.write(&image, time),
            Self::Picture { path, is_saved } => {
                save_rgb(path, &image)?;
                *is_saved = true;
                Ok(())
            }
        }
    }

    /// Completes the file and says where it is; without a frame there is none.
    pub(super) fn finish(self) -> Result<Option<PathBuf>, ExportError> {
        match self {
            Self::Video(video) => video.finish(),
            Self::Picture { path, is_saved } => Ok(is_saved.then_some(path)),
        }
    }
}

/// Whether a file of this name is to be a picture, which only a single picture can become.
pub(super) fn is_picture(path: &Path, source: &SourceInfo) -> anyhow::Result<bool> {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("png" | "jpg" | "jpeg") => {
            anyhow::ensure!(
                source.kind == SourceKind::Picture,
                "{} is a picture, but {} has many frames: write OUT.mp4",
                path.display(),
                source.name
            );
            Ok(true)
        }
        // pictures of these kinds are read, and a video of such a name would be taken for one
        Some("webp" | "bmp" | "gif" | "tif" | "tiff") => anyhow::bail!(
            "{} is of a kind that is not written: write OUT.mp4, or for a single picture OUT.png or OUT.jpg",
            path.display()
        ),
        Some("mp4" | "m4v" | "mov") => Ok(false),
        _ => anyhow::bail!(
            "{} is no name of a video that is written: write OUT.mp4",
            path.display()
        ),
    }
}
