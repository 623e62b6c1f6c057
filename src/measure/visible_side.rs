//! Which side of a person the camera sees: it decides which way joints bend in the picture.
//!
//! Sports2D takes it from the feet (toes right of the heels: seen from the right), and from where the standing feet
//! move. COCO's joints have no toes: here walking and the face decide, and the breadth of the shoulders tells side
//! from front.

use std::ops::Range;

use crate::geom::{Image, Point};
use crate::measure::body::{SHOULDER_BREADTH, TRUNK};
use crate::measure::landmarks::joint_position;
use crate::skeleton::joint::{
    LEFT_EAR, LEFT_EYE, LEFT_HIP, LEFT_SHOULDER, NOSE, RIGHT_EAR, RIGHT_EYE, RIGHT_HIP,
    RIGHT_SHOULDER,
};
use crate::types::{Pose, PoseSeries};

/// The side that is turned to the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisibleSide {
    /// The left one: the person looks to the left of the picture.
    Left,
    /// The right one: the person looks to the right of the picture.
    Right,
    /// Seen from the front or from behind, or it cannot be told.
    Neither,
}

/// Shoulders broader than this share of the trunk's length are turned less than 45° away from the camera.
const FRONTAL_BREADTH: f64 = SHOULDER_BREADTH / TRUNK * std::f64::consts::FRAC_1_SQRT_2;

/// The nose must lie this far before the ears, as a share of the trunk's length. In profile it is about a fifth
/// (11 of 50 cm), half of that at 30° from the camera; less is within the error of the joints.
const LEAST_NOSE_SHARE: f64 = 0.1;

/// Whoever goes faster walks, in trunk lengths per second (about half a meter per second): hips move back and forth
/// more slowly in squats and other exercises on the spot.
const WALKING_TRUNKS_PER_SEC: f64 = 1.0;

/// Hips must be seen so far apart in time for that: over a few frames the errors of a net are as fast as a walk.
const LEAST_WALK_SECS: f64 = 0.25;

/// The side is decided from all frames up to this long before and after: longer than a head is turned by the way,
/// shorter than the walk between two turns.
const HALF_WINDOW_SECS: f64 = 0.5;

/// So clearly must one side outweigh the other, from 0 to 1; Sports2D asks the same of its direction of gait.
const LEAST_AGREEMENT: f64 = 0.3;

impl VisibleSide {
    /// What files call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Neither => "none",
        }
    }

    /// 1 where forward is to the right of the picture, -1 to the left, 0 where it is neither.
    pub const fn forward(self) -> f64 {
        match self {
            Self::Left => -1.0,
            Self::Right => 1.0,
            Self::Neither => 0.0,
        }
    }

    /// Decides from one pose alone, by shoulders and face.
    pub fn of_pose(pose: &Pose, min_confidence: f32) -> Self {
        Self::of_forward(facing(pose, min_confidence).unwrap_or_default())
    }

    /// Decides for every frame of a series, by walking where there is some, otherwise by shoulders and face.
    pub fn over_time(series: &PoseSeries, min_confidence: f32) -> Vec<Self> {
        let n = series.poses.len().min(series.times_secs.len());
        let times = &series.times_secs[..n];
        let poses = &series.poses[..n];
        let votes: Vec<Option<f64>> = (0..n)
            .map(|i| vote(times, poses, i, min_confidence))
            .collect();
        (0..n)
            .map(|i| {
                let (sum, n_votes) = votes[window(times, i)]
                    .iter()
                    .flatten()
                    .fold((0.0, 0_u32), |(sum, n), vote| (sum + vote, n + 1));
                Self::of_forward(sum / f64::from(n_votes.max(1)))
            })
            .collect()
    }

    /// The same with the last known side wherever none is known, and with the first known one before that.
    ///
    /// For what must not change its sign because a face is not found for a while: nobody has turned round for that.
    pub fn carried(sides: &[Self]) -> Vec<Self> {
        let is_known = |side: &Self| *side != Self::Neither;
        let first_known = sides.iter().copied().find(is_known);
        let mut last_known = first_known.unwrap_or(Self::Neither);
        sides
            .iter()
            .map(|side| {
                if is_known(side) {
                    last_known = *side;
                }
                last_known
            })
            .collect()
    }

    fn of_forward(forward: f64) -> Self {
        if LEAST_AGREEMENT <= forward {
            Self::Right
        } else if forward <= -LEAST_AGREEMENT {
            Self::Left
        } else {
            Self::Neither
        }
    }
}

/// The frames up to [`HALF_WINDOW_SECS`] before and after frame `i`, which is one of them.
fn window(times_secs: &[f64], i: usize) -> Range<usize> {
    let is_near = |time: &&f64| (*time - times_secs[i]).abs() <= HALF_WINDOW_SECS;
    let n_before = times_secs[..i].iter().rev().take_while(is_near).count();
    let n_after = times_secs[i + 1..].iter().take_while(is_near).count();
    i - n_before..i + n_after + 1
}

/// 1 for forward to the right, -1 to the left, 0 for neither; `None` where nothing is known.
fn vote(times_secs: &[f64], poses: &[Pose], i: usize, min_confidence: f32) -> Option<f64> {
    let facing = facing(&poses[i], min_confidence)?;
    let near = window(times_secs, i);
    let mut seen = near.filter_map(|k| Some((times_secs[k], mid_hips(&poses[k], min_confidence)?)));
    let (first_secs, first) = seen.next()?;
    let Some((last_secs, last)) = seen.next_back() else {
        return Some(facing);
    };
    let trunk_px = trunk_px(&poses[i], min_confidence)?;
    let moved = f64::from(last.x - first.x) / trunk_px;
    let seen_secs = last_secs - first_secs;
    let is_walking = LEAST_WALK_SECS <= seen_secs
        && WALKING_TRUNKS_PER_SEC * seen_secs <= moved.abs()
        && !is_frontal(&poses[i], min_confidence);
    Some(if is_walking { moved.signum() } else { facing })
}

/// As [`vote`], by one pose alone; `None` where there is no trunk.
fn facing(pose: &Pose, min_confidence: f32) -> Option<f64> {
    let trunk_px = trunk_px(pose, min_confidence)?;
    if is_frontal(pose, min_confidence) {
        return Some(0.0);
    }
    let nose = joint_position(pose, NOSE, min_confidence);
    let behind = middle(pose, [LEFT_EAR, RIGHT_EAR], min_confidence)
        .or_else(|| middle(pose, [LEFT_EYE, RIGHT_EYE], min_confidence));
    let Some((nose, behind)) = nose.zip(behind) else {
        return Some(0.0);
    };
    let share = f64::from(nose.x - behind.x) / trunk_px;
    Some(if share.abs() < LEAST_NOSE_SHARE {
        0.0
    } else {
        share.signum()
    })
}

/// Whether both shoulders are found, far apart.
fn is_frontal(pose: &Pose, min_confidence: f32) -> bool {
    let at = |joint_idx| joint_position(pose, joint_idx, min_confidence);
    at(LEFT_SHOULDER)
        .zip(at(RIGHT_SHOULDER))
        .zip(trunk_px(pose, min_confidence))
        .is_some_and(|((left, right), trunk_px)| {
            FRONTAL_BREADTH * trunk_px < f64::from(left.distance(right))
        })
}

/// Between shoulders and hips of the sides on which both are found; `None` when there is none.
fn trunk_px(pose: &Pose, min_confidence: f32) -> Option<f64> {
    let shoulders = middle(pose, [LEFT_SHOULDER, RIGHT_SHOULDER], min_confidence)?;
    let length = f64::from(shoulders.distance(mid_hips(pose, min_confidence)?));
    (0.0 < length && length.is_finite()).then_some(length)
}

fn mid_hips(pose: &Pose, min_confidence: f32) -> Option<Point<Image>> {
    middle(pose, [LEFT_HIP, RIGHT_HIP], min_confidence)
}

/// Halfway between two joints, or the one of them that is found: from the side they lie behind one another.
pub(super) fn middle(
    pose: &Pose,
    [one, other]: [usize; 2],
    min_confidence: f32,
) -> Option<Point<Image>> {
    let one = joint_position(pose, one, min_confidence);
    let other = joint_position(pose, other, min_confidence);
    match (one, other) {
        (Some(one), Some(other)) => Some(one.lerp(other, 0.5)),
        (found, None) | (None, found) => found,
    }
}

#[cfg(test)]
mod tests {
    use super::VisibleSide::{Left, Neither, Right};
    use super::*;
    use crate::types::{Keypoint, TrackId};

    /// In profile, the shoulders 100 px above the hips, with a face that looks to the right.
    fn looking_right(hips_x: f32) -> Pose {
        let mut pose = Pose::EMPTY;
        for (joint_idx, [x, y]) in [
            (LEFT_SHOULDER, [100.0, 100.0]),
            (RIGHT_SHOULDER, [100.0, 100.0]),
            (LEFT_HIP, [hips_x, 200.0]),
            (RIGHT_HIP, [hips_x, 200.0]),
            (NOSE, [120.0, 50.0]),
            (RIGHT_EAR, [100.0, 50.0]),
        ] {
            pose.keypoints[joint_idx] = Some(Keypoint {
                at: Point::new(x, y),
                confidence: 0.9,
            });
        }
        pose
    }

    #[test]
    fn hips_that_tremble_in_a_few_frames_are_no_walk() {
        for rate_hz in [30.0, 240.0] {
            // somebody at a desk whose hips are found in two frames only, a tenth of the trunk apart
            let series = PoseSeries {
                id: TrackId(1),
                frames: vec![0, 1],
                times_secs: vec![5.0, 5.0 + 1.0 / rate_hz],
                poses: vec![looking_right(105.0), looking_right(95.0)],
            };
            assert_eq!(VisibleSide::over_time(&series, 0.3), [Right; 2]);
        }
    }

    #[test]
    fn a_side_is_carried_until_another_one_is_known() {
        let sides = [Neither, Left, Neither, Neither, Right, Neither];
        let carried = [Left, Left, Left, Left, Right, Right];
        assert_eq!(VisibleSide::carried(&sides), carried);
        assert_eq!(VisibleSide::carried(&[Neither; 3]), [Neither; 3]);
        assert!(VisibleSide::carried(&[]).is_empty());
    }
}
