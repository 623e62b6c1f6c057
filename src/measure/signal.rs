//! A number that was measured at uneven times: smoothing it and finding where it turns.

use std::ops::Range;

/// Reach of the smoothing that leaves people's motion: at 6 Hz it lets pass 0.7 of an amplitude, as the Butterworth
/// filters of gait analysis and of Sports2D do; steps and exercises have their power below.
pub const SMOOTHING_REACH_SECS: f64 = 0.12;

/// So much of the least swing must lead to the first turn: more than the trembling of somebody who stands before the
/// first step, and no more than a half, since a recording may begin in the middle of a swing.
const FIRST_SWING_SHARE: f64 = 0.5;

/// A number over time without long gaps; times ascend strictly, everything is finite.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signal {
    times_secs: Vec<f64>,
    values: Vec<f64>,
}

/// A place where a signal turns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    /// When, between two samples.
    pub time_secs: f64,
    /// The value there.
    pub value: f64,
    /// Whether it rose before and falls after.
    pub is_highest: bool,
}

impl Signal {
    /// The stretches of a series in which no two samples are further apart than `longest_gap_secs`.
    ///
    /// What is missing, is not finite or does not come after the sample before it is left out.
    pub fn stretches(
        times_secs: &[f64],
        values: &[Option<f64>],
        longest_gap_secs: f64,
    ) -> Vec<Self> {
        let mut stretches: Vec<Self> = Vec::new();
        let mut last_secs = f64::NEG_INFINITY;
        for (time, value) in times_secs.iter().zip(values) {
            let Some(value) = value.filter(|value| value.is_finite()) else {
                continue;
            };
            if !time.is_finite() || *time <= last_secs {
                continue;
            }
            if longest_gap_secs < time - last_secs {
                stretches.push(Self::default());
            }
            last_secs = *time;
            if let Some(stretch) = stretches.last_mut() {
                stretch.times_secs.push(*time);
                stretch.values.push(value);
            }
        }
        stretches
    }

    /// The samples at these places.
    pub(super) fn part(&self, places: Range<usize>) -> Self {
        Self {
            times_secs: self.times_secs[places.clone()].to_vec(),
            values: self.values[places].to_vec(),
        }
    }

    /// When it was measured, ascending.
    pub fn times_secs(&self) -> &[f64] {
        &self.times_secs
    }

    /// What was measured.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Seconds from the first to the last sample.
    pub fn span_secs(&self) -> f64 {
        self.end_secs() - self.start_secs()
    }

    /// Time of the first sample; 0 when there is none.
    pub fn start_secs(&self) -> f64 {
        self.times_secs.first().copied().unwrap_or_default()
    }

    /// Time of the last sample; 0 when there is none.
    pub fn end_secs(&self) -> f64 {
        self.times_secs.last().copied().unwrap_or_default()
    }

    /// The value at a time, in proportion between the samples around it; `None` before the first and after the last.
    pub fn at(&self, time_secs: f64) -> Option<f64> {
        let after = self.times_secs.partition_point(|time| *time < time_secs);
        let (later, value_after) = (self.times_secs.get(after)?, self.values.get(after)?);
        if *later == time_secs {
            return Some(*value_after);
        }
        let before = after.checked_sub(1)?;
        let (earlier, value_before) = (self.times_secs.get(before)?, self.values.get(before)?);
        let share = (time_secs - earlier) / (later - earlier);
        Some(value_before + share * (value_after - value_before))
    }

    /// The same times with smoothed values: at each a parabola is fitted to what lies less than `reach_secs` away,
    /// the nearer the more it weighs (Cleveland, "Robust Locally Weighted Regression", 1979, with its tricube weights).
    ///
    /// Unlike a moving average it keeps the heights and the times of peaks, and it needs no even intervals.
    pub fn smoothed(&self, reach_secs: f64) -> Self {
        let values = (0..self.values.len())
            .map(|i| self.smoothed_value(i, reach_secs))
            .collect();
        Self {
            times_secs: self.times_secs.clone(),
            values,
        }
    }

    fn smoothed_value(&self, i: usize, reach_secs: f64) -> f64 {
        let center = self.times_secs[i];
        let first = self
            .times_secs
            .partition_point(|time| *time <= center - reach_secs);
        let end = self
            .times_secs
            .partition_point(|time| *time < center + reach_secs);
        // sums of weighted powers of the distance, and of them times the values
        let mut powers = [0.0; 5];
        let mut products = [0.0; 3];
        for k in first..end {
            let distance = (self.times_secs[k] - center) / reach_secs;
            let weight = (1.0 - distance.abs().powi(3)).powi(3);
            for (power, sum) in powers.iter_mut().enumerate() {
                *sum += weight * distance.powi(power as i32);
            }
            for (power, sum) in products.iter_mut().enumerate() {
                *sum += weight * distance.powi(power as i32) * self.values[k];
            }
        }
        let [s0, s1, s2, s3, s4] = powers;
        let [y0, y1, y2] = products;
        let minors = [s2 * s4 - s3 * s3, s1 * s4 - s2 * s3, s1 * s3 - s2 * s2];
        let determinant = s0 * minors[0] - s1 * minors[1] + s2 * minors[2];
        let fitted = (y0 * minors[0] - y1 * minors[1] + y2 * minors[2]) / determinant;
        // fewer than three samples, or all but on one another, determine no parabola
        if end - first < 3 || determinant <= 1e-9 * s0.powi(3) || !fitted.is_finite() {
            self.values[i]
        } else {
            fitted
        }
    }

    /// Where the signal turns, highest and lowest places taking turns, each at least `least_swing` from the next.
    ///
    /// The first and the last sample are no turns: what was before and after is not known. Nor is the place where a
    /// signal was by chance when it left a rest: to the first turn too it comes by a swing, or by half of one.
    pub fn turns(&self, least_swing: f64) -> Vec<Turn> {
        let mut places = Vec::new();
        // of what is still open: the lowest and the highest sample since the last turn
        let (mut low, mut high) = (0, 0);
        let mut is_rising = None;
        for i in 1..self.values.len() {
            if self.values[i] < self.values[low] {
                low = i;
            }
            if self.values[high] < self.values[i] {
                high = i;
            }
            let has_fallen = least_swing <= self.values[high] - self.values[i];
            let has_risen = least_swing <= self.values[i] - self.values[low];
            if has_fallen && is_rising != Some(false) {
                places.push((high, true));
                is_rising = Some(false);
                low = i;
            } else if has_risen && is_rising != Some(true) {
                places.push((low, false));
                is_rising = Some(true);
                high = i;
            }
        }
        let is_reached = |(i, _): &(usize, bool)| {
            let way = self.values[..*i]
                .iter()
                .map(|value| (value - self.values[*i]).abs())
                .fold(0.0, f64::max);
            0 < *i && FIRST_SWING_SHARE * least_swing <= way
        };
        if places.first().is_some_and(|first| !is_reached(first)) {
            places.remove(0);
        }
        places
            .into_iter()
            .map(|(i, is_highest)| self.turn_at(i, is_highest))
            .collect()
    }

    /// The vertex of the parabola through a sample and those beside it.
    fn turn_at(&self, i: usize, is_highest: bool) -> Turn {
        let at_sample = Turn {
            time_secs: self.times_secs[i],
            value: self.values[i],
            is_highest,
        };
        if i == 0 || self.values.len() <= i + 1 {
            return at_sample;
        }
        let dt_before = self.times_secs[i] - self.times_secs[i - 1];
        let dt_after = self.times_secs[i + 1] - self.times_secs[i];
        let slope_before = (self.values[i] - self.values[i - 1]) / dt_before;
        let slope_after = (self.values[i + 1] - self.values[i]) / dt_after;
        let bend = (slope_after - slope_before) / (dt_before + dt_after);
        let slope = (dt_after * slope_before + dt_before * slope_after) / (dt_before + dt_after);
        let shift_secs = -0.5 * slope / bend;
        if !(-dt_before..=dt_after).contains(&shift_secs) {
            return at_sample;
        }
        Turn {
            time_secs: self.times_secs[i] + shift_secs,
            value: self.values[i] + 0.5 * slope * shift_secs,
            is_highest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which turns there are with swings of 16 at least: the highest places are `true`.
    fn turns(values: &[f64]) -> Vec<bool> {
        let times_secs = (0..values.len()).map(|i| i as f64 / 30.0).collect();
        let signal = Signal {
            times_secs,
            values: values.to_vec(),
        };
        let turns = signal.turns(16.0);
        turns.iter().map(|turn| turn.is_highest).collect()
    }

    #[test]
    fn a_rest_before_the_first_swing_is_no_turn() {
        let resting = [0.0, 1.0, -1.0, 2.0, -2.0, 1.0];
        let falling = [-10.0, -20.0, -10.0, 10.0, 20.0, 10.0, -10.0];
        assert_eq!(turns(&[&resting[..], &falling].concat()), [false, true]);
        let rising = falling.map(|value| -value);
        assert_eq!(turns(&[&resting[..], &rising].concat()), [true, false]);
    }

    #[test]
    fn half_a_swing_at_the_beginning_leads_to_a_turn() {
        assert_eq!(turns(&[0.0, 4.0, 9.0, 1.0, -10.0, -20.0]), [true]);
        assert_eq!(turns(&[0.0, -4.0, -9.0, -1.0, 10.0, 20.0]), [false]);
        // the first sample may be anywhere on the way
        assert!(turns(&[9.0, 1.0, -10.0, -20.0]).is_empty());
    }
}
