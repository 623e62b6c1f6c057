//! The first line of results of a recording.

use poseglass::export::Header;
use poseglass::export::header::ModelRow;
use poseglass::pipeline::PipelineParams;
use poseglass::source::{SourceInfo, SourceKind};

/// Of a recording of this name, `size` (`[width, height]`) pixels large, at 30 frames per second.
pub fn header(name: &str, size: [usize; 2]) -> Header {
    let model = ModelRow {
        detector: "detector".to_owned(),
        pose: "fast".to_owned(),
        stacks: 2,
        flip_test: false,
        precision: None,
        weights_sha256: "ab12".to_owned(),
    };
    Header::new(&recording(name, size), model, &PipelineParams::default())
}

/// A recording of this name, `size` (`[width, height]`) pixels large, at 30 frames per second.
pub fn recording(name: &str, size: [usize; 2]) -> SourceInfo {
    SourceInfo {
        name: name.to_owned(),
        kind: SourceKind::Video,
        size,
        rotation: 0,
        fps_nominal: Some(30.0),
        n_frames: None,
        duration: None,
        can_seek: true,
        decoder: "test".to_owned(),
    }
}
