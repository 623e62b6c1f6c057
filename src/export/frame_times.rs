//! When the frames of a file were shown that does not say so itself.

use std::time::Duration;

use crate::export::ReadError;
use crate::export::header::SourceRow;
use crate::export::picture_places::PicturePlaces;
use crate::export::reader::TimeSource;
use crate::source::{self, FrameSource, SourceInfo, SourceSpec};

/// Gives each number in a file its place in the recording and its time.
#[derive(Debug)]
pub(super) struct FrameTimes {
    first_frame: u32,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    InFile,
    Rate(f64),
    Video {
        info: SourceInfo,
        /// The whole video's, in seconds.
        times_secs: Vec<f64>,
        /// Names of the pictures, where it is a folder of them.
        pictures: Option<Vec<String>>,
    },
}

impl FrameTimes {
    /// Reads the video to its end where there is one and only its frames themselves tell when they are shown.
    pub(super) fn open(times: &TimeSource, first_frame: u32) -> Result<Self, ReadError> {
        let kind = match times {
            TimeSource::InFile => Kind::InFile,
            TimeSource::Rate(rate_hz) => Kind::Rate(*rate_hz),
            TimeSource::Video(path) => video(&SourceSpec::Path(path.clone()))?,
            TimeSource::Pictures { folder, rate_hz } => video(&SourceSpec::Pictures {
                folder: folder.clone(),
                rate_hz: *rate_hz,
            })?,
        };
        Ok(Self { first_frame, kind })
    }

    /// What the header says about the video.
    pub(super) fn source(&self) -> Option<SourceRow> {
        match &self.kind {
            Kind::Video { info, .. } => Some(SourceRow::of(info)),
            Kind::InFile | Kind::Rate(_) => None,
        }
    }

    /// The rate that the user stated.
    pub(super) const fn rate_hz(&self) -> Option<f64> {
        match self.kind {
            Kind::Rate(rate_hz) => Some(rate_hz),
            Kind::InFile | Kind::Video { .. } => None,
        }
    }

    /// The number that the file gives to the first frame.
    pub(super) fn first_frame(&self) -> u64 {
        u64::from(self.first_frame)
    }

    /// How many frames there are at most, and at least where there is a video.
    pub(super) const fn n_frames(&self) -> Option<usize> {
        match &self.kind {
            Kind::Video { times_secs, .. } => Some(times_secs.len()),
            Kind::InFile | Kind::Rate(_) => None,
        }
    }

    /// The numbers that the file gives to the pictures of a folder, by their names; `None` where the recording is no folder.
    pub(super) fn pictures(&self) -> Option<PicturePlaces<'_>> {
        match &self.kind {
            Kind::Video {
                pictures: Some(names),
                ..
            } => Some(PicturePlaces::new(names, self.first_frame())),
            Kind::Video { pictures: None, .. } | Kind::InFile | Kind::Rate(_) => None,
        }
    }

    /// Name of the picture at a place in a folder, counted from 0.
    pub(super) fn file(&self, frame: u64) -> Option<&str> {
        match &self.kind {
            Kind::Video {
                pictures: Some(names),
                ..
            } => names.get(usize::try_from(frame).ok()?).map(String::as_str),
            Kind::Video { pictures: None, .. } | Kind::InFile | Kind::Rate(_) => None,
        }
    }

    /// The time of the frame at a place in the recording, counted from 0; `in_file` is what the file says.
    ///
    /// A video knows better than a file: some programs spread times evenly.
    pub(super) fn secs(&self, frame: u64, in_file: Option<f64>) -> Option<f64> {
        match &self.kind {
            Kind::InFile => in_file,
            // what the user says about the frames, not what the program makes of an index
            Kind::Rate(rate_hz) => Some(frame as f64 / rate_hz),
            Kind::Video { times_secs, .. } => times_secs.get(usize::try_from(frame).ok()?).copied(),
        }
    }
}

fn video(spec: &SourceSpec) -> Result<Kind, ReadError> {
    let mut video = source::open(spec)?;
    let times = match video.frame_times() {
        Some(times) => times,
        None => shown_times(video.as_mut())?,
    };
    Ok(Kind::Video {
        info: video.info().clone(),
        times_secs: times.iter().map(Duration::as_secs_f64).collect(),
        pictures: video.picture_names(),
    })
}

fn shown_times(video: &mut dyn FrameSource) -> Result<Vec<Duration>, ReadError> {
    let mut times = Vec::new();
    while let Some(frame) = video.next_frame()? {
        times.push(frame.time);
    }
    Ok(times)
}
