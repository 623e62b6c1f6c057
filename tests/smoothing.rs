//! The 1€ filter agrees with a reference; smoothed joints rest when the person does and do not lag when they move.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

use std::time::Duration;

use poseglass::geom::Point;
use poseglass::skeleton::N_JOINTS;
use poseglass::track::one_euro::{OneEuro, OneEuroParams};
use poseglass::track::smoothing::PoseSmoother;
use poseglass::types::{Keypoint, Pose};

/// The person of these tests is this large: the root of the box's area.
const SIZE_PX: f32 = 300.0;
const FRAME_SECS: f64 = 1.0 / 30.0;

/// Normal noise from a fixed seed (linear congruential, then Box and Muller's transform).
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self, sigma: f64) -> f32 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        (sigma * radius * (std::f64::consts::TAU * self.uniform()).cos()) as f32
    }
}

fn time(secs: f64) -> Duration {
    Duration::try_from_secs_f64(secs).unwrap()
}

fn pose_at(x: f32, y: f32, confidence: f32) -> Pose {
    let keypoint = Keypoint {
        at: Point::new(x, y),
        confidence,
    };
    Pose {
        keypoints: [Some(keypoint); N_JOINTS],
    }
}

/// x of the first joint after smoothing.
fn smooth_x(smoother: &mut PoseSmoother, secs: f64, x: f32, confidence: f32) -> f32 {
    let pose = pose_at(x, 50.0, confidence);
    let smoothed = smoother.smooth(time(secs), &pose, SIZE_PX);
    smoothed.keypoints[0].unwrap().at.x
}

fn rms_step(values: &[f32]) -> f64 {
    let squares: f64 = values
        .windows(2)
        .map(|pair| f64::from(pair[1] - pair[0]).powi(2))
        .sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

/// Root mean square step of noise of 2 px at rest, before and after smoothing.
fn trembling(fps: f64, confidence: f32) -> (f64, f64) {
    let mut noise = Noise(7);
    let mut smoother = PoseSmoother::default();
    let raw: Vec<f32> = (0..900).map(|_| 100.0 + noise.normal(2.0)).collect();
    let smoothed: Vec<f32> = raw
        .iter()
        .enumerate()
        .map(|(k, x)| smooth_x(&mut smoother, k as f64 / fps, *x, confidence))
        .collect();
    (rms_step(&raw), rms_step(&smoothed[30..]))
}

#[test]
fn the_filter_is_the_reference_one() {
    // made by tests/reference/make_one_euro.py
    let table = include_str!("data/one_euro.csv");
    let params = OneEuroParams {
        min_cutoff_hz: 1.0,
        beta: 0.007,
        speed_cutoff_hz: 1.0,
    };
    let mut filter = OneEuro::default();
    let mut last_secs = 0.0;
    let mut n_compared = 0;
    for line in table.lines().skip(1) {
        let row: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        let [secs, sample, expected] = row[..] else {
            panic!("{line}");
        };
        let filtered = filter.filter(&params, sample, secs - last_secs).unwrap();
        last_secs = secs;
        assert!(
            (filtered - expected).abs() < 1e-9,
            "at {secs}: {filtered}, not {expected}"
        );
        n_compared += 1;
    }
    assert_eq!(n_compared, 600);
}

#[test]
fn broken_samples_change_nothing() {
    let params = OneEuroParams {
        min_cutoff_hz: 1.0,
        beta: 0.0,
        speed_cutoff_hz: 1.0,
    };
    let mut filter = OneEuro::default();
    assert_eq!(filter.filter(&params, f64::NAN, 0.1), None);
    assert_eq!(filter.filter(&params, 5.0, 0.1), Some(5.0));
    assert_eq!(filter.filter(&params, f64::INFINITY, 0.1), Some(5.0));
    assert_eq!(filter.filter(&params, 9.0, f64::NAN), Some(5.0));
    assert_eq!(filter.filter(&params, 9.0, 0.0), Some(5.0));
    assert_eq!(filter.filter(&params, 9.0, -1.0), Some(5.0));
    let next = filter.filter(&params, 9.0, 0.1).unwrap();
    assert!(5.0 < next && next < 9.0);
}

#[test]
fn a_still_person_stops_trembling() {
    let (raw, smoothed) = trembling(30.0, 0.9);
    assert!(smoothed < 0.3 * raw, "{smoothed} of {raw} px");
}

#[test]
fn unsure_joints_tremble_even_less() {
    let (_, sure) = trembling(30.0, 0.9);
    let (_, unsure) = trembling(30.0, 0.2);
    assert!(unsure < 0.7 * sure, "{unsure} against {sure} px");
}

/// By how much a joint is late that sets off at 1.5 sizes per second: the longest and the last delay.
fn lag_secs(times: impl Iterator<Item = f64>) -> (f64, f64) {
    let speed = 1.5 * f64::from(SIZE_PX);
    let mut smoother = PoseSmoother::default();
    let (mut longest, mut last) = (0.0_f64, 0.0);
    for secs in times {
        let x = (secs - 0.5).max(0.0) * speed;
        let smoothed = smooth_x(&mut smoother, secs, x as f32, 0.9);
        last = (x - f64::from(smoothed)) / speed;
        longest = longest.max(last);
    }
    (longest, last)
}

fn evenly(fps: f64) -> impl Iterator<Item = f64> {
    (0..)
        .map(move |k| f64::from(k) / fps)
        .take_while(|secs| *secs < 1.5)
}

#[test]
fn a_fast_move_lags_by_less_than_two_frames() {
    let (longest, last) = lag_secs(evenly(30.0));
    assert!(longest < 2.0 * FRAME_SECS, "{longest} s");
    assert!(last < FRAME_SECS, "{last} s");
}

#[test]
fn uneven_times_do_not_change_the_lag() {
    let mut noise = Noise(3);
    let mut secs = 0.0;
    // between 15 and 60 frames per second
    let uneven: Vec<f64> = std::iter::from_fn(|| {
        secs += 1.0 / 60.0 + 0.05 * noise.uniform();
        (secs < 1.5).then_some(secs)
    })
    .collect();
    let (longest_uneven, last_uneven) = lag_secs(uneven.into_iter());
    for fps in [15.0, 30.0, 60.0] {
        let (longest, last) = lag_secs(evenly(fps));
        assert!((longest - longest_uneven).abs() < 0.01, "{fps} fps");
        assert!((last - last_uneven).abs() < 0.005, "{fps} fps");
    }
}

#[test]
fn the_picture_size_makes_no_difference() {
    let mut noise = Noise(11);
    let (mut small, mut large) = (PoseSmoother::default(), PoseSmoother::default());
    for k in 0..200 {
        let secs = f64::from(k) * FRAME_SECS;
        let x = 100.0 + 40.0 * (3.0 * secs).sin() as f32 + noise.normal(2.0);
        let of_small = small.smooth(time(secs), &pose_at(x, x, 0.9), 100.0);
        let of_large = large.smooth(time(secs), &pose_at(3.0 * x, 3.0 * x, 0.9), 300.0);
        let (a, b) = (
            of_small.keypoints[5].unwrap().at,
            of_large.keypoints[5].unwrap().at,
        );
        assert!((3.0 * a.x - b.x).abs() < 1e-2);
        assert!((3.0 * a.y - b.y).abs() < 1e-2);
    }
}

#[test]
fn a_joint_that_comes_back_starts_anew_after_a_gap() {
    for (gap_secs, is_new) in [(0.2, false), (0.3, true)] {
        let mut smoother = PoseSmoother::default();
        for k in 0..10 {
            smooth_x(&mut smoother, f64::from(k) * FRAME_SECS, 100.0, 0.9);
        }
        // unseen while frames go by
        let gone = smoother.smooth(time(0.4), &Pose::EMPTY, SIZE_PX);
        assert_eq!(gone, Pose::EMPTY);
        let x = smooth_x(&mut smoother, 9.0 * FRAME_SECS + gap_secs, 120.0, 0.9);
        assert_eq!(x == 120.0, is_new, "{gap_secs} s: {x}");
    }
}

#[test]
fn times_that_stand_still_or_go_back_are_survived() {
    let mut smoother = PoseSmoother::default();
    smooth_x(&mut smoother, 1.0, 100.0, 0.9);
    assert_eq!(smooth_x(&mut smoother, 1.0, 101.0, 0.9), 100.0);
    assert_eq!(smooth_x(&mut smoother, 0.5, 120.0, 0.9), 120.0);
    let x = smooth_x(&mut smoother, 0.55, f32::NAN, f32::NAN);
    assert!(x.is_finite());
    let x = smooth_x(&mut smoother, 0.6, 121.0, 0.9);
    assert!((120.0..=121.0).contains(&x));
}

#[test]
fn confidences_stay_as_they_are() {
    let mut smoother = PoseSmoother::default();
    for (k, confidence) in [0.9, 0.1, 0.4].into_iter().enumerate() {
        let pose = pose_at(10.0, 10.0, confidence);
        let smoothed = smoother.smooth(time(k as f64 * FRAME_SECS), &pose, SIZE_PX);
        assert_eq!(smoothed.keypoints[3].unwrap().confidence, confidence);
    }
}
