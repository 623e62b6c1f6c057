//! Playing, stepping, seeking, and when the window rests.

use super::*;

#[test]
fn playing_pausing_and_stepping_reach_the_engine() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    window.harness.get_by_label("Play or pause").click();
    window.harness.run();
    assert_eq!(last_sent(&window), "SetPaused(true)");
    window.press(Modifiers::NONE, Key::Space);
    assert_eq!(last_sent(&window), "SetPaused(false)");
    window.press(Modifiers::NONE, Key::ArrowRight);
    assert_eq!(last_sent(&window), "StepForward");
    window.show(Epoch(1), two_people(Duration::from_millis(3240)));
    window.harness.get_by_label("Previous frame").click();
    window.harness.run();
    assert_eq!(last_sent(&window), "StepBackward");
    window.press(Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(last_sent(&window), "Seek(8.24s)");
    window.press(Modifiers::NONE, Key::Home);
    assert_eq!(last_sent(&window), "Seek(0ns)");
    window.press(Modifiers::NONE, Key::End);
    assert_eq!(last_sent(&window), "Seek(12s)");
}

#[test]
fn a_step_waits_for_the_picture_of_the_one_before() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    window.take_sent();
    for _ in 0..5 {
        window.press(Modifiers::NONE, Key::ArrowLeft);
    }
    assert_eq!(format!("{:?}", window.take_sent()), "[StepBackward]");
    window.show(Epoch(1), two_people(Duration::from_millis(3200)));
    window.press(Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(format!("{:?}", window.take_sent()), "[StepBackward]");
}

#[test]
fn a_recording_of_unknown_length_can_be_stepped_through() {
    let mut window = Window::new(LARGE);
    let info = SourceInfo {
        duration: None,
        n_frames: None,
        ..recording_info()
    };
    window.open(Epoch(1), recording_spec(), info);
    window.show(Epoch(1), two_people(Duration::from_millis(3240)));
    window.take_sent();
    window.press(Modifiers::NONE, Key::ArrowRight);
    window.press(Modifiers::SHIFT, Key::ArrowLeft);
    // where the end is nobody knows
    window.press(Modifiers::NONE, Key::End);
    let sent = format!("{:?}", window.take_sent());
    assert_eq!(sent, "[StepForward, Seek(0ns)]");
}

#[test]
fn playing_at_the_end_begins_again() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    window.tell(EngineEvent::SourceEnded {
        epoch: Epoch(1),
        last: Some(97),
    });
    assert_eq!(is_paused(&window), Some(true));
    window.press(Modifiers::NONE, Key::Space);
    let sent = format!("{:?}", window.take_sent());
    assert_eq!(sent, "[Seek(0ns), SetPaused(false)]");
}

#[test]
fn the_end_is_known_though_it_is_said_before_the_last_picture_comes() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    window.tell(EngineEvent::SourceEnded {
        epoch: Epoch(1),
        last: Some(98),
    });
    let has_ended = |window: &Window| {
        let source = window.harness.state().state.session.source.as_ref();
        source.unwrap().ended
    };
    // the picture before it was on its way
    window.show(Epoch(1), two_people(Duration::from_millis(3240)));
    assert!(!has_ended(&window));
    let mut last = two_people(Duration::from_millis(3280));
    last.frame.index = 98;
    window.show(Epoch(1), last);
    assert!(has_ended(&window));
    window.press(Modifiers::NONE, Key::ArrowLeft);
    window.show(Epoch(1), two_people(Duration::from_millis(3240)));
    assert!(!has_ended(&window));
}

#[test]
fn a_recording_of_one_picture_without_length_can_be_searched() {
    let mut window = Window::new(LARGE);
    let info = SourceInfo {
        duration: Some(Duration::ZERO),
        n_frames: Some(1),
        ..recording_info()
    };
    window.open(Epoch(1), recording_spec(), info);
    window.show(Epoch(1), two_people(Duration::ZERO));
    window.take_sent();
    window.harness.get_by_label("Position").click();
    window.harness.run();
    window.press(Modifiers::NONE, Key::End);
    let sent = format!("{:?}", window.take_sent());
    assert_eq!(sent, "[Seek(0ns), Seek(0ns)]");
}

#[test]
fn clicking_the_seek_bar_goes_there() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    window.harness.get_by_label("Position").click();
    window.harness.run();
    let sent = window.take_sent();
    let [EngineCommand::Seek(target)] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    assert!(target.abs_diff(Duration::from_secs(6)) < Duration::from_millis(50));
    // until the frame comes, the bar stays where it was put
    window.harness.get_by_label("0:06.000");
    window.show(Epoch(1), two_people(Duration::from_millis(5980)));
    window.harness.get_by_label("0:05.980");
}

#[test]
fn a_recording_can_be_played_slower_and_faster() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    window.take_sent();
    window.press(Modifiers::NONE, Key::OpenBracket);
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.harness.get_by_label_contains("0.25x speed");
    for _ in 0..5 {
        window.press(Modifiers::NONE, Key::CloseBracket);
    }
    window.harness.get_by_label_contains("2x speed");
    let sent = format!("{:?}", window.take_sent());
    let speeds = ["0.5", "0.25", "0.5", "1.0", "1.5", "2.0", "2.0"]
        .map(|speed| format!("SetSpeed({speed})"));
    assert_eq!(sent, format!("[{}]", speeds.join(", ")));
}

#[test]
fn a_picture_that_was_under_way_is_no_answer_to_a_jump() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    window.take_sent();
    window.press(Modifiers::SHIFT, Key::ArrowRight);
    window.show_after(0, Epoch(1), two_people(Duration::from_millis(3280)));
    window.press(Modifiers::SHIFT, Key::ArrowLeft);
    let sent = format!("{:?}", window.take_sent());
    assert_eq!(sent, "[Seek(8.24s), Seek(3.24s)]");
    window.show_after(1, Epoch(1), two_people(Duration::from_millis(8240)));
    window.harness.get_by_label("0:03.240");
    window.show_after(2, Epoch(1), two_people(Duration::from_millis(3200)));
    window.harness.get_by_label("0:03.200");
}

#[test]
fn dragging_the_seek_bar_does_not_flood_the_engine_and_ends_where_it_was_let_go() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    let bar = window.harness.get_by_label("Position").rect();
    let at = |share: f32| egui::pos2(bar.min.x + share * bar.width(), bar.center().y);
    window.harness.drag_at(at(0.2));
    for k in 0..20 {
        window.harness.hover_at(at(0.2 + 0.02 * k as f32));
    }
    window.harness.drop_at(at(0.75));
    window.harness.run();
    let sent = window.take_sent();
    assert!(sent.len() <= 4, "{} commands", sent.len());
    let Some(EngineCommand::Seek(target)) = sent.last() else {
        panic!("{sent:?}");
    };
    assert!(
        target.abs_diff(Duration::from_secs(9)) < Duration::from_millis(200),
        "{target:?}"
    );
}

#[test]
fn a_camera_has_no_seek_bar() {
    let mut window = Window::new(LARGE);
    window.open_camera();
    assert!(window.harness.query_by_label("Position").is_none());
    window.harness.get_by_label("Live");
    window.press(Modifiers::NONE, Key::ArrowRight);
    window.press(Modifiers::NONE, Key::Home);
    assert!(window.take_sent().is_empty());
}

#[test]
fn a_single_picture_has_nothing_to_play() {
    let mut window = Window::new(SMALL);
    window.tell_ready();
    let info = SourceInfo {
        kind: SourceKind::Picture,
        duration: None,
        n_frames: Some(1),
        ..recording_info()
    };
    window.open(Epoch(1), SourceSpec::Path("a.png".into()), info);
    window.show(Epoch(1), two_people(Duration::ZERO));
    window.press(Modifiers::NONE, Key::Space);
    assert!(window.take_sent().is_empty());
    assert!(window.harness.query_by_label("Play or pause").is_none());
}

#[test]
fn nothing_is_repainted_while_nothing_happens() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    press_command(&mut window, Command::TogglePlay);
    window.harness.run_steps(40);
    let output = &window.harness.output().viewport_output[&egui::ViewportId::ROOT];
    assert!(
        Duration::from_secs(1) < output.repaint_delay,
        "{:?}",
        output.repaint_delay
    );
}

#[test]
fn full_screen_shows_the_picture_alone_and_escape_leaves_it() {
    let mut window = Window::new(LARGE);
    window.open_camera();
    press_command(&mut window, Command::ToggleFullscreen);
    assert!(window.harness.query_by_label(Menu::File.text()).is_none());
    let stage = window.harness.get_by_label("Picture with 2 people").rect();
    assert_eq!(stage.width(), LARGE[0]);
    window.press(Modifiers::NONE, Key::Escape);
    window.harness.get_by_label(Menu::File.text());
}

#[test]
fn panels_stay_as_they_are_in_full_screen() {
    let mut window = Window::new(LARGE);
    window.open_camera();
    press_command(&mut window, Command::ToggleFullscreen);
    press_command(&mut window, Command::SelectNextPerson);
    assert_eq!(window.harness.state().state.selected, Some(TrackId(1)));
    assert_eq!(window.harness.state().state.toasts.iter().count(), 0);
    for command in [
        Command::TogglePeople,
        Command::ToggleSettings,
        Command::ToggleAngles,
    ] {
        press_command(&mut window, command);
        let state = &window.harness.state().state;
        assert_eq!(state.side_panel, Some(SidePanel::People));
        assert!(!state.shows_angles);
    }
    window
        .harness
        .get_by_label_contains("Panels are hidden in full screen");
}
