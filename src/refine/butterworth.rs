//! The low-pass filter of biomechanics: a Butterworth filter run forward and backward, so that nothing lags.
//!
//! The convention is that of Winter, "Biomechanics and Motor Control of Human Movement", 4th edition 2009,
//! section 3.4.4.2: a filter of order 2 runs twice, which makes order 4, and its own cutoff is raised so that both
//! runs together let half the power through at the cutoff that was asked for.

use crate::refine::sampling::extended_oddly;

/// So many values are added at each end, for the filter to settle on: three times the number of coefficients, as
/// `scipy.signal.filtfilt` does.
const N_EXTENSION: usize = 9;

/// Fewer samples cannot be extended, and stay as they are.
pub const LEAST_SAMPLES: usize = N_EXTENSION + 1;

/// The values without what is faster than `cutoff_hz`, nothing delayed.
///
/// `None` for fewer than [`LEAST_SAMPLES`] values, and where the cutoff is not below half the rate: there is nothing
/// faster to take away then.
pub fn zero_lag(values: &[f64], rate_hz: f64, cutoff_hz: f64) -> Option<Vec<f64>> {
    zero_lag_extended(values, rate_hz, cutoff_hz, N_EXTENSION)
}

/// As [`zero_lag`], with more room at both ends for a low cutoff to settle in, as far as there are values.
pub(super) fn zero_lag_extended(
    values: &[f64],
    rate_hz: f64,
    cutoff_hz: f64,
    n_extension: usize,
) -> Option<Vec<f64>> {
    let is_possible = LEAST_SAMPLES <= values.len() && 0.0 < cutoff_hz && 2.0 * cutoff_hz < rate_hz;
    if !is_possible {
        return None;
    }
    let n_extension = n_extension.min(values.len() - 1);
    let section = Section::low_pass(rate_hz, cutoff_hz);
    let mut run = extended_oddly(values, n_extension);
    section.run(&mut run);
    run.reverse();
    section.run(&mut run);
    run.reverse();
    run.truncate(n_extension + values.len());
    Some(run.split_off(n_extension))
}

/// The share of the height of a wave of `hz` that [`zero_lag`] leaves.
pub fn gain(hz: f64, rate_hz: f64, cutoff_hz: f64) -> f64 {
    let warped = |hz: f64| (std::f64::consts::PI * hz / rate_hz).tan();
    1.0 / (1.0 + POWER_CORRECTION * (warped(hz) / warped(cutoff_hz)).powi(4))
}

/// Two runs let half the power through where each lets 1/√2 of it: `(ω/ω₁)⁴` = √2 − 1 there.
const POWER_CORRECTION: f64 = std::f64::consts::SQRT_2 - 1.0;

/// Coefficients of a recursive filter of order 2.
#[derive(Clone, Copy, Debug)]
struct Section {
    /// Weights of the newest sample and the two before it.
    forward: [f64; 3],
    /// Weights of the two results before, with the sign they have on the results' side.
    feedback: [f64; 2],
}

impl Section {
    /// The bilinear transform of the analog filter `1 / (s² + √2 s + 1)`.
    fn low_pass(rate_hz: f64, cutoff_hz: f64) -> Self {
        let omega =
            (std::f64::consts::PI * cutoff_hz / rate_hz).tan() / POWER_CORRECTION.powf(0.25);
        let norm = 1.0 / (1.0 + 2.0_f64.sqrt() * omega + omega * omega);
        let gain = omega * omega * norm;
        Self {
            forward: [gain, 2.0 * gain, gain],
            feedback: [
                2.0 * (omega * omega - 1.0) * norm,
                (1.0 - 2.0_f64.sqrt() * omega + omega * omega) * norm,
            ],
        }
    }

    /// Filters in place, as if the first value had been there for ever.
    fn run(&self, values: &mut [f64]) {
        let [b0, b1, b2] = self.forward;
        let [a1, a2] = self.feedback;
        let first = values.first().copied().unwrap_or_default();
        let mut memory = [(1.0 - b0) * first, (b2 - a2) * first];
        for value in values {
            let sample = *value;
            let result = b0 * sample + memory[0];
            memory = [
                b1 * sample - a1 * result + memory[1],
                b2 * sample - a2 * result,
            ];
            *value = result;
        }
    }
}
