//! A weighted mean over neighbors, the weights a Gaussian.

use crate::refine::sampling::extended_oddly;

/// The bell is cut off at so many standard deviations, as in `scipy.ndimage.gaussian_filter1d`.
const TRUNCATE: f64 = 4.0;

/// The standard deviation, in seconds, of the bell that lets half the power through at `cutoff_hz`.
///
/// A Gaussian of deviation σ passes the share `exp(-(2π f σ)² / 2)` of an amplitude.
pub fn deviation_secs(cutoff_hz: f64) -> f64 {
    std::f64::consts::LN_2.sqrt() / (std::f64::consts::TAU * cutoff_hz)
}

/// The values without their fine detail, nothing delayed; `deviation` is in samples.
///
/// At the ends the values are continued by their mirror image through the first and the last point, not by their
/// reflection as is scipy's default: that would pull the ends of a motion back. `None` where there are no more values
/// than half a bell has.
pub fn smooth(values: &[f64], deviation: f64) -> Option<Vec<f64>> {
    let radius = TRUNCATE * deviation + 0.5;
    // also where it is not finite
    let is_possible = (0.5..values.len() as f64).contains(&radius);
    if !is_possible {
        return None;
    }
    let radius = radius as usize;
    let bell: Vec<f64> = (0..=2 * radius)
        .map(|index| {
            let distance = (index as f64 - radius as f64) / deviation.max(f64::MIN_POSITIVE);
            (-0.5 * distance * distance).exp()
        })
        .collect();
    let total: f64 = bell.iter().sum();
    let smooth = extended_oddly(values, radius)
        .windows(bell.len())
        .map(|window| {
            let weighted = window
                .iter()
                .zip(&bell)
                .map(|(value, weight)| value * weight);
            weighted.sum::<f64>() / total
        })
        .collect();
    Some(smooth)
}
