//! The nets: the only home of candle and of tensors.
//!
//! [`weights`] finds and checks the files, [`device`] picks where to compute, [`hourglass`], [`detector`] and
//! [`reidentifier`] are the nets, one file each, whose paths equal the keys of the weights; [`load`] puts them together
//! behind the traits of [`crate::seam`]. The nets are written in the operations of [`graph`], which candle
//! computes on a GPU and [`compiled`] turns into a plan of [`crate::kernels`] for the processor.
//! [`batch`] brings pictures in and answers out.

mod backbone;
pub mod bare;
mod batch;
mod blocks;
mod compiled;
pub mod detector;
pub mod device;
mod flip_test;
mod graph;
pub mod hourglass;
pub mod load;
mod mirror_boxes;
mod nms;
pub mod person_detector;
mod person_reidentifier;
mod pose_net;
pub mod reidentifier;
pub mod weights;

pub use bare::{BareNet, BareNetError};
pub use compiled::Processor;
pub use device::{Backend, DeviceChoice};
pub use load::{LoadError, NetChoice, Nets, PoseNetLoader, load};
pub use person_detector::{CandleDetector, DetectorParams};
pub use person_reidentifier::SiameseReidentifier;
pub use weights::{NetEntry, NetRole, WeightSet, WeightsError};
