//! The files of a recorded camera: its pictures as a video, its people in the native file that names this video.

use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;

use crate::engine::recording_message::{Recorded, RecordingExtent, RecordingOrder};
use crate::engine::recording_names::RecordingPaths;
use crate::export::rows::ModelRow;
use crate::export::video::{TIMESCALE, size_of_video};
use crate::export::{ExportError, Header};
use crate::pipeline::PipelineParams;
use crate::source::{SourceInfo, SourceKind};
use crate::types::{Frame, FrameResult};
use crate::whole_run::Outputs;

/// What worked on the frames when a recording began; what is changed later is not said.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordingSettings {
    pub(super) model: ModelRow,
    pub(super) params: PipelineParams,
}

/// Both files of a recording that has begun.
pub(super) struct CameraFiles {
    paths: RecordingPaths,
    outputs: Outputs,
    /// `[width, height]` of all pictures.
    size: [usize; 2],
    clock: RecordingClock,
    n_frames: u64,
}

impl CameraFiles {
    /// Makes the files for pictures of `[width, height]`.
    pub(super) fn begin(
        order: &RecordingOrder,
        settings: &RecordingSettings,
        size: [usize; 2],
    ) -> anyhow::Result<Self> {
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
        let name = paths.video.file_name().unwrap_or_default();
        // as the video is read again; both files may go elsewhere together
        let video = SourceInfo {
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
        let header = Header::new(&video, settings.model.clone(), &settings.params);
        let outputs = Outputs::create_recording(&paths.video, &paths.results, &header)
            .inspect_err(|_no_file| paths.remove())?;
        Ok(Self {
            paths,
            outputs,
            size,
            clock: RecordingClock::default(),
            n_frames: 0,
        })
    }

    /// `[width, height]` of the pictures that can be added.
    pub(super) const fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Adds a frame of a camera that had been lost so many times before.
    pub(super) fn add(&mut self, result: &FrameResult, n_losses: u32) -> Result<(), ExportError> {
        let frame = Frame {
            index: self.n_frames,
            time: self.clock.time_of(&result.frame, n_losses),
            ..result.frame.clone()
        };
        self.outputs.write(&FrameResult {
            frame,
            ..result.clone()
        })?;
        self.n_frames += 1;
        Ok(())
    }

    /// How much is recorded, where so many frames were left out.
    pub(super) fn extent(&self, n_left_out: u64) -> RecordingExtent {
        RecordingExtent {
            n_frames: self.n_frames,
            length: self.clock.length(),
            n_left_out,
        }
    }

    /// Completes both files as far as they go, and tells what is in them; without a frame there are none.
    pub(super) fn finish(self, n_left_out: u64) -> (Option<Recorded>, Result<(), ExportError>) {
        let extent = self.extent(n_left_out);
        let completed = self.outputs.finish().map(drop);
        if extent.n_frames == 0 {
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
    use crate::image::RgbImage;
    use std::sync::Arc;

    #[test]
    fn times_count_from_the_first_frame_and_go_on_after_a_loss() {
        let ms = Duration::from_millis;
        let started = Instant::now();
        let mut clock = RecordingClock::default();
        let mut time_of = |camera_ms: u64, captured_ms: u64, n_losses: u32| {
            let frame = Frame {
                index: 0,
                time: ms(camera_ms),
                file: None,
                captured_at: started + ms(captured_ms),
                image: Arc::new(RgbImage::filled([2, 2], [0; 3])),
            };
            clock.time_of(&frame, n_losses)
        };
        // two losses came before the recording
        assert_eq!(time_of(5000, 100, 2), Duration::ZERO);
        assert_eq!(time_of(5040, 140, 2), ms(40));
        // lost for three seconds; the camera counts anew
        assert_eq!(time_of(0, 3140, 3), ms(3040));
        assert_eq!(time_of(33, 3173, 3), ms(3073));
        // a driver that gives two frames one time
        assert_eq!(time_of(33, 3174, 3), ms(3073) + LEAST_INTERVAL);
        assert_eq!(time_of(66, 3206, 3), ms(3106));
    }
}
