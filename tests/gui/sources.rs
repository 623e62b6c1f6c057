//! What is opened, how it is named, and what goes wrong with it.

use poseglass::gui::action::Action;

use super::*;

#[test]
fn keys_type_letters_while_a_path_is_typed() {
    let mut window = Window::new(SMALL);
    window.take_sent();
    let field = window.harness.get_by_role(egui::Role::TextInput);
    field.focus();
    window.harness.run();
    window
        .harness
        .get_by_role(egui::Role::TextInput)
        .type_text("/tmp/walk.mp4");
    window.press(Modifiers::NONE, Key::M);
    assert!(!window.harness.state().state.overlay.mirror);
    window.press(Modifiers::NONE, Key::Enter);
    let sent = format!("{:?}", window.take_sent());
    assert_eq!(sent, r#"[Open(Path("/tmp/walk.mp4"))]"#);
}

#[test]
fn a_camera_that_does_not_exist_by_name_is_explained() {
    let mut window = Window::new(SMALL);
    window.take_sent();
    window.harness.get_by_role(egui::Role::TextInput).focus();
    window.harness.run();
    window
        .harness
        .get_by_role(egui::Role::TextInput)
        .type_text("camera:front");
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.take_sent().is_empty());
    window.harness.get_by_label_contains("is no camera");
}

#[test]
fn cameras_are_listed_and_opened_by_name() {
    let mut window = Window::new(SMALL);
    assert!(matches!(
        window.take_sent().as_slice(),
        [EngineCommand::FindCameras]
    ));
    let camera = |number, name: &str| CameraChoice {
        number,
        name: name.to_owned(),
    };
    window.tell(EngineEvent::CamerasFound {
        cameras: Ok(vec![
            camera(0, "Integrated camera"),
            camera(2, "USB microscope"),
        ]),
    });
    window.harness.get_by_label("USB microscope").click();
    window.harness.run();
    assert_eq!(last_sent(&window), "Open(Camera(2))");
}

#[test]
fn dropped_and_chosen_files_are_opened() {
    #[derive(Debug)]
    struct Dropped;
    impl egui::DroppedFile for Dropped {
        fn path(&self) -> &std::path::Path {
            "/recordings/dropped.mp4".as_ref()
        }
        fn bytes(&self) -> Result<Vec<u8>, String> {
            Err("not read".to_owned())
        }
    }
    let mut window = Window::new(SMALL);
    let file = std::sync::Arc::new(Dropped);
    window.harness.input_mut().dropped_files.push(file);
    window.harness.run();
    assert_eq!(
        last_sent(&window),
        r#"Open(Path("/recordings/dropped.mp4"))"#
    );

    press_command(&mut window, Command::OpenFile);
    assert_eq!(*window.dialog.n_opened.borrow(), 1);
    *window.dialog.answer.borrow_mut() = Some(Answer::Chosen("/recordings/chosen.mp4".into()));
    window.harness.run();
    assert_eq!(
        last_sent(&window),
        r#"Open(Path("/recordings/chosen.mp4"))"#
    );
    *window.dialog.answer.borrow_mut() = Some(Answer::Unavailable);
    window.harness.run();
    window
        .harness
        .get_by_label_contains("offers no file dialog");
}

#[test]
fn a_source_that_was_named_at_the_start_is_opened() {
    let window = Window::with_options(
        SMALL,
        StartOptions {
            source: Some(recording_spec()),
            ..StartOptions::default()
        },
    );
    assert_eq!(
        last_sent(&window),
        r#"Open(Path("/recordings/stretching.mp4"))"#
    );
}

#[test]
fn late_results_of_another_source_are_not_shown() {
    let mut window = Window::new(SMALL);
    window.open_recording();
    window.open(Epoch(2), SourceSpec::Camera(0), camera_info());
    window.show(Epoch(1), two_people(Duration::ZERO));
    assert!(window.harness.state().state.session.result().is_none());
    window.show(Epoch(2), nobody(Duration::ZERO));
    assert!(window.harness.state().state.session.result().is_some());
    // nor does a late event of the old one close the new one
    window.tell(EngineEvent::SourceFailed {
        epoch: Epoch(1),
        message: "late".to_owned(),
    });
    assert!(window.harness.state().state.session.failure.is_none());
}

#[test]
fn closing_leads_back_to_the_start_and_late_news_do_not_reopen() {
    let mut window = Window::new(SMALL);
    window.open_recording();
    press_command(&mut window, Command::CloseSource);
    assert_eq!(last_sent(&window), "Close");
    window.tell(EngineEvent::SourceOpened {
        epoch: Epoch(1),
        info: recording_info(),
    });
    window.harness.get_by_label("poseglass");
}

#[test]
fn trouble_is_said_where_it_is_seen() {
    let mut window = Window::new(LARGE);
    window.tell(EngineEvent::NetsReady {
        backend: "CPU".to_owned(),
        fallback: Some("CUDA was not found, the processor is used".to_owned()),
        pose_net: fast(),
        pose_nets: vec!["fast".to_owned()],
    });
    assert!(
        window
            .harness
            .query_all_by_label_contains("CUDA was not found")
            .count()
            >= 1
    );
    window.open(Epoch(1), SourceSpec::Camera(0), camera_info());
    window.show(Epoch(1), two_people(Duration::ZERO));
    window.tell(EngineEvent::SourceFailed {
        epoch: Epoch(1),
        message: "the camera was unplugged".to_owned(),
    });
    window.harness.get_by_label("The camera was unplugged");
    window.harness.get_by_label("Dismiss");
    window.tell(EngineEvent::NetsFailed {
        message: "weights/fast.safetensors is damaged: install poseglass again".to_owned(),
    });
    window
        .harness
        .get_by_label_contains("install poseglass again");
}

/// A text file was dropped by mistake.
fn drop_notes(window: &mut Window) {
    window.handle(Action::OpenDropped(vec!["/tmp/notes.txt".into()]));
    window.harness.run();
}

#[test]
fn a_file_that_cannot_be_opened_leaves_what_was_open_as_it_was() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    press_command(&mut window, Command::SelectNextPerson);
    press_command(&mut window, Command::OnlySelected);
    press_command(&mut window, Command::ZoomIn);
    press_command(&mut window, Command::ToggleMirror);
    window.take_sent();
    drop_notes(&mut window);
    let sent = format!("{:?}", window.take_sent());
    assert_eq!(sent, r#"[Open(Path("/tmp/notes.txt"))]"#);
    // shown until then, and played
    window.harness.get_by_label("Picture with 2 people");
    let n_titles = window
        .harness
        .query_all_by_label_contains("Opening notes.txt")
        .count();
    assert!(0 < n_titles);
    window.show(Epoch(1), two_people(Duration::from_millis(3280)));
    window.tell(EngineEvent::SourceFailed {
        epoch: Epoch(2),
        message: "/tmp/notes.txt is a text file".to_owned(),
    });
    window
        .harness
        .get_by_label("This could not be opened: /tmp/notes.txt is a text file");
    window.show(Epoch(1), two_people(Duration::from_millis(3320)));
    let state = &window.harness.state().state;
    assert_eq!(state.session.opening, None);
    assert_eq!(state.session.failure, None);
    assert_eq!(state.selected, Some(TrackId(1)));
    assert!(state.follows_one_person() && state.overlay.mirror);
    assert!(1.0 < state.viewpoint.zoom);
    let source = state.session.source.as_ref().unwrap();
    assert_eq!(source.spec, recording_spec());
    assert_eq!(source.position(), Duration::from_millis(3320));
    assert_eq!(is_paused(&window), Some(false));
    assert!(window.take_sent().is_empty());
}

#[test]
fn a_recording_takes_the_place_of_the_one_before_when_it_is_open() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    press_command(&mut window, Command::SelectNextPerson);
    press_command(&mut window, Command::ZoomIn);
    press_command(&mut window, Command::TogglePlay);
    drop_notes(&mut window);
    window.tell(EngineEvent::SourceOpened {
        epoch: Epoch(2),
        info: recording_info(),
    });
    let state = &window.harness.state().state;
    assert!(state.session.result().is_none());
    assert_eq!((state.selected, state.viewpoint.zoom), (None, 1.0));
    let source = state.session.source.as_ref().unwrap();
    assert_eq!(source.spec, SourceSpec::Path("/tmp/notes.txt".into()));
    assert_eq!(is_paused(&window), Some(false));
}

#[test]
fn a_camera_makes_room_for_another_one_at_once() {
    let mut window = Window::new(LARGE);
    window.open_camera();
    press_command(&mut window, Command::OpenCamera);
    assert!(window.harness.state().state.session.source.is_none());
    window.tell(EngineEvent::SourceFailed {
        epoch: Epoch(2),
        message: "the camera was unplugged".to_owned(),
    });
    window.harness.get_by_label("The camera was unplugged");
}

#[test]
fn what_a_source_left_out_is_one_message_that_grows() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    for message in ["1 of 9 pictures is missing", "2 of 9 pictures are missing"] {
        window.tell(EngineEvent::SourceWarning {
            epoch: Epoch(1),
            message: message.to_owned(),
        });
        window.harness.get_by_label(message);
        assert_eq!(window.harness.state().state.toasts.iter().count(), 1);
    }
    // late news of a source that is closed
    window.open(Epoch(2), SourceSpec::Camera(0), camera_info());
    window.tell(EngineEvent::SourceWarning {
        epoch: Epoch(1),
        message: "3 of 9 pictures are missing".to_owned(),
    });
    assert!(window.harness.query_by_label_contains("3 of 9").is_none());
}
