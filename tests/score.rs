//! The figures of COCO's keypoint evaluation against pycocotools, and what happens to broken files.
//!
//! `tests/data/score` was written by `tests/reference/make_score_cases.py`; `scripts/compare_with_pycocotools.sh`
//! compares other random cases with pycocotools itself.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its data should panic"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use poseglass::eval::{
    EvalError, GroundTruth, Id, KeypointFigures, KeypointResult, Results, evaluate,
};
use poseglass::geom::Point;
use poseglass::skeleton::{JOINT_NAMES, N_JOINTS};
use poseglass::types::{Keypoint, Pose};
use serde::Deserialize;
use serde_json::{Value, json};

/// pycocotools' figures; both sides compute in f64 and differ by the order of sums only.
const TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct Expected {
    cases: BTreeMap<String, BTreeMap<String, f64>>,
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/score")
}

fn score_case(name: &str) -> KeypointFigures {
    let folder = data().join(name);
    let ground_truth = GroundTruth::read(&folder.join("annotations.json")).unwrap();
    let results = Results::read(&folder.join("results.json")).unwrap();
    evaluate(&ground_truth, &results).unwrap()
}

#[test]
fn figures_equal_those_of_pycocotools() {
    let text = fs::read_to_string(data().join("expected.json")).unwrap();
    let expected: Expected = serde_json::from_str(&text).unwrap();
    assert!(13 <= expected.cases.len());
    let mut wrong = Vec::new();
    for (name, expected) in &expected.cases {
        for (figure, value) in score_case(name).iter() {
            let expected = expected[figure.name];
            let is_near = (value - expected).abs() <= TOLERANCE;
            if !is_near {
                wrong.push(format!("{name} {}: {value}, not {expected}", figure.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn figures_are_the_same_after_results_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.json");
    for name in ["mixed", "text_ids"] {
        let case = data().join(name);
        let results = Results::read(&case.join("results.json")).unwrap();
        results.write(&path).unwrap();
        assert_eq!(Results::read(&path).unwrap(), results, "{name}");
    }
}

/// One image with one large person whose joints are all at known places.
fn one_person() -> Value {
    let keypoints: Vec<f64> = (0..N_JOINTS)
        .flat_map(|joint_idx| [100.0 + 10.0 * joint_idx as f64, 200.5, 2.0])
        .collect();
    json!({
        "images": [{"id": 7, "file_name": "seven.jpg"}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [{
            "id": 1, "image_id": 7, "category_id": 1, "iscrowd": 0, "num_keypoints": 17,
            "keypoints": keypoints, "area": 20000, "bbox": [90, 100, 200, 150],
        }],
    })
}

fn one_result() -> Value {
    json!([{
        "image_id": 7, "category_id": 1, "score": 0.5,
        "keypoints": one_person()["annotations"][0]["keypoints"],
    }])
}

fn read_ground_truth(content: &str) -> Result<GroundTruth, EvalError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("annotations.json");
    fs::write(&path, content).unwrap();
    GroundTruth::read(&path)
}

fn read_results(content: &str) -> Result<Results, EvalError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.json");
    fs::write(&path, content).unwrap();
    Results::read(&path)
}

#[test]
fn pushed_poses_are_scored_as_they_are_when_read_again() {
    let ground_truth = read_ground_truth(&one_person().to_string()).unwrap();
    let mut pose = Pose::EMPTY;
    for (joint_idx, keypoint) in pose.keypoints.iter_mut().enumerate().skip(2) {
        *keypoint = Some(Keypoint {
            at: Point::new(103.1 + 10.0 * joint_idx as f32, 200.7),
            confidence: 0.9,
        });
    }
    let mut results = Results::default();
    let person_category = ground_truth.person_category().unwrap();
    results.push(&Id::from(7), person_category, &pose, 0.8);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.json");
    results.write(&path).unwrap();
    let read = Results::read(&path).unwrap();
    assert_eq!(read, results);
    assert_eq!(read.as_slice()[0].joints[0], [0.0; 3]);
    // COCO counts pixels from 0
    assert_eq!(read.as_slice()[0].joints[2], [122.6, 200.2, 0.9]);
    let figures = evaluate(&ground_truth, &read).unwrap();
    assert!(0.5 < figures.average_precision());
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let marked = |content: Value| format!("\u{feff}{content}");
    let results = read_results(&marked(one_result())).unwrap();
    assert_eq!(results.as_slice().len(), 1);
    read_ground_truth(&marked(one_person())).unwrap();
}

#[test]
fn no_results_are_worth_nothing() {
    let ground_truth = read_ground_truth(&one_person().to_string()).unwrap();
    let figures = evaluate(&ground_truth, &read_results("[]").unwrap()).unwrap();
    let expected = [0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0];
    assert_eq!(figures.values, expected);
}

#[test]
fn people_to_be_cut_out_have_labels_and_a_box_and_are_no_crowd() {
    let mut content = one_person();
    let person = content["annotations"][0].clone();
    let changed = |id: i64, field: &str, value: Value| {
        let mut person = person.clone();
        person["id"] = json!(id);
        person[field] = value;
        person
    };
    let people = content["annotations"].as_array_mut().unwrap();
    people.push(changed(2, "iscrowd", json!(1)));
    people.push(changed(3, "num_keypoints", json!(0)));
    people.push(changed(4, "bbox", json!([90, 100, 0, 150])));
    people.push(changed(5, "category_id", json!(2)));
    people.push(changed(6, "iscrowd", json!(false)));
    content["categories"] = json!([{"id": 2, "name": "doll"}, {"id": 1, "name": "person"}]);

    let ground_truth = read_ground_truth(&content.to_string()).unwrap();
    let [image] = ground_truth.images() else {
        panic!("{:?}", ground_truth.images());
    };
    let people: Vec<_> = ground_truth.annotated_people(image).collect();
    let ids: Vec<_> = people.iter().map(|person| person.id.clone()).collect();
    assert_eq!(ids, [Id::from(1), Id::from(6)]);
    assert_eq!(people[0].bbox.xywh(), [90.0, 100.0, 200.0, 150.0]);
    assert_eq!(
        image.path_in(Path::new("pictures")).unwrap(),
        Path::new("pictures/seven.jpg")
    );
}

#[test]
fn images_are_given_in_the_order_of_their_ids() {
    let content = json!({
        "images": [{"id": 30}, {"id": 4}, {"id": 30}, {"id": 100}],
        "annotations": [],
        "categories": [],
    });
    let ground_truth = read_ground_truth(&content.to_string()).unwrap();
    let ids: Vec<_> = ground_truth
        .images()
        .iter()
        .map(|image| &image.id)
        .collect();
    assert_eq!(ids, [&Id::from(4), &Id::from(30), &Id::from(100)]);
    let error = ground_truth.images()[0].path_in(Path::new("")).unwrap_err();
    assert!(error.to_string().contains("file_name"), "{error}");
    let error = ground_truth.person_category().unwrap_err();
    assert!(error.to_string().contains("person"), "{error}");
}

#[test]
fn people_with_other_joints_than_cocos_are_refused_by_the_first_wrong_name() {
    let read = |names: Value| {
        let mut content = one_person();
        content["categories"][0]["keypoints"] = names;
        // whose joints nobody asks about
        let doll = json!({"id": 2, "name": "doll", "keypoints": ["head"]});
        content["categories"].as_array_mut().unwrap().push(doll);
        read_ground_truth(&content.to_string())
    };
    let spelled = JOINT_NAMES.map(|name| name.replace('_', " ").to_uppercase());
    for names in [json!(JOINT_NAMES), json!(spelled), json!([]), Value::Null] {
        assert!(read(names.clone()).is_ok(), "{names}");
    }
    // as in PoseTrack 2018
    let mut posetrack = JOINT_NAMES;
    posetrack[1..3].copy_from_slice(&["head_bottom", "head_top"]);
    let mut swapped = JOINT_NAMES;
    swapped.swap(15, 16);
    let cases = [
        (
            json!(posetrack),
            "keypoints[1] of category 1: head_bottom stands where COCO has left_eye",
        ),
        (
            json!(swapped),
            "right_ankle stands where COCO has left_ankle",
        ),
        (
            json!(JOINT_NAMES[..14]),
            "nothing stands where COCO has right_knee",
        ),
    ];
    for (names, words) in cases {
        let error = read(names).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("annotations.json"), "{text}");
        assert!(text.contains(words), "{words:?} is not in {text}");
    }
}

#[test]
fn results_for_an_unlisted_image_are_an_error() {
    let ground_truth = read_ground_truth(&one_person().to_string()).unwrap();
    for id in [json!(8), json!("7")] {
        let mut content = one_result();
        content[0]["image_id"] = id;
        let results = read_results(&content.to_string()).unwrap();
        let error = evaluate(&ground_truth, &results).unwrap_err();
        assert!(matches!(
            error,
            EvalError::UnknownImage { result_idx: 0, .. }
        ));
    }
}

#[test]
fn missing_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nowhere.json");
    let from_annotations = GroundTruth::read(&path).unwrap_err();
    let from_results = Results::read(&path).unwrap_err();
    let results = Results::from(Vec::<KeypointResult>::new());
    let from_writing = results.write(&path.join("below")).unwrap_err();
    for error in [from_annotations, from_results, from_writing] {
        assert!(error.to_string().contains("nowhere.json"), "{error}");
    }
}

/// Sets the field at a path such as `/annotations/0/area`, or removes it.
fn broken(mut content: Value, pointer: &str, value: Option<Value>) -> String {
    if let Some(value) = value {
        *content.pointer_mut(pointer).unwrap() = value;
    } else {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        let parent = content.pointer_mut(parent).unwrap();
        parent.as_object_mut().unwrap().remove(field).unwrap();
    }
    content.to_string()
}

#[test]
fn broken_annotations_name_file_and_field() {
    let mut cases = vec![
        (String::new(), "the whole file"),
        ("{\"images\": [".to_owned(), "images"),
        (
            one_result().to_string(),
            "the whole file: invalid type: sequence, expected an object",
        ),
        ("{} {}".to_owned(), "images"),
        (format!("{} x", one_person()), "after the end"),
    ];
    for field in ["images", "annotations", "categories"] {
        cases.push((broken(one_person(), &format!("/{field}"), None), field));
        let number = Some(json!(3));
        cases.push((broken(one_person(), &format!("/{field}"), number), field));
    }
    for field in [
        "id",
        "image_id",
        "category_id",
        "keypoints",
        "num_keypoints",
        "iscrowd",
        "area",
        "bbox",
    ] {
        let pointer = format!("/annotations/0/{field}");
        cases.push((broken(one_person(), &pointer, None), field));
        cases.push((broken(one_person(), &pointer, Some(json!([true]))), field));
    }
    let short = Some(json!([1, 2, 3]));
    let short = broken(one_person(), "/annotations/0/keypoints", short);
    cases.push((short, "annotations[0].keypoints"));
    let gap = broken(
        one_person(),
        "/annotations/0/keypoints/4",
        Some(Value::Null),
    );
    cases.push((gap, "annotations[0].keypoints[4]"));
    let mut twice = one_person();
    let copy = twice["annotations"][0].clone();
    twice["annotations"].as_array_mut().unwrap().push(copy);
    cases.push((twice.to_string(), "annotations[1].id"));

    for (content, place) in cases {
        let error = read_ground_truth(&content).unwrap_err();
        let is_invalid = matches!(error, EvalError::Invalid { .. });
        let text = error.to_string();
        let names_both = text.contains("annotations.json") && text.contains(place);
        assert!(is_invalid && names_both, "{place}: {text}");
    }
}

#[test]
fn broken_results_name_file_and_field() {
    let mut cases = vec![("{}".to_owned(), "the whole file")];
    for field in ["image_id", "category_id", "keypoints", "score"] {
        let pointer = format!("/0/{field}");
        cases.push((broken(one_result(), &pointer, None), field));
        cases.push((broken(one_result(), &pointer, Some(json!([true]))), field));
    }
    let short = broken(one_result(), "/0/keypoints", Some(json!([])));
    cases.push((short, "[0].keypoints"));
    let mut boxed = one_result();
    let without_box = boxed[0].clone();
    boxed[0]["bbox"] = json!([1, 2, 3, 4]);
    boxed.as_array_mut().unwrap().push(without_box);
    cases.push((boxed.to_string(), "[1].bbox"));
    let mut masked = one_result();
    masked[0]["segmentation"] = json!([]);
    cases.push((masked.to_string(), "[0].segmentation"));

    for (content, place) in cases {
        let error = read_results(&content).unwrap_err();
        let is_invalid = matches!(error, EvalError::Invalid { .. });
        let text = error.to_string();
        let names_both = text.contains("results.json") && text.contains(place);
        assert!(is_invalid && names_both, "{place}: {text}");
    }
}
