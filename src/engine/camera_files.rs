//! The files of a recorded camera: all its pictures as a video, and in the native file that names this video the people of
//! those that the nets have seen.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;

use crate::engine::recording_message::{Recorded, RecordingExtent, RecordingOrder};
use crate::engine::recording_names::RecordingPaths;
use crate::engine::recording_queue::FrameKey;
use crate::export::header::ModelRow;
use crate::export::jsonl::JsonlWriter;
use crate::export::video::{TIMESCALE, VideoWriter, size_of_video};
use crate::export::{ExportError, FrameRow, Header, ResultWriter as _};
use crate::pipeline::PipelineParams;
use crate::source::{SourceInfo, SourceKind};
use crate::types::{Frame, TrackedPose};

/// Frames whose people may still come: nets that take a second for a frame are two seconds behind, 120 frames of a fast camera.
const MOST_AWAITED: usize = 1024;

/// What worked on the frames when a recording began; what is changed later is not said.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordingSettings {
    pub(super) model: ModelRow,
    pub(super) params: PipelineParams,
}

/// Both files of a recording that has begun.
pub(super) struct CameraFiles {
    paths: RecordingPaths,
    /// The video as it is read again.
    source: SourceInfo,
    video: VideoWriter,
    /// `None` until it is known with what the nets work.
    results: Option<Box<JsonlWriter>>,
    /// `[width, height]` of all pictures.
    size: [usize; 2],
    clock: RecordingClock,
    n_frames: u64,
    /// In the order in which they came.
    awaited: VecDeque<Awaited>,
}

/// A frame in the video whose people may still come.
struct Awaited {
    key: FrameKey,
    /// Its number in the video.
    number: u64,
    /// Its time in the video.
    time: Duration,
}

impl CameraFiles {
    /// Makes the files for pictures of `[width, height]`.
    pub(super) fn begin(order: &RecordingOrder, size: [usize; 2]) -> anyhow::Result<Self> {
        let [width, height] = size_of_video(size).with_context(|| {
            format!(
                "pictures of {}x{} are larger than those of videos may be: record another camera",
                size[0], size[1]
            )
        })?;
        let folder = (order.folder.as_ref())
            .context("no folder for videos was found: set HOME or XDG_VIDEOS_DIR")?;
        std::fs::create_dir_all(folder).with_context(|| {
            format!(
                "the folder {} cannot be made: set XDG_VIDEOS_DIR to one that you may write to",
                folder.display()
            )
        })?;
        let paths = RecordingPaths::reserve(folder, &order.stem, SystemTime::now())?;
        let video = VideoWriter::create(&paths.video, order.fps_nominal)
            .inspect_err(|_no_file| paths.remove())?;
        let name = paths.video.file_name().unwrap_or_default();
        // without its folder: both files may go elsewhere together
        let source = SourceInfo {
            name: name.to_string_lossy().into_owned(),
            kind: SourceKind::Video,
            size: [width, height],
            rotation: 0,
            fps_nominal: order.fps_nominal,
            n_frames: None,
            duration: None,
            can_seek: true,
            decoder: String::new(),
        };
        Ok(Self {
            paths,
            source,
            video,
            results: None,
            size,
            clock: RecordingClock::default(),
            n_frames: 0,
            awaited: VecDeque::new(),
        })
    }

    /// `[width, height]` of the pictures that can be added.
    pub(super) const fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Makes the file of results, for people who are found like this.
    pub(super) fn begin_results(
        &mut self,
        settings: &RecordingSettings,
    ) -> Result<(), ExportError> {
        let header = Header::new(&self.source, settings.model.clone(), &settings.params);
        let results = JsonlWriter::create(&self.paths.results, &header)?;
        self.results = Some(Box::new(results));
        Ok(())
    }

    /// Adds a frame of a camera that had been lost so many times before.
    pub(super) fn add_frame(&mut self, frame: &Frame, n_losses: u32) -> Result<(), ExportError> {
        let time = self.clock.time_of(frame, n_losses);
        self.video.write(&frame.image, time)?;
        if MOST_AWAITED <= self.awaited.len() {
            self.awaited.pop_front();
        }
        self.awaited.push_back(Awaited {
            key: FrameKey {
                n_losses,
                index: frame.index,
            },
            number: self.n_frames,
            time,
        });
        self.n_frames += 1;
        Ok(())
    }

    /// Adds the people of a frame; those of one that is not in the video are left out.
    pub(super) fn add_people(
        &mut self,
        key: FrameKey,
        people: &[TrackedPose],
    ) -> Result<(), ExportError> {
        // the nets see frames in their order: what came before and has no people will have none
        let n_over = self.awaited.partition_point(|awaited| awaited.key <= key);
        let seen = self.awaited.drain(..n_over).next_back();
        match (seen, &mut self.results) {
            (Some(seen), Some(results)) if seen.key == key => {
                results.write(&FrameRow::new(seen.number, seen.time, people))
            }
            _ => Ok(()),
        }
    }

    /// Whether the people of a frame may still come.
    pub(super) fn awaits_people(&self) -> bool {
        !self.awaited.is_empty()
    }

    /// How much is recorded, where so many frames were left out.
    pub(super) fn extent(&self, n_left_out: u64) -> RecordingExtent {
        RecordingExtent {
            n_frames: self.n_frames,
            length: self.clock.length(),
            n_left_out,
        }
    }

    /// Completes both files as far as they go, and tells what is in them; without a picture in the video there are none.
    pub(super) fn finish(mut self, n_left_out: u64) -> (Option<Recorded>, Result<(), ExportError>) {
        let extent = self.extent(n_left_out);
        // where inference was not heard of in time, results without anybody are better than none for the video
        let begun = match self.results {
            Some(_) => Ok(()),
            None => self.begin_results(&RecordingSettings::default()),
        };
        let results = self
            .results
            .map_or(Ok(()), |results| results.finish().map(drop));
        let video = self.video.finish();
        let has_pictures = self.paths.video.exists();
        let completed = video.and(begun).and(results);
        if !has_pictures {
            self.paths.remove();
            return (None, completed);
        }
        let RecordingPaths { video, results } = self.paths;
        let recorded = Recorded {
            video,
            results,
            extent,
        };
        (Some(recorded), completed)
    }
}

/// Times in the recording: they count from its first frame, and go on where a camera was lost, whose own times begin anew
/// then.
#[derive(Debug, Default)]
struct RecordingClock {
    n_losses: u32,
    /// A time of the camera.
    began: Duration,
    /// Where that is in the recording.
    began_at: Duration,
    /// When the last frame was captured, and its time in the recording.
    last: Option<(Instant, Duration)>,
}

/// Two frames are at least so far apart: a tick of the video, so that its times stay those of the results.
const LEAST_INTERVAL: Duration = Duration::from_nanos(1_000_000_000_u64.div_ceil(TIMESCALE as u64));

impl RecordingClock {
    fn time_of(&mut self, frame: &Frame, n_losses: u32) -> Duration {
        match self.last {
            None => self.began = frame.time,
            Some((captured_at, time)) if n_losses != self.n_losses => {
                self.began = frame.time;
                self.began_at = time + frame.captured_at.saturating_duration_since(captured_at);
            }
            Some(_) => {}
        }
        self.n_losses = n_losses;
        let time = self.began_at + frame.time.saturating_sub(self.began);
        let time = (self.last).map_or(time, |(_, last)| time.max(last + LEAST_INTERVAL));
        self.last = Some((frame.captured_at, time));
        time
    }

    /// The time of the last frame.
    fn length(&self) -> Duration {
        self.last.map(|(_, time)| time).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::jsonl::JsonlReader;
    use crate::image::RgbImage;
    use std::sync::Arc;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn frame(index: u64, camera_ms: u64, captured_at: Instant) -> Frame {
        Frame {
            index,
            time: MS(camera_ms),
            file: None,
            captured_at,
            image: Arc::new(RgbImage::filled([32, 24], [90; 3])),
        }
    }

    #[test]
    fn people_have_the_number_and_the_time_of_their_frame_in_the_video() {
        let dir = tempfile::tempdir().unwrap();
        let order = RecordingOrder {
            stem: "camera-0".to_owned(),
            folder: Some(dir.path().to_owned()),
            fps_nominal: None,
        };
        let started = Instant::now();
        let mut files = CameraFiles::begin(&order, [32, 24]).unwrap();
        for index in 100..104 {
            let frame = frame(index, 40 * index, started + MS(40 * index));
            files.add_frame(&frame, 0).unwrap();
        }
        // the nets were busy until now
        files.begin_results(&RecordingSettings::default()).unwrap();
        // lost for a second
        let found = frame(0, 0, started + MS(40 * 103 + 1000));
        files.add_frame(&found, 1).unwrap();
        // one that came before the first one, the second, the fourth, one that was left out, and the one after the loss
        for (n_losses, index) in [(0, 99), (0, 101), (0, 103), (0, 104), (1, 0)] {
            files.add_people(FrameKey { n_losses, index }, &[]).unwrap();
        }
        let (recorded, completed) = files.finish(0);
        completed.unwrap();
        let recorded = recorded.unwrap();
        assert_eq!(recorded.extent.n_frames, 5);
        let seen: Vec<(u64, f64)> = JsonlReader::open(&recorded.results)
            .unwrap()
            .map(|row| row.map(|row| (row.frame, row.time_s)).unwrap())
            .collect();
        assert_eq!(seen, [(1, 0.04), (3, 0.12), (4, 1.12)]);
    }

    #[test]
    fn times_count_from_the_first_frame_and_go_on_after_a_loss() {
        let started = Instant::now();
        let mut clock = RecordingClock::default();
        let mut time_of = |camera_ms: u64, captured_ms: u64, n_losses: u32| {
            clock.time_of(&frame(0, camera_ms, started + MS(captured_ms)), n_losses)
        };
        // two losses came before the recording
        assert_eq!(time_of(5000, 100, 2), Duration::ZERO);
        assert_eq!(time_of(5040, 140, 2), MS(40));
        // lost for three seconds; the camera counts anew
        assert_eq!(time_of(0, 3140, 3), MS(3040));
        assert_eq!(time_of(33, 3173, 3), MS(3073));
        // a driver that gives two frames one time
        assert_eq!(time_of(33, 3174, 3), MS(3073) + LEAST_INTERVAL);
        assert_eq!(time_of(66, 3206, 3), MS(3106));
    }
}
