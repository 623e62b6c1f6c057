//! Everything that a user can do with a key or a menu: the one list that gives menus, keys, buttons, help and the table of
//! the README.
//!
//! What a command waits for, and whether what it switches is on, is in `command_state.rs`.

use eframe::egui::{Key, KeyboardShortcut, Modifiers};

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

const fn ctrl_shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
}

/// Makes [`Command`] of the list below: menus in their order, in each its commands with what menus call them, one sentence
/// more, and their keys, the one to show first.
macro_rules! commands {
    ($($menu:ident { $($command:ident: $text:literal, $tooltip:literal, [$($key:expr),+];)+ })+) => {
        /// Something that a user can ask for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Command {
            $($(#[doc = $tooltip] $command,)+)+
        }

        const N_COMMANDS: usize = [$($(stringify!($command)),+),+].len();

        impl Command {
            /// All commands, in the order of menus and help.
            pub const ALL: [Self; N_COMMANDS] = [$($(Self::$command),+),+];

            /// Which menu it is in.
            pub const fn menu(self) -> Menu {
                match self {
                    $($(Self::$command)|+ => Menu::$menu,)+
                }
            }

            /// What menus, buttons and help call it.
            pub const fn text(self) -> &'static str {
                match self {
                    $($(Self::$command => $text,)+)+
                }
            }

            /// One sentence more.
            pub const fn tooltip(self) -> &'static str {
                match self {
                    $($(Self::$command => $tooltip,)+)+
                }
            }

            /// The keys that run it, the one to show first.
            pub const fn shortcuts(self) -> &'static [KeyboardShortcut] {
                match self {
                    $($(Self::$command => const { &[$($key),+] },)+)+
                }
            }
        }
    };
}

commands! {
    File {
        OpenFile:
            "Open file…",
            "Choose a video, a picture, or results of an earlier run",
            [ctrl(Key::O), plain(Key::O)];
        OpenFolder:
            "Open folder…",
            "Choose a folder of pictures",
            [ctrl_shift(Key::O)];
        OpenCamera:
            "Open camera",
            "Follow people in front of the first camera",
            [ctrl(Key::K)];
        OpenTestScene:
            "Open test scene",
            "A drawn scene with moving figures, for trying the window without camera or file",
            [ctrl(Key::T)];
        SavePicture:
            "Save picture",
            "Write the frame with its skeletons, without names of joints, as a PNG file beside the recording, of a camera in the folder for pictures",
            [plain(Key::S), ctrl(Key::S)];
        Record:
            "Record",
            "Write what the camera sees as a video, and its people to a file beside it; once more ends that",
            [plain(Key::R)];
        Export:
            "Export…",
            "Write an annotated video, tables and other files of the whole recording",
            [ctrl(Key::E)];
        CloseSource:
            "Close",
            "Back to the start screen",
            [ctrl(Key::W)];
        Quit:
            "Quit",
            "Close the window",
            [ctrl(Key::Q)];
    }
    Playback {
        TogglePlay:
            "Play or pause",
            "Go on, or hold the picture",
            [plain(Key::Space)];
        StepBackward:
            "Previous frame",
            "Pause and show the frame before",
            [plain(Key::ArrowLeft), plain(Key::Comma)];
        StepForward:
            "Next frame",
            "Pause and show the next frame",
            [plain(Key::ArrowRight), plain(Key::Period)];
        JumpBackward:
            "Back 5 seconds",
            "Jump 5 seconds back in the recording",
            [shift(Key::ArrowLeft)];
        JumpForward:
            "On 5 seconds",
            "Jump 5 seconds ahead in the recording",
            [shift(Key::ArrowRight)];
        GoToStart:
            "To the start",
            "Jump to the first frame",
            [plain(Key::Home)];
        GoToEnd:
            "To the end",
            "Jump to the last frame",
            [plain(Key::End)];
        Slower:
            "Slower",
            "Play slower, down to a tenth of the speed",
            [plain(Key::OpenBracket), plain(Key::ArrowDown)];
        Faster:
            "Faster",
            "Play faster, up to twice the speed",
            [plain(Key::CloseBracket), plain(Key::ArrowUp)];
    }
    Overlay {
        ToggleSkeleton:
            "Skeletons",
            "Draw limbs and joints",
            [plain(Key::K)];
        ToggleBoxes:
            "Boxes",
            "Draw a box around each person",
            [plain(Key::B)];
        ToggleIdentities:
            "Identities",
            "Write each person's number, which stays while the person can be followed",
            [plain(Key::I)];
        ToggleConfidenceColors:
            "Confidence colors",
            "Color joints from red (unsure) over yellow to green (sure)",
            [plain(Key::C)];
        ToggleJointNames:
            "Joint names",
            "Write the name beside each joint",
            [plain(Key::N)];
        ToggleMirror:
            "Mirror",
            "Show the picture as a mirror would; left and right of the data stay as they are",
            [plain(Key::M)];
        ToggleSmoothing:
            "Smoothing",
            "Steady the joints over time",
            [plain(Key::G)];
        SelectNextPerson:
            "Select next person",
            "Show the joints of the next person of the list",
            [plain(Key::J)];
        OnlySelected:
            "Only the selected person",
            "Show the selected person alone, or everyone again",
            [shift(Key::J)];
    }
    View {
        ToggleAngles:
            "Angles",
            "List the angles of the selected person in place of the joints",
            [plain(Key::A)];
        ZoomIn:
            "Zoom in",
            "Closer; or scroll on the picture",
            [plain(Key::Plus), plain(Key::Equals)];
        ZoomOut:
            "Zoom out",
            "Further away; or scroll on the picture",
            [plain(Key::Minus)];
        ZoomToFit:
            "Fit to window",
            "Show the whole picture; or double-click on it",
            [plain(Key::Num0)];
        ToggleTimings:
            "Rates and times",
            "Show frame rates, age, dropped frames and the time of each stage",
            [plain(Key::T)];
        TogglePeople:
            "People",
            "Show everyone in the picture beside it",
            [plain(Key::P)];
        ToggleSettings:
            "Settings",
            "Show the settings beside the picture",
            [plain(Key::E)];
        ToggleTheme:
            "Dark or light",
            "Switch between dark and light colors",
            [plain(Key::L)];
        ToggleFullscreen:
            "Full screen",
            "Show the picture without menus and panels; Escape leads back",
            [plain(Key::F), plain(Key::F11)];
        ToggleHelp:
            "Keys and help",
            "Show all keys",
            [plain(Key::H), plain(Key::Questionmark), plain(Key::F1)];
    }
}

impl Command {
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

/// Which menu a command is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Menu {
    /// Sources and files.
    File,
    /// Moving in time.
    Playback,
    /// What is drawn on the picture.
    Overlay,
    /// The window itself.
    View,
}

impl Menu {
    /// From left to right.
    pub const ALL: [Self; 4] = [Self::File, Self::Playback, Self::Overlay, Self::View];

    /// The title.
    pub const fn text(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Playback => "Playback",
            Self::Overlay => "Overlay",
            Self::View => "View",
        }
    }

    /// Its commands from top to bottom.
    pub fn commands(self) -> impl Iterator<Item = Command> {
        Command::ALL
            .into_iter()
            .filter(move |command| command.menu() == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn menus_from_left_to_right_hold_all_commands_in_their_order() {
        let in_menus: Vec<Command> = Menu::ALL.into_iter().flat_map(Menu::commands).collect();
        assert_eq!(in_menus, Command::ALL);
    }

    #[test]
    fn texts_differ() {
        for (k, command) in Command::ALL.iter().enumerate() {
            for other in &Command::ALL[..k] {
                assert_ne!(command.text(), other.text());
                assert_ne!(command.tooltip(), other.tooltip());
            }
        }
    }

    #[test]
    fn shortcuts_do_not_clash() {
        let mut seen: Vec<(KeyboardShortcut, Command)> = Vec::new();
        for command in Command::ALL {
            for shortcut in command.shortcuts() {
                let taken = seen.iter().find(|(other, _)| other == shortcut);
                assert!(taken.is_none(), "{command:?} and {taken:?}");
                seen.push((*shortcut, command));
            }
        }
    }
}
