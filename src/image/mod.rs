//! Pictures in memory: pixels, cutting and scaling, drawing.

pub mod draw;
pub mod rgb;
pub mod text;
pub mod warp;

pub use rgb::RgbImage;
