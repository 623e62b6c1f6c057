//! Angles are those of Sports2D's definitions, on poses that one can check by hand and on those of a reference.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

use poseglass::geom::Point;
use poseglass::measure::angle_table::angle_idx;
use poseglass::measure::{
    ANGLES, AngleParams, AngleSeries, Angles, NOT_MEASURED, VisibleSide, angles_of_pose,
};
use poseglass::skeleton::{MIRRORED, joint};
use poseglass::types::{Keypoint, Pose, PoseSeries, TrackId};
use serde_json::Value;

fn keypoint(x: f32, y: f32) -> Keypoint {
    Keypoint {
        at: Point::new(x, y),
        confidence: 0.9,
    }
}

/// Standing upright, seen from the right with a shoulder's depth of 20 px, arms down.
fn standing() -> Pose {
    let mut pose = Pose::EMPTY;
    let at = &mut pose.keypoints;
    at[joint::NOSE] = Some(keypoint(130.0, 40.0));
    at[joint::RIGHT_EAR] = Some(keypoint(105.0, 38.0));
    for (shift, [shoulder, elbow, wrist, hip, knee, ankle]) in [
        (-10.0, [6, 8, 10, 12, 14, 16]),
        (10.0, [5, 7, 9, 11, 13, 15]),
    ] {
        at[shoulder] = Some(keypoint(100.0 + shift, 80.0));
        at[elbow] = Some(keypoint(100.0 + shift, 130.0));
        at[wrist] = Some(keypoint(100.0 + shift, 175.0));
        at[hip] = Some(keypoint(100.0 + shift, 180.0));
        at[knee] = Some(keypoint(100.0 + shift, 260.0));
        at[ankle] = Some(keypoint(100.0 + shift, 340.0));
    }
    pose
}

fn mirrored(pose: &Pose) -> Pose {
    let mut mirrored = Pose::EMPTY;
    for (joint_idx, keypoint) in pose.found() {
        let at = Point::new(640.0 - keypoint.at.x, keypoint.at.y);
        mirrored.keypoints[MIRRORED[joint_idx]] = Some(Keypoint { at, ..keypoint });
    }
    mirrored
}

fn angle(angles: &Angles, name: &str) -> Option<f64> {
    angles[angle_idx(name).unwrap()]
}

fn assert_angle(pose: &Pose, side: VisibleSide, name: &str, expected: f64) {
    let angles = angles_of_pose(pose, side, &AngleParams::default());
    let measured = angle(&angles, name).unwrap();
    assert!(
        (measured - expected).abs() < 1e-4,
        "{name} from the {}: {measured}, not {expected}",
        side.name()
    );
}

#[test]
fn standing_upright_bends_nothing() {
    for (pose, side) in [
        (standing(), VisibleSide::Right),
        (mirrored(&standing()), VisibleSide::Left),
    ] {
        for name in ["knee", "hip", "shoulder", "elbow"] {
            assert_angle(&pose, side, &format!("right_{name}"), 0.0);
            assert_angle(&pose, side, &format!("left_{name}"), 0.0);
        }
        assert_angle(&pose, side, "trunk", 90.0);
        // from the ankle's side of the knee downwards
        assert_angle(&pose, side, "right_shank", -90.0);
        assert_angle(&pose, side, "pelvis", 0.0);
    }
}

#[test]
fn right_angles_are_ninety_degrees_from_either_side() {
    let mut pose = standing();
    let at = &mut pose.keypoints;
    // forearm forward, lower leg back, thigh forward
    at[joint::RIGHT_WRIST] = Some(keypoint(140.0, 130.0));
    at[joint::RIGHT_ANKLE] = Some(keypoint(10.0, 260.0));
    at[joint::LEFT_KNEE] = Some(keypoint(190.0, 180.0));
    at[joint::LEFT_ANKLE] = Some(keypoint(190.0, 260.0));
    at[joint::LEFT_ELBOW] = Some(keypoint(160.0, 80.0));
    assert_angle(&pose, VisibleSide::Right, "right_elbow", 90.0);
    assert_angle(&pose, VisibleSide::Right, "right_knee", 90.0);
    assert_angle(&pose, VisibleSide::Right, "left_hip", 90.0);
    assert_angle(&pose, VisibleSide::Right, "left_knee", 90.0);
    assert_angle(&pose, VisibleSide::Right, "left_shoulder", 90.0);

    let pose = mirrored(&pose);
    assert_angle(&pose, VisibleSide::Left, "left_elbow", 90.0);
    assert_angle(&pose, VisibleSide::Left, "left_knee", 90.0);
    assert_angle(&pose, VisibleSide::Left, "right_hip", 90.0);
    // taken for the wrong side, joints bend the wrong way
    assert_angle(&pose, VisibleSide::Right, "left_knee", -90.0);
}

#[test]
fn unsure_joints_give_no_angle() {
    let mut pose = standing();
    pose.keypoints[joint::RIGHT_KNEE]
        .as_mut()
        .unwrap()
        .confidence = 0.29;
    pose.keypoints[joint::LEFT_SHOULDER] = None;
    let angles = angles_of_pose(&pose, VisibleSide::Right, &AngleParams::default());
    for name in [
        "right_knee",
        "right_thigh",
        "right_hip",
        "trunk",
        "left_hip",
    ] {
        assert_eq!(angle(&angles, name), None, "{name}");
    }
    assert!(angle(&angles, "left_knee").is_some());
    let params = AngleParams {
        min_confidence: 0.2,
        ..AngleParams::default()
    };
    let angles = angles_of_pose(&pose, VisibleSide::Right, &params);
    assert!(angle(&angles, "right_knee").is_some());
}

#[test]
fn broken_positions_give_no_angle() {
    for broken in [
        keypoint(f32::NAN, 0.0),
        keypoint(f32::INFINITY, 0.0),
        // on the ankle: the shank has no direction
        keypoint(90.0, 340.0),
    ] {
        let mut pose = standing();
        pose.keypoints[joint::RIGHT_KNEE] = Some(broken);
        let angles = angles_of_pose(&pose, VisibleSide::Right, &AngleParams::default());
        assert_eq!(angle(&angles, "right_knee"), None);
    }
    let mut pose = standing();
    pose.keypoints[joint::RIGHT_KNEE] = Some(keypoint(f32::MAX, f32::MIN));
    let angles = angles_of_pose(&pose, VisibleSide::Right, &AngleParams::default());
    assert!(angle(&angles, "right_knee").unwrap().is_finite());
}

#[test]
fn a_tilted_camera_changes_segments_only() {
    let params = AngleParams {
        floor_deg: 5.0,
        ..AngleParams::default()
    };
    for (pose, side) in [
        (standing(), VisibleSide::Right),
        (mirrored(&standing()), VisibleSide::Left),
    ] {
        let angles = angles_of_pose(&pose, side, &params);
        let lean = if side == VisibleSide::Right {
            85.0
        } else {
            95.0
        };
        assert!((angle(&angles, "trunk").unwrap() - lean).abs() < 1e-4);
        assert!(angle(&angles, "right_knee").unwrap().abs() < 1e-4);
    }
}

#[test]
fn every_angle_is_measured_or_said_to_be_missing() {
    for (name, needed) in NOT_MEASURED {
        assert_eq!(angle_idx(name), None);
        assert!(!needed.is_empty());
    }
    // Sports2D's 12 of joints and 16 of segments
    assert_eq!(ANGLES.len() + NOT_MEASURED.len(), 28);
}

fn side_of_name(name: &str) -> VisibleSide {
    [VisibleSide::Left, VisibleSide::Right, VisibleSide::Neither]
        .into_iter()
        .find(|side| side.name() == name)
        .unwrap()
}

fn pose_of_json(joints: &Value) -> Pose {
    let mut pose = Pose::EMPTY;
    for (keypoint, joint) in pose.keypoints.iter_mut().zip(joints.as_array().unwrap()) {
        *keypoint = joint.as_array().map(|numbers| Keypoint {
            at: Point::new(
                numbers[0].as_f64().unwrap() as f32,
                numbers[1].as_f64().unwrap() as f32,
            ),
            confidence: numbers[2].as_f64().unwrap() as f32,
        });
    }
    pose
}

/// Positions are kept as `f32`: 1e-5 px of 10 px.
fn is_close(measured: Option<f64>, expected: &Value, tolerance: f64) -> bool {
    match (measured, expected.as_f64()) {
        (Some(measured), Some(expected)) => (measured - expected).abs() < tolerance,
        (measured, expected) => measured.is_none() && expected.is_none(),
    }
}

/// Made by `tests/reference/make_angles.py`.
fn reference() -> Value {
    serde_json::from_str(include_str!("data/angles.json")).unwrap()
}

#[test]
fn angles_are_the_reference_ones() {
    let mut n_measured = 0;
    for case in reference()["poses"].as_array().unwrap() {
        let params = AngleParams {
            floor_deg: case["floor_deg"].as_f64().unwrap(),
            ..AngleParams::default()
        };
        let side = side_of_name(case["side"].as_str().unwrap());
        let angles = angles_of_pose(&pose_of_json(&case["pose"]), side, &params);
        for (definition, measured) in ANGLES.iter().zip(angles) {
            let expected = &case["angles"][definition.name];
            assert!(
                is_close(measured, expected, 1e-3),
                "{}: {measured:?}, not {expected}",
                definition.name
            );
            n_measured += usize::from(measured.is_some());
        }
    }
    assert!(200 < n_measured, "{n_measured}");
}

#[test]
fn series_are_unwrapped_and_differentiated_like_the_reference() {
    let reference = reference();
    let series = &reference["series"];
    let poses: Vec<Pose> = series["poses"]
        .as_array()
        .unwrap()
        .iter()
        .map(pose_of_json)
        .collect();
    let sides: Vec<VisibleSide> = series["sides"]
        .as_array()
        .unwrap()
        .iter()
        .map(|side| side_of_name(side.as_str().unwrap()))
        .collect();
    let times: Vec<f64> = series["times_s"]
        .as_array()
        .unwrap()
        .iter()
        .map(|time| time.as_f64().unwrap())
        .collect();
    let measured = AngleSeries::new(
        &series_of(times.clone(), poses),
        &sides,
        &AngleParams::default(),
    );
    let mut largest_deg = 0.0_f64;
    for (angle_idx, definition) in ANGLES.iter().enumerate() {
        let name = definition.name;
        let degs = measured.angle_deg(angle_idx);
        let speeds = measured.speed_deg_per_sec(angle_idx);
        for i in 0..sides.len() {
            let expected = &series["angles"][name][i];
            assert!(
                is_close(degs[i], expected, 1e-3),
                "{name} in {i}: {:?}, not {expected}",
                degs[i]
            );
            let expected = &series["speeds"][name][i];
            assert!(
                is_close(speeds[i], expected, 0.05),
                "speed of {name} in {i}: {:?}, not {expected}",
                speeds[i]
            );
            largest_deg = largest_deg.max(degs[i].unwrap_or_default().abs());
        }
        for i in 1..sides.len() {
            let is_one_stretch = sides[i - 1] == sides[i] && times[i] - times[i - 1] < 0.5;
            if let (Some(before), Some(now), true) = (degs[i - 1], degs[i], is_one_stretch) {
                let step_deg = (now - before).abs();
                assert!(
                    step_deg <= 0.5 * definition.period_deg,
                    "{name}: {before} to {now}"
                );
            }
        }
    }
    assert!(360.0 < largest_deg, "arms turned: {largest_deg}");
}

fn series_of(times_secs: Vec<f64>, poses: Vec<Pose>) -> PoseSeries {
    PoseSeries {
        id: TrackId(1),
        frames: (0..poses.len() as u64).collect(),
        times_secs,
        poses,
    }
}

#[test]
fn frames_at_the_same_time_have_the_speed_of_that_time() {
    let bent = |deg: f32| {
        let mut pose = standing();
        let (sin, cos) = deg.to_radians().sin_cos();
        pose.keypoints[joint::RIGHT_ANKLE] = Some(keypoint(90.0 - 80.0 * sin, 260.0 + 80.0 * cos));
        pose
    };
    let poses = [0.0, 10.0, 12.0, 20.0, 30.0].map(bent).to_vec();
    let times = vec![0.0, 0.1, 0.1, 0.2, f64::NAN];
    let sides = [VisibleSide::Right; 5];
    let series = series_of(times, poses);
    let measured = AngleSeries::new(&series, &sides, &AngleParams::default());
    let speeds = measured.speed_deg_per_sec(angle_idx("right_knee").unwrap());
    for (speed, expected) in speeds.iter().zip([100.0, 100.0, 100.0, 80.0]) {
        assert!((speed.unwrap() - expected).abs() < 0.01, "{speeds:?}");
    }
    assert_eq!(speeds[4], None);
}

#[test]
fn empty_and_single_frames_are_survived() {
    let params = AngleParams::default();
    let nothing = series_of(vec![], vec![]);
    assert!(AngleSeries::new(&nothing, &[], &params).frames.is_empty());
    assert!(VisibleSide::over_time(&nothing, 0.3).is_empty());
    let single = series_of(vec![0.0], vec![standing()]);
    let sides = VisibleSide::over_time(&single, 0.3);
    assert_eq!(sides, [VisibleSide::Right]);
    let measured = AngleSeries::new(&single, &sides, &params);
    assert!(measured.angle_deg(0)[0].is_some());
    assert_eq!(measured.speed_deg_per_sec(0), [None]);
}

#[test]
fn the_face_tells_the_side_and_broad_shoulders_the_front() {
    let of_pose = |pose: &Pose| VisibleSide::of_pose(pose, 0.3);
    assert_eq!(of_pose(&standing()), VisibleSide::Right);
    assert_eq!(of_pose(&mirrored(&standing())), VisibleSide::Left);
    let mut frontal = standing();
    frontal.keypoints[joint::LEFT_SHOULDER] = Some(keypoint(170.0, 80.0));
    assert_eq!(of_pose(&frontal), VisibleSide::Neither);
    let mut faceless = standing();
    faceless.keypoints[joint::NOSE] = None;
    assert_eq!(of_pose(&faceless), VisibleSide::Neither);
    assert_eq!(of_pose(&Pose::EMPTY), VisibleSide::Neither);
}

fn shifted(pose: &Pose, dx: f32) -> Pose {
    let keypoints = pose.keypoints.map(|keypoint| {
        keypoint.map(|keypoint| Keypoint {
            at: Point::new(keypoint.at.x + dx, keypoint.at.y),
            ..keypoint
        })
    });
    Pose { keypoints }
}

#[test]
fn a_turn_is_followed_and_single_wrong_frames_are_not() {
    // on the spot
    let (right, left) = (standing(), shifted(&mirrored(&standing()), -440.0));
    let n = 90;
    let poses = (0..n)
        .map(|i| if i == 20 || 45 <= i { left } else { right })
        .collect();
    let times = (0..n).map(|i| f64::from(i) / 30.0).collect();
    let sides = VisibleSide::over_time(&series_of(times, poses), 0.3);
    assert!(sides[..38].iter().all(|side| *side == VisibleSide::Right));
    assert!(sides[53..].iter().all(|side| *side == VisibleSide::Left));
}

#[test]
fn whoever_walks_looks_where_they_go() {
    let mut faceless = standing();
    faceless.keypoints[joint::NOSE] = None;
    for (px_per_sec, expected) in [
        (150.0, VisibleSide::Right),
        (-150.0, VisibleSide::Left),
        // slower than a walk
        (50.0, VisibleSide::Neither),
    ] {
        let times: Vec<f64> = (0..60).map(|i| f64::from(i) / 30.0).collect();
        let poses = times
            .iter()
            .map(|secs| shifted(&faceless, (px_per_sec * secs) as f32))
            .collect();
        let sides = VisibleSide::over_time(&series_of(times, poses), 0.3);
        assert!(sides.iter().all(|side| *side == expected), "{px_per_sec}");
    }
}
