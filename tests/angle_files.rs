//! Files of angles are laid out as OpenSim reads them.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

use std::fs;

use poseglass::export::header::SourceRow;
use poseglass::export::rows::{FrameRow, KeypointRow, PersonRow};
use poseglass::export::{ExportFormat, ExportOptions, Header, create_writer};
use poseglass::measure::ANGLES;

fn header() -> Header {
    let source = SourceRow {
        path: "squat.mp4".to_owned(),
        kind: "video".to_owned(),
        width: 640,
        height: 480,
        rotation: 0,
        fps_nominal: Some(25.0),
        picture_names: None,
    };
    Header::of_other_program("test", source)
}

/// A man in profile who looks to the right: upright, arms straight ahead, his right shank `knee_deg` back; he has no left wrist.
fn man(knee_deg: f64) -> PersonRow {
    let mut at = [[0.0; 2]; 17];
    at[0] = [215.0, 60.0];
    for behind in 1..5 {
        at[behind] = [190.0, 55.0];
    }
    let (sin, cos) = knee_deg.to_radians().sin_cos();
    for (joint, place) in [
        (5, [200.0, 100.0]),
        (7, [240.0, 100.0]),
        (9, [280.0, 100.0]),
        (11, [200.0, 200.0]),
        (13, [200.0, 260.0]),
        (15, [200.0, 320.0]),
    ] {
        at[joint] = place;
        at[joint + 1] = place;
    }
    at[16] = [200.0 - 60.0 * sin, 260.0 + 60.0 * cos];
    let keypoints: [KeypointRow; 17] =
        std::array::from_fn(|joint| (joint != 9).then_some([at[joint][0], at[joint][1], 0.9]));
    PersonRow {
        id: 1,
        score: 0.9,
        bbox: [150.0, 40.0, 140.0, 300.0],
        keypoints,
        smoothed: None,
    }
}

/// The knee bends by 100 degrees a second; frames 3 and 4 were dropped.
fn rows() -> Vec<FrameRow> {
    [0, 1, 2, 5, 6]
        .map(|frame| {
            let time_s = 0.04 * frame as f64;
            FrameRow {
                frame,
                time_s,
                file: None,
                people: vec![man(100.0 * time_s)],
            }
        })
        .to_vec()
}

/// Head lines and the table under them.
fn written(format: ExportFormat, options: &ExportOptions) -> (Vec<String>, Vec<Vec<f64>>) {
    written_of(&rows(), format, options)
}

fn written_of(
    rows: &[FrameRow],
    format: ExportFormat,
    options: &ExportOptions,
) -> (Vec<String>, Vec<Vec<f64>>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("squat 1.out");
    let mut writer = create_writer(format, &path, &header(), options).unwrap();
    for row in rows {
        writer.write(row).unwrap();
    }
    writer.finish().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let mut lines = text.lines().map(str::to_owned);
    let mut head: Vec<String> = lines
        .by_ref()
        .take_while(|line| line != "endheader")
        .collect();
    head.push(lines.next().unwrap());
    let numbers = |line: String| line.split('\t').map(|cell| cell.parse().unwrap()).collect();
    (head, lines.map(numbers).collect())
}

/// The place of an angle in the head's last line.
fn column(head: &[String], name: &str) -> usize {
    let mut names = head[6].split('\t');
    names.position(|each| each == name).unwrap()
}

#[test]
fn the_head_counts_rows_and_columns_with_the_time() {
    let (head, table) = written(ExportFormat::Sto, &ExportOptions::default());
    let n_columns = 1 + ANGLES.len();
    assert_eq!(
        head[..6],
        [
            "squat 1",
            "version=1",
            "nRows=5",
            &format!("nColumns={n_columns}"),
            "inDegrees=yes",
            ""
        ]
    );
    let names: Vec<&str> = head[6].split('\t').collect();
    assert_eq!(names.len(), n_columns);
    assert_eq!(names[..2], ["time", "right_knee"]);
    // a space would end a name
    assert!(names.iter().all(|name| !name.contains(' ')));
    assert!(table.iter().all(|row| row.len() == n_columns));
}

#[test]
fn sto_keeps_the_times_of_the_frames() {
    let (head, table) = written(ExportFormat::Sto, &ExportOptions::default());
    let times: Vec<f64> = table.iter().map(|row| row[0]).collect();
    assert_eq!(times, [0.0, 0.04, 0.08, 0.2, 0.24]);
    for row in &table {
        let knee = row[column(&head, "right_knee")];
        assert!((knee - 100.0 * row[0]).abs() < 0.01, "{knee} at {}", row[0]);
        // arms at a right angle to the trunk
        assert!((row[column(&head, "right_shoulder")] - 90.0).abs() < 0.01);
        assert!(row[column(&head, "left_knee")].abs() < 0.01);
        // there is no left wrist
        assert!(row[column(&head, "left_elbow")].is_nan());
    }
}

#[test]
fn mot_is_even_at_the_rate_of_the_video() {
    let (head, table) = written(ExportFormat::Mot, &ExportOptions::default());
    assert_eq!(head[2], "nRows=7");
    // the left wrist is missing, and in profile hips and shoulders have no breadth; such angles are left out, since the
    // reader of motions ends at a value that is no number
    let left_out = ["left_elbow", "left_forearm", "pelvis", "shoulders"];
    assert_eq!(
        head[3],
        format!("nColumns={}", 1 + ANGLES.len() - left_out.len())
    );
    assert!(!head[6].split('\t').any(|name| left_out.contains(&name)));
    assert!(table.iter().flatten().all(|number| number.is_finite()));
    for (sample, row) in table.iter().enumerate() {
        assert!((row[0] - 0.04 * sample as f64).abs() < 1e-6);
        // joints go straight where a frame was dropped, angles nearly so
        let knee = row[column(&head, "right_knee")];
        assert!((knee - 100.0 * row[0]).abs() < 0.1, "{knee} at {}", row[0]);
    }
}

#[test]
fn an_arm_that_goes_round_while_it_is_not_seen_does_not_spin_back() {
    // the forearm turns by 4 degrees a frame, through 180 where the wrist is not found
    let turned: Vec<FrameRow> = (0..11_u64)
        .map(|frame| {
            let mut man = man(0.0);
            let (sin, cos) = (160.0 + 4.0 * frame as f64).to_radians().sin_cos();
            man.keypoints[10] = Some([240.0 + 40.0 * cos, 100.0 - 40.0 * sin, 0.9]);
            if frame == 5 {
                man.keypoints[10] = None;
            }
            FrameRow {
                frame,
                time_s: 0.04 * frame as f64,
                file: None,
                people: vec![man],
            }
        })
        .collect();
    let (head, table) = written_of(&turned, ExportFormat::Mot, &ExportOptions::default());
    let forearm = column(&head, "right_forearm");
    assert_eq!(table.len(), 11);
    for (frame, row) in table.iter().enumerate() {
        let expected = 160.0 + 4.0 * frame as f64;
        assert!((row[forearm] - expected).abs() < 0.01, "{}", row[forearm]);
    }
}

/// A hundred frames of somebody, four seconds.
fn four_seconds(person: impl Fn(u64) -> PersonRow) -> Vec<FrameRow> {
    (0..100)
        .map(|frame| FrameRow {
            frame,
            time_s: 0.04 * frame as f64,
            file: None,
            people: vec![person(frame)],
        })
        .collect()
}

#[test]
fn a_motion_holds_an_angle_that_comes_a_moment_late_or_ends_a_moment_early() {
    let rows = four_seconds(|frame| {
        let mut man = man(30.0);
        // three rows at either end
        if !(3..97).contains(&frame) {
            man.keypoints[16] = None;
        }
        man
    });
    let (head, table) = written_of(&rows, ExportFormat::Mot, &ExportOptions::default());
    assert_eq!(table.len(), 100);
    for row in &table {
        let knee = row[column(&head, "right_knee")];
        assert!((knee - 30.0).abs() < 0.01, "{knee} at {}", row[0]);
    }
}

#[test]
fn a_motion_of_somebody_who_was_away_is_their_longest_stretch() {
    let mut rows = four_seconds(|_| man(30.0));
    for row in &mut rows[20..50] {
        row.people.clear();
    }
    // then nothing but the nose is seen for a while
    for row in &mut rows[50..60] {
        row.people[0].keypoints[1..].fill(None);
    }
    let (head, table) = written_of(&rows, ExportFormat::Mot, &ExportOptions::default());
    let times: Vec<f64> = table.iter().map(|row| row[0]).collect();
    let expected: Vec<f64> = rows[60..].iter().map(|row| row.time_s).collect();
    assert_eq!(times.len(), expected.len());
    for (time, expected) in times.iter().zip(&expected) {
        assert!((time - expected).abs() < 1e-6, "{time}");
    }
    assert!(head[6].contains("\tright_knee"), "{}", head[6]);
    let (_, whole) = written_of(&rows, ExportFormat::Sto, &ExportOptions::default());
    assert_eq!(whole.len(), 100);
}

#[test]
fn a_motion_without_a_whole_angle_is_not_written() {
    // one side of him, then the other one
    let rows = four_seconds(|frame| {
        let mut man = man(30.0);
        let hidden = if frame < 50 { 6 } else { 5 };
        for joint in (hidden..17).step_by(2) {
            man.keypoints[joint] = None;
        }
        man
    });
    let dir = tempfile::tempdir().unwrap();
    for (format, n_files) in [(ExportFormat::Mot, 0), (ExportFormat::Sto, 1)] {
        let path = dir.path().join(format.name());
        let mut writer =
            create_writer(format, &path, &header(), &ExportOptions::default()).unwrap();
        for row in &rows {
            writer.write(row).unwrap();
        }
        assert_eq!(writer.finish().unwrap().len(), n_files);
        assert_eq!(path.exists(), 0 < n_files);
    }
}

#[test]
fn a_face_that_is_lost_does_not_bend_the_knee_the_other_way() {
    // the man looks to the left, and for two seconds nothing tells so
    let rows = four_seconds(|frame| {
        let mut man = man(30.0);
        for [x, ..] in man.keypoints.iter_mut().flatten() {
            *x = 400.0 - *x;
        }
        if (25..75).contains(&frame) {
            man.keypoints[0] = None;
        }
        man
    });
    for format in [ExportFormat::Mot, ExportFormat::Sto] {
        let (head, table) = written_of(&rows, format, &ExportOptions::default());
        assert_eq!(table.len(), 100);
        for row in &table {
            let knee = row[column(&head, "right_knee")];
            assert!((knee - 30.0).abs() < 0.01, "{knee} at {}", row[0]);
            // ahead, which is to the left here
            let arm = row[column(&head, "right_arm")];
            assert!(arm.abs() < 0.01, "{arm} at {}", row[0]);
        }
    }
}

#[test]
fn another_side_in_sight_moves_a_line_no_further_than_it_must() {
    // his shoulders are one nearly above the other; after half of the time he looks back
    let rows = four_seconds(|frame| {
        let mut man = man(0.0);
        man.keypoints[5] = Some([199.0, 88.0, 0.9]);
        if 50 <= frame {
            man.keypoints[0] = Some([165.0, 60.0, 0.9]);
        }
        man
    });
    for format in [ExportFormat::Mot, ExportFormat::Sto] {
        let (head, table) = written_of(&rows, format, &ExportOptions::default());
        let shoulders = column(&head, "shoulders");
        let steps: Vec<f64> = (table.windows(2))
            .map(|pair| (pair[1][shoulders] - pair[0][shoulders]).abs())
            .collect();
        // seen from the other side, the line leans the other way by as much
        let lean = f64::atan2(1.0, 12.0).to_degrees();
        assert_eq!(steps.iter().filter(|step| 0.01 < **step).count(), 1);
        let furthest = steps.iter().copied().fold(0.0, f64::max);
        assert!((furthest - 2.0 * lean).abs() < 0.01, "{furthest}");
    }
}

#[test]
fn both_come_at_the_rate_that_is_asked_for() {
    let options = ExportOptions {
        resample_hz: Some(50.0),
        ..ExportOptions::default()
    };
    for format in [ExportFormat::Mot, ExportFormat::Sto] {
        let (_, table) = written(format, &options);
        assert_eq!(table.len(), 13);
        assert!((table[12][0] - 0.24).abs() < 1e-6);
    }
}
