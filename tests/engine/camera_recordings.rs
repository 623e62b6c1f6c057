//! Cameras that are recorded: what is in the files, what ends a recording, and that nothing waits for it.

use std::path::Path;
use std::sync::Mutex;

use poseglass::base::worker::Wake;
use poseglass::engine::{Recorded, RecordingEvent, RecordingOrder};
use poseglass::export::RecordedResults;
use poseglass::source;
use poseglass::types::TrackId;

use super::cameras::camera_of;
use super::*;

/// An engine that shows the first frame of a camera, which gives a further one for each message.
pub(super) struct Shown {
    pub(super) watched: Watched,
    pub(super) tick: Sender<()>,
}

impl Shown {
    fn new() -> Self {
        Self::with_wake(Arc::new(|| {}))
    }

    fn with_wake(wake: Wake) -> Self {
        let (tick, ticks) = bounded(10);
        Self::with(camera_of(ticks), tick, wake)
    }

    fn with(opener: Opener, tick: Sender<()>, wake: Wake) -> Self {
        Self::with_nets(loader(ColorDetector::default()), opener, tick, wake)
    }

    pub(super) fn with_nets(loader: Loader, opener: Opener, tick: Sender<()>, wake: Wake) -> Self {
        let mut watched = Watched {
            engine: Engine::start_with(loader, opener, wake).unwrap(),
            wakes: Arc::default(),
            events: VecDeque::new(),
        };
        watched
            .engine
            .send(EngineCommand::Open(SourceSpec::Camera(0)));
        tick.send(()).unwrap();
        watched.wait_for_event("the camera", |event| {
            matches!(event, EngineEvent::SourceOpened { .. })
        });
        watched.update_of(0);
        Self { watched, tick }
    }

    pub(super) fn record_to(&mut self, folder: &Path) {
        let order = RecordingOrder {
            stem: "camera-0".to_owned(),
            folder: Some(folder.to_owned()),
            fps_nominal: Some(30.0),
        };
        let command = EngineCommand::StartRecording(order);
        self.watched.engine.send(command);
    }

    /// Lets these frames come, each after the result of the one before; gives who is in each.
    pub(super) fn show(&mut self, indices: std::ops::Range<u64>) -> Vec<Vec<TrackId>> {
        let mut shown = Vec::new();
        for index in indices {
            self.tick.send(()).unwrap();
            let update = self.watched.update_of(index);
            let people = update.result.people.iter();
            shown.push(people.map(|person| person.id).collect());
        }
        shown
    }

    fn end(&mut self) -> RecordingEvent {
        let event = self
            .watched
            .wait_for_event("the end of the recording", |event| {
                matches!(event, EngineEvent::Recording(event)
                    if !matches!(event, RecordingEvent::Progressed(_)))
            });
        let EngineEvent::Recording(event) = event else {
            unreachable!("filtered above");
        };
        event
    }

    pub(super) fn finished(&mut self) -> Recorded {
        match self.end() {
            RecordingEvent::Finished {
                recorded: Some(recorded),
                reason: None,
            } => recorded,
            other => panic!("{other:?}"),
        }
    }
}

/// A recording as a window opens it.
pub(super) struct ReadBack {
    /// When the frames of the video are shown.
    pub(super) times: Vec<Duration>,
    /// Numbers of the frames that the nets have seen.
    pub(super) seen: Vec<u64>,
    /// Who is in each of these.
    people: Vec<Vec<TrackId>>,
}

/// Opens what was recorded, and checks that people have the number and the time of their frame.
pub(super) fn read_back(results: &Path) -> ReadBack {
    let (results, video) = RecordedResults::open(results, None).unwrap();
    assert_eq!(results.header().source.kind, "video");
    let mut source = source::open(&results.source_of(video)).unwrap();
    assert_eq!(results.warning_about(source.info()), None);
    let mut back = ReadBack {
        times: Vec::new(),
        seen: Vec::new(),
        people: Vec::new(),
    };
    let mut rows = results.rows().iter().peekable();
    while let Some(frame) = source.next_frame().unwrap() {
        back.times.push(frame.time);
        let Some(row) = rows.next_if(|row| row.frame == frame.index) else {
            continue;
        };
        // within a tick of the video and what the results are rounded to
        let difference_secs = frame.time.as_secs_f64() - row.time_s;
        assert!(difference_secs.abs() < 2e-5, "{difference_secs}");
        let shown = results.people_in(&frame);
        assert_eq!(shown, row.people());
        back.seen.push(row.frame);
        let people = shown.iter().map(|person| person.id);
        back.people.push(people.collect());
    }
    assert!(rows.next().is_none(), "the video lacks frames");
    assert_eq!(back.times.first(), Some(&Duration::ZERO));
    assert!(back.times.is_sorted_by(|a, b| a < b), "{:?}", back.times);
    back
}

/// The same of a recording whose nets have seen all frames: who is in each.
fn people_in_all(results: &Path) -> Vec<Vec<TrackId>> {
    let back = read_back(results);
    assert_eq!(back.seen.len(), back.times.len());
    back.people
}

#[test]
fn video_and_results_of_a_recorded_camera_have_the_frames_that_were_shown() {
    let folder = tempfile::tempdir().unwrap();
    let videos = folder.path().join("made for it");
    let mut shown = Shown::new();
    shown.show(1..3);
    shown.record_to(&videos);
    // as many as may wait, so that none is left out however slow the disk is
    let people = shown.show(3..9);
    shown.watched.engine.send(EngineCommand::StopRecording);
    let recorded = shown.finished();
    assert_eq!(
        (recorded.extent.n_frames, recorded.extent.n_left_out),
        (6, 0)
    );
    assert_eq!(recorded.extent.length, Duration::from_millis(5));
    assert_eq!(people_in_all(&recorded.results), people);
    let name = recorded.video.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("camera-0-2"), "{name}");
    let results = name.replace(".mp4", "-poses.jsonl");
    assert_eq!(names_in(&videos), [results, name.to_owned()]);

    // the next one takes nothing away
    shown.record_to(&videos);
    shown.show(9..11);
    shown.watched.engine.send(EngineCommand::StopRecording);
    let second = shown.finished();
    assert_eq!(people_in_all(&second.results).len(), 2);
    assert_eq!(names_in(&videos).len(), 4);
}

#[test]
fn a_frame_that_is_worked_on_again_is_recorded_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut shown = Shown::new();
    shown.record_to(folder.path());
    shown.show(1..2);
    let mut params = PipelineParams::default();
    params.tracker.smoothing ^= true;
    shown.watched.engine.send(EngineCommand::SetParams(params));
    shown.watched.update_of(1);
    shown.show(2..3);
    shown.watched.engine.send(EngineCommand::StopRecording);
    let recorded = shown.finished();
    assert_eq!(people_in_all(&recorded.results).len(), 2);
}

#[test]
fn a_disk_that_stands_still_holds_up_no_result_and_what_it_misses_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (stand, stands) = bounded(100);
    let (go_on, may_go_on) = bounded::<()>(1);
    // called after the first frame is written
    let mut shown = Shown::with_wake(Arc::new(move || {
        if std::thread::current().name() == Some("recording") {
            stand.try_send(()).unwrap_or_default();
            let _allowed_or_over = may_go_on.recv();
        }
    }));
    shown.record_to(folder.path());
    shown.show(1..2);
    stands.recv_timeout(LIMIT).unwrap();
    assert_eq!(shown.show(2..42).len(), 40);
    drop(go_on);
    shown.watched.engine.send(EngineCommand::StopRecording);
    let recorded = shown.finished();
    let extent = recorded.extent;
    assert!(2 <= extent.n_frames && 2 <= extent.n_left_out, "{extent:?}");
    assert_eq!(extent.n_frames + extent.n_left_out, 41);
    assert_eq!(
        people_in_all(&recorded.results).len() as u64,
        extent.n_frames
    );
}

#[test]
fn closing_the_camera_completes_the_recording() {
    let folder = tempfile::tempdir().unwrap();
    let mut shown = Shown::new();
    shown.record_to(folder.path());
    shown.show(1..4);
    shown.watched.engine.send(EngineCommand::Close);
    let recorded = shown.finished();
    assert_eq!(people_in_all(&recorded.results).len(), 3);
}

#[test]
fn another_source_completes_the_recording_once_it_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let (tick, ticks) = bounded(10);
    let (of_camera, of_recording) = (camera_of(ticks), recordings(3, 10));
    let opener: Opener = Arc::new(move |spec| match spec {
        SourceSpec::Camera(_) => of_camera(spec),
        SourceSpec::Path(path) => Err(SourceError::NotFound(path.clone())),
        _ => of_recording(spec),
    });
    let mut shown = Shown::with(opener, tick, Arc::new(|| {}));
    shown.record_to(folder.path());
    shown.show(1..3);
    // one that does not open makes no difference
    let missing = SourceSpec::Path("missing.mp4".into());
    shown.watched.engine.send(EngineCommand::Open(missing));
    shown.watched.wait_for_event("the failure", |event| {
        matches!(event, EngineEvent::SourceFailed { .. })
    });
    shown.show(3..4);
    let scene = EngineCommand::Open(SourceSpec::Synthetic);
    shown.watched.engine.send(scene);
    let recorded = shown.finished();
    assert_eq!(people_in_all(&recorded.results).len(), 3);
}

#[test]
fn a_window_that_closes_waits_until_the_recording_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let mut shown = Shown::new();
    shown.record_to(folder.path());
    shown.show(1..4);
    drop(shown);
    let names = names_in(folder.path());
    assert_eq!(names.len(), 2);
    assert_eq!(people_in_all(&folder.path().join(&names[0])).len(), 3);
}

/// A recorded camera that was lost after two recorded frames, and comes again with pictures of another size or the same;
/// of its first one the result is there.
fn lost_and_found(folder: &Path, size_after: [usize; 2]) -> Shown {
    let (tick, ticks) = bounded(10);
    let (tick_after, ticks_after) = bounded(10);
    let cameras = Mutex::new(VecDeque::from([
        ([320, 240], ticks),
        (size_after, ticks_after),
    ]));
    let opener: Opener = Arc::new(move |_| {
        let next = cameras.lock().unwrap().pop_front();
        let (size, ticks) = next.ok_or(SourceError::NotFound("a third camera".into()))?;
        Ok(Box::new(ScriptedCamera {
            info: SourceInfo {
                size,
                ..info(SourceKind::Camera)
            },
            ticks,
            next: 0,
            pause: Duration::ZERO,
        }) as Box<dyn FrameSource>)
    });
    let mut shown = Shown::with(opener, tick, Arc::new(|| {}));
    shown.record_to(folder);
    shown.show(1..3);
    shown.tick = tick_after;
    shown.watched.wait_for_event("the loss", |event| {
        matches!(event, EngineEvent::Reconnecting { .. })
    });
    shown.show(0..1);
    shown
}

#[test]
fn a_recording_goes_on_when_a_lost_camera_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut shown = lost_and_found(folder.path(), [320, 240]);
    shown.show(1..3);
    shown.watched.engine.send(EngineCommand::StopRecording);
    let recorded = shown.finished();
    assert_eq!(people_in_all(&recorded.results).len(), 5);
}

#[test]
fn pictures_of_another_size_complete_the_recording_with_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let mut shown = lost_and_found(folder.path(), [160, 120]);
    let RecordingEvent::Finished {
        recorded: Some(recorded),
        reason: Some(reason),
    } = shown.end()
    else {
        panic!("it went on");
    };
    assert!(
        reason.contains("160x120") && reason.contains("320x240"),
        "{reason}"
    );
    assert_eq!(people_in_all(&recorded.results).len(), 2);
}

#[test]
fn a_recording_without_a_frame_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut shown = Shown::new();
    shown.record_to(folder.path());
    shown.watched.engine.send(EngineCommand::StopRecording);
    let nothing = RecordingEvent::Finished {
        recorded: None,
        reason: None,
    };
    assert_eq!(shown.end(), nothing);
    assert_eq!(names_in(folder.path()), [] as [&str; 0]);
}

#[test]
fn what_cannot_be_recorded_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let mut shown = Shown::new();
    shown.record_to(&file);
    shown.show(1..2);
    let RecordingEvent::Failed {
        message,
        recorded: None,
    } = shown.end()
    else {
        panic!("a file is no folder");
    };
    assert!(message.contains("cannot be made"), "{message}");

    shown.watched.engine.send(EngineCommand::Close);
    shown.record_to(folder.path());
    let RecordingEvent::Failed { message, .. } = shown.end() else {
        panic!("nothing is open");
    };
    assert!(message.contains("no camera is open"), "{message}");
    assert_eq!(names_in(folder.path()), ["file"]);
}
