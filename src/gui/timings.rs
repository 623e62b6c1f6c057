//! Rates and times of the newest results, for the overlay and the status bar.

use std::time::{Duration, Instant};

use crate::base::timing::{RateMeter, RollingDurations};
use crate::types::{FrameResult, StageTimes};

/// Finds the time of one stage; `None` when it did not run.
type TimeOf = fn(&StageTimes) -> Option<Duration>;

/// The stages whose time is shown.
pub const STAGES: [(&str, TimeOf); 5] = [
    ("Detector", |times| times.detect),
    ("Crops", |times| ran(times.crop)),
    ("Pose net", |times| ran(times.pose)),
    ("Decoding", |times| ran(times.decode)),
    ("Tracking", |times| ran(times.track)),
];

/// A stage that had nothing to do took no time at all.
fn ran(time: Duration) -> Option<Duration> {
    (!time.is_zero()).then_some(time)
}

/// So many newest values make a median: about a second of live video.
const N_KEPT: usize = 30;

/// Medians over the newest results.
#[derive(Clone, Debug)]
pub struct Timings {
    display: RateMeter,
    age: RollingDurations,
    stages: [RollingDurations; STAGES.len()],
    total: RollingDurations,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            display: RateMeter::default(),
            age: RollingDurations::with_capacity(N_KEPT),
            stages: std::array::from_fn(|_| RollingDurations::with_capacity(N_KEPT)),
            total: RollingDurations::with_capacity(N_KEPT),
        }
    }
}

impl Timings {
    /// Adds a result that is about to be drawn.
    pub fn add(&mut self, result: &FrameResult, now: Instant) {
        self.display.tick(now);
        self.age
            .push(now.saturating_duration_since(result.frame.captured_at));
        for (kept, (_, time_of)) in self.stages.iter_mut().zip(STAGES) {
            if let Some(time) = time_of(&result.times) {
                kept.push(time);
            }
        }
        self.total.push(result.times.total());
    }

    /// Results drawn per second.
    pub fn display_fps(&self, now: Instant) -> f64 {
        self.display.per_second(now)
    }

    /// From the frame's arrival to its being drawn.
    pub fn age(&self) -> Option<Duration> {
        self.age.quantile(0.5)
    }

    /// The median of a stage on the frames on which it ran.
    pub fn stage(&self, stage_idx: usize) -> Option<Duration> {
        self.stages.get(stage_idx)?.quantile(0.5)
    }

    /// The median of all stages together.
    pub fn total(&self) -> Option<Duration> {
        self.total.quantile(0.5)
    }
}
