//! Counts how often an exercise is repeated, by one angle that goes away from rest and comes back.
//!
//! Two thresholds with a dead zone between them (hysteresis): a repetition counts when the angle has gone beyond the
//! far one and is back before the near one, so that trembling at either counts nothing.

use crate::measure::signal::{SMOOTHING_REACH_SECS, Signal};
use crate::measure::spread::quantile;

/// A repetition is not counted across a longer time without the angle: in half a second it may have turned.
pub const LONGEST_GAP_SECS: f64 = 0.5;

/// Where the thresholds lie in the angle's range, when they are not given: half repetitions stay between them, and
/// one that misses the others' depth by a quarter still counts.
const THRESHOLD_SHARES: [f64; 2] = [0.3, 0.7];

/// An angle with a smaller range, in degrees, is no exercise: standing people sway and nets err by several degrees.
const LEAST_RANGE_DEG: f64 = 20.0;

/// Going so far from the near threshold to the far one, as a share, is an attempt that is worth telling.
const PARTIAL_SHARE: f64 = 0.25;

/// A repetition starts and ends where the angle has done this share of the way to the turning point: below it,
/// swaying at rest would be taken for motion.
const START_SHARE: f64 = 0.1;

/// What counts as rest, of all that lies between two repetitions: the lowest alone would be the noise's, the middle
/// would be too high where the person does not pause.
const REST_QUANTILE: f64 = 0.1;

/// Between which angles a repetition goes, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// The lower one.
    pub low_deg: f64,
    /// The higher one.
    pub high_deg: f64,
}

/// Once away from rest and back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repetition {
    /// When the angle leaves rest.
    pub start_secs: f64,
    /// When it is furthest from rest.
    pub turn_secs: f64,
    /// When it is back.
    pub end_secs: f64,
    /// The angle at the turning point, in degrees.
    pub turn_deg: f64,
    /// From rest to the turning point, in degrees; rest is the mean of before and after.
    pub range_deg: f64,
}

impl Repetition {
    /// From start to end.
    pub fn duration_secs(&self) -> f64 {
        self.end_secs - self.start_secs
    }
}

/// All repetitions of an exercise.
#[derive(Clone, Debug, PartialEq)]
pub struct Repetitions {
    /// Between what was counted.
    pub thresholds: Thresholds,
    /// Whether rest is at the low end of the angle: where the person was first.
    pub rests_low: bool,
    /// Those that count, in the order of time.
    pub counted: Vec<Repetition>,
    /// Those that set out and turned before the far threshold.
    pub partial: Vec<Repetition>,
}

/// Why there is nothing to count; each kind is one sentence for the user.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NoRepetitions {
    /// The angle is hardly ever there.
    #[error(
        "the angle is never seen for half a second, in frames no further apart than that: choose an angle whose joints are \
         in view"
    )]
    NoAngle,
    /// The angle hardly changes.
    #[error(
        "the angle changes by {range_deg:.0} degrees only, less than {LEAST_RANGE_DEG:.0}: choose the angle that the \
         exercise moves, or give --thresholds"
    )]
    NoMotion {
        /// Range of the middle nine tenths.
        range_deg: f64,
    },
    /// No dead zone.
    #[error("the thresholds {low_deg} and {high_deg} must be two angles, the lower one first")]
    Thresholds {
        /// What was given as the lower one.
        low_deg: f64,
        /// What was given as the higher one.
        high_deg: f64,
    },
}

impl Repetitions {
    /// Counts in an angle over time, in degrees; without thresholds they are found from its own range.
    ///
    /// The angle must not jump by whole turns across gaps of up to [`LONGEST_GAP_SECS`].
    pub fn count(
        times_secs: &[f64],
        angles_deg: &[Option<f64>],
        thresholds: Option<Thresholds>,
    ) -> Result<Self, NoRepetitions> {
        let stretches: Vec<Signal> = Signal::stretches(times_secs, angles_deg, LONGEST_GAP_SECS)
            .iter()
            .map(|stretch| stretch.smoothed(SMOOTHING_REACH_SECS))
            .filter(|stretch| LONGEST_GAP_SECS <= stretch.span_secs())
            .collect();
        let thresholds = match thresholds {
            Some(given) if given.low_deg < given.high_deg => given,
            Some(Thresholds { low_deg, high_deg }) => {
                return Err(NoRepetitions::Thresholds { low_deg, high_deg });
            }
            None => Thresholds::of_range(&stretches)?,
        };
        let rests_low = stretches
            .iter()
            .flat_map(|stretch| stretch.values())
            .find_map(|deg| thresholds.is_low(*deg))
            .unwrap_or(true);
        let mut repetitions = Self {
            thresholds,
            rests_low,
            counted: Vec::new(),
            partial: Vec::new(),
        };
        for stretch in &stretches {
            repetitions.add(stretch);
        }
        if stretches.is_empty() {
            return Err(NoRepetitions::NoAngle);
        }
        Ok(repetitions)
    }

    /// Counts in one stretch, in which the angle is taken as rising from rest.
    fn add(&mut self, stretch: &Signal) {
        let sign = if self.rests_low { 1.0 } else { -1.0 };
        let times_secs = stretch.times_secs();
        let heights: Vec<f64> = stretch.values().iter().map(|deg| sign * deg).collect();
        let (near, far) = if self.rests_low {
            (self.thresholds.low_deg, self.thresholds.high_deg)
        } else {
            (-self.thresholds.high_deg, -self.thresholds.low_deg)
        };
        for excursion in excursions(&heights, near) {
            let Some(repetition) = repetition(times_secs, &heights, excursion, near, sign) else {
                continue;
            };
            let height = sign * repetition.turn_deg;
            if far <= height {
                self.counted.push(repetition);
            } else if near + PARTIAL_SHARE * (far - near) <= height {
                self.partial.push(repetition);
            }
        }
    }
}

impl Thresholds {
    fn of_range(stretches: &[Signal]) -> Result<Self, NoRepetitions> {
        let mut sorted: Vec<f64> = stretches
            .iter()
            .flat_map(|stretch| stretch.values())
            .copied()
            .collect();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = quantile(&sorted, 0.05)
            .zip(quantile(&sorted, 0.95))
            .ok_or(NoRepetitions::NoAngle)?;
        let range_deg = high - low;
        if range_deg < LEAST_RANGE_DEG {
            return Err(NoRepetitions::NoMotion { range_deg });
        }
        let [low_deg, high_deg] = THRESHOLD_SHARES.map(|share| low + share * range_deg);
        Ok(Self { low_deg, high_deg })
    }

    /// Whether an angle is at the low end; `None` between the thresholds.
    fn is_low(self, deg: f64) -> Option<bool> {
        if deg <= self.low_deg {
            Some(true)
        } else if self.high_deg <= deg {
            Some(false)
        } else {
            None
        }
    }
}

/// Runs of samples above `near` that begin and end below it.
fn excursions(heights: &[f64], near: f64) -> Vec<std::ops::Range<usize>> {
    let mut excursions = Vec::new();
    let mut start = None;
    for i in 1..heights.len() {
        if heights[i - 1] <= near && near < heights[i] {
            start = Some(i);
        } else if near < heights[i - 1] && heights[i] <= near {
            excursions.extend(start.take().map(|start| start..i));
        }
    }
    excursions
}

/// The repetition of an excursion above `near`, by indices.
///
/// Rest is next to the excursion, as long as the angle is not above `near`: a recording may begin or end while the person
/// stays far from rest.
fn repetition(
    times_secs: &[f64],
    heights: &[f64],
    excursion: std::ops::Range<usize>,
    near: f64,
    sign: f64,
) -> Option<Repetition> {
    let (start, end) = (excursion.start, excursion.end);
    let is_resting = |height: &&f64| **height <= near;
    let n_before = heights[..start].iter().rev().take_while(is_resting).count();
    let n_after = heights[end..].iter().take_while(is_resting).count();
    let (rest_start, rest_end) = (start - n_before, end + n_after);
    let rest = |range: std::ops::Range<usize>| {
        let mut resting = heights[range].to_vec();
        resting.sort_by(f64::total_cmp);
        quantile(&resting, REST_QUANTILE)
    };
    let turn = (start..end).max_by(|a, b| heights[*a].total_cmp(&heights[*b]))?;
    let rest_before = rest(rest_start..start)?;
    let rest_after = rest(end..rest_end)?;
    let level = |rest: f64| rest + START_SHARE * (heights[turn] - rest);
    let (leaving, arriving) = (level(rest_before), level(rest_after));
    let last_at_rest = (rest_start..turn).rev().find(|i| heights[*i] <= leaving)?;
    let first_at_rest = (turn..rest_end).find(|i| heights[*i] <= arriving)?;
    Some(Repetition {
        start_secs: crossing_secs(times_secs, heights, last_at_rest, leaving),
        turn_secs: times_secs[turn],
        end_secs: crossing_secs(times_secs, heights, first_at_rest - 1, arriving),
        turn_deg: sign * heights[turn],
        range_deg: heights[turn] - 0.5 * (rest_before + rest_after),
    })
}

/// When the line from sample `i` to the next one is at `level`.
fn crossing_secs(times_secs: &[f64], heights: &[f64], i: usize, level: f64) -> f64 {
    let share = (level - heights[i]) / (heights[i + 1] - heights[i]);
    times_secs[i] + share.clamp(0.0, 1.0) * (times_secs[i + 1] - times_secs[i])
}
