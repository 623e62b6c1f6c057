//! The line on which a person walks, in the picture.

use crate::geom::{Image, Point};
use crate::measure::angles::rise_deg;
use crate::measure::body::{ANKLE_HEIGHT, BodyHeight};
use crate::measure::landmarks::joint_position;
use crate::measure::spread::quantile;
use crate::skeleton::joint::{LEFT_ANKLE, RIGHT_ANKLE};
use crate::types::PoseSeries;

/// A foot that is slower stands, in body heights per second: Sports2D's 1 m/s for a person of 1.70 m. A swinging
/// ankle is several times as fast.
const STANDING_HEIGHTS_PER_SEC: f64 = 1.0 / 1.7;

/// Over a longer time, from the frame before to the frame after, a foot that swings is as slow as the person, who may walk
/// more slowly than that: a step takes about half a second.
const LONGEST_LOOK_SECS: f64 = 0.5;

/// Feet must have stood this far apart, in body heights: one step. Over less, an error of a few pixels in an ankle
/// turns the line by degrees.
const LEAST_REACH: f64 = 0.4;

/// So many places where a foot stood are compared pair by pair; more make the line no better, only slower.
const MOST_CONTACTS: usize = 400;

/// Where people stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floor {
    /// By how much it rises to the right, in degrees, in (-90, 90).
    pub rise_deg: f64,
    /// A point of it; `None` where only the slope was given.
    pub origin: Option<Point<Image>>,
    /// How many standing feet it comes from; `None` where it was given.
    pub n_contacts: Option<usize>,
}

/// Why there is no floor; each kind is one sentence for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FloorError {
    /// The points are one, or no points.
    #[error("the floor goes from a point to itself: give two points that are far apart")]
    SamePoint,
    /// The angle is none that a floor has.
    #[error(
        "a floor rises by less than 90 degrees: give degrees, as in 2.5, or two points that are not above one another"
    )]
    Angle,
    /// Feet were not seen, never at rest, or in frames too far apart to tell.
    #[error("no foot was seen standing: give the floor as an angle or two points")]
    NoContacts,
    /// The feet stood in one place.
    #[error(
        "the feet stood within less than a step, which shows no line: give the floor as an angle or two points"
    )]
    OnePlace,
}

impl Floor {
    /// As a camera that stands level sees it.
    pub const LEVEL: Self = Self {
        rise_deg: 0.0,
        origin: None,
        n_contacts: None,
    };

    /// Through two points, in either order.
    pub fn through(one: Point<Image>, other: Point<Image>) -> Result<Self, FloorError> {
        let rise_deg = rise_deg(one, other).ok_or(FloorError::SamePoint)?;
        // from left to right
        let floor = Self::with_rise(90.0 - (90.0 - rise_deg).rem_euclid(180.0))?;
        Ok(Self {
            origin: Some(one),
            ..floor
        })
    }

    /// With this slope, somewhere.
    pub fn with_rise(rise_deg: f64) -> Result<Self, FloorError> {
        if !(-90.0 < rise_deg && rise_deg < 90.0) {
            return Err(FloorError::Angle);
        }
        Ok(Self {
            rise_deg,
            origin: None,
            n_contacts: None,
        })
    }

    /// From where the feet stood: a line through ankles that hardly move, lowered by the height of an ankle.
    ///
    /// Sports2D fits by least squares; here the median of the slopes of all pairs is taken (Theil 1950, Sen 1968),
    /// since a foot that is held up still would bend the other fit.
    pub fn from_contacts(
        series: &PoseSeries,
        body: &BodyHeight,
        min_confidence: f32,
    ) -> Result<Self, FloorError> {
        let mut contacts = standing_ankles(series, body, min_confidence);
        let every = contacts.len().div_ceil(MOST_CONTACTS).max(1);
        let n_contacts = contacts.len();
        contacts = contacts.into_iter().step_by(every).collect();
        if contacts.len() < 2 {
            return Err(FloorError::NoContacts);
        }
        let least_reach_px = LEAST_REACH * body.height_px;
        let mut slopes = Vec::new();
        for (i, [x, y]) in contacts.iter().enumerate() {
            for [other_x, other_y] in &contacts[i + 1..] {
                if least_reach_px <= (other_x - x).abs() {
                    slopes.push((other_y - y) / (other_x - x));
                }
            }
        }
        let slope = median(slopes).ok_or(FloorError::OnePlace)?;
        let offset = median(contacts.iter().map(|[x, y]| y - slope * x).collect())
            .ok_or(FloorError::NoContacts)?;
        let x = median(contacts.iter().map(|[x, _]| *x).collect()).ok_or(FloorError::NoContacts)?;
        // down along y by what is the ankle's height across the line
        let ankle_px = ANKLE_HEIGHT * body.height_px * slope.hypot(1.0);
        Ok(Self {
            rise_deg: -slope.atan().to_degrees(),
            origin: Some(Point::new(x as f32, (slope * x + offset + ankle_px) as f32)),
            n_contacts: Some(n_contacts),
        })
    }

    /// How far along the floor to the right a point is, in pixels.
    pub fn along_px(&self, point: Point<Image>) -> f64 {
        let (sin, cos) = self.rise_deg.to_radians().sin_cos();
        f64::from(point.x) * cos - f64::from(point.y) * sin
    }
}

/// Places of ankles that moved slowly from the frame before to the frame after.
fn standing_ankles(series: &PoseSeries, body: &BodyHeight, min_confidence: f32) -> Vec<[f64; 2]> {
    let fastest_px_per_sec = STANDING_HEIGHTS_PER_SEC * body.height_px;
    let mut contacts = Vec::new();
    for ankle in [LEFT_ANKLE, RIGHT_ANKLE] {
        for (poses, times) in series.poses.windows(3).zip(series.times_secs.windows(3)) {
            let at = |k: usize| joint_position(&poses[k], ankle, min_confidence);
            let (Some(before), Some(now), Some(after)) = (at(0), at(1), at(2)) else {
                continue;
            };
            let dt_secs = times[2] - times[0];
            let moved_px = f64::from(before.distance(after));
            let is_short = 0.0 < dt_secs && dt_secs <= LONGEST_LOOK_SECS;
            if is_short && moved_px < fastest_px_per_sec * dt_secs {
                contacts.push([f64::from(now.x), f64::from(now.y)]);
            }
        }
    }
    contacts
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.5).filter(|median| median.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Keypoint, Pose, TrackId};

    /// An ankle in ten frames, half a body height further in each.
    fn carried_along(interval_secs: f64) -> PoseSeries {
        let pose = |frame: u8| {
            let mut pose = Pose::EMPTY;
            pose.keypoints[LEFT_ANKLE] = Some(Keypoint {
                at: Point::new(200.0 * f32::from(frame), 700.0),
                confidence: 0.9,
            });
            pose
        };
        PoseSeries {
            id: TrackId(1),
            frames: (0..10).collect(),
            times_secs: (0..10_u8)
                .map(|frame| interval_secs * f64::from(frame))
                .collect(),
            poses: (0..10_u8).map(pose).collect(),
        }
    }

    #[test]
    fn frames_too_far_apart_to_see_a_step_show_no_standing_foot() {
        let body = BodyHeight {
            height_px: 400.0,
            spread_share: 0.0,
            n_frames: 10,
        };
        // slower on average than a foot that stands may be, and faster
        for interval_secs in [1.0, 0.2] {
            let floor = Floor::from_contacts(&carried_along(interval_secs), &body, 0.3);
            assert_eq!(floor, Err(FloorError::NoContacts), "{interval_secs}");
        }
    }
}
