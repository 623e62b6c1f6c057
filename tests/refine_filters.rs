//! The filters of `refine` against scipy's.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

use poseglass::refine::Filter;
use poseglass::refine::butterworth;
use poseglass::refine::cubic_spline::CubicSpline;
use serde::Deserialize;

/// Both sides compute in f64 and differ by roundings; values are about 300.
const TOLERANCE: f64 = 1e-6;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    filter: String,
    cutoff_hz: Option<f64>,
    window_secs: Option<f64>,
    lam: Option<f64>,
    times: Vec<f64>,
    values: Vec<f64>,
    filtered: Vec<f64>,
    #[serde(default)]
    between: Vec<f64>,
    #[serde(default)]
    at_between: Vec<f64>,
}

fn cases(filter: &str) -> Vec<Case> {
    // made by tests/reference/make_filters.py
    let golden: Golden = serde_json::from_str(include_str!("data/filters.json")).unwrap();
    let cases: Vec<Case> = golden
        .cases
        .into_iter()
        .filter(|case| case.filter == filter)
        .collect();
    assert!(3 <= cases.len());
    cases
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    // the largest of some numbers would pass over one that is none
    assert!(a.iter().chain(b).all(|number| number.is_finite()));
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max)
}

fn compare(name: &str, filter: impl Fn(&Case) -> Filter) {
    for case in cases(name) {
        let filter = filter(&case);
        let filtered = filter.apply(&case.times, &case.values).unwrap();
        let difference = largest_difference(&filtered, &case.filtered);
        assert!(difference < TOLERANCE, "{filter:?}: {difference}");
        // files round times to a microsecond
        let rounded: Vec<f64> = case.times.iter().map(|t| (1e6 * t).round() / 1e6).collect();
        let filtered = filter.apply(&rounded, &case.values).unwrap();
        let difference = largest_difference(&filtered, &case.filtered);
        assert!(difference < 0.01, "{filter:?}, rounded times: {difference}");
    }
}

#[test]
fn butterworth_is_scipys_filtfilt_with_the_cutoff_of_two_runs() {
    compare("butterworth", |case| Filter::Butterworth {
        cutoff_hz: case.cutoff_hz.unwrap(),
    });
}

#[test]
fn gaussian_is_scipys_gaussian_filter1d() {
    compare("gaussian", |case| Filter::Gaussian {
        cutoff_hz: case.cutoff_hz.unwrap(),
    });
}

#[test]
fn median_is_scipys_medfilt() {
    compare("median", |case| Filter::Median {
        window_secs: case.window_secs.unwrap(),
    });
}

#[test]
fn a_median_whose_window_holds_no_neighbors_filters_nothing_and_says_so() {
    // a joint that jumps, at five frames per second
    let (times, values) = ([0.0, 0.2, 0.4, 0.6], [1.0, 9.0, 2.0, 3.0]);
    let median = |window_secs| Filter::Median { window_secs }.apply(&times, &values);
    assert_eq!(median(1.0 / 6.0), None);
    assert_eq!(median(0.4), Some(vec![1.0, 2.0, 3.0, 3.0]));
}

#[test]
fn splines_are_those_of_scipy_on_uneven_times() {
    for case in cases("spline") {
        let lambda = case.lam.unwrap();
        let spline = CubicSpline::smoothing(&case.times, &case.values, lambda).unwrap();
        let between = spline.at_each(&case.between);
        let difference = largest_difference(&between, &case.at_between);
        assert!(difference < TOLERANCE, "λ {lambda}: {difference} between");
        let difference = largest_difference(&spline.into_values(), &case.filtered);
        assert!(difference < TOLERANCE, "λ {lambda}: {difference}");
    }
}

/// By how much a wave of this frequency shrinks, in the middle of a long stretch.
fn gain(filter: &Filter, times: &[f64], hz: f64) -> f64 {
    let wave: Vec<f64> = times
        .iter()
        .map(|time| (std::f64::consts::TAU * hz * time).sin())
        .collect();
    let filtered = filter.apply(times, &wave).unwrap();
    let middle = times.len() / 4..3 * times.len() / 4;
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    dot(&filtered[middle.clone()], &wave[middle.clone()])
        / dot(&wave[middle.clone()], &wave[middle])
}

#[test]
fn at_the_cutoff_half_the_power_passes_whichever_filter_it_is() {
    let times: Vec<f64> = (0..4000).map(|k| f64::from(k) / 100.0).collect();
    let half = 0.5_f64.sqrt();
    for (filter, of_six) in [
        (Filter::Butterworth { cutoff_hz: 6.0 }, half),
        (Filter::Gaussian { cutoff_hz: 6.0 }, half),
        (Filter::Spline { cutoff_hz: 6.0 }, half),
        (Filter::None, 1.0),
    ] {
        assert!(
            (gain(&filter, &times, 6.0) - of_six).abs() < 0.01,
            "{filter:?}"
        );
        assert!(0.95 < gain(&filter, &times, 1.0), "{filter:?}");
    }
}

#[test]
fn uneven_times_are_filtered_as_even_ones() {
    let mut state = 9_u32;
    let mut now = 0.0;
    let times: Vec<f64> = (0..3000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            now += (0.7 + 0.6 * f64::from(state) / f64::from(u32::MAX)) / 50.0;
            now
        })
        .collect();
    for filter in [
        Filter::Butterworth { cutoff_hz: 6.0 },
        Filter::Gaussian { cutoff_hz: 6.0 },
        Filter::Spline { cutoff_hz: 6.0 },
    ] {
        assert!(0.97 < gain(&filter, &times, 1.5), "{filter:?}");
        let at_cutoff = gain(&filter, &times, 6.0);
        assert!(
            (at_cutoff - 0.5_f64.sqrt()).abs() < 0.05,
            "{filter:?}: {at_cutoff}"
        );
    }
}

#[test]
fn what_a_filter_cannot_do_it_leaves() {
    let even = |n: usize, fps: f64| -> Vec<f64> { (0..n).map(|k| k as f64 / fps).collect() };
    let butterworth = Filter::Butterworth { cutoff_hz: 6.0 };
    let n = butterworth::LEAST_SAMPLES;
    assert!(butterworth.apply(&even(n, 30.0), &vec![1.0; n]).is_some());
    assert_eq!(
        butterworth.apply(&even(n - 1, 30.0), &vec![1.0; n - 1]),
        None
    );
    // nothing is faster than 6 Hz at 12 frames per second
    assert_eq!(butterworth.apply(&even(n, 12.0), &vec![1.0; n]), None);
    for filter in [
        butterworth,
        Filter::Gaussian { cutoff_hz: 6.0 },
        Filter::Spline { cutoff_hz: 6.0 },
        Filter::Gaussian { cutoff_hz: 1e-300 },
        Filter::Gaussian { cutoff_hz: 0.0 },
        Filter::Spline { cutoff_hz: 0.0 },
    ] {
        assert_eq!(filter.apply(&[], &[]), None, "{filter:?}");
        assert_eq!(filter.apply(&[3.0], &[1.0]), None, "{filter:?}");
        let two_frames = [3.0, 3.0 + 1.0 / 30.0];
        assert_eq!(filter.apply(&two_frames, &[1.0, 2.0]), None, "{filter:?}");
    }
    assert_eq!(CubicSpline::through(&[1.0, 1.0, 2.0], &[0.0; 3]), None);
    assert_eq!(CubicSpline::through(&[1.0, f64::NAN, 2.0], &[0.0; 3]), None);
}
