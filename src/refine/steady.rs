//! A low-pass that is firmer where a joint rests: the noise of a still person goes, the shape of a motion stays.
//!
//! Between the cutoff that was asked for and [`REST_CUTOFF_HZ`], what passes is weighted as Wiener's filter weights it:
//! by the share of its power that is not noise, in a window round each sample. How strong the noise is, the part above
//! the cutoff says, where a body has nothing. At 25 to 30 frames per second a cutoff of 6 Hz alone leaves half of the
//! noise, as half of all frequencies lie below it.

use crate::base::samples::quantile;
use crate::refine::butterworth;

/// What is slower passes at rest too: a person who stands still sways more slowly.
pub const REST_CUTOFF_HZ: f64 = 1.0;

/// The power of a sample is that of half a second, a step of a walk: shorter windows cannot tell noise from motion.
const HALF_WINDOW_SECS: f64 = 0.25;

/// Power up to this many times that of the noise is taken for noise: so far the power of noise alone swings in a window
/// of half a second.
const NOISE_MARGIN: f64 = 3.0;

/// Frequencies at which a filter's share of white noise is summed up; more change nothing in the third digit.
const N_FREQUENCIES: usize = 256;

/// The values without what is faster than `cutoff_hz`, and at rest without what is faster than [`REST_CUTOFF_HZ`].
///
/// `None` where [`butterworth::zero_lag`] gives `None`. A cutoff below that of rest leaves nothing to be weighted.
pub fn zero_lag(values: &[f64], rate_hz: f64, cutoff_hz: f64) -> Option<Vec<f64>> {
    let moving = butterworth::zero_lag(values, rate_hz, cutoff_hz)?;
    if cutoff_hz <= REST_CUTOFF_HZ {
        return Some(moving);
    }
    // a wave of that length, for the slow filter to settle
    let n_extension = (rate_hz / REST_CUTOFF_HZ).ceil() as usize;
    let resting = butterworth::zero_lag_extended(values, rate_hz, REST_CUTOFF_HZ, n_extension)?;
    let half_window = (HALF_WINDOW_SECS * rate_hz).round().max(1.0) as usize;
    let between: Vec<f64> = differences(&moving, &resting);
    let power = running_power(&between, half_window);
    let mut above = running_power(&differences(values, &moving), half_window);
    let [share_between, share_above] = noise_shares(rate_hz, cutoff_hz);
    // the median passes over the moments in which a motion is faster than the cutoff
    let noise_power = quantile(&mut above, 0.5)? / share_above;
    let noise_between = NOISE_MARGIN * noise_power * share_between;
    let weighted = resting.iter().zip(&between).zip(&power);
    Some(
        weighted
            .map(|((rest, between), power)| {
                let noise_share = (noise_between / power).min(1.0);
                // squared, so that a clear motion keeps all of its height
                rest + (1.0 - noise_share * noise_share) * between
            })
            .collect(),
    )
}

fn differences(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// Mean square of the values up to `half_window` away, of those that are there.
fn running_power(values: &[f64], half_window: usize) -> Vec<f64> {
    let mut sums = vec![0.0];
    let mut sum = 0.0;
    for value in values {
        sum += value * value;
        sums.push(sum);
    }
    (0..values.len())
        .map(|index| {
            let begin = index.saturating_sub(half_window);
            let end = (index + half_window + 1).min(values.len());
            (sums[end] - sums[begin]) / (end - begin) as f64
        })
        .collect()
}

/// Which share of white noise lies between the cutoff of rest and `cutoff_hz`, and which above it.
fn noise_shares(rate_hz: f64, cutoff_hz: f64) -> [f64; 2] {
    let mut shares = [0.0; 2];
    for index in 0..N_FREQUENCIES {
        let hz = 0.5 * rate_hz * (index as f64 + 0.5) / N_FREQUENCIES as f64;
        let passed = butterworth::gain(hz, rate_hz, cutoff_hz);
        let at_rest = butterworth::gain(hz, rate_hz, REST_CUTOFF_HZ);
        shares[0] += (passed - at_rest).powi(2) / N_FREQUENCIES as f64;
        shares[1] += (1.0 - passed).powi(2) / N_FREQUENCIES as f64;
    }
    shares
}
