//! Which cameras there are, as plain data.

use serde::Serialize;

use super::SourceError;

/// A camera that can be opened as `camera:INDEX`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CameraInfo {
    /// Its place in the list, from 0.
    pub index: u32,
    /// What its maker calls it.
    pub name: String,
    /// What it can give, the best for this program first.
    pub formats: Vec<CameraFormat>,
}

/// One way in which a camera gives pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CameraFormat {
    /// How the pixels are stored.
    pub coding: PixelCoding,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Frames per second.
    pub fps: u32,
}

impl std::fmt::Display for CameraFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            coding,
            width,
            height,
            fps,
        } = self;
        write!(f, "{} {width}x{height} at {fps}", coding.name())
    }
}

/// How a camera stores pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PixelCoding {
    /// A JPEG for each frame.
    Mjpeg,
    /// Luma of each pixel, chroma of each pair, interleaved.
    Yuyv,
    /// Luma plane, then interleaved chroma of each two by two pixels.
    Nv12,
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
    /// Luma alone.
    Gray,
}

impl PixelCoding {
    /// The name that drivers use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mjpeg => "MJPEG",
            Self::Yuyv => "YUYV",
            Self::Nv12 => "NV12",
            Self::Rgb => "RGB",
            Self::Bgr => "BGR",
            Self::Gray => "GRAY",
        }
    }
}

impl CameraFormat {
    /// How far a format is from what serves this program best; 0 is best.
    ///
    /// 1280x720 at 30 frames per second is enough for people in a room: a person who is half as high as the picture
    /// fills the pose net's input. Fewer frames cost more than fewer pixels, since fast limbs are then lost;
    /// more pixels cost decoding time for nothing.
    pub fn distance_from_ideal(&self) -> f64 {
        const IDEAL_PIXELS: f64 = 1280.0 * 720.0;
        const IDEAL_FPS: f64 = 30.0;
        let fps = f64::from(self.fps.max(1));
        let doublings = (f64::from(self.width) * f64::from(self.height) / IDEAL_PIXELS)
            .max(1e-6)
            .log2();
        let by_rate = if fps < IDEAL_FPS {
            2.0 * (1.0 - fps / IDEAL_FPS)
        } else {
            0.05 * (fps / IDEAL_FPS).log2()
        };
        let by_size = if 0.0 < doublings {
            doublings
        } else {
            -0.5 * doublings
        };
        // among equals, what needs no JPEG decoder comes first, and what has no color last
        let by_coding = match self.coding {
            PixelCoding::Yuyv | PixelCoding::Nv12 | PixelCoding::Rgb | PixelCoding::Bgr => 0.0,
            PixelCoding::Mjpeg => 0.05,
            PixelCoding::Gray => 0.3,
        };
        by_rate + by_size + by_coding
    }
}

/// The best format first.
pub fn sort_formats(formats: &mut [CameraFormat]) {
    formats.sort_by(|a, b| a.distance_from_ideal().total_cmp(&b.distance_from_ideal()));
}

/// All cameras that give pictures this program can read; asks each of them.
pub fn cameras() -> Result<Vec<CameraInfo>, SourceError> {
    #[cfg(feature = "camera")]
    return super::camera::list();
    #[cfg(not(feature = "camera"))]
    Err(SourceError::NoCameraSupport)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(coding: PixelCoding, width: u32, height: u32, fps: u32) -> CameraFormat {
        CameraFormat {
            coding,
            width,
            height,
            fps,
        }
    }

    #[test]
    fn usb2_webcam_is_read_as_jpeg_at_full_rate() {
        let mut formats = [
            format(PixelCoding::Yuyv, 1280, 720, 10),
            format(PixelCoding::Mjpeg, 1920, 1080, 30),
            format(PixelCoding::Yuyv, 640, 480, 30),
            format(PixelCoding::Mjpeg, 1280, 720, 30),
            format(PixelCoding::Yuyv, 320, 180, 1),
        ];
        sort_formats(&mut formats);
        assert_eq!(formats[0], format(PixelCoding::Mjpeg, 1280, 720, 30));
        assert_eq!(formats[1], format(PixelCoding::Yuyv, 640, 480, 30));
        assert_eq!(formats[4], format(PixelCoding::Yuyv, 320, 180, 1));
        assert_eq!(formats[0].to_string(), "MJPEG 1280x720 at 30");
    }
}
