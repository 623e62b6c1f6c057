//! TRC files are laid out as OpenSim, Sports2D and Kinovea read them.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

use std::fs;
use std::path::{Path, PathBuf};

use poseglass::export::rows::{FrameRow, KeypointRow, ModelRow, PersonRow, SourceRow};
use poseglass::export::{ExportError, ExportFormat, ExportOptions, Header, create_writer};

/// Times of the frames, of which the third was dropped.
const TIMES_SECS: [f64; 4] = [0.5, 0.533, 0.6, 0.633333];
const FRAMES: [u64; 4] = [15, 16, 18, 19];

fn header() -> Header {
    let source = SourceRow {
        path: "walk.mp4".to_owned(),
        kind: "video".to_owned(),
        width: 640,
        height: 480,
        rotation: 0,
        fps_nominal: Some(30.0),
    };
    let mut header = Header::of_other_program("test", source);
    header.model = ModelRow::default();
    header
}

/// Joint `j` at (100 + 10 j + frame, 20 + j), moving right by 30 pixels a second; all but those in `missing`.
fn person(id: u32, time_secs: f64, missing: &[usize]) -> PersonRow {
    let dx = 30.0 * (time_secs - TIMES_SECS[0]);
    let keypoints: [KeypointRow; 17] = std::array::from_fn(|joint| {
        let at = [100.0 + 10.0 * joint as f64 + dx, 20.0 + joint as f64, 0.9];
        (!missing.contains(&joint)).then_some(at)
    });
    PersonRow {
        id,
        score: 0.75,
        bbox: [90.0, 10.0, 200.0, 50.0],
        keypoints,
        smoothed: None,
    }
}

/// One person whose left wrist (9) is missing in the second frame and whose nose is never found.
fn walk() -> Vec<FrameRow> {
    TIMES_SECS
        .iter()
        .zip(FRAMES)
        .enumerate()
        .map(|(place, (time_s, frame))| {
            let missing: &[usize] = if place == 1 { &[0, 9] } else { &[0] };
            FrameRow {
                frame,
                time_s: *time_s,
                people: vec![person(3, *time_s, missing)],
            }
        })
        .collect()
}

fn write(
    format: ExportFormat,
    path: &Path,
    options: &ExportOptions,
    rows: &[FrameRow],
) -> Result<Vec<PathBuf>, ExportError> {
    write_for(&header(), format, path, options, rows)
}

fn write_for(
    header: &Header,
    format: ExportFormat,
    path: &Path,
    options: &ExportOptions,
    rows: &[FrameRow],
) -> Result<Vec<PathBuf>, ExportError> {
    let mut writer = create_writer(format, path, header, options)?;
    for row in rows {
        writer.write(row)?;
    }
    writer.finish()
}

fn written(format: ExportFormat, options: &ExportOptions, rows: &[FrameRow]) -> Vec<String> {
    written_for(&header(), format, options, rows)
}

fn written_for(
    header: &Header,
    format: ExportFormat,
    options: &ExportOptions,
    rows: &[FrameRow],
) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("走 walk.trc");
    write_for(header, format, &path, options, rows).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    text.lines().map(str::to_owned).collect()
}

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
            people: vec![],
        }];
        let written = write(format, &path, &ExportOptions::default(), &rows).unwrap();
        assert!(written.is_empty());
    }
    assert_eq!(names_in(dir.path()), ["a.trc"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "older");
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
    // frame 17 was dropped
    assert_eq!(rows[17], rows[16]);
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
    // a joint that is missing for a frame stays where it was
    is_at(16, "LWrist", [190.0, 29.0]);
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
    let as_walked = [215.0, 215.99, 218.0, 219.0];
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
fn at_a_constant_rate_rows_count_from_the_recordings_first_picture_whenever_that_is() {
    // frame 0 is at 0.5 s, and the rows begin with frame 10, as after `--start`
    let rows: Vec<FrameRow> = (10..14_u64)
        .map(|frame| {
            let time_s = 0.5 + 0.04 * frame as f64;
            FrameRow {
                frame,
                time_s,
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
