//! A walk that begins after standing, or on which feet are lost for a while, has the figures of a whole one.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

mod noise;
mod walker;

use std::ops::Range;

use noise::uneven_times;
use poseglass::measure::gait_events::GaitEventKind::{HeelStrike, ToeOff};
use poseglass::measure::{BodyHeight, Floor, Gait, VisibleSide};
use poseglass::skeleton::{Side, joint};
use poseglass::types::PoseSeries;
use walker::Walker;

fn measure(series: &PoseSeries) -> Gait {
    let sides = VisibleSide::over_time(series, 0.3);
    let body = BodyHeight::of_series(series, 0.3).unwrap();
    Gait::new(series, &sides, &Floor::LEVEL, &body, 0.3).unwrap()
}

/// The same with a joint that is not found for a while.
fn without(series: &PoseSeries, joint_idx: usize, secs: Range<f64>) -> PoseSeries {
    let mut series = series.clone();
    for (pose, time) in series.poses.iter_mut().zip(&series.times_secs) {
        if secs.contains(time) {
            pose.keypoints[joint_idx] = None;
        }
    }
    series
}

#[test]
fn standing_before_walking_adds_no_events() {
    for start in [2.0, 2.5, 3.0] {
        let walker = Walker {
            stands_until_secs: Some(start),
            ..Walker::default()
        };
        let until = start + 9.0;
        let gait = measure(&walker.series(&uneven_times(until), 2.0, 0.0));
        assert_eq!(gait.walks.len(), 1);
        for foot in gait.walks[0].feet() {
            let known = walker.events_secs(foot.side, 0.0, until);
            for (kind, known) in [HeelStrike, ToeOff].into_iter().zip(known) {
                for secs in foot.times_secs(kind) {
                    assert!(
                        known.iter().any(|known| (known - secs).abs() < 0.05),
                        "{:?} {kind:?} {secs}: {known:?}",
                        foot.side
                    );
                }
            }
        }
        for strides in [gait.stride_time_secs.left, gait.stride_time_secs.right] {
            let strides = strides.unwrap();
            assert!((strides.mean - 1.1).abs() < 0.01, "{strides:?}");
            assert!(strides.sd.unwrap() < 0.03, "{strides:?}");
        }
    }
}

#[test]
fn a_gap_in_one_foot_counts_nothing_of_the_other_twice() {
    let whole_series = Walker::default().series(&uneven_times(12.0), 1.0, 0.0);
    let whole = measure(&whole_series);
    let once = without(&whole_series, joint::RIGHT_ANKLE, 4.0..4.4);
    let broken = measure(&without(&once, joint::RIGHT_ANKLE, 8.0..8.4));
    let [walk] = &broken.walks[..] else {
        panic!("{} walks", broken.walks.len());
    };
    assert_eq!(walk.left, whole.walks[0].left);
    assert_eq!(walk.right.len(), 3);
    assert!(walk.feet().skip(1).all(|foot| foot.side == Side::Right));
    assert_eq!(broken.stride_time_secs.left, whole.stride_time_secs.left);
    assert_eq!(broken.stance_share.left, whole.stance_share.left);
    assert_eq!(broken.stride_length_px.left, whole.stride_length_px.left);
    // strides across a gap are lost, and so may be steps at its ends
    let n_strides = |gait: &Gait| gait.stride_time_secs.right.unwrap().n;
    assert!(n_strides(&broken) < n_strides(&whole));
    assert!(broken.n_steps() <= whole.n_steps());
    let n_speeds = broken.speed_px_per_sec.unwrap().n;
    let n_left = broken.stride_length_px.left.unwrap().n;
    assert_eq!(n_speeds, n_left + n_strides(&broken));
}

#[test]
fn feet_that_are_lost_by_turns_are_one_walk_and_lost_together_two() {
    let series = Walker::default().series(&uneven_times(12.0), 1.0, 0.0);
    let left_lost = without(&series, joint::LEFT_ANKLE, 4.0..4.4);
    let by_turns = measure(&without(&left_lost, joint::RIGHT_ANKLE, 8.0..8.4));
    let n_paths = |gait: &Gait| -> Vec<[usize; 2]> {
        gait.walks
            .iter()
            .map(|walk| [walk.left.len(), walk.right.len()])
            .collect()
    };
    assert_eq!(n_paths(&by_turns), [[2, 2]]);
    let together = measure(&without(&left_lost, joint::RIGHT_ANKLE, 4.0..4.4));
    assert_eq!(n_paths(&together), [[1, 1], [1, 1]]);
}
