//! Folders of pictures: frames of a video, or pictures that have nothing to do with each other.

use super::*;

/// Pictures of nobody in `folder/pictures`.
fn pictures(folder: &Path, names: &[&str]) {
    std::fs::create_dir(folder.join("pictures")).unwrap();
    for name in names {
        image::RgbImage::from_pixel(64, 48, image::Rgb([90, 120, 90]))
            .save(folder.join("pictures").join(name))
            .unwrap();
    }
}

fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    poseglass()
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn results_of_a_video_that_was_cut_into_pictures_have_its_times_and_their_names() {
    let folder = tempfile::tempdir().unwrap();
    pictures(folder.path(), &["1.png", "2.png", "10.png"]);
    std::fs::write(folder.path().join("pictures/2.png"), "no picture").unwrap();
    let exports = ["--export", "jsonl=a.jsonl", "--export", "openpose=op"];
    let arguments = [&["track", "pictures", "--fps", "10"][..], &exports].concat();
    let output = run_in(folder.path(), &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let results = std::fs::read_to_string(folder.path().join("a.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = results
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["source"]["kind"], "folder");
    assert_eq!(lines[0]["source"]["fps_nominal"], 10.0);
    assert_eq!(lines[0]["source"]["picture_names"], "stems");
    // the picture that cannot be read leaves a hole
    assert_eq!(lines.len(), 3);
    for (line, (frame, time_s, file)) in lines[1..]
        .iter()
        .zip([(0, 0.0, "1.png"), (2, 0.2, "10.png")])
    {
        assert_eq!(line["frame"], frame);
        assert_eq!(line["time_s"], time_s);
        assert_eq!(line["file"], file);
    }
    for stem in ["1", "10"] {
        let path = folder.path().join(format!("op/{stem}_keypoints.json"));
        assert!(path.exists(), "{stem}");
    }
    assert_eq!(
        std::fs::read_dir(folder.path().join("op")).unwrap().count(),
        2
    );
    let drawn = run_in(folder.path(), &["draw", "a.jsonl", "out.mp4"]);
    assert!(drawn.status.success(), "{}", text(&drawn.stderr));
    assert!(text(&drawn.stdout).starts_with("2 frames, "));
    // the drawing has the rate again: its second picture begins at 0.2 s
    let again = run_in(
        folder.path(),
        &["track", "out.mp4", "--export", "jsonl=b.jsonl"],
    );
    assert!(again.status.success(), "{}", text(&again.stderr));
    let results = std::fs::read_to_string(folder.path().join("b.jsonl")).unwrap();
    assert!(results.contains("\"time_s\":0.2,"), "{results}");
    assert!(!results.contains("\"file\""), "{results}");
}

#[test]
fn a_rate_that_would_do_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(clip(), folder.path().join("walk.mp4")).unwrap();
    std::fs::write(folder.path().join("a.json"), coco_of(&[1])).unwrap();
    for (arguments, named) in [
        (&["track", "walk.mp4", "--fps", "10"][..], "walk.mp4"),
        (&["track", "camera", "--fps", "10"], "camera:0"),
        (&["bench", "synthetic", "--fps", "10"], "synthetic"),
        (
            &[
                "convert",
                "a.json",
                "csv=a.csv",
                "--video=walk.mp4",
                "--fps=10",
            ],
            "walk.mp4",
        ),
        (
            &[
                "draw",
                "a.json",
                "a.mp4",
                "--recording=walk.mp4",
                "--fps=10",
            ],
            "walk.mp4",
        ),
    ] {
        let output = run_in(folder.path(), arguments);
        refused(&output, &[named, "no folder of pictures", "--fps"]);
    }
    assert!(!folder.path().join("a.csv").exists());
    assert!(!folder.path().join("a.mp4").exists());
    let output = run_in(folder.path(), &["track", "walk.mp4", "--fps", "0"]);
    assert_eq!(output.status.code(), Some(2));
}

#[cfg(feature = "gui")]
#[test]
fn a_rate_without_a_folder_opens_no_window() {
    let output = poseglass().args(["--fps", "10"]).output().unwrap();
    refused(&output, &["--fps", "FOLDER"]);
}

#[test]
fn openpose_files_of_pictures_are_converted_together_with_their_folder() {
    let folder = tempfile::tempdir().unwrap();
    pictures(folder.path(), &["a.png", "b.png"]);
    std::fs::create_dir(folder.path().join("op")).unwrap();
    let numbers = vec!["7.5"; 75].join(",");
    let of_b = format!(r#"{{"people":[{{"pose_keypoints_2d":[{numbers}]}}]}}"#);
    std::fs::write(folder.path().join("op/b_keypoints.json"), of_b).unwrap();
    let convert = |options: &[&str]| {
        let arguments = [&["convert", "op", "csv-wide=t.csv"][..], options].concat();
        run_in(folder.path(), &arguments)
    };
    refused(&convert(&["--fps", "10"]), &["b_keypoints.json", "--video"]);
    let output = convert(&["--fps", "10", "--video", "pictures"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = std::fs::read_to_string(folder.path().join("t.csv")).unwrap();
    let row = table.lines().nth(1).unwrap();
    assert!(row.starts_with("1,0.1,1,"), "{row}");
}

#[test]
fn nothing_is_written_over_the_pictures_that_are_read_nor_among_them_as_one() {
    let folder = tempfile::tempdir().unwrap();
    pictures(folder.path(), &["a.png", "b.png"]);
    std::fs::write(folder.path().join("a.json"), coco_of(&[1])).unwrap();
    let picture = folder.path().join("pictures/a.png");
    let before = std::fs::read(&picture).unwrap();
    for arguments in [
        &["track", "pictures", "--export", "csv=pictures/a.png"][..],
        &["track", "./pictures", "--export", "csv=pictures/new.png"],
        &[
            "convert",
            "a.json",
            "csv=pictures/../pictures/a.png",
            "--video=pictures",
        ],
        &[
            "eval",
            "--annotations=a.json",
            "--images=pictures",
            "--results=pictures/a.png",
        ],
    ] {
        let output = run_in(folder.path(), arguments);
        refused(&output, &["one of the pictures of", "choose another name"]);
    }
    assert!(std::fs::read(&picture).unwrap() == before);
    assert!(!folder.path().join("pictures/new.png").exists());
    // files that are no pictures are in nobody's way there
    let arguments = ["track", "pictures", "--export", "csv=pictures/a.csv"];
    let output = run_in(folder.path(), &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
}
