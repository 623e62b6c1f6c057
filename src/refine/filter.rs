//! The filter for the joints of a series, stretch by stretch.

use std::ops::Range;

use crate::base::samples::median_interval_secs;
use crate::geom::Point;
use crate::refine::cubic_spline::CubicSpline;
use crate::refine::sampling::on_even_grid;
use crate::refine::{butterworth, gaussian, median, steady};
use crate::skeleton::N_JOINTS;
use crate::types::{Keypoint, PoseSeries};

/// Walking has 99.7 % of its power below 6 Hz at the toe, the quickest joint (Winter 2009, section 3.4.4.1), and
/// biomechanics has used this cutoff ever since.
pub const CUTOFF_HZ: f64 = 6.0;

/// A cutoff has to be below half of the frames per second, and near to it next to nothing would be filtered.
pub const MOST_CUTOFF_A_FRAME: f64 = 0.4;

/// Five frames at 30 per second: errors of two frames in a row vanish, steps of a walk (half a second) do not.
pub const WINDOW_SECS: f64 = 5.0 / 30.0;

/// Samples that the smoothing spline needs, as many as `scipy.interpolate.make_smoothing_spline` asks for.
const LEAST_SAMPLES_OF_SPLINE: usize = 5;

/// What takes the trembling away; none of them delays a motion.
///
/// At the cutoff half the power passes, whichever filter it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Filter {
    /// Butterworth's where a joint moves, and a firmer one where it rests. See [`steady`].
    Steady {
        /// What is faster goes.
        cutoff_hz: f64,
    },
    /// Order 2 forward and backward; the usual one in biomechanics. See [`butterworth`].
    Butterworth {
        /// What is faster goes.
        cutoff_hz: f64,
    },
    /// Single errors vanish, edges stay. See [`median`].
    Median {
        /// How many seconds a window is long.
        window_secs: f64,
    },
    /// Never swings over. See [`gaussian`].
    Gaussian {
        /// What is faster goes.
        cutoff_hz: f64,
    },
    /// Needs no constant rate: for very uneven times. See [`CubicSpline::smoothing`].
    Spline {
        /// What is faster goes.
        cutoff_hz: f64,
    },
    /// Leaves the joints as they are.
    None,
}

impl Default for Filter {
    /// A still person stands still in it, which Butterworth's at the usual cutoff cannot do at 25 frames per second.
    fn default() -> Self {
        Self::Steady {
            cutoff_hz: CUTOFF_HZ,
        }
    }
}

impl Filter {
    /// What it is called on the command line and in files.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Steady { .. } => "steady",
            Self::Butterworth { .. } => "butterworth",
            Self::Median { .. } => "median",
            Self::Gaussian { .. } => "gaussian",
            Self::Spline { .. } => "spline",
            Self::None => "none",
        }
    }

    /// Where half the power passes; `None` for filters without a cutoff.
    pub const fn cutoff_hz(&self) -> Option<f64> {
        match *self {
            Self::Steady { cutoff_hz }
            | Self::Butterworth { cutoff_hz }
            | Self::Gaussian { cutoff_hz }
            | Self::Spline { cutoff_hz } => Some(cutoff_hz),
            Self::Median { .. } | Self::None => None,
        }
    }

    /// Length of the window, of the median only.
    pub const fn window_secs(&self) -> Option<f64> {
        match *self {
            Self::Median { window_secs } => Some(window_secs),
            _ => None,
        }
    }

    /// Filters samples at strictly ascending times; `None` where they are too few or too slow for it.
    pub fn apply(&self, times_secs: &[f64], values: &[f64]) -> Option<Vec<f64>> {
        match *self {
            Self::Steady { cutoff_hz } => on_even_grid(times_secs, values, |values, rate_hz| {
                steady::zero_lag(values, rate_hz, cutoff_hz)
            }),
            Self::Butterworth { cutoff_hz } => {
                on_even_grid(times_secs, values, |values, rate_hz| {
                    butterworth::zero_lag(values, rate_hz, cutoff_hz)
                })
            }
            Self::Median { window_secs } => median::smooth(times_secs, values, window_secs),
            Self::Gaussian { cutoff_hz } => on_even_grid(times_secs, values, |values, rate_hz| {
                gaussian::smooth(values, rate_hz * gaussian::deviation_secs(cutoff_hz))
            }),
            Self::Spline { cutoff_hz } => {
                if times_secs.len() < LEAST_SAMPLES_OF_SPLINE {
                    return None;
                }
                let lambda = lambda_of_cutoff(times_secs, cutoff_hz)?;
                CubicSpline::smoothing(times_secs, values, lambda).map(CubicSpline::into_values)
            }
            Self::None => Some(values.to_vec()),
        }
    }
}

/// The weight of bends with which a smoothing spline lets half the power through at the cutoff.
///
/// Samples a time `h` apart make it pass the share `1 / (1 + λ h ω⁴)` of an amplitude, the same as two runs of a
/// Butterworth filter of order 2 (Craven and Wahba 1979; Woltring 1986, section 3).
fn lambda_of_cutoff(times_secs: &[f64], cutoff_hz: f64) -> Option<f64> {
    let interval = median_interval_secs(times_secs)?;
    let omega = std::f64::consts::TAU * cutoff_hz;
    Some((2.0_f64.sqrt() - 1.0) / (interval * omega.powi(4)))
}

/// Filters each joint, each stretch between holes for itself; also says how many joints were left as they are because
/// their stretch is too short or too slow for the filter. Confidences stay.
///
/// Frames that are missing for longer than `max_gap_secs` part stretches as joints that are missing do; a camera that
/// is slower than that is not taken for one long hole.
pub fn filtered(series: &PoseSeries, filter: &Filter, max_gap_secs: f64) -> (PoseSeries, usize) {
    let mut result = series.clone();
    let mut n_unfiltered = 0;
    for joint_idx in 0..N_JOINTS {
        for stretch in stretches(series, joint_idx, max_gap_secs) {
            let found: Vec<Keypoint> = series.poses[stretch.clone()]
                .iter()
                .filter_map(|pose| pose.keypoints[joint_idx])
                .collect();
            let times = &series.times_secs[stretch.clone()];
            let along = |position: fn(&Keypoint) -> f32| {
                let values: Vec<f64> = found.iter().map(|k| f64::from(position(k))).collect();
                filter.apply(times, &values)
            };
            let Some((x, y)) = along(|k| k.at.x).zip(along(|k| k.at.y)) else {
                n_unfiltered += found.len();
                continue;
            };
            for (pose, (x, y)) in result.poses[stretch].iter_mut().zip(x.iter().zip(&y)) {
                if let Some(keypoint) = &mut pose.keypoints[joint_idx] {
                    keypoint.at = Point::new(*x as f32, *y as f32);
                }
            }
        }
    }
    (result, n_unfiltered)
}

/// Runs of frames that all have the joint, at strictly ascending times, none too far from the one before.
fn stretches(series: &PoseSeries, joint_idx: usize, max_gap_secs: f64) -> Vec<Range<usize>> {
    let usual_secs = median_interval_secs(&series.times_secs).unwrap_or_default();
    let longest_secs = max_gap_secs.max(2.0 * usual_secs);
    let mut stretches: Vec<Range<usize>> = Vec::new();
    for (index, pose) in series.poses.iter().enumerate() {
        if pose.keypoints[joint_idx].is_none() {
            continue;
        }
        match stretches.last_mut() {
            Some(stretch)
                if stretch.end == index && {
                    let interval = series.times_secs[index] - series.times_secs[index - 1];
                    0.0 < interval && interval <= longest_secs
                } =>
            {
                stretch.end += 1;
            }
            _ => stretches.push(index..index + 1),
        }
    }
    stretches
}
