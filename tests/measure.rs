//! `poseglass measure` as a user runs it: on a file with a person who walks and one who squats.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

mod header;
mod noise;
mod walker;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use header::header;
use noise::uneven_times;
use poseglass::export::ResultWriter as _;
use poseglass::export::jsonl::JsonlWriter;
use poseglass::export::rows::{FrameRow, PersonRow};
use poseglass::skeleton::{Side, joint};
use poseglass::types::Pose;
use serde_json::Value;
use walker::Walker;

fn person(id: u32, pose: &Pose) -> PersonRow {
    let keypoints = pose.keypoints.map(|keypoint| {
        keypoint.map(|keypoint| {
            [
                f64::from(keypoint.at.x),
                f64::from(keypoint.at.y),
                f64::from(keypoint.confidence),
            ]
        })
    });
    PersonRow {
        id,
        score: 0.9,
        bbox: [0.0, 0.0, 100.0, 400.0],
        keypoints,
        smoothed: None,
    }
}

/// A squat every two seconds, to 90 degrees in the knee, facing the right (1) or the left (-1).
fn squatting(forward: f64, secs: f64) -> Pose {
    let walker = Walker {
        forward,
        ..Walker::default()
    };
    let mut pose = walker.pose(0.4);
    let flexion = 45.0 * (1.0 - (std::f64::consts::PI * secs).cos());
    let (sin, cos) = flexion.to_radians().sin_cos();
    let knee = pose.keypoints[joint::RIGHT_KNEE].unwrap().at;
    pose.keypoints[joint::RIGHT_HIP].as_mut().unwrap().at = knee;
    pose.keypoints[joint::RIGHT_HIP].as_mut().unwrap().at.y -= 100.0;
    let ankle = &mut pose.keypoints[joint::RIGHT_ANKLE].as_mut().unwrap().at;
    *ankle = knee;
    ankle.x -= (100.0 * forward * sin) as f32;
    ankle.y += (100.0 * cos) as f32;
    pose
}

/// A file with these people in frames at these times.
fn written(
    folder: &tempfile::TempDir,
    times: &[f64],
    people: impl Fn(usize) -> Vec<PersonRow>,
) -> PathBuf {
    let path = folder.path().join("résultats 结果.jsonl");
    let mut writer =
        Box::new(JsonlWriter::create(&path, &header("walk.mp4", [4000, 1000])).unwrap());
    for (i, secs) in times.iter().enumerate() {
        let row = FrameRow {
            frame: 2 * i as u64,
            time_s: *secs,
            file: None,
            people: people(i),
        };
        writer.write(&row).unwrap();
    }
    writer.finish().unwrap();
    path
}

/// Person 3 walks for eight seconds, person 8 squats from the second frame on; in a folder of its own.
fn results(folder: &tempfile::TempDir) -> PathBuf {
    let times = uneven_times(8.0);
    let walk = Walker::default().series(&times, 1.0, 0.02);
    written(folder, &times, |i| {
        let mut people = vec![person(3, &walk.poses[i])];
        if 0 < i {
            people.push(person(8, &squatting(1.0, times[i])));
        }
        people
    })
}

fn measure(path: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_poseglass"))
        .env_remove("POSEGLASS_LOG")
        .arg("measure")
        .arg(path)
        .args(options)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn report(path: &Path, options: &[&str]) -> Value {
    let output = measure(path, &[options, &["--json"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    for word in words {
        assert!(error.contains(word), "{word:?} is not in {error:?}");
    }
}

#[track_caller]
fn assert_near(number: &Value, expected: f64, tolerance: f64) {
    let number = number.as_f64().unwrap();
    assert!((number - expected).abs() <= tolerance, "{number}");
}

#[test]
fn results_of_other_programs_are_measured_alike() {
    let folder = tempfile::tempdir().unwrap();
    let path = results(&folder);
    let [coco, trc] = ["walk.json", "walk.trc"].map(|name| folder.path().join(name));
    let converted = Command::new(env!("CARGO_BIN_EXE_poseglass"))
        .args(["convert", "--meters-per-pixel=0.004"])
        .arg(&path)
        .arg(format!("coco={}", coco.display()))
        .arg(format!("trc={}", trc.display()))
        .output()
        .unwrap();
    assert!(converted.status.success(), "{}", text(&converted.stderr));
    let squats = ["--person=8", "--repetitions=right_knee"];
    let native = &report(&path, &squats)["people"][0]["repetitions"];
    let of_coco =
        &report(&coco, &[&squats[..], &["--fps=30"]].concat())["people"][0]["repetitions"];
    assert_near(&native["count"], 4.0, 0.0);
    assert_eq!(native["count"], of_coco["count"]);
    let walk = ["--person=3", "--gait", "--meters-per-pixel=0.004"];
    let [native, of_trc] =
        [&path, &trc].map(|path| report(path, &walk)["people"][0]["gait"].clone());
    let stride_m = native["stride_length_m"]["left"]["mean"].as_f64().unwrap();
    assert_near(&of_trc["stride_length_m"]["left"]["mean"], stride_m, 0.01);
    assert_near(
        &of_trc["cadence_per_min"],
        native["cadence_per_min"].as_f64().unwrap(),
        0.5,
    );
    // without it nobody knows where a marker is in the picture
    refused(&measure(&trc, &["--gait"]), &["--meters-per-pixel"]);
}

#[test]
fn a_walk_is_reported_in_pixels_or_meters() {
    let folder = tempfile::tempdir().unwrap();
    let path = results(&folder);
    let walker = &report(&path, &["--person", "3", "--gait"])["people"][0];
    assert_eq!(walker["calibration"], "2D, uncalibrated");
    assert_near(&walker["visible_side"]["right_share"], 1.0, 0.0);
    let gait = &walker["gait"];
    assert_near(&gait["cadence_per_min"], 120.0 / 1.1, 2.0);
    assert_near(&gait["stride_length_px"]["left"]["mean"], 280.0, 6.0);
    assert_eq!(gait.get("stride_length_m"), None);
    assert!(gait["note"].as_str().unwrap().contains("ankles stand in"));
    let events = gait["events"].as_array().unwrap();
    let [strikes, offs] = Walker::default().events_secs(Side::Left, 0.0, 8.0);
    for (name, known) in [("heel_strike", strikes), ("toe_off", offs)] {
        let is_it = |event: &&Value| event["foot"] == "left" && event["event"] == name;
        let times = events
            .iter()
            .filter(is_it)
            .map(|event| event["time_s"].as_f64().unwrap());
        let is_known = |secs: f64| known.iter().any(|known| (known - secs).abs() < 1.0 / 30.0);
        assert!(times.clone().all(is_known));
        assert!(known.len() - 2 <= times.count());
    }

    let options = ["--person", "3", "--gait", "--height-m", "1.8"];
    let walker = &report(&path, &options)["people"][0];
    assert_eq!(walker["calibration"], "2D, calibrated in one plane");
    assert_near(&walker["scale"]["meters_per_px"], 0.0045, 1e-4);
    assert_near(
        &walker["gait"]["stride_length_m"]["left"]["mean"],
        1.26,
        0.04,
    );
    let known = report(&path, &["--gait", "--known-length", "0,0,200,0,1"]);
    assert_near(
        &known["people"][0]["gait"]["speed_m_per_s"]["mean"],
        280.0 / 220.0,
        0.05,
    );
    // the other one does not walk, and it is said why
    let reason = known["people"][1]["gait"]["refused"].as_str().unwrap();
    assert!(reason.contains("not walking"), "{reason}");
}

#[test]
fn repetitions_are_reported_with_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = results(&folder);
    let options = ["--person", "8", "--repetitions", "right_knee"];
    let found = &report(&path, &options)["people"][0]["repetitions"];
    assert_eq!(found["count"], 4);
    assert_near(&found["counted"][0]["range_deg"], 90.0, 3.0);
    assert_near(&found["counted"][1]["turn_s"], 3.0, 0.05);
    let options = [&options[..], &["--thresholds", "20,120"]].concat();
    assert_eq!(
        report(&path, &options)["people"][0]["repetitions"]["count"],
        0
    );
}

#[test]
fn a_face_that_is_lost_for_a_while_costs_no_repetition() {
    let folder = tempfile::tempdir().unwrap();
    let times = uneven_times(8.0);
    let path = written(&folder, &times, |i| {
        let mut pose = squatting(-1.0, times[i]);
        if (1.9..5.1).contains(&times[i]) {
            pose.keypoints[joint::NOSE] = None;
        }
        vec![person(8, &pose)]
    });
    let squats = ["--repetitions", "right_knee"];
    let found = &report(&path, &squats)["people"][0];
    let share_of_none = found["visible_side"]["none_share"].as_f64().unwrap();
    assert!((0.2..0.5).contains(&share_of_none), "{share_of_none}");
    assert_eq!(found["repetitions"]["count"], 4);
    assert_eq!(found["repetitions"]["rests"], "low");
    // the angles of the picture, as asked for: from the left a knee bends the other way
    let options = [&squats[..], &["--visible-side", "none"]].concat();
    let found = &report(&path, &options)["people"][0];
    assert_eq!(found["repetitions"]["count"], 4);
    assert_eq!(found["repetitions"]["rests"], "high");
}

#[test]
fn joints_outside_of_the_picture_are_not_measured() {
    let folder = tempfile::tempdir().unwrap();
    let times = uneven_times(2.0);
    let path = written(&folder, &times, |i| {
        let mut pose = squatting(1.0, times[i]);
        // the picture has 1000 rows
        pose.keypoints[joint::RIGHT_ANKLE].as_mut().unwrap().at.y = 1001.0;
        vec![person(8, &pose)]
    });
    let found = &report(&path, &[])["people"][0];
    let n_frames = |name: &str| {
        let angles = found["angles"].as_array().unwrap();
        let angle = angles.iter().find(|angle| angle["angle"] == name);
        angle.unwrap()["frames"].as_u64().unwrap()
    };
    assert_eq!(n_frames("right_knee"), 0);
    assert_eq!(n_frames("left_knee"), times.len() as u64);
}

#[test]
fn a_foot_that_is_lost_for_a_while_lists_no_event_of_the_other_twice() {
    let folder = tempfile::tempdir().unwrap();
    let times = uneven_times(8.0);
    let walk = Walker::default().series(&times, 1.0, 0.0);
    let path = written(&folder, &times, |i| {
        let mut pose = walk.poses[i];
        if (4.0..4.4).contains(&times[i]) {
            pose.keypoints[joint::RIGHT_ANKLE] = None;
        }
        vec![person(3, &pose)]
    });
    let gait = &report(&path, &["--gait"])["people"][0]["gait"];
    assert_eq!(gait["walks"], 1);
    let events = gait["events"].as_array().unwrap();
    for (i, event) in events.iter().enumerate() {
        assert!(!events[..i].contains(event), "{event}");
    }
    let is_of_left = |event: &&Value| event["foot"] == "left" && event["event"] == "heel_strike";
    let n_strikes = events.iter().filter(is_of_left).count();
    assert_eq!(gait["stride_time_s"]["left"]["n"], n_strikes - 1);
}

#[test]
fn the_table_has_a_row_a_frame_and_empty_fields_for_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = results(&folder);
    let table = folder.path().join("角度.csv");
    let report = report(&path, &["--angles", table.to_str().unwrap()]);
    let csv = std::fs::read_to_string(&table).unwrap();
    let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        lines[0][..5],
        [
            "frame",
            "time_s",
            "track_id",
            "right_knee_deg",
            "left_knee_deg"
        ]
    );
    assert_eq!(
        lines[0][22..24],
        ["right_knee_deg_per_s", "left_knee_deg_per_s"]
    );
    assert_eq!(lines[0].last(), Some(&"visible_side"));
    let n_frames = uneven_times(8.0).len();
    assert_eq!(lines.len(), 1 + 2 * n_frames - 1);
    assert!(lines.iter().all(|line| line.len() == lines[0].len()));
    // frames and people in order
    assert_eq!(lines[1][..3], ["0", "0", "3"]);
    assert_eq!((lines[2][0], lines[2][2], lines[3][2]), ("2", "3", "8"));
    let knee = |line: &&Vec<&str>| line[2] == "3" && !line[3].is_empty();
    let n_knees = lines[1..].iter().filter(knee).count();
    assert_eq!(report["people"][0]["angles"][0]["angle"], "right_knee");
    assert_eq!(report["people"][0]["angles"][0]["frames"], n_knees);
    assert!(n_knees < n_frames && n_frames / 2 < n_knees);
    assert!(!csv.contains("NaN"));
}

#[test]
fn the_report_for_people_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = results(&folder);
    let options = ["--gait", "--repetitions", "right_knee", "--floor", "auto"];
    let output = measure(&path, &options);
    let report = text(&output.stdout);
    for words in [
        "person 3 (2D, uncalibrated)",
        "raw joints",
        "not measured",
        "right_ankle",
        "standing ankles",
        "steps a minute",
        "floor taken as level",
        "no gait: ",
        "4 repetitions of right_knee",
    ] {
        assert!(report.contains(words), "{words:?} is not in {report}");
    }
}

#[test]
fn what_cannot_be_measured_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = results(&folder);
    refused(
        &measure(Path::new("nowhere.jsonl"), &[]),
        &["nowhere.jsonl"],
    );
    refused(
        &measure(&path, &["--person", "4"]),
        &["no person 4", "3, 8"],
    );
    refused(
        &measure(&path, &["--height-m", "1.8"]),
        &["--person", "3, 8"],
    );
    refused(
        &measure(&path, &["--person", "3", "--height-m", "180"]),
        &["180", "1.75"],
    );
    refused(&measure(&path, &["--smoothed"]), &["--smoothed"]);
    let input = path.to_str().unwrap();
    refused(&measure(&path, &["--angles", input]), &["same time"]);
    let missing = folder.path().join("missing folder/out.csv");
    refused(
        &measure(&path, &["--angles", missing.to_str().unwrap()]),
        &["missing folder"],
    );

    let empty = folder.path().join("nobody.jsonl");
    drop(JsonlWriter::create(&empty, &header("walk.mp4", [4000, 1000])).unwrap());
    refused(&measure(&empty, &[]), &["nobody"]);
}

#[test]
fn wrong_options_exit_with_2() {
    for options in [
        &["--repetitions", "right_ankle"][..],
        &["--thresholds", "20,40"],
        &["--repetitions", "right_knee", "--thresholds", "40,20"],
        &["--known-length", "1,1,1,1,1"],
        &["--floor", "steep"],
        &["--min-confidence", "30"],
        &["--raw", "--smoothed"],
        &["--visible-side", "top"],
        &["--height-m", "1.8", "--known-length", "0,0,1,0,1"],
    ] {
        let output = measure(Path::new("any.jsonl"), options);
        assert_eq!(output.status.code(), Some(2), "{options:?}");
    }
}
