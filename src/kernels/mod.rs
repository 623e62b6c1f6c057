//! Convolution kernels for processors, and plans of whole nets made of them.
//!
//! The only home of `unsafe`. A net is recorded once with a [`PlanBuilder`] and then run as a [`Plan`]; nothing here
//! knows which net it is. From the bottom up: [`lanes`] are vectors of an instruction set, [`tile`], [`fixed_point`] and
//! [`winograd`] compute with them, [`kernel_set`] compiles both for each instruction set, [`convolve`] and [`bottleneck`] are the steps
//! of a [`plan`]. [`pixels`] make the pictures that nets are asked about.
#![expect(
    unsafe_code,
    clippy::inline_always,
    reason = "kernels work on raw memory, in vectors that must be inlined into functions of their instruction set"
)]

mod bottleneck;
mod buffer;
mod convolve;
mod direct;
mod fixed_point;
mod isa;
mod kernel_set;
mod lanes;
mod map;
mod packed;
mod pixels;
mod plan;
mod plan_builder;
mod precision;
mod spatial;
mod step;
mod team;
mod tile;
#[cfg(feature = "training")]
pub mod training;
mod winograd;
mod word_lanes;

pub use isa::{BadInstructionSet, InstructionSet};
pub use packed::{ConvSize, ConvSource, PackedConv, UnsupportedConv};
pub use pixels::{LINE_PARTS, LineTap, average_line, mix_line};
pub use plan::{Plan, Workspace};
pub use plan_builder::{MapId, PlanBuilder, PlanError};
pub use precision::{BadPrecision, Precision};
pub use team::{Team, TeamError};
