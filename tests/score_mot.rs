//! The figures of tracks against motmetrics, and what happens to broken files.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

use std::collections::BTreeMap;
use std::fs;

use poseglass::eval::{EvalError, TrackFigures, Tracks, evaluate_tracks};
use serde::Deserialize;

/// Both sides compute in f64 and differ by the order of sums only.
const TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    seed: u32,
    gt: String,
    results: String,
    /// `None` where motmetrics has no finite number.
    figures: BTreeMap<String, Option<f64>>,
}

fn read(text: &str, is_ground_truth: bool) -> Result<Tracks, EvalError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tracks.txt");
    fs::write(&path, text).unwrap();
    if is_ground_truth {
        Tracks::read_ground_truth(&path)
    } else {
        Tracks::read_results(&path)
    }
}

fn figures(gt: &str, results: &str) -> TrackFigures {
    evaluate_tracks(&read(gt, true).unwrap(), &read(results, false).unwrap())
}

#[test]
fn figures_equal_those_of_motmetrics() {
    // made by tests/reference/make_mot_cases.py
    let golden: Golden = serde_json::from_str(include_str!("data/mot.json")).unwrap();
    assert!(40 <= golden.cases.len());
    let (mut wrong, mut n_compared) = (Vec::new(), 0);
    for case in &golden.cases {
        let own = serde_json::to_value(figures(&case.gt, &case.results)).unwrap();
        assert_eq!(own.as_object().unwrap().len(), case.figures.len());
        for (name, expected) in &case.figures {
            let value = own[name].as_f64();
            n_compared += 1;
            let is_equal = match (value, expected) {
                (Some(value), Some(expected)) => (value - expected).abs() <= TOLERANCE,
                (value, expected) => value == *expected,
            };
            if !is_equal {
                wrong.push(format!(
                    "seed {}: {name} {value:?}, not {expected:?}",
                    case.seed
                ));
            }
        }
    }
    assert_eq!(n_compared, 16 * golden.cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_to_be_found_and_nothing_found_are_no_shares() {
    let nothing = figures("", "");
    assert_eq!((nothing.frames, nothing.boxes), (0, 0));
    assert!(nothing.mota.is_nan() && nothing.motp.is_nan() && nothing.idf1.is_nan());
    let missed = figures("1,1,10,10,20,40,1\n", "");
    assert_eq!((missed.mota, missed.idf1, missed.misses), (0.0, 0.0, 1));
    assert_eq!((missed.mostly_lost, missed.fragmentations), (1, 0));
    let dreamed = figures("", "1,1,10,10,20,40,1\n");
    assert_eq!(dreamed.false_positives, 1);
}

#[test]
fn boxes_that_are_marked_do_not_count() {
    let ground_truth = read("1,1,10,10,20,40,1\n1,2,50,10,20,40,0\n2,1,1,1,1,1\n", true).unwrap();
    assert_eq!(ground_truth.boxes(1).len(), 1);
    assert_eq!(ground_truth.boxes(2).len(), 1);
    let results = read(
        "1,1,10,10,20,40,0\n1,2,50,10,20,40,-1\n1,3,5,5,5,5,-2\n",
        false,
    )
    .unwrap();
    assert_eq!(results.boxes(1).len(), 2);
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let results = read("\u{feff}1,7,10,10,20,40,1\n", false).unwrap();
    assert_eq!(results.boxes(1)[0].id, 7);
}

#[test]
fn spaces_and_tabs_part_numbers_too() {
    let with_commas = read("1,7,10.5,10,20,40,1,-1,-1,-1\n", false).unwrap();
    let with_spaces = read(" 1 7\t10.5 10 20, 40 1 -1 -1 -1\r\n\n", false).unwrap();
    assert_eq!(with_commas, with_spaces);
    assert_eq!(with_commas.boxes(1)[0].xywh, [9.5, 9.0, 20.0, 40.0]);
    // and what follows the seventh number may be missing
    for text in ["1,7,10.5,10,20,40,1,,,\n", "1,7,10.5,10,20,40,\r\n"] {
        assert_eq!(read(text, false).unwrap(), with_commas);
    }
}

#[test]
fn broken_lines_are_named() {
    for (text, words) in [
        ("1,1,1,1,1,1\n1,2,3\n", &["line 2", "3 numbers"][..]),
        ("1,1,a,1,1,1\n", &["line 1", "\"a\""]),
        ("1,1,nan,1,1,1\n", &["line 1", "nan"]),
        ("1.5,1,1,1,1,1\n", &["line 1", "frame 1.5"]),
        ("1,1e300,1,1,1,1\n", &["line 1", "identity"]),
        ("1,4,1,1,1,1\n\n1,4,2,2,2,2\n", &["line 3", "identity 4"]),
        // the width is not to be taken for the top
        ("1,1,1,,1,1,1,-1,-1,-1\n", &["line 1", "\"\""]),
        ("{\"images\": []}", &["line 1"]),
    ] {
        for is_ground_truth in [true, false] {
            let error = read(text, is_ground_truth).unwrap_err().to_string();
            for word in words {
                assert!(error.contains(word), "{word:?} is not in {error:?}");
            }
            assert!(error.contains("tracks.txt"), "{error}");
        }
    }
}
