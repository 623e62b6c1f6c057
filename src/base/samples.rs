//! Measured numbers: the one in the middle of many, and the usual interval between times.

/// The middle of the intervals that are longer than 0, in seconds; `None` without any.
pub fn median_interval_secs(times_secs: &[f64]) -> Option<f64> {
    let mut intervals: Vec<f64> = times_secs
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .filter(|interval| interval.is_finite() && 0.0 < *interval)
        .collect();
    quantile(&mut intervals, 0.5)
}

/// The value below which the share `share` of all lie (the nearest rank, no interpolation); changes their order.
pub fn quantile(values: &mut [f64], share: f64) -> Option<f64> {
    let rank = (share * values.len() as f64) as usize;
    let rank = rank.min(values.len().checked_sub(1)?);
    let (_, value, _) = values.select_nth_unstable_by(rank, f64::total_cmp);
    Some(*value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_interval_is_one_that_there_is() {
        assert_eq!(median_interval_secs(&[0.0, 0.5, 0.75, 1.0]), Some(0.25));
        // equal times and broken ones are no intervals
        assert_eq!(median_interval_secs(&[1.0, 1.0, 3.0, f64::NAN]), Some(2.0));
        assert_eq!(median_interval_secs(&[1.0, 1.0]), None);
        assert_eq!(median_interval_secs(&[]), None);
    }

    #[test]
    fn quantiles_are_nearest_rank() {
        assert_eq!(quantile(&mut [3.0, 1.0, 2.0], 0.5), Some(2.0));
        assert_eq!(quantile(&mut [3.0, 1.0, 2.0], 1.0), Some(3.0));
        assert_eq!(quantile(&mut [], 0.5), None);
    }
}
