//! Natural cubic splines on uneven times: through the samples, or smoothly beside them.

/// A curve of cubic pieces whose second derivative is continuous, and 0 at both ends.
#[derive(Clone, Debug, PartialEq)]
pub struct CubicSpline {
    times_secs: Vec<f64>,
    values: Vec<f64>,
    /// Second derivatives at the times.
    curvatures: Vec<f64>,
}

impl CubicSpline {
    /// The curve through all samples; a line through two.
    ///
    /// Times must ascend strictly; `None` for fewer than two samples, or where the numbers leave no curve.
    pub fn through(times_secs: &[f64], values: &[f64]) -> Option<Self> {
        Self::smoothing(times_secs, values, 0.0)
    }

    /// The curve with the smallest sum of squared distances to the samples plus `lambda` times the integral of its
    /// squared second derivative.
    ///
    /// Reinsch, "Smoothing by spline functions", 1967, in the form of Green and Silverman, "Nonparametric
    /// Regression and Generalized Linear Models", 1994, section 2.3.3: one band matrix of width five.
    pub fn smoothing(times_secs: &[f64], values: &[f64], lambda: f64) -> Option<Self> {
        let n = times_secs.len();
        if n < 2 || values.len() != n {
            return None;
        }
        let intervals: Vec<f64> = times_secs
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .collect();
        if !intervals.iter().all(|interval| 0.0 < *interval) {
            return None;
        }
        // weights of the neighbors and of the sample itself in a second difference of slopes
        let column = |inner: usize| {
            let [before, after] = [1.0 / intervals[inner], 1.0 / intervals[inner + 1]];
            [before, -before - after, after]
        };
        let n_inner = n - 2;
        let band = Band {
            diagonal: (0..n_inner)
                .map(|inner| {
                    let squares: f64 = column(inner).iter().map(|weight| weight * weight).sum();
                    (intervals[inner] + intervals[inner + 1]) / 3.0 + lambda * squares
                })
                .collect(),
            first: (1..n_inner)
                .map(|inner| {
                    let [_, b, c] = column(inner - 1);
                    let [d, e, _] = column(inner);
                    intervals[inner] / 6.0 + lambda * (b * d + c * e)
                })
                .collect(),
            second: (2..n_inner)
                .map(|inner| lambda * column(inner - 2)[2] * column(inner)[0])
                .collect(),
        };
        let bends: Vec<f64> = (0..n_inner)
            .map(|inner| {
                let [before, own, after] = column(inner);
                before * values[inner] + own * values[inner + 1] + after * values[inner + 2]
            })
            .collect();
        let inner_curvatures = band.solve(bends);
        let mut smooth = values.to_vec();
        for (inner, curvature) in inner_curvatures.iter().enumerate() {
            for (offset, weight) in column(inner).into_iter().enumerate() {
                smooth[inner + offset] -= lambda * weight * curvature;
            }
        }
        let mut curvatures = vec![0.0];
        curvatures.extend(inner_curvatures);
        curvatures.push(0.0);
        smooth
            .iter()
            .chain(&curvatures)
            .all(|number| number.is_finite())
            .then(|| Self {
                times_secs: times_secs.to_vec(),
                values: smooth,
                curvatures,
            })
    }

    /// Its values at the times of the samples.
    pub fn into_values(self) -> Vec<f64> {
        self.values
    }

    /// Its values at ascending times; straight on outside of the samples.
    pub fn at_each(&self, wanted_secs: &[f64]) -> Vec<f64> {
        let last_begin = self.times_secs.len() - 2;
        let mut begin = 0;
        wanted_secs
            .iter()
            .map(|time| {
                while begin < last_begin && self.times_secs[begin + 1] < *time {
                    begin += 1;
                }
                self.at(begin, *time)
            })
            .collect()
    }

    /// The value on, before or behind the piece that begins with sample `begin`.
    fn at(&self, begin: usize, time_secs: f64) -> f64 {
        let end = begin + 1;
        let interval = self.times_secs[end] - self.times_secs[begin];
        let since_begin = time_secs - self.times_secs[begin];
        let to_end = self.times_secs[end] - time_secs;
        let straight = (since_begin * self.values[end] + to_end * self.values[begin]) / interval;
        let inside = since_begin * to_end;
        if inside < 0.0 {
            return straight;
        }
        let bend = (1.0 + since_begin / interval) * self.curvatures[end]
            + (1.0 + to_end / interval) * self.curvatures[begin];
        straight - inside * bend / 6.0
    }
}

/// A symmetric matrix, positive definite, with two bands beside its diagonal.
struct Band {
    diagonal: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Band {
    /// The `x` of `A x = right`, by Cholesky's decomposition without roots, `A = L D Lᵀ`.
    fn solve(self, right: Vec<f64>) -> Vec<f64> {
        let n = self.diagonal.len();
        let mut pivots = self.diagonal;
        // L's bands
        let (mut near, mut far) = (self.first, self.second);
        let mut solution = right;
        for row in 0..n {
            if 1 <= row {
                let of_near = near[row - 1];
                pivots[row] -= of_near * of_near * pivots[row - 1];
                solution[row] -= of_near * solution[row - 1];
            }
            if 2 <= row {
                let of_far = far[row - 2];
                pivots[row] -= of_far * of_far * pivots[row - 2];
                solution[row] -= of_far * solution[row - 2];
            }
            if row + 1 < n {
                if 1 <= row {
                    near[row] -= far[row - 1] * near[row - 1] * pivots[row - 1];
                }
                near[row] /= pivots[row];
            }
            if row + 2 < n {
                far[row] /= pivots[row];
            }
        }
        for row in (0..n).rev() {
            solution[row] /= pivots[row];
            if row + 1 < n {
                solution[row] -= near[row] * solution[row + 1];
            }
            if row + 2 < n {
                solution[row] -= far[row] * solution[row + 2];
            }
        }
        solution
    }
}
