//! Live cameras through nokhwa.

mod coding;
mod devices;
mod jpeg;
mod stream;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{
    CameraFormat, CameraInfo, FrameSource, PixelCoding, SourceError, SourceInfo, SourceKind,
};
use crate::types::Frame;
use coding::Spoilt;
use devices::{Device, Found};
use stream::Stream;

/// All cameras that give pictures this program can read; an error where there are only others.
pub fn list() -> Result<Vec<CameraInfo>, SourceError> {
    let Found { usable, unusable } = devices::find()?;
    if usable.is_empty() && !unusable.is_empty() {
        return Err(SourceError::NoCamera(no_camera_sentence(&unusable)));
    }
    Ok(usable
        .into_iter()
        .zip(0..)
        .map(|(device, index)| CameraInfo {
            index,
            name: device.name,
            formats: device.formats,
        })
        .collect())
}

/// A camera that is running.
///
/// It cannot leave the thread that opened it, and it waits for a frame as long as the driver does, for ever if
/// need be: whoever reads it has to watch the time.
pub struct CameraSource {
    info: SourceInfo,
    /// `None` only while it is being dropped.
    camera: Option<Stream>,
    frames: Frames,
}

/// Makes frames of a camera's bytes; their numbers and times count from the first one that is whole.
struct Frames {
    coding: PixelCoding,
    /// When the first whole frame was taken. `None` before it.
    first_at: Option<Instant>,
    /// When the last one was taken.
    last_at: Option<Instant>,
    n_given: u64,
    /// Frames in a row that could not be decoded.
    n_spoilt: u32,
}

impl CameraSource {
    /// Opens the camera with this place in the list, in the format that serves the program best.
    pub fn open(number: u32) -> Result<Self, SourceError> {
        let Found {
            usable: mut devices,
            unusable,
        } = devices::find()?;
        let n_devices = devices.len();
        if n_devices == 0 {
            return Err(SourceError::NoCamera(no_camera_sentence(&unusable)));
        }
        if n_devices <= number as usize {
            let there_are = if n_devices == 1 {
                "there is only camera:0".to_owned()
            } else {
                format!("there are camera:0 to camera:{}", n_devices - 1)
            };
            let mut sentence = format!(
                "there is no camera:{number}: {there_are} (`poseglass cameras` lists them)"
            );
            for device in &unusable {
                sentence += &format!("; {}", device.refusal());
            }
            return Err(SourceError::NoCamera(sentence));
        }
        let device = devices.swap_remove(number as usize);
        let mut reasons = Vec::new();
        // a driver may refuse what it offers: then the next best is tried
        const MOST_TRIES: usize = 4;
        for format in device.formats.iter().take(MOST_TRIES) {
            match Stream::start(&device, *format) {
                Ok(camera) => return Ok(Self::running(number, &device, *format, camera)),
                Err(reason) => reasons.push(reason),
            }
        }
        reasons.dedup();
        Err(SourceError::NoCamera(format!(
            "the camera {} cannot be started: close other programs that use it ({})",
            device.name,
            reasons.join("; ")
        )))
    }

    fn running(number: u32, device: &Device, format: CameraFormat, camera: Stream) -> Self {
        tracing::info!("camera:{number} is {}, {format}", device.name);
        Self {
            info: SourceInfo {
                name: device.name.clone(),
                kind: SourceKind::Camera,
                size: [format.width as usize, format.height as usize],
                rotation: 0,
                fps_nominal: Some(f64::from(format.fps)),
                n_frames: None,
                duration: None,
                can_seek: false,
                decoder: format.to_string(),
            },
            camera: Some(camera),
            frames: Frames::new(format.coding),
        }
    }

    fn lost(&self, reason: String) -> SourceError {
        SourceError::CameraLost {
            name: self.info.name.clone(),
            reason,
        }
    }
}

impl Frames {
    const fn new(coding: PixelCoding) -> Self {
        Self {
            coding,
            first_at: None,
            last_at: None,
            n_given: 0,
            n_spoilt: 0,
        }
    }

    /// When a frame that is there now was taken: when its driver says so, as far as that can be (`stamp`, since 1970).
    ///
    /// Frames wait in the driver while the one before is worked on, so when they are read says less. But not every
    /// driver's clock can be trusted: no frame comes from the future, waits for a second, or is older than the last.
    fn taken_at(&self, stamp: Option<Duration>, now: Instant, now_by_date: SystemTime) -> Instant {
        const LONGEST_WAIT: Duration = Duration::from_secs(1);
        now_by_date
            .duration_since(UNIX_EPOCH)
            .ok()
            .zip(stamp)
            .and_then(|(date, stamp)| date.checked_sub(stamp))
            .filter(|waited| *waited <= LONGEST_WAIT)
            .and_then(|waited| now.checked_sub(waited))
            .filter(|at| self.last_at.is_none_or(|last| last < *at))
            .unwrap_or(now)
    }

    /// The next frame, of `size` (`[width, height]`).
    fn decode(
        &mut self,
        size: [usize; 2],
        bytes: &[u8],
        captured_at: Instant,
    ) -> Result<Frame, Spoilt> {
        let image = coding::rgb_image(self.coding, size, bytes)
            .inspect_err(|_spoilt| self.n_spoilt += 1)?;
        self.n_spoilt = 0;
        // not before: many cameras begin with spoilt frames, and a recording of them must begin at 0 all the same
        let first_at = *self.first_at.get_or_insert(captured_at);
        self.last_at = Some(captured_at);
        let index = self.n_given;
        self.n_given += 1;
        Ok(Frame {
            index,
            time: captured_at.duration_since(first_at),
            file: None,
            captured_at,
            image: Arc::new(image),
        })
    }
}

/// Why there is no camera, with what can be said of devices that are none to this program.
fn no_camera_sentence(unusable: &[Device]) -> String {
    if !unusable.is_empty() {
        let refusals: Vec<_> = unusable.iter().map(Device::refusal).collect();
        return format!("no camera can be used: {}", refusals.join("; "));
    }
    if cfg!(target_os = "linux") {
        "no camera was found: connect one, and check that you may read /dev/video* (the group is often called video)"
    } else {
        "no camera was found: connect one, and allow this program to use it in the system's privacy settings"
    }
    .to_owned()
}

impl FrameSource for CameraSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        // cables that are too long spoil a frame now and then, but not a second long
        const MOST_SPOILT: u32 = 30;
        loop {
            let Some(camera) = self.camera.as_mut() else {
                return Ok(None);
            };
            let frames = &mut self.frames;
            let frame = camera.frame(|size, bytes, stamp| {
                let captured_at = frames.taken_at(stamp, Instant::now(), SystemTime::now());
                frames.decode(size, bytes, captured_at)
            });
            match frame {
                Ok(Ok(frame)) => return Ok(Some(frame)),
                Err(reason) => return Err(self.lost(reason)),
                Ok(Err(spoilt)) => {
                    tracing::debug!("a frame of {} is spoilt: {spoilt}", self.info.name);
                    if MOST_SPOILT <= self.frames.n_spoilt {
                        return Err(self.lost(format!("it gives only broken frames ({spoilt})")));
                    }
                }
            }
        }
    }

    fn seek(&mut self, _time: Duration) -> Result<(), SourceError> {
        Err(SourceError::CannotSeek(format!(
            "the camera {}",
            self.info.name
        )))
    }
}

impl Drop for CameraSource {
    fn drop(&mut self) {
        if let Some(camera) = self.camera.take() {
            camera.put_away();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_from_the_first_frame_that_is_whole() {
        let mut frames = Frames::new(PixelCoding::Rgb);
        let opened = Instant::now();
        let mut come = |ms: u64, bytes: &[u8]| {
            frames.decode([2, 2], bytes, opened + Duration::from_millis(ms))
        };
        assert!(come(0, &[7; 5]).is_err());
        assert!(come(40, &[]).is_err());
        let first = come(1000, &[7; 12]).unwrap();
        assert_eq!((first.index, first.time), (0, Duration::ZERO));
        assert!(come(1040, &[7; 5]).is_err());
        let second = come(1080, &[7; 12]).unwrap();
        assert_eq!((second.index, second.time), (1, Duration::from_millis(80)));
    }

    #[test]
    fn driver_says_when_a_frame_was_taken_unless_that_cannot_be() {
        // the camera was opened 5 seconds ago, at this date
        const OPENED_MS: u64 = 1_700_000_000_000;
        let mut frames = Frames::new(PixelCoding::Gray);
        let opened = Instant::now();
        let at = |ms: u64| opened + Duration::from_millis(ms);
        let date = |ms: u64| Duration::from_millis(OPENED_MS + ms);
        let taken_at = |frames: &Frames, stamp: Option<Duration>| {
            frames.taken_at(stamp, at(5000), UNIX_EPOCH + date(5000))
        };
        assert_eq!(taken_at(&frames, Some(date(4960))), at(4960));
        assert_eq!(taken_at(&frames, Some(date(5000))), at(5000));
        assert_eq!(taken_at(&frames, None), at(5000));
        // from the future, too old, by another clock
        assert_eq!(taken_at(&frames, Some(date(5001))), at(5000));
        assert_eq!(taken_at(&frames, Some(date(3999))), at(5000));
        let other_clock = Duration::from_secs(5);
        assert_eq!(taken_at(&frames, Some(other_clock)), at(5000));
        // times rise
        frames.decode([1, 1], &[7], at(4970)).unwrap();
        assert_eq!(taken_at(&frames, Some(date(4970))), at(5000));
        assert_eq!(taken_at(&frames, Some(date(4971))), at(4971));
    }

    #[test]
    fn device_without_a_format_that_can_be_read_is_said_to_be_there() {
        let device = Device {
            index: 0,
            name: "Dome".to_owned(),
            formats: Vec::new(),
            unreadable: vec!["H264".to_owned(), "HEVC".to_owned()],
        };
        assert_eq!(
            no_camera_sentence(&[device]),
            "no camera can be used: Dome is there, but offers only H264, HEVC, which poseglass cannot read"
        );
        assert!(no_camera_sentence(&[]).contains("no camera was found"));
    }
}
