//! A device that runs: through nokhwa, or past it where it does not know what Linux offers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use nokhwa::Camera;
use nokhwa::utils::{CameraFormat as Format, CameraIndex, RequestedFormat, RequestedFormatType};

use super::devices::{self, Device};
use crate::source::CameraFormat;
#[cfg(target_os = "linux")]
use crate::source::PixelCoding;

/// A device that gives frames.
pub enum Stream {
    /// Read by nokhwa.
    Nokhwa(Camera),
    /// Gray pictures on Linux: nokhwa looks for them under four letters that no driver uses.
    #[cfg(target_os = "linux")]
    Gray {
        /// The driver's buffers.
        buffers: v4l::io::mmap::Stream<'static>,
        /// `[width, height]` as the driver states it.
        size: [usize; 2],
    },
}

impl Stream {
    /// Opens a device in exactly this format and lets it run.
    pub fn start(device: &Device, format: CameraFormat) -> Result<Self, String> {
        devices::prime(device, format).map_err(|reason| reason.to_string())?;
        #[cfg(target_os = "linux")]
        if format.coding == PixelCoding::Gray {
            return Self::gray(device).map_err(|reason| reason.to_string());
        }
        let coding = devices::frame_format(format.coding);
        let wanted = Format::new_from(format.width, format.height, coding, format.fps);
        // every other kind of request gives the first format that comes along, or fails
        let codings = [coding];
        let request = RequestedFormat::with_formats(RequestedFormatType::Exact(wanted), &codings);
        let index = CameraIndex::Index(device.index);
        let mut camera = Camera::new(index, request).map_err(|error| error.to_string())?;
        let opened = camera.open_stream();
        let stream = Self::Nokhwa(camera);
        match opened {
            Ok(()) => Ok(stream),
            Err(error) => {
                stream.put_away();
                Err(error.to_string())
            }
        }
    }

    /// Runs a device that was put into a gray format.
    #[cfg(target_os = "linux")]
    fn gray(device: &Device) -> std::io::Result<Self> {
        use v4l::video::Capture as _;

        // as many as nokhwa takes: more would be older when they are read
        const N_BUFFERS: u32 = 4;
        let device = v4l::Device::new(device.index as usize)?;
        let format = device.format()?;
        if devices::coding_of(format.fourcc) != Some(PixelCoding::Gray) {
            return Err(std::io::Error::other("it gives another format than gray"));
        }
        let kind = v4l::buffer::Type::VideoCapture;
        Ok(Self::Gray {
            buffers: v4l::io::mmap::Stream::with_buffers(&device, kind, N_BUFFERS)?,
            size: [format.width as usize, format.height as usize],
        })
    }

    /// Waits for the next frame and reads it where it lies: by its size (`[width, height]`), its bytes, and the time
    /// since 1970 at which it was taken, where that is known.
    pub fn frame<T>(
        &mut self,
        read: impl FnOnce([usize; 2], &[u8], Option<Duration>) -> T,
    ) -> Result<T, String> {
        match self {
            Self::Nokhwa(camera) => {
                let buffer = camera.frame().map_err(|error| error.to_string())?;
                let size = [
                    buffer.resolution().width() as usize,
                    buffer.resolution().height() as usize,
                ];
                Ok(read(size, buffer.buffer(), buffer.capture_timestamp()))
            }
            #[cfg(target_os = "linux")]
            Self::Gray { buffers, size } => {
                use v4l::io::traits::CaptureStream as _;

                let (bytes, _) = buffers.next().map_err(|error| error.to_string())?;
                Ok(read(*size, bytes, None))
            }
        }
    }

    /// Drops it; both kinds panic there when the device is gone.
    pub fn put_away(self) {
        if catch_unwind(AssertUnwindSafe(move || drop(self))).is_err() {
            tracing::debug!("a camera could not be stopped: it is gone");
        }
    }
}
