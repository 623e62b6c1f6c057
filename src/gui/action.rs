//! What views ask for: they read the state and send these, one place carries them out.

use std::path::PathBuf;
use std::time::Duration;

use crate::engine::PoseNetSetting;
use crate::pipeline::PipelineParams;
use crate::source::SourceSpec;
use crate::types::TrackId;

use super::command::Command;
use super::export_choice::ExportChoice;
use super::options::OverlayOptions;
use super::viewpoint::Viewpoint;

/// Something to be done after the views have been drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// What a key or menu would do.
    Run(Command),
    /// Opens a source.
    Open(SourceSpec),
    /// Opens what was typed into the path field.
    OpenTyped(String),
    /// Opens what was dropped on the window.
    OpenDropped(Vec<PathBuf>),
    /// Opens the folder of pictures anew as the frames of a video, so many in a second; or each for a second.
    SetPictureRate(Option<f64>),
    /// Looks for cameras again.
    FindCameras,
    /// The seek bar is being dragged: shows that place as soon as the engine can.
    Scrub(Duration),
    /// Shows that place.
    Seek(Duration),
    /// Shows the joints of a person, or of nobody in particular.
    Select(Option<TrackId>),
    /// Changes what is drawn.
    SetOverlay(OverlayOptions),
    /// Changes how frames are worked on.
    SetParams(PipelineParams),
    /// Asks another pose net.
    SetPoseNet(PoseNetSetting),
    /// Zooms and pans.
    SetViewpoint(Viewpoint),
    /// Takes a message away.
    DismissToast(u64),
    /// Takes the banner about a broken source away.
    DismissFailure,
    /// Changes what an export writes, or where.
    SetExportChoice(ExportChoice),
    /// Asks for the folder of an export.
    ChooseExportFolder,
    /// Begins the export that was chosen.
    StartExport,
    /// Gives up the export that runs.
    CancelExport,
    /// Empties the list of files that were opened last.
    ForgetRecentFiles,
    /// Everything in the settings panel as it was at the very first start.
    ResetSettings,
}
