//! Live cameras through nokhwa.

mod coding;
mod devices;
mod jpeg;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nokhwa::Camera;
use nokhwa::utils::{CameraFormat as Format, CameraIndex, RequestedFormat, RequestedFormatType};

use super::{
    CameraFormat, CameraInfo, FrameSource, PixelCoding, SourceError, SourceInfo, SourceKind,
};
use crate::types::Frame;
use coding::Spoilt;
use devices::Device;

/// All cameras that give pictures this program can read.
pub fn list() -> Result<Vec<CameraInfo>, SourceError> {
    let devices = devices::find()?;
    Ok(devices
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
    camera: Option<Camera>,
    frames: Frames,
}

/// Makes frames of a camera's bytes; their numbers and times count from the first one that is whole.
struct Frames {
    coding: PixelCoding,
    /// When the first whole frame came. `None` before it.
    first_at: Option<Instant>,
    n_given: u64,
    /// Frames in a row that could not be decoded.
    n_spoilt: u32,
}

impl CameraSource {
    /// Opens the camera with this place in the list, in the format that serves the program best.
    pub fn open(number: u32) -> Result<Self, SourceError> {
        let mut devices = devices::find()?;
        let n_devices = devices.len();
        if n_devices == 0 {
            return Err(SourceError::NoCamera(no_camera_sentence()));
        }
        if n_devices <= number as usize {
            let there_are = if n_devices == 1 {
                "there is only camera:0".to_owned()
            } else {
                format!("there are camera:0 to camera:{}", n_devices - 1)
            };
            return Err(SourceError::NoCamera(format!(
                "there is no camera:{number}: {there_are} (`poseglass cameras` lists them)"
            )));
        }
        let device = devices.swap_remove(number as usize);
        let mut reasons = Vec::new();
        // a driver may refuse what it offers: then the next best is tried
        const MOST_TRIES: usize = 4;
        for format in device.formats.iter().take(MOST_TRIES) {
            match start(&device, *format) {
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

    fn running(number: u32, device: &Device, format: CameraFormat, camera: Camera) -> Self {
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
            n_given: 0,
            n_spoilt: 0,
        }
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
        let index = self.n_given;
        self.n_given += 1;
        Ok(Frame {
            index,
            time: captured_at.duration_since(first_at),
            captured_at,
            image: Arc::new(image),
        })
    }
}

/// Opens a device in exactly this format and lets it run.
fn start(device: &Device, format: CameraFormat) -> Result<Camera, String> {
    devices::prime(device, format).map_err(|reason| reason.to_string())?;
    let coding = devices::frame_format(format.coding);
    let wanted = Format::new_from(format.width, format.height, coding, format.fps);
    // every other kind of request gives the first format that comes along, or fails
    let codings = [coding];
    let request = RequestedFormat::with_formats(RequestedFormatType::Exact(wanted), &codings);
    let index = CameraIndex::Index(device.index);
    let mut camera = Camera::new(index, request).map_err(|error| error.to_string())?;
    match camera.open_stream() {
        Ok(()) => Ok(camera),
        Err(error) => {
            put_away(camera);
            Err(error.to_string())
        }
    }
}

/// Drops a camera; nokhwa panics there when the device is gone.
fn put_away(camera: Camera) {
    if catch_unwind(AssertUnwindSafe(move || drop(camera))).is_err() {
        tracing::debug!("a camera could not be stopped: it is gone");
    }
}

fn no_camera_sentence() -> String {
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
            let buffer = match camera.frame() {
                Ok(buffer) => buffer,
                Err(error) => return Err(self.lost(error.to_string())),
            };
            let captured_at = Instant::now();
            let size = [
                buffer.resolution().width() as usize,
                buffer.resolution().height() as usize,
            ];
            match self.frames.decode(size, buffer.buffer(), captured_at) {
                Ok(frame) => return Ok(Some(frame)),
                Err(spoilt) => {
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
            put_away(camera);
        }
    }
}

/// The codings that nokhwa knows.
const CODINGS: [PixelCoding; 6] = [
    PixelCoding::Mjpeg,
    PixelCoding::Yuyv,
    PixelCoding::Nv12,
    PixelCoding::Rgb,
    PixelCoding::Bgr,
    PixelCoding::Gray,
];

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
}
