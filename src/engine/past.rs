//! What was found in the frames of a recording, and how to go on from each of them.

use std::collections::BTreeMap;

use crate::pipeline::{Pipeline, PipelineMemory};
use crate::types::{Effort, FrameResult, StageTimes, TrackedPose};

/// Results that are kept, so that stepping back shows the same identities;
/// half a minute at 60 frames per second, about 1 MB a person.
const MOST_RESULTS: usize = 1800;

/// Of so many newest frames it is known, too, what the pipeline knew before them, so that they can be worked on again
/// with other settings and everyone keeps their identity; ten seconds at 60 frames per second, about 2 MB a person.
const MOST_MEMORIES: u64 = 600;

/// The frames of a recording that were worked on, without gaps in what the pipeline knows of them.
#[derive(Default)]
pub(super) struct Past {
    /// By frame index.
    frames: BTreeMap<u64, PastFrame>,
    /// The frame that the pipeline has seen last; `None` before the first one.
    newest_seen: Option<u64>,
}

struct PastFrame {
    /// What the pipeline knew before it saw the frame.
    before: Option<PipelineMemory>,
    /// `None` where settings have changed since.
    found: Option<Found>,
}

/// A result without its frame.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) people: Vec<TrackedPose>,
    pub(super) times: StageTimes,
    pub(super) effort: Option<Effort>,
}

impl Found {
    /// All of a result but the frame.
    pub(super) fn of(result: &FrameResult) -> Self {
        Self {
            people: result.people.clone(),
            times: result.times,
            effort: result.effort,
        }
    }
}

/// Whether the pipeline knows those who were seen before a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identities {
    /// They go on.
    Kept,
    /// After a jump to where nothing is known everyone is somebody new.
    Forgotten,
}

impl Past {
    /// What was found in a frame, if it would be found again.
    pub(super) fn found(&self, index: u64) -> Option<&Found> {
        self.frames.get(&index)?.found.as_ref()
    }

    /// Nothing would be found again as it was: settings have changed.
    pub(super) fn forget_results(&mut self) {
        for frame in self.frames.values_mut() {
            frame.found = None;
        }
    }

    /// Prepares the pipeline for a frame; `jumped` tells that the user went there, so that the frames between were
    /// not just unreadable.
    pub(super) fn prepare(
        &mut self,
        pipeline: &mut Pipeline,
        index: u64,
        jumped: bool,
    ) -> Identities {
        let goes_on = self
            .newest_seen
            .is_none_or(|seen| seen + 1 == index || seen < index && !jumped);
        let before = self
            .frames
            .get_mut(&index)
            .and_then(|frame| frame.before.take());
        let identities = match before {
            _ if goes_on => Identities::Kept,
            Some(before) => {
                pipeline.restore(before);
                Identities::Kept
            }
            None => {
                pipeline.reset();
                self.frames.clear();
                Identities::Forgotten
            }
        };
        self.newest_seen = Some(index);
        self.frames.insert(
            index,
            PastFrame {
                before: Some(pipeline.memory()),
                found: None,
            },
        );
        if MOST_RESULTS < self.frames.len() {
            self.frames.pop_first();
        }
        if let Some(old) = index
            .checked_sub(MOST_MEMORIES)
            .and_then(|old| self.frames.get_mut(&old))
        {
            old.before = None;
        }
        identities
    }

    /// Keeps what was found in a frame that was prepared.
    pub(super) fn keep(&mut self, index: u64, found: Found) {
        if let Some(frame) = self.frames.get_mut(&index) {
            frame.found = Some(found);
        }
    }
}
