//! Repetitions of generated exercises are counted and timed; pauses, half repetitions and noise do not mislead.

mod noise;

use noise::{Noise, uneven_times};
use poseglass::measure::Repetitions;
use poseglass::measure::repetitions::{NoRepetitions, Thresholds};

/// A way down and up again: half a cosine, a pause, half a cosine.
#[derive(Clone, Copy)]
struct Bend {
    start_secs: f64,
    down_secs: f64,
    pause_secs: f64,
    up_secs: f64,
    depth_deg: f64,
}

impl Bend {
    fn end_secs(&self) -> f64 {
        self.start_secs + self.down_secs + self.pause_secs + self.up_secs
    }

    fn deg(&self, secs: f64) -> f64 {
        let down = (secs - self.start_secs) / self.down_secs;
        let up = (self.end_secs() - secs) / self.up_secs;
        let share = down.min(up).clamp(0.0, 1.0);
        0.5 * self.depth_deg * (1.0 - (std::f64::consts::PI * share).cos())
    }

    /// When the way down is at a tenth.
    fn leaves_secs(&self) -> f64 {
        self.start_secs + self.down_secs * 0.8_f64.acos() / std::f64::consts::PI
    }

    fn returns_secs(&self) -> f64 {
        self.end_secs() - self.up_secs * 0.8_f64.acos() / std::f64::consts::PI
    }
}

/// Knee flexion of six squats from 5 degrees: quick ones, one with a long pause below, one only half.
fn squats() -> Vec<Bend> {
    let squat = |start_secs, pause_secs, depth_deg| Bend {
        start_secs,
        down_secs: 0.9,
        pause_secs,
        up_secs: 0.7,
        depth_deg,
    };
    vec![
        squat(1.0, 0.2, 100.0),
        squat(3.0, 0.2, 95.0),
        squat(6.0, 2.5, 105.0),
        squat(10.5, 0.2, 48.0),
        squat(13.0, 0.2, 100.0),
        squat(15.0, 0.2, 92.0),
    ]
}

fn angles(bends: &[Bend], times: &[f64], sigma_deg: f64) -> Vec<Option<f64>> {
    let mut noise = Noise(3);
    times
        .iter()
        .map(|secs| {
            let deg: f64 = bends.iter().map(|bend| bend.deg(*secs)).sum();
            Some(5.0 + deg + noise.normal(sigma_deg))
        })
        .collect()
}

#[test]
fn squats_are_counted_and_timed() {
    let times = uneven_times(18.0);
    let bends = squats();
    for sigma_deg in [0.0, 2.0, 4.0] {
        let found = Repetitions::count(&times, &angles(&bends, &times, sigma_deg), None).unwrap();
        assert!(found.rests_low);
        assert_eq!(found.counted.len(), 5, "{sigma_deg}");
        assert_eq!(found.partial.len(), 1, "{sigma_deg}");
        let full = bends.iter().filter(|bend| 90.0 < bend.depth_deg);
        for (repetition, bend) in found.counted.iter().zip(full) {
            let tolerance_secs = 0.05 + 0.03 * sigma_deg;
            let start_error = repetition.start_secs - bend.leaves_secs();
            assert!(
                start_error.abs() < tolerance_secs,
                "{sigma_deg}: {start_error}"
            );
            let end_error = repetition.end_secs - bend.returns_secs();
            assert!(end_error.abs() < tolerance_secs, "{sigma_deg}: {end_error}");
            let bottom_secs = bend.start_secs + bend.down_secs;
            assert!(
                (bottom_secs - 0.15..bottom_secs + bend.pause_secs + 0.15)
                    .contains(&repetition.turn_secs)
            );
            let range_error = repetition.range_deg - bend.depth_deg;
            assert!(
                range_error.abs() < 1.0 + 2.0 * sigma_deg,
                "{sigma_deg}: {range_error}"
            );
            assert!((repetition.turn_deg - 5.0 - bend.depth_deg).abs() < 1.0 + 1.5 * sigma_deg);
        }
        let partial = found.partial[0];
        assert!(10.5 < partial.start_secs && partial.end_secs < 12.4);
    }
}

#[test]
fn whoever_begins_at_the_high_end_rests_there() {
    // a straight arm is 175, bent is low: the same as the squats, upside down
    let times = uneven_times(18.0);
    let mirrored: Vec<Option<f64>> = angles(&squats(), &times, 1.0)
        .iter()
        .map(|deg| deg.map(|deg| 180.0 - deg))
        .collect();
    let found = Repetitions::count(&times, &mirrored, None).unwrap();
    assert!(!found.rests_low);
    assert_eq!(found.counted.len(), 5);
    assert!((found.counted[0].turn_deg - 75.0).abs() < 3.0);
    assert!((found.counted[0].range_deg - 100.0).abs() < 4.0);
}

#[test]
fn whoever_stays_down_at_the_end_has_measured_the_squats_before_alike() {
    let times = uneven_times(60.0);
    let mut bends = squats();
    // sits down after the last squat, and is still sitting when the recording ends
    bends.push(Bend {
        start_secs: 18.0,
        down_secs: 0.9,
        pause_secs: 60.0,
        up_secs: 0.7,
        depth_deg: 90.0,
    });
    let thresholds = Thresholds {
        low_deg: 35.0,
        high_deg: 75.0,
    };
    let angles = angles(&bends, &times, 1.0);
    let found = Repetitions::count(&times, &angles, Some(thresholds)).unwrap();
    assert_eq!(found.counted.len(), 5);
    let (last, bend) = (found.counted[4], bends[5]);
    assert!((last.range_deg - bend.depth_deg).abs() < 4.0, "{last:?}");
    let end_error = last.end_secs - bend.returns_secs();
    assert!(end_error.abs() < 0.1, "{last:?}");
}

#[test]
fn trembling_at_a_threshold_counts_nothing() {
    let times = uneven_times(10.0);
    let mut noise = Noise(9);
    // stays about the lower threshold, then about the higher one, with one way between them
    let angles: Vec<Option<f64>> = times
        .iter()
        .map(|secs| Some(if *secs < 5.0 { 30.0 } else { 70.0 } + noise.normal(3.0)))
        .collect();
    let thresholds = Thresholds {
        low_deg: 30.0,
        high_deg: 70.0,
    };
    let found = Repetitions::count(&times, &angles, Some(thresholds)).unwrap();
    assert!(found.counted.is_empty(), "{:?}", found.counted);
    assert!(found.partial.is_empty(), "{:?}", found.partial);
}

#[test]
fn given_thresholds_decide_what_counts() {
    let times = uneven_times(18.0);
    let angles = angles(&squats(), &times, 1.0);
    let count = |low_deg, high_deg| {
        let thresholds = Thresholds { low_deg, high_deg };
        let found = Repetitions::count(&times, &angles, Some(thresholds)).unwrap();
        (found.counted.len(), found.partial.len())
    };
    assert_eq!(count(20.0, 40.0), (6, 0));
    assert_eq!(count(20.0, 103.0), (3, 3));
    assert_eq!(count(20.0, 200.0), (0, 5));
}

#[test]
fn nothing_is_counted_across_a_gap() {
    let times = uneven_times(18.0);
    let mut angles = angles(&squats(), &times, 1.0);
    for (deg, secs) in angles.iter_mut().zip(&times) {
        // short gaps everywhere, a long one on the way up from the second squat
        if (3.95..4.6).contains(secs) || (secs * 2.0).fract() < 0.2 {
            *deg = None;
        }
    }
    let found = Repetitions::count(&times, &angles, None).unwrap();
    assert_eq!(found.counted.len(), 4);
}

#[test]
fn what_is_no_exercise_is_refused_with_the_reason() {
    let times = uneven_times(5.0);
    let still = angles(&[], &times, 2.0);
    let refused = Repetitions::count(&times, &still, None).unwrap_err();
    assert!(matches!(refused, NoRepetitions::NoMotion { range_deg } if range_deg < 20.0));

    let missing = vec![None; times.len()];
    assert_eq!(
        Repetitions::count(&times, &missing, None),
        Err(NoRepetitions::NoAngle)
    );
    assert_eq!(
        Repetitions::count(&[], &[], None),
        Err(NoRepetitions::NoAngle)
    );

    let crossed = Thresholds {
        low_deg: 70.0,
        high_deg: 30.0,
    };
    let refused = Repetitions::count(&times, &still, Some(crossed)).unwrap_err();
    assert!(matches!(refused, NoRepetitions::Thresholds { .. }));
    let broken = Thresholds {
        low_deg: f64::NAN,
        high_deg: 30.0,
    };
    assert!(Repetitions::count(&times, &still, Some(broken)).is_err());

    let wild = vec![
        Some(f64::NAN),
        Some(1e300),
        Some(-1e300),
        Some(f64::INFINITY),
    ];
    let _any_outcome = Repetitions::count(&[0.0, 0.0, f64::NAN, 1.0], &wild, None);
}
