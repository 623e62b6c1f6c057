//! Files for other programs are laid out as those programs expect.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

mod header;

use std::fs;
use std::path::Path;

use header::header;
use poseglass::export::rows::{FrameRow, KeypointRow, PersonRow};
use poseglass::export::{ExportFormat, ExportOptions, create_writer};
use poseglass::source::PictureNames;
use serde_json::Value;

/// Joint `j` at (10 j, 5.5), all but the left knee, which was not found.
fn person(id: u32) -> PersonRow {
    let keypoints: [KeypointRow; 17] =
        std::array::from_fn(|joint| (joint != 13).then_some([10.0 * joint as f64, 5.5, 0.9]));
    PersonRow {
        id,
        score: 0.75,
        bbox: [1.25, 2.0, 30.0, 40.0],
        keypoints,
        smoothed: None,
    }
}

fn rows() -> Vec<FrameRow> {
    let mut smoothed = person(7);
    smoothed.smoothed = Some(smoothed.keypoints.map(|joint| {
        let [x, y, confidence] = joint?;
        Some([x, y + 1.0, confidence])
    }));
    vec![
        FrameRow {
            frame: 0,
            time_s: 0.0,
            file: None,
            people: vec![person(3), smoothed],
        },
        FrameRow {
            frame: 1,
            time_s: 0.033333,
            file: None,
            people: vec![],
        },
        FrameRow {
            frame: 4,
            time_s: 0.133333,
            file: None,
            people: vec![person(3)],
        },
    ]
}

fn write(format: ExportFormat, path: &Path) {
    let mut writer = create_writer(
        format,
        path,
        &header("kicks/été 1.mp4", [640, 480]),
        &ExportOptions::default(),
    )
    .unwrap();
    for row in rows() {
        writer.write(&row).unwrap();
    }
    writer.finish().unwrap();
}

fn written(format: ExportFormat) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("结果 out");
    write(format, &path);
    fs::read_to_string(&path).unwrap()
}

/// The same of a folder whose pictures are told apart so; frames 0, 1 and 4 are these.
fn write_of_folder(format: ExportFormat, path: &Path, told_by: PictureNames, files: [&str; 3]) {
    let mut header = header("photos/val2017", [640, 480]);
    "folder".clone_into(&mut header.source.kind);
    header.source.picture_names = Some(told_by.name().to_owned());
    let mut writer = create_writer(format, path, &header, &ExportOptions::default()).unwrap();
    for (mut row, file) in rows().into_iter().zip(files) {
        row.file = Some(file.to_owned());
        writer.write(&row).unwrap();
    }
    writer.finish().unwrap();
}

/// The names of all files in a folder.
fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn pictures_are_named_in_the_native_file_and_frames_of_videos_are_not() {
    assert!(!written(ExportFormat::Jsonl).contains("file"));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.jsonl");
    let files = ["été 1.jpg", "été 2.jpg", "été 5.jpg"];
    write_of_folder(ExportFormat::Jsonl, &path, PictureNames::Stems, files);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["source"]["picture_names"], "stems");
    assert_eq!(lines.len(), 1 + files.len());
    for (line, file) in lines[1..].iter().zip(files) {
        assert_eq!(line["file"], file);
    }
}

#[test]
fn coco_results_of_pictures_that_coco_numbers_have_its_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let files = ["000000000139.jpg", "000000000285.jpg", "000000000632.jpg"];
    for (told_by, expected) in [
        (PictureNames::CocoNumbers, [139, 139, 632]),
        // some other picture of the folder has no such number
        (PictureNames::Stems, [0, 0, 4]),
    ] {
        let path = dir.path().join(told_by.name());
        write_of_folder(ExportFormat::Coco, &path, told_by, files);
        let list: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let ids = list.as_array().unwrap().iter();
        let ids: Vec<u64> = ids
            .map(|entry| entry["image_id"].as_u64().unwrap())
            .collect();
        assert_eq!(ids, expected);
    }
}

#[test]
fn openpose_files_of_pictures_are_called_as_these() {
    let dir = tempfile::tempdir().unwrap();
    for (told_by, files, expected) in [
        (
            PictureNames::Stems,
            ["a 1.jpg", "a 2.jpg", "b.final.png"],
            ["a 1", "a 2", "b.final"],
        ),
        (
            PictureNames::CocoNumbers,
            ["000000000139.jpg", "000000000285.jpg", "000000000632.jpg"],
            ["000000000139", "000000000285", "000000000632"],
        ),
        (
            PictureNames::WholeNames,
            ["a.jpg", "a.png", "b.jpg"],
            ["a.jpg", "a.png", "b.jpg"],
        ),
    ] {
        let folder = dir.path().join(told_by.name());
        write_of_folder(ExportFormat::OpenPose, &folder, told_by, files);
        let expected = expected.map(|name| format!("{name}_keypoints.json"));
        assert_eq!(names_in(&folder), expected);
    }
}

#[test]
fn no_name_of_a_picture_leads_out_of_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("op");
    let files = ["../a.jpg", "/b/c.jpg", ".."];
    write_of_folder(ExportFormat::OpenPose, &folder, PictureNames::Stems, files);
    assert_eq!(names_in(dir.path()), ["op"]);
    let expected = ["a", "c", "val2017_000000000004"];
    assert_eq!(
        names_in(&folder),
        expected.map(|name| format!("{name}_keypoints.json"))
    );
}

#[test]
fn the_tidy_table_has_a_row_a_joint() {
    let text = written(ExportFormat::Csv);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "frame,time_s,track_id,person_score,joint,x_px,y_px,confidence,valid"
    );
    assert_eq!(lines.len(), 1 + 3 * 17);
    assert_eq!(lines[1], "0,0,3,0.75,nose,0,5.5,0.9,1");
    assert_eq!(lines[14], "0,0,3,0.75,left_knee,,,,0");
    // the second person is smoothed
    assert_eq!(lines[18], "0,0,7,0.75,nose,0,6.5,0.9,1");
    assert_eq!(lines[35], "4,0.133333,3,0.75,nose,0,5.5,0.9,1");
    assert!(!text.contains('\r'));
}

#[test]
fn the_wide_table_has_a_row_a_person() {
    let text = written(ExportFormat::CsvWide);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].starts_with("frame,time_s,track_id,score,nose_x,nose_y,nose_c,left_eye_x,"));
    assert!(lines[1].starts_with("0,0,3,0.75,0,5.5,0.9,10,5.5,0.9,"));
    assert!(
        lines
            .iter()
            .all(|line| line.split(',').count() == 4 + 3 * 17)
    );
}

#[test]
fn coco_results_are_one_array_of_people() {
    let list: Value = serde_json::from_str(&written(ExportFormat::Coco)).unwrap();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 3);
    let keypoints = list[1]["keypoints"].as_array().unwrap();
    assert_eq!(keypoints.len(), 51);
    // as the net saw it, though smoothing was on, in pixels counted from 0; a joint that was not found is zero
    assert_eq!(keypoints[1], 5.0);
    assert_eq!(keypoints[3 * 13..3 * 14], [0.0, 0.0, 0.0]);
    assert_eq!(list[2]["image_id"], 4);
    assert_eq!(list[2]["category_id"], 1);
    assert_eq!(list[2]["track_id"], 3);
}

#[test]
fn an_array_that_is_given_up_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.json");
    let mut writer = create_writer(
        ExportFormat::Coco,
        &path,
        &header("kicks/été 1.mp4", [640, 480]),
        &ExportOptions::default(),
    )
    .unwrap();
    writer.write(&rows()[0]).unwrap();
    drop(writer);
    let list: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 2);
}

#[test]
fn openpose_gets_a_file_a_frame() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("new folder");
    write(ExportFormat::OpenPose, &folder);
    let names = names_in(&folder);
    assert_eq!(
        names,
        [0, 1, 4].map(|frame| format!("été 1_{frame:012}_keypoints.json"))
    );
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
    };
    assert_eq!(read(&names[1])["people"], serde_json::json!([]));
    let file = read(&names[0]);
    assert_eq!(file["version"], 1.3);
    let second = &file["people"][1];
    assert_eq!(second["person_id"], serde_json::json!([7]));
    let numbers = second["pose_keypoints_2d"].as_array().unwrap();
    assert_eq!(numbers.len(), 75);
    // the neck, from smoothed shoulders
    assert_eq!(numbers[3..6], [55.0, 6.5, 0.9]);
    // left knee and feet
    assert_eq!(numbers[3 * 13..3 * 14], [0.0, 0.0, 0.0]);
    assert!(numbers[3 * 19..].iter().all(|number| *number == 0.0));
    assert_eq!(second["hand_left_keypoints_2d"], serde_json::json!([]));
}

#[test]
fn motchallenge_counts_frames_and_pixels_from_one() {
    assert_eq!(
        written(ExportFormat::MotChallenge),
        "1,3,2.25,3.00,30.00,40.00,0.75,-1,-1,-1\n\
         1,7,2.25,3.00,30.00,40.00,0.75,-1,-1,-1\n\
         5,3,2.25,3.00,30.00,40.00,0.75,-1,-1,-1\n"
    );
}

#[test]
fn no_number_of_a_frame_is_too_large() {
    let dir = tempfile::tempdir().unwrap();
    for format in ExportFormat::ALL {
        let path = dir.path().join(format.name());
        let info = header("kicks/été 1.mp4", [640, 480]);
        let options = ExportOptions::default();
        let mut writer = create_writer(format, &path, &info, &options).unwrap();
        let row = FrameRow {
            frame: u64::MAX,
            ..rows()[0].clone()
        };
        writer.write(&row).unwrap();
        // Kinovea wants a row for each frame
        let is_refused = writer.finish().is_err();
        assert_eq!(is_refused, format == ExportFormat::TrcKinovea);
    }
}

#[test]
fn posetrack_has_images_and_joints_in_its_own_order() {
    let file: Value = serde_json::from_str(&written(ExportFormat::PoseTrack)).unwrap();
    let images = file["images"].as_array().unwrap();
    assert_eq!(images.len(), 3);
    assert_eq!(images[2]["file_name"], "images/été 1/000004.jpg");
    assert_eq!(images[2]["nframes"], 3);
    // of a folder it is the picture
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.json");
    let names = ["a.png", "b.png", "c.png"];
    write_of_folder(ExportFormat::PoseTrack, &path, PictureNames::Stems, names);
    let of_folder: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(of_folder["images"][2]["file_name"], "images/val2017/c.png");
    let names = file["categories"][0]["keypoints"].as_array().unwrap();
    assert_eq!(names[1], "head_bottom");
    let first = &file["annotations"][0];
    let keypoints = first["keypoints"].as_array().unwrap();
    assert_eq!(keypoints.len(), 51);
    // nothing is invented for the head's bottom and top; the left ear stands at COCO's place 3
    assert_eq!(keypoints[3..9], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(keypoints[9], 29.5);
    assert_eq!(first["track_id"], 3);
    assert_eq!(first["scores"].as_array().unwrap().len(), 17);
}

#[test]
fn a_place_that_cannot_be_written_is_told_before_the_work() {
    let dir = tempfile::tempdir().unwrap();
    for format in ExportFormat::ALL {
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        let path = file.join("inside a file");
        assert!(
            create_writer(
                format,
                &path,
                &header("kicks/été 1.mp4", [640, 480]),
                &ExportOptions::default()
            )
            .is_err(),
            "{}",
            format.name()
        );
    }
}

#[test]
fn what_is_written_at_the_end_costs_no_earlier_file_until_then() {
    let dir = tempfile::tempdir().unwrap();
    for format in [
        ExportFormat::PoseTrack,
        ExportFormat::Trc,
        ExportFormat::TrcKinovea,
        ExportFormat::Mot,
        ExportFormat::Sto,
    ] {
        let path = dir.path().join(format.name());
        fs::write(&path, "of an earlier run").unwrap();
        let info = header("kicks/été 1.mp4", [640, 480]);
        let options = ExportOptions::default();
        let mut writer = create_writer(format, &path, &info, &options).unwrap();
        writer.write(&rows()[0]).unwrap();
        drop(writer);
        let kept = fs::read_to_string(&path).unwrap();
        assert_eq!(kept, "of an earlier run", "{}", format.name());
    }
}
