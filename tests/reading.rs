//! Results of other programs are read as their formats say, and our own come back as they were.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

use std::fs;
use std::path::{Path, PathBuf};

use poseglass::export::reader::{InputFormat, ReadOptions, TimeSource};
use poseglass::export::rows::{FrameRow, KeypointRow, PersonRow, SourceRow};
use poseglass::export::{
    ExportFormat, ExportOptions, Header, ReadError, create_writer, open_results,
};
use serde_json::json;

fn header() -> Header {
    let source = SourceRow {
        path: "walk.mp4".to_owned(),
        kind: "video".to_owned(),
        width: 640,
        height: 480,
        rotation: 0,
        fps_nominal: Some(25.0),
    };
    Header::of_other_program("test", source)
}

/// A body of 17 joints at `x`, each with its own confidence.
fn joints(x: f64) -> [KeypointRow; 17] {
    std::array::from_fn(|joint| {
        let confidence = 0.4 + 0.03 * joint as f64;
        let at = [x + 1.25 * joint as f64, 50.0 + 7.5 * joint as f64];
        Some([at[0], at[1], (1e3 * confidence).round() / 1e3])
    })
}

/// Two people over four frames at 25 frames per second; one leaves, and some joints are missing.
fn rows() -> Vec<FrameRow> {
    let person = |id: u32, x: f64, missing: usize| {
        let mut keypoints = joints(x);
        keypoints[missing] = None;
        PersonRow {
            id,
            score: 0.75,
            bbox: [x - 5.0, 40.0, 40.0, 140.25],
            keypoints,
            smoothed: None,
        }
    };
    (0..4)
        .map(|frame| FrameRow {
            frame,
            time_s: 0.04 * frame as f64,
            people: if frame < 3 {
                vec![
                    person(2, 100.0 + frame as f64, 9),
                    person(5, 300.0, frame as usize),
                ]
            } else {
                vec![person(2, 103.0, 16)]
            },
        })
        .collect()
}

fn write(format: ExportFormat, path: &Path, options: &ExportOptions) {
    let mut writer = create_writer(format, path, &header(), options).unwrap();
    for row in rows() {
        writer.write(&row).unwrap();
    }
    writer.finish().unwrap();
}

fn read(path: &Path, options: &ReadOptions) -> Vec<FrameRow> {
    open_results(path, options)
        .unwrap()
        .map(|row| row.unwrap())
        .collect()
}

fn at_25() -> ReadOptions {
    ReadOptions {
        times: TimeSource::Rate(25.0),
        ..ReadOptions::default()
    }
}

fn refusal(path: &Path, options: &ReadOptions) -> String {
    match open_results(path, options) {
        Ok(_) => panic!("{} was read", path.display()),
        Err(error) => error.to_string(),
    }
}

/// A file or folder of this name with this text.
fn file_with(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path
}

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

#[test]
fn marker_files_come_back_in_every_unit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.trc");
    for meters_per_pixel in [None, Some(0.0037), Some(0.0002)] {
        let options = ExportOptions {
            meters_per_pixel,
            resample_hz: None,
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

/// A frame of OpenPose's with people of `numbers` numbers each, joint `j` of the format at (x + j, 10 j).
fn openpose_frame(numbers: usize, xs: &[f64]) -> String {
    let people: Vec<serde_json::Value> = xs
        .iter()
        .map(|x| {
            let keypoints: Vec<f64> = (0..numbers / 3)
                .flat_map(|joint| [x + joint as f64, 10.0 * joint as f64 + 1.0, 0.8])
                .collect();
            json!({"person_id": [-1], "pose_keypoints_2d": keypoints, "face_keypoints_2d": []})
        })
        .collect();
    json!({"version": 1.3, "people": people}).to_string()
}

fn openpose_folder(dir: &Path, frames: &[(u64, String)]) -> PathBuf {
    let folder = dir.join("out 输出");
    fs::create_dir(&folder).unwrap();
    for (frame, text) in frames {
        let name = format!("my_clip_{frame:012}_keypoints.json");
        fs::write(folder.join(name), text).unwrap();
    }
    folder
}

#[test]
fn both_layouts_of_openpose_are_read() {
    // where nose, left eye, left wrist, right hip and right ankle stand in each
    for (numbers, places) in [(75, [0, 16, 7, 9, 11]), (54, [0, 15, 7, 8, 10])] {
        let dir = tempfile::tempdir().unwrap();
        let folder = openpose_folder(dir.path(), &[(3, openpose_frame(numbers, &[100.0]))]);
        let back = read(&folder, &at_25());
        assert_eq!((back[0].frame, back[0].time_s), (3, 0.12));
        let person = &back[0].people[0];
        assert_eq!(person.id, 1);
        for (joint, place) in [0, 1, 9, 12, 16].into_iter().zip(places) {
            let expected = [100.0 + f64::from(place), 10.0 * f64::from(place) + 1.0, 0.8];
            assert_eq!(person.keypoints[joint], Some(expected), "joint {joint}");
        }
    }
}

#[test]
fn people_without_identities_are_followed_or_kept_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let frames: Vec<(u64, String)> = (0..10)
        .map(|frame| {
            let xs = [100.0 + frame as f64, 500.0 - frame as f64];
            // the program lists them as it likes
            let listed = if frame % 2 == 0 { xs } else { [xs[1], xs[0]] };
            (frame, openpose_frame(75, &listed))
        })
        .collect();
    let folder = openpose_folder(dir.path(), &frames);
    let is_left = |person: &PersonRow| person.keypoints[0].unwrap()[0] < 300.0;
    let followed = read(&folder, &at_25());
    let left_id = followed[0]
        .people
        .iter()
        .find(|person| is_left(person))
        .unwrap()
        .id;
    for row in &followed {
        assert_eq!(row.people.len(), 2);
        assert!(
            row.people
                .iter()
                .all(|person| is_left(person) == (person.id == left_id))
        );
    }
    let kept = read(
        &folder,
        &ReadOptions {
            keep_order: true,
            ..at_25()
        },
    );
    for row in &kept {
        assert_eq!(is_left(&row.people[0]), row.frame % 2 == 0);
        assert_eq!((row.people[0].id, row.people[1].id), (1, 2));
    }
}

#[test]
fn identities_of_the_file_are_kept_but_not_where_two_people_share_one() {
    let dir = tempfile::tempdir().unwrap();
    let entry = |id: u32, x: f64| {
        let keypoints: Vec<f64> = joints(x).iter().flatten().flatten().copied().collect();
        json!({"image_id": 7, "category_id": 1, "keypoints": keypoints, "score": 0.5, "track_id": id})
    };
    let read_ids = |name: &str, list: &serde_json::Value| -> Vec<u32> {
        let path = file_with(dir.path(), name, &list.to_string());
        let rows = read(&path, &at_25());
        rows[0].people.iter().map(|person| person.id).collect()
    };
    let own = json!([entry(9, 100.0), entry(4, 400.0)]);
    assert_eq!(read_ids("own.json", &own), [4, 9]);
    // identities are counted from 1 here
    let from_0 = json!([entry(0, 100.0), entry(4, 400.0)]);
    assert_eq!(read_ids("from0.json", &from_0), [1, 5]);
    let shared = json!([entry(4, 100.0), entry(4, 400.0)]);
    assert_eq!(read_ids("shared.json", &shared), [1, 2]);
}

#[test]
fn alphapose_is_told_by_names_of_pictures() {
    let dir = tempfile::tempdir().unwrap();
    // Halpe26: COCO's joints and nine more; confidences may exceed 1, the person's score is a sum
    let mut keypoints: Vec<f64> = joints(80.0).iter().flatten().flatten().copied().collect();
    keypoints[2] = 1.07;
    keypoints.extend([1.0; 27]);
    let list = json!([
        {"image_id": "frame_0012.jpg", "category_id": 1, "keypoints": keypoints, "score": 2.93,
         "box": [70.0, 40.0, 50.0, 140.0], "idx": [3.0]},
        {"image_id": "frame_0010.jpg", "category_id": 1, "keypoints": keypoints, "score": 2.5,
         "box": [70.0, 40.0, 50.0, 140.0], "idx": 3}
    ]);
    let path = file_with(dir.path(), "alphapose-results.json", &list.to_string());
    assert_eq!(InputFormat::of(&path).unwrap(), InputFormat::AlphaPose);
    let mut options = at_25();
    options.first_frame = 10;
    let back = read(&path, &options);
    let frames: Vec<(u64, f64)> = back.iter().map(|row| (row.frame, row.time_s)).collect();
    assert_eq!(frames, [(0, 0.0), (2, 0.08)]);
    let person = &back[1].people[0];
    assert_eq!(person.id, 3);
    assert_eq!(person.bbox, [70.0, 40.0, 50.0, 140.0]);
    assert_eq!(person.keypoints[0].unwrap()[2], 1.0);
    assert_eq!(person.keypoints[16], joints(80.0)[16]);
    // 1.0 for the nose, then 0.43, 0.46 … 0.88
    assert_eq!(person.score, 0.675);
}

/// A file as Sports2D lays it out: two of its markers that COCO has, one that is derived, one that COCO has not.
fn sports2d(unit: &str) -> String {
    format!(
        "PathFileType\t4\t(X/Y/Z)\tclip_Sports2D_px_person00.trc\n\
         DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n\
         30\t30\t3\t4\t{unit}\t30\t0\t3\n\
         Frame#\tTime\tHip\t\t\tRKnee\t\t\tRBigToe\t\t\tLWrist\t\t\t\n\
         \t\tX1\tY1\tZ1\tX2\tY2\tZ2\tX3\tY3\tZ3\tX4\tY4\tZ4\n\
         0\t0.0\t10.5\t20.5\t0.0\t30.25\t40.5\t0.0\t1\t1\t0.0\t50.75\t60.5\t0.0\n\
         1\t0.0333\t10.5\t20.5\t0.0\t\t\t0.0\t1\t1\t0.0\t51\t61\t0.0\n\
         2\t0.0667\t\t\t\t\t\t\t\t\t\t\t\t\n"
    )
}

#[test]
fn sports2d_is_in_pixels_though_it_says_meters() {
    let dir = tempfile::tempdir().unwrap();
    let path = file_with(dir.path(), "clip_Sports2D_px_person00.trc", &sports2d("m"));
    let back = read(&path, &ReadOptions::default());
    assert_eq!(back.len(), 3);
    assert_eq!(back[1].time_s, 0.0333);
    let person = &back[0].people[0];
    // Sports2D counts people from 0
    assert_eq!(person.id, 1);
    assert_eq!(person.keypoints[14], Some([30.25, 40.5, 1.0]));
    assert_eq!(person.keypoints[9], Some([50.75, 60.5, 1.0]));
    assert_eq!(person.keypoints.iter().flatten().count(), 2);
    assert_eq!(back[1].people[0].keypoints[14], None);
    assert!(back[2].people.is_empty());
}

#[test]
fn marker_files_in_other_units_need_a_scale() {
    let dir = tempfile::tempdir().unwrap();
    for (unit, per_pixel) in [("m", 0.5), ("mm", 500.0)] {
        let path = file_with(dir.path(), &format!("{unit}.trc"), &sports2d(unit));
        assert!(refusal(&path, &ReadOptions::default()).contains(&format!("{unit:?}")));
        let options = ReadOptions {
            meters_per_pixel: Some(per_pixel / if unit == "mm" { 1e3 } else { 1.0 }),
            ..ReadOptions::default()
        };
        let knee = read(&path, &options)[0].people[0].keypoints[14].unwrap();
        // y goes up there
        assert_eq!(
            knee,
            [30.25 / per_pixel, -40.5 / per_pixel, 1.0].map(|n| (100.0 * n).round() / 100.0)
        );
    }
    let path = file_with(dir.path(), "furlong.trc", &sports2d("furlong"));
    let options = ReadOptions {
        meters_per_pixel: Some(0.01),
        ..ReadOptions::default()
    };
    assert!(refusal(&path, &options).contains("furlong"));
}

#[test]
fn a_video_gives_its_true_times_and_a_row_for_each_of_its_frames() {
    let video = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/media/vfr.mp4");
    let expected: Vec<f64> = fs::read_to_string(video.with_extension("mp4.times"))
        .unwrap()
        .lines()
        .map(|line| line.trim_end_matches(',').parse().unwrap())
        .collect();
    let dir = tempfile::tempdir().unwrap();
    let frames = [2, 5].map(|frame| (frame, openpose_frame(75, &[20.0])));
    let folder = openpose_folder(dir.path(), &frames);
    let mut options = ReadOptions {
        times: TimeSource::Video(video.clone()),
        ..ReadOptions::default()
    };
    let reader = open_results(&folder, &options).unwrap();
    let source = &reader.header().source;
    assert_eq!([source.width, source.height], [96, 64]);
    assert_eq!(source.path, video.display().to_string());
    let back: Vec<FrameRow> = reader.map(|row| row.unwrap()).collect();
    assert_eq!(back.len(), expected.len());
    for (row, time) in back.iter().zip(&expected) {
        assert!((row.time_s - (time - expected[0])).abs() < 1e-5);
    }
    let shown: Vec<u64> = back
        .iter()
        .filter(|row| !row.people.is_empty())
        .map(|row| row.frame)
        .collect();
    assert_eq!(shown, [2, 5]);
    // results of a longer video, and a count that begins elsewhere
    fs::write(
        folder.join("my_clip_000000000900_keypoints.json"),
        openpose_frame(75, &[]),
    )
    .unwrap();
    assert!(refusal(&folder, &options).contains("frame 900"));
    options.first_frame = 3;
    assert!(refusal(&folder, &options).contains("frame 2"));
    options.times = TimeSource::Video(dir.path().join("nowhere.mp4"));
    assert!(refusal(&folder, &options).contains("nowhere.mp4"));
}

#[test]
fn without_times_nothing_is_invented() {
    let dir = tempfile::tempdir().unwrap();
    let folder = openpose_folder(dir.path(), &[(0, openpose_frame(75, &[1.0]))]);
    let said = refusal(&folder, &ReadOptions::default());
    assert!(said.contains("--fps") && said.contains("--video"), "{said}");
}

#[test]
fn joints_at_no_place_are_missing() {
    let dir = tempfile::tempdir().unwrap();
    let mut keypoints: Vec<f64> = joints(100.0).iter().flatten().flatten().copied().collect();
    keypoints[0..3].copy_from_slice(&[0.0, 0.0, 0.0]);
    keypoints[3..6].copy_from_slice(&[-1.0, -1.0, 0.0]);
    keypoints[6..9].copy_from_slice(&[1e30, 5.0, 0.9]);
    // COCO's visibility instead of a confidence
    keypoints[9..12].copy_from_slice(&[4.0, 5.0, 2.0]);
    let list = json!([{"image_id": 0, "category_id": 1, "keypoints": keypoints, "score": 7.5,
                       "bbox": [1e200, 0.0, 1.0, 1.0]}]);
    let path = file_with(dir.path(), "a.json", &list.to_string());
    let back = read(&path, &at_25());
    let person = &back[0].people[0];
    assert_eq!(person.keypoints[..3], [None; 3]);
    assert_eq!(person.keypoints[3], Some([4.0, 5.0, 1.0]));
    assert_eq!(person.score, 1.0);
    assert!(person.bbox.iter().all(|number| number.abs() < 1e3));
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
