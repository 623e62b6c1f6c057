//! Every other video, through the `ffmpeg` command where it is installed.

mod clock;
mod probe;
mod program;
mod stream;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::image::RgbImage;
use crate::source::{FrameSource, SourceError, SourceInfo, SourceKind};
use crate::types::Frame;
use probe::{Probe, ROUNDING, decoded_times, picture_times};
use program::{Ffmpeg, Input};
use stream::{RawFrames, StreamError};

pub use program::{command, probe_command};

/// What to say of a recording whose times are not all its own.
const CLOCK_JUMPS: &str =
    "its clock jumps back, as where two streams were joined: times go on evenly from there";

/// A video that `ffmpeg` decodes in a process of its own.
pub struct FfmpegSource {
    ffmpeg: Ffmpeg,
    input: Input,
    info: SourceInfo,
    clock_start: Duration,
    frames: RawFrames,
    /// Whether `frames` began with the first picture, so that all were counted.
    is_from_start: bool,
    /// Pictures that were read ahead.
    ready: VecDeque<(Duration, RgbImage)>,
    next_index: u64,
    /// Time of the last picture that was given.
    last_given: Option<Duration>,
    /// Time of the first picture.
    first: Duration,
    /// Times of all pictures, once a jump has made them necessary.
    times: Option<Vec<Duration>>,
    /// Whether the clock of the recording is known to jump back.
    clock_jumps: bool,
    has_ended: bool,
}

impl FfmpegSource {
    /// Starts decoding; `format` says what is in the file, as far as that is known, and `demuxer` which of its
    /// readers ffmpeg has to take.
    pub fn open(
        path: &Path,
        format: &str,
        demuxer: Option<&'static str>,
    ) -> Result<Self, SourceError> {
        let ffmpeg = Ffmpeg::find().ok_or_else(|| SourceError::NeedsFfmpeg {
            path: path.to_owned(),
            format: format.to_owned(),
        })?;
        let mut input = Input {
            path: path.to_owned(),
            demuxer,
            assumed_matrix: None,
        };
        let probe = Probe::ask(&ffmpeg, &input);
        input.assumed_matrix = probe.assumed_matrix;
        let mut frames =
            RawFrames::start(&ffmpeg, &input, None).map_err(|error| failed(path, error))?;
        let first = frames.next().map_err(|error| failed(path, error))?;
        let Some((time, image)) = first else {
            return Err(failed(
                path,
                StreamError::Failed("it holds no pictures".to_owned()),
            ));
        };
        let info = SourceInfo {
            name: path.display().to_string(),
            kind: SourceKind::Video,
            size: image.size(),
            rotation: probe.rotation,
            fps_nominal: probe.fps,
            n_frames: probe.n_frames,
            duration: probe.duration,
            can_seek: true,
            decoder: match &probe.coding {
                Some(coding) => format!("ffmpeg ({coding})"),
                None => "ffmpeg".to_owned(),
            },
        };
        let first = time.saturating_sub(probe.clock_start);
        Ok(Self {
            ffmpeg,
            input,
            info,
            clock_start: probe.clock_start,
            frames,
            is_from_start: true,
            ready: VecDeque::from([(first, image)]),
            next_index: 0,
            last_given: None,
            first,
            times: None,
            clock_jumps: false,
            has_ended: false,
        })
    }

    fn read(&mut self) -> Result<Option<(Duration, RgbImage)>, SourceError> {
        let next = self
            .frames
            .next()
            .map_err(|error| failed(&self.input.path, error))?;
        if self.frames.has_jumped() && !self.clock_jumps {
            self.clock_jumps = true;
            tracing::warn!("{}: {CLOCK_JUMPS}", self.input.path.display());
        }
        Ok(next.map(|(time, image)| (time.saturating_sub(self.clock_start), image)))
    }

    /// Reads on until the picture of `time` and the one after it are ready; false when it has passed already.
    fn read_on_to(&mut self, time: Duration) -> Result<bool, SourceError> {
        while self.ready.back().is_none_or(|(last, _)| *last <= time) {
            let Some(next) = self.read()? else {
                self.has_ended = true;
                break;
            };
            self.ready.push_back(next);
            while 1 < self.ready.len()
                && self.ready.get(1).is_some_and(|(second, _)| *second <= time)
            {
                self.ready.pop_front();
            }
        }
        Ok(self.ready.front().is_some_and(|(first, _)| *first <= time))
    }

    /// Starts `ffmpeg` again before `time`, the further the longer pictures stay.
    fn restart_before(&mut self, time: Duration) -> Result<(), SourceError> {
        // one picture a second is the slowest that is common
        let mut margin = Duration::from_secs(1);
        let latest = self
            .info
            .duration
            .map_or(time, |duration| time.min(duration));
        loop {
            let start = if self.clock_jumps {
                // ffmpeg finds a place by the clock
                Duration::ZERO
            } else {
                latest.saturating_sub(margin)
            };
            let start_secs = (!start.is_zero()).then_some(start.as_secs_f64());
            self.ready.clear();
            self.has_ended = false;
            self.frames = RawFrames::start(&self.ffmpeg, &self.input, start_secs)
                .map_err(|error| failed(&self.input.path, error))?;
            self.is_from_start = start_secs.is_none();
            let found = self.read_on_to(time);
            match (found, start_secs) {
                (Ok(true), _) | (Ok(false), None) => return Ok(()),
                (Err(error), None) => return Err(error),
                // too late, or behind the last picture, about which ffmpeg complains
                (Ok(false) | Err(_), Some(_)) => margin = margin.saturating_mul(8),
            }
        }
    }

    /// The place of the next picture in the recording.
    fn index_of_next(&mut self) -> u64 {
        if self.is_from_start {
            return self.frames.n_given() - self.ready.len() as u64;
        }
        let Some((time, _)) = self.ready.front() else {
            return self.next_index;
        };
        let time = *time;
        if self.times.is_none() {
            self.times = picture_times(&self.ffmpeg, &self.input)
                .map(|times| decoded_times(times, self.clock_start, self.first));
        }
        if let Some(times) = &self.times {
            return times.partition_point(|other| *other + ROUNDING < time) as u64;
        }
        // Without ffprobe: as if all pictures stayed as long as this one.
        let stays = self
            .ready
            .get(1)
            .map(|(next, _)| next.saturating_sub(time))
            .filter(|stays| !stays.is_zero());
        stays.map_or(self.next_index, |stays| {
            (time.as_secs_f64() / stays.as_secs_f64()).round() as u64
        })
    }
}

impl FrameSource for FfmpegSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        let next = match self.ready.pop_front() {
            Some(next) => Some(next),
            None if self.has_ended => None,
            None => {
                let next = self.read();
                self.has_ended = !matches!(next, Ok(Some(_)));
                next?
            }
        };
        let Some((time, image)) = next else {
            return Ok(None);
        };
        let index = self.next_index;
        self.next_index += 1;
        self.last_given = Some(time);
        Ok(Some(Frame {
            index,
            time,
            file: None,
            captured_at: Instant::now(),
            image: Arc::new(image),
        }))
    }

    fn warning(&self) -> Option<String> {
        let complaint = (self.frames.complaint()).map(|line| format!("ffmpeg says: {line}"));
        let clock = self.clock_jumps.then(|| CLOCK_JUMPS.to_owned());
        clock
            .into_iter()
            .chain(complaint)
            .reduce(|a, b| a + "; " + &b)
    }

    fn seek(&mut self, time: Duration) -> Result<(), SourceError> {
        // decoding on is faster than starting again for about this long
        const NEAR: Duration = Duration::from_secs(2);
        let is_near = !self.has_ended
            && self
                .last_given
                .is_some_and(|last| last < time && time < last + NEAR);
        if !(is_near && self.read_on_to(time)?) {
            self.restart_before(time)?;
        }
        self.next_index = self.index_of_next();
        self.last_given = None;
        Ok(())
    }
}

fn failed(path: &Path, error: StreamError) -> SourceError {
    match error {
        StreamError::Io(reason) => SourceError::FfmpegFailed {
            path: path.to_owned(),
            reason: reason.to_string(),
        },
        StreamError::Failed(line) if line.contains("matches no streams") => SourceError::NotMedia {
            path: path.to_owned(),
            reason: "it holds no video".to_owned(),
        },
        StreamError::Failed(line) => {
            let name = format!("file:{}: ", path.display());
            SourceError::FfmpegFailed {
                path: path.to_owned(),
                reason: line.strip_prefix(&name).unwrap_or(&line).to_owned(),
            }
        }
    }
}
