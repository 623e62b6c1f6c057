//! Poses at a constant rate, for formats and programs that know one rate alone.

use crate::types::{Keypoint, Pose, PoseSeries};

/// Between frames further apart nothing is drawn: a joint may have been anywhere meanwhile, as the smoothing of
/// live joints supposes too.
pub(super) const LONGEST_BRIDGED_SECS: f64 = 0.25;

/// A sample this near to a frame, as a share of the sampling interval, is the frame: times are kept in microseconds.
const SAME_TIME_SHARE: f64 = 0.01;

/// Frames per second from the first frame to the last; `None` where no time passes.
pub(super) fn mean_rate_hz(times_secs: &[f64]) -> Option<f64> {
    let (first, last) = (times_secs.first()?, times_secs.last()?);
    let rate_hz = (times_secs.len() - 1) as f64 / (last - first);
    (rate_hz.is_finite() && 0.0 < rate_hz).then_some(rate_hz)
}

/// How many samples `rate_hz` gives from the first to the last frame; 0 without frames.
pub(super) fn n_samples(times_secs: &[f64], rate_hz: f64) -> f64 {
    match (times_secs.first(), times_secs.last()) {
        (Some(first), Some(last)) => {
            (((last - first).max(0.0) * rate_hz) + SAME_TIME_SHARE).floor() + 1.0
        }
        _ => 0.0,
    }
}

/// The poses at `rate_hz` samples per second from the first frame on, samples counted from 0.
///
/// Between two frames joints go straight, as sure as the less sure end. A joint that is missing in one of them, or
/// whose frames are further apart than a quarter of a second, is missing.
pub(super) fn at_rate(series: &PoseSeries, rate_hz: f64) -> PoseSeries {
    let first = series.times_secs.first().copied().unwrap_or_default();
    let frames: Vec<u64> = (0..n_samples(&series.times_secs, rate_hz) as u64).collect();
    let times_secs: Vec<f64> = frames
        .iter()
        .map(|sample| first + *sample as f64 / rate_hz)
        .collect();
    let poses = times_secs
        .iter()
        .map(|time| pose_at(series, *time, SAME_TIME_SHARE / rate_hz))
        .collect();
    PoseSeries {
        id: series.id,
        frames,
        times_secs,
        poses,
    }
}

fn pose_at(series: &PoseSeries, time_secs: f64, same_secs: f64) -> Pose {
    let next = series.times_secs.partition_point(|at| *at < time_secs);
    let frame = |frame_idx: usize| {
        let time = series.times_secs.get(frame_idx)?;
        Some((*time, series.poses.get(frame_idx)?))
    };
    let before = next.checked_sub(1).and_then(frame);
    let after = frame(next);
    let same = [before, after]
        .into_iter()
        .flatten()
        .find(|(at, _)| (at - time_secs).abs() <= same_secs);
    if let Some((_, pose)) = same {
        return *pose;
    }
    match (before, after) {
        (Some((from, before)), Some((to, after))) if to - from <= LONGEST_BRIDGED_SECS => {
            between(before, after, ((time_secs - from) / (to - from)) as f32)
        }
        _ => Pose::EMPTY,
    }
}

fn between(before: &Pose, after: &Pose, share: f32) -> Pose {
    let mut pose = Pose::EMPTY;
    for (joint_idx, keypoint) in pose.keypoints.iter_mut().enumerate() {
        let ends = before.keypoints[joint_idx].zip(after.keypoints[joint_idx]);
        *keypoint = ends.map(|(before, after)| Keypoint {
            at: before.at.lerp(after.at, share),
            confidence: before.confidence.min(after.confidence),
        });
    }
    pose
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::Point;
    use crate::types::TrackId;

    /// A nose at (100 t, 50) for each time; missing where the time is negative.
    fn series(times: &[f64]) -> PoseSeries {
        let pose = |time: f64| {
            let mut pose = Pose::EMPTY;
            pose.keypoints[0] = (0.0 <= time).then(|| Keypoint {
                at: Point::new(100.0 * time as f32, 50.0),
                confidence: 0.9,
            });
            pose
        };
        PoseSeries {
            id: TrackId(1),
            frames: (0..times.len() as u64).collect(),
            times_secs: times.iter().map(|time| time.abs()).collect(),
            poses: times.iter().map(|time| pose(*time)).collect(),
        }
    }

    fn nose(series: &PoseSeries) -> Vec<Option<f32>> {
        series
            .poses
            .iter()
            .map(|pose| Some(pose.keypoints[0]?.at.x))
            .collect()
    }

    #[test]
    fn a_steady_motion_stays_steady_at_any_rate() {
        let sampled = at_rate(&series(&[0.0, 0.033, 0.1, 0.11, 0.2]), 20.0);
        assert_eq!(sampled.frames, [0, 1, 2, 3, 4]);
        for (time, x) in sampled.times_secs.iter().zip(nose(&sampled)) {
            assert!(
                (f64::from(x.unwrap()) - 100.0 * time).abs() < 1e-4,
                "{time}"
            );
        }
    }

    #[test]
    fn what_lies_between_a_missing_joint_and_a_found_one_is_missing() {
        let sampled = at_rate(&series(&[0.0, 0.1, -0.2, 0.3]), 20.0);
        let found: Vec<bool> = nose(&sampled).iter().map(Option::is_some).collect();
        assert_eq!(found, [true, true, true, false, false, false, true]);
    }

    #[test]
    fn long_gaps_are_not_bridged() {
        let sampled = at_rate(&series(&[0.0, 0.1, 1.1, 1.2]), 10.0);
        assert_eq!(sampled.frames.len(), 13);
        assert_eq!(nose(&sampled).iter().flatten().count(), 4);
    }

    #[test]
    fn one_frame_and_no_frame_are_no_trouble() {
        assert_eq!(at_rate(&series(&[0.5]), 30.0).times_secs, [0.5]);
        assert!(at_rate(&series(&[]), 30.0).poses.is_empty());
        // two frames of one time
        assert_eq!(at_rate(&series(&[0.5, 0.5]), 30.0).frames.len(), 1);
        assert_eq!(mean_rate_hz(&[0.5, 0.5]), None);
        assert_eq!(mean_rate_hz(&[]), None);
        assert_eq!(mean_rate_hz(&[1.0, 1.25, 2.0]), Some(2.0));
    }
}
