//! Shares of correct keypoints against a script that computes them with numpy alone.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

use std::fs;

use poseglass::eval::{
    EvalError, GroundTruth, JointFigures, JointParams, Reach, Results, evaluate_joints, report,
};
use serde::Deserialize;
use serde_json::{Value, json};

const TOLERANCE: f64 = 1e-12;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    annotations: Value,
    results: Value,
    figures: Vec<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    metric: String,
    alpha: f64,
    people: usize,
    missed_people: usize,
    all_joints: f64,
    joints: Vec<Option<f64>>,
}

fn figures(
    annotations: &Value,
    results: &Value,
    params: &JointParams,
) -> Result<JointFigures, EvalError> {
    let folder = tempfile::tempdir().unwrap();
    let [annotations, results] =
        [("a.json", annotations), ("r.json", results)].map(|(name, json)| {
            let path = folder.path().join(name);
            fs::write(&path, json.to_string()).unwrap();
            path
        });
    evaluate_joints(
        &GroundTruth::read(&annotations).unwrap(),
        &Results::read(&results).unwrap(),
        params,
    )
}

fn golden() -> Golden {
    // made by tests/reference/make_pck_cases.py
    serde_json::from_str(include_str!("data/pck.json")).unwrap()
}

#[test]
fn shares_equal_those_of_the_script() {
    let golden = golden();
    assert_eq!(golden.cases.len(), 4);
    for case in &golden.cases {
        for expected in &case.figures {
            let reach = match expected.metric.as_str() {
                "pck" => Reach::Box,
                _ => Reach::Head,
            };
            let params = JointParams {
                reach,
                alpha: expected.alpha,
            };
            let own = figures(&case.annotations, &case.results, &params).unwrap();
            assert_eq!(own.n_people, expected.people);
            assert_eq!(own.n_missed_people, expected.missed_people);
            assert!((own.all().share().unwrap() - expected.all_joints).abs() < TOLERANCE);
            for (joint, expected) in own.joints.iter().zip(&expected.joints) {
                match (joint.share(), expected) {
                    (Some(share), Some(expected)) => assert!((share - expected).abs() < TOLERANCE),
                    (share, expected) => assert_eq!(share, *expected),
                }
            }
        }
    }
}

/// Someone in a box of 100 x 200 with a head of 30 x 40 (size 30), whose nose is labeled alone.
fn nose_at(x: f64) -> Value {
    let mut keypoints = vec![0.0; 51];
    keypoints[..3].copy_from_slice(&[x, 50.0, 2.0]);
    json!({
        "images": [{"id": 1}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [{
            "id": 5, "image_id": 1, "category_id": 1, "iscrowd": 0, "num_keypoints": 1,
            "keypoints": keypoints, "area": 9000, "bbox": [0, 0, 100, 200], "head_rect": [35, 30, 30, 40],
        }],
    })
}

fn result_at(x: f64) -> Value {
    let mut keypoints = vec![0.0; 51];
    keypoints[..3].copy_from_slice(&[x, 50.0, 0.0]);
    json!([{"image_id": 1, "category_id": 1, "score": 0.5, "keypoints": keypoints}])
}

#[test]
fn the_limit_itself_is_correct() {
    for (reach, limit) in [(Reach::Box, 40.0), (Reach::Head, 15.0)] {
        let params = JointParams::usual(reach);
        for (off, n_correct) in [(limit, 1), (limit + 0.01, 0)] {
            let own = figures(&nose_at(50.0), &result_at(50.0 + off), &params).unwrap();
            assert_eq!(own.joints[0].n_correct, n_correct, "{reach:?} {off}");
            assert_eq!(own.all().n_labeled, 1);
        }
    }
}

#[test]
fn someone_without_a_result_has_no_joint_right() {
    let params = JointParams::usual(Reach::Box);
    let own = figures(&nose_at(50.0), &json!([]), &params).unwrap();
    assert_eq!((own.n_people, own.n_missed_people), (1, 1));
    assert_eq!(own.all().share(), Some(0.0));
    // a joint that was not found is at 0, 0, however near that may be
    let mut annotations = nose_at(1.0);
    annotations["annotations"][0]["keypoints"][1] = json!(1.0);
    let mut results = result_at(0.0);
    results[0]["keypoints"][1] = json!(0.0);
    let own = figures(&annotations, &results, &params).unwrap();
    assert_eq!((own.n_missed_people, own.joints[0].n_correct), (0, 0));
}

#[test]
fn without_the_head_pckh_says_what_is_missing() {
    let params = JointParams::usual(Reach::Head);
    for head_rect in [Value::Null, json!([1, 2]), json!("none")] {
        let mut annotations = nose_at(50.0);
        annotations["annotations"][0]["head_rect"] = head_rect;
        let error = figures(&annotations, &result_at(50.0), &params).unwrap_err();
        assert!(matches!(error, EvalError::NoHeadRect { .. }));
        let text = error.to_string();
        assert!(
            text.contains("annotation 5") && text.contains("head_rect"),
            "{text}"
        );
        // PCK does not ask for it
        figures(
            &annotations,
            &result_at(50.0),
            &JointParams::usual(Reach::Box),
        )
        .unwrap();
        // and PoseTrack's name is as good
        annotations["annotations"][0]["bbox_head"] = json!([35, 30, 30, 40]);
        figures(&annotations, &result_at(50.0), &params).unwrap();
    }
}

#[test]
fn reports_name_the_metric_and_say_nothing_of_joints_without_labels() {
    let params = JointParams::usual(Reach::Head);
    let own = figures(&nose_at(50.0), &result_at(50.0), &params).unwrap();
    let table = report::joint_table(&own);
    assert!(
        table.starts_with("joint             PCKh@0.5   labeled\n"),
        "{table}"
    );
    assert!(
        table.contains("nose              1.000000         1\n"),
        "{table}"
    );
    assert!(
        table.contains("left_eye                 -         0\n"),
        "{table}"
    );
    let json: Value = serde_json::from_str(&report::json(&own).unwrap()).unwrap();
    assert_eq!(json["metric"], "PCKh@0.5");
    assert_eq!(json["all_joints"], 1.0);
    assert_eq!(json["joints"]["nose"], 1.0);
    assert_eq!(json["joints"]["left_eye"], Value::Null);
}
