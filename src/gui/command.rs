//! Everything that a user can do with a key or a menu: one list that feeds menus, keys, buttons and help.

use eframe::egui::{Key, KeyboardShortcut, Modifiers};

/// Something that a user can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Chooses a file to open.
    OpenFile,
    /// Chooses a folder of pictures to open.
    OpenFolder,
    /// Opens the first camera.
    OpenCamera,
    /// Opens the drawn test scene.
    OpenTestScene,
    /// Writes what is seen as a picture.
    SavePicture,
    /// Writes the whole recording's results.
    Export,
    /// Back to the start screen.
    CloseSource,
    /// Ends the program.
    Quit,
    /// Plays or halts.
    TogglePlay,
    /// One frame back.
    StepBackward,
    /// One frame on.
    StepForward,
    /// Some seconds back.
    JumpBackward,
    /// Some seconds on.
    JumpForward,
    /// To the first frame.
    GoToStart,
    /// To the last frame.
    GoToEnd,
    /// Plays slower.
    Slower,
    /// Plays faster.
    Faster,
    /// Limbs and joints.
    ToggleSkeleton,
    /// Boxes around people.
    ToggleBoxes,
    /// Numbers of people.
    ToggleIdentities,
    /// Joints colored by how sure the net is.
    ToggleConfidenceColors,
    /// Names of joints.
    ToggleJointNames,
    /// Shows the picture as in a mirror.
    ToggleMirror,
    /// Joints steadied over time.
    ToggleSmoothing,
    /// The next person of the list.
    SelectNextPerson,
    /// The selected person alone, or everyone again.
    OnlySelected,
    /// The selected person's angles in place of the joints.
    ToggleAngles,
    /// Closer.
    ZoomIn,
    /// Further away.
    ZoomOut,
    /// The whole picture.
    ZoomToFit,
    /// Rates and times on the picture.
    ToggleTimings,
    /// The list of people beside the picture.
    TogglePeople,
    /// The settings beside the picture.
    ToggleSettings,
    /// Dark or light colors.
    ToggleTheme,
    /// Nothing but the picture.
    ToggleFullscreen,
    /// The list of all keys.
    ToggleHelp,
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
    /// All commands, in the order of menus and help.
    pub const ALL: [Self; 36] = [
        Self::OpenFile,
        Self::OpenFolder,
        Self::OpenCamera,
        Self::OpenTestScene,
        Self::SavePicture,
        Self::Export,
        Self::CloseSource,
        Self::Quit,
        Self::TogglePlay,
        Self::StepBackward,
        Self::StepForward,
        Self::JumpBackward,
        Self::JumpForward,
        Self::GoToStart,
        Self::GoToEnd,
        Self::Slower,
        Self::Faster,
        Self::ToggleSkeleton,
        Self::ToggleBoxes,
        Self::ToggleIdentities,
        Self::ToggleConfidenceColors,
        Self::ToggleJointNames,
        Self::ToggleMirror,
        Self::ToggleSmoothing,
        Self::SelectNextPerson,
        Self::OnlySelected,
        Self::ToggleAngles,
        Self::ZoomIn,
        Self::ZoomOut,
        Self::ZoomToFit,
        Self::ToggleTimings,
        Self::TogglePeople,
        Self::ToggleSettings,
        Self::ToggleTheme,
        Self::ToggleFullscreen,
        Self::ToggleHelp,
    ];

    /// What menus, buttons and help call it.
    pub const fn text(self) -> &'static str {
        self.text_and_tooltip().0
    }

    /// One sentence more.
    pub const fn tooltip(self) -> &'static str {
        self.text_and_tooltip().1
    }

    const fn text_and_tooltip(self) -> (&'static str, &'static str) {
        match self {
            Self::OpenFile => (
                "Open file…",
                "Choose a video, a picture, or results of an earlier run",
            ),
            Self::OpenFolder => ("Open folder…", "Choose a folder of pictures"),
            Self::OpenCamera => ("Open camera", "Follow people in front of the first camera"),
            Self::OpenTestScene => (
                "Open test scene",
                "A drawn scene with moving figures, for trying the window without camera or file",
            ),
            Self::SavePicture => (
                "Save picture",
                "Write the frame with its skeletons, without names of joints, as a PNG file; nothing is overwritten",
            ),
            Self::Export => (
                "Export…",
                "Write an annotated video, tables and other files of the whole recording",
            ),
            Self::CloseSource => ("Close", "Back to the start screen"),
            Self::Quit => ("Quit", "Close the window"),
            Self::TogglePlay => ("Play or pause", "Go on, or hold the picture"),
            Self::StepBackward => ("Previous frame", "Pause and show the frame before"),
            Self::StepForward => ("Next frame", "Pause and show the next frame"),
            Self::JumpBackward => ("Back 5 seconds", "Jump back in the recording"),
            Self::JumpForward => ("On 5 seconds", "Jump ahead in the recording"),
            Self::GoToStart => ("To the start", "Jump to the first frame"),
            Self::GoToEnd => ("To the end", "Jump to the last frame"),
            Self::Slower => ("Slower", "Play slower, down to a tenth of the speed"),
            Self::Faster => ("Faster", "Play faster, up to twice the speed"),
            Self::ToggleSkeleton => ("Skeletons", "Draw limbs and joints"),
            Self::ToggleBoxes => ("Boxes", "Draw a box around each person"),
            Self::ToggleIdentities => (
                "Identities",
                "Write each person's number, which stays while the person can be followed",
            ),
            Self::ToggleConfidenceColors => (
                "Confidence colors",
                "Color joints from red (unsure) over yellow to green (sure)",
            ),
            Self::ToggleJointNames => ("Joint names", "Write the name beside each joint"),
            Self::ToggleMirror => (
                "Mirror",
                "Show the picture as a mirror would; left and right of the data stay as they are",
            ),
            Self::ToggleSmoothing => ("Smoothing", "Steady the joints over time"),
            Self::SelectNextPerson => (
                "Select next person",
                "Show the joints of the next person of the list",
            ),
            Self::OnlySelected => (
                "Only the selected person",
                "Show the selected person alone, or everyone again",
            ),
            Self::ToggleAngles => (
                "Angles",
                "List the angles of the selected person in place of the joints",
            ),
            Self::ZoomIn => ("Zoom in", "Closer; or scroll on the picture"),
            Self::ZoomOut => ("Zoom out", "Further away; or scroll on the picture"),
            Self::ZoomToFit => (
                "Fit to window",
                "Show the whole picture; or double-click on it",
            ),
            Self::ToggleTimings => (
                "Rates and times",
                "Show frame rates, age, dropped frames and the time of each stage",
            ),
            Self::TogglePeople => ("People", "Show everyone in the picture beside it"),
            Self::ToggleSettings => ("Settings", "Show the settings beside the picture"),
            Self::ToggleTheme => ("Dark or light", "Switch between dark and light colors"),
            Self::ToggleFullscreen => ("Full screen", "Nothing but the picture"),
            Self::ToggleHelp => ("Keys and help", "Show all keys"),
        }
    }

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

    /// Which menu it is in.
    pub const fn menu(self) -> Menu {
        match self {
            Self::OpenFile
            | Self::OpenFolder
            | Self::OpenCamera
            | Self::OpenTestScene
            | Self::SavePicture
            | Self::Export
            | Self::CloseSource
            | Self::Quit => Menu::File,
            Self::TogglePlay
            | Self::StepBackward
            | Self::StepForward
            | Self::JumpBackward
            | Self::JumpForward
            | Self::GoToStart
            | Self::GoToEnd
            | Self::Slower
            | Self::Faster => Menu::Playback,
            Self::ToggleSkeleton
            | Self::ToggleBoxes
            | Self::ToggleIdentities
            | Self::ToggleConfidenceColors
            | Self::ToggleJointNames
            | Self::ToggleMirror
            | Self::ToggleSmoothing
            | Self::SelectNextPerson
            | Self::OnlySelected => Menu::Overlay,
            Self::ToggleAngles
            | Self::ZoomIn
            | Self::ZoomOut
            | Self::ZoomToFit
            | Self::ToggleTimings
            | Self::TogglePeople
            | Self::ToggleSettings
            | Self::ToggleTheme
            | Self::ToggleFullscreen
            | Self::ToggleHelp => Menu::View,
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

    #[test]
    fn every_command_is_listed_once_and_in_a_menu() {
        for (k, command) in Command::ALL.iter().enumerate() {
            assert!(!Command::ALL[..k].contains(command), "{command:?}");
        }
        let in_menus: Vec<Command> = Menu::ALL.into_iter().flat_map(Menu::commands).collect();
        assert_eq!(in_menus, Command::ALL, "menus keep the order of the list");
    }

    #[test]
    fn texts_differ() {
        for (k, command) in Command::ALL.iter().enumerate() {
            for other in &Command::ALL[..k] {
                assert_ne!(command.text(), other.text());
            }
        }
    }
}
