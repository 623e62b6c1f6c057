//! What is written comes back as it was, within what a format holds; what cannot be read is refused in a sentence.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

mod results;

use std::fs;
use std::path::{Path, PathBuf};

use poseglass::export::reader::{InputFormat, ReadOptions, TimeSource};
use poseglass::export::rows::{FrameRow, KeypointRow};
use poseglass::export::{ExportFormat, ExportOptions, ReadError, create_writer, open_results};
use serde_json::json;

use results::{
    at_25, file_with, header, openpose_folder, openpose_frame, read, refusal, rows, sports2d, write,
};

/// Frames, identities and joints, without what a format does not hold.
fn who_and_where(
    rows: &[FrameRow],
    with_confidence: bool,
) -> Vec<(u64, f64, u32, Vec<KeypointRow>)> {
    rows.iter()
        .flat_map(|row| row.people.iter().map(move |person| (row, person)))
        .map(|(row, person)| {
            let joints = person.keypoints.map(|joint| {
                let [x, y, confidence] = joint?;
                Some([x, y, if with_confidence { confidence } else { 1.0 }])
            });
            (row.frame, row.time_s, person.id, joints.to_vec())
        })
        .collect()
}

#[test]
fn coco_results_come_back_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.json");
    write(ExportFormat::Coco, &path, &ExportOptions::default());
    assert_eq!(read(&path, &at_25()), rows());
}

#[test]
fn a_folder_of_openpose_comes_back_with_joints_and_identities() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("folder");
    write(ExportFormat::OpenPose, &path, &ExportOptions::default());
    let back = read(&path, &at_25());
    assert_eq!(back.len(), 4);
    assert_eq!(who_and_where(&back, true), who_and_where(&rows(), true));
    // the format has neither: the mean confidence, and a box around the joints
    let joints = back[3].people[0].keypoints;
    let mean = joints.iter().flatten().map(|joint| joint[2]).sum::<f64>() / 16.0;
    assert!((back[3].people[0].score - mean).abs() < 0.001);
    assert_eq!(back[3].people[0].bbox, [103.0, 50.0, 18.75, 112.5]);
}

/// Gray pictures of these names in a folder.
fn pictures(dir: &Path, names: &[&str]) -> PathBuf {
    let folder = dir.join("pictures");
    fs::create_dir(&folder).unwrap();
    for name in names {
        image::RgbImage::new(8, 6).save(folder.join(name)).unwrap();
    }
    folder
}

/// Read together with a folder of pictures, 25 of them in a second.
fn with_pictures(folder: &Path) -> ReadOptions {
    ReadOptions {
        times: TimeSource::Pictures {
            folder: folder.to_owned(),
            rate_hz: 25.0,
        },
        ..ReadOptions::default()
    }
}

#[test]
fn results_of_pictures_are_of_the_same_pictures_again() {
    let names = [
        "000000000139.png",
        "000000000285.png",
        "000000000632.png",
        "000000000724.png",
    ];
    for format in [ExportFormat::Coco, ExportFormat::OpenPose] {
        let dir = tempfile::tempdir().unwrap();
        let folder = pictures(dir.path(), &names);
        let mut header = header();
        "folder".clone_into(&mut header.source.kind);
        header.source.picture_names = Some("coco".to_owned());
        let path = dir.path().join("results");
        let mut writer = create_writer(format, &path, &header, &ExportOptions::default()).unwrap();
        for (mut row, name) in rows().into_iter().zip(names) {
            row.file = Some(name.to_owned());
            writer.write(&row).unwrap();
        }
        writer.finish().unwrap();
        // one comes before them all, and one can no longer be read: both have a place
        image::RgbImage::new(8, 6)
            .save(folder.join("000000000042.png"))
            .unwrap();
        fs::write(folder.join(names[0]), "no picture").unwrap();
        let options = with_pictures(&folder);
        let source = open_results(&path, &options)
            .unwrap()
            .header()
            .source
            .clone();
        assert_eq!(source.kind, "folder");
        assert_eq!(source.fps_nominal, Some(25.0));
        assert_eq!(source.picture_names.as_deref(), Some("coco"));
        let back = read(&path, &options);
        assert_eq!(back.len(), 5, "{}", format.name());
        assert!(back[0].people.is_empty());
        assert_eq!(back[0].file.as_deref(), Some("000000000042.png"));
        for ((row, given), name) in back[1..].iter().zip(rows()).zip(names) {
            assert_eq!(row.frame, given.frame + 1);
            assert!((row.time_s - 0.04 * row.frame as f64).abs() < 1e-9);
            assert_eq!(row.file.as_deref(), Some(name));
            let joints = |row: &FrameRow| -> Vec<[KeypointRow; 17]> {
                row.people.iter().map(|person| person.keypoints).collect()
            };
            assert_eq!(joints(row), joints(&given));
        }
        // of what is gone it is said
        fs::remove_file(folder.join(names[2])).unwrap();
        let said = refusal(&path, &options);
        assert!(said.contains("632") || said.contains("frame 139"), "{said}");
    }
}

#[test]
fn two_files_of_one_frame_are_not_mixed() {
    let dir = tempfile::tempdir().unwrap();
    let folder = pictures(dir.path(), &["a.png", "b.png", "b.bmp"]);
    let results = dir.path().join("op");
    fs::create_dir(&results).unwrap();
    let empty = |name: &str| fs::write(results.join(name), r#"{"people":[]}"#).unwrap();
    empty("a_keypoints.json");
    assert_eq!(read(&results, &with_pictures(&folder)).len(), 3);
    // an earlier run knew of no other pictures of the same names
    empty("a.png_keypoints.json");
    let said = refusal(&results, &with_pictures(&folder));
    assert!(said.contains("of one frame"), "{said}");
    assert!(said.contains("a.png_keypoints.json"), "{said}");
}

#[test]
fn names_of_pictures_count_more_than_numbers_in_them() {
    let dir = tempfile::tempdir().unwrap();
    let folder = pictures(dir.path(), &["left 1.png", "right 1.png", "up.png"]);
    let keypoints: Vec<f64> = rows()[0].people[0]
        .keypoints
        .iter()
        .flat_map(|joint| joint.unwrap_or_default())
        .collect();
    let entry = |name: &str| json!({"image_id": name, "keypoints": keypoints, "score": 2.5});
    let list = json!([entry("up.png"), entry("right 1.png"), entry("left 1.png")]);
    let path = file_with(dir.path(), "alphapose-results.json", &list.to_string());
    assert!(refusal(&path, &at_25()).contains("up.png"));
    let back = read(&path, &with_pictures(&folder));
    assert!(back.iter().all(|row| row.people.len() == 1));
    fs::remove_file(folder.join("up.png")).unwrap();
    let said = refusal(&path, &with_pictures(&folder));
    assert!(
        said.contains("\"up.png\" is no picture of the folder"),
        "{said}"
    );
}

#[test]
fn marker_files_come_back_in_every_unit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.trc");
    for meters_per_pixel in [None, Some(0.0037), Some(0.0002)] {
        let options = ExportOptions {
            meters_per_pixel,
            ..ExportOptions::default()
        };
        write(ExportFormat::Trc, &path, &options);
        assert!(!path.exists());
        let reading = ReadOptions {
            meters_per_pixel,
            ..ReadOptions::default()
        };
        let back = read(&path, &reading);
        assert_eq!(who_and_where(&back, true), who_and_where(&rows(), false));
        let one = read(&dir.path().join("a_person5.trc"), &reading);
        assert_eq!(one.len(), 3);
        assert!(one.iter().all(|row| row.people[0].id == 5));
    }
    assert!(refusal(&path, &ReadOptions::default()).contains("--meters-per-pixel"));
}

#[test]
fn files_for_kinovea_are_in_thousandths_of_pixels() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.trc");
    write(ExportFormat::TrcKinovea, &path, &ExportOptions::default());
    let reading = ReadOptions {
        meters_per_pixel: Some(1e-3),
        ..ReadOptions::default()
    };
    let back = read(&path, &reading);
    let [x, y, _] = back[1].people[1].keypoints[14].unwrap();
    assert_eq!([x, y], [317.5, 155.0]);
}

#[test]
fn the_native_file_needs_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.jsonl");
    write(ExportFormat::Jsonl, &path, &ExportOptions::default());
    let mut reader = open_results(&path, &ReadOptions::default()).unwrap();
    assert_eq!(*reader.header(), header());
    let back: Vec<FrameRow> = reader.by_ref().map(|row| row.unwrap()).collect();
    assert_eq!(back, rows());
    assert!(refusal(&path, &at_25()).contains("leave out --fps"));
}

#[test]
fn damaged_files_are_refused_or_read_but_never_panic() {
    let dir = tempfile::tempdir().unwrap();
    let coco = dir.path().join("coco.json");
    write(ExportFormat::Coco, &coco, &ExportOptions::default());
    let trc = file_with(dir.path(), "a.trc", &sports2d("px"));
    let mut n_refused = 0;
    for path in [coco, trc] {
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(whole.len() / 50) {
            for byte in [b'\t', b'9', b'"', 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = byte;
                fs::write(&path, &damaged).unwrap();
                n_refused += u32::from(open_results(&path, &at_25()).is_err());
            }
            fs::write(&path, &whole[..at]).unwrap();
            n_refused += u32::from(open_results(&path, &at_25()).is_err());
        }
    }
    assert!(50 < n_refused, "{n_refused}");
}

#[test]
fn a_format_can_be_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.json");
    write(ExportFormat::Coco, &path, &ExportOptions::default());
    let options = ReadOptions {
        format: Some("alphapose".parse().unwrap()),
        ..at_25()
    };
    // the mean of the joints' confidences in place of the file's score
    assert_ne!(read(&path, &options)[0].people[0].score, 0.75);
    assert!(matches!(
        "c3d".parse::<InputFormat>(),
        Err(ReadError::UnknownFormat { .. })
    ));
    for format in InputFormat::ALL {
        assert_eq!(format.name().parse::<InputFormat>().unwrap(), format);
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let short = json!([{"image_id": 0, "category_id": 1, "keypoints": [1, 2, 3], "score": 1}]);
    let nameless = json!([{"image_id": "cover.jpg", "category_id": 1, "keypoints": vec![0.0; 51], "score": 1}]);
    let boxes = json!([{"image_id": 0, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 1}]);
    let head: String = sports2d("px")
        .lines()
        .take(5)
        .collect::<Vec<_>>()
        .join("\n");
    for (name, text, words) in [
        ("empty.json", String::new(), &["it is empty"][..]),
        (
            "notes.txt",
            "some words".to_owned(),
            &["jsonl, openpose, coco"],
        ),
        (
            "frame.json",
            openpose_frame(75, &[1.0]),
            &["name the folder"],
        ),
        (
            "cut.json",
            "[{\"image_id\":0,".to_owned(),
            &["cut.json", "EOF"],
        ),
        (
            "short.json",
            short.to_string(),
            &["[0].keypoints", "3 numbers"],
        ),
        (
            "nameless.json",
            nameless.to_string(),
            &["[0].image_id", "cover.jpg"],
        ),
        ("boxes.json", boxes.to_string(), &["keypoints"]),
        ("head.trc", "PathFileType\t4\n".to_owned(), &["line 2"]),
        (
            "word.trc",
            format!("{head}\n0\t0\t1\t1\t1\tx\t1\n"),
            &["line 6", "\"x\""],
        ),
        (
            "timeless.trc",
            format!("{head}\n0\t\t1\n"),
            &["line 6", "no time"],
        ),
        (
            "marker.trc",
            sports2d("px")
                .replace("RKnee", "KNEE")
                .replace("LWrist", "W"),
            &["line 4", "RHip"],
        ),
    ] {
        let path = file_with(dir.path(), name, &text);
        let said = refusal(&path, &at_25());
        for word in words {
            assert!(said.contains(word), "{name}: {word:?} is not in {said:?}");
        }
    }
    assert!(refusal(&dir.path().join("nowhere.json"), &at_25()).contains("nowhere.json"));
    let empty_folder = dir.path().join("empty folder");
    fs::create_dir(&empty_folder).unwrap();
    assert!(refusal(&empty_folder, &at_25()).contains("_keypoints.json"));
    let folder = openpose_folder(dir.path(), &[(0, openpose_frame(60, &[1.0]))]);
    assert!(refusal(&folder, &at_25()).contains("60 numbers"));
    fs::write(folder.join("other_000000000001_keypoints.json"), "{}").unwrap();
    assert!(refusal(&folder, &at_25()).contains("several videos"));
}
