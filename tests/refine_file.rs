//! `poseglass refine` as a user runs it: what the file holds afterwards, and what is refused.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

mod header;
mod movers;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use header::header;
use movers::{HEIGHT_PX, Motion, Random, Seen};
use poseglass::export::header::RefineRow;
use poseglass::export::jsonl::JsonlReader;
use poseglass::export::rows::{FrameRow, KeypointRow, PersonRow};
use poseglass::export::{ExportFormat, ExportOptions, create_writer};
use poseglass::skeleton::MIRRORED;
use poseglass::skeleton::joint::{LEFT_ANKLE, LEFT_KNEE, NOSE};
use poseglass::types::Pose;

const N_FRAMES: usize = 90;
/// The net doubts the nose in this frame, at the beginning of the recording, where no hole can be filled.
const UNSURE_NOSE: usize = 0;
/// The person is not seen at all in this frame.
const ABSENT: usize = 40;
/// The nose is not seen in this frame…
const NO_NOSE: usize = 20;
/// …and far away in this one, at the end of the recording, where no hole can be filled.
const FAR_NOSE: usize = N_FRAMES - 1;
/// Knees and ankles bear each other's names in these.
const SWAPPED: std::ops::Range<usize> = 60..63;

fn row_of(pose: &Pose) -> [KeypointRow; 17] {
    pose.keypoints.map(|keypoint| {
        let keypoint = keypoint?;
        let rounded = |number: f32| (1e2 * f64::from(number)).round() / 1e2;
        Some([rounded(keypoint.at.x), rounded(keypoint.at.y), 0.5])
    })
}

/// Someone with each kind of flaw once.
fn write_flawed(motion: Motion, path: &Path) -> Vec<FrameRow> {
    let seen = Seen {
        fps: 30.0,
        uneven: false,
        scatter_px: 0.003 * HEIGHT_PX,
        holes: 0.0,
    };
    let series = movers::series(motion, &seen, N_FRAMES, &mut Random::new(1));
    let rows: Vec<FrameRow> = (0..N_FRAMES)
        .map(|frame| {
            let mut keypoints = row_of(&series.poses[frame]);
            if frame == NO_NOSE {
                keypoints[NOSE] = None;
            }
            if frame == UNSURE_NOSE {
                keypoints[NOSE] = keypoints[NOSE].map(|[x, y, _]| [x, y, 0.29]);
            }
            if frame == FAR_NOSE {
                keypoints[NOSE] = Some([3000.0, 3000.0, 0.5]);
            }
            if SWAPPED.contains(&frame) {
                for left in [LEFT_KNEE, LEFT_ANKLE] {
                    keypoints.swap(left, MIRRORED[left]);
                }
            }
            let person = PersonRow {
                id: 3,
                score: 0.75,
                bbox: [1.25, 2.0, 300.0, 400.0],
                keypoints,
                smoothed: Some([None; 17]),
            };
            FrameRow {
                frame: frame as u64,
                time_s: (1e6 * series.times_secs[frame]).round() / 1e6,
                file: None,
                people: if frame == ABSENT {
                    vec![]
                } else {
                    vec![person]
                },
            }
        })
        .collect();
    let mut writer = create_writer(
        ExportFormat::Jsonl,
        path,
        &header("walk.mp4", [640, 480]),
        &ExportOptions::default(),
    )
    .unwrap();
    for row in &rows {
        writer.write(row).unwrap();
    }
    writer.finish().unwrap();
    rows
}

fn refine(arguments: &[&std::ffi::OsStr]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_poseglass"))
        .env_remove("POSEGLASS_LOG")
        .arg("refine")
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn raw_joints_stay_and_flaws_are_gone_from_the_smoothed_ones() {
    let folder = tempfile::tempdir().unwrap();
    let [input, output] = ["in.jsonl", "out.jsonl"].map(|name| folder.path().join(name));
    let before = write_flawed(Motion::JumpingJacks, &input);
    assert!(!fs::read_to_string(&input).unwrap().contains("refine"));
    let ran = refine(&[input.as_ref(), output.as_ref()]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let said = text(&ran.stdout);
    for words in [
        "90 frames, 1 people",
        "left and right exchanged: 12 joints",
        "taken out: 1 joints too fast for a body, 0 at the end",
        "taken out: 1 joints less sure than 0.3\n",
        "filled: 1 joints in holes up to 0.2 s",
        "filter: steady, 6 Hz\n",
    ] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }

    let mut reader = JsonlReader::open(&output).unwrap();
    let expected = RefineRow {
        swap_repair: true,
        outlier_gate: true,
        min_confidence: 0.3,
        max_gap_secs: 0.2,
        filter: "steady".to_owned(),
        cutoff_hz: Some(6.0),
        window_secs: None,
    };
    assert_eq!(reader.header().params.refine, Some(expected));
    let after: Vec<FrameRow> = (&mut reader).map(Result::unwrap).collect();
    assert_eq!(after.len(), N_FRAMES);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((before.frame, before.time_s), (after.frame, after.time_s));
        assert_eq!(before.people.len(), after.people.len());
        for (before, after) in before.people.iter().zip(&after.people) {
            assert_eq!(before.keypoints, after.keypoints);
            assert_eq!(
                (before.id, before.score, before.bbox),
                (after.id, after.score, after.bbox)
            );
        }
    }
    let smoothed = |frame: usize| after[frame].people[0].smoothed.unwrap();
    assert!(smoothed(NO_NOSE)[NOSE].is_some());
    assert_eq!(smoothed(FAR_NOSE)[NOSE], None);
    assert_eq!(smoothed(UNSURE_NOSE)[NOSE], None);
    for frame in SWAPPED {
        let [left, right] = [LEFT_ANKLE, MIRRORED[LEFT_ANKLE]].map(|joint| smoothed(frame)[joint]);
        let [x_left, x_right] = [left.unwrap()[0], right.unwrap()[0]];
        // seen from the front
        assert!(x_right < x_left, "{frame}");
    }
}

#[test]
fn what_is_switched_off_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    let [input, output] = ["in.jsonl", "out.jsonl"].map(|name| folder.path().join(name));
    let before = write_flawed(Motion::Walking, &input);
    let ran = refine(&[
        input.as_ref(),
        output.as_ref(),
        "--filter=none".as_ref(),
        "--max-gap=0".as_ref(),
        "--no-swap-repair".as_ref(),
        "--no-outlier-gate".as_ref(),
        "--min-confidence=0".as_ref(),
    ]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let after: Vec<FrameRow> = JsonlReader::open(&output)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(after.len(), before.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.people.len(), after.people.len());
        for (before, after) in before.people.iter().zip(&after.people) {
            assert_eq!(after.smoothed, Some(before.keypoints));
        }
    }
}

#[test]
fn a_file_without_people_stays_one() {
    let folder = tempfile::tempdir().unwrap();
    let [input, output] = ["in.jsonl", "out.jsonl"].map(|name| folder.path().join(name));
    let writer = create_writer(
        ExportFormat::Jsonl,
        &input,
        &header("walk.mp4", [640, 480]),
        &ExportOptions::default(),
    )
    .unwrap();
    writer.finish().unwrap();
    let ran = refine(&[input.as_ref(), output.as_ref()]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    assert!(text(&ran.stdout).contains("0 frames, 0 people"));
    assert_eq!(JsonlReader::open(&output).unwrap().count(), 0);
}

#[test]
fn wrong_files_and_options_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [input, output] = ["in.jsonl", "out.jsonl"].map(|name| folder.path().join(name));
    write_flawed(Motion::Turning, &input);
    let content = fs::read(&input).unwrap();
    let into_itself = refine(&[input.as_ref(), input.as_ref()]);
    assert_eq!(into_itself.status.code(), Some(1));
    assert!(text(&into_itself.stderr).contains("choose another name"));
    assert_eq!(fs::read(&input).unwrap(), content);
    let missing = refine(&["nowhere.jsonl".as_ref(), output.as_ref()]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).contains("nowhere.jsonl"));
    for (options, code) in [
        (&["--filter=median", "--cutoff-hz=6"][..], 1),
        (&["--window=0.2"], 1),
        (&["--filter=kalman"], 2),
        (&["--cutoff-hz=0"], 2),
        (&["--cutoff-hz=nan"], 2),
        (&["--max-gap=-1"], 2),
        (&["--min-confidence=30"], 2),
    ] {
        let mut arguments: Vec<&std::ffi::OsStr> = vec![input.as_ref(), output.as_ref()];
        arguments.extend(options.iter().map(std::ffi::OsStr::new));
        assert_eq!(refine(&arguments).status.code(), Some(code), "{options:?}");
    }
    assert!(!output.exists());
}
