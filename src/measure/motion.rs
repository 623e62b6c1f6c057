//! Where a signal swings, and where it rests.

use std::collections::VecDeque;
use std::ops::Range;

use crate::measure::signal::Signal;

/// The runs of samples about which the signal covers `least_range`, in `half_window_secs` before and after together.
pub(super) fn swinging_parts(
    signal: &Signal,
    half_window_secs: f64,
    least_range: f64,
) -> Vec<Range<usize>> {
    let ranges = running_ranges(signal, half_window_secs);
    runs(&ranges, |_, range| least_range <= range)
}

/// Where the signal covers `most_range` at most in `half_window_secs` before and after together: the times of the first and
/// the last sample of which that is so, for each rest. The rest itself began `half_window_secs` earlier and ends as much
/// later.
pub(super) fn rests_secs(signal: &Signal, half_window_secs: f64, most_range: f64) -> Vec<[f64; 2]> {
    let times = signal.times_secs();
    // at the ends it is not known how long it has rested
    let is_inside = |place: usize| {
        signal.start_secs() + half_window_secs <= times[place]
            && times[place] + half_window_secs <= signal.end_secs()
    };
    let ranges = running_ranges(signal, half_window_secs);
    runs(&ranges, |place, range| {
        range <= most_range && is_inside(place)
    })
    .into_iter()
    .map(|run| [times[run.start], times[run.end - 1]])
    .collect()
}

/// The first moment between two times (or with `is_last` the last one) at which the signal is as high (or with `is_highest`
/// off as low) as anywhere between them, but for `tolerance`; `None` where no sample lies between them.
pub(super) fn reached_secs(
    signal: &Signal,
    [from_secs, to_secs]: [f64; 2],
    is_highest: bool,
    is_last: bool,
    tolerance: f64,
) -> Option<f64> {
    let times = signal.times_secs();
    let begin = times.partition_point(|secs| *secs < from_secs);
    let end = times.partition_point(|secs| *secs <= to_secs);
    let values = signal.values().get(begin..end)?;
    let furthest: fn(f64, f64) -> f64 = if is_highest { f64::max } else { f64::min };
    let extreme = values.iter().copied().reduce(furthest)?;
    let is_near = |value: &f64| (value - extreme).abs() <= tolerance;
    let place = if is_last {
        values.iter().rposition(is_near)?
    } else {
        values.iter().position(is_near)?
    };
    times.get(begin + place).copied()
}

/// From the lowest to the highest value up to `half_window_secs` before and after each sample.
fn running_ranges(signal: &Signal, half_window_secs: f64) -> Vec<f64> {
    let (times, values) = (signal.times_secs(), signal.values());
    // places in the window that are lower, or higher, than all that come after them in it
    let (mut lowest, mut highest) = (VecDeque::new(), VecDeque::new());
    let mut end = 0;
    (0..values.len())
        .map(|place| {
            while end < values.len() && times[end] - times[place] <= half_window_secs {
                while lowest
                    .back()
                    .is_some_and(|k: &usize| values[end] <= values[*k])
                {
                    lowest.pop_back();
                }
                while highest
                    .back()
                    .is_some_and(|k: &usize| values[*k] <= values[end])
                {
                    highest.pop_back();
                }
                lowest.push_back(end);
                highest.push_back(end);
                end += 1;
            }
            for places in [&mut lowest, &mut highest] {
                while places
                    .front()
                    .is_some_and(|k| half_window_secs < times[place] - times[*k])
                {
                    places.pop_front();
                }
            }
            let ends = lowest.front().zip(highest.front());
            ends.map_or(0.0, |(low, high)| values[*high] - values[*low])
        })
        .collect()
}

/// The runs of places of which `belongs` says so, by their place and number.
fn runs(numbers: &[f64], belongs: impl Fn(usize, f64) -> bool) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (place, number) in numbers.iter().enumerate() {
        if !belongs(place, *number) {
            continue;
        }
        match runs.last_mut() {
            Some(last) if last.end == place => last.end = place + 1,
            _ => runs.push(place..place + 1),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value every tenth of a second.
    fn signal(values: &[f64]) -> Signal {
        let times: Vec<f64> = (0..values.len()).map(|k| 0.1 * k as f64).collect();
        let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        Signal::stretches(&times, &values, 1.0).remove(0)
    }

    #[test]
    fn the_range_of_a_window_is_that_of_its_samples() {
        let values = [0.0, 3.0, 1.0, 1.0, 7.0, -2.0, 5.0, 5.0, 5.0, 5.0];
        let found = running_ranges(&signal(&values), 0.25);
        for (place, range) in found.iter().enumerate() {
            let window = &values[place.saturating_sub(2)..(place + 3).min(values.len())];
            let high = window.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let low = window.iter().copied().fold(f64::INFINITY, f64::min);
            assert_eq!(*range, high - low, "{place}");
        }
        assert!(running_ranges(&Signal::default(), 0.25).is_empty());
    }

    #[test]
    fn a_swing_between_rests_is_one_part() {
        let values = [0.0, 0.0, 0.0, 0.0, 0.0, 9.0, -9.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let parts = swinging_parts(&signal(&values), 0.15, 8.0);
        assert_eq!((parts.len(), parts.first()), (1, Some(&(4..8))));
        assert!(swinging_parts(&signal(&[1.0; 5]), 0.15, 8.0).is_empty());
    }

    #[test]
    fn a_rest_is_known_inside_of_a_signal_only() {
        let values = [0.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0, 4.0, 0.0, 0.0, 0.0];
        let rests = rests_secs(&signal(&values), 0.15, 1.0);
        let [[first, last]] = rests[..] else {
            panic!("{rests:?}");
        };
        assert!((first - 0.3).abs() < 1e-9 && (last - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_plateau_is_reached_where_it_begins_and_left_where_it_ends() {
        let plateau = signal(&[0.0, 5.0, 9.8, 9.7, 10.0, 9.9, 5.0, 0.0]);
        let reached = |is_last| reached_secs(&plateau, [0.0, 0.7], true, is_last, 0.5).unwrap();
        assert!((reached(false) - 0.2).abs() < 1e-9);
        assert!((reached(true) - 0.5).abs() < 1e-9);
        assert_eq!(reached_secs(&plateau, [0.01, 0.02], true, false, 0.5), None);
    }
}
