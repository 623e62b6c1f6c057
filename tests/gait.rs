//! Steps of a generated walker are found where they were put; what is no walking is refused with the reason.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

mod noise;
mod walker;

use noise::uneven_times;
use poseglass::geom::Point;
use poseglass::measure::calibration::{CalibrationError, ScaleSource};
use poseglass::measure::floor::FloorError;
use poseglass::measure::gait::NoGait;
use poseglass::measure::gait_events::GaitEventKind::{self, HeelStrike, ToeOff};
use poseglass::measure::{BodyHeight, Floor, Gait, Scale, VisibleSide};
use poseglass::skeleton::{Side, joint};
use poseglass::types::{Keypoint, Pose, PoseSeries};
use walker::{ORIGIN, Walker};

const FRAME_SECS: f64 = 1.0 / 30.0;

fn measure_on(series: &PoseSeries, floor: &Floor) -> Result<Gait, NoGait> {
    let sides = VisibleSide::over_time(series, 0.3);
    let body = BodyHeight::of_series(series, 0.3).unwrap();
    Gait::new(series, &sides, floor, &body, 0.3)
}

fn measure(series: &PoseSeries) -> Result<Gait, NoGait> {
    measure_on(series, &Floor::LEVEL)
}

fn measured_secs(gait: &Gait, side: Side, kind: GaitEventKind) -> Vec<f64> {
    gait.walks
        .iter()
        .flat_map(|walk| {
            if side == Side::Left {
                &walk.left
            } else {
                &walk.right
            }
        })
        .flat_map(|foot| foot.times_secs(kind))
        .collect()
}

/// Every event is found once, none besides, each within one frame. At the ends of the recording half a step may miss.
fn assert_events(walker: &Walker, gait: &Gait, until_secs: f64) {
    for side in [Side::Left, Side::Right] {
        let known = walker.events_secs(side, 0.0, until_secs);
        for (kind, known) in [HeelStrike, ToeOff].into_iter().zip(known) {
            let measured = measured_secs(gait, side, kind);
            let error = |secs: &f64, others: &[f64]| {
                others
                    .iter()
                    .map(|other| (other - secs).abs())
                    .fold(f64::INFINITY, f64::min)
            };
            for secs in &measured {
                assert!(
                    error(secs, &known) < FRAME_SECS,
                    "{side:?} {kind:?} {secs}: {known:?}"
                );
            }
            for secs in known
                .iter()
                .filter(|secs| (0.3..until_secs - 0.3).contains(*secs))
            {
                assert!(
                    error(secs, &measured) < FRAME_SECS,
                    "{side:?} {kind:?} {secs}: {measured:?}"
                );
            }
            assert!(
                measured.len() <= known.len(),
                "{side:?} {kind:?}: {measured:?}"
            );
        }
    }
}

#[track_caller]
fn assert_near(measured: f64, expected: f64, tolerance: f64) {
    assert!(
        (measured - expected).abs() <= tolerance,
        "{measured}, not {expected}"
    );
}

#[test]
fn events_are_found_within_one_frame() {
    let times = uneven_times(9.0);
    for forward in [1.0, -1.0] {
        // the slower the steps, the flatter the turns and the more noise moves them
        for (stride_secs, sigma_px) in [(0.9, 2.0), (1.1, 2.0), (1.5, 1.0)] {
            let walker = Walker {
                forward,
                stride_secs,
                ..Walker::default()
            };
            for (sigma_px, missing) in [(0.0, 0.0), (sigma_px, 0.0), (sigma_px, 0.1)] {
                let gait = measure(&walker.series(&times, sigma_px, missing)).unwrap();
                assert_events(&walker, &gait, 9.0);
            }
        }
    }
}

#[test]
fn cadence_is_right_with_more_noise_than_nets_have() {
    let times = uneven_times(9.0);
    for stride_secs in [0.9, 1.1, 1.5] {
        let walker = Walker {
            stride_secs,
            ..Walker::default()
        };
        // two percent of the height
        let gait = measure(&walker.series(&times, 8.0, 0.1)).unwrap();
        let expected = 120.0 / stride_secs;
        assert_near(gait.cadence_per_min, expected, 0.02 * expected);
    }
}

#[test]
fn times_shares_and_lengths_are_those_of_the_walker() {
    let walker = Walker::default();
    let gait = measure(&walker.series(&uneven_times(12.0), 2.0, 0.03)).unwrap();
    for side in [gait.stride_time_secs.left, gait.stride_time_secs.right] {
        assert_near(side.unwrap().mean, 1.1, 0.01);
        assert!(8 <= side.unwrap().n);
    }
    assert_near(gait.step_time_secs.left.unwrap().mean, 0.55, 0.01);
    // smoothing rounds the corners of the turns: each is half a frame off, towards the swing
    assert_near(gait.stance_share.right.unwrap().mean, 0.62, 0.03);
    assert_near(gait.double_support_share.unwrap().mean, 0.24, 0.06);
    let stride_px = 0.7 * walker.height_px;
    assert_near(
        gait.stride_length_px.left.unwrap().mean,
        stride_px,
        0.02 * stride_px,
    );
    assert_near(
        gait.step_length_px.right.unwrap().mean,
        0.5 * stride_px,
        0.03 * stride_px,
    );
    assert_near(
        gait.speed_px_per_sec.unwrap().mean,
        stride_px / 1.1,
        0.02 * stride_px,
    );
    assert!(gait.step_time_secs.symmetry_index_percent().unwrap().abs() < 3.0);
}

#[test]
fn a_limp_is_in_the_symmetry_index() {
    let walker = Walker {
        right_phase: 0.55,
        ..Walker::default()
    };
    let gait = measure(&walker.series(&uneven_times(12.0), 2.0, 0.0)).unwrap();
    assert_near(gait.step_time_secs.right.unwrap().mean, 0.55 * 1.1, 0.015);
    assert_near(gait.step_time_secs.left.unwrap().mean, 0.45 * 1.1, 0.015);
    assert_near(
        gait.step_time_secs.symmetry_index_percent().unwrap(),
        -20.0,
        4.0,
    );
}

#[test]
fn legs_that_are_swapped_for_two_frames_add_no_events() {
    let walker = Walker::default();
    let times = uneven_times(9.0);
    let mut series = walker.series(&times, 2.0, 0.0);
    for first in [40, 95, 150, 201] {
        for pose in &mut series.poses[first..first + 2] {
            pose.keypoints.swap(joint::LEFT_ANKLE, joint::RIGHT_ANKLE);
        }
    }
    let gait = measure(&series).unwrap();
    let n_measured = measured_secs(&gait, Side::Left, HeelStrike).len();
    let [strikes, _] = walker.events_secs(Side::Left, 0.0, 9.0);
    assert!(strikes.len().abs_diff(n_measured) <= 1, "{n_measured}");
    assert_near(gait.cadence_per_min, 120.0 / 1.1, 0.02 * 120.0 / 1.1);
}

#[test]
fn on_a_treadmill_steps_have_times_and_strides_no_length() {
    let walker = Walker {
        on_treadmill: true,
        ..Walker::default()
    };
    let gait = measure(&walker.series(&uneven_times(8.0), 2.0, 0.0)).unwrap();
    assert_near(gait.cadence_per_min, 120.0 / 1.1, 2.0);
    assert!(gait.stride_length_px.left.unwrap().mean.abs() < 5.0);
    assert!(gait.step_length_px.left.unwrap().mean.abs() < 5.0);
}

#[test]
fn runners_have_less_than_no_double_support() {
    let walker = Walker {
        stride_secs: 0.7,
        stride_length: 1.1,
        stance_share: 0.36,
        ..Walker::default()
    };
    let gait = measure(&walker.series(&uneven_times(8.0), 1.0, 0.0)).unwrap();
    assert!(gait.double_support_share.unwrap().mean < -0.1);
    assert_near(gait.cadence_per_min, 120.0 / 0.7, 3.0);
}

#[test]
fn there_and_back_are_two_walks() {
    let times = uneven_times(12.0);
    let walker = Walker::default();
    let back = Walker {
        forward: -1.0,
        ..walker
    };
    let poses = times
        .iter()
        .map(|secs| {
            if *secs < 6.0 {
                walker.pose(*secs)
            } else {
                back.pose(secs - 12.0)
            }
        })
        .collect();
    let gait = measure(&walker::series(&times, poses)).unwrap();
    assert_eq!(gait.walks.len(), 2);
    assert_near(gait.cadence_per_min, 120.0 / 1.1, 2.5);
}

#[test]
fn the_height_of_the_body_gives_the_scale() {
    let walker = Walker::default();
    let series = walker.series(&uneven_times(5.0), 2.0, 0.1);
    let body = BodyHeight::of_series(&series, 0.3).unwrap();
    assert_near(body.height_px, 400.0, 4.0);
    assert!(body.spread_share < 0.02);
    let scale = Scale::from_height(Some(&body), 1.8).unwrap();
    assert_near(scale.meters_per_px, 1.8 / 400.0, 5e-5);
    assert!(matches!(scale.source, ScaleSource::PersonHeight { n_frames, .. } if 50 < n_frames));
    assert_eq!(
        BodyHeight::of_series(&walker.series(&[], 0.0, 0.0), 0.3),
        None
    );
}

#[test]
fn lengths_that_cannot_be_are_refused() {
    let (a, b) = (Point::new(0.0, 0.0), Point::new(30.0, 40.0));
    let scale = Scale::from_known_length(a, b, 2.0).unwrap();
    assert_near(scale.meters_per_px, 0.04, 1e-9);
    for length_m in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Scale::from_known_length(a, b, length_m).is_err());
    }
    assert_eq!(
        Scale::from_known_length(a, a, 1.0),
        Err(CalibrationError::SamePoint)
    );
    assert_eq!(Scale::from_height(None, 1.8), Err(CalibrationError::NoBody));
    let error = Scale::from_height(None, 180.0).unwrap_err();
    assert!(error.to_string().contains("1.75"), "{error}");
}

#[test]
fn standing_feet_show_the_floor() {
    for floor_deg in [0.0, 4.0, -7.0] {
        let walker = Walker {
            floor_deg,
            ..Walker::default()
        };
        let walked = walker.series(&uneven_times(6.0), 2.0, 0.05);
        let mut series = walked.clone();
        // for a while a foot is held up still
        for pose in &mut series.poses[60..85] {
            pose.keypoints[joint::LEFT_ANKLE] = Some(Keypoint {
                at: Point::new(1400.0, 700.0),
                confidence: 0.9,
            });
        }
        let body = BodyHeight::of_series(&series, 0.3).unwrap();
        let floor = Floor::from_contacts(&series, &body, 0.3).unwrap();
        assert_near(floor.rise_deg, floor_deg, 0.4);
        let origin = floor.origin.unwrap();
        let y = ORIGIN[1] - (f64::from(origin.x) - ORIGIN[0]) * floor_deg.to_radians().tan();
        assert_near(f64::from(origin.y), y, 4.0);
        let gait = measure_on(&walked, &floor).unwrap();
        assert_near(gait.stride_length_px.right.unwrap().mean, 280.0, 6.0);
    }
}

#[test]
fn floors_that_cannot_be_are_refused() {
    let (a, b) = (Point::new(10.0, 10.0), Point::new(110.0, 20.0));
    assert_near(Floor::through(a, b).unwrap().rise_deg, -5.7106, 1e-4);
    assert_near(Floor::through(b, a).unwrap().rise_deg, -5.7106, 1e-4);
    assert_eq!(Floor::through(a, a), Err(FloorError::SamePoint));
    for deg in [90.0, -90.0, f64::NAN] {
        assert_eq!(Floor::with_rise(deg), Err(FloorError::Angle));
    }
    let standing = still(&uneven_times(3.0));
    let body = BodyHeight::of_series(&standing, 0.3).unwrap();
    assert_eq!(
        Floor::from_contacts(&standing, &body, 0.3),
        Err(FloorError::OnePlace)
    );
    let lost = walker::series(&[0.0, 0.1], vec![Pose::EMPTY; 2]);
    assert_eq!(
        Floor::from_contacts(&lost, &body, 0.3),
        Err(FloorError::NoContacts)
    );
}

/// Somebody who stands, seen from the side.
fn still(times: &[f64]) -> PoseSeries {
    let pose = Walker::default().pose(0.2);
    walker::series(times, vec![pose; times.len()])
}

#[test]
fn what_is_no_walking_is_refused_with_the_reason() {
    let times = uneven_times(6.0);
    assert_eq!(measure(&still(&times)), Err(NoGait::NoSteps));

    // squats: the hips go back and forth over the feet
    let squats = times
        .iter()
        .map(|secs| {
            let mut pose = Walker::default().pose(0.2);
            for part in [joint::LEFT_HIP, joint::RIGHT_HIP] {
                let at = &mut pose.keypoints[part].as_mut().unwrap().at;
                at.x -= (60.0 - 60.0 * (3.0 * secs).cos()) as f32;
            }
            pose
        })
        .collect();
    assert_eq!(
        measure(&walker::series(&times, squats)),
        Err(NoGait::NotByTurns)
    );

    // faster and slower by turns
    let staggering = uneven_times(12.0);
    let poses = staggering
        .iter()
        .map(|secs| Walker::default().pose(secs + 0.3 * (2.1 * secs).sin()))
        .collect();
    let refused = measure(&walker::series(&staggering, poses));
    assert!(
        matches!(refused, Err(NoGait::Unsteady { .. })),
        "{refused:?}"
    );

    let walk = Walker::default().series(&times, 1.0, 0.0);
    let short = walker::series(&times[..25], walk.poses[..25].to_vec());
    assert!(matches!(measure(&short), Err(NoGait::TooShort { .. })));

    let mut frontal = walk.clone();
    for pose in &mut frontal.poses {
        pose.keypoints[joint::LEFT_SHOULDER].as_mut().unwrap().at.x += 90.0;
    }
    assert_eq!(measure(&frontal), Err(NoGait::NotFromTheSide));

    let body = BodyHeight::of_series(&walk, 0.3).unwrap();
    let mut one_legged = walk;
    for pose in &mut one_legged.poses {
        pose.keypoints[joint::LEFT_ANKLE] = None;
    }
    let sides = vec![VisibleSide::Right; times.len()];
    let gait = Gait::new(&one_legged, &sides, &Floor::LEVEL, &body, 0.3);
    assert_eq!(gait, Err(NoGait::NoFeet));
}

#[test]
fn broken_times_and_places_are_survived() {
    let times = uneven_times(6.0);
    let mut series = Walker::default().series(&times, 1.0, 0.0);
    series.times_secs[30] = series.times_secs[29];
    series.times_secs[60] = f64::NAN;
    series.times_secs[90] = -5.0;
    series.poses[100].keypoints[joint::LEFT_ANKLE]
        .as_mut()
        .unwrap()
        .at
        .x = f32::NAN;
    series.poses[120].keypoints[joint::RIGHT_HIP]
        .as_mut()
        .unwrap()
        .at
        .y = f32::MAX;
    let gait = measure(&series).unwrap();
    assert_near(gait.cadence_per_min, 120.0 / 1.1, 5.0);

    let body = BodyHeight::of_series(&series, 0.3).unwrap();
    let nothing = walker::series(&[], vec![]);
    assert!(Gait::new(&nothing, &[], &Floor::LEVEL, &body, 0.3).is_err());
    let single = walker::series(&[0.0], vec![series.poses[0]]);
    assert!(Gait::new(&single, &[VisibleSide::Right], &Floor::LEVEL, &body, 0.3).is_err());
}
