//! Recordings: all frames, steps, jumps, both ends.

use super::*;

#[test]
fn every_frame_of_a_recording_is_worked_on() {
    let mut watched = Watched::playing(25);
    watched.wait_for_event("the end", |event| {
        matches!(event, EngineEvent::SourceEnded { .. })
    });
    let last = watched.next_update();
    assert_eq!(last.result.frame.index, 24);
    assert_eq!(last.stats.processed, 25);
    assert_eq!(last.stats.dropped, 0);
}

#[test]
fn stepping_back_shows_the_frame_before_with_the_same_identities() {
    let mut watched = Watched::playing(6);
    let first = watched.update_of(5);
    watched.engine.send(EngineCommand::StepBackward);
    let before = watched.update_of(4);
    assert_eq!(before.result.people[0].id, first.result.people[0].id);
    watched.engine.send(EngineCommand::StepForward);
    let again = watched.update_of(5);
    assert_eq!(again.result.people, first.result.people);
    watched
        .engine
        .send(EngineCommand::Seek(Duration::from_millis(20)));
    assert_eq!(
        watched.update_of(2).result.frame.time,
        Duration::from_millis(20)
    );
}

#[test]
fn a_seek_with_another_command_behind_it_is_carried_out() {
    let (begun, _has_begun) = bounded(100);
    let (go_on, may_go_on) = bounded(100);
    let detector = GatedDetector {
        begun,
        go_on: may_go_on,
    };
    let mut watched = Watched::start(loader(detector), recordings(50, 10));
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    // the capture thread waits for the detector, so both wait for the capture thread
    watched
        .engine
        .send(EngineCommand::Seek(Duration::from_millis(300)));
    watched.engine.send(EngineCommand::SetPaused(true));
    for _ in 0..100 {
        go_on.send(()).unwrap();
    }
    watched.update_of(30);
}

#[test]
fn the_end_is_a_pause_from_which_one_can_go_back() {
    let mut watched = Watched::playing(5);
    watched.wait_for_event("the end", |event| {
        matches!(event, EngineEvent::SourceEnded { .. })
    });
    watched.engine.send(EngineCommand::Seek(Duration::ZERO));
    watched.update_of(0);
    // the next frame would be due after 10 ms
    std::thread::sleep(Duration::from_millis(100));
    assert!(watched.engine.take_update().is_none());
}

#[test]
fn a_pause_holds_the_picture_that_is_shown() {
    let mut watched = Watched::start(loader(ColorDetector::default()), recordings(9, 60_000));
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    watched.update_of(0);
    watched.engine.send(EngineCommand::SetPaused(true));
    std::thread::sleep(Duration::from_millis(200));
    assert!(watched.engine.take_update().is_none());
    // the picture that was waiting for its time is not lost
    watched.engine.send(EngineCommand::StepForward);
    assert_eq!(watched.next_update().result.frame.index, 1);
}

#[test]
fn a_recording_can_be_played_at_another_speed() {
    let mut watched = Watched::start(loader(ColorDetector::default()), recordings(3, 60_000));
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    watched.update_of(0);
    // two minutes in two milliseconds
    watched.engine.send(EngineCommand::SetSpeed(60_000.0));
    watched.update_of(2);
}

#[test]
fn playing_on_from_the_last_frame_begins_again() {
    let mut watched = Watched::start(loader(ColorDetector::default()), recordings(5, 60_000));
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    watched.update_of(0);
    watched.engine.send(EngineCommand::SetPaused(true));
    watched
        .engine
        .send(EngineCommand::Seek(Duration::from_mins(4)));
    watched.update_of(4);
    watched.engine.send(EngineCommand::SetPaused(false));
    watched.update_of(0);
}

#[test]
fn a_recording_that_breaks_off_can_still_be_searched() {
    let opener: Opener = Arc::new(|_| {
        Ok(Box::new(Recording {
            info: info(SourceKind::Video),
            next: 0,
            n: 10,
            step_ms: 10,
            breaks_off_at: Some(5),
        }) as Box<dyn FrameSource>)
    });
    let mut watched = Watched::start(loader(ColorDetector::default()), opener);
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    watched.wait_for_event("the failure", |event| {
        matches!(event, EngineEvent::SourceFailed { .. })
    });
    watched
        .engine
        .send(EngineCommand::Seek(Duration::from_millis(20)));
    watched.update_of(2);
}
