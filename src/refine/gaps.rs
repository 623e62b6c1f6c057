//! Short holes in the path of a joint are filled.

use crate::geom::Point;
use crate::refine::cubic_spline::CubicSpline;
use crate::skeleton::N_JOINTS;
use crate::types::{Keypoint, PoseSeries};

/// Longest hole that is filled, from the last sample before it to the first behind it.
///
/// A fifth of a second is less than a fifth of a stride: a leg or an arm has turned round once at most, which a cubic
/// can follow. What happened in a longer hole cannot be known from its ends.
pub const MAX_GAP_SECS: f64 = 0.2;

/// Times in files are rounded; that must not decide whether a hole is filled.
const ROUNDING_SECS: f64 = 1e-5;

/// So many samples on each side give the curve its direction.
const N_SIDE: usize = 2;

/// Puts joints into holes between two found ones that are at most `max_gap_secs` apart; also says how many.
///
/// Positions come from the natural cubic spline through the two samples on each side, as far as these are as near;
/// with one sample on each side it is a line. The confidence is the lower one of both ends: a filled joint is never
/// surer than what it stands between. Longer holes, and those at the beginning and the end, stay.
pub fn fill(series: &PoseSeries, max_gap_secs: f64) -> (PoseSeries, usize) {
    let mut filled = series.clone();
    let mut n_filled = 0;
    for joint_idx in 0..N_JOINTS {
        let found: Vec<(usize, Keypoint)> = series
            .poses
            .iter()
            .enumerate()
            .filter_map(|(index, pose)| Some((index, pose.keypoints[joint_idx]?)))
            .collect();
        for before in 0..found.len().saturating_sub(1) {
            let (begin, end) = (found[before].0, found[before + 1].0);
            let gap_secs = series.times_secs[end] - series.times_secs[begin];
            let is_short_hole =
                begin + 1 < end && 0.0 < gap_secs && gap_secs <= max_gap_secs + ROUNDING_SECS;
            if !is_short_hole {
                continue;
            }
            let hole = &series.times_secs[begin + 1..end];
            let ends = ends_of_hole(series, &found, before, max_gap_secs);
            let Some((x, y)) = along(&ends, hole, |k| k.at.x).zip(along(&ends, hole, |k| k.at.y))
            else {
                continue;
            };
            let confidence = found[before]
                .1
                .confidence
                .min(found[before + 1].1.confidence);
            for (pose, (x, y)) in filled.poses[begin + 1..end]
                .iter_mut()
                .zip(x.iter().zip(&y))
            {
                pose.keypoints[joint_idx] = Some(Keypoint {
                    at: Point::new(*x as f32, *y as f32),
                    confidence,
                });
                n_filled += 1;
            }
        }
    }
    (filled, n_filled)
}

/// Times and samples around the hole behind `found[before]`, the nearest on both sides and those next to them.
fn ends_of_hole(
    series: &PoseSeries,
    found: &[(usize, Keypoint)],
    before: usize,
    max_gap_secs: f64,
) -> Vec<(f64, Keypoint)> {
    let sample = |(index, keypoint): &(usize, Keypoint)| (series.times_secs[*index], *keypoint);
    let is_next = |a: f64, b: f64| 0.0 < b - a && b - a <= max_gap_secs;
    let mut ends = vec![sample(&found[before]), sample(&found[before + 1])];
    for further in found[..before].iter().rev().take(N_SIDE - 1).map(sample) {
        if is_next(further.0, ends[0].0) {
            ends.insert(0, further);
        }
    }
    for further in found[before + 2..].iter().take(N_SIDE - 1).map(sample) {
        if is_next(ends[ends.len() - 1].0, further.0) {
            ends.push(further);
        }
    }
    ends
}

/// One coordinate at the times of the hole.
fn along(
    ends: &[(f64, Keypoint)],
    hole_secs: &[f64],
    position: fn(&Keypoint) -> f32,
) -> Option<Vec<f64>> {
    let (times, values): (Vec<f64>, Vec<f64>) = ends
        .iter()
        .map(|(time, keypoint)| (*time, f64::from(position(keypoint))))
        .unzip();
    Some(CubicSpline::through(&times, &values)?.at_each(hole_secs))
}
