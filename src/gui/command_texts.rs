//! What commands are called, and what is said of them.

use super::command::Command;

impl Command {
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
            Self::Record => (
                "Record",
                "Write what the camera sees as a video, and its people to a file beside it; once more ends that",
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_differ() {
        for (k, command) in Command::ALL.iter().enumerate() {
            for other in &Command::ALL[..k] {
                assert_ne!(command.text(), other.text());
            }
        }
    }
}
