//! How steadily a pair of joints moves under the names that a net gave it, or under others.

use crate::base::samples::{median_interval_secs, quantile};
use crate::geom::{Image, Point};
use crate::types::PoseSeries;

/// So many frames before one matter for its names.
pub(super) const N_REMEMBERED: usize = 4;

/// Names are compared over holes up to this length; behind a longer one the net's word is the best there is, as legs
/// may have passed each other.
pub(super) const BRIDGE_SECS: f64 = 0.15;

/// How little a net may scatter, in body sizes: without a least scatter, clean data would make every change certain.
const LEAST_SCATTER: f64 = 0.002;

/// For pairs that are not seen long enough to measure their scatter, in body sizes.
const USUAL_SCATTER: f64 = 0.01;

/// Speed to be expected where none is known, in body sizes per second: half of that of a walker's swinging foot.
const USUAL_SPEED: f64 = 1.5;

/// The most that one joint of one frame may cost: one wrong position is no reason to rename a whole body.
const MOST_COST: f64 = 30.0;

/// The median length of a vector of two normal numbers of deviation 1, `sqrt(2 ln 2)`.
const MEDIAN_LENGTH: f64 = 1.1774;

/// Which of the pair's names are exchanged, in this frame (bit 0) and in the [`N_REMEMBERED`] before (bits 1, 2 …).
pub(super) type Names = usize;

/// What is known about a pair in one frame.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Evidence {
    /// One joint is missing: names stay as they were in the frame before.
    Kept,
    /// Both are there, with nothing before to compare with: both names are possible.
    Fresh,
    /// Both are there, and were before.
    Known(Step),
}

/// Where a pair is, and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    now: Twins,
    /// The samples before, the latest first.
    before: Vec<Before>,
    /// How far a joint is usually off what is expected, in pixels in each direction.
    unit_px: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Before {
    /// The bit of [`Names`] that says whether its names are exchanged.
    bit: usize,
    at: Twins,
    /// Its share in what is expected.
    weight: f64,
}

/// The joint called left, then the joint called right.
type Twins = [[f64; 2]; 2];

/// A frame that has both joints.
#[derive(Clone, Copy)]
struct Sample {
    frame: usize,
    time_secs: f64,
    at: Twins,
}

impl Step {
    /// Squares of what both joints are off under these names, in usual scatters.
    pub(super) fn cost(&self, names: Names) -> f64 {
        let called = |at: &Twins, bit: usize, side: usize| at[side ^ (names >> bit & 1)];
        (0..2)
            .map(|side| {
                let mut off = called(&self.now, 0, side);
                for before in &self.before {
                    let at = called(&before.at, before.bit, side);
                    for axis in 0..2 {
                        off[axis] -= before.weight * at[axis];
                    }
                }
                let scatters = off[0].hypot(off[1]) / self.unit_px;
                (scatters * scatters).min(MOST_COST)
            })
            .sum()
    }

    fn errors_px(&self) -> [f64; 2] {
        [0, 1].map(|side| {
            let off = [0, 1].map(|axis| {
                let expected: f64 = self
                    .before
                    .iter()
                    .map(|before| before.weight * before.at[side][axis])
                    .sum();
                self.now[side][axis] - expected
            });
            off[0].hypot(off[1])
        })
    }
}

/// For each frame what is known about the pair `[left, right]`.
///
/// A joint is expected where the line through its last samples leads: two to [`N_REMEMBERED`] of them, as many as
/// predict this pair best. More of them average scatter away, fewer follow a quick motion.
pub(super) fn evidence(series: &PoseSeries, pair: [usize; 2], sizes_px: &[f64]) -> Vec<Evidence> {
    let samples = samples_of(series, pair);
    (2..=N_REMEMBERED)
        .map(|n_before| steps(&samples, n_before))
        .min_by(|a, b| median_error_px(a).total_cmp(&median_error_px(b)))
        .map(|steps| measured(&steps, &samples, series.poses.len(), sizes_px))
        .unwrap_or_default()
}

fn samples_of(series: &PoseSeries, [left, right]: [usize; 2]) -> Vec<Sample> {
    let place = |at: Point<Image>| [f64::from(at.x), f64::from(at.y)];
    series
        .poses
        .iter()
        .enumerate()
        .filter_map(|(frame, pose)| {
            let [left, right] = [pose.keypoints[left]?, pose.keypoints[right]?];
            Some(Sample {
                frame,
                time_secs: series.times_secs[frame],
                at: [place(left.at), place(right.at)],
            })
        })
        .collect()
}

fn is_bridged(before: &Sample, after: &Sample) -> bool {
    let secs = after.time_secs - before.time_secs;
    0.0 < secs && secs <= BRIDGE_SECS
}

/// For each sample its step from at most `n_before` others; the unit is still how errors add up, without dimension.
fn steps(samples: &[Sample], n_before: usize) -> Vec<Option<Step>> {
    let times: Vec<f64> = samples.iter().map(|sample| sample.time_secs).collect();
    let even: Vec<f64> = median_interval_secs(&times)
        .map(|interval| (1..=n_before).map(|k| -(k as f64) * interval).collect())
        .unwrap_or_default();
    let usual = Extrapolation::new(&even, 0.0);
    samples
        .iter()
        .enumerate()
        .map(|(index, now)| {
            let mut before: Vec<&Sample> = Vec::new();
            for sample in samples[..index].iter().rev().take(n_before) {
                if !is_bridged(sample, before.last().unwrap_or(&now)) {
                    break;
                }
                before.push(sample);
            }
            let times: Vec<f64> = before.iter().map(|sample| sample.time_secs).collect();
            let extrapolation = Extrapolation::new(&times, now.time_secs);
            // over uneven intervals either the scatter grows, or what an acceleration does
            let of_acceleration = usual.gain * extrapolation.bend / usual.bend;
            (!before.is_empty()).then(|| Step {
                now: now.at,
                before: before
                    .iter()
                    .zip(&extrapolation.weights)
                    .map(|(sample, weight)| Before {
                        // a sample longer ago has the names of the oldest frame that is remembered
                        bit: (now.frame - sample.frame).min(N_REMEMBERED),
                        at: sample.at,
                        weight: *weight,
                    })
                    .collect(),
                unit_px: extrapolation.gain.max(of_acceleration),
            })
        })
        .collect()
}

/// The value at a time of the line that fits samples at other times best.
struct Extrapolation {
    /// The share of each sample in it.
    weights: Vec<f64>,
    /// The deviation of what a new sample is off, for samples of deviation 1.
    gain: f64,
    /// How far it is off a parabola of curvature 2.
    bend: f64,
}

impl Extrapolation {
    fn new(times_secs: &[f64], wanted_secs: f64) -> Self {
        let n = times_secs.len() as f64;
        let mean = times_secs.iter().sum::<f64>() / n;
        let spread: f64 = times_secs.iter().map(|time| (time - mean).powi(2)).sum();
        let weights: Vec<f64> = times_secs
            .iter()
            .map(|time| {
                let slope = (wanted_secs - mean) * (time - mean) / spread;
                1.0 / n + if times_secs.len() < 2 { 0.0 } else { slope }
            })
            .collect();
        let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
        let bend: f64 = weights
            .iter()
            .zip(times_secs)
            .map(|(weight, time)| weight * (time - wanted_secs).powi(2))
            .sum();
        Self {
            weights,
            gain: (1.0 + squares).sqrt(),
            bend: bend.abs(),
        }
    }
}

fn median_error_px(steps: &[Option<Step>]) -> f64 {
    let mut errors: Vec<f64> = steps.iter().flatten().flat_map(Step::errors_px).collect();
    quantile(&mut errors, 0.5).unwrap_or(f64::INFINITY)
}

/// The steps with their units in pixels.
fn measured(
    steps: &[Option<Step>],
    samples: &[Sample],
    n_frames: usize,
    sizes_px: &[f64],
) -> Vec<Evidence> {
    let mut errors: Vec<f64> = steps
        .iter()
        .flatten()
        .filter(|step| 2 <= step.before.len())
        .flat_map(|step| step.errors_px().map(|error| error / step.unit_px))
        .collect();
    let scatter_px = quantile(&mut errors, 0.5).map(|median| median / MEDIAN_LENGTH);
    let mut evidence = vec![Evidence::Kept; n_frames];
    for (index, (sample, step)) in samples.iter().zip(steps).enumerate() {
        let size_px = sizes_px[sample.frame];
        let scatter_px = scatter_px
            .unwrap_or(USUAL_SCATTER * size_px)
            .max(LEAST_SCATTER * size_px);
        evidence[sample.frame] = match step {
            None => Evidence::Fresh,
            Some(step) => {
                let unit_px = if let [_] = step.before[..] {
                    let secs = sample.time_secs - samples[index - 1].time_secs;
                    step.unit_px * scatter_px + USUAL_SPEED * size_px * secs
                } else {
                    step.unit_px * scatter_px
                };
                Evidence::Known(Step {
                    unit_px,
                    ..step.clone()
                })
            }
        };
    }
    evidence
}
