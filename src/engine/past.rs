//! What was found in the frames of a recording, and how to go on from each of them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::pipeline::{Pipeline, PipelineMemory};
use crate::types::{Effort, Frame, FrameResult, StageTimes, TrackedPose};

/// Frames that are remembered, so that stepping back shows the same people, with other settings too;
/// half a minute at 60 frames per second, about 7 MB a person.
const MOST_FRAMES: usize = 1800;

/// The frames of a recording that were worked on, without gaps in what the pipeline knows of them.
#[derive(Default)]
pub(super) struct Past {
    /// By presentation time: after a jump in a file whose index counts more than its pictures, numbers are others.
    frames: BTreeMap<Duration, PastFrame>,
    /// Number and time of the frame that the pipeline has seen last; `None` before the first one.
    newest_seen: Option<(u64, Duration)>,
}

struct PastFrame {
    /// Tells two pictures of one time apart.
    index: u64,
    /// What the pipeline knew before it saw the frame.
    before: PipelineMemory,
    /// `None` where settings have changed since.
    found: Option<Found>,
}

/// A result without its frame.
#[derive(Clone)]
pub(super) struct Found {
    people: Vec<TrackedPose>,
    times: StageTimes,
    effort: Option<Effort>,
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

    /// The result again.
    pub(super) fn in_frame(self, frame: Frame) -> FrameResult {
        FrameResult {
            frame,
            people: self.people,
            times: self.times,
            effort: self.effort,
        }
    }
}

/// Whether the pipeline knows those who were seen before a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identities {
    /// They go on.
    Kept,
    /// They are those of an earlier frame again.
    Restored,
    /// After a jump to where nothing is known only looks tell who is who.
    Forgotten,
}

impl Past {
    /// What was found in a frame, if it would be found again.
    ///
    /// A frame ahead of what the pipeline has seen is worked on again: it could not go on from there otherwise.
    pub(super) fn found(&self, index: u64, time: Duration) -> Option<&Found> {
        self.newest_seen.filter(|(_, seen)| time <= *seen)?;
        let frame = self.frames.get(&time);
        frame.filter(|frame| frame.index == index)?.found.as_ref()
    }

    /// Nothing would be found again as it was: settings have changed.
    pub(super) fn forget_results(&mut self) {
        for frame in self.frames.values_mut() {
            frame.found = None;
        }
    }

    /// Prepares the pipeline for a frame at `time`; `jumped` tells that the user went there, so that the frames between were
    /// not just unreadable.
    pub(super) fn prepare(
        &mut self,
        pipeline: &mut Pipeline,
        index: u64,
        time: Duration,
        jumped: bool,
    ) -> Identities {
        let goes_on = self.newest_seen.is_none_or(|(seen, seen_at)| {
            seen + 1 == index && seen_at <= time || seen_at < time && !jumped
        });
        let identities = match self.frames.remove(&time) {
            _ if goes_on => Identities::Kept,
            Some(frame) => {
                pipeline.restore(frame.before);
                Identities::Restored
            }
            None => {
                pipeline.jump_to(time);
                self.frames.clear();
                Identities::Forgotten
            }
        };
        self.newest_seen = Some((index, time));
        self.frames.insert(
            time,
            PastFrame {
                index,
                before: pipeline.memory(),
                found: None,
            },
        );
        if MOST_FRAMES < self.frames.len() {
            self.frames.pop_first();
        }
        identities
    }

    /// Keeps what was found in a frame that was prepared.
    pub(super) fn keep(&mut self, time: Duration, found: Found) {
        if let Some(frame) = self.frames.get_mut(&time) {
            frame.found = Some(found);
        }
    }
}
