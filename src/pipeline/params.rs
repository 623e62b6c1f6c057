//! How frames are worked on, with the reason of each default.

use std::time::Duration;

use crate::track::{Selection, TrackerParams};

/// Settings of the pipeline; changing them never changes what a source gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineParams {
    /// The detector runs on every N-th frame and whenever a person is lost; at least 1. Below 15 frames per second it runs as
    /// often as it would at 15.
    pub detect_every: u32,
    /// What a frame's work may take: precision, mirror, stacks and detector interval are then chosen by the machine's speed,
    /// and results depend on it. `None` runs everything and the detector as `detect_every` says.
    pub budget: Option<Duration>,
    /// At most this many people are followed, the surest first.
    pub max_people: usize,
    /// Whom results are about.
    pub selection: Selection,
    /// Identities and smoothing.
    pub tracker: TrackerParams,
}

impl Default for PipelineParams {
    fn default() -> Self {
        Self {
            // A new person is seen within a quarter of a second at 30 frames per second,
            // and the detector costs an eighth of what it would on every frame.
            detect_every: 8,
            // the same frames give the same results on every machine
            budget: None,
            // More people than a team sport's side are smaller than the nets can tell apart.
            max_people: 20,
            // who is left out cannot be brought back later
            selection: Selection::Everyone,
            tracker: TrackerParams::default(),
        }
    }
}
