//! Which files are written, and which ones never.

use super::*;

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
fn what_cannot_be_written_costs_no_earlier_results() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.csv");
    std::fs::write(&good, "old").unwrap();
    std::fs::create_dir(folder.path().join("taken")).unwrap();
    std::fs::write(folder.path().join("file"), "old").unwrap();
    for arguments in [
        &[
            "--export",
            "csv=good.csv",
            "--export",
            "csv-wide=missing/x.csv",
        ][..],
        &["--export", "csv=good.csv", "--video", "missing/x.mp4"],
        // a folder where a file is to be, and a file where a folder is to be
        &["--export", "csv=good.csv", "--export", "csv-wide=taken"],
        &["--export", "csv=good.csv", "--export", "trc=taken"],
        &["--export", "csv=good.csv", "--export", "openpose=file"],
        &["--export", "csv=good.csv", "--start", "3", "--end", "2"],
    ] {
        let output = poseglass()
            .current_dir(folder.path())
            .args(["track", "synthetic"])
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(std::fs::read_to_string(&good).unwrap(), "old");
    }
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

#[cfg(target_os = "linux")]
#[test]
fn outputs_may_be_called_as_the_system_allows() {
    use std::os::unix::ffi::OsStringExt as _;

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.json"), coco_of(&[1, 2])).unwrap();
    // é as Latin-1 has it
    let named = |bytes: &[u8]| std::ffi::OsString::from_vec(bytes.to_vec());
    let output = poseglass()
        .current_dir(folder.path())
        .args(["convert", "a.json", "--fps", "10"])
        .args([
            named(b"csv=marche\xe9e.csv"),
            named(b"trc=marche\xe9e.trc"),
            named(b"openpose=marche\xe9e"),
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(folder.path().join(named(b"marche\xe9e.csv")).is_file());
    // what is read again
    for name in [&b"marche\xe9e.trc"[..], b"marche\xe9e"] {
        let output = poseglass()
            .current_dir(folder.path())
            .arg("convert")
            .arg(named(name))
            .args(["csv-wide=again.csv", "--fps", "10"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let table = std::fs::read_to_string(folder.path().join("again.csv")).unwrap();
        assert_eq!(table.lines().count(), 1 + 2);
    }
}

/// Converts these results, 10 frames a second, in a folder.
fn converted(folder: &Path, results: &str, export: &str) -> Output {
    std::fs::write(folder.join("a.json"), results).unwrap();
    let output = poseglass()
        .current_dir(folder)
        .args(["convert", "a.json", export, "--fps", "10"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    output
}

#[test]
fn results_with_a_broken_line_cost_no_earlier_output() {
    let folder = tempfile::tempdir().unwrap();
    converted(folder.path(), &coco_of(&[1]), "jsonl=a.jsonl");
    let results = folder.path().join("a.jsonl");
    let whole = std::fs::read_to_string(&results).unwrap();
    std::fs::write(&results, whole + "{\"frame\":1,\"time_s\":soon}\n").unwrap();
    let earlier = folder.path().join("earlier.csv");
    std::fs::write(&earlier, "old").unwrap();
    let output = poseglass()
        .current_dir(folder.path())
        .args(["convert", "a.jsonl", "csv=earlier.csv", "coco=new.json"])
        .output()
        .unwrap();
    refused(&output, &["line 3 of a.jsonl", "correct or remove it"]);
    assert_eq!(std::fs::read_to_string(&earlier).unwrap(), "old");
    assert!(!folder.path().join("new.json").exists());
}

#[test]
fn convert_takes_those_who_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.json"), coco_of(&[1, 2, 3])).unwrap();
    let convert = |people: &[&str]| {
        poseglass()
            .current_dir(folder.path())
            .args(["convert", "a.json", "trc=walk.trc", "--fps", "10"])
            .args(people)
            .output()
            .unwrap()
    };
    let both = convert(&["--person", "3", "--person", "1"]);
    assert_eq!(
        text(&both.stdout),
        "1 frames written to walk_person1.trc, walk_person3.trc\n"
    );
    refused(&convert(&["--person", "7"]), &["no person 7", "1, 2, 3"]);
    std::fs::write(folder.path().join("a.json"), "[]").unwrap();
    refused(&convert(&["--person", "7"]), &["leave out --person"]);
}

#[test]
fn convert_names_the_files_that_it_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let convert = |ids: &[u32]| {
        let output = converted(folder.path(), &coco_of(ids), "trc=walk.trc");
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
        let output = converted(folder.path(), &coco_of(ids), "trc=walk.trc");
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
        let output = converted(folder.path(), &results, "openpose=op");
        text(&output.stderr)
    };
    for _ in 0..2 {
        assert!(!said_of(3).contains("earlier run"));
    }
    let warning = said_of(5);
    assert!(
        warning.contains("files of an earlier run (1) lie in op"),
        "{warning}"
    );
    for frame in [3, 5] {
        let name = format!("op/a_{frame:012}_keypoints.json");
        assert!(folder.path().join(name).exists());
    }
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

#[cfg(target_os = "linux")]
#[test]
fn a_run_whose_files_cannot_be_completed_tells_what_it_did_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("in.png");
    image::RgbImage::new(64, 48).save(&picture).unwrap();
    let onto_a_full_disk = |source: &Path| {
        let options = ["--json", "--export", "csv-wide=/dev/full"];
        let output = poseglass()
            .arg("track")
            .arg(source)
            .args(options)
            .output()
            .unwrap();
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output, summary)
    };
    let (output, summary) = onto_a_full_disk(&picture);
    refused(&output, &["/dev/full"]);
    assert_eq!(summary["frames"], 1);
    assert_eq!(summary["written"], serde_json::json!([]));
    // where the recording breaks off, that is why the run failed
    let (output, summary) = onto_a_full_disk(&broken_recording(folder.path()));
    refused(&output, &["/dev/full", "broken.mp4"]);
    let said = text(&output.stderr);
    let reason = said.lines().find(|line| line.contains("ERROR")).unwrap();
    assert!(reason.contains("breaks off"), "{said}");
    assert!(0 < summary["frames"].as_u64().unwrap());
}
