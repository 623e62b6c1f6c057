//! The 1€ filter: steady when the value rests, quick when it moves.
//!
//! Casiez, Roussel, Vogel, "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive
//! Systems", CHI 2012, algorithms 1 and 2, with the time between two samples in place of a fixed rate.

use std::f64::consts::TAU;

/// Settings of a filter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneEuroParams {
    /// Cutoff frequency of a value at rest, in Hz: lower is steadier.
    pub min_cutoff_hz: f64,
    /// How much the cutoff rises, in Hz, for each unit per second of speed: higher lags less.
    pub beta: f64,
    /// Cutoff frequency of the speed, in Hz.
    pub speed_cutoff_hz: f64,
}

/// One number that is filtered over time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OneEuro {
    state: Option<State>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct State {
    /// Filtered value.
    value: f64,
    /// Filtered speed, in units per second.
    speed: f64,
}

impl OneEuro {
    /// Takes the next sample, `dt_secs` after the last one, and gives the filtered value.
    ///
    /// The first sample is given back as it is. Samples that are not finite change nothing,
    /// and so do samples without time between; `None` when there has been no good one yet.
    pub fn filter(&mut self, params: &OneEuroParams, sample: f64, dt_secs: f64) -> Option<f64> {
        let next = match self.state {
            last if !sample.is_finite() => last,
            None => Some(State {
                value: sample,
                speed: 0.0,
            }),
            Some(last) if dt_secs.is_finite() && 0.0 < dt_secs => {
                let sampled_speed = (sample - last.value) / dt_secs;
                let speed = low_pass(last.speed, sampled_speed, params.speed_cutoff_hz, dt_secs);
                let cutoff_hz = params.min_cutoff_hz + params.beta * speed.abs();
                let value = low_pass(last.value, sample, cutoff_hz, dt_secs);
                Some(State { value, speed })
            }
            last => last,
        };
        self.state = next;
        next.map(|state| state.value)
    }
}

/// Exponential smoothing: the share of the new sample is `1 / (1 + tau / dt)` with `tau = 1 / (2 pi cutoff)`.
fn low_pass(last: f64, sample: f64, cutoff_hz: f64, dt_secs: f64) -> f64 {
    let tau_secs = 1.0 / (TAU * cutoff_hz);
    let alpha = 1.0 / (1.0 + tau_secs / dt_secs);
    last + alpha * (sample - last)
}
