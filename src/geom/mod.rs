//! Points, boxes and transforms whose coordinate space the compiler checks.

pub mod bbox;
pub mod space;
pub mod transform;

pub use bbox::BBox;
pub use space::{Crop, FIRST_PIXEL_CENTER_PX, Image, Point};
pub use transform::Similarity;
