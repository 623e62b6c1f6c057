//! The native file keeps what it was given, says what is wrong with it, and survives being cut off.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use poseglass::export::header::ModelRow;
use poseglass::export::jsonl::{JsonlReader, JsonlWriter};
use poseglass::export::rows::FrameRow;
use poseglass::export::{
    ExportError, ExportFormat, ExportOptions, Header, ReadError, ResultWriter as _, create_writer,
};
use poseglass::geom::{BBox, Point};
use poseglass::image::RgbImage;
use poseglass::pipeline::PipelineParams;
use poseglass::source::{SourceInfo, SourceKind};
use poseglass::types::{Frame, FrameResult, Keypoint, Pose, StageTimes, TrackId, TrackedPose};
use proptest::prelude::*;

fn header() -> Header {
    let source = SourceInfo {
        name: "kicks/été.mp4".to_owned(),
        kind: SourceKind::Video,
        size: [640, 480],
        rotation: 90,
        fps_nominal: Some(29.97),
        n_frames: None,
        duration: None,
        can_seek: true,
        decoder: "test".to_owned(),
    };
    let model = ModelRow {
        detector: "centers".to_owned(),
        pose: "fast".to_owned(),
        stacks: 2,
        flip_test: false,
        precision: None,
        weights_sha256: "ab12".to_owned(),
    };
    Header::new(&source, model, &PipelineParams::default())
}

fn result(index: u64, time: Duration, people: Vec<TrackedPose>) -> FrameResult {
    FrameResult {
        frame: Frame {
            index,
            time,
            file: None,
            captured_at: Instant::now(),
            image: Arc::new(RgbImage::filled([4, 4], [0; 3])),
        },
        people,
        times: StageTimes::default(),
        effort: None,
    }
}

fn person(id: u32) -> TrackedPose {
    let mut pose = Pose::EMPTY;
    pose.keypoints[0] = Some(Keypoint {
        at: Point::new(12.346, 7.5),
        confidence: 0.98765,
    });
    TrackedPose {
        id: TrackId(id),
        bbox: BBox::from_xywh([1.0, 2.004, 30.25, 40.0]),
        score: 0.93,
        pose,
        smoothed: None,
    }
}

fn written(path: &Path, results: &[FrameResult]) -> String {
    let mut writer = create_writer(
        ExportFormat::Jsonl,
        path,
        &header(),
        &ExportOptions::default(),
    )
    .unwrap();
    for result in results {
        writer.write(&FrameRow::from_result(result)).unwrap();
    }
    writer.finish().unwrap();
    fs::read_to_string(path).unwrap()
}

fn read(path: &Path) -> Vec<FrameRow> {
    JsonlReader::open(path)
        .unwrap()
        .map(|row| row.unwrap())
        .collect()
}

/// A file with these lines after its header.
fn file_with(dir: &Path, rest: &str) -> std::path::PathBuf {
    let path = dir.join("a.jsonl");
    let first = serde_json::to_string(&header()).unwrap();
    fs::write(&path, format!("{first}\n{rest}")).unwrap();
    path
}

#[test]
fn lines_are_laid_out_as_documented() {
    let dir = tempfile::tempdir().unwrap();
    let mut smoothed = person(2);
    smoothed.smoothed = Some(Pose::EMPTY);
    let text = written(
        &dir.path().join("a.jsonl"),
        &[
            result(0, Duration::ZERO, vec![person(1)]),
            result(7, Duration::from_nanos(233_333_333), vec![]),
            result(8, Duration::from_nanos(266_666_667), vec![smoothed]),
        ],
    );
    let nulls = ["null"; 16].join(",");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(
        lines[0].starts_with(
            r#"{"schema":"poseglass/1","source":{"path":"kicks/été.mp4","kind":"video","width":640,"height":480,"rotation":90,"fps_nominal":29.97},"skeleton":{"name":"coco17","joints":["nose","left_eye","#
        ),
        "{}",
        lines[0]
    );
    assert!(
        lines[0].ends_with(
            r#""limbs":[[15,13],[13,11],[16,14],[14,12],[11,12],[5,11],[6,12],[5,6],[5,7],[6,8],[7,9],[8,10],[1,2],[0,1],[0,2],[1,3],[2,4],[3,5],[4,6]]},"model":{"detector":"centers","pose":"fast","stacks":2,"weights_sha256":"ab12"},"params":{"detect_every":8,"max_people":20,"smoothing":true,"reidentification":true}}"#
        ),
        "{}",
        lines[0]
    );
    assert_eq!(
        lines[1],
        format!(
            r#"{{"frame":0,"time_s":0.0,"people":[{{"id":1,"score":0.93,"box":[1.0,2.0,30.25,40.0],"keypoints":[[12.35,7.5,0.988],{nulls}]}}]}}"#
        )
    );
    assert_eq!(lines[2], r#"{"frame":7,"time_s":0.233333,"people":[]}"#);
    assert!(lines[3].ends_with(&format!(r#""smoothed":[null,{nulls}]}}]}}"#)));
}

#[test]
fn lines_reach_the_file_whole_and_within_a_second() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.jsonl");
    let mut writer = JsonlWriter::create(&path, &header()).unwrap();
    for k in 0..100_u64 {
        let time = Duration::from_millis(100 * k);
        writer
            .write(&FrameRow::from_result(&result(k, time, vec![person(1)])))
            .unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.ends_with("}\n"));
        let n_frames = text.lines().count() - 1;
        assert!(k as usize <= n_frames + 10, "{n_frames} frames after {k}");
    }
    // whoever gives up in the middle keeps everything
    drop(writer);
    assert_eq!(read(&path).len(), 100);
}

#[test]
fn a_cut_last_line_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.jsonl");
    let results: Vec<FrameResult> = (0..3)
        .map(|k| result(k, Duration::from_millis(40 * k), vec![person(1)]))
        .collect();
    let whole = written(&path, &results);
    let start_of_last = whole.trim_end().rfind('\n').unwrap() + 1;
    for end in start_of_last..=whole.len() {
        fs::write(&path, &whole[..end]).unwrap();
        let mut reader = JsonlReader::open(&path).unwrap();
        let n_frames = reader.by_ref().flatten().count();
        let is_whole = whole.len() - 1 <= end;
        assert_eq!(n_frames, if is_whole { 3 } else { 2 });
        assert_eq!(reader.is_cut_off(), start_of_last < end && !is_whole);
    }
}

#[test]
fn broken_lines_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let good = r#"{"frame":0,"time_s":0.0,"people":[]}"#;
    let fifteen = ["null"; 15].join(",");
    let few = format!(
        r#"{{"frame":0,"time_s":0.0,"people":[{{"id":1,"score":1,"box":[0,0,1,1],"keypoints":[{fifteen}]}}]}}"#
    );
    for bad in ["{\"frame\":", "[]", "nonsense", &few] {
        let path = file_with(dir.path(), &format!("{good}\n{bad}\n{good}\n"));
        let rows: Vec<_> = JsonlReader::open(&path).unwrap().collect();
        assert_eq!(rows.len(), 3);
        let Err(error) = &rows[1] else {
            panic!("{bad} was taken");
        };
        assert!(matches!(error, ReadError::BrokenLine { line: 3, .. }));
        assert!(error.to_string().starts_with("line 3 of "), "{error}");
        assert!(rows[2].is_ok());
    }
}

#[test]
fn unknown_fields_are_ignored() {
    let dir = tempfile::tempdir().unwrap();
    let path = file_with(
        dir.path(),
        "{\"frame\":3,\"weather\":\"rain\",\"time_s\":0.1,\"people\":[]}\r\n\n",
    );
    let rows = read(&path);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].frame, 3);
}

#[test]
fn names_of_pictures_are_kept_and_files_without_them_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = file_with(
        dir.path(),
        "{\"frame\":0,\"time_s\":0.0,\"file\":\"été 1.jpg\",\"people\":[]}\n\
         {\"frame\":1,\"time_s\":1.0,\"people\":[]}\n",
    );
    let rows = read(&path);
    assert_eq!(rows[0].file.as_deref(), Some("été 1.jpg"));
    assert_eq!(rows[1].file, None);
}

#[test]
fn other_files_are_refused_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.jsonl");
    for (text, expected) in [
        ("", "it is empty"),
        ("{\"frame\":0}\n", "is no results file of poseglass"),
        ("\u{0}\u{1}binary", "is no results file of poseglass"),
        (
            "{\"schema\":\"poseglass/1\"}\n",
            "is no results file of poseglass",
        ),
        (
            "{\"schema\":\"poseglass/2\",\"new\":1}\n",
            "laid out as \"poseglass/2\"",
        ),
    ] {
        fs::write(&path, text).unwrap();
        let error = JsonlReader::open(&path).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.to_string().contains("a.jsonl"), "{error}");
    }
    let missing = JsonlReader::open(&dir.path().join("b.jsonl")).unwrap_err();
    assert!(matches!(missing, ReadError::Unreadable { .. }));
}

#[test]
fn unwritable_places_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("missing/a.jsonl");
    let Err(error) = create_writer(
        ExportFormat::Jsonl,
        &path,
        &header(),
        &ExportOptions::default(),
    ) else {
        panic!("it was made");
    };
    assert!(matches!(error, ExportError::Create { .. }));
    assert!(error.to_string().contains("missing/a.jsonl"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let error = JsonlWriter::create(Path::new("/dev/full"), &header())
        .err()
        .unwrap();
    assert!(matches!(error, ExportError::Write { .. }), "{error}");
}

#[test]
fn formats_are_offered_when_one_is_mistyped() {
    assert_eq!(
        "jsonl".parse::<ExportFormat>().unwrap(),
        ExportFormat::Jsonl
    );
    let error = "c3d".parse::<ExportFormat>().unwrap_err().to_string();
    assert_eq!(
        error,
        "\"c3d\" is no export format: choose one of jsonl, csv, csv-wide, coco, openpose, mot-challenge, posetrack18, trc, trc-kinovea, mot, sto"
    );
}

fn any_pose() -> impl Strategy<Value = Pose> {
    let keypoint = prop::option::of((-500f32..5000.0, -500f32..5000.0, 0f32..=1.0));
    prop::collection::vec(keypoint, 17).prop_map(|rows| Pose {
        keypoints: std::array::from_fn(|joint_idx| {
            rows[joint_idx].map(|(x, y, confidence)| Keypoint {
                at: Point::new(x, y),
                confidence,
            })
        }),
    })
}

fn any_person() -> impl Strategy<Value = TrackedPose> {
    (
        1u32..,
        prop::array::uniform4(0f32..4000.0),
        0f32..=1.0,
        any_pose(),
        prop::option::of(any_pose()),
    )
        .prop_map(|(id, xywh, score, pose, smoothed)| TrackedPose {
            id: TrackId(id),
            bbox: BBox::from_xywh(xywh),
            score,
            pose,
            smoothed,
        })
}

fn assert_near(a: Option<&Pose>, b: Option<&Pose>) {
    assert_eq!(a.is_some(), b.is_some());
    for (a, b) in a.iter().zip(b) {
        for (a, b) in a.keypoints.iter().zip(&b.keypoints) {
            assert_eq!(a.is_some(), b.is_some());
            for (a, b) in a.iter().zip(b) {
                assert!((a.at.x - b.at.x).abs() < 0.0055);
                assert!((a.at.y - b.at.y).abs() < 0.0055);
                assert!((a.confidence - b.confidence).abs() < 0.00051);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_was_written_is_read(
        frames in prop::collection::vec((0u64..1_000_000, 0u64..10_000_000_000_000, prop::collection::vec(any_person(), 0..4)), 0..5)
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        let results: Vec<FrameResult> = frames
            .into_iter()
            .map(|(index, nanos, people)| result(index, Duration::from_nanos(nanos), people))
            .collect();
        written(&path, &results);
        let reader = JsonlReader::open(&path).unwrap();
        prop_assert_eq!(reader.header(), &header());
        let rows = read(&path);
        prop_assert_eq!(rows.len(), results.len());
        for (row, given) in rows.iter().zip(&results) {
            prop_assert_eq!(row.frame, given.frame.index);
            prop_assert!((row.time_s - given.frame.time.as_secs_f64()).abs() < 0.51e-6);
            let people = row.people();
            prop_assert_eq!(people.len(), given.people.len());
            for (a, b) in people.iter().zip(&given.people) {
                prop_assert_eq!(a.id, b.id);
                prop_assert!((a.score - b.score).abs() < 0.00051);
                for (a, b) in a.bbox.xywh().iter().zip(b.bbox.xywh()) {
                    prop_assert!((a - b).abs() < 0.0065);
                }
                assert_near(Some(&a.pose), Some(&b.pose));
                assert_near(a.smoothed.as_ref(), b.smoothed.as_ref());
            }
            // what has been rounded once stays as it is
            let again = FrameRow::from_result(&result(row.frame, given.frame.time, people));
            prop_assert_eq!(&again, row);
        }
    }
}
