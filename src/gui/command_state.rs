//! What commands can do at the moment: what one that is gray waits for, whether what one switches is on,
//! and whether its keys are heard.

use crate::source::SourceKind;

use super::command::Command;
use super::options::SidePanel;
use super::session::OpenSource;
use super::state::GuiState;

impl GuiState {
    /// Whether a command can do something now; menus show others gray.
    pub fn is_enabled(&self, command: Command) -> bool {
        self.why_disabled(command).is_none()
    }

    /// What a command waits for that can do nothing now.
    pub fn why_disabled(&self, command: Command) -> Option<&'static str> {
        let unless = |is_possible: bool, reason: &'static str| (!is_possible).then_some(reason);
        let source = self.session.source.as_ref();
        match command {
            Command::SavePicture | Command::ZoomIn | Command::ZoomOut | Command::ZoomToFit => {
                unless(self.session.result().is_some(), "There is no picture yet")
            }
            Command::Record => match (&self.camera_recording, source) {
                (Some(running), _) => unless(
                    !running.is_ending,
                    "The recording before is being completed",
                ),
                (None, Some(source)) if source.lost_because().is_some() => {
                    Some("The camera is lost: wait until it is back")
                }
                (None, Some(source)) if source.info.kind.is_live() => {
                    unless(source.can_be_recorded(), "There is no picture yet")
                }
                (None, _) => Some("Open a camera first"),
            },
            Command::CloseSource => unless(
                source.is_some()
                    || self.session.opening.is_some()
                    || self.session.failure.is_some(),
                "Nothing is open",
            ),
            Command::Export if self.export.running.is_some() => {
                Some("Wait until the export that runs is done, or cancel it")
            }
            Command::Export => match source {
                Some(source) => unless(
                    !source.info.kind.is_live(),
                    "A camera has no end: record it, and open the recording",
                ),
                None => Some("Open a recording first"),
            },
            Command::TogglePlay => match source {
                Some(source) => unless(
                    source.info.kind != SourceKind::Picture,
                    "A single picture has nothing to play",
                ),
                None => Some("Open a video or a camera first"),
            },
            Command::StepBackward
            | Command::StepForward
            | Command::JumpBackward
            | Command::JumpForward
            | Command::GoToStart
            | Command::Slower
            | Command::Faster => why_not_searched(source),
            Command::GoToEnd => why_not_searched(source).or_else(|| {
                unless(
                    source.is_some_and(|source| source.length().is_some()),
                    "It is not known how long this recording is",
                )
            }),
            // on the start screen there are no people yet
            Command::TogglePeople | Command::ToggleAngles => {
                unless(!self.is_at_start(), "Open something first")
            }
            Command::SelectNextPerson => match self.session.result() {
                Some(result) if result.people.is_empty() => Some("There is nobody in the picture"),
                Some(_) => None,
                None => Some("There is no picture yet"),
            },
            Command::OnlySelected => unless(
                self.selected.is_some() || self.follows_one_person(),
                "Select a person first, in the list or in the picture",
            ),
            _ => None,
        }
    }

    /// Whether the keys of a command run it; while a dialog is open, only those that close it or the window do: nobody sees
    /// what changes behind it.
    pub fn hears_keys_of(&self, command: Command) -> bool {
        match command {
            Command::ToggleHelp if self.shows_help => true,
            Command::Export if self.export.shows_dialog => true,
            Command::Quit => true,
            _ => !self.shows_dialog(),
        }
    }

    /// For commands that switch something: whether it is on.
    pub fn is_on(&self, command: Command) -> Option<bool> {
        let overlay = &self.overlay;
        let shows = |panel: SidePanel| self.shown_side_panel() == Some(panel);
        match command {
            Command::Record => Some(self.camera_recording.is_some()),
            Command::ToggleSkeleton => Some(overlay.skeletons),
            Command::ToggleBoxes => Some(overlay.boxes),
            Command::ToggleIdentities => Some(overlay.identities),
            Command::ToggleConfidenceColors => Some(overlay.confidence_colors),
            Command::ToggleJointNames => Some(overlay.joint_names),
            Command::ToggleMirror => Some(overlay.mirror),
            Command::ToggleSmoothing => Some(self.params.tracker.smoothing),
            Command::OnlySelected => Some(self.follows_one_person()),
            Command::ToggleAngles => Some(shows(SidePanel::People) && self.shows_angles),
            Command::ToggleTimings => Some(self.shows_timings),
            Command::TogglePeople => Some(shows(SidePanel::People)),
            Command::ToggleSettings => Some(shows(SidePanel::Settings)),
            Command::ToggleFullscreen => Some(self.fullscreen),
            Command::ToggleHelp => Some(self.shows_help),
            _ => None,
        }
    }
}

/// Why one cannot go forward and back in what is open.
fn why_not_searched(source: Option<&OpenSource>) -> Option<&'static str> {
    let Some(source) = source else {
        return Some("Open a recording first");
    };
    match source.info.kind {
        SourceKind::Camera => {
            Some("A camera shows what happens now: record it, and open the recording")
        }
        SourceKind::Picture => Some("A single picture has nothing to play"),
        SourceKind::Video | SourceKind::Folder(_) | SourceKind::Synthetic => {
            (!source.can_be_searched()).then_some("This recording cannot be searched")
        }
    }
}
