//! H.264 video in mp4 with true times, which can be played up to its last second whatever happens.

mod canvas;
mod container;
mod encoder;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::export::ExportError;
use crate::export::text_file::create_file;
use crate::image::RgbImage;
use canvas::Canvas;
use container::Recording;
use encoder::{CodedPicture, VideoEncoder};

/// Ticks per second of the file: divisible by all usual frame rates, and the habit of video for that reason.
pub const TIMESCALE: u32 = 90_000;

/// A fragment is closed when it has lasted so long: what a crash may cost.
const FRAGMENT_TICKS: u64 = TIMESCALE as u64;

/// How long the only picture of a video stays when nothing is known about its rate.
const DEFAULT_FPS: f64 = 30.0;

/// `[width, height]` of a video whose first picture has this size: the same with even sides. `None` where the picture would be
/// shrunk, so that places in it would be elsewhere in the video.
pub fn size_of_video(picture: [usize; 2]) -> Option<[usize; 2]> {
    let size = Canvas::new(picture).size();
    (picture[0] <= size[0] && picture[1] <= size[1]).then_some(size)
}

/// Writes pictures with their times to an mp4 file.
///
/// The first picture sets the size; one more column or row is added where a side is odd, since H.264 as players
/// know it stores color for two by two pixels. Pictures of other sizes are fitted into it, with black borders.
/// Times count from the first picture. Each picture is shown until the next one, the last as long as the one
/// before it.
pub struct VideoWriter {
    path: PathBuf,
    /// Waits for the first picture.
    file: Option<File>,
    fps_nominal: f64,
    started: Option<Started>,
}

/// What there is from the first picture on.
struct Started {
    canvas: Canvas,
    encoder: VideoEncoder,
    recording: Recording,
    first_time: Duration,
    /// The picture whose duration is not known yet, and when it begins.
    last: (CodedPicture, u64),
    /// Duration of the picture before it.
    last_ticks: Option<u64>,
    fragment_start: u64,
}

impl VideoWriter {
    /// Makes the file; `fps_nominal` is what the source states, to tell how much a second may take.
    pub fn create(path: &Path, fps_nominal: Option<f64>) -> Result<Self, ExportError> {
        let file = create_file(path)?;
        Ok(Self {
            path: path.to_owned(),
            file: Some(file),
            fps_nominal: fps_nominal
                .filter(|fps| fps.is_finite() && (1.0..=240.0).contains(fps))
                .unwrap_or(DEFAULT_FPS),
            started: None,
        })
    }

    /// Adds a picture; one whose time is not after the last one's follows it by a tick.
    pub fn write(&mut self, image: &RgbImage, time: Duration) -> Result<(), ExportError> {
        match &mut self.started {
            Some(started) => started.write(image, time, &self.path),
            None => self.start(image, time),
        }
    }

    fn start(&mut self, image: &RgbImage, time: Duration) -> Result<(), ExportError> {
        let Some(file) = self.file.take() else {
            return Err(encoding_error(&self.path, "its start failed already"));
        };
        let mut canvas = Canvas::new(image.size());
        let mut encoder = VideoEncoder::new(canvas.size(), self.fps_nominal)
            .map_err(|error| encoding_error(&self.path, error))?;
        let first = encoder
            .encode(canvas.fitted(image), 0, true)
            .map_err(|error| encoding_error(&self.path, error))?;
        self.started = Some(Started {
            recording: Recording::new(file, canvas.size()),
            canvas,
            encoder,
            first_time: time,
            last: (first, 0),
            last_ticks: None,
            fragment_start: 0,
        });
        Ok(())
    }

    /// Completes the file and says where it is: what was a chain of fragments becomes an ordinary mp4. Without a picture
    /// there is none, be it that none came or that the disk was full from the beginning.
    pub fn finish(self) -> Result<Option<PathBuf>, ExportError> {
        let Some(started) = self.started else {
            drop(self.file);
            remove_empty(&self.path)?;
            return Ok(None);
        };
        let nominal_ticks = (f64::from(TIMESCALE) / self.fps_nominal).round() as u64;
        let has_pictures = started.finish(nominal_ticks, &self.path)?;
        Ok(has_pictures.then_some(self.path))
    }
}

/// Takes away a file that nothing was written to.
fn remove_empty(path: &Path) -> Result<(), ExportError> {
    std::fs::remove_file(path).map_err(|reason| ExportError::Write {
        path: path.to_owned(),
        reason,
    })
}

impl Started {
    fn write(&mut self, image: &RgbImage, time: Duration, path: &Path) -> Result<(), ExportError> {
        let last_start = self.last.1;
        let start = ticks(time.saturating_sub(self.first_time)).max(last_start + 1);
        // a new fragment begins with a picture that needs no other
        let ends_fragment = FRAGMENT_TICKS <= start - self.fragment_start;
        let coded = self
            .encoder
            .encode(self.canvas.fitted(image), start, ends_fragment)
            .map_err(|error| encoding_error(path, error))?;
        let (last, _) = std::mem::replace(&mut self.last, (coded, start));
        self.last_ticks = Some(start - last_start);
        self.recording.push(last, start - last_start);
        if ends_fragment {
            self.fragment_start = start;
            self.recording.close_fragment(path)?;
        }
        Ok(())
    }

    /// Completes the file, and tells whether it holds a picture; it is gone otherwise.
    fn finish(mut self, nominal_ticks: u64, path: &Path) -> Result<bool, ExportError> {
        let (last, _) = self.last;
        self.recording
            .push(last, self.last_ticks.unwrap_or(nominal_ticks));
        let closed = self.recording.close_fragment(path);
        if self.recording.is_empty() {
            drop(self.recording);
            let removed = remove_empty(path);
            // why nothing could be written says more than why the file stays
            closed?;
            removed?;
            return Ok(false);
        }
        closed?;
        self.recording.finish(path)?;
        Ok(true)
    }
}

/// A time in ticks, to the nearest.
fn ticks(time: Duration) -> u64 {
    const NANOS: u128 = 1_000_000_000;
    ((time.as_nanos() * u128::from(TIMESCALE) + NANOS / 2) / NANOS) as u64
}

fn encoding_error(path: &Path, reason: impl std::fmt::Display) -> ExportError {
    ExportError::VideoEncoding {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A video on a disk that takes nothing from the beginning.
    fn on_a_full_disk(path: &Path) -> VideoWriter {
        let mut video = VideoWriter::create(path, Some(30.0)).unwrap();
        // can be read only: each attempt to write fails
        video.file = Some(File::open(path).unwrap());
        video
    }

    #[test]
    fn where_nothing_could_be_written_no_empty_file_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mp4");
        let image = RgbImage::filled([32, 32], [90; 3]);
        let ms = Duration::from_millis;
        // it fails at the end of the first fragment, long before the video ends
        let mut video = on_a_full_disk(&path);
        video.write(&image, ms(0)).unwrap();
        assert!(video.write(&image, ms(1500)).is_err());
        assert_eq!(video.finish().unwrap(), None);
        assert!(!path.exists());
        // a video that is shorter fails when it ends
        let mut video = on_a_full_disk(&path);
        video.write(&image, ms(0)).unwrap();
        assert!(video.finish().is_err());
        assert!(!path.exists());
    }
}
