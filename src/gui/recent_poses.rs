//! The last seconds of everyone, for what needs more than one pose.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::measure::{AngleParams, AngleSeries, VisibleSide};
use crate::types::{FrameResult, Pose, PoseSeries, TrackId};

/// So much is kept: a few steps of a walk, or one slow squat.
pub const KEPT_SECS: f64 = 5.0;

/// After a longer pause, what was before belongs to another moment.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The newest poses of everyone who was seen in the last [`KEPT_SECS`].
#[derive(Debug, Default)]
pub struct RecentPoses {
    people: BTreeMap<TrackId, PoseSeries>,
    newest: Option<Duration>,
}

impl RecentPoses {
    /// Takes in a frame. One that does not follow the last, after a jump in the recording, begins anew.
    pub fn add(&mut self, result: &FrameResult) {
        let time = result.frame.time;
        let follows = self
            .newest
            .is_some_and(|newest| newest < time && time.saturating_sub(newest) <= LONGEST_PAUSE);
        if !follows {
            // the same frame again, with other settings, is no jump, but its poses may be others
            self.people.clear();
        }
        self.newest = Some(time);
        for person in &result.people {
            self.people.entry(person.id).or_insert_with(|| PoseSeries {
                id: person.id,
                frames: Vec::new(),
                times_secs: Vec::new(),
                poses: Vec::new(),
            });
        }
        let now_secs = time.as_secs_f64();
        self.people.retain(|id, series| {
            let person = result.people.iter().find(|person| person.id == *id);
            let pose = person.map_or(Pose::EMPTY, |person| *person.shown_pose());
            series.frames.push(result.frame.index);
            series.times_secs.push(now_secs);
            series.poses.push(pose);
            let is_old = |secs: &f64| KEPT_SECS < now_secs - secs;
            let n_old = series
                .times_secs
                .iter()
                .take_while(|secs| is_old(secs))
                .count();
            series.frames.drain(..n_old);
            series.times_secs.drain(..n_old);
            series.poses.drain(..n_old);
            series.poses.iter().any(|pose| *pose != Pose::EMPTY)
        });
    }

    /// The angles of a person up to the newest frame, as `poseglass measure` computes them.
    pub fn angles(&self, id: TrackId) -> Option<AngleSeries> {
        let series = self.people.get(&id)?;
        let params = AngleParams::default();
        let sides = VisibleSide::over_time(series, params.min_confidence);
        Some(AngleSeries::new(series, &sides, &params))
    }
}
