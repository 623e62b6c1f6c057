//! How results of any known program are read; commands that take such a file have these options.

use std::path::{Path, PathBuf};

use crate::cli::export_args::parse_positive;
use crate::export::ReadError;
use crate::export::reader::{InputFormat, ReadOptions, TimeSource};

/// What results do not say of themselves.
#[derive(Clone, Debug, clap::Args)]
pub struct ReadArgs {
    /// What IN is, instead of what it looks like: jsonl, openpose, coco, alphapose, trc
    #[arg(long, value_name = "FORMAT")]
    pub from: Option<InputFormat>,
    /// Take times and size from the video that IN is of, or from the folder of pictures, which tells also which of them
    /// is meant; formats other than jsonl and trc have no times of their own and need this or --fps
    #[arg(long, value_name = "FILE")]
    pub video: Option<PathBuf>,
    /// Without the video, or for a folder of pictures that are its frames: how many there are in a second, if they follow
    /// each other evenly
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub fps: Option<f64>,
    /// The number that IN gives to the video's first frame
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub first_frame: u32,
    /// Where IN does not say who is who, number people by their order in each frame instead of following them
    #[arg(long)]
    pub keep_order: bool,
}

impl ReadArgs {
    /// The same as the reader's own settings, and what the file is.
    pub fn options(
        &self,
        input: &Path,
        meters_per_pixel: Option<f64>,
    ) -> Result<(ReadOptions, InputFormat), ReadError> {
        let format = match self.from {
            Some(format) => format,
            None => InputFormat::of(input)?,
        };
        let times = match (&self.video, self.fps) {
            (Some(folder), Some(rate_hz)) => TimeSource::Pictures {
                folder: folder.clone(),
                rate_hz,
            },
            (Some(video), None) => TimeSource::Video(video.clone()),
            (None, Some(fps)) => TimeSource::Rate(fps),
            (None, None) => TimeSource::InFile,
        };
        let options = ReadOptions {
            format: Some(format),
            times,
            first_frame: self.first_frame,
            meters_per_pixel,
            keep_order: self.keep_order,
        };
        Ok((options, format))
    }
}
