//! Whom the window shows and lists.

use poseglass::pipeline::PipelineParams;
use poseglass::track::Selection;

use super::*;

#[test]
fn a_mirror_changes_no_data() {
    let mut window = Window::new(SMALL);
    window.open_recording();
    let before = window
        .harness
        .state()
        .state
        .session
        .result()
        .unwrap()
        .clone();
    press_command(&mut window, Command::ToggleMirror);
    assert!(window.take_sent().is_empty(), "the engine is not told");
    let after = window.harness.state().state.session.result().unwrap();
    assert!(std::sync::Arc::ptr_eq(&before, after));
}

#[test]
fn who_is_clicked_in_the_picture_is_selected_in_a_mirror_too() {
    for mirrored in [false, true] {
        let mut window = Window::new(SMALL);
        window.open_recording();
        if mirrored {
            press_command(&mut window, Command::ToggleMirror);
        }
        // the first person stands left of the middle
        let stage = window.harness.get_by_label("Picture with 2 people").rect();
        let x = if mirrored { 0.69 } else { 0.31 };
        let at = egui::pos2(stage.min.x + x * stage.width(), stage.center().y);
        window.harness.drag_at(at);
        window.harness.drop_at(at);
        window.harness.run();
        assert_eq!(window.harness.state().state.selected, Some(TrackId(1)));
        window.harness.get_by_label("left shoulder: 93 %");
    }
}

#[test]
fn a_click_beside_everyone_selects_nobody_unless_zoomed_in() {
    for (zoomed_in, selected) in [(false, None), (true, Some(TrackId(1)))] {
        let mut window = Window::new(SMALL);
        window.open_recording();
        press_command(&mut window, Command::SelectNextPerson);
        window.show(Epoch(1), nobody(Duration::from_millis(3280)));
        if zoomed_in {
            press_command(&mut window, Command::ZoomIn);
        }
        let stage = window
            .harness
            .get_by_label("Picture with nobody in it")
            .rect();
        window.harness.drag_at(stage.center());
        window.harness.drop_at(stage.center());
        window.harness.run();
        assert_eq!(window.harness.state().state.selected, selected);
    }
}

#[test]
fn results_can_be_of_the_selected_person_alone() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    press_command(&mut window, Command::SelectNextPerson);
    press_command(&mut window, Command::OnlySelected);
    assert!(last_sent(&window).contains("selection: Only(TrackId(1))"));
    // in another source that person is not; until it is open nothing changes
    press_command(&mut window, Command::OpenTestScene);
    let sent = format!("{:?}", window.take_sent());
    assert_eq!(sent, "[Open(Synthetic)]");
    window.tell(EngineEvent::SourceOpened {
        epoch: Epoch(2),
        info: recording_info(),
    });
    assert!(last_sent(&window).contains("selection: Everyone"));
    assert_eq!(window.harness.state().state.selected, None);
}

#[test]
fn who_was_followed_alone_is_forgotten_when_the_source_is_closed() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    press_command(&mut window, Command::SelectNextPerson);
    press_command(&mut window, Command::OnlySelected);
    press_command(&mut window, Command::CloseSource);
    let sent = format!("{:?}", window.take_sent());
    assert!(sent.contains("selection: Everyone"), "{sent}");
    assert!(!window.harness.state().state.follows_one_person());
}

#[test]
fn who_is_followed_alone_and_not_there_is_named() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    press_command(&mut window, Command::SelectNextPerson);
    press_command(&mut window, Command::OnlySelected);
    press_command(&mut window, Command::TogglePlay);
    window.show(Epoch(1), nobody(Duration::from_secs(4)));
    window.take_sent();
    let forgotten = |id| EngineEvent::PersonForgotten {
        epoch: Epoch(1),
        person: TrackId(id),
    };
    // somebody else than the one who was asked for since
    window.tell(forgotten(2));
    assert!(window.harness.state().state.follows_one_person());
    window.tell(forgotten(1));
    assert!(!window.harness.state().state.follows_one_person());
    // the engine may have been asked for the person once more meanwhile
    assert!(last_sent(&window).contains("selection: Everyone"));
    window
        .harness
        .get_by_label_contains("Everyone is shown again");
}

#[test]
fn what_the_command_line_asked_for_stays_until_somebody_changes_it() {
    for selection in [Selection::Only(TrackId(3)), Selection::Largest(20)] {
        let params = PipelineParams {
            detect_every: 100,
            max_people: 100,
            budget: Some(Duration::from_micros(16_600)),
            selection,
            ..PipelineParams::default()
        };
        let mut window = Window::with_options(
            LARGE,
            StartOptions {
                source: Some(recording_spec()),
                params: params.clone(),
                ..StartOptions::default()
            },
        );
        press_command(&mut window, Command::ToggleSettings);
        assert_eq!(window.harness.state().state.params, params);
        let sent = format!("{:?}", window.take_sent());
        assert!(!sent.contains("SetParams"), "{sent}");
    }
}

#[test]
fn the_people_panel_selects_too() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    window
        .harness
        .get_by_label_contains("Person 2, mean confidence")
        .click();
    window.harness.run();
    assert_eq!(window.harness.state().state.selected, Some(TrackId(2)));
    window.harness.get_by_label("right ear: 12 %");
    window.show(Epoch(1), nobody(Duration::from_secs(4)));
    window.harness.get_by_label("Person 2 is not in this frame");
}

#[test]
fn who_is_there_alone_can_be_selected_in_the_people_panel() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    let mut one_person = two_people(Duration::from_millis(3280));
    one_person.people.truncate(1);
    window.show(Epoch(1), one_person);
    // listed already, as there is nobody else
    window.harness.get_by_label("left shoulder: 93 %");
    for selected in [Some(TrackId(1)), None] {
        window
            .harness
            .get_by_label_contains("Person 1, mean confidence")
            .click();
        window.harness.run();
        assert_eq!(window.harness.state().state.selected, selected);
    }
}

/// A recording in which the second person bends an elbow twice, and the list of that person's angles.
pub(super) fn window_with_angles() -> Window {
    let frame = |number: u32| {
        let time = Duration::from_millis(3240) + number * Duration::from_millis(40);
        let bent_deg = 70.0 - 50.0 * (0.105 * f64::from(number) * 2.0).cos();
        with_bent_elbow(time, bent_deg as f32)
    };
    let mut window = Window::new(LARGE);
    window.tell_ready();
    window.open(Epoch(1), recording_spec(), recording_info());
    // one frame alone is shown, as frame rates would depend on how long the test takes
    let source = window.harness.state_mut().state.session.source.as_mut();
    let recent = &mut source.unwrap().recent;
    (0..60).for_each(|number| recent.add(&frame(number)));
    window.show(Epoch(1), frame(60));
    press_command(&mut window, Command::SelectNextPerson);
    press_command(&mut window, Command::SelectNextPerson);
    press_command(&mut window, Command::ToggleAngles);
    window
}

#[test]
fn angles_are_listed_in_place_of_joints() {
    let mut window = window_with_angles();
    assert_eq!(window.harness.state().state.selected, Some(TrackId(2)));
    window.harness.get_by_label("Seen from the right");
    // 70 - 50 cos(12.6) = 20
    window.harness.get_by_label("right elbow angle: 20°");
    assert!(
        window
            .harness
            .query_by_label_contains("right ear:")
            .is_none()
    );
    // other people's and other moments' angles are not mixed in
    window.show(Epoch(1), with_bent_elbow(Duration::from_secs(9), 110.0));
    window.harness.get_by_label("right elbow angle: 110°");
    window.harness.get_by_label("Joints").click();
    window.harness.run();
    window.harness.get_by_label("right ear: 12 %");
}
