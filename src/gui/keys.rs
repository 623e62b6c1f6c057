//! From keys that were pressed to commands.

use eframe::egui::{self, Event, KeyboardShortcut, Modifiers};

use super::command::Command;
use super::seek_bar;
use super::stage;
use super::state::GuiState;

/// Takes the key presses that mean a command out of this frame's input.
///
/// Nothing is taken while text is being typed; while a button or slider has the keyboard,
/// the keys that move or press it, or that move the keyboard on to the next one, stay with it.
/// Behind a dialog keys do nothing, but for those that close it.
pub fn take_commands(ctx: &egui::Context, state: &GuiState) -> Vec<Command> {
    if ctx.text_edit_focused() {
        return Vec::new();
    }
    let focused = ctx.memory(|memory| memory.focused());
    let mut commands = Vec::new();
    ctx.input_mut(|input| {
        input.events.retain(|event| {
            let Event::Key {
                key,
                pressed: true,
                repeat,
                modifiers,
                ..
            } = event
            else {
                return true;
            };
            if focused.is_some_and(|widget| belongs_to(widget, *key, *modifiers)) {
                return true;
            }
            let command = command_of(*key, *modifiers);
            let Some(command) = command.filter(|command| state.hears_keys_of(*command)) else {
                return true;
            };
            if !repeat || command.repeats() {
                commands.push(command);
            }
            false
        });
    });
    commands
}

/// The command of a key; shift counts only where two commands differ by it, as `?` and `+` need it to be typed.
fn command_of(key: egui::Key, modifiers: Modifiers) -> Option<Command> {
    let matching = |exactly: bool| {
        Command::ALL.into_iter().find(|command| {
            command.shortcuts().iter().any(|shortcut| {
                shortcut.logical_key == key
                    && if exactly {
                        modifiers.matches_exact(shortcut.modifiers)
                    } else {
                        is_typed_with_shift(*shortcut)
                            && modifiers.matches_logically(shortcut.modifiers)
                    }
            })
        })
    };
    matching(true).or_else(|| matching(false))
}

/// Signs that need shift on some keyboard.
fn is_typed_with_shift(shortcut: KeyboardShortcut) -> bool {
    matches!(
        shortcut.logical_key,
        egui::Key::Plus
            | egui::Key::Equals
            | egui::Key::Minus
            | egui::Key::Questionmark
            | egui::Key::Num0
            | egui::Key::Comma
            | egui::Key::Period
    )
}

/// Whether a key presses, moves or leaves `widget`, which has the keyboard.
fn belongs_to(widget: egui::Id, key: egui::Key, modifiers: Modifiers) -> bool {
    match key {
        // a click there needs a place, which a key does not have: space plays as it does everywhere
        egui::Key::Space => ![stage::id(), seek_bar::track_id()].contains(&widget),
        egui::Key::Enter => true,
        egui::Key::ArrowLeft
        | egui::Key::ArrowRight
        | egui::Key::ArrowUp
        | egui::Key::ArrowDown => modifiers == Modifiers::NONE,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::Key;

    #[test]
    fn shift_tells_jumps_from_steps() {
        assert_eq!(
            command_of(Key::ArrowLeft, Modifiers::NONE),
            Some(Command::StepBackward)
        );
        assert_eq!(
            command_of(Key::ArrowLeft, Modifiers::SHIFT),
            Some(Command::JumpBackward)
        );
    }

    #[test]
    fn signs_may_need_shift() {
        assert_eq!(
            command_of(Key::Questionmark, Modifiers::SHIFT),
            Some(Command::ToggleHelp)
        );
        assert_eq!(
            command_of(Key::Plus, Modifiers::SHIFT),
            Some(Command::ZoomIn)
        );
    }

    #[test]
    fn letters_with_ctrl_or_alt_are_not_the_plain_letters() {
        assert_eq!(
            command_of(Key::K, Modifiers::NONE),
            Some(Command::ToggleSkeleton)
        );
        assert_eq!(
            command_of(Key::K, Modifiers::COMMAND),
            Some(Command::OpenCamera)
        );
        assert_eq!(command_of(Key::B, Modifiers::COMMAND), None);
        assert_eq!(command_of(Key::B, Modifiers::ALT), None);
    }
}
