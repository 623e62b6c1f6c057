//! Channels, threads, clocks and plain numbers: nothing here knows about pictures or people.

pub mod latest;
pub mod log;
pub mod samples;
pub mod timing;
pub mod worker;
