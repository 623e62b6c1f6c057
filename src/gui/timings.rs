//! Rates and times of the newest results, for the overlay and the status bar.

use std::collections::VecDeque;
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

/// How fast a recording goes is told from so long on.
const LEAST_PLAYED: Duration = Duration::from_secs(1);

/// A longer time between two results, of the clock or of the recording, is a pause or a jump.
const LONGEST_PLAYED_GAP: Duration = Duration::from_secs(1);

/// Medians over the newest results.
#[derive(Clone, Debug)]
pub struct Timings {
    display: RateMeter,
    age: RollingDurations,
    stages: [RollingDurations; STAGES.len()],
    total: RollingDurations,
    /// When results came, and the times of their frames, since playing goes on without a pause or a jump.
    played: VecDeque<(Instant, Duration)>,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            display: RateMeter::default(),
            age: RollingDurations::with_capacity(N_KEPT),
            stages: std::array::from_fn(|_| RollingDurations::with_capacity(N_KEPT)),
            total: RollingDurations::with_capacity(N_KEPT),
            played: VecDeque::new(),
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
        let time = result.frame.time;
        let goes_on = self.played.back().is_some_and(|(shown_at, last)| {
            *last < time
                && time.saturating_sub(*last) <= LONGEST_PLAYED_GAP
                && now.saturating_duration_since(*shown_at) <= LONGEST_PLAYED_GAP
        });
        if !goes_on {
            self.played.clear();
        }
        self.played.push_back((now, time));
        // the last seconds are enough
        while (self.played.get(1)).is_some_and(|(shown_at, _)| {
            2 * LEAST_PLAYED <= now.saturating_duration_since(*shown_at)
        }) {
            self.played.pop_front();
        }
    }

    /// Another speed was asked for, or playing was halted: what was before says nothing of it.
    pub fn forget_played_speed(&mut self) {
        self.played.clear();
    }

    /// How fast a recording has been played in the last seconds, as a share of its own speed; `None` before it is known.
    pub fn played_speed(&self) -> Option<f64> {
        let ((began, from), (ended, to)) = self.played.front().zip(self.played.back())?;
        let took = ended.saturating_duration_since(*began);
        (LEAST_PLAYED <= took).then(|| to.saturating_sub(*from).as_secs_f64() / took.as_secs_f64())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::RgbImage;
    use crate::types::Frame;
    use std::sync::Arc;

    fn result(millis: u64, began: Instant) -> FrameResult {
        FrameResult {
            frame: Frame {
                index: 0,
                time: Duration::from_millis(millis),
                file: None,
                captured_at: began,
                image: Arc::new(RgbImage::filled([1, 1], [0; 3])),
            },
            people: Vec::new(),
            times: StageTimes::default(),
            effort: None,
        }
    }

    #[test]
    fn how_fast_a_recording_goes_is_told_by_its_own_times() {
        let began = Instant::now();
        let mut timings = Timings::default();
        // 40 ms of the recording in every 100 ms
        for k in 0..20 {
            timings.add(
                &result(40 * k, began),
                began + Duration::from_millis(100 * k),
            );
        }
        let speed = timings.played_speed().unwrap();
        assert!((speed - 0.4).abs() < 1e-9, "{speed}");
        // after a jump it is not known for a while
        timings.add(&result(90_000, began), began + Duration::from_secs(2));
        assert_eq!(timings.played_speed(), None);
    }
}
