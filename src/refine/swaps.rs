//! Left and right are put in order where a net has called one side by the other's name.
//!
//! Names are chosen for the whole series so that the joints move most steadily, with a price for every change, so that
//! the net is believed where motion says little. Legs that really pass each other keep their velocities, and so their
//! names.
//! The best names of one unit (the whole body, legs, arms, their parts, single pairs) are found by dynamic
//! programming, those of the others staying as they are; each unit has its turn, large ones first, until none wants
//! another change.

use crate::base::samples::median_interval_secs;
use crate::refine::body_size::body_sizes_px;
use crate::refine::lone_joints;
use crate::refine::swap_cost::{Evidence, N_REMEMBERED, Names, evidence};
use crate::skeleton::MIRRORED;
use crate::skeleton::joint::{
    LEFT_ANKLE, LEFT_EAR, LEFT_ELBOW, LEFT_EYE, LEFT_HIP, LEFT_KNEE, LEFT_SHOULDER, LEFT_WRIST,
};
use crate::types::PoseSeries;

/// What an exchange costs when it begins and when it ends, in squares of the usual scatter, as a joint that is three
/// scatters off costs 9.
///
/// Chance reaches it once in some ten thousand frames, so hardly any exchange is invented; and twins that are five
/// scatters apart make every exchange show.
const CHANGE_COST: f64 = 20.0;

/// What each further pair costs that changes in the same frame: nets exchange whole limbs more often than single pairs.
const FURTHER_COST: f64 = 2.0;

/// What an exchanged pair costs in each second: of two ways to read a series, the one that believes the net more wins.
///
/// An exchange that shows as clearly as can be at both ends pays for itself up to ten seconds, one of a whole body for
/// longer.
const EXCHANGED_COST_PER_SEC: f64 = 20.0;

/// Two rounds are usual, the last of which changes nothing.
const MOST_ROUNDS: usize = 6;

/// Left joints of all pairs.
const PAIRS: [usize; 8] = [
    LEFT_EYE,
    LEFT_EAR,
    LEFT_SHOULDER,
    LEFT_ELBOW,
    LEFT_WRIST,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_ANKLE,
];

/// What is exchanged together, by its left joints.
const UNITS: [&[usize]; 14] = [
    &PAIRS,
    &[LEFT_HIP, LEFT_KNEE, LEFT_ANKLE],
    &[LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST],
    &[LEFT_KNEE, LEFT_ANKLE],
    &[LEFT_ELBOW, LEFT_WRIST],
    &[LEFT_EYE, LEFT_EAR],
    &[LEFT_SHOULDER],
    &[LEFT_ELBOW],
    &[LEFT_WRIST],
    &[LEFT_HIP],
    &[LEFT_KNEE],
    &[LEFT_ANKLE],
    &[LEFT_EYE],
    &[LEFT_EAR],
];

/// Gives every joint the name under which it moves steadily; also says how many joints got another one.
///
/// Positions and confidences stay as they are.
pub fn repair(series: &PoseSeries) -> (PoseSeries, usize) {
    let sizes_px = body_sizes_px(series);
    let mut pairs = PAIRS.map(|left| Pair {
        left,
        evidence: evidence(series, [left, MIRRORED[left]], &sizes_px),
        is_exchanged: vec![false; series.poses.len()],
    });
    let interval_secs = median_interval_secs(&series.times_secs).unwrap_or_default();
    let exchanged_cost = EXCHANGED_COST_PER_SEC * interval_secs;
    for _ in 0..MOST_ROUNDS {
        let mut is_settled = true;
        for unit in UNITS {
            for (frame, wish) in wishes(&pairs, unit, exchanged_cost).into_iter().enumerate() {
                if !wish {
                    continue;
                }
                is_settled = false;
                for pair in pairs.iter_mut().filter(|pair| unit.contains(&pair.left)) {
                    pair.is_exchanged[frame] ^= true;
                }
            }
        }
        if is_settled {
            break;
        }
    }
    let mut repaired = series.clone();
    for pair in &pairs {
        for (pose, _) in repaired
            .poses
            .iter_mut()
            .zip(pair.trusted_exchanges())
            .filter(|(_, is_exchanged)| *is_exchanged)
        {
            pose.keypoints.swap(pair.left, MIRRORED[pair.left]);
        }
    }
    repaired = lone_joints::renamed(&repaired, &sizes_px);
    let n_renamed = series
        .poses
        .iter()
        .zip(&repaired.poses)
        .flat_map(|(before, after)| before.keypoints.iter().zip(&after.keypoints))
        .filter(|(before, after)| after.is_some() && before != after)
        .count();
    (repaired, n_renamed)
}

/// A pair of joints over a series.
struct Pair {
    left: usize,
    evidence: Vec<Evidence>,
    /// For each frame whether its names are exchanged.
    is_exchanged: Vec<bool>,
}

impl Pair {
    /// Its names in a frame and those before.
    fn names(&self, frame: usize) -> Names {
        (0..=N_REMEMBERED)
            .filter(|ago| *ago <= frame && self.is_exchanged[frame - ago])
            .fold(0, |names, ago| names | 1 << ago)
    }

    /// Exchanges without those frames that lack a joint, unless they are exchanged before and behind too.
    fn trusted_exchanges(&self) -> Vec<bool> {
        let mut trusted = self.is_exchanged.clone();
        let mut is_exchanged_behind = false;
        for (trusted, evidence) in trusted.iter_mut().zip(&self.evidence).rev() {
            *trusted &= *evidence != Evidence::Kept || is_exchanged_behind;
            is_exchanged_behind = *trusted;
        }
        trusted
    }
}

/// For each frame whether the unit would rather have its names the other way round.
fn wishes(pairs: &[Pair], unit: &[usize], exchanged_cost: f64) -> Vec<bool> {
    const N_STATES: usize = 1 << N_REMEMBERED;
    let n_frames = pairs.first().map_or(0, |pair| pair.is_exchanged.len());
    // the cheapest reading so far for each way to name the frames that are remembered
    let mut cheapest = [f64::INFINITY; N_STATES];
    cheapest[0] = 0.0;
    // for each frame and state, as bits, whether the frame that is forgotten has other names
    let mut forgotten = Vec::with_capacity(n_frames);
    for frame in 0..n_frames {
        let costs = costs_of_wishes(pairs, unit, frame, exchanged_cost);
        let mut next = [f64::INFINITY; N_STATES];
        let mut of_frame = 0_u32;
        for (names, cost) in costs.into_iter().enumerate() {
            let cost = cheapest[names >> 1] + cost;
            let state = names % N_STATES;
            if cost < next[state] {
                next[state] = cost;
                of_frame = of_frame & !(1 << state) | ((names / N_STATES) as u32) << state;
            }
        }
        cheapest = next;
        forgotten.push(of_frame);
    }
    let mut state = (0..N_STATES)
        .min_by(|a, b| cheapest[*a].total_cmp(&cheapest[*b]))
        .unwrap_or_default();
    let mut wishes = vec![false; n_frames];
    for (wish, forgotten) in wishes.iter_mut().zip(&forgotten).rev() {
        *wish = state & 1 == 1;
        state = state >> 1 | ((forgotten >> state & 1) as usize) << (N_REMEMBERED - 1);
    }
    wishes
}

/// What a frame costs for each way to turn the unit's names round in it and in those before.
fn costs_of_wishes(
    pairs: &[Pair],
    unit: &[usize],
    frame: usize,
    exchanged_cost: f64,
) -> [f64; 2 << N_REMEMBERED] {
    let is_own = |pair: &Pair| unit.contains(&pair.left);
    let is_kept = pairs
        .iter()
        .all(|pair| !is_own(pair) || pair.evidence[frame] == Evidence::Kept);
    let names_of_pairs: Vec<Names> = pairs.iter().map(|pair| pair.names(frame)).collect();
    std::array::from_fn(|wish| {
        let is_turned = |names: Names| (names ^ names >> 1) & 1 == 1;
        if is_kept && is_turned(wish) {
            return f64::INFINITY;
        }
        let (mut cost, mut n_changed) = (0.0, 0_u32);
        for (pair, names) in pairs.iter().zip(&names_of_pairs) {
            let names = if is_own(pair) { names ^ wish } else { *names };
            if let Evidence::Known(step) = &pair.evidence[frame] {
                n_changed += u32::from(is_turned(names));
                if is_own(pair) {
                    cost += step.cost(names);
                }
            }
            cost += exchanged_cost * (names & 1) as f64;
        }
        match n_changed.checked_sub(1) {
            None => cost,
            Some(n_further) => cost + CHANGE_COST + FURTHER_COST * f64::from(n_further),
        }
    })
}
