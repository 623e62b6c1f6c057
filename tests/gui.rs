//! Clicks through the window and presses its keys, without display or graphics card.
#![expect(
    clippy::unwrap_used,
    reason = "helper functions of tests; clippy knows #[test] functions only"
)]

mod gui_fixtures;
mod gui_renderer;

use std::time::Duration;

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use poseglass::engine::{CameraChoice, EngineCommand, EngineEvent, Epoch};
use poseglass::gui::StartOptions;
use poseglass::gui::command::{Command, Menu};
use poseglass::gui::file_dialog::Answer;
use poseglass::gui::options::SidePanel;
use poseglass::source::{SourceInfo, SourceKind, SourceSpec};
use poseglass::types::TrackId;

use gui_fixtures::{
    Window, camera_info, nobody, recording_info, recording_spec, two_people, with_bent_elbow,
};

const LARGE: [f32; 2] = [1280.0, 800.0];
const SMALL: [f32; 2] = [800.0, 600.0];

fn last_sent(window: &Window) -> String {
    let sent = window.take_sent();
    sent.last()
        .map_or_else(String::new, |command| format!("{command:?}"))
}

fn press_command(window: &mut Window, command: Command) {
    let shortcut = command.shortcuts()[0];
    window.press(shortcut.modifiers, shortcut.logical_key);
}

fn click_in_menu(window: &mut Window, command: Command) {
    window.harness.get_by_label(command.menu().text()).click();
    window.harness.run();
    // the menus are at the left, where nothing else bears the same names
    let item = window
        .harness
        .get_all_by_label_contains(command.text())
        .find(|node| node.rect().min.x < 260.0 && 32.0 < node.rect().min.y)
        .unwrap();
    item.click();
    window.harness.run();
}

/// What a command changed, as one line.
fn effect(window: &Window) -> String {
    let state = &window.harness.state().state;
    let commands = window.harness.output().viewport_output[&egui::ViewportId::ROOT]
        .commands
        .clone();
    format!(
        "{:?} {:?} {:?} {:?} {:?} angles {} timings {} help {} full {} dialogs {} theme {:?} zoom {:.3} toasts {} paused {:?} sent {:?} window {commands:?}",
        state.overlay,
        state.params,
        state.side_panel,
        state.selected,
        state.session.opening,
        state.shows_angles,
        state.shows_timings,
        state.shows_help,
        state.fullscreen,
        window.dialog.n_opened.borrow(),
        window.harness.ctx.theme(),
        state.viewpoint.zoom,
        state.toasts.iter().count(),
        state.session.source.as_ref().map(|source| source.paused),
        window.script.borrow().sent,
    )
}

#[test]
fn each_key_does_something_and_its_menu_item_the_same() {
    let pictures = tempfile::tempdir().unwrap();
    let open = || {
        let mut window = Window::with_options(
            LARGE,
            StartOptions {
                pictures_dir: Some(pictures.path().to_owned()),
                ..StartOptions::default()
            },
        );
        window.open_recording();
        // zoomed in, so that all zoom commands have something to do
        press_command(&mut window, Command::ZoomIn);
        press_command(&mut window, Command::SelectNextPerson);
        window.take_sent();
        window
    };
    for command in Command::ALL {
        let mut by_key = open();
        let before = effect(&by_key);
        if command == Command::Quit {
            // the order to the window is seen in the very step of the key alone
            by_key.harness.event(egui::Event::Key {
                key: Key::Q,
                physical_key: None,
                pressed: true,
                repeat: false,
                modifiers: Modifiers::COMMAND,
            });
            by_key.harness.step();
            assert!(effect(&by_key).contains("window [Close"), "{command:?}");
            continue;
        }
        press_command(&mut by_key, command);
        assert_ne!(
            effect(&by_key),
            before,
            "the key of {command:?} does nothing"
        );

        let mut by_menu = open();
        click_in_menu(&mut by_menu, command);
        assert_eq!(effect(&by_menu), effect(&by_key), "{command:?}");
    }
}

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
fn playing_at_the_end_begins_again() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    window.tell(EngineEvent::SourceEnded { epoch: Epoch(1) });
    assert!(
        window
            .harness
            .state()
            .state
            .session
            .source
            .as_ref()
            .unwrap()
            .paused
    );
    window.press(Modifiers::NONE, Key::Space);
    let sent = format!("{:?}", window.take_sent());
    assert_eq!(sent, "[Seek(0ns), SetPaused(false)]");
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
fn results_can_be_of_the_selected_person_alone() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    press_command(&mut window, Command::SelectNextPerson);
    press_command(&mut window, Command::OnlySelected);
    assert!(last_sent(&window).contains("selection: Only(TrackId(1))"));
    // in another source that person is not
    press_command(&mut window, Command::OpenTestScene);
    let sent = format!("{:?}", window.take_sent());
    assert!(sent.contains("selection: Everyone"), "{sent}");
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

/// A recording in which the second person bends an elbow twice, and the list of that person's angles.
fn window_with_angles() -> Window {
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

#[test]
fn settings_reach_the_engine() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    press_command(&mut window, Command::ToggleSettings);
    assert_eq!(
        window.harness.state().state.side_panel,
        Some(SidePanel::Settings)
    );
    window.harness.get_by_label("Smoothing").click();
    window.harness.run();
    assert!(last_sent(&window).contains("smoothing: false"));
    window.harness.get_by_label("Skeletons").click();
    window.harness.run();
    assert!(!window.harness.state().state.overlay.skeletons);
    assert!(
        window.take_sent().is_empty(),
        "what is drawn is the window's own matter"
    );
}

#[test]
fn saved_pictures_are_told_of_and_nothing_is_overwritten() {
    let pictures = tempfile::tempdir().unwrap();
    let mut window = Window::with_options(
        LARGE,
        StartOptions {
            pictures_dir: Some(pictures.path().to_owned()),
            ..StartOptions::default()
        },
    );
    window.open_camera();
    for _ in 0..2 {
        press_command(&mut window, Command::SavePicture);
    }
    let n_files = std::fs::read_dir(pictures.path()).unwrap().count();
    assert_eq!(n_files, 2);
    assert!(window.harness.query_all_by_label_contains("Saved ").count() == 2);
}

#[test]
fn a_picture_that_cannot_be_saved_is_an_error_message() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, b"x").unwrap();
    let mut window = Window::with_options(
        LARGE,
        StartOptions {
            pictures_dir: Some(file),
            ..StartOptions::default()
        },
    );
    window.open_camera();
    press_command(&mut window, Command::SavePicture);
    window
        .harness
        .get_by_label_contains("The picture was not saved");
}

#[test]
fn trouble_is_said_where_it_is_seen() {
    let mut window = Window::new(LARGE);
    window.tell(EngineEvent::NetsReady {
        backend: "CPU".to_owned(),
        fallback: Some("CUDA was not found, the processor is used".to_owned()),
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

mod snapshots {
    //! What the window looks like; `UPDATE_SNAPSHOTS=1` writes the pictures anew. Look at them then.

    use super::*;

    const SIZE: [f32; 2] = [960.0, 600.0];

    #[test]
    fn start_screen() {
        let mut window = Window::new(SMALL);
        window.tell_ready();
        window.tell(EngineEvent::CamerasFound {
            cameras: Ok(vec![CameraChoice {
                number: 0,
                name: "Integrated camera".to_owned(),
            }]),
        });
        window.harness.snapshot("start_screen");
    }

    #[test]
    fn start_screen_after_an_error() {
        let mut window = Window::new(SMALL);
        window.tell_ready();
        window.tell(EngineEvent::CamerasFound {
            cameras: Ok(Vec::new()),
        });
        press_command(&mut window, Command::OpenCamera);
        window.tell(EngineEvent::SourceFailed {
            epoch: Epoch(1),
            message: "there is no camera: plug one in, or list them with `poseglass cameras`"
                .to_owned(),
        });
        window.harness.snapshot("start_screen_after_an_error");
    }

    #[test]
    fn live() {
        let mut window = Window::new(SIZE);
        window.open_camera();
        window.harness.snapshot("live");
    }

    #[test]
    fn recording_with_a_selected_person() {
        let mut window = Window::new(SIZE);
        window.open_recording();
        press_command(&mut window, Command::TogglePlay);
        press_command(&mut window, Command::SelectNextPerson);
        window.harness.snapshot("recording_with_a_selected_person");
    }

    #[test]
    fn angles_of_the_selected_person() {
        let mut window = window_with_angles();
        window.harness.snapshot("angles_of_the_selected_person");
    }

    #[test]
    fn settings_in_light_colors() {
        let mut window = Window::new(SIZE);
        window.open_recording();
        press_command(&mut window, Command::ToggleSettings);
        press_command(&mut window, Command::ToggleTheme);
        window.harness.snapshot("settings_in_light_colors");
    }

    #[test]
    fn camera_lost() {
        let mut window = Window::new(SMALL);
        window.open_camera();
        window.tell(EngineEvent::Reconnecting {
            epoch: Epoch(1),
            message: "Plug it in again".to_owned(),
        });
        press_command(&mut window, Command::TogglePeople);
        window.harness.snapshot("camera_lost");
    }

    #[test]
    fn help() {
        let mut window = Window::new(SIZE);
        press_command(&mut window, Command::ToggleHelp);
        window.harness.snapshot("help");
    }
}
