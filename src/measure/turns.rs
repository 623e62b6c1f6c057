//! Whole turns: in which of them an angle is, over stretches each of which was measured by itself.

use std::f64::consts::TAU;
use std::ops::Range;

use crate::measure::angle_table::AngleDefinition;

/// Brings the values into turns that go on from one to the next: each gap and each change of the visible side began a new
/// stretch, in a turn of its own.
///
/// An angle that goes round takes the shorter way from each value to the next one within `longest_gap_secs` and counts
/// on; what follows a longer gap is in the turn next to the direction that all values have on average. An angle that
/// cannot go round is in that turn all the time: joined as the others, errors of a hinge would add up to turns. Most
/// values stay as they were measured.
pub(super) fn join_turns(
    angle: &AngleDefinition,
    times_secs: &[f64],
    degs: &mut [Option<f64>],
    longest_gap_secs: f64,
) {
    let period_deg = angle.period_deg;
    let measured = degs.to_vec();
    let middle = middle_deg(degs, period_deg);
    let runs = if angle.goes_round {
        join_near(times_secs, degs, period_deg, longest_gap_secs)
    } else {
        runs_without_jumps(degs, period_deg)
    };
    for run in runs {
        let run = &mut degs[run];
        let n_values = run.iter().flatten().count();
        let mean = run.iter().flatten().sum::<f64>() / n_values.max(1) as f64;
        turn(run, ((middle - mean) / period_deg).round() * period_deg);
    }
    let usual_turns = usual_turns(&measured, degs, period_deg);
    turn(degs, -usual_turns * period_deg);
}

/// Takes the shorter way from each value to the next one that is near enough in time; the places of values so joined.
fn join_near(
    times_secs: &[f64],
    degs: &mut [Option<f64>],
    period_deg: f64,
    longest_gap_secs: f64,
) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut before: Option<(f64, f64)> = None;
    for (i, (deg, secs)) in degs.iter_mut().zip(times_secs).enumerate() {
        let Some(deg) = deg else {
            continue;
        };
        if let Some((from_secs, from)) = before
            && secs - from_secs <= longest_gap_secs
            && let Some(run) = runs.last_mut()
        {
            *deg += ((from - *deg) / period_deg).round() * period_deg;
            run.end = i + 1;
        } else {
            runs.push(i..i + 1);
        }
        before = Some((*secs, *deg));
    }
    runs
}

/// The places of runs of values without a jump: where another side is seen, they go on in another turn without any gap.
fn runs_without_jumps(degs: &[Option<f64>], period_deg: f64) -> Vec<Range<usize>> {
    let mut end = 0;
    degs.chunk_by(|a, b| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 0.5 * period_deg,
        _ => a.is_some() == b.is_some(),
    })
    .map(|run| {
        let start = end;
        end += run.len();
        start..end
    })
    .collect()
}

/// The direction that all values have on average.
fn middle_deg(degs: &[Option<f64>], period_deg: f64) -> f64 {
    let (sin, cos) = degs.iter().flatten().fold((0.0, 0.0), |(sin, cos), deg| {
        let (s, c) = (deg / period_deg * TAU).sin_cos();
        (sin + s, cos + c)
    });
    f64::atan2(sin, cos) / TAU * period_deg
}

/// By how many turns most values have been moved; of several such numbers the first.
fn usual_turns(measured: &[Option<f64>], joined: &[Option<f64>], period_deg: f64) -> f64 {
    let mut counts: Vec<(i64, usize)> = Vec::new();
    for (measured, joined) in measured.iter().flatten().zip(joined.iter().flatten()) {
        let turns = ((joined - measured) / period_deg).round() as i64;
        if let Some((_, n)) = counts.iter_mut().find(|(each, _)| *each == turns) {
            *n += 1;
        } else {
            counts.push((turns, 1));
        }
    }
    // of equal ones `max_by_key` gives the last
    let usual = counts.iter().rev().max_by_key(|(_, n)| *n);
    usual.map_or(0.0, |(turns, _)| *turns as f64)
}

fn turn(degs: &mut [Option<f64>], by_deg: f64) {
    for deg in degs.iter_mut().flatten() {
        *deg += by_deg;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::ANGLES;

    const GAP: f64 = f64::NAN;

    /// An angle with these values every tenth of a second, joined across a quarter of a second; NaN where there is none.
    fn joined(name: &str, degs: &[f64]) -> Vec<f64> {
        let angle = ANGLES.iter().find(|angle| angle.name == name).unwrap();
        let times_secs: Vec<f64> = (0..degs.len()).map(|i| 0.1 * i as f64).collect();
        let mut degs: Vec<Option<f64>> = degs
            .iter()
            .map(|deg| Some(*deg).filter(|deg| !deg.is_nan()))
            .collect();
        join_turns(angle, &times_secs, &mut degs, 0.25);
        degs.into_iter()
            .map(|deg| deg.unwrap_or(f64::NAN))
            .collect()
    }

    fn assert_near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            let is_near = (found - expected).abs() < 1e-9;
            assert!(
                is_near || (found.is_nan() && expected.is_nan()),
                "{found}, {expected}"
            );
        }
    }

    #[test]
    fn what_goes_round_takes_the_shorter_way_across_a_gap_and_counts_on() {
        let found = joined("right_arm", &[-178.0, GAP, 178.0, 170.0, GAP, 90.0, 80.0]);
        assert_near(&found, &[182.0, GAP, 178.0, 170.0, GAP, 90.0, 80.0]);
        let found = joined("right_arm", &[170.0, 175.0, -175.0, -100.0, 10.0]);
        assert_near(&found, &[-190.0, -185.0, -175.0, -100.0, 10.0]);
        // a line without direction
        let found = joined("pelvis", &[85.0, GAP, -85.0, GAP, 85.0]);
        assert_near(&found, &[85.0, GAP, 95.0, GAP, 85.0]);
    }

    #[test]
    fn a_first_value_in_another_turn_does_not_take_the_others_there() {
        let found = joined("right_arm", &[-175.0, GAP, 179.0, 120.0, 60.0, 0.0]);
        assert_near(&found, &[185.0, GAP, 179.0, 120.0, 60.0, 0.0]);
    }

    #[test]
    fn after_a_long_gap_the_nearest_turn_counts() {
        let found = joined("right_arm", &[175.0, -175.0, GAP, GAP, -175.0]);
        assert_near(&found, &[-185.0, -175.0, GAP, GAP, -175.0]);
        // an arm at rest, then one that comes down from above the head
        let down = [0.0, 0.0, GAP, GAP, GAP, -170.0, 170.0, 90.0, 0.0, 0.0];
        let found = joined("right_arm", &down);
        assert_near(&found[5..], &[190.0, 170.0, 90.0, 0.0, 0.0]);
        assert_near(&found[..2], &[0.0, 0.0]);
    }

    #[test]
    fn a_hinge_stays_in_one_turn_where_a_stretch_ends_without_a_gap() {
        let found = joined("right_knee", &[178.0, 178.0, -179.0, 178.0]);
        assert_near(&found, &[178.0, 178.0, 181.0, 178.0]);
        // but folded as far as that, it is no jump
        let found = joined("right_knee", &[0.0, 60.0, 120.0, 190.0, 120.0, 60.0, 0.0]);
        assert_near(&found, &[0.0, 60.0, 120.0, 190.0, 120.0, 60.0, 0.0]);
    }

    #[test]
    fn a_hinge_stays_in_one_turn_however_many_gaps_it_has() {
        let found = joined("right_knee", &[-178.0, GAP, 178.0, GAP, 178.0]);
        assert_near(&found, &[182.0, GAP, 178.0, GAP, 178.0]);
        // found elsewhere again and again, always round the same way
        let elsewhere = [10.0, GAP, 130.0, GAP, -110.0, GAP].repeat(20);
        let found = joined("right_elbow", &[elsewhere, vec![10.0]].concat());
        assert!(found.iter().all(|deg| deg.is_nan() || deg.abs() < 180.0));
        assert_near(&found[120..], &[10.0]);
    }
}
