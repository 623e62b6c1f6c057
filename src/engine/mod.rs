//! Threads live here and only here: capture, inference, and the handle that the window holds.
//!
//! ```text
//! window ─EngineCommand─▶ Engine ─CaptureCommand─▶ capture ─Work─▶ inference ─Update, EngineEvent─▶ window
//! ```
//!
//! A camera's capture thread puts frames into a slot where the newest wins; a recording's blocks until its frame is
//! taken. Results go to the window through a slot too: a slow window skips pictures, nothing waits for it.

mod capture;
mod handle;
mod inference;
pub mod live;
mod loaded;
pub mod message;
mod past;
mod player;

pub use handle::{Engine, Opener};
pub use loaded::{LoadedPipeline, LoadedPoseNet, Loader, PoseNetLoader, PoseNets};
pub use message::{
    CameraChoice, EngineCommand, EngineEvent, Epoch, LiveStats, PoseNetSetting, Update,
};
