//! The nets: the only home of candle and of tensors.
//!
//! [`weights`] finds and checks the files, [`device`] picks where to compute, [`hourglass`] and [`detector`]
//! are the nets, one file each, whose paths equal the keys of the weights; [`load`] puts them together
//! behind the traits of [`crate::seam`].

mod blocks;
pub mod detector;
pub mod device;
pub mod hourglass;
pub mod load;
mod nms;
pub mod person_detector;
mod pose_net;
pub mod weights;

pub use device::{Backend, DeviceChoice};
pub use load::{LoadError, NetChoice, Nets, load};
pub use person_detector::{CandleDetector, DetectorParams};
pub use pose_net::HourglassPoseNet;
pub use weights::{NetEntry, WeightSet, WeightsError};
