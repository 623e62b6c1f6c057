//! Channels, threads, clocks, names of files and plain numbers: nothing here knows about pictures or people.

pub mod free_name;
pub mod latest;
pub mod log;
pub mod samples;
pub mod timing;
pub mod worker;
