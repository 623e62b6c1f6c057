//! Gives people identities.

use std::time::Duration;

use crate::types::{PersonPose, TrackId, TrackedPose};

/// Settings of the tracker.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackerParams {
    /// Whether joints are smoothed over time.
    pub smoothing: bool,
}

impl Default for TrackerParams {
    fn default() -> Self {
        Self { smoothing: true }
    }
}

/// Follows people from frame to frame.
#[derive(Clone, Debug)]
pub struct Tracker {
    params: TrackerParams,
    next_id: u32,
}

impl Tracker {
    /// Nobody followed yet.
    pub const fn new(params: TrackerParams) -> Self {
        Self { params, next_id: 1 }
    }

    /// Takes the people of the frame at `time` and gives them identities, sorted by identity.
    pub fn update(&mut self, _time: Duration, people: Vec<PersonPose>) -> Vec<TrackedPose> {
        people
            .into_iter()
            .map(|person| {
                let id = TrackId(self.next_id);
                self.next_id += 1;
                TrackedPose {
                    id,
                    bbox: person.bbox,
                    score: person.score,
                    pose: person.pose,
                    smoothed: self.params.smoothing.then_some(person.pose),
                }
            })
            .collect()
    }

    /// Forgets everyone, as after a jump in time; identities given so far are not used again.
    pub fn reset(&mut self) {}
}
