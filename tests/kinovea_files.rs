//! TRC files for Kinovea are drawn by it where people are in the video.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

mod markers;

use markers::{TIMES_SECS, header, person, walk, written, written_for};
use poseglass::export::rows::FrameRow;
use poseglass::export::{ExportFormat, ExportOptions};

/// What Kinovea's importer of Sports2D files makes of a file, in pixels: rows of x and y for each marker.
fn kinovea(lines: &[String]) -> Vec<Vec<[f64; 2]>> {
    let n_frames: usize = lines[2].split('\t').nth(2).unwrap().parse().unwrap();
    let n_markers: usize = lines[2].split('\t').nth(3).unwrap().parse().unwrap();
    let names = lines[3].split('\t').filter(|name| !name.is_empty());
    assert_eq!(names.count(), n_markers + 2);
    lines[5..n_frames]
        .iter()
        .map(|line| {
            let numbers: Vec<f64> = line
                .split('\t')
                .map(|number| number.parse().unwrap())
                .collect();
            assert_eq!(numbers.len(), 2 + 3 * n_markers);
            numbers[2..]
                .chunks(3)
                .map(|xyz| {
                    assert_eq!(xyz[2], 0.0);
                    [1e3 * xyz[0], -1e3 * xyz[1]]
                })
                .collect()
        })
        .collect()
}

#[test]
fn kinovea_gets_every_frame_in_pixels() {
    let lines = written(ExportFormat::TrcKinovea, &ExportOptions::default(), &walk());
    let rows = kinovea(&lines);
    // it shows row n on frame n, and the walk is in frames 15 to 19
    assert_eq!(rows.len(), 20);
    assert!(rows[..15].iter().all(|row| *row == rows[15]));
    let place = |marker: &str| {
        let names: Vec<&str> = lines[3]
            .split('\t')
            .filter(|name| !name.is_empty())
            .collect();
        names.iter().position(|name| *name == marker).unwrap() - 2
    };
    let is_at = |row: usize, marker: &str, expected: [f64; 2]| {
        let at = rows[row][place(marker)];
        let is_near = (0..2).all(|axis| (at[axis] - expected[axis]).abs() < 0.006);
        assert!(is_near, "{marker} in row {row}: {at:?}");
    };
    is_at(18, "RAnkle", [263.0, 36.0]);
    is_at(18, "Hip", [218.0, 31.5]);
    // toes and heels stand at the ankle of their side
    for marker in ["RBigToe", "RSmallToe", "RHeel"] {
        is_at(18, marker, [263.0, 36.0]);
    }
    for marker in ["LBigToe", "LSmallToe", "LHeel"] {
        is_at(18, marker, [253.0, 35.0]);
    }
    // frame 17 was dropped: joints go straight from 16 to 18
    is_at(16, "Hip", [215.99, 31.5]);
    is_at(17, "Hip", [216.995, 31.5]);
    // a joint that is missing for a frame stays where it was
    is_at(16, "LWrist", [190.0, 29.0]);
    is_at(17, "LWrist", [190.0, 29.0]);
    is_at(18, "LWrist", [193.0, 29.0]);
    // one that is never found is at the next one to the hips, and so is what stands at it
    is_at(18, "Nose", [158.0, 25.5]);
    is_at(18, "Head", [158.0, 25.5]);
    is_at(18, "Neck", [158.0, 25.5]);
}

/// Where the hips are along x, row by row, as Kinovea has them.
fn hips(lines: &[String]) -> Vec<f64> {
    kinovea(lines).iter().map(|row| row[0][0]).collect()
}

fn assert_hips(lines: &[String], expected: &[f64]) {
    let found = hips(lines);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 0.006, "{found}, {expected}");
    }
}

#[test]
fn who_comes_later_stands_at_the_first_place_until_then() {
    let mut rows = walk();
    for (row, frame) in rows.iter_mut().zip(0..) {
        row.frame = frame;
    }
    rows[0].people.clear();
    rows[1].people.clear();
    let lines = written(ExportFormat::TrcKinovea, &ExportOptions::default(), &rows);
    assert_hips(&lines, &[218.0, 218.0, 218.0, 219.0]);
    let options = ExportOptions {
        resample_hz: Some(60.0),
        ..ExportOptions::default()
    };
    // the first row is at 0.5 s, and the person comes at 0.6 s
    let lines = written(ExportFormat::TrcKinovea, &options, &rows);
    let expected = [[218.0; 7].as_slice(), &[218.5, 219.0]].concat();
    assert_hips(&lines, &expected);
}

#[test]
fn the_video_that_track_writes_has_a_picture_for_each_row_and_begins_with_the_first() {
    // four rows, spread evenly from the first picture to the last
    let as_walked = [215.0, 216.3333, 217.6667, 219.0];
    // the rows begin with frame 15, as after `--start`
    let beside_a_video = ExportOptions {
        one_picture_a_row: true,
        ..ExportOptions::default()
    };
    let lines = written(ExportFormat::TrcKinovea, &beside_a_video, &walk());
    assert_hips(&lines, &as_walked);
    // whatever a camera dropped is in no video
    let mut of_camera = header();
    of_camera.source.kind = "camera".to_owned();
    let lines = written_for(
        &of_camera,
        ExportFormat::TrcKinovea,
        &ExportOptions::default(),
        &walk(),
    );
    assert_hips(&lines, &as_walked);
    // at a constant rate rows count from the first picture too
    let options = ExportOptions {
        resample_hz: Some(15.0),
        ..beside_a_video
    };
    let lines = written(ExportFormat::TrcKinovea, &options, &walk());
    assert_hips(&lines, &[215.0, 217.0, 219.0]);
}

#[test]
fn where_pictures_come_unevenly_rows_are_what_is_seen_at_even_times() {
    // five pictures in 0.24 s
    let rows: Vec<FrameRow> = [0.0, 0.04, 0.08, 0.2, 0.24]
        .into_iter()
        .zip(0..)
        .map(|(time_s, frame)| FrameRow {
            frame,
            time_s,
            file: None,
            people: vec![person(3, time_s, &[])],
        })
        .collect();
    let lines = written(ExportFormat::TrcKinovea, &ExportOptions::default(), &rows);
    assert_hips(&lines, &[200.0, 201.8, 203.6, 205.4, 207.2]);
    // who is in one picture only, which is between two rows, is not lost
    let mut seen_once = rows;
    for (place, row) in seen_once.iter_mut().enumerate() {
        if place != 1 {
            row.people.clear();
        }
    }
    let lines = written(
        ExportFormat::TrcKinovea,
        &ExportOptions::default(),
        &seen_once,
    );
    assert_hips(&lines, &[201.2]);
}

#[test]
fn at_a_constant_rate_rows_count_from_the_recordings_first_picture_whenever_that_is() {
    // frame 0 is at 0.5 s, and the rows begin with frame 10, as after `--start`
    let rows: Vec<FrameRow> = (10..14_u64)
        .map(|frame| {
            let time_s = 0.5 + 0.04 * frame as f64;
            FrameRow {
                frame,
                time_s,
                file: None,
                people: vec![person(3, time_s, &[])],
            }
        })
        .collect();
    let options = ExportOptions {
        resample_hz: Some(25.0),
        ..ExportOptions::default()
    };
    let lines = written(ExportFormat::TrcKinovea, &options, &rows);
    let expected = [[227.0; 10].as_slice(), &[227.0, 228.2, 229.4, 230.6]].concat();
    assert_hips(&lines, &expected);
}

#[test]
fn kinovea_gets_numbers_even_of_a_person_of_one_joint() {
    let all_but_the_left_knee: Vec<usize> = (0..17).filter(|joint| *joint != 13).collect();
    let rows = [FrameRow {
        frame: 2,
        time_s: 0.1,
        file: None,
        people: vec![person(1, TIMES_SECS[0], &all_but_the_left_knee)],
    }];
    let lines = written(ExportFormat::TrcKinovea, &ExportOptions::default(), &rows);
    let rows = kinovea(&lines);
    // frame 2 is the third of the recording: a single row would be shown on its first
    assert_eq!(rows.len(), 3);
    assert!(
        rows.iter()
            .flatten()
            .all(|at| { (at[0] - 230.0).abs() < 0.006 && (at[1] - 33.0).abs() < 0.006 })
    );
}
