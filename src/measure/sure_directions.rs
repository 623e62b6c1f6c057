//! Which angles of a pose are sure enough for whole turns to be counted by them.
//!
//! An angle that goes round is followed from frame to frame. That is right for an arm that is swung, and wrong for a
//! joint that a net finds now here and now there: each time that it comes round its neighbor a turn would be counted. The
//! direction of a line says little where its ends are near each other, as hips are in side view, or where an end is
//! doubted.

use crate::measure::angle_table::{ANGLES, AngleDefinition, N_ANGLES};
use crate::measure::angles::AngleParams;
use crate::measure::body::height_by_longest_px;
use crate::types::Pose;

/// So sure must the net be of joints by which turns are counted: below it, live joints are not fully trusted either
/// (`track::smoothing`).
const SURE_CONFIDENCE: f32 = 0.5;

/// So long must the lines of an angle be, in body heights: both ends are off by some hundredths, which turn a shorter
/// line by more than 30 degrees.
const LEAST_LENGTH: f64 = 0.05;

/// For each angle whether turns may be counted by it.
pub(super) fn sure_directions(pose: &Pose, params: &AngleParams) -> [bool; N_ANGLES] {
    let Some(height_px) = height_by_longest_px(pose, params.min_confidence) else {
        return [false; N_ANGLES];
    };
    let min_confidence = params.min_confidence.max(SURE_CONFIDENCE);
    ANGLES.map(|angle| is_sure(&angle, pose, min_confidence, LEAST_LENGTH * height_px))
}

fn is_sure(angle: &AngleDefinition, pose: &Pose, min_confidence: f32, least_px: f64) -> bool {
    let at = |place: usize| angle.points.get(place)?.position(pose, min_confidence);
    let is_long = |one: usize, other: usize| {
        at(one)
            .zip(at(other))
            .is_some_and(|(one, other)| least_px <= f64::from(one.distance(other)))
    };
    // the lines are those of `measure::angles`
    match angle.points.len() {
        2 => is_long(0, 1),
        3 => is_long(0, 1) && is_long(2, 1),
        4 => is_long(0, 1) && is_long(2, 3),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::Point;
    use crate::measure::angle_table::angle_idx;
    use crate::skeleton::joint;
    use crate::types::Keypoint;

    /// Somebody 400 px tall in profile, whose hips are three pixels apart.
    fn standing() -> Pose {
        let mut pose = Pose::EMPTY;
        for (joints, [x, y]) in [
            (
                [joint::LEFT_SHOULDER, joint::RIGHT_SHOULDER],
                [300.0, 100.0],
            ),
            ([joint::LEFT_ELBOW, joint::RIGHT_ELBOW], [300.0, 174.0]),
            ([joint::LEFT_WRIST, joint::RIGHT_WRIST], [300.0, 232.0]),
            ([joint::LEFT_HIP, joint::RIGHT_HIP], [300.0, 215.0]),
            ([joint::LEFT_KNEE, joint::RIGHT_KNEE], [300.0, 313.0]),
            ([joint::LEFT_ANKLE, joint::RIGHT_ANKLE], [300.0, 411.0]),
        ] {
            for (joint, aside) in joints.into_iter().zip([0.0, 3.0]) {
                pose.keypoints[joint] = Some(Keypoint {
                    at: Point::new(x + aside, y),
                    confidence: 0.8,
                });
            }
        }
        pose
    }

    fn is_sure_in(pose: &Pose, name: &str) -> bool {
        sure_directions(pose, &AngleParams::default())[angle_idx(name).unwrap()]
    }

    #[test]
    fn long_lines_between_sure_joints_are_sure() {
        for name in ["trunk", "left_shank", "right_forearm", "left_shoulder"] {
            assert!(is_sure_in(&standing(), name), "{name}");
        }
        assert_eq!(
            sure_directions(&Pose::EMPTY, &AngleParams::default()),
            [false; N_ANGLES]
        );
    }

    #[test]
    fn hips_behind_one_another_and_doubted_joints_are_not() {
        let mut pose = standing();
        assert!(!is_sure_in(&pose, "pelvis"));
        pose.keypoints[joint::LEFT_WRIST] = Some(Keypoint {
            at: Point::new(300.0, 232.0),
            confidence: 0.45,
        });
        assert!(!is_sure_in(&pose, "left_forearm"));
        assert!(is_sure_in(&pose, "right_forearm"));
        // an arm that points at the camera
        pose.keypoints[joint::RIGHT_ELBOW] = Some(Keypoint {
            at: Point::new(306.0, 110.0),
            confidence: 0.8,
        });
        assert!(!is_sure_in(&pose, "right_arm"));
        assert!(!is_sure_in(&pose, "right_shoulder"));
    }
}
