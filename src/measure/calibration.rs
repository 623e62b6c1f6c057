//! Meters per pixel.
//!
//! One scale for the whole picture: right for what happens in the plane in which it was measured, across the line of
//! sight, and without a lens that bends lines. Nearer things are larger than they are said to be, further ones smaller.

use crate::geom::{Image, Point};
use crate::measure::body::BodyHeight;

/// Tallest and smallest person that is believed, in meters: the records are 2.72 and 0.55, and whoever types
/// centimeters or feet is outside.
const HEIGHTS_M: std::ops::RangeInclusive<f64> = 0.5..=2.8;

/// How pixels become meters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Meters that a pixel stands for.
    pub meters_per_px: f64,
    /// Where it comes from.
    pub source: ScaleSource,
}

/// What a scale was taken from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ScaleSource {
    /// A length between two points of the picture.
    KnownLength,
    /// A person's height, and the share of it that lies between ankles and shoulders in an average body.
    PersonHeight {
        /// How unsteady the height in pixels is from frame to frame, as a share of it ([`BodyHeight::spread_share`]).
        spread_share: f64,
        /// How many frames it comes from.
        n_frames: usize,
    },
}

/// Why there is no scale; each kind is one sentence for the user.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// A length that no thing has.
    #[error("{length_m} m is no length: give meters, more than 0")]
    Length {
        /// What was given.
        length_m: f64,
    },
    /// A height that no person has.
    #[error("nobody is {height_m} m tall: give meters, as in 1.75")]
    Height {
        /// What was given.
        height_m: f64,
    },
    /// Both ends are the same point, or no point at all.
    #[error("the known length goes from a point to itself: give two points that are far apart")]
    SamePoint,
    /// No frame shows enough of the person.
    #[error(
        "no frame shows ankle, knee, hip and shoulder of the person: give --known-length instead of the height"
    )]
    NoBody,
}

impl Scale {
    /// From a length in meters between two points of the picture, both as far from the camera as what is measured.
    pub fn from_known_length(
        from: Point<Image>,
        to: Point<Image>,
        length_m: f64,
    ) -> Result<Self, CalibrationError> {
        if !(length_m.is_finite() && 0.0 < length_m) {
            return Err(CalibrationError::Length { length_m });
        }
        let length_px = f64::from(from.distance(to));
        if !(length_px.is_finite() && 0.0 < length_px) {
            return Err(CalibrationError::SamePoint);
        }
        Ok(Self {
            meters_per_px: length_m / length_px,
            source: ScaleSource::KnownLength,
        })
    }

    /// From a person's height in meters and what is seen of the body; good within a few percent, as the shares are
    /// those of an average body.
    pub fn from_height(body: Option<&BodyHeight>, height_m: f64) -> Result<Self, CalibrationError> {
        if !HEIGHTS_M.contains(&height_m) {
            return Err(CalibrationError::Height { height_m });
        }
        let body = body.ok_or(CalibrationError::NoBody)?;
        Ok(Self {
            meters_per_px: height_m / body.height_px,
            source: ScaleSource::PersonHeight {
                spread_share: body.spread_share,
                n_frames: body.n_frames,
            },
        })
    }
}
