//! Which devices there are, what they offer, and how they are made ready for nokhwa.

use std::io;

use nokhwa::utils::FrameFormat;

use super::CODINGS;
use crate::source::cameras::sort_formats;
use crate::source::{CameraFormat, PixelCoding, SourceError};

/// A device that gives pictures.
pub struct Device {
    /// The system's number for it.
    pub index: u32,
    /// What its maker calls it.
    pub name: String,
    /// The best first; never empty.
    pub formats: Vec<CameraFormat>,
}

/// What nokhwa calls a coding.
pub const fn frame_format(coding: PixelCoding) -> FrameFormat {
    match coding {
        PixelCoding::Mjpeg => FrameFormat::MJPEG,
        PixelCoding::Yuyv => FrameFormat::YUYV,
        PixelCoding::Nv12 => FrameFormat::NV12,
        PixelCoding::Rgb => FrameFormat::RAWRGB,
        PixelCoding::Bgr => FrameFormat::RAWBGR,
        PixelCoding::Gray => FrameFormat::GRAY,
    }
}

/// All devices with a format that can be read, in the order of the system's numbers.
pub fn find() -> Result<Vec<Device>, SourceError> {
    let mut devices = enumerate()?;
    for device in &mut devices {
        sort_formats(&mut device.formats);
        device.formats.dedup();
    }
    devices.retain(|device| !device.formats.is_empty());
    devices.sort_by_key(|device| device.index);
    Ok(devices)
}

/// Asks V4L2 itself: nokhwa lists formats only of a device that it can open, and it can open only a device
/// whose current format it understands.
#[cfg(target_os = "linux")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "asking fails on other systems, where a permission may be refused"
)]
fn enumerate() -> Result<Vec<Device>, SourceError> {
    Ok(v4l::context::enum_devices()
        .iter()
        .filter_map(|node| {
            let index = node.index();
            // a node that cannot be opened is in use or not ours
            let device = v4l::Device::new(index)
                .inspect_err(|error| tracing::debug!("/dev/video{index}: {error}"))
                .ok()?;
            Some(Device {
                index: u32::try_from(index).ok()?,
                name: node.name().unwrap_or_else(|| format!("video{index}")),
                formats: CODINGS
                    .iter()
                    .flat_map(|coding| formats_of(&device, *coding))
                    .collect(),
            })
        })
        .collect())
}

/// Four letters by which V4L2 names a coding, as nokhwa understands them.
#[cfg(target_os = "linux")]
fn four_letters(coding: PixelCoding) -> v4l::FourCC {
    v4l::FourCC::new(match coding {
        PixelCoding::Mjpeg => b"MJPG",
        PixelCoding::Yuyv => b"YUYV",
        PixelCoding::Nv12 => b"NV12",
        PixelCoding::Rgb => b"RGB3",
        PixelCoding::Bgr => b"BGR3",
        PixelCoding::Gray => b"GRAY",
    })
}

/// Sizes and whole rates in one coding: nokhwa cannot ask for any others.
#[cfg(target_os = "linux")]
fn formats_of(device: &v4l::Device, coding: PixelCoding) -> Vec<CameraFormat> {
    use v4l::frameinterval::FrameIntervalEnum;
    use v4l::framesize::FrameSizeEnum;
    use v4l::video::Capture as _;

    let letters = four_letters(coding);
    let is_offered = device
        .enum_formats()
        .is_ok_and(|formats| formats.iter().any(|format| format.fourcc == letters));
    if !is_offered {
        return Vec::new();
    }
    let mut formats = Vec::new();
    for size in device.enum_framesizes(letters).unwrap_or_default() {
        let FrameSizeEnum::Discrete(size) = size.size else {
            continue;
        };
        let intervals = device
            .enum_frameintervals(letters, size.width, size.height)
            .unwrap_or_default();
        for interval in intervals {
            if let FrameIntervalEnum::Discrete(interval) = interval.interval
                && interval.numerator == 1
            {
                formats.push(CameraFormat {
                    coding,
                    width: size.width,
                    height: size.height,
                    fps: interval.denominator,
                });
            }
        }
    }
    formats
}

/// Puts the device into the format before nokhwa opens it.
///
/// nokhwa fails on a device whose current rate is no whole number or whose current coding it does not know,
/// as whatever program used it last may have left it.
#[cfg(target_os = "linux")]
pub fn prime(device: &Device, format: CameraFormat) -> io::Result<()> {
    use v4l::video::Capture as _;

    let v4l_device = v4l::Device::new(device.index as usize)?;
    let letters = four_letters(format.coding);
    v4l_device.set_format(&v4l::Format::new(format.width, format.height, letters))?;
    v4l_device.set_params(&v4l::video::capture::Parameters::with_fps(format.fps))?;
    Ok(())
}

/// Other systems need nothing of the kind.
#[cfg(not(target_os = "linux"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the same signature as on Linux, where it can fail"
)]
pub fn prime(_device: &Device, _format: CameraFormat) -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn enumerate() -> Result<Vec<Device>, SourceError> {
    use nokhwa::Camera;
    use nokhwa::utils::{ApiBackend, RequestedFormat, RequestedFormatType};

    let no_camera = |reason: String| SourceError::NoCamera(format!("cameras cannot be asked: {reason}"));
    wait_for_permission()?;
    let found = nokhwa::query(ApiBackend::Auto).map_err(|error| no_camera(error.to_string()))?;
    let all = CODINGS.map(frame_format);
    Ok(found
        .iter()
        .zip(0..)
        .map(|(info, place)| {
            let request = RequestedFormat::with_formats(RequestedFormatType::None, &all);
            let formats = Camera::new(info.index().clone(), request)
                .and_then(|mut camera| camera.compatible_camera_formats())
                .inspect_err(|error| tracing::debug!("{}: {error}", info.human_name()))
                .unwrap_or_default();
            Device {
                index: info.index().as_index().unwrap_or(place),
                name: info.human_name(),
                formats: formats.iter().filter_map(known_format).collect(),
            }
        })
        .collect())
}

#[cfg(not(target_os = "linux"))]
fn known_format(format: &nokhwa::utils::CameraFormat) -> Option<CameraFormat> {
    let coding = CODINGS
        .into_iter()
        .find(|coding| frame_format(*coding) == format.format())?;
    Some(CameraFormat {
        coding,
        width: format.width(),
        height: format.height(),
        fps: format.frame_rate(),
    })
}

/// macOS asks the user once; until then there are no cameras.
#[cfg(not(target_os = "linux"))]
fn wait_for_permission() -> Result<(), SourceError> {
    use std::time::{Duration, Instant};

    const PATIENCE: Duration = Duration::from_secs(30);
    let asked_at = Instant::now();
    if !nokhwa::nokhwa_check() {
        nokhwa::nokhwa_initialize(|_is_granted| {});
    }
    while !nokhwa::nokhwa_check() {
        if PATIENCE < asked_at.elapsed() {
            return Err(SourceError::NoCamera(
                "this program may not use cameras: allow it in the system's privacy settings".to_owned(),
            ));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
