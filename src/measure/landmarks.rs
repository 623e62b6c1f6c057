//! The points of a body that are measured: joints, and two middles that COCO's joints lack.

use crate::geom::{Image, Point};
use crate::skeleton::{Side, joint};
use crate::types::Pose;

/// Joints below this confidence are not measured, as in Sports2D (`keypoint_likelihood_threshold`).
pub const MIN_CONFIDENCE: f32 = 0.3;

/// A point of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landmark {
    /// One of the joints of [`crate::skeleton`].
    Joint(usize),
    /// Halfway between the shoulders: what Sports2D calls the neck.
    Neck,
    /// Halfway between the hips.
    MidHip,
}

impl Landmark {
    /// Where it is, in pixels of the frame; `None` unless every joint it comes from has at least `min_confidence`.
    pub fn position(self, pose: &Pose, min_confidence: f32) -> Option<Point<Image>> {
        let at = |joint_idx| joint_position(pose, joint_idx, min_confidence);
        match self {
            Self::Joint(joint_idx) => at(joint_idx),
            Self::Neck => Some(at(joint::LEFT_SHOULDER)?.lerp(at(joint::RIGHT_SHOULDER)?, 0.5)),
            Self::MidHip => Some(at(joint::LEFT_HIP)?.lerp(at(joint::RIGHT_HIP)?, 0.5)),
        }
    }
}

/// Where a joint is, in pixels of the frame; `None` unless it has at least `min_confidence`.
pub fn joint_position(pose: &Pose, joint_idx: usize, min_confidence: f32) -> Option<Point<Image>> {
    pose.keypoints
        .get(joint_idx)
        .copied()
        .flatten()
        .filter(|keypoint| min_confidence <= keypoint.confidence && keypoint.at.is_finite())
        .map(|keypoint| keypoint.at)
}

/// The joints of one side of the body that are measured along it, from below: ankle, knee, hip, shoulder.
pub const fn chain_of_side(side: Side) -> [usize; 4] {
    match side {
        Side::Right => [
            joint::RIGHT_ANKLE,
            joint::RIGHT_KNEE,
            joint::RIGHT_HIP,
            joint::RIGHT_SHOULDER,
        ],
        Side::Left | Side::Middle => [
            joint::LEFT_ANKLE,
            joint::LEFT_KNEE,
            joint::LEFT_HIP,
            joint::LEFT_SHOULDER,
        ],
    }
}

/// The pose without joints outside of a picture of `[width, height]` pixels, which nobody can see: nets place the legs of
/// somebody who leaves the picture where legs usually are. Where the size is not known, as 0, all joints stay.
pub fn within_picture(pose: &Pose, [width, height]: [usize; 2]) -> Pose {
    if width == 0 || height == 0 {
        return *pose;
    }
    let is_inside = |at: Point<Image>| {
        (0.0..=width as f32).contains(&at.x) && (0.0..=height as f32).contains(&at.y)
    };
    Pose {
        keypoints: pose
            .keypoints
            .map(|keypoint| keypoint.filter(|keypoint| is_inside(keypoint.at))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Keypoint;

    #[test]
    fn what_is_outside_of_the_picture_is_not_seen() {
        let mut pose = Pose::EMPTY;
        for (joint_idx, [x, y]) in [
            [0.0, 0.0],
            [640.0, 480.0],
            [640.5, 100.0],
            [100.0, -0.5],
            [f32::NAN, 100.0],
        ]
        .into_iter()
        .enumerate()
        {
            pose.keypoints[joint_idx] = Some(Keypoint {
                at: Point::new(x, y),
                confidence: 0.9,
            });
        }
        let seen = within_picture(&pose, [640, 480]);
        let is_seen = [0, 1, 2, 3, 4].map(|joint_idx| seen.keypoints[joint_idx].is_some());
        assert_eq!(is_seen, [true, true, false, false, false]);
        let unknown = within_picture(&pose, [0, 0]);
        assert!(unknown.keypoints[..5].iter().all(Option::is_some));
    }
}
