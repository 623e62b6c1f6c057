//! Threads live here and only here: capture, inference, and the handle that the window holds.

pub mod message;

pub use message::{CameraChoice, EngineCommand, EngineEvent, Epoch, LiveStats, Update};
