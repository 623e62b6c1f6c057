//! Channels, threads and clocks: nothing here knows about pictures or people.

pub mod latest;
pub mod log;
pub mod timing;
pub mod worker;
