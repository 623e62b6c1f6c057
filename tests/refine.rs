//! Recorded poses are steadied without lag, holes are filled where that can be answered for, and nothing is invented.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

mod movers;

use movers::{HEIGHT_PX, Motion, Random, Seen};
use poseglass::geom::Point;
use poseglass::refine::{Filter, RefineCounts, RefineParams, filter, gaps, refine};
use poseglass::skeleton::N_JOINTS;
use poseglass::skeleton::joint::NOSE;
use poseglass::types::{Keypoint, Pose, PoseSeries, TrackId};

const SEEN: Seen = Seen {
    fps: 30.0,
    uneven: false,
    scatter_px: 0.005 * HEIGHT_PX,
    holes: 0.0,
};

fn keypoint(x: f64, y: f64) -> Keypoint {
    Keypoint {
        at: Point::new(x as f32, y as f32),
        confidence: 0.8,
    }
}

/// Someone whose nose alone is seen, at these times and places.
fn nose_series(times_secs: &[f64], x: impl Fn(f64) -> Option<f64>) -> PoseSeries {
    let poses = times_secs
        .iter()
        .map(|time| {
            let mut pose = Pose::EMPTY;
            pose.keypoints[NOSE] = x(*time).map(|x| keypoint(x, 50.0));
            pose
        })
        .collect();
    PoseSeries {
        id: TrackId(1),
        frames: (0..times_secs.len() as u64).collect(),
        times_secs: times_secs.to_vec(),
        poses,
    }
}

fn evenly(n: usize, fps: f64) -> Vec<f64> {
    (0..n).map(|k| k as f64 / fps).collect()
}

fn nose_x(series: &PoseSeries) -> Vec<Option<f32>> {
    let nose = |pose: &Pose| pose.keypoints[NOSE].map(|keypoint| keypoint.at.x);
    series.poses.iter().map(nose).collect()
}

/// Root mean square of the joints' accelerations, in pixels a frame squared, the field's measure of jitter.
fn jitter(series: &PoseSeries) -> f64 {
    let (mut sum, mut n) = (0.0, 0);
    for three in series.poses.windows(3) {
        for joint_idx in 0..N_JOINTS {
            let [a, b, c] = [0, 1, 2].map(|k| three[k].keypoints[joint_idx].unwrap().at);
            sum += f64::from(a.x - 2.0 * b.x + c.x).powi(2);
            sum += f64::from(a.y - 2.0 * b.y + c.y).powi(2);
            n += 2;
        }
    }
    (sum / f64::from(n)).sqrt()
}

/// Root mean square of the joints' steps, in pixels a frame.
fn step(series: &PoseSeries) -> f64 {
    let steps = series.poses.windows(2).flat_map(|two| {
        (0..N_JOINTS).map(|joint_idx| {
            let [a, b] = [0, 1].map(|k| two[k].keypoints[joint_idx].unwrap().at);
            f64::from(a.distance(b)).powi(2)
        })
    });
    let n = (series.poses.len() - 1) * N_JOINTS;
    (steps.sum::<f64>() / n as f64).sqrt()
}

fn still_person(fps: f64) -> PoseSeries {
    let mut random = Random::new(1);
    let seen = Seen { fps, ..SEEN };
    let mut series = movers::series(Motion::Turning, &seen, 300, &mut random);
    let first = series.poses[0];
    for pose in &mut series.poses {
        for (own, first) in pose.keypoints.iter_mut().zip(first.keypoints) {
            let at = first.unwrap().at;
            let [x, y] = [at.x, at.y].map(|place| f64::from(place) + random.normal(2.0));
            *own = Some(keypoint(x, y));
        }
    }
    series
}

#[test]
fn a_still_person_stops_trembling() {
    for fps in [25.0, 30.0, 60.0] {
        let still = still_person(fps);
        let (refined, _) = refine(&still, &RefineParams::default());
        for measure in [jitter, step] {
            let left = measure(&refined) / measure(&still);
            println!("{fps} fps: {:.0} % less", 100.0 * (1.0 - left));
            assert!(left < 0.2, "{fps} fps: {left}");
        }
    }
}

/// Root mean square of the distances between the joints of two series.
fn apart(a: &PoseSeries, b: &PoseSeries) -> f64 {
    let squares = a.poses.iter().zip(&b.poses).flat_map(|(a, b)| {
        (0..N_JOINTS).map(move |joint_idx| {
            let [a, b] = [a, b].map(|pose| pose.keypoints[joint_idx].unwrap().at);
            f64::from(a.distance(b)).powi(2)
        })
    });
    (squares.sum::<f64>() / (a.poses.len() * N_JOINTS) as f64).sqrt()
}

#[test]
fn what_moves_is_as_near_the_truth_as_by_butterworth() {
    for motion in [Motion::Walking, Motion::Turning, Motion::JumpingJacks] {
        for fps in [25.0, 60.0] {
            let seen = Seen {
                fps,
                scatter_px: 0.0,
                ..SEEN
            };
            let truth = movers::series(motion, &seen, 200, &mut Random::new(3));
            let mut random = Random::new(4);
            let mut noisy = truth.clone();
            for keypoint in noisy.poses.iter_mut().flat_map(|pose| &mut pose.keypoints) {
                let Keypoint { at, confidence } = keypoint.unwrap();
                let [x, y] = [at.x, at.y].map(|place| place + random.normal(2.0) as f32);
                *keypoint = Some(Keypoint {
                    at: Point::new(x, y),
                    confidence,
                });
            }
            let [steady, butterworth] = [
                Filter::Steady { cutoff_hz: 6.0 },
                Filter::Butterworth { cutoff_hz: 6.0 },
            ]
            .map(|filter| apart(&filter::filtered(&noisy, &filter, 0.2).0, &truth));
            println!("{motion:?} {fps} fps: {steady:.2} px, butterworth {butterworth:.2} px");
            assert!(steady < 1.05 * butterworth, "{motion:?}, {fps} fps");
        }
    }
}

#[test]
fn a_fast_move_is_not_late() {
    // out and back, symmetric about 1 s: any lag would shift the middle
    let times = evenly(61, 30.0);
    let there_and_back = |time: f64| Some(100.0 + 200.0 * (-(time - 1.0).powi(2) / 0.02).exp());
    let series = nose_series(&times, there_and_back);
    for filter in [
        Filter::default(),
        Filter::Butterworth { cutoff_hz: 6.0 },
        Filter::Gaussian { cutoff_hz: 6.0 },
        Filter::Spline { cutoff_hz: 6.0 },
        Filter::Median { window_secs: 0.17 },
    ] {
        let params = RefineParams {
            outlier_gate: false,
            filter,
            ..RefineParams::default()
        };
        let (refined, _) = refine(&series, &params);
        let x = nose_x(&refined);
        for k in 0..=30 {
            let [before, after] = [x[30 - k].unwrap(), x[30 + k].unwrap()];
            assert!((before - after).abs() < 0.01, "{filter:?} at {k}");
        }
        assert!(270.0 < x[30].unwrap(), "{filter:?}: {:?}", x[30]);
    }
}

#[test]
fn constant_speed_is_kept_up_to_both_ends() {
    let series = nose_series(&evenly(40, 30.0), |time| Some(10.0 + 300.0 * time));
    for filter in [
        Filter::default(),
        Filter::Butterworth { cutoff_hz: 6.0 },
        Filter::Gaussian { cutoff_hz: 6.0 },
        Filter::Spline { cutoff_hz: 6.0 },
        Filter::Median { window_secs: 0.17 },
    ] {
        let (filtered, n_unfiltered) = filter::filtered(&series, &filter, 0.2);
        assert_eq!(n_unfiltered, 0);
        for (before, after) in nose_x(&series).into_iter().zip(nose_x(&filtered)) {
            assert!(
                (before.unwrap() - after.unwrap()).abs() < 0.01,
                "{filter:?}"
            );
        }
    }
}

#[test]
fn stretches_are_filtered_apart_and_short_ones_are_left() {
    // a jump by 1000 px hidden in a hole, and a stretch of 6 frames behind another hole
    let times = evenly(70, 30.0);
    let x = |time: f64| match (30.0 * time).round() as u32 {
        0..20 => Some(100.0 + 40.0 * time),
        30..50 => Some(1100.0 + 40.0 * time),
        60..66 => Some(500.0 + f64::from(30 * (30.0 * time).round() as u32 % 70)),
        _ => None,
    };
    let series = nose_series(&times, x);
    let (filtered, n_unfiltered) = filter::filtered(&series, &Filter::default(), 0.2);
    assert_eq!(n_unfiltered, 6);
    let (before, after) = (nose_x(&series), nose_x(&filtered));
    assert_eq!(before[60..], after[60..]);
    for frame in 0..60 {
        assert_eq!(before[frame].is_some(), after[frame].is_some());
        if let Some((before, after)) = before[frame].zip(after[frame]) {
            assert!(
                (before - after).abs() < 0.01,
                "{frame}: {after}, not {before}"
            );
        }
    }
}

#[test]
fn missing_frames_part_stretches_as_missing_joints_do() {
    // the camera paused for a second, and the person is somewhere else
    let times: Vec<f64> = (0..40)
        .map(|k| f64::from(k) / 30.0 + if k < 20 { 0.0 } else { 1.0 })
        .collect();
    let series = nose_series(&times, |time| Some(if time < 1.0 { 100.0 } else { 900.0 }));
    let (filtered, _) = filter::filtered(&series, &Filter::default(), 0.2);
    for (before, after) in nose_x(&series).into_iter().zip(nose_x(&filtered)) {
        assert!((before.unwrap() - after.unwrap()).abs() < 0.01);
    }
}

#[test]
fn short_holes_are_filled_and_long_ones_stay() {
    let times = evenly(60, 30.0);
    let path = |time: f64| 200.0 + 50.0 * (3.0 * time).sin();
    // 5 frames missing: 0.2 s from end to end; then 6
    let series = nose_series(&times, |time| match (30.0 * time).round() as u32 {
        10..15 | 30..36 | 58.. => None,
        _ => Some(path(time)),
    });
    let (filled, n_filled) = gaps::fill(&series, gaps::MAX_GAP_SECS);
    assert_eq!(n_filled, 5);
    let x = nose_x(&filled);
    for frame in 10..15 {
        assert!((f64::from(x[frame].unwrap()) - path(times[frame])).abs() < 0.5);
    }
    assert!(x[30..36].iter().chain(&x[58..]).all(Option::is_none));
    assert_eq!(gaps::fill(&series, 0.0), (series.clone(), 0));
}

#[test]
fn a_filled_joint_is_as_sure_as_the_less_sure_end() {
    let mut series = nose_series(&evenly(12, 30.0), Some);
    for (frame, confidence) in [(5, 0.3), (7, 0.9)] {
        series.poses[frame].keypoints[NOSE]
            .as_mut()
            .unwrap()
            .confidence = confidence;
    }
    series.poses[6].keypoints[NOSE] = None;
    let (filled, _) = gaps::fill(&series, 0.2);
    assert_eq!(filled.poses[6].keypoints[NOSE].unwrap().confidence, 0.3);
}

#[test]
fn refining_brings_joints_nearer_to_where_they_were() {
    for motion in [Motion::Walking, Motion::Turning, Motion::JumpingJacks] {
        let exact = Seen {
            scatter_px: 0.0,
            ..SEEN
        };
        let truth = movers::series(motion, &exact, 240, &mut Random::new(8));
        let mut random = Random::new(9);
        let mut seen = truth.clone();
        for keypoint in seen
            .poses
            .iter_mut()
            .flat_map(|pose| pose.keypoints.iter_mut().flatten())
        {
            keypoint.at.x += random.normal(2.0) as f32;
            keypoint.at.y += random.normal(2.0) as f32;
        }
        let error = |series: &PoseSeries| -> f64 {
            let squares = series
                .poses
                .iter()
                .zip(&truth.poses)
                .flat_map(|(own, true_pose)| {
                    own.keypoints
                        .iter()
                        .zip(true_pose.keypoints)
                        .map(|(own, truth)| {
                            f64::from(own.unwrap().at.distance(truth.unwrap().at)).powi(2)
                        })
                });
            (squares.sum::<f64>() / (240 * N_JOINTS) as f64).sqrt()
        };
        let (refined, counts) = refine(&seen, &RefineParams::default());
        assert_eq!(counts, RefineCounts::default());
        let share = error(&refined) / error(&seen);
        assert!(share < 0.85, "{motion:?}: {share}");
    }
}

#[test]
fn with_everything_off_nothing_changes() {
    let mut random = Random::new(2);
    let seen = Seen {
        holes: 0.02,
        uneven: true,
        ..SEEN
    };
    let series = movers::series(Motion::Walking, &seen, 90, &mut random);
    let params = RefineParams {
        swap_repair: false,
        outlier_gate: false,
        min_confidence: 0.0,
        max_gap_secs: 0.0,
        filter: Filter::None,
    };
    assert_eq!(refine(&series, &params), (series, RefineCounts::default()));
}

#[test]
fn broken_numbers_are_missing_joints() {
    let mut series = nose_series(&evenly(30, 30.0), |_| Some(100.0));
    series.poses[10].keypoints[NOSE].as_mut().unwrap().at.x = f32::NAN;
    series.poses[20].keypoints[NOSE]
        .as_mut()
        .unwrap()
        .confidence = f32::INFINITY;
    let (refined, counts) = refine(&series, &RefineParams::default());
    assert_eq!(counts.n_filled, 2);
    assert!(
        nose_x(&refined)
            .iter()
            .all(|x| (x.unwrap() - 100.0).abs() < 0.01)
    );
}

#[test]
fn no_times_and_no_places_break_it() {
    let filters = [
        Filter::default(),
        Filter::Gaussian { cutoff_hz: 6.0 },
        Filter::Spline { cutoff_hz: 6.0 },
        Filter::Median { window_secs: 0.17 },
        Filter::None,
    ];
    let mut random = Random::new(12);
    for round in 0..60 {
        let n_frames = round % 13;
        let mut series = movers::series(Motion::Walking, &SEEN, n_frames, &mut random);
        for time in &mut series.times_secs {
            *time = match random.below(6) {
                0 => 0.0,
                1 => 1e300,
                2 => -1e-300,
                3 => *time + 1e6,
                _ => *time,
            };
        }
        for pose in &mut series.poses {
            for keypoint in &mut pose.keypoints {
                match random.below(8) {
                    0 => *keypoint = None,
                    1 => *keypoint = Some(self::keypoint(1e38, -1e38)),
                    2 => *keypoint = Some(self::keypoint(f64::NAN, 0.0)),
                    _ => {}
                }
            }
        }
        for filter in filters {
            let params = RefineParams {
                filter,
                max_gap_secs: [0.2, 1e12][round % 2],
                ..RefineParams::default()
            };
            let (refined, _) = refine(&series, &params);
            assert_eq!(refined.times_secs, series.times_secs);
            assert_eq!(refined.poses.len(), n_frames);
        }
    }
}
