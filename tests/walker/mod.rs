//! A person who walks across the picture, seen from the side, whose events are known exactly.
//!
//! A standing ankle stays where it is, a swinging one follows half a cosine from its furthest place behind the hips
//! to its furthest before them; so heel strikes and toe-offs are the turns of the ankle relative to the hips.

use std::f64::consts::PI;

use poseglass::geom::Point;
use poseglass::skeleton::{Side, joint};
use poseglass::types::{Keypoint, Pose, PoseSeries, TrackId};

use crate::noise::Noise;

/// How somebody walks.
#[derive(Clone, Copy)]
pub struct Walker {
    pub height_px: f64,
    /// 1 to the right, -1 to the left.
    pub forward: f64,
    pub stride_secs: f64,
    /// In body heights.
    pub stride_length: f64,
    pub stance_share: f64,
    /// Share of a stride from the left heel strike to the right one: a half when both sides are alike.
    pub right_phase: f64,
    /// By how much the floor rises to the right.
    pub floor_deg: f64,
    /// Whether the floor moves instead of the person.
    pub on_treadmill: bool,
    /// Until then they stand, both feet below the hips; then the left foot steps first. `None`: they walk all the time.
    pub stands_until_secs: Option<f64>,
}

impl Default for Walker {
    fn default() -> Self {
        Self {
            height_px: 400.0,
            forward: 1.0,
            stride_secs: 1.1,
            stride_length: 0.7,
            stance_share: 0.62,
            right_phase: 0.5,
            floor_deg: 0.0,
            on_treadmill: false,
            stands_until_secs: None,
        }
    }
}

/// Where the floor is below the origin of walking.
pub const ORIGIN: [f64; 2] = [1000.0, 800.0];

impl Walker {
    /// Body heights per second.
    pub fn speed(&self) -> f64 {
        self.stride_length / self.stride_secs
    }

    fn phase_secs(&self, side: Side) -> f64 {
        let of_right = if side == Side::Right {
            self.right_phase
        } else {
            0.0
        };
        match self.stands_until_secs {
            // one foot passes the other in the middle of its swing
            Some(start) => start + (0.5 * (1.0 - self.stance_share) + of_right) * self.stride_secs,
            // nobody begins with a heel strike
            None => (0.13 + of_right) * self.stride_secs,
        }
    }

    fn stands_at(&self, secs: f64) -> bool {
        self.stands_until_secs.is_some_and(|until| secs < until)
    }

    /// Heel strikes and toe-offs of a foot in `from..to` seconds.
    pub fn events_secs(&self, side: Side, from: f64, to: f64) -> [Vec<f64>; 2] {
        let strikes = (-3..1000).map(|k| self.phase_secs(side) + f64::from(k) * self.stride_secs);
        let offs = strikes
            .clone()
            .map(|strike| strike + self.stance_share * self.stride_secs);
        let is_within = |secs: &f64| from < *secs && *secs < to && !self.stands_at(*secs);
        [
            strikes.filter(is_within).collect(),
            offs.filter(is_within).collect(),
        ]
    }

    /// An ankle before the hips and above the floor, in body heights.
    fn ankle(&self, side: Side, secs: f64) -> [f64; 2] {
        if self.stands_at(secs) {
            return [0.0, 0.039];
        }
        let share = ((secs - self.phase_secs(side)) / self.stride_secs).rem_euclid(1.0);
        let reach = 0.5 * self.stance_share * self.stride_length;
        if share < self.stance_share {
            return [reach - share * self.stride_length, 0.039];
        }
        let swing = (share - self.stance_share) / (1.0 - self.stance_share);
        [
            -reach * (PI * swing).cos(),
            0.039 + 0.08 * (PI * swing).sin().powi(2),
        ]
    }

    /// All joints at a time, without noise.
    pub fn pose(&self, secs: f64) -> Pose {
        let mut pose = Pose::EMPTY;
        let hips_along = if self.on_treadmill {
            0.0
        } else {
            let start = self.stands_until_secs.unwrap_or(f64::NEG_INFINITY);
            self.speed() * secs.max(start)
        };
        let (sin, cos) = self.floor_deg.to_radians().sin_cos();
        let mut place = |joint_idx: usize, [along, above]: [f64; 2]| {
            let x = self.forward * self.height_px * (hips_along + along);
            let y = -self.height_px * above;
            pose.keypoints[joint_idx] = Some(Keypoint {
                at: Point::new(
                    (ORIGIN[0] + x * cos + y * sin) as f32,
                    (ORIGIN[1] - x * sin + y * cos) as f32,
                ),
                confidence: 0.9,
            });
        };
        let hip = [0.0, 0.47];
        for (side, [shoulder, elbow, wrist, hip_idx, knee_idx, ankle_idx]) in [
            (Side::Left, [5, 7, 9, 11, 13, 15]),
            (Side::Right, [6, 8, 10, 12, 14, 16]),
        ] {
            let ankle = self.ankle(side, secs);
            place(ankle_idx, ankle);
            place(knee_idx, knee(hip, ankle));
            place(hip_idx, hip);
            place(shoulder, [0.0, hip[1] + 0.288]);
            place(elbow, [-0.3 * ankle[0], hip[1] + 0.1]);
            place(wrist, [-0.8 * ankle[0], hip[1] - 0.04]);
        }
        place(joint::NOSE, [0.08, 0.93]);
        place(joint::LEFT_EAR, [0.0, 0.94]);
        place(joint::RIGHT_EAR, [0.0, 0.94]);
        pose
    }

    /// Poses at these times, with noise of `sigma_px` and the share `missing` of all joints lost.
    pub fn series(&self, times_secs: &[f64], sigma_px: f64, missing: f64) -> PoseSeries {
        let mut noise = Noise(5);
        let poses = times_secs
            .iter()
            .map(|secs| {
                let mut pose = self.pose(*secs);
                for keypoint in &mut pose.keypoints {
                    if let Some(keypoint) = keypoint {
                        keypoint.at.x += noise.normal(sigma_px) as f32;
                        keypoint.at.y += noise.normal(sigma_px) as f32;
                    }
                    if noise.uniform() < missing {
                        *keypoint = None;
                    }
                }
                pose
            })
            .collect();
        series(times_secs, poses)
    }
}

/// A knee in front of the line from hip to ankle, with shank and thigh of an average body.
fn knee(hip: [f64; 2], ankle: [f64; 2]) -> [f64; 2] {
    let (thigh, shank) = (0.245, 0.246);
    let [along, above] = [ankle[0] - hip[0], ankle[1] - hip[1]];
    let length = along.hypot(above).min(thigh + shank);
    let down = (thigh * thigh - shank * shank + length * length) / (2.0 * length);
    let forward = (thigh * thigh - down * down).max(0.0).sqrt();
    [
        hip[0] + (down * along - forward * above) / length,
        hip[1] + (down * above + forward * along) / length,
    ]
}

pub fn series(times_secs: &[f64], poses: Vec<Pose>) -> PoseSeries {
    PoseSeries {
        id: TrackId(1),
        frames: (0..poses.len() as u64).collect(),
        times_secs: times_secs.to_vec(),
        poses,
    }
}
