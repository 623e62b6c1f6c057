//! `poseglass measure` of an arm that goes beyond 180 degrees and is not found all the time.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

mod header;

use std::path::PathBuf;
use std::process::Command;

use header::header;
use poseglass::export::ResultWriter as _;
use poseglass::export::jsonl::JsonlWriter;
use poseglass::export::rows::{FrameRow, PersonRow};
use poseglass::skeleton::joint;
use serde_json::Value;

/// Somebody in profile who looks to the right and has raised the right arm by so many degrees.
fn raising(arm_deg: f64) -> PersonRow {
    let (sin, cos) = arm_deg.to_radians().sin_cos();
    let mut keypoints = [None; 17];
    for (joints, [x, y]) in [
        ([joint::NOSE; 2], [330.0, 155.0]),
        ([joint::LEFT_EAR, joint::RIGHT_EAR], [300.0, 150.0]),
        (
            [joint::LEFT_SHOULDER, joint::RIGHT_SHOULDER],
            [300.0, 200.0],
        ),
        ([joint::LEFT_HIP, joint::RIGHT_HIP], [300.0, 350.0]),
        (
            [joint::RIGHT_ELBOW; 2],
            [300.0 + 80.0 * sin, 200.0 + 80.0 * cos],
        ),
    ] {
        for joint in joints {
            keypoints[joint] = Some([x, y, 0.9]);
        }
    }
    PersonRow {
        id: 1,
        score: 0.9,
        bbox: [200.0, 100.0, 200.0, 300.0],
        keypoints,
        smoothed: None,
    }
}

/// A file of eight seconds.
fn written(folder: &tempfile::TempDir, people: impl Fn(f64) -> PersonRow) -> PathBuf {
    let path = folder.path().join("arm.jsonl");
    let mut writer = Box::new(JsonlWriter::create(&path, &header("arm.mp4", [640, 480])).unwrap());
    for frame in 0..240_u64 {
        let time_s = frame as f64 / 30.0;
        let people = vec![people(time_s)];
        let row = FrameRow {
            frame,
            time_s,
            file: None,
            people,
        };
        writer.write(&row).unwrap();
    }
    writer.finish().unwrap();
    path
}

/// The right shoulder's report, and that of its repetitions.
fn report(people: impl Fn(f64) -> PersonRow) -> (Value, Value) {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, people);
    let output = Command::new(env!("CARGO_BIN_EXE_poseglass"))
        .arg("measure")
        .arg(&path)
        .args(["--repetitions", "right_shoulder", "--json"])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let person = &report["people"][0];
    let angles = person["angles"].as_array().unwrap();
    let shoulder = (angles.iter()).find(|angle| angle["angle"] == "right_shoulder");
    (shoulder.unwrap().clone(), person["repetitions"].clone())
}

/// Every two seconds to 220 degrees and back; the elbow is lost for two or three frames each time that it passes 150.
fn lost_for_moments(secs: f64) -> PersonRow {
    let arm_deg = 110.0 * (1.0 - (std::f64::consts::PI * secs).cos());
    let mut person = raising(arm_deg);
    if (140.0..165.0).contains(&arm_deg) {
        person.keypoints[joint::RIGHT_ELBOW] = None;
    }
    person
}

#[test]
fn the_table_has_no_jump_of_a_whole_turn_after_a_moment_without_the_elbow() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, lost_for_moments);
    let table = folder.path().join("arm.csv");
    let output = Command::new(env!("CARGO_BIN_EXE_poseglass"))
        .arg("measure")
        .arg(&path)
        .arg("--angles")
        .arg(&table)
        .output()
        .unwrap();
    assert!(output.status.success());
    let csv = std::fs::read_to_string(&table).unwrap();
    let names: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let column = names.iter().position(|name| *name == "right_shoulder_deg");
    let degs: Vec<f64> = (csv.lines().skip(1))
        .filter_map(|line| line.split(',').nth(column.unwrap())?.parse().ok())
        .collect();
    assert!(200 < degs.len());
    for pair in degs.windows(2) {
        assert!((pair[1] - pair[0]).abs() < 60.0, "{pair:?}");
    }
    assert!(degs.iter().all(|deg| (-1.0..221.0).contains(deg)));
}

#[test]
fn an_arm_that_is_lost_for_moments_on_its_way_above_the_head_is_followed_round() {
    let (shoulder, repetitions) = report(lost_for_moments);
    assert_eq!(repetitions["count"], 4, "{repetitions}");
    assert_eq!(repetitions["rests"], "low");
    for repetition in repetitions["counted"].as_array().unwrap() {
        let turn_deg = repetition["turn_deg"].as_f64().unwrap();
        assert!((turn_deg - 220.0).abs() < 5.0, "{turn_deg}");
    }
    let [low, high] = ["p5_deg", "p95_deg"].map(|name| shoulder[name].as_f64().unwrap());
    assert!((-1.0..10.0).contains(&low), "{shoulder}");
    assert!((210.0..221.0).contains(&high), "{shoulder}");
}
