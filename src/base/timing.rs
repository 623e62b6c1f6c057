//! Stopwatches and rolling statistics of durations.
//!
//! For measuring only: no result of the program may depend on what is read here, but for the effort under a time budget.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Splits a piece of work into laps.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    last: Instant,
}

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self {
            last: Instant::now(),
        }
    }

    /// Time since the start or the last lap.
    pub fn lap(&mut self) -> Duration {
        let now = Instant::now();
        let lap = now - self.last;
        self.last = now;
        lap
    }
}

/// The newest durations of one kind, for medians and other quantiles.
#[derive(Clone, Debug)]
pub struct RollingDurations {
    newest: VecDeque<Duration>,
    capacity: usize,
}

impl RollingDurations {
    /// Keeps the newest `capacity` durations, at least one.
    pub fn with_capacity(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self {
            newest: VecDeque::with_capacity(capacity),
            capacity,
        }
    }

    /// Adds a duration, forgetting the oldest when full.
    pub fn push(&mut self, duration: Duration) {
        if self.newest.len() == self.capacity {
            self.newest.pop_front();
        }
        self.newest.push_back(duration);
    }

    /// How many durations are kept now.
    pub fn len(&self) -> usize {
        self.newest.len()
    }

    /// Whether nothing has been added yet.
    pub fn is_empty(&self) -> bool {
        self.newest.is_empty()
    }

    /// The duration below which the share `q` in [0, 1] of all lie (nearest rank); `None` when empty.
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let mut sorted: Vec<Duration> = self.newest.iter().copied().collect();
        sorted.sort_unstable();
        quantile(&sorted, q)
    }
}

/// The duration below which the share `q` in [0, 1] of sorted ones lie (nearest rank); `None` when there are none.
pub fn quantile(sorted: &[Duration], q: f64) -> Option<Duration> {
    let rank = (q.clamp(0.0, 1.0) * (sorted.len().checked_sub(1)?) as f64).round() as usize;
    sorted.get(rank).copied()
}

/// How often something happens, over the last second or so of happenings.
#[derive(Clone, Debug)]
pub struct RateMeter {
    happened_at: VecDeque<Instant>,
    window: Duration,
}

impl Default for RateMeter {
    /// A window of one second: short enough to follow a change, long enough to be readable.
    fn default() -> Self {
        Self {
            happened_at: VecDeque::new(),
            window: Duration::from_secs(1),
        }
    }
}

impl RateMeter {
    /// Notes that it happened at `now`.
    pub fn tick(&mut self, now: Instant) {
        self.happened_at.push_back(now);
        while self
            .happened_at
            .front()
            .is_some_and(|first| self.window < now.saturating_duration_since(*first))
            && 2 < self.happened_at.len()
        {
            self.happened_at.pop_front();
        }
    }

    /// Happenings per second as seen at `now`; 0 when nothing happened for two windows.
    pub fn per_second(&self, now: Instant) -> f64 {
        let (Some(first), Some(last)) = (self.happened_at.front(), self.happened_at.back()) else {
            return 0.0;
        };
        if 2 * self.window < now.saturating_duration_since(*last) {
            return 0.0;
        }
        let span_secs = (*last - *first).as_secs_f64();
        if span_secs <= 0.0 {
            return 0.0;
        }
        (self.happened_at.len() - 1) as f64 / span_secs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_nearest_rank() {
        let mut durations = RollingDurations::with_capacity(3);
        assert_eq!(durations.quantile(0.5), None);
        for ms in [9, 1, 2, 3] {
            durations.push(Duration::from_millis(ms));
        }
        assert_eq!(durations.quantile(0.0), Some(Duration::from_millis(1)));
        assert_eq!(durations.quantile(0.5), Some(Duration::from_millis(2)));
        assert_eq!(durations.quantile(1.0), Some(Duration::from_millis(3)));
    }

    #[test]
    fn rate_counts_intervals() {
        let start = Instant::now();
        let mut rate = RateMeter::default();
        for k in 0..5 {
            rate.tick(start + Duration::from_millis(100 * k));
        }
        let now = start + Duration::from_millis(400);
        assert!((rate.per_second(now) - 10.0).abs() < 1e-9);
        assert_eq!(rate.per_second(now + Duration::from_secs(3)), 0.0);
    }
}
