//! Whole turns: in which of them an angle is, where it goes round and over stretches each of which was measured by itself.
//!
//! An angle that goes round is followed from value to value the shorter way, as numpy's `unwrap` does. Where joints are
//! found badly that adds turns up: an elbow at rest whose wrist is found elsewhere in every other frame would spin. So turns
//! are counted where the way was watched, by steps of less than a quarter of a turn between directions that are sure
//! ([`crate::measure::sure_directions`]). What follows any other step is in the turn next to where the angle was, but never
//! far from the direction in which it usually is: nobody who stands is a whole turn away from where they stood.

use std::f64::consts::TAU;
use std::ops::Range;

use crate::measure::angle_table::AngleDefinition;

/// A longer step, in periods, is as likely a joint that was found elsewhere as a motion; at 30 frames per second it is one
/// of 2700 degrees a second, several times what arms and legs do across the picture.
const LONGEST_WATCHED_STEP: f64 = 0.25;

/// So far from its usual direction an angle may be, in periods, by steps that nobody watched: an arm that hangs most of the
/// time and is raised goes 45 degrees beyond straight up.
const FARTHEST_DOUBTFUL: f64 = 0.625;

/// Directions are counted in so many parts of a period to find the usual one…
const N_DIRECTIONS: usize = 32;

/// …which is the middle of the fullest quarter of a period: a joint at rest scatters less.
const N_USUAL: usize = N_DIRECTIONS / 4;

/// How an angle came from one value to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Both values are sure and near in time: turns are counted by it, if it is small.
    Watched,
    /// One of the values may be wrong, or there was time for another way.
    Doubtful,
    /// Nothing is known of the way.
    Unknown,
}

/// Brings the values into turns that go on from one to the next: each gap and each change of the visible side began a new
/// stretch, in a turn of its own. `step` says how an angle came from one place to another one.
///
/// An angle that goes round is followed as [`follow_turns`] does it. One that cannot go round is all the time in the turn
/// next to the direction that all values have on average: joined as the others, errors of a hinge would add up to turns.
/// Most values stay as they were measured.
pub(super) fn join_turns(
    angle: &AngleDefinition,
    degs: &mut [Option<f64>],
    step: impl Fn(usize, usize) -> Step,
) {
    let period_deg = angle.period_deg;
    let measured = degs.to_vec();
    if angle.goes_round {
        let usual_deg = usual_deg(&measured, period_deg);
        follow_turns(degs, period_deg, usual_deg, step);
    } else {
        let middle_deg = middle_deg(measured.iter().flatten().copied(), period_deg);
        for run in runs_without_jumps(degs, period_deg) {
            let run = &mut degs[run];
            let turns = turns_between(mean(run), middle_deg, period_deg);
            turn(run, turns * period_deg);
        }
    }
    let usual_turns = usual_turns(&measured, degs, period_deg);
    turn(degs, -usual_turns * period_deg);
}

/// Puts each value of an angle that goes round into a turn.
///
/// Watched steps go the shorter way and count on. What follows a doubtful step is in the turn next to the value before it,
/// as long as it is then within [`FARTHEST_DOUBTFUL`] of `usual_deg`; otherwise, and where nothing is known of the way, it
/// is in the turn next to `usual_deg`.
pub(super) fn follow_turns(
    degs: &mut [Option<f64>],
    period_deg: f64,
    usual_deg: f64,
    step: impl Fn(usize, usize) -> Step,
) {
    let mut last_deg: Option<f64> = None;
    for run in watched_runs(degs, period_deg, step) {
        let values = &mut degs[run.places];
        let mean_deg = mean(values);
        let first_deg = values.iter().flatten().next().copied();
        let by_last = last_deg
            .zip(first_deg)
            .filter(|_| run.begins != Step::Unknown)
            .map(|(last, first)| turns_between(first, last, period_deg))
            .filter(|turns| {
                let off_deg = mean_deg + turns * period_deg - usual_deg;
                off_deg.abs() <= FARTHEST_DOUBTFUL * period_deg
            });
        let turns = by_last.unwrap_or_else(|| turns_between(mean_deg, usual_deg, period_deg));
        turn(values, turns * period_deg);
        last_deg = values.iter().flatten().next_back().copied();
    }
}

/// The direction about which most values are, in the turn about 0; 0 without any.
pub(super) fn usual_deg(degs: &[Option<f64>], period_deg: f64) -> f64 {
    let direction = |deg: f64| {
        let share = (deg / period_deg).rem_euclid(1.0);
        (share * N_DIRECTIONS as f64) as usize % N_DIRECTIONS
    };
    let mut counts = [0_usize; N_DIRECTIONS];
    for deg in degs.iter().flatten() {
        counts[direction(*deg)] += 1;
    }
    let n_from = |begin: usize| {
        let usual = begin..begin + N_USUAL;
        usual.map(|k| counts[k % N_DIRECTIONS]).sum::<usize>()
    };
    // of equal ones `max_by_key` gives the last
    let begin = (0..N_DIRECTIONS)
        .rev()
        .max_by_key(|begin| n_from(*begin))
        .unwrap_or_default();
    let is_usual = |deg: &f64| (direction(*deg) + N_DIRECTIONS - begin) % N_DIRECTIONS < N_USUAL;
    middle_deg(degs.iter().flatten().copied().filter(is_usual), period_deg)
}

/// Values that were watched on their way from one to the next.
struct WatchedRun {
    places: Range<usize>,
    /// How the first of them follows the value before.
    begins: Step,
}

/// Takes the shorter way along watched steps; the runs of values so joined.
fn watched_runs(
    degs: &mut [Option<f64>],
    period_deg: f64,
    step: impl Fn(usize, usize) -> Step,
) -> Vec<WatchedRun> {
    let mut runs: Vec<WatchedRun> = Vec::new();
    let mut before: Option<(usize, f64)> = None;
    for (i, deg) in degs.iter_mut().enumerate() {
        let Some(deg) = deg else {
            continue;
        };
        let from_before = before.map(|(place, from)| {
            let turned = *deg + turns_between(*deg, from, period_deg) * period_deg;
            let is_small = (turned - from).abs() <= LONGEST_WATCHED_STEP * period_deg;
            match step(place, i) {
                Step::Watched if !is_small => (Step::Doubtful, turned),
                step => (step, turned),
            }
        });
        if let Some((Step::Watched, turned)) = from_before
            && let Some(run) = runs.last_mut()
        {
            *deg = turned;
            run.places.end = i + 1;
        } else {
            runs.push(WatchedRun {
                places: i..i + 1,
                begins: from_before.map_or(Step::Unknown, |(step, _)| step),
            });
        }
        before = Some((i, *deg));
    }
    runs
}

/// How many turns bring `from` next to `to`.
fn turns_between(from: f64, to: f64, period_deg: f64) -> f64 {
    ((to - from) / period_deg).round()
}

/// Of the values that are there; 0 without any.
fn mean(degs: &[Option<f64>]) -> f64 {
    let n_values = degs.iter().flatten().count();
    degs.iter().flatten().sum::<f64>() / n_values.max(1) as f64
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

/// The direction that values have on average.
fn middle_deg(degs: impl Iterator<Item = f64>, period_deg: f64) -> f64 {
    let (sin, cos) = degs.fold((0.0, 0.0), |(sin, cos), deg| {
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

    /// An angle with these sure values every tenth of a second, joined across a quarter of a second; NaN where there is none.
    fn joined(name: &str, degs: &[f64]) -> Vec<f64> {
        joined_by(name, degs, |before, after| {
            if after - before <= 2 {
                Step::Watched
            } else {
                Step::Unknown
            }
        })
    }

    fn joined_by(name: &str, degs: &[f64], step: impl Fn(usize, usize) -> Step) -> Vec<f64> {
        let angle = ANGLES.iter().find(|angle| angle.name == name).unwrap();
        let mut degs: Vec<Option<f64>> = degs
            .iter()
            .map(|deg| Some(*deg).filter(|deg| !deg.is_nan()))
            .collect();
        join_turns(angle, &mut degs, step);
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

    #[test]
    fn a_joint_that_is_found_elsewhere_adds_no_turns() {
        // a forearm that hangs and is found elsewhere again and again, always round the same way
        let elsewhere = [-90.0, -90.0, -90.0, 30.0, 150.0].repeat(20);
        for sure in [Step::Watched, Step::Doubtful] {
            let found = joined_by("left_forearm", &elsewhere, |_, _| sure);
            for five in found.chunks(5) {
                assert_near(&five[..3], &[-90.0; 3]);
                assert!(five[3..].iter().all(|deg| (deg + 90.0).abs() <= 225.0));
            }
        }
        // in small steps, none of them sure
        let round: Vec<f64> = (0..200).map(|k| -90.0 + 20.0 * f64::from(k)).collect();
        let found = joined_by("left_forearm", &round, |_, _| Step::Doubtful);
        assert!(found.iter().all(|deg| (deg - found[0]).abs() < 450.0));
        // all of them sure
        let found = joined("left_forearm", &round);
        assert!((found[199] - found[0] - 3980.0).abs() < 1e-6);
    }

    #[test]
    fn a_raised_arm_is_followed_beyond_straight_up_by_doubtful_steps_too() {
        let raised = [
            0.0, 0.0, 0.0, 60.0, 120.0, 170.0, -170.0, 170.0, 120.0, 60.0, 0.0,
        ];
        let found = joined_by("right_shoulder", &raised, |_, _| Step::Doubtful);
        assert_near(&found[5..8], &[170.0, 190.0, 170.0]);
        assert_near(&found[10..], &[0.0]);
    }

    #[test]
    fn the_usual_direction_is_that_of_rest() {
        let usual = |degs: &[f64], period_deg: f64| {
            let degs: Vec<Option<f64>> = degs.iter().copied().map(Some).collect();
            usual_deg(&degs, period_deg)
        };
        let resting = [-92.0, -88.0, -90.0, -90.0, 30.0, 150.0, 100.0];
        assert!((usual(&resting, 360.0) + 90.0).abs() < 1e-9);
        let about_half_a_turn = [178.0, -178.0, 179.0, -179.0];
        assert!((usual(&about_half_a_turn, 360.0).abs() - 180.0).abs() < 1e-9);
        // lines without direction
        assert!((usual(&[85.0, -85.0, 10.0], 180.0).abs() - 90.0).abs() < 1e-9);
        assert_eq!(usual(&[], 360.0), 0.0);
    }
}
