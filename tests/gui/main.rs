//! Clicks through the window and presses its keys, without display or graphics card.
#![expect(
    clippy::unwrap_used,
    reason = "helper functions of tests; clippy knows #[test] functions only"
)]

mod camera_recording;
mod exporting;
mod folders;
mod gui_fixtures;

mod gui_renderer;
mod kept;
mod keys;
mod people;
mod playback;
mod rates;
mod saving;
mod snapshots;
mod sources;

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
    Window, camera_info, fast, nobody, recording_info, recording_spec, two_people, with_bent_elbow,
};

const LARGE: [f32; 2] = [1280.0, 800.0];
const SMALL: [f32; 2] = [800.0, 600.0];

fn last_sent(window: &Window) -> String {
    let sent = window.take_sent();
    sent.last()
        .map_or_else(String::new, |command| format!("{command:?}"))
}

/// Whether what is open is paused; `None` where nothing is.
fn is_paused(window: &Window) -> Option<bool> {
    let source = window.harness.state().state.session.source.as_ref();
    source.map(|source| source.paused)
}

fn press_command(window: &mut Window, command: Command) {
    let shortcut = command.shortcuts()[0];
    window.press(shortcut.modifiers, shortcut.logical_key);
}

/// As [`press_command`], but no further: the order to the window is seen in the very step of the key alone.
fn press_quit(window: &mut Window) {
    window.harness.event(egui::Event::Key {
        key: Key::Q,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::COMMAND,
    });
    window.harness.step();
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
        "{:?} {:?} {:?} {:?} {:?} angles {} timings {} help {} full {} dialogs {} for {:?} theme {:?} zoom {:.3} exports {} toasts {} paused {:?} sent {:?} window {commands:?}",
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
        window.dialog.wanted.borrow(),
        window.harness.ctx.theme(),
        state.viewpoint.zoom,
        state.export.shows_dialog,
        state.toasts.iter().count(),
        is_paused(window),
        window.script.borrow().sent,
    )
}

#[test]
fn each_key_does_something_and_its_menu_item_the_same() {
    let pictures = tempfile::tempdir().unwrap();
    let open = |command: Command| {
        let mut window = Window::with_options(
            LARGE,
            StartOptions {
                pictures_dir: Some(pictures.path().to_owned()),
                ..StartOptions::default()
            },
        );
        if command == Command::Record {
            window.open_camera();
        } else {
            window.open_recording();
        }
        // zoomed in, so that all zoom commands have something to do
        press_command(&mut window, Command::ZoomIn);
        press_command(&mut window, Command::SelectNextPerson);
        window.take_sent();
        window
    };
    for command in Command::ALL {
        let mut by_key = open(command);
        let before = effect(&by_key);
        if command == Command::Quit {
            press_quit(&mut by_key);
            assert!(effect(&by_key).contains("window [Close"), "{command:?}");
            continue;
        }
        press_command(&mut by_key, command);
        assert_ne!(
            effect(&by_key),
            before,
            "the key of {command:?} does nothing"
        );

        let mut by_menu = open(command);
        click_in_menu(&mut by_menu, command);
        assert_eq!(effect(&by_menu), effect(&by_key), "{command:?}");
    }
}

#[test]
fn a_key_that_can_do_nothing_says_what_it_waits_for() {
    let mut window = Window::new(LARGE);
    press_command(&mut window, Command::TogglePlay);
    window
        .harness
        .get_by_label("Open a video or a camera first");
    window.open_camera();
    press_command(&mut window, Command::Export);
    window.harness.get_by_label_contains("A camera has no end");
    press_command(&mut window, Command::StepForward);
    window
        .harness
        .get_by_label_contains("A camera shows what happens now");
    assert!(window.take_sent().is_empty());
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
fn closing_the_settings_leads_back_to_the_people() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    let panel = |window: &Window| window.harness.state().state.side_panel;
    for _ in 0..2 {
        press_command(&mut window, Command::ToggleSettings);
        assert_eq!(panel(&window), Some(SidePanel::Settings));
        press_command(&mut window, Command::ToggleSettings);
        assert_eq!(panel(&window), Some(SidePanel::People));
    }
    press_command(&mut window, Command::TogglePeople);
    assert_eq!(panel(&window), None);
}

#[test]
fn another_pose_net_is_asked_for_and_one_that_fails_is_not_shown_as_chosen() {
    let mut window = Window::new(LARGE);
    window.tell_ready();
    window.open_recording();
    press_command(&mut window, Command::ToggleSettings);
    window.harness.get_by_label("Look in a mirror too").click();
    window.harness.run();
    assert!(last_sent(&window).contains("flip_test: true"));
    let mut lists = window.harness.get_all_by_role(egui::Role::ComboBox);
    lists.next().expect("the list of pose nets").click();
    drop(lists);
    window.harness.run();
    window.harness.get_by_label("accurate").click();
    window.harness.run();
    assert!(last_sent(&window).contains(r#"model: "accurate", flip_test: true"#));
    window.tell(EngineEvent::PoseNetFailed {
        message: "its weights are damaged".to_owned(),
        pose_net: fast(),
    });
    assert_eq!(window.harness.state().state.pose_net, Some(fast()));
    window
        .harness
        .get_by_label_contains("stays fast: its weights are damaged");
}

#[test]
fn a_button_that_has_the_keyboard_leaves_the_keys_that_it_does_not_need() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    window.press(Modifiers::NONE, Key::Tab);
    assert!(window.harness.ctx.egui_wants_keyboard_input());
    window.take_sent();
    window.press(Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(last_sent(&window), "Seek(8.24s)");
    window.press(Modifiers::NONE, Key::Home);
    assert_eq!(last_sent(&window), "Seek(0ns)");
    // leads to the next button
    window.press(Modifiers::NONE, Key::ArrowRight);
    assert!(window.take_sent().is_empty());
}
