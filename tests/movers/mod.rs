//! People who walk, turn and jump by formula, as a net would see them: with scatter, holes and uneven times.

use std::f64::consts::{PI, TAU};

use poseglass::geom::Point;
use poseglass::skeleton::{N_JOINTS, joint};
use poseglass::types::{Keypoint, Pose, PoseSeries, TrackId};

/// Height of everyone here.
pub const HEIGHT_PX: f64 = 400.0;

/// Random numbers from a fixed seed (a linear congruential generator).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        random.uniform();
        random
    }

    /// In [0, 1).
    pub fn uniform(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.uniform() * n as f64) as usize
    }

    /// Normal, by Box and Muller's transform.
    pub fn normal(&mut self, sigma: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        sigma * radius * (TAU * self.uniform()).cos()
    }
}

/// What someone does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// Walks across the picture, seen from the side: legs and arms pass each other in every step.
    Walking,
    /// Turns round on the spot: everything that is double passes its twin.
    Turning,
    /// Jumps with arms and legs going out and in, seen from the front.
    JumpingJacks,
}

/// How it is seen.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub fps: f64,
    /// Whether intervals vary by a third and some frames are missing.
    pub uneven: bool,
    /// Deviation of each coordinate.
    pub scatter_px: f64,
    /// Share of the joints at which a hole begins.
    pub holes: f64,
}

/// Someone moving for so many frames; the joints bear their true names.
pub fn series(motion: Motion, seen: &Seen, n_frames: usize, random: &mut Random) -> PoseSeries {
    let start = random.between(0.0, 10.0);
    let pace = random.between(0.85, 1.2);
    let times_secs = times(seen, n_frames, random);
    let mut poses: Vec<Pose> = times_secs
        .iter()
        .map(|time| {
            let places = places(motion, start + pace * time);
            Pose {
                keypoints: places.map(|[x, y]| {
                    let scatter = [0, 1].map(|_| random.normal(seen.scatter_px));
                    Some(Keypoint {
                        at: Point::new(
                            (200.0 + x * HEIGHT_PX + scatter[0]) as f32,
                            (450.0 - y * HEIGHT_PX + scatter[1]) as f32,
                        ),
                        confidence: random.between(0.4, 0.95) as f32,
                    })
                }),
            }
        })
        .collect();
    for joint_idx in 0..N_JOINTS {
        let mut frame = 0;
        while frame < n_frames {
            if random.uniform() < seen.holes {
                let n_missing = 1 + random.below(8);
                for pose in poses.iter_mut().skip(frame).take(n_missing) {
                    pose.keypoints[joint_idx] = None;
                }
                frame += n_missing;
            }
            frame += 1;
        }
    }
    PoseSeries {
        id: TrackId(1),
        frames: (0..n_frames as u64).collect(),
        times_secs,
        poses,
    }
}

fn times(seen: &Seen, n_frames: usize, random: &mut Random) -> Vec<f64> {
    let mut now = 0.0;
    (0..n_frames)
        .map(|_| {
            let time = now;
            let stretch = if seen.uneven {
                let n_missing = if random.uniform() < 0.04 { 1.0 } else { 0.0 };
                random.between(0.67, 1.33) + n_missing
            } else {
                1.0
            };
            now += stretch / seen.fps;
            time
        })
        .collect()
}

/// Where the joints are, x to the right and y up, in heights from a point on the floor.
fn places(motion: Motion, secs: f64) -> [[f64; 2]; N_JOINTS] {
    match motion {
        Motion::Walking => walking(secs),
        Motion::Turning => turning(secs),
        Motion::JumpingJacks => jumping(secs),
    }
}

/// A walk at 1.4 m/s with a stride of 1.1 s; angles as in a textbook: thigh 25° to both sides, knee to 60°.
fn walking(secs: f64) -> [[f64; 2]; N_JOINTS] {
    let forward = 0.8 * (secs % 60.0);
    let stride = TAU * secs / 1.1;
    let hip = [forward, 0.53 + 0.01 * (2.0 * stride).cos()];
    let shoulder = [forward + 0.02, hip[1] + 0.29];
    let mut places = [[0.0; 2]; N_JOINTS];
    for (side, phase) in [(0, 0.0), (1, PI)] {
        // the further side appears a little beside the nearer one
        let aside = 0.012 * (1.0 - 2.0 * side as f64);
        let thigh = 0.44 * (stride + phase).cos();
        let knee_bend = 0.12 + 0.95 * (0.5 - 0.5 * (stride + phase + 0.6).sin()).powi(3);
        let swing = -0.35 * (stride + phase).cos();
        let elbow_bend = 0.4 + 0.2 * (stride + phase).sin();
        let hip = [hip[0] + aside, hip[1]];
        let shoulder = [shoulder[0] - aside, shoulder[1]];
        let knee = hanging(hip, thigh, 0.245);
        let elbow = hanging(shoulder, swing, 0.186);
        places[joint::LEFT_HIP + side] = hip;
        places[joint::LEFT_KNEE + side] = knee;
        places[joint::LEFT_ANKLE + side] = hanging(knee, thigh - knee_bend, 0.246);
        places[joint::LEFT_SHOULDER + side] = shoulder;
        places[joint::LEFT_ELBOW + side] = elbow;
        places[joint::LEFT_WRIST + side] = hanging(elbow, swing + elbow_bend, 0.146);
        places[joint::LEFT_EYE + side] = [shoulder[0] + 0.05, shoulder[1] + 0.12];
        places[joint::LEFT_EAR + side] = [shoulder[0] + 0.01, shoulder[1] + 0.11];
    }
    places[joint::NOSE] = [shoulder[0] + 0.07, shoulder[1] + 0.1];
    places
}

/// The end of a bone that hangs at an angle, forward of straight down.
fn hanging(from: [f64; 2], angle: f64, length: f64) -> [f64; 2] {
    [
        from[0] + length * angle.sin(),
        from[1] - length * angle.cos(),
    ]
}

/// A turn in 4 s; what is beside the axis goes round it, seen from far away.
fn turning(secs: f64) -> [[f64; 2]; N_JOINTS] {
    let turned = TAU * secs / 4.0;
    let mut places = [[0.0; 2]; N_JOINTS];
    for (side, sign) in [(0, 1.0), (1, -1.0)] {
        let sway = 0.3 * (TAU * secs / 1.3).sin() * sign;
        let mut put = |joint_idx: usize, beside: f64, before: f64, up: f64| {
            let x = sign * beside * turned.cos() + before * turned.sin();
            places[joint_idx + side] = [x, up];
        };
        put(joint::LEFT_EYE, 0.02, 0.05, 0.94);
        put(joint::LEFT_EAR, 0.045, 0.0, 0.93);
        put(joint::LEFT_SHOULDER, 0.11, 0.0, 0.82);
        put(joint::LEFT_ELBOW, 0.15, 0.1 * sway, 0.63);
        put(joint::LEFT_WRIST, 0.16, 0.3 * sway + 0.05, 0.5);
        put(joint::LEFT_HIP, 0.08, 0.0, 0.53);
        put(joint::LEFT_KNEE, 0.09, 0.02, 0.285);
        put(joint::LEFT_ANKLE, 0.09, -0.01, 0.04);
    }
    places[joint::NOSE] = [0.07 * turned.sin(), 0.92];
    places
}

/// Two jumps in a second.
fn jumping(secs: f64) -> [[f64; 2]; N_JOINTS] {
    let open = 0.5 - 0.5 * (TAU * secs).cos();
    let up = 0.06 * (TAU * secs).sin().abs();
    let mut places = [[0.0; 2]; N_JOINTS];
    for (side, sign) in [(0, 1.0), (1, -1.0)] {
        let limb = |from: [f64; 2], angle: f64, length: f64| {
            let [x, y] = hanging([0.0, from[1]], angle, length);
            [from[0] + sign * x, y]
        };
        let hip = [0.08 * sign, 0.53 + up];
        let shoulder = [0.11 * sign, 0.82 + up];
        let knee = limb(hip, 0.05 + 0.4 * open, 0.245);
        let elbow = limb(shoulder, 0.15 + 2.4 * open, 0.186);
        places[joint::LEFT_HIP + side] = hip;
        places[joint::LEFT_KNEE + side] = knee;
        places[joint::LEFT_ANKLE + side] = limb(knee, 0.05 + 0.4 * open, 0.246);
        places[joint::LEFT_SHOULDER + side] = shoulder;
        places[joint::LEFT_ELBOW + side] = elbow;
        places[joint::LEFT_WRIST + side] = limb(elbow, 0.1 + 2.7 * open, 0.146);
        places[joint::LEFT_EYE + side] = [0.02 * sign, 0.94 + up];
        places[joint::LEFT_EAR + side] = [0.045 * sign, 0.93 + up];
    }
    places[joint::NOSE] = [0.0, 0.91 + up];
    places
}
