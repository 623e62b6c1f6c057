//! Pictures of an mp4 file in order of presentation, from the start or from where a user jumps to.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::error::Mp4Error;
use super::index::Index;
use super::outlet::{InDecoder, Outlet};
use crate::source::h264::{AvcConfig, H264Decoder};
use crate::source::left_out::LeftOut;
use crate::source::{FrameSource, SourceError, SourceInfo, SourceKind};
use crate::types::Frame;

/// A video that openh264 decodes.
pub struct Mp4Source {
    path: PathBuf,
    file: File,
    file_len: u64,
    info: SourceInfo,
    index: Index,
    decoder: H264Decoder,
    outlet: Outlet,
    /// The sample that decoding began with.
    run_start: usize,
    /// The sample that goes into the decoder next.
    next_sample: usize,
    /// After an error the decoder needs an IDR picture.
    waits_for_idr: bool,
    n_given: u64,
    /// Time and number of the picture that was given last, until a jump.
    last_given: Option<(i64, u64)>,
    left_out: LeftOut,
    state: State,
    /// The sample as it lies in the file, kept to save allocations.
    sample: Vec<u8>,
}

/// How far reading has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There are samples left.
    Reading,
    /// All samples went in and all pictures came out.
    Drained,
    /// The end was said, as an error or not.
    Ended,
}

/// What becomes of pictures before the first IDR picture, which openh264 cannot decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// A file that has such pictures is refused.
    Whole,
    /// They are left out.
    FromIdr,
}

impl Mp4Source {
    /// Opens an mp4 or mov file and decodes its first picture, so that what cannot be decoded is known at once.
    pub fn open(path: &Path, beginning: Beginning) -> Result<Self, Mp4Error> {
        let unreadable = |reason: io::Error| SourceError::Unreadable {
            path: path.to_owned(),
            reason,
        };
        let mut file = File::open(path).map_err(unreadable)?;
        let index = Index::read(&mut file).map_err(|error| Mp4Error::of_index(path, error))?;
        let coding = String::from_utf8_lossy(&index.track.coding).into_owned();
        if !index.track.is_h264() {
            return Err(Mp4Error::Unsupported(format!("{coding} in mp4")));
        }
        if index.track.has_more_descriptions {
            return Err(Mp4Error::Unsupported(
                "mp4 with several sample descriptions".to_owned(),
            ));
        }
        if index.track.edits.has_more {
            return Err(Mp4Error::Unsupported(
                "mp4 put together from several parts".to_owned(),
            ));
        }
        let config = index
            .track
            .avc_config
            .as_deref()
            .and_then(AvcConfig::read)
            .ok_or_else(|| {
                Mp4Error::Unsupported("H.264 with an unusual configuration".to_owned())
            })?;
        let parameters = config
            .stream_parameters()
            .ok_or_else(|| Mp4Error::Unsupported(format!("{coding} in mp4")))?;
        parameters
            .check_supported()
            .map_err(|unsupported| Mp4Error::Unsupported(unsupported.to_string()))?;
        // the container has the last word, as it has for ffmpeg
        let pixel_aspect = index.track.pixel_aspect.or(parameters.pixel_aspect);
        if pixel_aspect.is_some_and(|aspect| !aspect.is_square()) {
            return Err(Mp4Error::Unsupported(
                "H.264 with pixels that are not square".to_owned(),
            ));
        }

        let file_len = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
        let orientation = index.track.orientation;
        let [width, height] = parameters.size;
        let info = SourceInfo {
            name: path.display().to_string(),
            kind: SourceKind::Video,
            size: if orientation.quarter_turns % 2 == 0 {
                [width, height]
            } else {
                [height, width]
            },
            rotation: 90 * u32::from(orientation.quarter_turns),
            fps_nominal: index.mean_fps(),
            n_frames: Some(index.times.len() as u64),
            duration: index.end().map(|end| index.duration_of(end)),
            can_seek: true,
            decoder: "openh264".to_owned(),
        };
        let decoder =
            H264Decoder::new(config).map_err(|error| Mp4Error::Unsupported(error.to_string()))?;
        let mut source = Self {
            path: path.to_owned(),
            file,
            file_len,
            info,
            index,
            decoder,
            outlet: Outlet::new(parameters.color, orientation),
            run_start: 0,
            next_sample: 0,
            waits_for_idr: false,
            n_given: 0,
            last_given: None,
            left_out: LeftOut::default(),
            state: State::Reading,
            sample: Vec::new(),
        };
        if beginning == Beginning::Whole && !source.begins_with_idr()? {
            return Err(Mp4Error::BeginsLate);
        }
        source.fill_ready()?;
        if source.outlet.ready.is_empty() && source.can_read(0) {
            return Err(Mp4Error::Unsupported(format!(
                "{coding} that openh264 cannot decode"
            )));
        }
        Ok(source)
    }

    /// Whether the sample lies in the file as a whole.
    fn can_read(&self, sample_idx: usize) -> bool {
        self.index
            .samples
            .get(sample_idx)
            .is_some_and(|sample| sample.end() <= self.file_len)
    }

    /// Whether decoding can begin with the first sample; one that is cut off says nothing.
    fn begins_with_idr(&mut self) -> Result<bool, SourceError> {
        if !self.can_read(0) {
            return Ok(true);
        }
        self.read_sample(0)?;
        Ok(self.sample.is_empty() || self.decoder.is_idr(&self.sample))
    }

    /// Decodes until a picture is ready or the samples are used up.
    fn fill_ready(&mut self) -> Result<(), SourceError> {
        while self.outlet.ready.is_empty() && self.state == State::Reading {
            if self.can_read(self.next_sample) {
                self.decode_next()?;
            } else {
                self.drain();
                self.state = State::Drained;
            }
        }
        Ok(())
    }

    fn read_sample(&mut self, sample_idx: usize) -> Result<(), SourceError> {
        self.sample.clear();
        let Some(sample) = self.index.samples.get(sample_idx) else {
            return Ok(());
        };
        let read = self
            .file
            .seek(SeekFrom::Start(sample.offset))
            .and_then(|_| {
                (&mut self.file)
                    .take(u64::from(sample.size))
                    .read_to_end(&mut self.sample)
            });
        read.map(|_| ()).map_err(|reason| SourceError::Unreadable {
            path: self.path.clone(),
            reason,
        })
    }

    fn decode_next(&mut self) -> Result<(), SourceError> {
        let sample_idx = self.next_sample;
        self.next_sample += 1;
        self.read_sample(sample_idx)?;
        if self.sample.is_empty() {
            return Ok(());
        }
        if self.waits_for_idr && !self.decoder.is_idr(&self.sample) {
            self.left_out.note(sample_idx, &"it builds on a lost one");
            return Ok(());
        }
        self.waits_for_idr = false;
        match self.decoder.decode(&self.sample) {
            Ok(picture) => {
                self.outlet.expect(InDecoder {
                    composition_time: self.index.samples[sample_idx].composition_time,
                    shown_at: self.index.shown_at[sample_idx],
                });
                if let Some(picture) = picture {
                    self.outlet.take(&picture);
                }
            }
            Err(error) => {
                tracing::warn!(
                    "{}: picture {sample_idx} is lost: {error}",
                    self.path.display()
                );
                self.left_out.note(sample_idx, &error);
                self.drain();
                self.waits_for_idr = true;
                self.restart_decoder();
            }
        }
        Ok(())
    }

    fn restart_decoder(&mut self) {
        if let Err(error) = self.decoder.reset() {
            tracing::warn!("openh264 cannot be restarted: {error}");
        }
    }

    /// Takes all pictures that the decoder still holds.
    fn drain(&mut self) {
        match self.decoder.flush() {
            Ok(pictures) => {
                for picture in &pictures {
                    self.outlet.take(picture);
                }
            }
            Err(error) => tracing::warn!("{}: {error}", self.path.display()),
        }
        self.outlet.inside.clear();
    }

    /// What is said at the end: nothing, or that there should have been more.
    fn end(&mut self) -> Result<Option<Frame>, SourceError> {
        if self.state == State::Ended {
            return Ok(None);
        }
        self.state = State::Ended;
        let damaged = |reason: String| {
            Err(SourceError::Damaged {
                path: self.path.clone(),
                reason,
            })
        };
        let n_promised = self.index.times.len() as u64;
        let n_read = self.next_sample.min(self.index.samples.len()) as u64;
        let breaks_off = self.breaks_off();
        if self.n_given == 0 {
            return damaged("no picture of it can be decoded".to_owned());
        }
        if breaks_off && self.index.is_fragmented {
            tracing::warn!("{}: the last fragment breaks off", self.path.display());
        } else if breaks_off {
            return damaged(format!(
                "it breaks off after {n_read} of {n_promised} frames"
            ));
        }
        let n_left_out = self.left_out.count();
        if 0 < n_left_out {
            tracing::warn!(
                "{}: {n_left_out} pictures could not be decoded",
                self.path.display()
            );
        }
        Ok(None)
    }

    /// Whether the file ends before all of its samples were read.
    fn breaks_off(&self) -> bool {
        self.next_sample < self.index.samples.len()
    }

    /// The sample to begin with in order to decode the one at `sample_idx`.
    fn idr_before(&mut self, sample_idx: usize) -> Result<usize, SourceError> {
        for candidate in (0..=sample_idx).rev() {
            let is_sync = self
                .index
                .samples
                .get(candidate)
                .is_some_and(|sample| sample.is_sync && sample.end() <= self.file_len);
            if is_sync {
                self.read_sample(candidate)?;
                if self.decoder.is_idr(&self.sample) {
                    return Ok(candidate);
                }
            }
        }
        Ok(0)
    }
}

impl FrameSource for Mp4Source {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn frame_times(&self) -> Option<Vec<Duration>> {
        // of a file that was cut off, frames may be promised that are not there
        let is_whole = (0..self.index.samples.len()).all(|sample_idx| self.can_read(sample_idx));
        is_whole.then(|| {
            let times = self.index.times.iter();
            times.map(|time| self.index.duration_of(*time)).collect()
        })
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        self.fill_ready()?;
        let Some((time, image)) = self.outlet.ready.pop_front() else {
            return self.end();
        };
        self.n_given += 1;
        let index = match self.last_given {
            // of two pictures of one time the second one counts, too
            Some((last, index)) if last == time => index + 1,
            _ => self.index.times.partition_point(|other| *other < time) as u64,
        };
        self.last_given = Some((time, index));
        Ok(Some(Frame {
            index,
            time: self.index.duration_of(time),
            file: None,
            captured_at: Instant::now(),
            image: Arc::new(image),
        }))
    }

    fn warning(&self) -> Option<String> {
        // at the end of a file that is not in fragments it is an error
        let is_at_end = self.state == State::Ended && self.index.is_fragmented;
        let end = (is_at_end && (self.breaks_off() || self.index.is_broken))
            .then(|| "the file breaks off: what comes after is missing".to_owned());
        let left_out = self.left_out.sentence(self.index.times.len());
        left_out.into_iter().chain(end).reduce(|a, b| a + "; " + &b)
    }

    fn seek(&mut self, time: Duration) -> Result<(), SourceError> {
        self.last_given = None;
        let n_before = self
            .index
            .times
            .partition_point(|ticks| self.index.duration_of(*ticks) <= time);
        let Some(target) = self.index.times.get(n_before.saturating_sub(1)).copied() else {
            return Ok(());
        };
        let target_idx = self
            .index
            .shown_at
            .iter()
            .position(|shown_at| *shown_at == Some(target))
            .unwrap_or(0);
        let target_order = self.index.samples[target_idx].composition_time;
        let is_ready = self.outlet.ready.iter().any(|(time, _)| *time == target);
        let start = self.idr_before(target_idx)?;
        let is_on_the_way = self.state == State::Reading
            && (self.run_start..self.next_sample).contains(&start)
            && self
                .outlet
                .last_out
                .is_none_or(|last_out| last_out < target_order);
        self.outlet.give_from = target_order;
        if is_ready || is_on_the_way {
            self.outlet.ready.retain(|(time, _)| target <= *time);
        } else {
            self.outlet.restart();
            self.restart_decoder();
            self.waits_for_idr = false;
            self.run_start = start;
            self.next_sample = start;
            self.state = State::Reading;
        }
        Ok(())
    }
}
