//! The keys of commands.

use eframe::egui::{Key, KeyboardShortcut, Modifiers};

use super::command::Command;

const fn plain(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::SHIFT, key)
}

/// Ctrl, or ⌘ on a Mac.
const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

impl Command {
    /// The keys that run it, the one to show first.
    pub const fn shortcuts(self) -> &'static [KeyboardShortcut] {
        match self {
            Self::OpenFile => const { &[ctrl(Key::O), plain(Key::O)] },
            Self::OpenFolder => {
                const {
                    &[KeyboardShortcut::new(
                        Modifiers::COMMAND.plus(Modifiers::SHIFT),
                        Key::O,
                    )]
                }
            }
            Self::OpenCamera => const { &[ctrl(Key::K)] },
            Self::OpenTestScene => const { &[ctrl(Key::T)] },
            Self::SavePicture => const { &[plain(Key::S), ctrl(Key::S)] },
            Self::Record => const { &[plain(Key::R)] },
            Self::Export => const { &[ctrl(Key::E)] },
            Self::CloseSource => const { &[ctrl(Key::W)] },
            Self::Quit => const { &[ctrl(Key::Q)] },
            Self::TogglePlay => const { &[plain(Key::Space)] },
            Self::StepBackward => const { &[plain(Key::ArrowLeft), plain(Key::Comma)] },
            Self::StepForward => const { &[plain(Key::ArrowRight), plain(Key::Period)] },
            Self::JumpBackward => const { &[shift(Key::ArrowLeft)] },
            Self::JumpForward => const { &[shift(Key::ArrowRight)] },
            Self::GoToStart => const { &[plain(Key::Home)] },
            Self::GoToEnd => const { &[plain(Key::End)] },
            Self::Slower => const { &[plain(Key::OpenBracket), plain(Key::ArrowDown)] },
            Self::Faster => const { &[plain(Key::CloseBracket), plain(Key::ArrowUp)] },
            Self::ToggleSkeleton => const { &[plain(Key::K)] },
            Self::ToggleBoxes => const { &[plain(Key::B)] },
            Self::ToggleIdentities => const { &[plain(Key::I)] },
            Self::ToggleConfidenceColors => const { &[plain(Key::C)] },
            Self::ToggleJointNames => const { &[plain(Key::N)] },
            Self::ToggleMirror => const { &[plain(Key::M)] },
            Self::ToggleSmoothing => const { &[plain(Key::G)] },
            Self::SelectNextPerson => const { &[plain(Key::J)] },
            Self::OnlySelected => const { &[shift(Key::J)] },
            Self::ToggleAngles => const { &[plain(Key::A)] },
            Self::ZoomIn => const { &[plain(Key::Plus), plain(Key::Equals)] },
            Self::ZoomOut => const { &[plain(Key::Minus)] },
            Self::ZoomToFit => const { &[plain(Key::Num0)] },
            Self::ToggleTimings => const { &[plain(Key::T)] },
            Self::TogglePeople => const { &[plain(Key::P)] },
            Self::ToggleSettings => const { &[plain(Key::E)] },
            Self::ToggleTheme => const { &[plain(Key::L)] },
            Self::ToggleFullscreen => const { &[plain(Key::F), plain(Key::F11)] },
            Self::ToggleHelp => {
                const { &[plain(Key::H), plain(Key::Questionmark), plain(Key::F1)] }
            }
        }
    }

    /// Whether a key that is held down runs it again and again.
    pub const fn repeats(self) -> bool {
        matches!(
            self,
            Self::StepBackward
                | Self::StepForward
                | Self::JumpBackward
                | Self::JumpForward
                | Self::ZoomIn
                | Self::ZoomOut
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortcuts_do_not_clash() {
        let mut seen: Vec<(KeyboardShortcut, Command)> = Vec::new();
        for command in Command::ALL {
            assert!(!command.shortcuts().is_empty(), "{command:?} has no key");
            for shortcut in command.shortcuts() {
                let taken = seen.iter().find(|(other, _)| other == shortcut);
                assert!(taken.is_none(), "{command:?} and {taken:?}");
                seen.push((*shortcut, command));
            }
        }
    }
}
