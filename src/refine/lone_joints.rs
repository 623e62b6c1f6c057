//! A joint whose twin was not found may bear the twin's name.

use crate::geom::{Image, Point};
use crate::refine::swap_cost::BRIDGE_SECS;
use crate::skeleton::{MIRRORED, Side, side_of_joint};
use crate::types::{Pose, PoseSeries};

/// A joint is renamed when it is nearer to its twin's path than to its own by this factor…
const MUCH_NEARER: f64 = 3.0;

/// …and so far from its own, in body sizes, that no scatter explains it.
const FAR: f64 = 0.1;

/// Renames single joints that lie on the path of their twin, between two frames that show both of them.
pub(super) fn renamed(series: &PoseSeries, sizes_px: &[f64]) -> PoseSeries {
    let mut result = series.clone();
    for left in (0..MIRRORED.len()).filter(|joint| side_of_joint(*joint) == Side::Left) {
        let right = MIRRORED[left];
        let twins = |pose: &Pose| {
            let [left, right] = [pose.keypoints[left]?, pose.keypoints[right]?];
            Some([left.at, right.at])
        };
        let whole: Vec<(usize, [Point<Image>; 2])> = series
            .poses
            .iter()
            .enumerate()
            .filter_map(|(frame, pose)| Some((frame, twins(pose)?)))
            .collect();
        for pair in whole.windows(2) {
            let [(begin, from), (end, to)] = [pair[0], pair[1]];
            for frame in begin + 1..end {
                let [since, until] = [
                    series.times_secs[frame] - series.times_secs[begin],
                    series.times_secs[end] - series.times_secs[frame],
                ];
                let is_near = |secs: f64| 0.0 < secs && secs <= BRIDGE_SECS;
                if !is_near(since) || !is_near(until) {
                    continue;
                }
                let share = (since / (since + until)) as f32;
                let paths = [0, 1].map(|side| from[side].lerp(to[side], share));
                let keypoints = &mut result.poses[frame].keypoints;
                let (at, own, other) = match (keypoints[left], keypoints[right]) {
                    (Some(left), None) => (left.at, paths[0], paths[1]),
                    (None, Some(right)) => (right.at, paths[1], paths[0]),
                    _ => continue,
                };
                let [to_own, to_other] = [own, other].map(|path| f64::from(at.distance(path)));
                if FAR * sizes_px[frame] < to_own && MUCH_NEARER * to_other < to_own {
                    keypoints.swap(left, right);
                }
            }
        }
    }
    result
}
