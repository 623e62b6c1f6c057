//! Results of other programs are read as their formats say.

mod results;

use std::fs;
use std::path::Path;

use poseglass::export::open_results;
use poseglass::export::reader::{InputFormat, ReadOptions, TimeSource};
use poseglass::export::rows::{FrameRow, PersonRow};
use serde_json::json;

use results::{
    at_25, file_with, header, joints, openpose_folder, openpose_frame, read, refusal, rows,
    sports2d,
};

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
fn a_name_that_everybody_has_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let entry = |frame: u64, x: f64, score: f64| {
        let keypoints: Vec<f64> = joints(x).iter().flatten().flatten().copied().collect();
        json!({"image_id": frame, "category_id": 1, "keypoints": keypoints, "score": score, "track_id": 0})
    };
    // a passer-by who is surer
    let mut list: Vec<_> = (0..6).map(|frame| entry(frame, 100.0, 0.8)).collect();
    list.extend((2..4).map(|frame| entry(frame, 400.0, 0.9)));
    let path = file_with(dir.path(), "a.json", &json!(list).to_string());
    for row in read(&path, &at_25()) {
        let ids: Vec<u32> = row.people.iter().map(|person| person.id).collect();
        assert_eq!(ids[0], 1, "{}", row.frame);
        assert!(row.people[0].keypoints[0].unwrap()[0] < 300.0);
        assert_eq!(ids.len(), if (2..4).contains(&row.frame) { 2 } else { 1 });
    }
}

#[test]
fn one_frame_with_two_of_a_name_costs_nobody_else_their_identity() {
    let dir = tempfile::tempdir().unwrap();
    let entry = |frame: u64, id: Option<u32>, x: f64, score: f64| {
        let keypoints: Vec<f64> = joints(x).iter().flatten().flatten().copied().collect();
        json!({"image_id": frame, "category_id": 1, "keypoints": keypoints, "score": score, "track_id": id})
    };
    let list = json!([
        entry(0, Some(9), 100.0, 0.5),
        entry(0, Some(4), 400.0, 0.5),
        // two of a name, the surer one second
        entry(1, Some(4), 100.0, 0.5),
        entry(1, Some(4), 400.0, 0.9),
        entry(2, Some(9), 100.0, 0.5),
        entry(2, None, 400.0, 0.5),
        entry(3, Some(9), 100.0, 0.5),
        entry(3, Some(4), 400.0, 0.5),
    ]);
    let path = file_with(dir.path(), "a.json", &list.to_string());
    let who_is_left = |keep_order: bool| -> Vec<Vec<(u32, bool)>> {
        let options = ReadOptions {
            keep_order,
            ..at_25()
        };
        let is_left = |person: &PersonRow| person.keypoints[0].unwrap()[0] < 300.0;
        (read(&path, &options).iter())
            .map(|row| {
                row.people
                    .iter()
                    .map(|each| (each.id, is_left(each)))
                    .collect()
            })
            .collect()
    };
    let whole = vec![(4, false), (9, true)];
    let with_new_ones = |last: u32| {
        vec![
            whole.clone(),
            vec![(4, false), (10, true)],
            vec![(9, true), (last, false)],
            whole.clone(),
        ]
    };
    // those without a name are followed, and these two are not the same
    assert_eq!(who_is_left(false), with_new_ones(11));
    // or numbered as they are listed
    assert_eq!(who_is_left(true), with_new_ones(10));
}

#[test]
fn somebody_of_one_joint_stays_the_same_from_frame_to_frame() {
    let dir = tempfile::tempdir().unwrap();
    let frames: Vec<(u64, String)> = (0..10)
        .map(|frame| {
            let mut nose = vec![0.0; 75];
            nose[..3].copy_from_slice(&[500.0 + 2.0 * frame as f64, 300.0, 0.8]);
            let whole: Vec<f64> = (0..25)
                .flat_map(|joint| [100.0 + f64::from(joint), 10.0 * f64::from(joint), 0.8])
                .collect();
            let people = [nose, whole].map(|numbers| json!({"pose_keypoints_2d": numbers}));
            (frame, json!({"people": people}).to_string())
        })
        .collect();
    let back = read(&openpose_folder(dir.path(), &frames), &at_25());
    assert_eq!(back.len(), 10);
    let n_joints = |person: &PersonRow| person.keypoints.iter().flatten().count();
    let nose_id = back[0].people.iter().find(|person| n_joints(person) == 1);
    let nose_id = nose_id.unwrap().id;
    for (row, frame) in back.iter().zip(0..) {
        let ids: Vec<u32> = row.people.iter().map(|person| person.id).collect();
        assert_eq!(ids, [1, 2]);
        let nose = row.people.iter().find(|person| person.id == nose_id);
        // a tenth of the other one's height about the joint
        let left = 500.0 + 2.0 * f64::from(frame) - 9.0;
        assert_eq!(nose.unwrap().bbox, [left, 291.0, 18.0, 18.0]);
    }
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let marked = |name: &str, text: &str| file_with(dir.path(), name, &format!("\u{feff}{text}"));
    let keypoints: Vec<f64> = joints(100.0).iter().flatten().flatten().copied().collect();
    let list = json!([{"image_id": 0, "category_id": 1, "keypoints": keypoints, "score": 0.5}]);
    let coco = marked("a.json", &list.to_string());
    assert_eq!(read(&coco, &at_25()).len(), 1);
    let trc = marked("a.trc", &sports2d("px"));
    assert_eq!(read(&trc, &ReadOptions::default()).len(), 3);
    let lines = [
        serde_json::to_string(&header()).unwrap(),
        serde_json::to_string(&rows()[0]).unwrap(),
    ];
    let native = marked("a.jsonl", &lines.join("\n"));
    assert_eq!(read(&native, &ReadOptions::default()), rows()[..1]);
    let frame = format!("\u{feff}{}", openpose_frame(75, &[1.0]));
    let folder = openpose_folder(dir.path(), &[(0, frame)]);
    assert_eq!(read(&folder, &at_25()).len(), 1);
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
    // pixels are counted from 0 there
    let [x, y, confidence] = joints(80.0)[16].unwrap();
    assert_eq!(person.keypoints[16], Some([x + 0.5, y + 0.5, confidence]));
    // 1.0 for the nose, then 0.43, 0.46 … 0.88
    assert_eq!(person.score, 0.675);
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
    assert_eq!(person.keypoints[3], Some([4.5, 5.5, 1.0]));
    assert_eq!(person.score, 1.0);
    assert!(person.bbox.iter().all(|number| number.abs() < 1e3));
}
