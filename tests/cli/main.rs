//! The program as a user runs it: results, exit codes, one clear sentence for each mistake.
#![expect(
    clippy::unwrap_used,
    reason = "a program that cannot be started should fail the test"
)]

mod doctor;
mod drawing;
mod evaluation;
mod folders;
mod outputs;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn poseglass() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poseglass"));
    command
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WAYLAND_SOCKET")
        .env_remove("POSEGLASS_LOG");
    command
}

fn clip() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/standing-and-leaving.mp4")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The program says no: exit code 1, one line that holds `words`, no panic.
fn refused(output: &Output, words: &[&str]) {
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(!error.contains("panicked"), "{error}");
    for word in words {
        assert!(error.contains(word), "{word:?} is not in {error:?}");
    }
    let n_errors = error.lines().filter(|line| line.contains("ERROR")).count();
    assert_eq!(n_errors, 1, "{error}");
}

fn track(arguments: &[&std::ffi::OsStr]) -> Output {
    poseglass().arg("track").args(arguments).output().unwrap()
}

/// A recording that opens and breaks off after three quarters.
fn broken_recording(folder: &Path) -> PathBuf {
    let recording = folder.join("broken.mp4");
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/media/plain.mp4");
    // with its index first, so that it opens
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(media)
        .args(["-c", "copy", "-movflags", "+faststart"])
        .arg(&recording)
        .status()
        .unwrap();
    assert!(made.success());
    let whole = std::fs::read(&recording).unwrap();
    std::fs::write(&recording, &whole[..whole.len() * 3 / 4]).unwrap();
    recording
}

/// Results of COCO's of one frame that shows these people.
fn coco_of(ids: &[u32]) -> String {
    let joints = vec!["7.5"; 51].join(",");
    let people: Vec<String> = ids
        .iter()
        .map(|id| {
            format!(
                r#"{{"image_id":0,"category_id":1,"keypoints":[{joints}],"score":1,"track_id":{id}}}"#
            )
        })
        .collect();
    format!("[{}]", people.join(","))
}

#[test]
fn track_writes_video_and_results_of_the_frames_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let video = folder.path().join("測試 vidéo out.mp4");
    let results = folder.path().join("résultats 結果.jsonl");
    let output = poseglass()
        .arg("track")
        .arg(clip())
        .args(["--start", "0.5", "--end", "1.5", "--json", "--video"])
        .arg(&video)
        .arg("--export")
        .arg(format!("jsonl={}", results.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["frames"], 10);
    let written = [&results, &video].map(|path| path.display().to_string());
    assert_eq!(summary["written"], serde_json::json!(written));
    let lines = std::fs::read_to_string(&results).unwrap();
    let rows: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows[0]["schema"], "poseglass/1");
    let times: Vec<f64> = rows[1..]
        .iter()
        .map(|row| row["time_s"].as_f64().unwrap())
        .collect();
    let expected: Vec<f64> = (5..15).map(|tenth| f64::from(tenth) / 10.0).collect();
    assert_eq!(times, expected);
    assert_eq!(rows[1]["frame"], 5);
    assert!(0 < std::fs::metadata(&video).unwrap().len());
}

#[test]
fn a_start_at_which_the_source_is_over_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("in.png");
    image::RgbImage::new(64, 48).save(&picture).unwrap();
    let results = folder.path().join("results.jsonl");
    std::fs::write(&results, "of an earlier run").unwrap();
    let run = |source: &Path, start: &str| {
        poseglass()
            .arg("track")
            .arg(source)
            .args(["--start", start, "--export"])
            .arg(format!("jsonl={}", results.display()))
            .output()
            .unwrap()
    };
    refused(
        &run(&clip(), "5:00"),
        &["standing-and-leaving.mp4", "300.000 s", "--start"],
    );
    refused(&run(&picture, "0.5"), &["in.png", "leave --start out"]);
    // the last of its frames begins at 0.96 s and stays to 1 s
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/media/plain.mp4");
    refused(&run(&media, "1"), &["plain.mp4", "0.960 s"]);
    let before = std::fs::read_to_string(&results).unwrap();
    assert_eq!(before, "of an earlier run");
    let output = run(&media, "0.98");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = std::fs::read_to_string(&results).unwrap();
    assert_eq!(lines.lines().count(), 2);
    assert!(lines.contains("\"time_s\":0.96,"), "{lines}");
}

#[test]
fn results_are_the_same_on_every_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str| {
        let path = folder.path().join(name);
        let output = poseglass()
            .args(["track", "synthetic", "--end", "0.4", "--export"])
            .arg(format!("jsonl={}", path.display()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        std::fs::read(path).unwrap()
    };
    assert_eq!(run("one.jsonl"), run("two.jsonl"));
}

#[test]
fn what_nobody_is_in_is_not_said_to_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("in.png");
    image::RgbImage::from_pixel(200, 300, image::Rgb([90, 120, 90]))
        .save(&picture)
        .unwrap();
    let markers = folder.path().join("nobody.trc");
    let export = format!("trc={}", markers.display());
    let output = track(&[picture.as_ref(), "--export".as_ref(), export.as_ref()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.ends_with("nothing was written\n"), "{said}");
    assert!(!said.contains("wrote"), "{said}");
    assert!(!markers.exists());
}

#[test]
fn a_missing_file_is_named() {
    refused(&track(&["nowhere.mp4".as_ref()]), &["nowhere.mp4"]);
}

#[test]
fn files_that_are_no_media_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("empty.mp4", &b""[..]),
        ("text.mp4", b"this is no video at all, just some words\n"),
        ("noise.png", &[7; 4000]),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        refused(&track(&[path.as_ref()]), &[name]);
    }
}

#[test]
fn a_folder_without_pictures_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    refused(&track(&[folder.path().as_ref()]), &["no pictures"]);
}

#[test]
fn weights_that_are_missing_or_damaged_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let with_weights = || {
        track(&[
            clip().as_ref(),
            "--weights".as_ref(),
            folder.path().as_ref(),
        ])
    };
    refused(&with_weights(), &["manifest.toml"]);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights");
    for name in [
        "manifest.toml",
        "detector.safetensors",
        "pose-accurate.safetensors",
        "reidentifier.safetensors",
    ] {
        std::fs::copy(shipped.join(name), folder.path().join(name)).unwrap();
    }
    let path = folder.path().join("pose-accurate.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(1000);
    std::fs::write(&path, bytes).unwrap();
    refused(&with_weights(), &["pose-accurate.safetensors", "sha256"]);
}

#[test]
fn a_device_or_model_that_is_not_there_says_what_is() {
    let output = track(&[clip().as_ref(), "--model".as_ref(), "huge".as_ref()]);
    refused(&output, &["huge", "fast"]);
    let output = track(&[clip().as_ref(), "--stacks".as_ref(), "9".as_ref()]);
    refused(&output, &["2 stacks"]);
    if !cfg!(feature = "cuda") {
        let output = track(&[clip().as_ref(), "--device".as_ref(), "cuda".as_ref()]);
        refused(&output, &["--features cuda"]);
    }
}

#[test]
fn results_of_another_program_are_converted_once_their_times_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("sortie OpenPose");
    std::fs::create_dir(&input).unwrap();
    let numbers = vec!["7.5"; 75].join(",");
    for frame in [0, 3] {
        let name = format!("clip_{frame:012}_keypoints.json");
        let text =
            format!(r#"{{"people":[{{"person_id":[-1],"pose_keypoints_2d":[{numbers}]}}]}}"#);
        std::fs::write(input.join(name), text).unwrap();
    }
    let table = folder.path().join("tableau.csv");
    let convert = |options: &[&str]| {
        poseglass()
            .arg("convert")
            .arg(&input)
            .arg(format!("csv-wide={}", table.display()))
            .args(options)
            .output()
            .unwrap()
    };
    refused(&convert(&[]), &["--fps", "--video"]);
    refused(&convert(&["--fps", "10", "--resample-hz", "30"]), &["trc"]);
    refused(
        &convert(&["--fps", "10", "--from", "coco"]),
        &["sortie OpenPose"],
    );
    assert!(!table.exists());
    let output = convert(&["--fps", "10"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("1 in all"));
    let rows = std::fs::read_to_string(&table).unwrap();
    let begins: Vec<&str> = rows.lines().skip(1).map(|row| &row[..8]).collect();
    assert_eq!(begins, ["0,0,1,1,", "3,0.3,1,"]);
}

#[test]
fn wrong_arguments_exit_with_2() {
    for arguments in [
        &["track"][..],
        &["track", "camera:front"],
        &["track", "x.mp4", "--export", "xml=y"],
        &["track", "x.mp4", "--start", "soon"],
        &["track", "x.mp4", "--device", "abacus"],
        &["track", "x.mp4", "--max-people", "0"],
        &["track", "x.mp4", "--budget", "0"],
        &["convert", "in.json", "csv=a.csv", "--from", "c3d"],
        &["convert", "in.json", "csv=a.csv", "--fps", "0"],
        &["--no-such-option"],
    ] {
        let output = poseglass().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[cfg(feature = "gui")]
#[cfg(target_os = "linux")]
#[test]
fn without_a_display_the_window_says_what_works() {
    let output = poseglass().output().unwrap();
    refused(&output, &["display", "poseglass track"]);
}

#[test]
fn bench_of_a_live_source_tells_how_old_frames_get() {
    let output = poseglass()
        .args(["bench", "synthetic", "--live", "--frames", "3", "--json"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let stages = report["stages"].as_array().unwrap();
    let age = stages.iter().find(|stage| stage["stage"] == "age").unwrap();
    assert_eq!(age["frames"], 3);
    assert!(report["dropped_frames"].is_u64());
}

#[test]
fn bench_gives_the_time_of_each_stage() {
    let output = poseglass()
        .args([
            "bench",
            "synthetic",
            "--frames",
            "3",
            "--people",
            "2",
            "--threads",
            "1",
            "--json",
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["frames"], 3);
    assert_eq!(report["poses"], 6);
    let stages: Vec<&str> = report["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| stage["stage"].as_str().unwrap())
        .collect();
    assert!(
        ["source", "crop", "pose", "decode", "frame"]
            .iter()
            .all(|stage| stages.contains(stage))
    );
}
