//! Exports: what they write, how they are given up, and what is said where they fail.

use std::path::{Path, PathBuf};

use poseglass::engine::{ExportEvent, ExportRequest, RunLoader};
use poseglass::export::header::ModelRow;
use poseglass::export::{ExportFormat, ExportOptions};
use poseglass::whole_run::{self, FrameDone, OutputPaths, Outputs, RunPipeline, RunWatcher};

use super::*;

/// Lets a run go on to its end.
struct ToTheEnd;

impl RunWatcher for ToTheEnd {
    fn goes_on(&mut self) -> bool {
        true
    }

    fn frame_done(&mut self, _done: &FrameDone<'_>) {}
}

fn nets(detector: impl PersonDetector + 'static, params: PipelineParams) -> RunPipeline {
    let net = Box::new(ColorPoseNet::default());
    RunPipeline {
        pipeline: Pipeline::new(Box::new(detector), net, params),
        model: ModelRow {
            pose: "colors".to_owned(),
            ..ModelRow::default()
        },
    }
}

/// An engine that exports with these nets.
fn exporting(run_loader: RunLoader, opener: Opener) -> Watched {
    let mut watched = Watched::start(loader(ColorDetector::default()), opener);
    watched.engine = watched.engine.with_run_loader(run_loader);
    watched
}

/// Finds everyone at once.
fn colors() -> RunLoader {
    Arc::new(|_pose_net, params| Ok(nets(ColorDetector::default(), params)))
}

/// An export whose detector says that it has begun with a frame, and waits until it may go on.
struct Gated {
    watched: Watched,
    has_begun: Receiver<()>,
    go_on: Sender<()>,
}

impl Gated {
    fn start(opener: Opener) -> Self {
        let (begun, has_begun) = bounded(100);
        let (go_on, may_go_on) = bounded(100);
        let run_loader: RunLoader = Arc::new(move |_pose_net, params| {
            let detector = GatedDetector {
                begun: begun.clone(),
                go_on: may_go_on.clone(),
            };
            Ok(nets(detector, params))
        });
        Self {
            watched: exporting(run_loader, opener),
            has_begun,
            go_on,
        }
    }
}

fn in_folder(folder: &Path, formats: &[(ExportFormat, &str)], video: Option<&str>) -> OutputPaths {
    OutputPaths {
        exports: formats
            .iter()
            .map(|(format, name)| (*format, folder.join(name)))
            .collect(),
        video: video.map(|name| folder.join(name)),
    }
}

fn begin(watched: &mut Watched, spec: SourceSpec, outputs: OutputPaths) {
    let request = ExportRequest {
        spec,
        pose_net: None,
        params: PipelineParams::default(),
        outputs,
    };
    watched
        .engine
        .send(EngineCommand::Export(Box::new(request)));
}

fn next_of_export(watched: &mut Watched, is_it: fn(&ExportEvent) -> bool) -> ExportEvent {
    let event = watched.wait_for_event(
        "the news of the export",
        |event| matches!(event, EngineEvent::Export(event) if is_it(event)),
    );
    let EngineEvent::Export(event) = event else {
        unreachable!("filtered above");
    };
    event
}

fn end_of_export(watched: &mut Watched) -> ExportEvent {
    next_of_export(watched, |event| {
        !matches!(event, ExportEvent::Progressed(_))
    })
}

fn written_by(watched: &mut Watched) -> Vec<PathBuf> {
    match end_of_export(watched) {
        ExportEvent::Finished { written } => written,
        other => panic!("{other:?}"),
    }
}

/// Why it failed, and what there is all the same.
fn failure_of(watched: &mut Watched) -> (String, Vec<PathBuf>) {
    match end_of_export(watched) {
        ExportEvent::Failed { message, written } => (message, written),
        other => panic!("{other:?}"),
    }
}

/// Every kind of output, one of each way to be made.
const SOME_OF_EACH: [(ExportFormat, &str); 5] = [
    (ExportFormat::Jsonl, "a.jsonl"),
    (ExportFormat::Coco, "a.json"),
    (ExportFormat::OpenPose, "a-openpose"),
    (ExportFormat::PoseTrack, "a-posetrack18.json"),
    (ExportFormat::Trc, "a.trc"),
];

#[test]
fn an_export_writes_what_track_writes() {
    let folder = tempfile::tempdir().unwrap();
    let opener = recordings(25, 40);
    let track = in_folder(folder.path(), &[(ExportFormat::Jsonl, "track.jsonl")], None);
    let mut source = opener(&SourceSpec::Synthetic).unwrap();
    let mut nets = nets(ColorDetector::default(), PipelineParams::default());
    let header = nets.header(source.info());
    let options = ExportOptions::default();
    let mut outputs = Outputs::create(&track, source.info(), &header, &options).unwrap();
    whole_run::run(
        source.as_mut(),
        &mut nets.pipeline,
        &mut outputs,
        None,
        &mut ToTheEnd,
    )
    .unwrap();
    outputs.finish().unwrap();

    let formats = [
        (ExportFormat::Jsonl, "window.jsonl"),
        (ExportFormat::Csv, "window.csv"),
    ];
    let paths = in_folder(folder.path(), &formats, Some("window.mp4"));
    let expected: Vec<PathBuf> = paths.all().map(Path::to_owned).collect();
    let mut watched = exporting(colors(), opener);
    begin(&mut watched, SourceSpec::Synthetic, paths);
    assert_eq!(written_by(&mut watched), expected);
    let [from_track, from_window] = ["track.jsonl", "window.jsonl"]
        .map(|name| std::fs::read_to_string(folder.path().join(name)).unwrap());
    assert_eq!(from_window, from_track);
    assert_eq!(from_window.lines().count(), 1 + 25);
    assert!(from_window.contains("\"id\":1"));
    assert!(0 < std::fs::metadata(&expected[2]).unwrap().len());
}

#[test]
fn an_export_is_about_those_whom_the_window_shows() {
    let folder = tempfile::tempdir().unwrap();
    let mut watched = exporting(colors(), recordings(3, 40));
    let request = ExportRequest {
        spec: SourceSpec::Synthetic,
        pose_net: None,
        params: PipelineParams {
            selection: Selection::Largest(1),
            ..PipelineParams::default()
        },
        outputs: in_folder(folder.path(), &[(ExportFormat::Jsonl, "a.jsonl")], None),
    };
    watched
        .engine
        .send(EngineCommand::Export(Box::new(request)));
    let written = written_by(&mut watched);
    let text = std::fs::read_to_string(&written[0]).unwrap();
    assert!(text.contains("\"follow\":\"largest:1\""), "{text}");
}

#[test]
fn results_are_exported_without_the_nets() {
    let folder = tempfile::tempdir().unwrap();
    // the recording that the results name, beside them
    std::fs::write(folder.path().join("a test"), "").unwrap();
    let mut watched = exporting(colors(), recordings(6, 40));
    let first = in_folder(folder.path(), &[(ExportFormat::Jsonl, "first.jsonl")], None);
    begin(&mut watched, SourceSpec::Synthetic, first);
    let results = written_by(&mut watched).remove(0);

    // without a loader of nets
    let mut watched = Watched::start(loader(ColorDetector::default()), recordings(6, 40));
    let formats = [(ExportFormat::Jsonl, "again.jsonl")];
    let again = in_folder(folder.path(), &formats, Some("again.mp4"));
    begin(&mut watched, SourceSpec::Path(results.clone()), again);
    let written = written_by(&mut watched);
    assert_eq!(
        std::fs::read_to_string(&written[0]).unwrap(),
        std::fs::read_to_string(results).unwrap()
    );
    assert!(0 < std::fs::metadata(&written[1]).unwrap().len());
}

#[test]
fn the_window_hears_how_far_an_export_is_and_a_second_one_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let opener: Opener = Arc::new(|_| {
        Ok(Box::new(Recording {
            info: SourceInfo {
                n_frames: Some(4),
                ..info(SourceKind::Video)
            },
            next: 0,
            n: 4,
            step_ms: 40,
            breaks_off_at: None,
        }) as Box<dyn FrameSource>)
    });
    let mut gated = Gated::start(opener);
    let paths = in_folder(folder.path(), &[(ExportFormat::Csv, "a.csv")], None);
    begin(&mut gated.watched, SourceSpec::Synthetic, paths);
    gated.has_begun.recv_timeout(LIMIT).unwrap();
    let others = in_folder(folder.path(), &[(ExportFormat::Csv, "b.csv")], None);
    begin(&mut gated.watched, SourceSpec::Synthetic, others);
    gated.go_on.send(()).unwrap();
    gated.has_begun.recv_timeout(LIMIT).unwrap();
    let news = next_of_export(&mut gated.watched, |event| {
        matches!(event, ExportEvent::Progressed(_))
    });
    let ExportEvent::Progressed(progress) = news else {
        unreachable!("filtered above");
    };
    assert_eq!((progress.n_done, progress.n_frames), (1, Some(4)));
    assert_eq!(progress.share, Some(0.25));
    assert!(progress.left.is_some());
    for _ in 0..10 {
        gated.go_on.send(()).unwrap();
    }
    written_by(&mut gated.watched);
    assert_eq!(names_in(folder.path()), ["a.csv"]);
}

#[test]
fn nothing_is_left_of_an_export_that_is_canceled() {
    let folder = tempfile::tempdir().unwrap();
    let mut gated = Gated::start(recordings(1000, 40));
    let paths = in_folder(folder.path(), &SOME_OF_EACH, Some("a.mp4"));
    begin(&mut gated.watched, SourceSpec::Synthetic, paths.clone());
    for _ in 0..3 {
        gated.has_begun.recv_timeout(LIMIT).unwrap();
        gated.go_on.send(()).unwrap();
    }
    gated.has_begun.recv_timeout(LIMIT).unwrap();
    // those of a file a person, and of a file that is whole or not at all, are made at the end
    let begun = ["a-openpose", "a.json", "a.jsonl", "a.mp4"];
    assert_eq!(names_in(folder.path()), begun);
    assert_eq!(names_in(&folder.path().join("a-openpose")).len(), 3);
    gated.watched.engine.send(EngineCommand::CancelExport);
    gated.go_on.send(()).unwrap();
    let end = end_of_export(&mut gated.watched);
    assert_eq!(end, ExportEvent::Canceled);
    assert_eq!(names_in(folder.path()), [] as [&str; 0]);

    // the next one begins at once
    begin(&mut gated.watched, SourceSpec::Synthetic, paths);
    gated.has_begun.recv_timeout(LIMIT).unwrap();
    gated.watched.engine.send(EngineCommand::CancelExport);
    gated.go_on.send(()).unwrap();
    assert_eq!(end_of_export(&mut gated.watched), ExportEvent::Canceled);
}

#[test]
fn a_window_that_closes_leaves_nothing_half_made() {
    let folder = tempfile::tempdir().unwrap();
    let mut watched = exporting(colors(), recordings(1_000_000, 40));
    let paths = in_folder(folder.path(), &SOME_OF_EACH, Some("a.mp4"));
    begin(&mut watched, SourceSpec::Synthetic, paths);
    next_of_export(&mut watched, |event| {
        matches!(event, ExportEvent::Progressed(_))
    });
    assert!(!names_in(folder.path()).is_empty());
    drop(watched);
    assert_eq!(names_in(folder.path()), [] as [&str; 0]);
}

#[test]
fn what_cannot_be_written_is_said_and_what_is_there_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut watched = exporting(colors(), recordings(3, 40));
    let formats = [
        (ExportFormat::Csv, "a.csv"),
        (ExportFormat::Jsonl, "missing/a.jsonl"),
    ];
    let paths = in_folder(folder.path(), &formats, None);
    begin(&mut watched, SourceSpec::Synthetic, paths);
    let (message, written) = failure_of(&mut watched);
    assert!(message.contains("missing"), "{message}");
    assert_eq!(written, [] as [PathBuf; 0]);
    assert_eq!(names_in(folder.path()), [] as [&str; 0]);

    std::fs::write(folder.path().join("a.csv"), "old").unwrap();
    let paths = in_folder(folder.path(), &formats[..1], None);
    begin(&mut watched, SourceSpec::Synthetic, paths);
    let (message, _) = failure_of(&mut watched);
    assert!(message.contains("a.csv is there already"), "{message}");
    let old = std::fs::read_to_string(folder.path().join("a.csv")).unwrap();
    assert_eq!(old, "old");
}

#[test]
fn a_writer_that_fails_on_the_way_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let mut gated = Gated::start(recordings(1000, 40));
    let formats = [(ExportFormat::OpenPose, "a-openpose")];
    let paths = in_folder(folder.path(), &formats, None);
    begin(&mut gated.watched, SourceSpec::Synthetic, paths);
    gated.has_begun.recv_timeout(LIMIT).unwrap();
    // as if the disk had been taken out
    std::fs::remove_dir(folder.path().join("a-openpose")).unwrap();
    gated.go_on.send(()).unwrap();
    let (message, _) = failure_of(&mut gated.watched);
    assert!(message.contains("a-openpose"), "{message}");
}

#[test]
fn where_a_recording_breaks_off_what_came_before_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let opener: Opener = Arc::new(|_| {
        Ok(Box::new(Recording {
            info: info(SourceKind::Video),
            next: 0,
            n: 10,
            step_ms: 40,
            breaks_off_at: Some(5),
        }) as Box<dyn FrameSource>)
    });
    let mut watched = exporting(colors(), opener);
    let paths = in_folder(folder.path(), &[(ExportFormat::Jsonl, "a.jsonl")], None);
    begin(&mut watched, SourceSpec::Synthetic, paths);
    let (message, written) = failure_of(&mut watched);
    assert!(message.contains("the rest"), "{message}");
    let text = std::fs::read_to_string(&written[0]).unwrap();
    assert_eq!(text.lines().count(), 1 + 5);
}

#[test]
fn an_export_with_a_fault_of_the_program_ends_for_the_window_too() {
    let folder = tempfile::tempdir().unwrap();
    let run_loader: RunLoader = Arc::new(
        |_: Option<&PoseNetSetting>, _: PipelineParams| -> anyhow::Result<RunPipeline> {
            panic!("a fault that this test is about")
        },
    );
    let mut watched = exporting(run_loader, recordings(3, 40));
    let paths = in_folder(folder.path(), &[(ExportFormat::Csv, "a.csv")], None);
    begin(&mut watched, SourceSpec::Synthetic, paths);
    let (message, _) = failure_of(&mut watched);
    assert!(message.contains("a fault of the program"), "{message}");
}

#[test]
fn a_camera_is_not_exported() {
    let folder = tempfile::tempdir().unwrap();
    let mut watched = exporting(colors(), recordings(3, 40));
    let paths = in_folder(folder.path(), &[(ExportFormat::Csv, "a.csv")], None);
    begin(&mut watched, SourceSpec::Camera(0), paths);
    let (message, _) = failure_of(&mut watched);
    assert!(message.contains("camera:0 has no end"), "{message}");
    assert_eq!(names_in(folder.path()), [] as [&str; 0]);
}

#[test]
fn what_can_be_read_once_only_is_not_exported() {
    let folder = tempfile::tempdir().unwrap();
    let mut watched = exporting(colors(), recordings(3, 40));
    let paths = in_folder(folder.path(), &[(ExportFormat::Csv, "a.csv")], None);
    begin(&mut watched, SourceSpec::Path("/dev/null".into()), paths);
    let (message, _) = failure_of(&mut watched);
    assert!(message.contains("read once only"), "{message}");
    assert_eq!(names_in(folder.path()), [] as [&str; 0]);
}
