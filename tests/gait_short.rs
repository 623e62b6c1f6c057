//! A few steps are measured as what they are, after a minute of standing too, and a pause moves and bends nothing.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

mod noise;
mod walker;

use noise::{Noise, uneven_times};
use poseglass::measure::gait::NoGait;
use poseglass::measure::gait_events::GaitEventKind::{self, HeelStrike, ToeOff};
use poseglass::measure::{BodyHeight, Floor, Gait, VisibleSide};
use poseglass::skeleton::{Side, joint};
use poseglass::types::PoseSeries;
use walker::Walker;

fn measure(series: &PoseSeries) -> Gait {
    let sides = VisibleSide::over_time(series, 0.3);
    let body = BodyHeight::of_series(series, 0.3).unwrap();
    Gait::new(series, &sides, &Floor::LEVEL, &body, 0.3).unwrap()
}

/// Times of the events of a foot.
fn events_secs(gait: &Gait, side: Side, kind: GaitEventKind) -> Vec<f64> {
    let feet = gait.walks.iter().flat_map(|walk| walk.feet());
    let own = feet.filter(|foot| foot.side == side);
    own.flat_map(|foot| foot.times_secs(kind)).collect()
}

#[test]
fn two_steps_are_measured_and_what_they_do_not_show_is_missing() {
    let times: Vec<f64> = (0..50).map(|frame| f64::from(frame) / 30.0).collect();
    let walker = Walker::default();
    let gait = measure(&walker.series(&times, 1.0, 0.0));
    // left, right and left again
    assert_eq!(gait.n_steps(), 2);
    let stride = gait.stride_time_secs.left.unwrap();
    assert!((stride.mean - 1.1).abs() < 0.04, "{stride:?}");
    assert_eq!((stride.n, stride.sd), (1, None));
    assert_eq!(gait.stride_time_secs.right, None);
    assert_eq!(gait.stride_time_secs.symmetry_index_percent(), None);
    assert!((gait.cadence_per_min - 120.0 / 1.1).abs() < 4.0);
    assert!(gait.caution().unwrap().contains("fewer than 30 steps"));
    let long = measure(&walker.series(&uneven_times(20.0), 1.0, 0.0));
    assert_eq!(long.caution(), None);
}

#[test]
fn events_of_an_ankle_that_is_rarely_seen_are_said_to_be_rough() {
    let walker = Walker::default();
    let caution = |rate_hz: f64| {
        let n_frames = (20.0 * rate_hz) as usize;
        let times: Vec<f64> = (0..n_frames).map(|k| 7.0 + k as f64 / rate_hz).collect();
        measure(&walker.series(&times, 1.0, 0.0)).caution()
    };
    assert_eq!(caution(25.0), None);
    let rough = caution(10.0).unwrap();
    assert!(rough.contains("fewer than 12 times a second"), "{rough}");
}

#[test]
fn a_few_steps_after_a_minute_of_standing_are_a_walk() {
    let start = 60.0;
    let until = start + 3.6;
    let walker = Walker {
        stands_until_secs: Some(start),
        ..Walker::default()
    };
    let gait = measure(&walker.series(&uneven_times(until), 2.0, 0.0));
    assert_eq!(gait.walks.len(), 1);
    assert!((gait.cadence_per_min - 120.0 / 1.1).abs() < 4.0);
    for side in [Side::Left, Side::Right] {
        let known = walker.events_secs(side, 0.0, until);
        for (kind, known) in [HeelStrike, ToeOff].into_iter().zip(known) {
            let found = events_secs(&gait, side, kind);
            assert!(!found.is_empty());
            for secs in found {
                let is_known = known.iter().any(|known| (known - secs).abs() < 0.05);
                assert!(is_known, "{side:?} {kind:?} {secs}: {known:?}");
            }
        }
    }
}

/// Somebody who stops in the middle of a walk at a moment for a while, every joint scattering all the time.
fn pausing(walker: &Walker, at_secs: f64, for_secs: f64) -> PoseSeries {
    let mut noise = Noise(31);
    let times = uneven_times(11.0);
    let poses = times
        .iter()
        .map(|secs| {
            let walked_secs = secs - (secs - at_secs).clamp(0.0, for_secs);
            let mut pose = walker.pose(walked_secs);
            for keypoint in pose.keypoints.iter_mut().flatten() {
                keypoint.at.x += noise.normal(2.0) as f32;
                keypoint.at.y += noise.normal(2.0) as f32;
            }
            pose
        })
        .collect();
    walker::series(&times, poses)
}

#[test]
fn a_pause_moves_no_event_and_is_in_no_stride() {
    let walker = Walker::default();
    let [left_strikes, _] = walker.events_secs(Side::Left, 3.0, 5.0);
    let [_, right_offs] = walker.events_secs(Side::Right, 3.0, 5.0);
    for for_secs in [0.9, 1.3] {
        // a foot that has just come down, and one that is about to leave
        for (side, kind, at_secs, expected_secs) in [
            (Side::Left, HeelStrike, left_strikes[0], left_strikes[0]),
            (Side::Right, ToeOff, right_offs[0], right_offs[0] + for_secs),
        ] {
            let gait = measure(&pausing(&walker, at_secs, for_secs));
            let found = events_secs(&gait, side, kind);
            let error = |secs: &f64| (secs - expected_secs).abs();
            let nearest = found.iter().map(error).fold(f64::INFINITY, f64::min);
            assert!(
                nearest < 0.1,
                "{side:?} {kind:?} at {expected_secs}: {found:?}"
            );
            for strides in [gait.stride_time_secs.left, gait.stride_time_secs.right] {
                let strides = strides.unwrap();
                assert!((strides.mean - 1.1).abs() < 0.03, "{strides:?}");
                assert!(strides.sd.unwrap() < 0.06, "{strides:?}");
                assert!(4 <= strides.n, "{strides:?}");
            }
        }
    }
}

#[test]
fn feet_that_move_one_after_the_other_while_somebody_stands_take_no_steps() {
    let standing = Walker::default().pose(0.2);
    let times = uneven_times(14.0);
    let shift_px = {
        let still = walker::series(&times, vec![standing; times.len()]);
        let body = BodyHeight::of_series(&still, 0.3).unwrap();
        (0.08 * body.height_px) as f32
    };
    let poses = times
        .iter()
        .map(|secs| {
            let mut pose = standing;
            for (ankle, from_secs) in [(joint::LEFT_ANKLE, 3.0), (joint::RIGHT_ANKLE, 10.0)] {
                if (from_secs..from_secs + 0.5).contains(secs) {
                    pose.keypoints[ankle].as_mut().unwrap().at.x += shift_px;
                }
            }
            pose
        })
        .collect();
    let series = walker::series(&times, poses);
    let sides = VisibleSide::over_time(&series, 0.3);
    let body = BodyHeight::of_series(&series, 0.3).unwrap();
    let gait = Gait::new(&series, &sides, &Floor::LEVEL, &body, 0.3);
    assert_eq!(gait, Err(NoGait::NoSteps));
}

#[test]
fn frames_too_far_apart_to_follow_a_foot_are_not_called_standing() {
    let times: Vec<f64> = (0..40).map(|frame| 0.5 * f64::from(frame)).collect();
    let series = Walker::default().series(&times, 0.0, 0.0);
    let sides = VisibleSide::over_time(&series, 0.3);
    let body = BodyHeight::of_series(&series, 0.3).unwrap();
    let gait = Gait::new(&series, &sides, &Floor::LEVEL, &body, 0.3);
    assert_eq!(gait, Err(NoGait::NoFeet));
}

#[test]
fn lengths_about_0_have_no_symmetry() {
    let walker = Walker {
        on_treadmill: true,
        ..Walker::default()
    };
    let gait = measure(&walker.series(&uneven_times(8.0), 2.0, 0.0));
    assert_eq!(gait.stride_length_px.symmetry_index_percent(), None);
    assert!(gait.stride_time_secs.symmetry_index_percent().is_some());
}
