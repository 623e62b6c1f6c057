//! Frame in, people out: plain synchronous code without threads, the same for window, command line and evaluation.

pub mod params;

pub use params::PipelineParams;
