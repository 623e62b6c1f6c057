//! What the window and the engine say to each other.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::recording_message::{RecordingEvent, RecordingOrder};
use crate::engine::saving::PictureOrder;
use crate::pipeline::PipelineParams;
use crate::source::{SourceInfo, SourceSpec};
use crate::types::{FrameResult, TrackId};
use crate::whole_run::OutputPaths;

/// Bumped each time a source is opened or closed, so that late results of the old one can be told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(pub u32);

/// Which pose net finds the joints, and how it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoseNetSetting {
    /// The net's name.
    pub model: String,
    /// Whether it looks at everyone in a mirror too.
    pub flip_test: bool,
}

/// What the window asks of the engine.
#[derive(Clone, Debug)]
pub enum EngineCommand {
    /// Opens a source; recordings start to play. The current one goes on until then, and stays where the other one cannot
    /// be opened; only a camera makes room for another one at once.
    Open(SourceSpec),
    /// Closes the current source, and gives up one that is being opened.
    Close,
    /// Halts or goes on; a paused camera keeps being read so that it stays fresh.
    SetPaused(bool),
    /// Plays a recording at this share of its own speed, above 0; each source begins at 1.
    SetSpeed(f64),
    /// Shows the frame at this position of a recording, paused or not.
    Seek(Duration),
    /// Pauses and shows the next frame of a recording.
    StepForward,
    /// Pauses and shows the frame before the current one of a recording.
    StepBackward,
    /// Changes how frames are worked on, from the next frame on; a paused frame is worked on again.
    SetParams(PipelineParams),
    /// Asks another pose net from the next frame on; a paused frame is worked on again.
    SetPoseNet(PoseNetSetting),
    /// Looks for cameras; [`EngineEvent::CamerasFound`] answers, as looking may take a while.
    FindCameras,
    /// Writes a frame with its people as a picture; [`EngineEvent::PictureSaved`] answers, as that takes a while.
    SavePicture(PictureOrder),
    /// Records the camera that is open, all its pictures and the people in those that the nets see, until it is stopped or
    /// the camera closed; [`RecordingEvent`]s tell how it goes. One that is asked for before the end of another one was told
    /// is left out.
    StartRecording(RecordingOrder),
    /// Ends the recording that runs, if one does, and completes its files.
    StopRecording,
    /// Works on a whole recording in the background and writes files; [`ExportEvent`]s tell how it goes. One that is
    /// asked for before the end of another one was told is left out.
    Export(Box<ExportRequest>),
    /// Gives up the export that runs, if one does; nothing is left of it. One that is past its last frame is completed.
    CancelExport,
}

/// A recording that is to be brought into files, whatever the window shows meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportRequest {
    /// The recording, or results of it: then the nets are not asked. A camera is refused, as it has no end.
    pub spec: SourceSpec,
    /// The pose net; that of the beginning if `None`.
    pub pose_net: Option<PoseNetSetting>,
    /// How frames are worked on, and whom results are about.
    pub params: PipelineParams,
    /// What is written; names that are taken are refused.
    pub outputs: OutputPaths,
}

/// How far an export is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExportProgress {
    /// Frames that are done.
    pub n_done: u64,
    /// How many there are, where that is known.
    pub n_frames: Option<u64>,
    /// The share of the recording that is done, in [0, 1], where that is known.
    pub share: Option<f32>,
    /// How long the rest takes if it goes on like this, where that is known.
    pub left: Option<Duration>,
}

/// What the engine tells about an export.
#[derive(Clone, Debug, PartialEq)]
pub enum ExportEvent {
    /// So far it is now; some of these may be left out.
    Progressed(ExportProgress),
    /// All is written.
    Finished {
        /// Files and folders, in the order of the request.
        written: Vec<PathBuf>,
    },
    /// It could not begin, or broke off.
    Failed {
        /// One sentence that says what to do.
        message: String,
        /// What holds the frames that were done before, and is whole as far as it goes.
        written: Vec<PathBuf>,
    },
    /// It was canceled; what it had made is gone.
    Canceled,
}

/// A camera that can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraChoice {
    /// The `N` of `camera:N`.
    pub number: u32,
    /// What the driver calls it.
    pub name: String,
}

/// What the engine tells the window once, apart from results.
#[derive(Clone, Debug)]
pub enum EngineEvent {
    /// The nets are ready.
    NetsReady {
        /// Backend and nets, for people: `"CPU, 2 threads; fast, 2 stacks"`.
        backend: String,
        /// A fallback and its reason, when there was one.
        fallback: Option<String>,
        /// The pose net in use.
        pose_net: PoseNetSetting,
        /// Names of the pose nets that may be chosen.
        pose_nets: Vec<String>,
    },
    /// Another pose net is in use.
    PoseNetChanged {
        /// Backend and nets, for people.
        backend: String,
        /// Which one.
        pose_net: PoseNetSetting,
    },
    /// The pose net that was asked for cannot be loaded; the one before goes on.
    PoseNetFailed {
        /// One sentence that says what to do.
        message: String,
        /// The one that goes on.
        pose_net: PoseNetSetting,
    },
    /// The nets cannot be loaded: nothing will be found.
    NetsFailed {
        /// One sentence that says what to do.
        message: String,
    },
    /// A source is open and its first frame follows; the one before is closed.
    SourceOpened {
        /// Results of this source carry it.
        epoch: Epoch,
        /// What is known about it.
        info: SourceInfo,
    },
    /// The last frame of a recording has been worked on; playing is paused there.
    SourceEnded {
        /// Which source.
        epoch: Epoch,
        /// Index of that frame.
        last: Option<u64>,
    },
    /// A source could not be opened or broke off. A recording is paused there and can still be searched; the source before
    /// one that could not be opened goes on.
    SourceFailed {
        /// Which source.
        epoch: Epoch,
        /// One sentence that says what to do.
        message: String,
    },
    /// A lost camera is being looked for again.
    Reconnecting {
        /// Which source.
        epoch: Epoch,
        /// Why it was lost.
        message: String,
    },
    /// The cameras that are there now.
    CamerasFound {
        /// In the order of their numbers; or one sentence why they cannot be listed.
        cameras: Result<Vec<CameraChoice>, String>,
    },
    /// Results are about everyone again: the one whom they were about will not be known again, after a jump or after
    /// having been away for too long.
    PersonForgotten {
        /// Which source.
        epoch: Epoch,
        /// Whom results were about.
        person: TrackId,
    },
    /// The user jumped to where nobody was followed before: of these it may be seen that they are the same.
    Jumped {
        /// Which source.
        epoch: Epoch,
        /// Whose looks are known.
        remembered: Vec<TrackId>,
    },
    /// Something about the source is not as it should be; it is shown all the same.
    SourceWarning {
        /// Which source.
        epoch: Epoch,
        /// All that is known of it so far: it takes the place of what was said before.
        message: String,
    },
    /// A picture that was asked for is written, or cannot be.
    PictureSaved {
        /// Where it lies, or one sentence why it does not.
        outcome: Result<PathBuf, String>,
    },
    /// A frame could not be worked on; the next ones are still tried.
    FrameFailed {
        /// Which source.
        epoch: Epoch,
        /// What the net says.
        message: String,
    },
    /// News of the export, whichever source is open.
    Export(ExportEvent),
    /// News of the recording of a camera, which may be closed already.
    Recording(RecordingEvent),
}

impl EngineEvent {
    /// The source that it is about, where it is about one.
    pub const fn epoch(&self) -> Option<Epoch> {
        match self {
            Self::SourceOpened { epoch, .. }
            | Self::SourceEnded { epoch, .. }
            | Self::SourceFailed { epoch, .. }
            | Self::Reconnecting { epoch, .. }
            | Self::PersonForgotten { epoch, .. }
            | Self::Jumped { epoch, .. }
            | Self::SourceWarning { epoch, .. }
            | Self::FrameFailed { epoch, .. } => Some(*epoch),
            _ => None,
        }
    }
}

/// How the engine is doing, sent with each result.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LiveStats {
    /// Frames per second that the source gives.
    pub capture_fps: f64,
    /// Frames per second that come out of inference.
    pub inference_fps: f64,
    /// Frames of this source that were given and never worked on.
    pub dropped: u64,
    /// Frames of this source that were worked on.
    pub processed: u64,
}

/// One frame's result on its way to the window.
#[derive(Clone, Debug)]
pub struct Update {
    /// Which source.
    pub epoch: Epoch,
    /// The frame and its people.
    pub result: Arc<FrameResult>,
    /// How the engine is doing.
    pub stats: LiveStats,
    /// How many of the seeks that were sent to this source had been obeyed, or replaced by later ones, when the frame was
    /// read.
    pub n_seeks: u64,
}
