//! Which devices there are, what they offer, and how they are made ready for nokhwa.

use std::io;

use nokhwa::utils::FrameFormat;

use crate::source::cameras::sort_formats;
use crate::source::{CameraFormat, PixelCoding, SourceError};

/// A device that gives pictures.
pub struct Device {
    /// The system's number for it.
    pub index: u32,
    /// What its maker calls it.
    pub name: String,
    /// What this program can read, the best first.
    pub formats: Vec<CameraFormat>,
    /// Everything else that it offers, in words.
    pub unreadable: Vec<String>,
}

impl Device {
    /// What is said of a device that offers nothing this program can read.
    pub fn refusal(&self) -> String {
        format!(
            "{} is there, but offers only {}, which poseglass cannot read",
            self.name,
            self.unreadable.join(", ")
        )
    }
}

/// All devices, each once.
pub struct Found {
    /// Those with a format that can be read.
    pub usable: Vec<Device>,
    /// Those that offer only others.
    pub unusable: Vec<Device>,
}

impl Found {
    /// In the order of the system's numbers, those that see no colors last: laptops have such a one to look for faces
    /// in the dark, which must not be the first camera because of its number.
    fn sorted(mut devices: Vec<Device>) -> Self {
        for device in &mut devices {
            sort_formats(&mut device.formats);
            device.formats.dedup();
        }
        devices.sort_by_key(|device| {
            let sees_colors = device
                .formats
                .iter()
                .any(|format| format.coding != PixelCoding::Gray);
            (!sees_colors, device.index)
        });
        let (usable, mut unusable): (Vec<_>, Vec<_>) = devices
            .into_iter()
            .partition(|device| !device.formats.is_empty());
        // what offers nothing at all is no camera: most have a node for facts about their pictures beside them
        unusable.retain(|device| !device.unreadable.is_empty());
        Self { usable, unusable }
    }
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

/// All devices that are connected.
pub fn find() -> Result<Found, SourceError> {
    enumerate().map(Found::sorted)
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
            let offered = offered_by(&device);
            let mut formats = Vec::new();
            let mut unreadable = Vec::new();
            for letters in &offered {
                let readable = formats_of(&device, *letters);
                if readable.is_empty() {
                    unreadable.push(in_words(*letters));
                }
                formats.extend(readable);
            }
            Some(Device {
                index: u32::try_from(index).ok()?,
                name: node.name().unwrap_or_else(|| format!("video{index}")),
                formats,
                unreadable,
            })
        })
        .collect())
}

/// The coding that V4L2 names by four letters, as far as nokhwa understands it.
#[cfg(target_os = "linux")]
pub fn coding_of(letters: v4l::FourCC) -> Option<PixelCoding> {
    Some(match &letters.repr {
        b"MJPG" => PixelCoding::Mjpeg,
        b"YUYV" => PixelCoding::Yuyv,
        b"NV12" => PixelCoding::Nv12,
        b"RGB3" => PixelCoding::Rgb,
        b"BGR3" => PixelCoding::Bgr,
        // the first are those of V4L2, the second those of nokhwa
        b"GREY" | b"GRAY" => PixelCoding::Gray,
        _ => return None,
    })
}

/// The letters of all codings that a device offers.
#[cfg(target_os = "linux")]
fn offered_by(device: &v4l::Device) -> Vec<v4l::FourCC> {
    use v4l::video::Capture as _;

    let formats = device.enum_formats().unwrap_or_default();
    let mut offered = Vec::new();
    for format in formats {
        if !offered.contains(&format.fourcc) {
            offered.push(format.fourcc);
        }
    }
    offered
}

/// What is said of a coding in which a device offers nothing that can be read.
#[cfg(target_os = "linux")]
fn in_words(letters: v4l::FourCC) -> String {
    let name = String::from_utf8_lossy(&letters.repr);
    let name = name.trim_end();
    match coding_of(letters) {
        Some(_) => format!("{name} without a fixed size and a whole rate"),
        None => name.to_owned(),
    }
}

/// Sizes and whole rates in one coding: nokhwa cannot ask for any others.
#[cfg(target_os = "linux")]
fn formats_of(device: &v4l::Device, letters: v4l::FourCC) -> Vec<CameraFormat> {
    use v4l::frameinterval::FrameIntervalEnum;
    use v4l::framesize::FrameSizeEnum;
    use v4l::video::Capture as _;

    let Some(coding) = coding_of(letters) else {
        return Vec::new();
    };
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
    let letters = offered_by(&v4l_device)
        .into_iter()
        .find(|letters| coding_of(*letters) == Some(format.coding))
        .ok_or_else(|| io::Error::other("it does not offer this format any more"))?;
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

/// The codings that nokhwa knows.
#[cfg(not(target_os = "linux"))]
const CODINGS: [PixelCoding; 6] = [
    PixelCoding::Mjpeg,
    PixelCoding::Yuyv,
    PixelCoding::Nv12,
    PixelCoding::Rgb,
    PixelCoding::Bgr,
    PixelCoding::Gray,
];

#[cfg(not(target_os = "linux"))]
fn enumerate() -> Result<Vec<Device>, SourceError> {
    use nokhwa::Camera;
    use nokhwa::utils::{ApiBackend, RequestedFormat, RequestedFormatType};

    let no_camera =
        |reason: String| SourceError::NoCamera(format!("cameras cannot be asked: {reason}"));
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
                // nokhwa tells nothing of formats that it does not know
                unreadable: Vec::new(),
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
                "this program may not use cameras: allow it in the system's privacy settings"
                    .to_owned(),
            ));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_sorted_by_what_they_offer() {
        let device = |index: u32, codings: &[PixelCoding], unreadable: &[&str]| Device {
            index,
            name: format!("video{index}"),
            formats: codings
                .iter()
                .map(|coding| CameraFormat {
                    coding: *coding,
                    width: 640,
                    height: 480,
                    fps: 30,
                })
                .collect(),
            unreadable: unreadable.iter().map(|name| (*name).to_owned()).collect(),
        };
        let found = Found::sorted(vec![
            device(7, &[PixelCoding::Mjpeg], &["H264"]),
            device(0, &[PixelCoding::Gray], &[]),
            device(3, &[], &["pBAA"]),
            device(2, &[PixelCoding::Gray, PixelCoding::Yuyv], &[]),
            // the node beside it
            device(1, &[], &[]),
        ]);
        let numbers = |devices: &[Device]| {
            devices
                .iter()
                .map(|device| device.index)
                .collect::<Vec<_>>()
        };
        assert_eq!(numbers(&found.usable), [2, 7, 0]);
        assert_eq!(numbers(&found.unusable), [3]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn letters_of_linux_for_gray_are_known() {
        let coding = |letters| coding_of(v4l::FourCC::new(letters));
        assert_eq!(coding(b"GREY"), Some(PixelCoding::Gray));
        assert_eq!(coding(b"GRAY"), Some(PixelCoding::Gray));
        assert_eq!(coding(b"Y16 "), None);
        assert_eq!(in_words(v4l::FourCC::new(b"Y16 ")), "Y16");
        assert!(in_words(v4l::FourCC::new(b"YUYV")).contains("YUYV without"));
    }
}
