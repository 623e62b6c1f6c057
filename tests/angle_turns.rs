//! Angles of generated people count turns where an arm is swung round, and none where joints are found badly.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

mod noise;

use std::f64::consts::TAU;

use noise::{Noise, uneven_times};
use poseglass::geom::Point;
use poseglass::measure::angle_table::angle_idx;
use poseglass::measure::{AngleParams, AngleSeries, VisibleSide};
use poseglass::skeleton::joint;
use poseglass::types::{Keypoint, Pose, PoseSeries, TrackId};

/// Gaps up to this length are joined, as in files for OpenSim.
const LONGEST_GAP_SECS: f64 = 0.25;

/// Upper arm and forearm of somebody 400 px tall.
const UPPER_ARM_PX: f64 = 74.0;
const FOREARM_PX: f64 = 58.0;

fn put(pose: &mut Pose, joint: usize, [x, y]: [f64; 2], confidence: f32) {
    pose.keypoints[joint] = Some(Keypoint {
        at: Point::new(x as f32, y as f32),
        confidence,
    });
}

/// Where a line of `length` ends that begins at `from`, at `deg` degrees anticlockwise from level.
fn end_of([x, y]: [f64; 2], length: f64, deg: f64) -> [f64; 2] {
    let (sin, cos) = deg.to_radians().sin_cos();
    [x + length * cos, y - length * sin]
}

/// Somebody 400 px tall who stands, seen from the right with hips three pixels apart; every joint scatters.
fn standing(noise: &mut Noise) -> Pose {
    let mut pose = Pose::EMPTY;
    for (left, right, y) in [
        (joint::LEFT_SHOULDER, joint::RIGHT_SHOULDER, 100.0),
        (joint::LEFT_ELBOW, joint::RIGHT_ELBOW, 100.0 + UPPER_ARM_PX),
        (
            joint::LEFT_WRIST,
            joint::RIGHT_WRIST,
            100.0 + UPPER_ARM_PX + FOREARM_PX,
        ),
        (joint::LEFT_HIP, joint::RIGHT_HIP, 215.0),
        (joint::LEFT_KNEE, joint::RIGHT_KNEE, 313.0),
        (joint::LEFT_ANKLE, joint::RIGHT_ANKLE, 411.0),
    ] {
        for (joint, x) in [(left, 303.0), (right, 300.0)] {
            let scatter = [noise.normal(2.0), noise.normal(2.0)];
            put(&mut pose, joint, [x + scatter[0], y + scatter[1]], 0.8);
        }
    }
    pose
}

fn at(pose: &Pose, joint: usize) -> [f64; 2] {
    let at = pose.keypoints[joint].unwrap().at;
    [f64::from(at.x), f64::from(at.y)]
}

/// So many frames of somebody who stands but for what `change` makes of it, at each frame's index.
fn series(n_frames: usize, change: impl Fn(usize, &mut Pose, &mut Noise)) -> PoseSeries {
    let mut noise = Noise(21);
    let poses = (0..n_frames)
        .map(|frame| {
            let mut pose = standing(&mut noise);
            change(frame, &mut pose, &mut noise);
            pose
        })
        .collect();
    // of 27 frames a second
    let mut times_secs = uneven_times(n_frames as f64 / 20.0);
    times_secs.truncate(n_frames);
    PoseSeries {
        id: TrackId(1),
        frames: (0..n_frames as u64).collect(),
        times_secs,
        poses,
    }
}

/// An angle over time, which is there in every frame.
fn angle(series: &PoseSeries, name: &str) -> Vec<f64> {
    let sides = vec![VisibleSide::Right; series.poses.len()];
    let measured = AngleSeries::new(series, &sides, &AngleParams::default());
    let degs = measured.joined_deg(angle_idx(name).unwrap(), LONGEST_GAP_SECS);
    degs.into_iter().map(|deg| deg.unwrap()).collect()
}

#[test]
fn who_stands_is_never_a_whole_turn_away_however_badly_a_wrist_is_found() {
    for confidence in [0.4, 0.8] {
        // the wrist is found anywhere about the elbow for 50 frames, then again where it hangs
        let is_lost = |frame: usize| (frame / 50) % 2 == 1;
        let series = series(3000, |frame, pose, noise| {
            if is_lost(frame) {
                let elbow = at(pose, joint::LEFT_ELBOW);
                let wrist = end_of(elbow, FOREARM_PX, 360.0 * noise.uniform());
                put(pose, joint::LEFT_WRIST, wrist, confidence);
            }
        });
        let forearm = angle(&series, "left_forearm");
        for (frame, deg) in forearm.iter().enumerate() {
            if !is_lost(frame) {
                assert!((deg + 90.0).abs() < 20.0, "{confidence}: {deg} in {frame}");
            } else if confidence < 0.5 {
                assert!((deg + 90.0).abs() < 240.0, "{deg} in {frame}");
            }
        }
    }
}

#[test]
fn a_line_between_joints_behind_one_another_does_not_turn_round_and_round() {
    let series = series(3000, |_, _, _| {});
    let pelvis = angle(&series, "pelvis");
    let low = pelvis.iter().copied().fold(f64::INFINITY, f64::min);
    let high = pelvis.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // it has no direction to speak of, so it may be anywhere about one of them
    assert!(high - low < 226.0, "{low} to {high}");
    // what is long and sure stands still
    for (name, upright_deg) in [
        ("trunk", 90.0),
        ("left_shank", -90.0),
        ("right_thigh", -90.0),
    ] {
        let degs = angle(&series, name);
        assert!(
            degs.iter().all(|deg| (deg - upright_deg).abs() < 15.0),
            "{name}"
        );
    }
}

#[test]
fn a_wrist_that_wanders_round_the_elbow_in_front_of_it_is_no_swing() {
    // an arm that points at the camera for 90 frames: the wrist is seen ten pixels from the elbow, three times round
    let is_short = |frame: usize| (90..180).contains(&frame);
    let series = series(300, |frame, pose, _| {
        if is_short(frame) {
            let elbow = at(pose, joint::RIGHT_ELBOW);
            let deg = -90.0 + 12.0 * (frame - 90) as f64;
            put(pose, joint::RIGHT_WRIST, end_of(elbow, 10.0, deg), 0.8);
        }
    });
    let forearm = angle(&series, "right_forearm");
    for (frame, deg) in forearm.iter().enumerate() {
        if !is_short(frame) {
            assert!((deg + 90.0).abs() < 20.0, "{deg} in {frame}");
        }
    }
}

#[test]
fn an_arm_that_is_swung_round_is_counted_round_by_round() {
    // five times in 150 frames, after a rest and before one
    let turned = |frame: usize| TAU * (frame.saturating_sub(60).min(150) as f64) / 30.0;
    let series = series(270, |frame, pose, _| {
        let deg = -90.0 + turned(frame).to_degrees();
        let shoulder = at(pose, joint::RIGHT_SHOULDER);
        let elbow = end_of(shoulder, UPPER_ARM_PX, deg);
        put(pose, joint::RIGHT_ELBOW, elbow, 0.8);
        put(
            pose,
            joint::RIGHT_WRIST,
            end_of(elbow, FOREARM_PX, deg),
            0.8,
        );
    });
    for name in ["right_arm", "right_forearm", "right_shoulder"] {
        let degs = angle(&series, name);
        let rounds_deg = degs[269] - degs[0];
        assert!(
            (rounds_deg.abs() - 1800.0).abs() < 20.0,
            "{name}: {rounds_deg}"
        );
    }
}
