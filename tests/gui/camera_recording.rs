//! A camera that is recorded: how that is asked for, the sign on the picture, and what is said in the end.

use poseglass::engine::{Recorded, RecordingEvent, RecordingExtent};

use super::*;

fn is_enabled(window: &Window) -> bool {
    window.harness.state().state.is_enabled(Command::Record)
}

fn why_not(window: &Window) -> Option<&'static str> {
    window.harness.state().state.why_disabled(Command::Record)
}

fn extent(length_ms: u64, n_frames: u64, n_left_out: u64) -> RecordingExtent {
    RecordingExtent {
        n_frames,
        length: Duration::from_millis(length_ms),
        n_left_out,
    }
}

fn recorded(extent: RecordingExtent) -> Recorded {
    Recorded {
        video: "/videos/camera-0.mp4".into(),
        results: "/videos/camera-0-poses.jsonl".into(),
        extent,
    }
}

fn tell(window: &mut Window, event: RecordingEvent) {
    window.tell(EngineEvent::Recording(event));
}

/// A camera that is recorded, with 340 frames so far.
fn recording_window() -> Window {
    let mut window = Window::new(LARGE);
    window.open_camera();
    press_command(&mut window, Command::Record);
    window.take_sent();
    tell(
        &mut window,
        RecordingEvent::Progressed(extent(12_340, 340, 0)),
    );
    window
}

#[test]
fn a_camera_is_recorded_until_the_key_is_pressed_again() {
    let mut window = Window::new(LARGE);
    window.open_camera();
    press_command(&mut window, Command::Record);
    let sent = window.take_sent();
    let [EngineCommand::StartRecording(order)] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    assert_eq!(order.stem, "camera-0");
    assert_eq!(order.fps_nominal, Some(30.0));
    window.harness.get_by_label("Recording 0:00, 0 frames");

    press_command(&mut window, Command::Record);
    assert_eq!(last_sent(&window), "StopRecording");
    window.harness.get_by_label("Completing the recording…");
    assert!(!is_enabled(&window));
    press_command(&mut window, Command::Record);
    assert!(window.take_sent().is_empty());
    tell(
        &mut window,
        RecordingEvent::Finished {
            recorded: Some(recorded(extent(12_340, 340, 0))),
            reason: None,
        },
    );
    window
        .harness
        .get_by_label("Recorded 0:12 to /videos/camera-0.mp4, its people to camera-0-poses.jsonl");
    assert!(is_enabled(&window));
    assert!(
        window
            .harness
            .query_by_label_contains("Completing")
            .is_none()
    );
}

#[test]
fn the_button_below_the_picture_records() {
    let mut window = Window::new(SMALL);
    window.open_camera();
    for expected in ["StartRecording", "StopRecording"] {
        window.harness.get_by_label("Record").click();
        window.harness.run();
        let sent = last_sent(&window);
        assert!(sent.starts_with(expected), "{sent}");
    }
}

#[test]
fn how_much_is_recorded_is_seen_in_full_screen_too() {
    let mut window = recording_window();
    window.harness.get_by_label("Recording 0:12, 340 frames");
    press_command(&mut window, Command::ToggleFullscreen);
    tell(
        &mut window,
        RecordingEvent::Progressed(extent(61_000, 1720, 9)),
    );
    let sign = "Recording 1:01, 1720 frames, 9 left out";
    let sign = window.harness.get_by_label(sign).rect();
    let picture = window.harness.get_by_label("Picture with 2 people").rect();
    assert!(picture.contains_rect(sign), "{sign:?} in {picture:?}");
    window.harness.get_by_label("Record");
}

#[test]
fn a_paused_camera_goes_on_when_it_is_recorded() {
    let mut window = Window::new(LARGE);
    window.open_camera();
    press_command(&mut window, Command::TogglePlay);
    window.take_sent();
    press_command(&mut window, Command::Record);
    let sent = window.take_sent();
    assert!(
        matches!(
            sent.as_slice(),
            [
                EngineCommand::SetPaused(false),
                EngineCommand::StartRecording(_)
            ]
        ),
        "{sent:?}"
    );
}

#[test]
fn only_cameras_whose_pictures_come_are_recorded() {
    let mut window = Window::new(LARGE);
    assert_eq!(why_not(&window), Some("Open a camera first"));
    window.open_recording();
    window.take_sent();
    press_command(&mut window, Command::Record);
    assert!(window.take_sent().is_empty());
    assert_eq!(why_not(&window), Some("Open a camera first"));
    assert!(window.harness.query_by_label("Record").is_none());

    window.open(Epoch(2), SourceSpec::Camera(0), camera_info());
    assert_eq!(why_not(&window), Some("There is no picture yet"));
    window.show(Epoch(2), two_people(Duration::ZERO));
    assert!(is_enabled(&window));
    window.tell(EngineEvent::Reconnecting {
        epoch: Epoch(2),
        message: "unplugged".to_owned(),
    });
    let reason = "The camera is lost: wait until it is back";
    assert_eq!(why_not(&window), Some(reason));
}

#[test]
fn closing_the_camera_ends_the_recording_and_its_files_are_named_all_the_same() {
    let mut window = recording_window();
    press_command(&mut window, Command::CloseSource);
    assert_eq!(last_sent(&window), "Close");
    tell(
        &mut window,
        RecordingEvent::Finished {
            recorded: Some(recorded(extent(12_340, 340, 3))),
            reason: None,
        },
    );
    window
        .harness
        .get_by_label_contains("3 frames were left out");
    // on the start screen, to be looked at
    window.harness.get_by_label("camera-0-poses.jsonl").click();
    window.harness.run();
    assert_eq!(
        last_sent(&window),
        r#"Open(Path("/videos/camera-0-poses.jsonl"))"#
    );
}

#[test]
fn a_recording_is_said_to_halt_while_the_camera_is_paused_or_lost() {
    let mut window = recording_window();
    let goes_on = "Recording 0:12, 340 frames";
    let halted = "Recording halted at 0:12, 340 frames";
    press_command(&mut window, Command::TogglePlay);
    window.harness.get_by_label(halted);
    press_command(&mut window, Command::TogglePlay);
    window.harness.get_by_label(goes_on);
    window.tell(EngineEvent::Reconnecting {
        epoch: Epoch(1),
        message: "unplugged".to_owned(),
    });
    window.harness.get_by_label(halted);
}

#[test]
fn why_a_recording_ended_or_failed_is_said() {
    let mut window = recording_window();
    tell(
        &mut window,
        RecordingEvent::Finished {
            recorded: Some(recorded(extent(12_340, 340, 0))),
            reason: Some("the camera's pictures have other sizes".to_owned()),
        },
    );
    window
        .harness
        .get_by_label_contains("it ended as the camera's pictures have other sizes");
    assert!(window.harness.state().state.camera_recording.is_none());
    tell(
        &mut window,
        RecordingEvent::Failed {
            message: "the disk is full".to_owned(),
            recorded: Some(recorded(extent(12_340, 340, 0))),
        },
    );
    window.harness.get_by_label(
        "The recording broke off: the disk is full; what came before is in /videos/camera-0.mp4",
    );
    tell(
        &mut window,
        RecordingEvent::Failed {
            message: "the folder /videos cannot be made".to_owned(),
            recorded: None,
        },
    );
    window
        .harness
        .get_by_label("The recording failed: the folder /videos cannot be made");
}
