//! Random numbers and times that are the same in every run.

use std::f64::consts::TAU;

/// Random numbers from a fixed seed (linear congruential, then Box and Muller's transform).
pub struct Noise(pub u64);

impl Noise {
    pub fn uniform(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub fn normal(&mut self, sigma: f64) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        sigma * radius * (TAU * self.uniform()).cos()
    }
}

/// Times of a camera with about 30 frames per second, uneven, that loses some frames.
pub fn uneven_times(until_secs: f64) -> Vec<f64> {
    let mut noise = Noise(11);
    let mut secs = 0.0;
    std::iter::from_fn(|| {
        let now = secs;
        let n_intervals = if noise.uniform() < 0.1 { 2.0 } else { 1.0 };
        secs += n_intervals / 30.0 + 0.008 * (noise.uniform() - 0.5);
        (now < until_secs).then_some(now)
    })
    .collect()
}
