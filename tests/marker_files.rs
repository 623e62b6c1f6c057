//! TRC files are laid out as OpenSim and Sports2D read them.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

mod markers;

use std::fs;
use std::path::{Path, PathBuf};

use markers::{TIMES_SECS, person, walk, write, written};
use poseglass::export::reader::ReadOptions;
use poseglass::export::rows::FrameRow;
use poseglass::export::{ExportError, ExportFormat, ExportOptions, open_results};

/// The field of a row under a marker's name, `axis` fields to the right.
fn field<'a>(lines: &'a [String], row: usize, marker: &str, axis: usize) -> &'a str {
    let column = lines[3].split('\t').position(|name| name == marker);
    lines[5 + row]
        .split('\t')
        .nth(column.unwrap() + axis)
        .unwrap()
}

fn names_in(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn pixels_keep_their_places_and_frames_their_times() {
    let lines = written(ExportFormat::Trc, &ExportOptions::default(), &walk());
    assert_eq!(lines[0], "PathFileType\t4\t(X/Y/Z)\t走 walk.trc");
    // three intervals in 0.133333 s
    assert_eq!(lines[2], "22.5\t22.5\t4\t19\tpx\t22.5\t15\t4");
    assert!(lines[3].starts_with("Frame#\tTime\tHip\t\t\tRHip\t\t\tRKnee\t\t\tRAnkle\t\t\tLHip\t"));
    assert!(lines[4].starts_with("\t\tX1\tY1\tZ1\tX2\tY2\tZ2\t"));
    assert_eq!(lines.len(), 5 + 4);
    let begins: Vec<(&str, &str)> = lines[5..]
        .iter()
        .map(|line| {
            let mut fields = line.split('\t');
            (fields.next().unwrap(), fields.next().unwrap())
        })
        .collect();
    assert_eq!(
        begins,
        [
            ("15", "0.5"),
            ("16", "0.533"),
            ("18", "0.6"),
            ("19", "0.633333")
        ]
    );
    // the middle of joints 11 and 12, moved by 30 px/s for 0.1 s
    assert_eq!(field(&lines, 2, "Hip", 0), "218.00");
    assert_eq!(field(&lines, 2, "Hip", 1), "31.50");
    assert_eq!(field(&lines, 2, "Hip", 2), "0.00");
    assert_eq!(field(&lines, 0, "LWrist", 0), "190.00");
    assert_eq!(field(&lines, 0, "RWrist", 0), "200.00");
}

#[test]
fn what_was_not_found_is_an_empty_field_and_lines_are_alike() {
    let lines = written(ExportFormat::Trc, &ExportOptions::default(), &walk());
    for axis in 0..3 {
        assert_eq!(field(&lines, 1, "LWrist", axis), "");
        assert_eq!(field(&lines, 0, "Nose", axis), "");
    }
    let counts: Vec<usize> = lines[3..]
        .iter()
        .map(|line| line.split('\t').count())
        .collect();
    // two fields, three a marker, and the tab at the end without which OpenSim loses an empty last field
    assert_eq!(counts, [2 + 3 * 19 + 1; 6]);
}

#[test]
fn a_joint_of_which_the_net_is_not_sure_is_an_empty_field() {
    let with_confidence = |joints: &[usize], of_these: f64| {
        let mut rows = walk();
        for row in &mut rows {
            for joint in joints {
                if let Some([.., confidence]) = &mut row.people[0].keypoints[*joint] {
                    *confidence = of_these;
                }
            }
        }
        rows
    };
    // the right ankle and a hip
    let options = ExportOptions::default();
    for (confidence, is_empty) in [(0.06, true), (0.29, true), (0.3, false)] {
        let rows = with_confidence(&[16, 11], confidence);
        let lines = written(ExportFormat::Trc, &options, &rows);
        for marker in ["RAnkle", "LHip", "Hip"] {
            assert_eq!(field(&lines, 0, marker, 0).is_empty(), is_empty, "{marker}");
        }
        assert!(!field(&lines, 0, "LAnkle", 0).is_empty());
    }
    // without any other joint there is nothing to write
    let all: Vec<usize> = (0..17).collect();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.trc");
    let rows = with_confidence(&all, 0.06);
    let written = write(ExportFormat::Trc, &path, &options, &rows).unwrap();
    assert!(written.is_empty() && !path.exists());
}

#[test]
fn a_joint_outside_of_the_picture_is_an_empty_field() {
    let moved = |joints: &[usize]| {
        let mut rows = walk();
        for joint in joints {
            // below a picture of 480 rows
            if let Some([_, y, _]) = &mut rows[0].people[0].keypoints[*joint] {
                *y = 480.5;
            }
        }
        rows
    };
    let options = ExportOptions::default();
    let lines = written(ExportFormat::Trc, &options, &moved(&[15, 11]));
    for marker in ["LAnkle", "LHip", "Hip"] {
        assert!(field(&lines, 0, marker, 0).is_empty(), "{marker}");
    }
    assert!(!field(&lines, 0, "RAnkle", 0).is_empty());
    assert!(!field(&lines, 1, "LAnkle", 0).is_empty());
    // whoever is nowhere in the picture has no file
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.trc");
    let all: Vec<usize> = (0..17).collect();
    let rows = &moved(&all)[..1];
    assert!(
        write(ExportFormat::Trc, &path, &options, rows)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn meters_go_up() {
    let options = ExportOptions {
        meters_per_pixel: Some(0.004),
        ..ExportOptions::default()
    };
    let lines = written(ExportFormat::Trc, &options, &walk());
    assert_eq!(lines[2].split('\t').nth(4), Some("m"));
    assert_eq!(field(&lines, 0, "RAnkle", 0), "1.040000");
    assert_eq!(field(&lines, 0, "RAnkle", 1), "-0.144000");
}

#[test]
fn at_a_constant_rate_times_are_even_and_the_motion_is_the_same() {
    let options = ExportOptions {
        resample_hz: Some(60.0),
        ..ExportOptions::default()
    };
    let lines = written(ExportFormat::Trc, &options, &walk());
    assert_eq!(lines[2].split('\t').next(), Some("60"));
    assert_eq!(lines.len(), 5 + 9);
    for sample in 0..9 {
        let fields: Vec<&str> = lines[5 + sample].split('\t').collect();
        let time = 0.5 + sample as f64 / 60.0;
        assert!((fields[1].parse::<f64>().unwrap() - time).abs() < 1e-6);
        let ankle: f64 = field(&lines, sample, "RAnkle", 0).parse().unwrap();
        assert!(
            (ankle - 260.0 - 30.0 * (time - 0.5)).abs() < 0.011,
            "{ankle}"
        );
    }
    // the left wrist was missing at 0.533
    let wrist: Vec<bool> = (0..9)
        .map(|sample| !field(&lines, sample, "LWrist", 0).is_empty())
        .collect();
    assert_eq!(
        wrist,
        [true, false, false, false, false, false, true, true, true]
    );
}

#[test]
fn at_a_constant_rate_a_number_is_the_same_time_in_everyones_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.trc");
    // somebody who is there all the time, and somebody who comes in at 0.71 s
    let rows: Vec<FrameRow> = (0..20_u64)
        .map(|frame| {
            let time_s = 0.5 + 0.03 * frame as f64;
            let mut people = vec![person(3, time_s, &[])];
            if 7 <= frame {
                people.push(person(12, time_s, &[]));
            }
            FrameRow {
                frame,
                time_s,
                file: None,
                people,
            }
        })
        .collect();
    let options = ExportOptions {
        resample_hz: Some(20.0),
        ..ExportOptions::default()
    };
    write(ExportFormat::Trc, &path, &options, &rows).unwrap();
    let back: Vec<FrameRow> = open_results(&path, &ReadOptions::default())
        .unwrap()
        .map(|row| row.unwrap())
        .collect();
    // from 0.5 to 1.05 s
    assert_eq!(back.len(), 12);
    for row in &back {
        assert_eq!(row.frame as f64, (20.0 * row.time_s).round());
        let n_people = if row.time_s < 0.71 { 1 } else { 2 };
        assert_eq!(row.people.len(), n_people, "at {}", row.time_s);
        for each in &row.people {
            let [ankle, ..] = each.keypoints[16].unwrap();
            let expected = 260.0 + 30.0 * (row.time_s - 0.5);
            assert!((ankle - expected).abs() < 0.02, "{ankle} at {}", row.time_s);
        }
    }
}

#[test]
fn several_people_have_a_file_each_and_an_older_one_of_all_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("match.day.trc");
    let mut rows = walk();
    rows[2].people.push(person(12, TIMES_SECS[2], &[]));
    // somebody of whom no joint was found has none
    rows[3]
        .people
        .push(person(13, 0.0, &(0..17).collect::<Vec<_>>()));
    // it would be read in their place
    fs::write(&path, "of an earlier run").unwrap();
    let written = write(ExportFormat::Trc, &path, &ExportOptions::default(), &rows).unwrap();
    let [third, twelfth] = ["match.day_person3.trc", "match.day_person12.trc"];
    assert_eq!(written, [third, twelfth].map(|name| dir.path().join(name)));
    assert_eq!(names_in(dir.path()), [twelfth, third]);
    let text = fs::read_to_string(dir.path().join("match.day_person12.trc")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    // one frame states the source's rate; without empty fields there is no tab at the end
    assert_eq!(lines[2], "30\t30\t1\t19\tpx\t30\t18\t1");
    assert!(lines[5].starts_with("18\t0.6\t"));
    assert!(lines[5].ends_with("\t0.00"));
}

#[test]
fn a_file_of_nobody_is_not_made_and_an_older_one_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.trc");
    fs::write(&path, "older").unwrap();
    for format in [ExportFormat::Trc, ExportFormat::TrcKinovea] {
        let written = write(format, &path, &ExportOptions::default(), &[]).unwrap();
        assert!(written.is_empty());
        let rows = [FrameRow {
            frame: 0,
            time_s: 0.0,
            file: None,
            people: vec![],
        }];
        let written = write(format, &path, &ExportOptions::default(), &rows).unwrap();
        assert!(written.is_empty());
    }
    assert_eq!(names_in(dir.path()), ["a.trc"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "older");
}

#[test]
fn the_rate_is_never_0_however_far_apart_frames_are() {
    // one in two hours
    let rows = [0, 1].map(|frame| FrameRow {
        frame,
        time_s: 7200.0 * frame as f64,
        file: None,
        people: vec![person(3, TIMES_SECS[0], &[])],
    });
    for format in [ExportFormat::Trc, ExportFormat::TrcKinovea] {
        let lines = written(format, &ExportOptions::default(), &rows);
        let rate_hz: f64 = lines[2].split('\t').next().unwrap().parse().unwrap();
        assert!((rate_hz - 1.0 / 7200.0).abs() < 1e-9, "{rate_hz}");
        let is_number = |cell: &str| cell.parse::<f64>().is_ok_and(f64::is_finite);
        let mut cells = lines[5..].iter().flat_map(|line| line.split('\t'));
        assert!(cells.all(is_number));
    }
}

#[test]
fn a_rate_that_makes_endless_rows_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("a.trc");
    let mut rows = walk();
    rows[3].time_s = 1e300;
    let options = ExportOptions {
        resample_hz: Some(100.0),
        ..ExportOptions::default()
    };
    let error = write(ExportFormat::Trc, &path, &options, &rows).unwrap_err();
    assert!(matches!(error, ExportError::TooManySamples { .. }));
    // without resampling strange times are only strange
    write(ExportFormat::Trc, &path, &ExportOptions::default(), &rows).unwrap();
}
