//! Many numbers in a few.

/// Mean and scatter of what was measured several times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// Standard deviation of the sample (division by n - 1); `None` for a single one.
    pub sd: Option<f64>,
    /// How many there are.
    pub n: usize,
}

impl Spread {
    /// `None` when there are no values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Self {
            mean,
            sd: (1 < n).then(|| (squares / (n - 1) as f64).sqrt()),
            n,
        })
    }
}

/// The value below which the share `q` in [0, 1] of sorted ones lie, between two of them in proportion (numpy's
/// `quantile`); `None` when there are none.
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let place = q.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let below = sorted.get(place as usize)?;
    let above = sorted.get(place.ceil() as usize)?;
    Some(below + place.fract() * (above - below))
}
