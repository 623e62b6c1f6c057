//! The program as a user runs it: results, exit codes, one clear sentence for each mistake.
#![expect(
    clippy::unwrap_used,
    reason = "a program that cannot be started should fail the test"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn poseglass() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poseglass"));
    command
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
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
fn a_picture_becomes_an_annotated_picture() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("in.png");
    image::RgbImage::from_pixel(200, 300, image::Rgb([90, 120, 90]))
        .save(&picture)
        .unwrap();
    let annotated = folder.path().join("out.png");
    let output = track(&[picture.as_ref(), "--video".as_ref(), annotated.as_ref()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(image::image_dimensions(&annotated).unwrap(), (200, 300));
}

#[test]
fn kinds_of_pictures_that_are_not_written_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("in.png");
    image::RgbImage::new(64, 48).save(&picture).unwrap();
    for (source, name, words) in [
        (&picture, "out.webp", ["out.webp", "OUT.png"]),
        (&clip(), "out.GIF", ["out.GIF", "OUT.mp4"]),
        (&clip(), "out.jpg", ["out.jpg", "many frames"]),
    ] {
        let out = folder.path().join(name);
        let output = track(&[source.as_ref(), "--video".as_ref(), out.as_ref()]);
        refused(&output, &words);
        assert!(!out.exists());
    }
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
fn nothing_is_written_over_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["walk.mp4", "a.jpg", "a.json"].map(|name| folder.path().join(name));
    let [walk, picture, coco] = &paths;
    std::fs::copy(clip(), walk).unwrap();
    image::RgbImage::new(64, 48).save(picture).unwrap();
    std::fs::write(coco, "[]").unwrap();
    let contents = || [walk, picture, coco].map(|path| std::fs::read(path).unwrap());
    let before = contents();
    for arguments in [
        &["track", "walk.mp4", "--video", "walk.mp4"][..],
        &["track", "walk.mp4", "--video", "./walk.mp4"],
        &["track", "walk.mp4", "--export", "jsonl=walk.mp4"],
        &["track", "a.jpg", "--video", "a.jpg"],
        &["convert", "a.json", "csv=a.json", "--fps", "10"],
        &["convert", "a.json", "csv=walk.mp4", "--video", "walk.mp4"],
        &["measure", "a.json", "--fps", "10", "--angles", "./a.json"],
        &["measure", "a.json", "--video=walk.mp4", "--angles=walk.mp4"],
        &[
            "eval",
            "--annotations=a.json",
            "--images=.",
            "--results=a.json",
        ],
    ] {
        let output = poseglass()
            .current_dir(folder.path())
            .args(arguments)
            .output()
            .unwrap();
        refused(&output, &["choose another name"]);
    }
    assert!(contents() == before);
}

#[test]
fn two_outputs_in_one_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(clip(), folder.path().join("walk.mp4")).unwrap();
    std::fs::write(folder.path().join("a.json"), "[]").unwrap();
    for arguments in [
        &["track", "walk.mp4", "--export", "csv=out", "--video", "out"][..],
        &["convert", "a.json", "csv=out", "coco=./out", "--fps", "10"],
    ] {
        let output = poseglass()
            .current_dir(folder.path())
            .args(arguments)
            .output()
            .unwrap();
        refused(&output, &["out", "a name of its own"]);
    }
    assert!(!folder.path().join("out").exists());
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
fn convert_names_the_files_that_it_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let convert = |ids: &[u32]| {
        std::fs::write(folder.path().join("a.json"), coco_of(ids)).unwrap();
        let output = poseglass()
            .current_dir(folder.path())
            .args(["convert", "a.json", "trc=walk.trc", "--fps", "10"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert_eq!(convert(&[1]), "1 frames written to walk.trc\n");
    assert!(folder.path().join("walk.trc").exists());
    assert_eq!(
        convert(&[1, 2]),
        "1 frames written to walk_person1.trc, walk_person2.trc\n"
    );
    // of an earlier run
    assert!(!folder.path().join("walk.trc").exists());
    assert_eq!(convert(&[]), "0 frames, nothing was written\n");
}

#[test]
fn files_of_people_are_not_written_while_they_are_read_however_their_name_is_spelled() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.json"), coco_of(&[1, 2])).unwrap();
    let convert = |arguments: &[&str]| {
        poseglass()
            .current_dir(folder.path())
            .arg("convert")
            .args(arguments)
            .output()
            .unwrap()
    };
    let written = convert(&["a.json", "trc=a.trc", "--fps", "10"]);
    assert!(written.status.success(), "{}", text(&written.stderr));
    let contents = || {
        ["a_person1.trc", "a_person2.trc"]
            .map(|name| std::fs::read(folder.path().join(name)).unwrap())
    };
    let before = contents();
    for input in ["a.trc", "./a.trc"] {
        let output = convert(&[input, "trc=a.trc", "--resample-hz", "30"]);
        refused(&output, &["choose another name"]);
    }
    assert!(contents() == before);
}

#[test]
fn files_of_people_of_an_earlier_run_are_named_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let said_of = |ids: &[u32]| {
        std::fs::write(folder.path().join("a.json"), coco_of(ids)).unwrap();
        let output = poseglass()
            .current_dir(folder.path())
            .args(["convert", "a.json", "trc=walk.trc", "--fps", "10"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    assert!(!said_of(&[1, 2, 30]).contains("earlier run"));
    let warning = said_of(&[1, 2]);
    assert!(warning.contains("walk_person30.trc"), "{warning}");
    assert!(!warning.contains("walk_person2.trc"), "{warning}");
    assert!(folder.path().join("walk_person30.trc").exists());
}

#[test]
fn openpose_files_of_an_earlier_run_are_counted_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let said_of = |frame: u32| {
        let results = coco_of(&[1]).replace("\"image_id\":0", &format!("\"image_id\":{frame}"));
        std::fs::write(folder.path().join("a.json"), results).unwrap();
        let output = poseglass()
            .current_dir(folder.path())
            .args(["convert", "a.json", "openpose=op", "--fps", "10"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    for _ in 0..2 {
        assert!(!said_of(3).contains("earlier run"));
    }
    let warning = said_of(5);
    assert!(
        warning.contains("1 other files of a in op are of an earlier run"),
        "{warning}"
    );
    for frame in [3, 5] {
        let name = format!("op/a_{frame:012}_keypoints.json");
        assert!(folder.path().join(name).exists());
    }
}

#[test]
fn results_of_a_single_picture_are_drawn_into_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/media/plain.mp4");
    std::fs::copy(media, folder.path().join("walk.mp4")).unwrap();
    let picture = image::RgbImage::from_pixel(200, 300, image::Rgb([90, 120, 90]));
    picture.save(folder.path().join("in.png")).unwrap();
    std::fs::write(folder.path().join("a.json"), coco_of(&[1])).unwrap();
    let draw = |out: &str, recording: &str| {
        poseglass()
            .current_dir(folder.path())
            .args(["draw", "a.json", out, "--recording", recording])
            .output()
            .unwrap()
    };
    for out in ["out.png", "out.JPG"] {
        let output = draw(out, "in.png");
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(
            text(&output.stdout),
            format!("1 frames, 1 of them with people, written to {out}\n")
        );
        // fails where the content is not what the name says
        let drawn = image::open(folder.path().join(out)).unwrap().into_rgb8();
        assert_eq!(drawn.dimensions(), picture.dimensions());
        assert!(drawn != picture, "nobody is drawn on {out}");
    }
    for (out, recording, words) in [
        ("walk.png", "walk.mp4", ["walk.png", "many frames"]),
        ("walk.gif", "walk.mp4", ["walk.gif", "OUT.mp4"]),
        ("out.webp", "in.png", ["out.webp", "OUT.png"]),
        ("out.bmp", "in.png", ["out.bmp", "OUT.png"]),
        ("out.tif", "in.png", ["out.tif", "OUT.png"]),
        ("out.TIFF", "in.png", ["out.TIFF", "OUT.png"]),
    ] {
        refused(&draw(out, recording), &words);
        assert!(!folder.path().join(out).exists(), "{out}");
    }
}

#[test]
fn a_drawing_is_finished_where_the_recording_breaks_off() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("broken.mp4");
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
    std::fs::write(folder.path().join("a.json"), coco_of(&[1])).unwrap();
    let run = |arguments: &[&str]| {
        poseglass()
            .current_dir(folder.path())
            .args(arguments)
            .output()
            .unwrap()
    };
    let converted = run(&["convert", "a.json", "jsonl=a.jsonl", "--fps", "25"]);
    assert!(converted.status.success(), "{}", text(&converted.stderr));
    let drawn = run(&["draw", "a.jsonl", "out.mp4", "--recording", "broken.mp4"]);
    refused(&drawn, &["broken.mp4", "breaks off"]);
    let said = text(&drawn.stdout);
    assert!(
        said.contains(" of them with people, written to out.mp4"),
        "{said}"
    );
    // one index for all, as only a finished video has
    let bytes = std::fs::read(folder.path().join("out.mp4")).unwrap();
    let count = |name: &[u8]| bytes.windows(4).filter(|window| *window == name).count();
    assert_eq!([count(b"moov"), count(b"moof")], [1, 0]);
}

#[test]
fn results_are_drawn_over_their_recording_again() {
    let folder = tempfile::tempdir().unwrap();
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/standing-and-leaving.mp4");
    let results = folder.path().join("results.jsonl");
    let output = poseglass()
        .arg("track")
        .arg(&clip)
        .args(["--end", "0.5", "--export"])
        .arg(format!("jsonl={}", results.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let with_people = std::fs::read_to_string(&results)
        .unwrap()
        .matches("\"id\"")
        .count();
    let video = folder.path().join("drawn.mp4");
    let draw = |video: &Path| {
        poseglass()
            .arg("draw")
            .args([results.as_path(), video])
            .output()
            .unwrap()
    };
    let output = draw(&video);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(
        said.contains(&format!(" frames, {with_people} of them with people")),
        "{with_people}: {said}"
    );
    assert!(0 < std::fs::metadata(&video).unwrap().len());
    refused(&draw(&folder.path().join("nowhere/out.mp4")), &["nowhere"]);
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
fn outputs_that_cannot_be_written_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for (option, name) in [("--video", "out.mp4"), ("--export", "out.jsonl")] {
        let path = folder.path().join("missing folder").join(name);
        let value = if option == "--export" {
            format!("jsonl={}", path.display())
        } else {
            path.display().to_string()
        };
        let output = track(&[clip().as_ref(), option.as_ref(), value.as_ref()]);
        refused(&output, &["missing folder"]);
    }
}

/// `eval` on annotations without pictures, in a folder that has no weights in it.
fn eval(folder: &Path, results: &str, options: &[&str]) -> Output {
    std::fs::write(
        folder.join("annotations.json"),
        r#"{"images":[],"annotations":[],"categories":[{"id":1,"name":"person"}]}"#,
    )
    .unwrap();
    poseglass()
        .current_dir(folder)
        .args(["eval", "--annotations=annotations.json", "--images=."])
        .args(["--results", results])
        .args(options)
        .output()
        .unwrap()
}

#[test]
fn eval_finds_out_before_the_nets_are_there_whether_its_results_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("taken")).unwrap();
    std::fs::write(folder.path().join("old.json"), "old").unwrap();
    for place in ["missing folder/a.json", "taken"] {
        refused(
            &eval(folder.path(), place, &["--weights=."]),
            &["cannot write", place],
        );
    }
    // these can be written, but are left alone until there are results
    for place in ["old.json", "new.json"] {
        refused(
            &eval(folder.path(), place, &["--weights=."]),
            &["manifest.toml"],
        );
    }
    let old = std::fs::read_to_string(folder.path().join("old.json")).unwrap();
    assert_eq!(old, "old");
    assert!(!folder.path().join("new.json").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn eval_tells_the_figures_of_results_that_cannot_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    // opens, but has no room
    let output = eval(folder.path(), "/dev/full", &[]);
    refused(&output, &["cannot write /dev/full"]);
    let said = text(&output.stdout);
    assert!(said.contains("AP50"), "{said}");
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
fn doctor_finds_the_program_whole() {
    let output = poseglass().args(["doctor", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let findings: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(findings.iter().all(|finding| finding["verdict"] != "bad"));
    assert!(
        findings
            .iter()
            .any(|finding| finding["what"] == "weights of fast")
    );
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

#[test]
fn score_prints_the_figures_of_each_metric() {
    let folder = tempfile::tempdir().unwrap();
    let tracks = folder.path().join("tracks.txt");
    std::fs::write(&tracks, "1,1,10,10,20,40,1\n2,1,12,10,20,40,1\n").unwrap();
    let poses = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/score/mixed");
    let [annotations, results] = ["annotations.json", "results.json"].map(|name| poses.join(name));
    let score = |annotations: &Path, results: &Path, options: &[&str]| {
        poseglass()
            .arg("score")
            .arg("--annotations")
            .arg(annotations)
            .arg("--results")
            .arg(results)
            .args(options)
            .output()
            .unwrap()
    };
    for (output, name) in [
        (score(&tracks, &tracks, &["--metric=mot", "--json"]), "mota"),
        (
            score(&annotations, &results, &["--metric=pck", "--json"]),
            "all_joints",
        ),
        (score(&annotations, &results, &["--json"]), "AP"),
    ] {
        assert!(output.status.success(), "{}", text(&output.stderr));
        let figures: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(figures[name].is_number(), "{figures}");
    }
    let table = text(&score(&tracks, &tracks, &["--metric=mot"]).stdout);
    assert!(table.starts_with("MOTA               1.000000"), "{table}");
    let table = text(&score(&annotations, &results, &["--metric=pck", "--alpha=0.1"]).stdout);
    assert!(table.contains("PCK@0.1"), "{table}");
    let no_heads = score(&annotations, &results, &["--metric=pckh"]);
    refused(&no_heads, &["head_rect", "annotations.json"]);
    refused(
        &score(&annotations, &results, &["--alpha=0.1"]),
        &["--alpha"],
    );
    refused(
        &score(&annotations, &results, &["--metric=mot"]),
        &["line 1", "annotations.json"],
    );
}
