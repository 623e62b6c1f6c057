//! Which recording a file of results belongs to, and whom it shows in each frame; it is drawn and shown without the nets.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

mod drawn;
#[path = "../header/mod.rs"]
mod header;
mod shown;

use std::path::{Path, PathBuf};
use std::time::Duration;

use header::{header, recording};
use poseglass::export::recorded::is_results;
use poseglass::export::rows::{FrameRow, PersonRow};
use poseglass::export::{
    ExportFormat, ExportOptions, RecordedError, RecordedResults, ResultWriter, create_writer,
};
use poseglass::source::{self, SourceInfo, SourceSpec};

/// Frame `i` shows person `i + 1` at x = 10 i.
fn rows(times_secs: &[f64]) -> Vec<FrameRow> {
    let person = |idx: usize| PersonRow {
        id: 1 + idx as u32,
        score: 0.5,
        bbox: [10.0 * idx as f64, 0.0, 20.0, 40.0],
        keypoints: [None; 17],
        smoothed: None,
    };
    times_secs
        .iter()
        .enumerate()
        .map(|(idx, time_s)| FrameRow {
            frame: idx as u64,
            time_s: *time_s,
            file: None,
            people: vec![person(idx)],
        })
        .collect()
}

fn create(format: ExportFormat, path: &Path, info: &SourceInfo) -> Box<dyn ResultWriter> {
    create_writer(
        format,
        path,
        &header(&info.name, info.size),
        &ExportOptions::default(),
    )
    .unwrap()
}

fn ids(results: &RecordedResults, time_secs: f64) -> Vec<u32> {
    let people = results.people_at(Duration::try_from_secs_f64(time_secs).unwrap());
    people.iter().map(|person| person.id.0).collect()
}

/// Two gray pictures in a folder, and results of them beside it; `named` is what the results call the folder.
fn folder_with_results(root: &Path, named: &str) -> PathBuf {
    let pictures = root.join("pictures");
    std::fs::create_dir(&pictures).unwrap();
    for name in ["a.png", "b.png"] {
        image::RgbImage::new(32, 24)
            .save(pictures.join(name))
            .unwrap();
    }
    let mut source = source::open(&SourceSpec::Path(pictures)).unwrap();
    let mut times = Vec::new();
    while let Some(frame) = source.next_frame().unwrap() {
        times.push(frame.time.as_secs_f64());
    }
    let mut info = source.info().clone();
    named.clone_into(&mut info.name);
    let results = root.join("results.jsonl");
    let mut writer = create(ExportFormat::Jsonl, &results, &info);
    for row in rows(&times) {
        writer.write(&row).unwrap();
    }
    writer.finish().unwrap();
    results
}

#[test]
fn people_are_found_by_the_time_of_their_frame() {
    // a variable frame rate; the third frame is missing in the results
    let results = RecordedResults::new(
        header("synthetic", [640, 480]),
        rows(&[0.0, 0.04, 0.12, 0.145]),
    );
    assert_eq!(ids(&results, 0.0), [1]);
    assert_eq!(ids(&results, 0.0400004), [2]);
    assert_eq!(ids(&results, 0.08), [] as [u32; 0]);
    assert_eq!(ids(&results, 0.119), [3]);
    assert_eq!(ids(&results, 0.145), [4]);
    assert_eq!(ids(&results, 9.0), [] as [u32; 0]);
    let nothing = RecordedResults::new(header("synthetic", [640, 480]), Vec::new());
    assert_eq!(ids(&nothing, 0.0), [] as [u32; 0]);
}

#[test]
fn pictures_are_known_by_their_names_whatever_has_come_to_their_folder() {
    let root = tempfile::tempdir().unwrap();
    for name in ["1.png", "2.png", "3.png"] {
        image::RgbImage::new(8, 6)
            .save(root.path().join(name))
            .unwrap();
    }
    // the first picture was not there yet, and the second one was called otherwise
    let mut rows = rows(&[0.0, 1.0]);
    for (row, name) in rows.iter_mut().zip(["a.png", "3.png"]) {
        row.file = Some(name.to_owned());
    }
    let results = RecordedResults::new(header("pictures", [8, 6]), rows);
    let mut source = source::open(&SourceSpec::Path(root.path().to_owned())).unwrap();
    let mut found: Vec<Vec<u32>> = Vec::new();
    while let Some(mut frame) = source.next_frame().unwrap() {
        let people = results.people_in(&frame);
        found.push(people.iter().map(|person| person.id.0).collect());
        // without a name the time tells
        frame.file = None;
        assert_eq!(results.people_in(&frame), results.people_at(frame.time));
    }
    assert_eq!(found, [vec![], vec![], vec![2]]);
}

#[test]
fn a_folder_is_opened_at_the_rate_that_its_results_state() {
    let root = tempfile::tempdir().unwrap();
    let folder = || root.path().to_owned();
    let of = |kind: &str, rate_hz: Option<f64>, recording: PathBuf| {
        let mut header = header("pictures", [8, 6]);
        kind.clone_into(&mut header.source.kind);
        header.source.fps_nominal = rate_hz;
        RecordedResults::new(header, Vec::new()).source_of(recording)
    };
    let at_25 = SourceSpec::Pictures {
        folder: folder(),
        rate_hz: 25.0,
    };
    assert_eq!(of("folder", Some(25.0), folder()), at_25);
    // converted with --fps
    assert_eq!(of("results", Some(25.0), folder()), at_25);
    let plain = SourceSpec::Path(folder());
    assert_eq!(of("folder", None, folder()), plain);
    assert_eq!(of("folder", Some(0.0), folder()), plain);
    assert_eq!(of("video", Some(25.0), folder()), plain);
    let file = root.path().join("walk.mp4");
    assert_eq!(
        of("folder", Some(25.0), file.clone()),
        SourceSpec::Path(file)
    );
}

#[test]
fn the_recording_is_found_beside_its_results() {
    let root = tempfile::tempdir().unwrap();
    let path = folder_with_results(root.path(), "somewhere/else/pictures");
    let (_, recording) = RecordedResults::open(&path, None).unwrap();
    assert_eq!(recording, root.path().join("pictures"));
    let gone = root.path().join("gone");
    std::fs::rename(root.path().join("pictures"), &gone).unwrap();
    let error = RecordedResults::open(&path, None).unwrap_err();
    assert!(matches!(error, RecordedError::NoRecording { .. }));
    assert!(error.to_string().contains("somewhere/else/pictures"));
    let beside = SourceSpec::Path(gone.clone());
    let (_, recording) = RecordedResults::open(&path, Some(&beside)).unwrap();
    assert_eq!(recording, gone);
}

#[test]
fn a_recording_of_another_name_is_warned_about() {
    let of_b = RecordedResults::new(header("clips/B.mp4", [64, 48]), Vec::new());
    let moved = recording("elsewhere/B.mp4", [64, 48]);
    assert_eq!(of_b.warning_about(&moved), None);
    let other = recording("clips/A.mp4", [64, 48]);
    assert_eq!(
        of_b.warning_about(&other).as_deref(),
        Some("the results are of B.mp4; they are drawn over A.mp4")
    );
    let larger = recording("clips/A.mp4", [128, 96]);
    let both = of_b.warning_about(&larger).unwrap();
    for part in ["drawn over A.mp4", "128x96", "64x48"] {
        assert!(both.contains(part), "{both}");
    }
    // other programs do not say what their results are of
    let mut unknown = header("results.jsonl", [64, 48]);
    "results".clone_into(&mut unknown.source.kind);
    let unknown = RecordedResults::new(unknown, Vec::new());
    assert_eq!(unknown.warning_about(&other), None);
    let nameless = RecordedResults::new(header("", [64, 48]), Vec::new());
    assert_eq!(nameless.warning_about(&other), None);
}

#[test]
fn a_recording_is_found_from_the_folder_in_which_track_ran() {
    let root = tempfile::tempdir().unwrap();
    let path = folder_with_results(root.path(), "clips/pictures");
    let [clips, out] = ["clips", "out"].map(|name| root.path().join(name));
    std::fs::create_dir(&clips).unwrap();
    std::fs::rename(root.path().join("pictures"), clips.join("pictures")).unwrap();
    // what was made of the recording is called as it is, and lies beside the results
    std::fs::create_dir_all(out.join("pictures")).unwrap();
    let moved = out.join("results.jsonl");
    std::fs::rename(&path, &moved).unwrap();
    let (_, recording) = RecordedResults::open(&moved, None).unwrap();
    assert_eq!(
        recording.canonicalize().unwrap(),
        clips.join("pictures").canonicalize().unwrap()
    );
}

#[test]
fn what_only_convert_can_be_told_names_convert() {
    let root = tempfile::tempdir().unwrap();
    folder_with_results(root.path(), "pictures");
    let pictures = root.path().join("pictures");
    let coco = root.path().join("coco.json");
    // the recording has two frames
    let joints = vec!["7.5"; 51].join(",");
    let person = format!(r#"[{{"image_id":7,"category_id":1,"keypoints":[{joints}],"score":1}}]"#);
    std::fs::write(&coco, person).unwrap();
    let error = RecordedResults::open_over(&coco, &pictures).unwrap_err();
    assert!(matches!(error, RecordedError::NeedsOptions(_)));
    let message = error.to_string();
    for word in [
        "--first-frame",
        "`poseglass convert RESULTS jsonl=OUT.jsonl",
    ] {
        assert!(message.contains(word), "{message}");
    }
    // where no option helps none is named
    let error = RecordedResults::open_over(&root.path().join("gone.json"), &pictures).unwrap_err();
    assert!(matches!(error, RecordedError::Read(_)));
}

#[test]
fn converted_results_of_an_unknown_recording_do_not_name_themselves() {
    let root = tempfile::tempdir().unwrap();
    let path = folder_with_results(root.path(), "pictures");
    let pictures = root.path().join("pictures");
    let text = std::fs::read_to_string(&path).unwrap();
    let unknown = text
        .replace(r#""kind":"video""#, r#""kind":"results""#)
        .replace(r#""path":"pictures""#, r#""path":"results.jsonl""#);
    assert_ne!(unknown, text);
    std::fs::write(&path, unknown).unwrap();
    let error = RecordedResults::open(&path, None).unwrap_err();
    assert!(matches!(error, RecordedError::UnknownRecording { .. }));
    let beside = SourceSpec::Path(pictures.clone());
    let (_, recording) = RecordedResults::open(&path, Some(&beside)).unwrap();
    assert_eq!(recording, pictures);
}

#[test]
fn results_of_other_programs_belong_to_the_recording_that_is_open() {
    let root = tempfile::tempdir().unwrap();
    let native = folder_with_results(root.path(), "pictures");
    let (results, recording) = RecordedResults::open(&native, None).unwrap();
    let info = source::open(&SourceSpec::Path(recording.clone()))
        .unwrap()
        .info()
        .clone();
    let folder = root.path().join("openpose");
    let mut writer = create(ExportFormat::OpenPose, &folder, &info);
    for row in results.rows() {
        writer.write(row).unwrap();
    }
    writer.finish().unwrap();
    assert!(is_results(&folder));
    assert!(!is_results(&recording));
    let error = RecordedResults::open(&folder, None).unwrap_err();
    assert!(matches!(error, RecordedError::UnknownRecording { .. }));
    let beside = SourceSpec::Path(recording.clone());
    let (read, of) = RecordedResults::open(&folder, Some(&beside)).unwrap();
    assert_eq!(of, recording);
    assert_eq!(read.rows().len(), results.rows().len());
    // a folder of pictures that is open at a rate stays so
    let at_10 = beside.at_rate(10.0).unwrap();
    let (read, of) = RecordedResults::open(&folder, Some(&at_10)).unwrap();
    assert_eq!(read.rows()[1].time_s, 0.1);
    assert_eq!(read.source_of(of), at_10);
}

#[test]
fn marker_files_are_shown_over_a_folder_at_the_rate_at_which_it_is_open() {
    let root = tempfile::tempdir().unwrap();
    folder_with_results(root.path(), "pictures");
    let markers = root.path().join("walk.trc");
    let lines = [
        "PathFileType\t4\t(X/Y/Z)\twalk.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits",
        "10\t10\t2\t1\tpx",
        "Frame#\tTime\tNose\t\t",
        "\t\tX1\tY1\tZ1",
        "0\t0\t5\t6\t0",
        "1\t0.1\t7\t6\t0",
    ];
    std::fs::write(&markers, lines.join("\n")).unwrap();
    let folder = SourceSpec::Path(root.path().join("pictures"));
    let at_10 = folder.clone().at_rate(10.0).unwrap();
    for beside in [folder, at_10] {
        let (read, of) = RecordedResults::open(&markers, Some(&beside)).unwrap();
        assert_eq!(read.rows()[1].time_s, 0.1);
        assert_eq!(read.source_of(of), beside);
    }
}

#[test]
fn what_is_known_of_no_recording_is_shown_over_a_folder_as_that_is_open() {
    let root = tempfile::tempdir().unwrap();
    let path = folder_with_results(root.path(), "pictures");
    let text = std::fs::read_to_string(&path).unwrap();
    let unknown = text
        .replace(r#""kind":"video""#, r#""kind":"results""#)
        .replace(r#""fps_nominal":30.0"#, r#""fps_nominal":null"#);
    assert_ne!(unknown, text);
    std::fs::write(&path, unknown).unwrap();
    let at_10 = SourceSpec::Path(root.path().join("pictures"))
        .at_rate(10.0)
        .unwrap();
    let (read, of) = RecordedResults::open(&path, Some(&at_10)).unwrap();
    assert_eq!(read.source_of(of), at_10);
}
