//! One source after another: what stays until the next one is open, and what does not.

use std::sync::atomic::AtomicBool;

use super::*;

/// A recording for every source but files, which do not open.
fn no_files(n: u64, step_ms: u64) -> Opener {
    let open_recording = recordings(n, step_ms);
    Arc::new(move |spec| match spec {
        SourceSpec::Path(path) => Err(SourceError::NotFound(path.clone())),
        _ => open_recording(spec),
    })
}

/// Recordings of a thousand frames; files open after a message each.
fn waiting_files(may_open: Receiver<()>) -> Opener {
    let open_recording = recordings(1000, 10);
    Arc::new(move |spec| {
        if matches!(spec, SourceSpec::Path(_)) {
            may_open
                .recv()
                .map_err(|_over| SourceError::NotFound("a file".into()))?;
        }
        open_recording(spec)
    })
}

fn file(name: &str) -> EngineCommand {
    EngineCommand::Open(SourceSpec::Path(name.into()))
}

impl Watched {
    /// Opens what cannot be opened, and waits until that is said.
    fn fail_to_open(&mut self, name: &str) {
        self.engine.send(file(name));
        let failed = self.wait_for_event("the failure", |event| {
            matches!(event, EngineEvent::SourceFailed { .. })
        });
        let EngineEvent::SourceFailed { message, .. } = failed else {
            unreachable!("filtered above");
        };
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn a_source_that_does_not_open_leaves_the_one_before_paused_with_its_people() {
    let mut watched = Watched::start(loader(ColorDetector::default()), no_files(60, 100));
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    watched.engine.send(EngineCommand::SetPaused(true));
    watched.engine.send(EngineCommand::Seek(Duration::ZERO));
    watched.update_of(0);
    watched.engine.send(EngineCommand::StepForward);
    let before = watched.update_of(1);
    watched.fail_to_open("notes.txt");
    // the next frame would be due after 100 ms
    std::thread::sleep(Duration::from_millis(200));
    assert!(watched.engine.take_update().is_none());
    watched.engine.send(EngineCommand::StepForward);
    let after = watched.next_update();
    assert_eq!(
        (after.epoch, after.result.frame.index),
        (before.epoch, before.result.frame.index + 1)
    );
    assert_eq!(after.result.people[0].id, before.result.people[0].id);
}

#[test]
fn a_source_that_does_not_open_leaves_the_one_before_playing() {
    let mut watched = Watched::start(loader(ColorDetector::default()), no_files(3, 60_000));
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    let before = watched.update_of(0);
    watched.fail_to_open("notes.txt");
    watched.engine.send(EngineCommand::SetSpeed(60_000.0));
    assert_eq!(watched.update_of(2).epoch, before.epoch);
}

#[test]
fn the_source_before_is_shown_until_the_next_one_is_open() {
    let (open, may_open) = bounded(1);
    let mut watched = Watched::start(loader(ColorDetector::default()), waiting_files(may_open));
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    let before = watched.next_update();
    watched.engine.send(file("b.mp4"));
    for _ in 0..3 {
        assert_eq!(watched.next_update().epoch, before.epoch);
    }
    open.send(()).unwrap();
    let after = watched.wait_for("the next source", |watched| {
        let update = watched.engine.take_update();
        update.filter(|update| update.epoch != before.epoch)
    });
    assert!(before.epoch < after.epoch);
    for _ in 0..3 {
        assert_eq!(watched.next_update().epoch, after.epoch);
    }
}

#[test]
fn what_was_asked_for_last_is_what_opens() {
    let (open, may_open) = bounded(2);
    let mut watched = Watched::start(loader(ColorDetector::default()), waiting_files(may_open));
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    let first = watched.next_update().epoch;
    watched.engine.send(file("b.mp4"));
    watched.engine.send(file("c.mp4"));
    for _ in 0..2 {
        open.send(()).unwrap();
    }
    watched.wait_for("the last source", |watched| {
        let update = watched.engine.take_update();
        update.filter(|update| update.epoch != first)
    });
    let opened: Vec<Epoch> = (watched.events.iter())
        .filter_map(|event| match event {
            EngineEvent::SourceOpened { epoch, .. } => Some(*epoch),
            _ => None,
        })
        .collect();
    // the second one was given up
    assert_eq!(opened, [first, Epoch(first.0 + 2)]);
}

#[test]
fn what_was_asked_for_last_is_what_opens_first_of_all() {
    let (open, may_open) = bounded(2);
    let mut watched = Watched::start(loader(ColorDetector::default()), waiting_files(may_open));
    watched.engine.send(file("a.mp4"));
    watched.engine.send(file("b.mp4"));
    for _ in 0..2 {
        open.send(()).unwrap();
    }
    let shown = watched.next_update().epoch;
    assert_eq!(shown, Epoch(2));
    let is_of_another = |event: &EngineEvent| event.epoch().is_some_and(|epoch| epoch != shown);
    assert!(
        !watched.events.iter().any(is_of_another),
        "{:?}",
        watched.events
    );
}

#[test]
fn closing_gives_up_what_is_being_opened() {
    let (open, may_open) = bounded(1);
    let mut watched = Watched::start(loader(ColorDetector::default()), waiting_files(may_open));
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    watched.next_update();
    watched.engine.send(file("b.mp4"));
    watched.engine.send(EngineCommand::Close);
    open.send(()).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    assert!(watched.engine.take_update().is_none());
    let events = watched.engine.take_events();
    let is_of_source = |event: &EngineEvent| event.epoch().is_some();
    assert!(!events.iter().any(is_of_source), "{events:?}");
}

#[test]
fn who_was_shown_alone_is_not_looked_for_in_the_next_source() {
    let mut watched = Watched::playing(1000);
    let first = watched.next_update();
    let only = PipelineParams {
        selection: Selection::Only(first.result.people[0].id),
        ..PipelineParams::default()
    };
    watched.engine.send(EngineCommand::SetParams(only));
    // one may have been there already, and one in work
    for _ in 0..3 {
        watched.next_update();
    }
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    let next = watched.wait_for("the next source", |watched| {
        let update = watched.engine.take_update();
        update.filter(|update| update.epoch != first.epoch)
    });
    assert_eq!(next.result.people.len(), 1);
}

/// A camera that can be opened once at a time.
struct LoneCamera {
    info: SourceInfo,
    is_open: Arc<AtomicBool>,
    next: u64,
}

impl FrameSource for LoneCamera {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        std::thread::sleep(Duration::from_millis(20));
        let index = self.next;
        self.next += 1;
        let image = draw([320, 240], &[(0, Point::new(60.0, 120.0))]);
        Ok(Some(frame(index, Duration::from_millis(20 * index), image)))
    }

    fn seek(&mut self, _time: Duration) -> Result<(), SourceError> {
        Err(SourceError::CannotSeek(self.info.name.clone()))
    }
}

impl Drop for LoneCamera {
    fn drop(&mut self) {
        self.is_open.store(false, Ordering::SeqCst);
    }
}

#[test]
fn a_camera_is_waited_for_that_was_open_before() {
    let is_open = Arc::new(AtomicBool::new(false));
    let opener: Opener = Arc::new(move |_| {
        if is_open.swap(true, Ordering::SeqCst) {
            return Err(SourceError::NoCamera("it is in use".to_owned()));
        }
        Ok(Box::new(LoneCamera {
            info: info(SourceKind::Camera),
            is_open: Arc::clone(&is_open),
            next: 0,
        }) as Box<dyn FrameSource>)
    });
    let mut watched = Watched::start(loader(ColorDetector::default()), opener);
    for closes_first in [false, false, true] {
        if closes_first {
            watched.engine.send(EngineCommand::Close);
        }
        watched
            .engine
            .send(EngineCommand::Open(SourceSpec::Camera(0)));
        watched.wait_for_event("the camera", |event| {
            matches!(event, EngineEvent::SourceOpened { .. })
        });
        watched.next_update();
    }
}

/// A recording that tells from its third frame on that something is missing.
struct Incomplete(Recording);

impl FrameSource for Incomplete {
    fn info(&self) -> &SourceInfo {
        self.0.info()
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        self.0.next_frame()
    }

    fn warning(&self) -> Option<String> {
        (2 < self.0.next).then(|| "a picture is missing".to_owned())
    }

    fn seek(&mut self, time: Duration) -> Result<(), SourceError> {
        self.0.seek(time)
    }
}

#[test]
fn what_a_source_left_out_is_told_once() {
    let opener: Opener = Arc::new(|_| {
        Ok(Box::new(Incomplete(Recording {
            info: info(SourceKind::Video),
            next: 0,
            n: 5,
            step_ms: 10,
            breaks_off_at: None,
        })) as Box<dyn FrameSource>)
    });
    let mut watched = Watched::start(loader(ColorDetector::default()), opener);
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    let warned = watched.wait_for_event("the warning", |event| {
        matches!(event, EngineEvent::SourceWarning { .. })
    });
    assert!(format!("{warned:?}").contains("a picture is missing"));
    watched.wait_for_event("the end", |event| {
        matches!(event, EngineEvent::SourceEnded { .. })
    });
    watched.engine.send(EngineCommand::Seek(Duration::ZERO));
    watched.update_of(0);
    watched.engine.send(EngineCommand::SetPaused(false));
    watched.wait_for_event("the end again", |event| {
        matches!(event, EngineEvent::SourceEnded { .. })
    });
    let is_warning = |event: &EngineEvent| matches!(event, EngineEvent::SourceWarning { .. });
    assert!(
        !watched.events.iter().any(is_warning),
        "{:?}",
        watched.events
    );
}

/// Two folders of pictures, `pictures` and `others`, and `coco.json`, which does not say of which the results are.
fn pictures_and_results() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for folder in ["pictures", "others"] {
        let folder = root.path().join(folder);
        std::fs::create_dir(&folder).unwrap();
        for name in ["a.png", "b.png"] {
            image::RgbImage::new(32, 24)
                .save(folder.join(name))
                .unwrap();
        }
    }
    let joints = vec!["7.5"; 51].join(",");
    let person = format!(r#"[{{"image_id":0,"category_id":1,"keypoints":[{joints}],"score":1}}]"#);
    std::fs::write(root.path().join("coco.json"), person).unwrap();
    root
}

#[test]
fn what_was_given_up_is_not_the_recording_of_results() {
    let root = pictures_and_results();
    let (open, may_open) = bounded::<()>(1);
    let (opened, has_opened) = bounded(10);
    let opener: Opener = Arc::new(move |spec| {
        let path = spec.path().unwrap();
        opened.send(path.to_owned()).unwrap();
        if path.ends_with("others") {
            may_open.recv().unwrap();
        }
        poseglass::source::open(spec)
    });
    let mut watched = Watched::start(loader(ColorDetector::default()), Arc::clone(&opener));
    let open_in_root = |name: &str| EngineCommand::Open(SourceSpec::Path(root.path().join(name)));
    let is_open = |event: &EngineEvent| matches!(event, EngineEvent::SourceOpened { .. });
    watched.engine.send(open_in_root("pictures"));
    watched.wait_for_event("the pictures", is_open);
    watched.engine.send(open_in_root("others"));
    watched.engine.send(EngineCommand::Close);
    open.send(()).unwrap();
    // the engine and this test have it still, the threads have not
    watched.wait_for("the end of the threads", |_| {
        (Arc::strong_count(&opener) == 2).then_some(())
    });
    watched.engine.send(open_in_root("coco.json"));
    watched.wait_for_event("the results", is_open);
    let last = has_opened.try_iter().last();
    assert_eq!(last, Some(root.path().join("pictures")));
}

#[test]
fn what_does_not_open_is_not_the_recording_of_results() {
    let root = pictures_and_results();
    std::fs::write(root.path().join("notes.txt"), "dropped by mistake").unwrap();
    let opener: Opener = Arc::new(poseglass::source::open);
    let mut watched = Watched::start(loader(ColorDetector::default()), opener);
    for (name, opens) in [
        ("pictures", true),
        ("notes.txt", false),
        ("coco.json", true),
    ] {
        let spec = SourceSpec::Path(root.path().join(name));
        watched.engine.send(EngineCommand::Open(spec));
        let answer = watched.wait_for_event("an answer", |event| {
            matches!(
                event,
                EngineEvent::SourceOpened { .. } | EngineEvent::SourceFailed { .. }
            )
        });
        let has_opened = matches!(answer, EngineEvent::SourceOpened { .. });
        assert_eq!(has_opened, opens, "{answer:?}");
    }
}
