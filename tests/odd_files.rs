//! Files of other programs are read as they are meant, however they are written: numbers with a point, fields that are missing
//! or empty, everyone's file counted from its first row.

mod results;

use std::fs;

use poseglass::export::reader::{InputFormat, ReadOptions};
use poseglass::export::{ExportFormat, ExportOptions};
use serde_json::{Value, json};

use results::{
    at_25, file_with, joints, openpose_folder, openpose_frame, read, refusal, rows, sports2d, write,
};

/// Joints of somebody at `x`, as COCO lists them.
fn keypoints(x: f64) -> Vec<f64> {
    joints(x).iter().flatten().flatten().copied().collect()
}

/// A person in a frame, with these fields instead of the usual ones.
fn entry(frame: &Value, fields: &[(&str, Value)]) -> Value {
    let mut entry =
        json!({"image_id": frame, "category_id": 1, "keypoints": keypoints(100.0), "score": 0.5});
    for (name, value) in fields {
        entry[*name] = value.clone();
    }
    entry
}

#[test]
fn numbers_with_a_point_are_whole_ones() {
    let dir = tempfile::tempdir().unwrap();
    let list = json!([
        entry(
            &json!(3.0),
            &[("category_id", json!(1.0)), ("track_id", json!(7.0))]
        ),
        entry(&json!(1.2e1), &[("track_id", json!("7"))]),
    ]);
    let path = file_with(dir.path(), "a.json", &list.to_string());
    let back = read(&path, &at_25());
    let found: Vec<(u64, u32)> = back
        .iter()
        .map(|row| (row.frame, row.people[0].id))
        .collect();
    assert_eq!(found, [(3, 7), (12, 7)]);
    for wrong in [json!(3.5), json!(-1), json!(1e300), json!([3])] {
        let list = json!([entry(&wrong, &[])]);
        let path = file_with(dir.path(), "b.json", &list.to_string());
        let said = refusal(&path, &at_25());
        assert!(said.contains("[0].image_id"), "{wrong}: {said}");
    }
}

#[test]
fn a_box_that_holds_nothing_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let around = |fields: &[(&str, Value)]| {
        let list = json!([entry(&json!(0), fields)]);
        let path = file_with(dir.path(), "a.json", &list.to_string());
        read(&path, &at_25())[0].people[0].bbox
    };
    let joints_only = around(&[]);
    for none in [
        json!([]),
        json!([0, 0, 0, 0]),
        json!([5, 5, -3, 8]),
        json!(null),
    ] {
        assert_eq!(around(&[("bbox", none.clone())]), joints_only, "{none}");
    }
    let given = json!([90, 40, 50, 140]);
    let of_both = [("bbox", json!([])), ("box", given.clone())];
    assert_eq!(around(&of_both), [90.0, 40.0, 50.0, 140.0]);
    assert_eq!(around(&[("bbox", given)]), [90.0, 40.0, 50.0, 140.0]);
}

#[test]
fn what_is_no_person_needs_no_joints() {
    let dir = tempfile::tempdir().unwrap();
    let dog = json!({"image_id": 0, "category_id": 18, "bbox": [1, 2, 3, 4], "score": 0.9});
    let list = json!([dog, entry(&json!(0), &[])]);
    let path = file_with(dir.path(), "a.json", &list.to_string());
    assert_eq!(read(&path, &at_25())[0].people.len(), 1);
}

#[test]
fn a_joint_that_was_taken_out_is_at_0_0_whatever_its_confidence() {
    let dir = tempfile::tempdir().unwrap();
    let mut taken_out = keypoints(100.0);
    taken_out[3..6].copy_from_slice(&[0.0, 0.0, 0.31]);
    let list = json!([entry(&json!(0), &[("keypoints", json!(taken_out))])]);
    let path = file_with(dir.path(), "a.json", &list.to_string());
    let back = read(&path, &at_25());
    let person = &back[0].people[0];
    assert_eq!(person.keypoints[1], None);
    assert_eq!(person.keypoints.iter().flatten().count(), 16);
    assert!(90.0 < person.bbox[0], "{:?}", person.bbox);
}

#[test]
fn a_joint_that_is_no_number_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let mut of_coco = json!(keypoints(100.0));
    of_coco[6] = Value::Null;
    let fields = [
        ("keypoints", of_coco),
        ("bbox", json!([null, 40, 50, 140])),
        ("note", json!("a \"NaN\"")),
    ];
    let list = json!([entry(&json!(0), &fields)]).to_string();
    let frame = openpose_frame(75, &[9.0]).replace("[9.0,", "[null,");
    // Python writes what JSON does not know
    for word in ["null", "NaN", "Infinity", "-Infinity"] {
        let path = file_with(dir.path(), "a.json", &list.replace("null", word));
        let back = read(&path, &at_25());
        let person = &back[0].people[0];
        assert_eq!(person.keypoints[2], None, "{word}");
        assert_eq!(person.keypoints.iter().flatten().count(), 16, "{word}");
        assert!(90.0 < person.bbox[0], "{word}: {:?}", person.bbox);
        let sub = dir.path().join(word);
        fs::create_dir(&sub).unwrap();
        let folder = openpose_folder(&sub, &[(0, frame.replace("null", word))]);
        let back = read(&folder, &at_25());
        let person = &back[0].people[0];
        assert_eq!(person.keypoints[0], None, "{word}");
        assert_eq!(person.keypoints.iter().flatten().count(), 16, "{word}");
    }
}

#[test]
fn sightings_that_alphapose_took_for_one_have_one_identity() {
    let dir = tempfile::tempdir().unwrap();
    // the joints of Halpe136 without those of the face
    let mut with_hands = keypoints(100.0);
    with_hands.extend([1.0; 3 * 51]);
    let of = |frame: u32, idx: Value| {
        let name = format!("{frame}.jpg");
        entry(
            &json!(name),
            &[("idx", idx), ("keypoints", json!(with_hands))],
        )
    };
    let list = json!([
        of(0, json!(4)),
        of(1, json!([4.0])),
        of(2, json!([[4.0], [9.0]])),
    ]);
    let path = file_with(dir.path(), "alphapose-results.json", &list.to_string());
    assert_eq!(InputFormat::of(&path).unwrap(), InputFormat::AlphaPose);
    let back = read(&path, &at_25());
    assert_eq!(back.len(), 3);
    assert!(back.iter().all(|row| row.people[0].id == 4));
}

#[test]
fn openpose_may_call_people_as_it_likes() {
    let dir = tempfile::tempdir().unwrap();
    let frames: Vec<(u64, String)> = ["[3]", "[3.0]", "3", "\"3\""]
        .iter()
        .zip(0..)
        .map(|(id, frame)| (frame, openpose_frame(75, &[9.0]).replace("[-1]", id)))
        .collect();
    let folder = openpose_folder(dir.path(), &frames);
    // what macOS leaves beside files is no frame
    fs::write(folder.join("._my_clip_000000000000_keypoints.json"), "\0").unwrap();
    let back = read(&folder, &at_25());
    assert_eq!(back.len(), 4);
    assert!(back.iter().all(|row| row.people[0].id == 3));
}

#[test]
fn markers_that_everyones_file_counts_from_its_first_row_are_put_together_by_their_times() {
    let dir = tempfile::tempdir().unwrap();
    let head: Vec<String> = (sports2d("px").lines().take(5))
        .map(str::to_owned)
        .collect();
    // the right knee at 1000 times the time, twenty rows a second from `from_secs` on
    let write_one = |name: &str, n_rows: u32, from_secs: f64| {
        let mut lines = head.clone();
        for k in 0..n_rows {
            let secs = from_secs + 0.05 * f64::from(k);
            let x = 1e3 * secs;
            lines.push(format!("{k}\t{secs:.6}\t\t\t\t{x:.2}\t40\t0"));
        }
        file_with(dir.path(), name, &lines.join("\n"))
    };
    write_one("a_person1.trc", 6, 0.5);
    write_one("a_person2.trc", 3, 0.6);
    let path = dir.path().join("a.trc");
    let back = read(&path, &ReadOptions::default());
    assert_eq!(back.len(), 6);
    for (row, frame) in back.iter().zip(0..) {
        assert_eq!(row.frame, frame);
        let is_there = (2..5).contains(&frame);
        assert_eq!(row.people.len(), 1 + usize::from(is_there), "{frame}");
        for person in &row.people {
            let [x, ..] = person.keypoints[14].unwrap();
            assert!((x - 1e3 * row.time_s).abs() < 0.1, "{x} at {}", row.time_s);
        }
    }
    // rows that lie between those of the others
    let second = write_one("a_person2.trc", 3, 0.62);
    let said = refusal(&path, &ReadOptions::default());
    for name in ["a_person1.trc", "a_person2.trc", "one of them"] {
        assert!(said.contains(name), "{said}");
    }
    assert_eq!(read(&second, &ReadOptions::default()).len(), 3);
}

#[test]
fn everything_is_read_with_the_ends_of_lines_of_any_system() {
    let dir = tempfile::tempdir().unwrap();
    let trc = sports2d("px");
    let paths = [("a.trc", trc.clone()), ("b.trc", trc.replace('\n', "\r\n"))]
        .map(|(name, text)| file_with(dir.path(), name, &text));
    let [plain, other] = paths.map(|path| read(&path, &ReadOptions::default()));
    assert_eq!(plain, other);
    let native = dir.path().join("a.jsonl");
    write(ExportFormat::Jsonl, &native, &ExportOptions::default());
    let text = fs::read_to_string(&native).unwrap();
    fs::write(&native, text.replace('\n', "\r\n")).unwrap();
    assert_eq!(read(&native, &ReadOptions::default()), rows());
}
