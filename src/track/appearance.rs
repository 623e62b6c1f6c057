//! What is remembered of the looks of somebody who is followed, and when to look again.

use std::time::Duration;

use crate::geom::{BBox, Image};
use crate::track::looks::Looks;
use crate::types::{Embedding, TrackId};

/// People who are followed are looked at again so often: their side and the light change within seconds,
/// and with a net of a millisecond twenty people cost two hundredths of the time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// People who just came are looked at more often: at first they are half in the picture or half behind a wall.
const LOOK_AT_NEWCOMERS_EVERY: Duration = Duration::from_millis(200);

/// For so long a newcomer may turn out to be somebody who was there before.
/// A change of the identity later would disturb more than a new one.
const NEWCOMER_FOR: Duration = Duration::from_secs(2);

/// Where somebody was before they were out of sight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LastSeen {
    /// When it was.
    pub at: Duration,
    /// The box of that sighting.
    pub bbox: BBox<Image>,
}

/// The looks of somebody who is followed.
#[derive(Clone, Debug)]
pub struct Appearance {
    /// `None` before the first look.
    pub looks: Option<Looks>,
    looked_at: Option<Duration>,
    came_at: Duration,
    /// Whether it was found out who it is, or there was time enough to.
    is_known: bool,
    /// Whose boxes were in the way since the last look.
    met: Vec<TrackId>,
    /// Where they were before they were out of sight, if that was since the last look.
    before_absence: Option<LastSeen>,
}

impl Appearance {
    /// Of somebody who came into sight at `time`.
    pub const fn new(time: Duration) -> Self {
        Self {
            looks: None,
            looked_at: None,
            came_at: time,
            is_known: false,
            met: Vec::new(),
            before_absence: None,
        }
    }

    /// Whether it is time for another look at `time`, if there is somebody to compare with or not.
    pub fn is_look_due(&self, time: Duration, anyone_absent: bool) -> bool {
        let every = if anyone_absent && self.is_newcomer(time) {
            LOOK_AT_NEWCOMERS_EVERY
        } else {
            LOOK_EVERY
        };
        !self.met.is_empty()
            || self.before_absence.is_some()
            || self
                .looked_at
                .is_none_or(|looked_at| every <= time.saturating_sub(looked_at))
    }

    /// Whether the person may still turn out to be somebody who was there before.
    pub fn is_newcomer(&self, time: Duration) -> bool {
        !self.is_known && time.saturating_sub(self.came_at) <= NEWCOMER_FOR
    }

    /// From now on it is clear who it is.
    pub const fn settle(&mut self) {
        self.is_known = true;
    }

    /// Somebody's box is in the way.
    pub fn meet(&mut self, other: TrackId) {
        if !self.met.contains(&other) {
            self.met.push(other);
        }
    }

    /// Whose boxes were in the way since the last look: with them the person may have been mixed up.
    pub fn met(&self) -> &[TrackId] {
        &self.met
    }

    /// Somebody is in sight again, after a while in which another one may have taken the place.
    pub fn come_back(&mut self, last_seen: LastSeen) {
        self.before_absence.get_or_insert(last_seen);
    }

    /// Where they were before they were out of sight, if nobody has looked since: until then it may be somebody else.
    pub const fn before_absence(&self) -> Option<LastSeen> {
        self.before_absence
    }

    /// Takes a look into the mean; whoever was met is told apart by now, and whoever came back is known.
    pub fn learn(&mut self, time: Duration, look: &Embedding) {
        match &mut self.looks {
            Some(looks) => looks.learn(look),
            None => self.looks = Some(Looks::new(*look)),
        }
        self.looked_at = Some(time);
        self.met.clear();
        self.before_absence = None;
    }
}
