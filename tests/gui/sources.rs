//! What is opened, how it is named, and what goes wrong with it.

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
