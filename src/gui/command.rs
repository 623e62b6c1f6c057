//! Everything that a user can do with a key or a menu: one list that feeds menus, keys, buttons and help.
//!
//! What a command is called is in `command_texts.rs`, its keys are in `shortcuts.rs`.

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
    /// Records the camera, or ends that.
    Record,
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

impl Command {
    /// All commands, in the order of menus and help.
    pub const ALL: [Self; 37] = [
        Self::OpenFile,
        Self::OpenFolder,
        Self::OpenCamera,
        Self::OpenTestScene,
        Self::SavePicture,
        Self::Record,
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

    /// Which menu it is in.
    pub const fn menu(self) -> Menu {
        match self {
            Self::OpenFile
            | Self::OpenFolder
            | Self::OpenCamera
            | Self::OpenTestScene
            | Self::SavePicture
            | Self::Record
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_listed_once_and_in_a_menu() {
        for (k, command) in Command::ALL.iter().enumerate() {
            assert!(!Command::ALL[..k].contains(command), "{command:?}");
        }
        let in_menus: Vec<Command> = Menu::ALL.into_iter().flat_map(Menu::commands).collect();
        assert_eq!(in_menus, Command::ALL, "menus keep the order of the list");
    }
}
