//! Cameras: the newest frame, losses, silence.

use super::*;

/// Opens a camera that gives a frame for each message.
pub(super) fn camera_of(ticks: Receiver<()>) -> Opener {
    Arc::new(move |_| {
        Ok(Box::new(ScriptedCamera {
            info: info(SourceKind::Camera),
            ticks: ticks.clone(),
            next: 0,
            pause: Duration::ZERO,
        }) as Box<dyn FrameSource>)
    })
}

#[test]
fn newest_live_frame_is_worked_on_and_the_rest_is_counted() {
    let (tick, ticks) = bounded(100);
    let (begun, has_begun) = bounded(10);
    let (go_on, may_go_on) = bounded(10);
    let detector = GatedDetector {
        begun,
        go_on: may_go_on,
    };
    let mut watched = Watched::start(loader(detector), camera_of(ticks));
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Camera(0)));
    tick.send(()).unwrap();
    has_begun.recv_timeout(LIMIT).unwrap();
    // the first frame is in work; nine more come meanwhile
    for _ in 0..9 {
        tick.send(()).unwrap();
    }
    while !tick.is_empty() {
        std::thread::sleep(Duration::from_millis(1));
    }
    go_on.send(()).unwrap();
    let mut newest = watched.next_update();
    assert_eq!(newest.result.frame.index, 0);
    while newest.result.frame.index < 9 {
        has_begun.recv_timeout(LIMIT).unwrap();
        go_on.send(()).unwrap();
        newest = watched.next_update();
    }
    // on a busy machine a frame may lie in each slot and in the hands of each thread on the way, never more
    let n_worked_on = newest.stats.processed;
    assert!(n_worked_on <= 5, "{n_worked_on} frames were worked on");
    tick.send(()).unwrap();
    has_begun.recv_timeout(LIMIT).unwrap();
    go_on.send(()).unwrap();
    assert_eq!(watched.next_update().stats.dropped, 10 - n_worked_on);
    assert!(3 <= watched.wakes.load(Ordering::SeqCst));
}

/// A camera that gives so many frames and is then lost.
fn camera(name: &str, n_frames: usize) -> Box<dyn FrameSource> {
    let (tick, ticks) = bounded(10);
    for _ in 0..n_frames {
        tick.send(()).unwrap();
    }
    Box::new(ScriptedCamera {
        info: SourceInfo {
            name: name.to_owned(),
            ..info(SourceKind::Camera)
        },
        ticks,
        next: 0,
        // an error that comes on the heels of a frame takes its place
        pause: Duration::from_millis(200),
    })
}

#[test]
fn a_lost_camera_is_looked_for_until_the_same_one_gives_frames_again() {
    let openings = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&openings);
    let opener: Opener = Arc::new(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
        // plugged in again, and out before the first frame
        1 => Ok(camera("a camera", 0)),
        // another one has taken its number
        2 => Ok(camera("another camera", 5)),
        _ => Ok(camera("a camera", 1)),
    });
    let mut watched = Watched::start(loader(ColorDetector::default()), opener);
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Camera(0)));
    watched.wait_for_event("the loss", |event| {
        matches!(event, EngineEvent::Reconnecting { .. })
    });
    for what in ["the first opening", "the opening after the loss"] {
        let opened = watched.wait_for_event(what, |event| {
            matches!(event, EngineEvent::SourceOpened { .. })
        });
        let EngineEvent::SourceOpened { info, .. } = opened else {
            unreachable!("filtered above");
        };
        assert_eq!(info.name, "a camera");
    }
    assert!(4 <= openings.load(Ordering::SeqCst));
}

#[test]
fn a_camera_that_falls_silent_is_lost() {
    let (tick, ticks) = bounded(1);
    tick.send(()).unwrap();
    let mut watched = Watched::start(loader(ColorDetector::default()), camera_of(ticks));
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Camera(0)));
    let lost = watched.wait_for_event("the loss", |event| {
        matches!(event, EngineEvent::Reconnecting { .. })
    });
    let EngineEvent::Reconnecting { message, .. } = lost else {
        unreachable!("filtered above");
    };
    assert!(message.contains("no frame for 5 seconds"), "{message}");
    drop(tick);
}
