//! Samples at uneven times: intervals, windows, and the way to an even grid and back.

use crate::base::samples::{median_interval_secs, quantile};
use crate::refine::cubic_spline::CubicSpline;

/// Times that are off an even grid by less than this share of an interval count as even: files round them to a
/// microsecond, and a joint does not move measurably in a hundredth of a frame.
const EVEN_WITHIN: f64 = 0.01;

/// A spline through two samples nearer than this share of the usual interval would swing far beside them.
const LEAST_INTERVAL: f64 = 0.25;

/// An even grid has at most so many nodes for each sample, however uneven the times are.
const MOST_NODES_PER_SAMPLE: f64 = 4.0;

/// For each sample the quantile of those within `half_window_secs`; `None` where there are none.
pub(super) fn running_quantile(
    times_secs: &[f64],
    values: &[Option<f64>],
    half_window_secs: f64,
    share: f64,
) -> Vec<Option<f64>> {
    let n = times_secs.len();
    let (mut begin, mut end) = (0, 0);
    let mut within = Vec::new();
    (0..n)
        .map(|index| {
            let now = times_secs[index];
            while begin < index && half_window_secs < now - times_secs[begin] {
                begin += 1;
            }
            end = end.max(index + 1);
            while end < n && times_secs[end] - now <= half_window_secs {
                end += 1;
            }
            within.clear();
            within.extend(values[begin..end].iter().flatten());
            quantile(&mut within, share)
        })
        .collect()
}

/// Runs a filter that needs a constant rate: `filter` gets values on an even grid and the grid's rate in Hz.
///
/// Even times are passed as they are. Others go over a grid of the median interval and back at their own times,
/// both by cubic splines. `times_secs` must ascend strictly. `None` where the filter gives `None`.
pub(super) fn on_even_grid(
    times_secs: &[f64],
    values: &[f64],
    filter: impl Fn(&[f64], f64) -> Option<Vec<f64>>,
) -> Option<Vec<f64>> {
    let (&first, &last) = times_secs.first().zip(times_secs.last())?;
    let n = times_secs.len();
    let mean_interval = (last - first) / (n - 1) as f64;
    let is_even = times_secs.iter().enumerate().all(|(index, time)| {
        (time - first - index as f64 * mean_interval).abs() <= EVEN_WITHIN * mean_interval
    });
    if is_even {
        return filter(values, 1.0 / mean_interval);
    }
    let median_interval = median_interval_secs(times_secs)?;
    let n_steps = ((last - first) / median_interval)
        .round()
        .clamp(1.0, MOST_NODES_PER_SAMPLE * n as f64);
    let step = (last - first) / n_steps;
    let grid: Vec<f64> = (0..=n_steps as usize)
        .map(|node| first + node as f64 * step)
        .collect();
    let is_spline_safe = times_secs
        .windows(2)
        .all(|pair| LEAST_INTERVAL * median_interval <= pair[1] - pair[0]);
    let on_grid = if is_spline_safe {
        CubicSpline::through(times_secs, values)?.at_each(&grid)
    } else {
        linear_at_each(times_secs, values, &grid)
    };
    let filtered = filter(&on_grid, 1.0 / step)?;
    Some(CubicSpline::through(&grid, &filtered)?.at_each(times_secs))
}

fn linear_at_each(times_secs: &[f64], values: &[f64], wanted: &[f64]) -> Vec<f64> {
    let last_begin = times_secs.len().saturating_sub(2);
    let mut begin = 0;
    wanted
        .iter()
        .map(|time| {
            while begin < last_begin && times_secs[begin + 1] < *time {
                begin += 1;
            }
            let end = begin + 1;
            let share = (time - times_secs[begin]) / (times_secs[end] - times_secs[begin]);
            values[begin] + share * (values[end] - values[begin])
        })
        .collect()
}

/// The values with `n` more before and after them, mirrored through the first and the last point.
///
/// A motion goes on at both ends as it was, so that ends are filtered without a lag. Needs more than `n` values.
pub(super) fn extended_oddly(values: &[f64], n: usize) -> Vec<f64> {
    let (Some(&first), Some(&last)) = (values.first(), values.last()) else {
        return Vec::new();
    };
    let before = values[1..=n].iter().rev().map(|value| 2.0 * first - value);
    let after = values[values.len() - 1 - n..values.len() - 1]
        .iter()
        .rev()
        .map(|value| 2.0 * last - value);
    before.chain(values.iter().copied()).chain(after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_a_line_on_the_way_over_the_grid() {
        let keep = |values: &[f64], _rate_hz: f64| Some(values.to_vec());
        for times in [
            vec![0.0, 0.03, 0.07, 0.1, 0.18, 0.2],
            // two samples that nearly coincide
            vec![0.0, 0.0001, 0.07, 0.1, 0.18, 0.2],
        ] {
            let values: Vec<f64> = times.iter().map(|time| 5.0 - 40.0 * time).collect();
            let filtered = on_even_grid(&times, &values, keep).unwrap();
            for (value, filtered) in values.iter().zip(filtered) {
                assert!((value - filtered).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_grid_has_the_rate_of_most_frames_and_a_limit() {
        let rate_of = |times: &[f64]| {
            let rate = std::cell::Cell::new(0.0);
            on_even_grid(times, &vec![0.0; times.len()], |values, rate_hz| {
                rate.set(rate_hz);
                Some(values.to_vec())
            });
            rate.get()
        };
        // 25 frames per second, one of them missing
        let times = [0.0, 0.04, 0.08, 0.16, 0.2, 0.24];
        assert!((rate_of(&times) - 25.0).abs() < 1e-6);
        // most frames a microsecond apart, one second in all
        let times = [0.0, 1e-6, 2e-6, 3e-6, 4e-6, 1.0];
        assert!(rate_of(&times) <= 24.0);
    }

    #[test]
    fn an_odd_extension_goes_on_as_the_values_do() {
        assert_eq!(
            extended_oddly(&[1.0, 2.0, 4.0], 2),
            [-2.0, 0.0, 1.0, 2.0, 4.0, 6.0, 7.0]
        );
    }

    #[test]
    fn windows_are_measured_in_seconds() {
        let times = [0.0, 0.1, 0.2, 5.0];
        let values = [Some(1.0), None, Some(3.0), None];
        let medians = running_quantile(&times, &values, 0.1, 0.5);
        assert_eq!(medians, [Some(1.0), Some(3.0), Some(3.0), None]);
    }
}
