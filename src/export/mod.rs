//! Files that come out: results and annotated pictures and videos.

pub mod annotate;
pub mod palette;
pub mod picture;

mod error;
mod whole_file;

pub use error::ExportError;
