//! `poseglass draw`: over which recording results are drawn, and over which of its frames.

use std::ffi::OsStr;
use std::process::{Command, Output};

use poseglass::export::video::VideoWriter;
use poseglass::image::RgbImage;

use super::*;

/// What `draw` does in a folder.
fn draw(folder: &Path, arguments: &[&OsStr]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_poseglass"))
        .env_remove("POSEGLASS_LOG")
        .current_dir(folder)
        .arg("draw")
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_recording_of_that_name_elsewhere_is_another_one_unless_it_is_named() {
    let root = tempfile::tempdir().unwrap();
    let path = folder_with_results(root.path(), "pictures");
    let elsewhere = root.path().join("elsewhere");
    std::fs::create_dir_all(elsewhere.join("pictures")).unwrap();
    for name in ["1.png", "2.png", "3.png"] {
        image::RgbImage::new(64, 48)
            .save(elsewhere.join("pictures").join(name))
            .unwrap();
    }
    let found = draw(&elsewhere, &[path.as_ref(), "a.mp4".as_ref()]);
    assert!(text(&found.stdout).starts_with("2 frames, 2 of them with people"));
    let options = ["b.mp4", "--recording", "pictures"].map(OsStr::new);
    let named = draw(
        &elsewhere,
        &[path.as_ref(), options[0], options[1], options[2]],
    );
    assert!(text(&named.stdout).starts_with("3 frames, 2 of them with people"));
    let warning = text(&named.stderr);
    assert!(warning.contains("64x48"), "{warning}");
    assert!(warning.contains("32x24"), "{warning}");
}

#[test]
fn what_was_made_of_a_recording_is_not_taken_for_it_where_track_ran() {
    let root = tempfile::tempdir().unwrap();
    let path = folder_with_results(root.path(), "pictures");
    // as after `track pictures --video out/pictures --export jsonl=out/results.jsonl`, where a video would be
    let made = root.path().join("out/pictures");
    std::fs::create_dir_all(&made).unwrap();
    for name in ["1.png", "2.png", "3.png"] {
        image::RgbImage::new(64, 48).save(made.join(name)).unwrap();
    }
    std::fs::rename(&path, root.path().join("out/results.jsonl")).unwrap();
    let arguments = ["out/results.jsonl", "new.mp4"].map(OsStr::new);
    let drawn = draw(root.path(), &arguments);
    let said = text(&drawn.stdout);
    assert!(
        said.starts_with("2 frames, 2 of them with people"),
        "{said}"
    );
    // in a folder that does not hold the results, what lies beside them is the best guess
    let elsewhere = root.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let arguments = ["../out/results.jsonl", "new.mp4"].map(OsStr::new);
    let drawn = draw(&elsewhere, &arguments);
    let said = text(&drawn.stdout);
    assert!(said.starts_with("3 frames"), "{said}");
}

#[test]
fn people_do_not_flicker_where_the_nets_of_a_recorded_camera_passed_over_frames() {
    let root = tempfile::tempdir().unwrap();
    let name = "camera-0.mp4";
    let mut video = VideoWriter::create(&root.path().join(name), Some(25.0)).unwrap();
    let image = RgbImage::filled([64, 48], [90; 3]);
    for frame in 0..6 {
        let time = Duration::from_millis(40 * frame);
        video.write(&image, time).unwrap();
    }
    video.finish().unwrap();
    // seen are the first frame and the fourth
    let mut seen = rows(&[0.0, 0.12]);
    seen[1].frame = 3;
    let path = root.path().join("camera-0-poses.jsonl");
    let mut results = create(ExportFormat::Jsonl, &path, &recording(name, [64, 48]));
    for row in &seen {
        results.write(row).unwrap();
    }
    results.finish().unwrap();
    let drawn = draw(root.path(), &[path.as_ref(), "drawn.mp4".as_ref()]);
    let said = text(&drawn.stdout);
    assert!(
        said.starts_with("6 frames, 6 of them with people"),
        "{said}"
    );
}

#[test]
fn results_are_not_drawn_over_themselves() {
    let root = tempfile::tempdir().unwrap();
    let path = folder_with_results(root.path(), "pictures");
    let before = std::fs::read(&path).unwrap();
    let refused = draw(root.path(), &[path.as_ref(), "results.jsonl".as_ref()]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("choose another name"));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
