//! Poses at a constant rate, for formats and programs that know one rate alone.

use crate::types::{Keypoint, Pose, PoseSeries};

/// Between frames further apart nothing is drawn: a joint may have been anywhere meanwhile, as the smoothing of
/// live joints supposes too.
pub(super) const LONGEST_BRIDGED_SECS: f64 = 0.25;

/// A sample this near to a frame, as a share of the sampling interval, is the frame: times are kept in microseconds.
pub(super) const SAME_TIME_SHARE: f64 = 0.01;

/// Times this near to even ones are even: some containers keep whole milliseconds.
pub(super) const EVEN_WITHIN_SECS: f64 = 1e-3;

/// From where samples are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SampleOrigin {
    /// From the first frame of a series, which is sample 0.
    FirstFrame,
    /// From time 0: a number means the same time in every series of a recording.
    TimeZero,
}

impl SampleOrigin {
    /// When sample 0 is.
    fn secs(self, times_secs: &[f64]) -> f64 {
        match self {
            Self::FirstFrame => times_secs.first().copied().unwrap_or_default(),
            Self::TimeZero => 0.0,
        }
    }
}

/// Frames per second from the first frame to the last; `None` where no time passes.
pub(super) fn mean_rate_hz(times_secs: &[f64]) -> Option<f64> {
    let (first, last) = (times_secs.first()?, times_secs.last()?);
    let rate_hz = (times_secs.len() - 1) as f64 / (last - first);
    (rate_hz.is_finite() && 0.0 < rate_hz).then_some(rate_hz)
}

/// How many samples `rate_hz` gives from the first to the last frame; 0 without frames.
pub(super) fn n_samples(times_secs: &[f64], rate_hz: f64, origin: SampleOrigin) -> f64 {
    ends(times_secs, rate_hz, origin).map_or(0.0, |[from, to]| (to - from).max(0.0) + 1.0)
}

/// The numbers of the first and the last sample that lie between the first and the last frame; where none does, the first
/// is the larger one.
fn ends(times_secs: &[f64], rate_hz: f64, origin: SampleOrigin) -> Option<[f64; 2]> {
    let (first, last) = (times_secs.first()?, times_secs.last()?);
    let origin_secs = origin.secs(times_secs);
    let place = |secs: f64| (secs - origin_secs) * rate_hz;
    Some([
        (place(*first) - SAME_TIME_SHARE).ceil().max(0.0),
        (place(*last) + SAME_TIME_SHARE).floor(),
    ])
}

/// Numbers and times of the samples from the first to the last frame.
///
/// Where no sample lies between them, the first frame stands for the nearest one, at its own time.
pub(super) fn samples(
    times_secs: &[f64],
    rate_hz: f64,
    origin: SampleOrigin,
) -> (Vec<u64>, Vec<f64>) {
    let Some([from, to]) = ends(times_secs, rate_hz, origin) else {
        return (Vec::new(), Vec::new());
    };
    let origin_secs = origin.secs(times_secs);
    if to < from {
        let first_secs = times_secs.first().copied().unwrap_or_default();
        let nearest = ((first_secs - origin_secs) * rate_hz).round().max(0.0);
        return (vec![nearest as u64], vec![first_secs]);
    }
    let (from, to) = (from as u64, to as u64);
    let numbers: Vec<u64> = (from..=to).collect();
    let sample_secs = numbers
        .iter()
        .map(|number| origin_secs + *number as f64 / rate_hz)
        .collect();
    (numbers, sample_secs)
}

/// The poses at `rate_hz` samples per second, from the first to the last frame.
///
/// Between two frames joints go straight, as sure as the less sure end. A joint that is missing in one of them, or
/// whose frames are further apart than a quarter of a second, is missing.
pub(super) fn at_rate(series: &PoseSeries, rate_hz: f64, origin: SampleOrigin) -> PoseSeries {
    let (frames, times_secs) = samples(&series.times_secs, rate_hz, origin);
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

/// Joints on the straight way from one pose to the other, as sure as the less sure end; those that are in both.
pub(super) fn between(before: &Pose, after: &Pose, share: f32) -> Pose {
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
        let times = [0.0, 0.033, 0.1, 0.11, 0.2];
        let sampled = at_rate(&series(&times), 20.0, SampleOrigin::FirstFrame);
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
        let times = [0.0, 0.1, -0.2, 0.3];
        let sampled = at_rate(&series(&times), 20.0, SampleOrigin::FirstFrame);
        let found: Vec<bool> = nose(&sampled).iter().map(Option::is_some).collect();
        assert_eq!(found, [true, true, true, false, false, false, true]);
    }

    #[test]
    fn long_gaps_are_not_bridged() {
        let times = [0.0, 0.1, 1.1, 1.2];
        let sampled = at_rate(&series(&times), 10.0, SampleOrigin::FirstFrame);
        assert_eq!(sampled.frames.len(), 13);
        assert_eq!(nose(&sampled).iter().flatten().count(), 4);
    }

    #[test]
    fn samples_since_time_0_have_the_same_numbers_for_everyone() {
        for (times, numbers) in [
            (&[0.33, 0.4, 0.5, 0.6][..], &[4_u64, 5, 6][..]),
            (&[0.47, 0.52, 0.61], &[5, 6]),
            (&[0.0, 0.2], &[0, 1, 2]),
        ] {
            let sampled = at_rate(&series(times), 10.0, SampleOrigin::TimeZero);
            assert_eq!(sampled.frames, numbers);
            let expected: Vec<f64> = numbers.iter().map(|number| *number as f64 / 10.0).collect();
            assert_eq!(sampled.times_secs, expected);
            for (time, x) in expected.iter().zip(nose(&sampled)) {
                assert!((f64::from(x.unwrap()) - 100.0 * time).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn who_is_seen_between_two_samples_only_is_not_lost() {
        let sampled = at_rate(&series(&[0.42, 0.44]), 10.0, SampleOrigin::TimeZero);
        assert_eq!((sampled.frames.len(), sampled.frames[0]), (1, 4));
        assert_eq!(sampled.times_secs, [0.42]);
        assert!(nose(&sampled)[0].is_some());
    }

    #[test]
    fn one_frame_and_no_frame_are_no_trouble() {
        for origin in [SampleOrigin::FirstFrame, SampleOrigin::TimeZero] {
            assert_eq!(at_rate(&series(&[0.5]), 30.0, origin).times_secs, [0.5]);
            assert!(at_rate(&series(&[]), 30.0, origin).poses.is_empty());
            // two frames of one time
            let twice = at_rate(&series(&[0.5, 0.5]), 30.0, origin);
            assert_eq!(twice.frames.len(), 1);
        }
        assert_eq!(mean_rate_hz(&[0.5, 0.5]), None);
        assert_eq!(mean_rate_hz(&[]), None);
        assert_eq!(mean_rate_hz(&[1.0, 1.25, 2.0]), Some(2.0));
    }
}
