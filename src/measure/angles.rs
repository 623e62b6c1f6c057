//! The angles of one pose.
//!
//! The raw angle is Sports2D's (`points_to_angles` of Pose2Sim's `common.py`), with x to the right and y down:
//! two points a, b give the direction of `a - b` against the x axis; three points a, b, c the angle from `c - b` to
//! `a - b`; four points a, b, c, d the angle from `d - c` to `b - a`; the last two as `-atan2(cross, dot)`.

use crate::geom::{Image, Point};
use crate::measure::angle_table::{ANGLES, AngleDefinition, AngleKind, N_ANGLES};
use crate::measure::landmarks::MIN_CONFIDENCE;
use crate::measure::visible_side::VisibleSide;
use crate::types::Pose;

/// What angles depend on beside the pose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AngleParams {
    /// Joints below it give no angle.
    pub min_confidence: f32,
    /// By how much the floor rises to the right, in degrees; taken off the angles of segments.
    pub floor_deg: f64,
}

impl Default for AngleParams {
    /// Sports2D's confidence, and a camera that stands level.
    fn default() -> Self {
        Self {
            min_confidence: MIN_CONFIDENCE,
            floor_deg: 0.0,
        }
    }
}

/// Degrees in the order of [`ANGLES`], in (-180, 180], or in (-90, 90] for lines without direction; `None` where a
/// point is missing.
pub type Angles = [Option<f64>; N_ANGLES];

/// The angles of a pose of which `side` is seen.
///
/// From the left the picture is taken as in a mirror, so that flexion is positive either way; it is left as it is
/// where no side is seen, and the sign of flexion then says nothing.
pub fn angles_of_pose(pose: &Pose, side: VisibleSide, params: &AngleParams) -> Angles {
    ANGLES.map(|angle| angle_of_pose(&angle, pose, side, params))
}

fn angle_of_pose(
    angle: &AngleDefinition,
    pose: &Pose,
    side: VisibleSide,
    params: &AngleParams,
) -> Option<f64> {
    let x_sign = if side == VisibleSide::Left { -1.0 } else { 1.0 };
    let mut points = [[0.0; 2]; 4];
    for (point, landmark) in points.iter_mut().zip(angle.points) {
        let at = landmark.position(pose, params.min_confidence)?;
        *point = [x_sign * f64::from(at.x), f64::from(at.y)];
    }
    let raw_deg = raw_angle_deg(points.get(..angle.points.len())?)?;
    let floor_deg = match angle.kind {
        AngleKind::Joint => 0.0,
        // in a mirror the floor falls where it rose
        AngleKind::Segment => x_sign * params.floor_deg,
    };
    let deg = (raw_deg + angle.offset_deg) * angle.scale - floor_deg;
    Some(wrapped(deg, angle.period_deg))
}

/// Degrees as the head of this file defines them; `None` where two points that span a line are the same.
fn raw_angle_deg(points: &[[f64; 2]]) -> Option<f64> {
    let (u, v) = match points {
        [a, b] => (difference(a, b)?, [1.0, 0.0]),
        [a, b, c] => (difference(a, b)?, difference(c, b)?),
        [a, b, c, d] => (difference(b, a)?, difference(d, c)?),
        _ => return None,
    };
    let cross = u[0] * v[1] - u[1] * v[0];
    let dot = u[0] * v[0] + u[1] * v[1];
    Some(-cross.atan2(dot).to_degrees())
}

/// The vector from `b` to `a`; `None` when it has no direction.
fn difference(a: &[f64; 2], b: &[f64; 2]) -> Option<[f64; 2]> {
    let vector = [a[0] - b[0], a[1] - b[1]];
    (vector != [0.0; 2]).then_some(vector)
}

/// The same angle in (-period / 2, period / 2].
pub(super) fn wrapped(deg: f64, period_deg: f64) -> f64 {
    let half = 0.5 * period_deg;
    half - (half - deg).rem_euclid(period_deg)
}

/// Angle of the line from `from` to `to` against the x axis, in degrees, anticlockwise as one sees it;
/// `None` when they are the same point.
pub fn rise_deg(from: Point<Image>, to: Point<Image>) -> Option<f64> {
    let [dx, dy] = difference(
        &[f64::from(to.x), f64::from(to.y)],
        &[f64::from(from.x), f64::from(from.y)],
    )?;
    let deg = -dy.atan2(dx).to_degrees();
    deg.is_finite().then_some(deg)
}
