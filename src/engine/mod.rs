//! Threads live here and only here: capture, inference, exports, recordings of cameras, saved pictures, and the handle that
//! the window holds.
//!
//! ```text
//! window ─EngineCommand─▶ Engine ─CaptureCommand─▶ capture ─Work─▶ inference ─Update, EngineEvent─▶ window
//! ```
//!
//! A camera's capture thread puts frames into a slot where the newest wins; a recording's blocks until its frame is
//! taken. Results go to the window through a slot too: a slow window skips pictures, nothing waits for it.
//! An export has a thread, a source and nets of its own: what the window shows meanwhile makes no difference to it.
//! A camera that is recorded is written in a thread of its own, from a short queue: the thread that reads the camera puts each
//! frame in, inference whom the nets see, and neither waits for a place.

mod camera_files;
mod camera_recording;
mod camera_tap;
mod capture;
mod export_job;
mod handle;
mod inference;
mod job;
pub mod live;
mod loaded;
pub mod message;
mod open_sources;
mod outbox;
mod past;
mod player;
mod recording_message;
mod recording_names;
mod recording_queue;
mod saving;

pub use handle::{Engine, Opener};
pub use loaded::{LoadedPipeline, LoadedPoseNet, Loader, PoseNetLoader, PoseNets, RunLoader};
pub use message::{
    CameraChoice, EngineCommand, EngineEvent, Epoch, ExportEvent, ExportProgress, ExportRequest,
    LiveStats, PoseNetSetting, Update,
};
pub use recording_message::{Recorded, RecordingEvent, RecordingExtent, RecordingOrder};
pub use saving::PictureOrder;
