//! Files that come out: results and annotated pictures and videos.

pub mod palette;
