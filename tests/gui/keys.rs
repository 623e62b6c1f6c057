//! Where keys go: while a dialog is open, and while the picture, the seek bar or a button has the keyboard.

use poseglass::gui::export_choice::Output;

use super::*;

/// The commands that open a dialog above everything else, and close it again.
const OF_DIALOGS: [Command; 2] = [Command::ToggleHelp, Command::Export];

/// Gives the keyboard to what has this label, as somebody who goes there with Tab.
fn give_keyboard(window: &mut Window, label: &str) {
    window.harness.get_by_label(label).focus();
    window.harness.run();
    assert!(window.harness.ctx.egui_wants_keyboard_input(), "{label}");
}

fn shows_dialog(window: &Window) -> bool {
    window.harness.state().state.shows_dialog()
}

/// A recording that plays, with the dialog of `command` above it.
fn window_with_dialog(command: Command) -> Window {
    let mut window = Window::new(LARGE);
    window.open_recording();
    // zoomed in, so that all zoom commands would have something to do
    press_command(&mut window, Command::ZoomIn);
    press_command(&mut window, Command::SelectNextPerson);
    press_command(&mut window, command);
    assert!(shows_dialog(&window), "{command:?}");
    window.take_sent();
    window
}

#[test]
fn keys_change_nothing_behind_a_dialog() {
    for dialog in OF_DIALOGS {
        let mut window = window_with_dialog(dialog);
        let before = effect(&window);
        let others =
            (Command::ALL.into_iter()).filter(|command| ![dialog, Command::Quit].contains(command));
        for command in others {
            for shortcut in command.shortcuts() {
                window.press(shortcut.modifiers, shortcut.logical_key);
                let after = effect(&window);
                assert_eq!(after, before, "{command:?} behind {dialog:?}");
            }
        }
    }
}

#[test]
fn the_window_is_closed_from_behind_a_dialog() {
    for dialog in OF_DIALOGS {
        let mut window = window_with_dialog(dialog);
        press_quit(&mut window);
        assert!(effect(&window).contains("window [Close"), "{dialog:?}");
    }
}

#[test]
fn nothing_is_recorded_from_behind_the_list_of_keys() {
    let mut window = Window::new(LARGE);
    window.open_camera();
    press_command(&mut window, Command::ToggleHelp);
    press_command(&mut window, Command::Record);
    assert!(window.take_sent().is_empty());
    press_command(&mut window, Command::ToggleHelp);
    press_command(&mut window, Command::Record);
    assert!(last_sent(&window).starts_with("StartRecording"));
}

#[test]
fn a_dialog_is_closed_by_its_own_keys_and_then_all_keys_act_again() {
    for dialog in OF_DIALOGS {
        let its_keys = dialog.shortcuts().iter();
        let its_keys = its_keys.map(|shortcut| (shortcut.modifiers, shortcut.logical_key));
        for (modifiers, key) in its_keys.chain([(Modifiers::NONE, Key::Escape)]) {
            let mut window = window_with_dialog(dialog);
            window.press(modifiers, key);
            assert!(!shows_dialog(&window), "{key:?} with {dialog:?}");
            window.press(Modifiers::NONE, Key::Space);
            let sent = format!("{:?}", window.take_sent());
            assert_eq!(sent, "[SetPaused(true)]", "{key:?} with {dialog:?}");
        }
    }
}

#[test]
fn what_is_in_a_dialog_is_pressed_with_space_and_enter() {
    let mut window = window_with_dialog(Command::Export);
    let is_chosen = |window: &Window| {
        let choice = &window.harness.state().state.export.choice;
        choice.has(Output::Annotated)
    };
    assert!(is_chosen(&window));
    give_keyboard(&mut window, "Annotated video");
    window.press(Modifiers::NONE, Key::Space);
    assert!(!is_chosen(&window));
    give_keyboard(&mut window, "Close");
    window.press(Modifiers::NONE, Key::Enter);
    assert!(!shows_dialog(&window));
    assert!(window.take_sent().is_empty());
}

#[test]
fn space_plays_and_pauses_where_the_picture_or_the_seek_bar_has_the_keyboard() {
    for label in ["Picture with 2 people", "Position"] {
        let mut window = Window::new(LARGE);
        window.open_recording();
        give_keyboard(&mut window, label);
        window.take_sent();
        for expected in ["[SetPaused(true)]", "[SetPaused(false)]"] {
            window.press(Modifiers::NONE, Key::Space);
            let sent = format!("{:?}", window.take_sent());
            assert_eq!(sent, expected, "{label}");
        }
        // it stays there
        assert!(window.harness.ctx.egui_wants_keyboard_input(), "{label}");
    }
}

#[test]
fn space_presses_the_button_that_has_the_keyboard() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    give_keyboard(&mut window, "Next frame");
    window.take_sent();
    window.press(Modifiers::NONE, Key::Space);
    let sent = format!("{:?}", window.take_sent());
    assert_eq!(sent, "[StepForward]");
}
