//! H.264 in mp4 and mov files, decoded by openh264: nothing has to be installed for it.

pub mod boxes;
mod edits;
mod error;
pub mod fragments;
mod index;
mod orientation;
mod outlet;
mod playback;
mod samples;
pub mod track;

pub use error::Mp4Error;
pub use playback::{Beginning, Mp4Source};
