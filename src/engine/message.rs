//! What the window and the engine say to each other.

use std::sync::Arc;
use std::time::Duration;

use crate::pipeline::PipelineParams;
use crate::source::{SourceInfo, SourceSpec};
use crate::types::{FrameResult, TrackId};

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
    /// Opens a source in place of the current one; recordings start to play.
    Open(SourceSpec),
    /// Closes the current source.
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
    /// A source is open and its first frame follows.
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
    /// A source could not be opened or broke off. A recording is paused there and can still be searched.
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
        /// One sentence.
        message: String,
    },
    /// A frame could not be worked on; the next ones are still tried.
    FrameFailed {
        /// Which source.
        epoch: Epoch,
        /// What the net says.
        message: String,
    },
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
