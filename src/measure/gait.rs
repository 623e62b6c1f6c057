//! How a person walks, from the events of both feet.
//!
//! Times need no calibration. Lengths are in pixels, for a camera that stands still and looks across the direction
//! of walking.

use crate::measure::body::BodyHeight;
use crate::measure::floor::Floor;
use crate::measure::gait_events::GaitEventKind::{HeelStrike, ToeOff};
use crate::measure::gait_events::{BothFeet, FootPath, Walk, one_way_paths};
use crate::measure::landmarks::joint_position;
use crate::measure::spread::{Spread, quantile};
use crate::measure::visible_side::{VisibleSide, middle};
use crate::skeleton::joint::{LEFT_ANKLE, LEFT_HIP, RIGHT_ANKLE, RIGHT_HIP};
use crate::types::{Pose, PoseSeries};

/// What stands in for what, for whoever reads the figures.
pub const STANDS_IN: &str = "ankles stand in for heels and toes, the middle of the hips for the sacrum: an ankle \
     leaves before the toe does, so stance and double support come out too short; where feet stop sharply, smoothing finds \
     heel strikes 10 to 20 ms early and toe-offs as much late";

/// The scatter of fewer steps is not reliable (Galna, Lord, Rochester, "Is gait variability reliable in older adults and
/// Parkinson's disease? Towards an optimal testing protocol", 2013, recommend no fewer).
const STEPS_OF_RELIABLE_SCATTER: usize = 30;

/// What is to be known of a scatter of fewer steps.
const FEW_STEPS: &str = "of fewer than 30 steps the means are rough and the scatter is not reliable (Galna et al. 2013)";

/// An ankle moves with up to 6 Hz (see [`crate::measure::signal`]), which takes twice as many looks a second to follow.
const LEAST_RATE_HZ: f64 = 12.0;

/// What is to be known of events of an ankle that is seen more rarely.
const FEW_FRAMES: &str = "the ankles are seen fewer than 12 times a second: each event is off by up to half of the time \
     between frames, so shares of a stride and the scatter are not reliable, and means need many steps";

/// Who takes longer stands in between: the slowest patients take about two seconds.
const LONGEST_STRIDE_SECS: f64 = 3.0;

/// Stride times vary more only where events are wrong: standard deviations are a few percent of the mean in healthy
/// people and several times that in patients (Hausdorff, "Gait variability: methods, modeling and meaning", 2005).
const MOST_VARIATION: f64 = 0.25;

/// The same of step times, left and right together: of a limp whose steps take twice as long on one side it is 0.33.
const MOST_STEP_VARIATION: f64 = 0.5;

/// Times, shares of strides and lengths, of each foot.
#[derive(Clone, Debug, PartialEq)]
pub struct Gait {
    /// The stretches that were walked, each one way and until both feet are lost at once, with the events of the feet.
    pub walks: Vec<Walk>,
    /// Steps a minute, over all steps.
    pub cadence_per_min: f64,
    /// From a heel strike of the other foot to the next one of this foot.
    pub step_time_secs: Sided,
    /// From a heel strike to the next one of the same foot.
    pub stride_time_secs: Sided,
    /// Share of a stride in which the foot is on the floor; the rest is swing.
    pub stance_share: Sided,
    /// Share of a stride in which both feet are on the floor; less than 0 where neither is, as in running.
    pub double_support_share: Option<Spread>,
    /// Along the floor, from the other ankle at its heel strike to this one at the next; 0 on a treadmill.
    pub step_length_px: Sided,
    /// Along the floor, from a heel strike to the next one of the same foot; 0 on a treadmill.
    pub stride_length_px: Sided,
    /// Stride length over stride time, over all strides.
    pub speed_px_per_sec: Option<Spread>,
}

/// The same of both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sided {
    /// The left foot's.
    pub left: Option<Spread>,
    /// The right foot's.
    pub right: Option<Spread>,
}

impl Sided {
    /// How different the sides are, in percent: `100 (left - right) / (0.5 (left + right))`, 0 for equal sides.
    ///
    /// Robinson, Herzog, Nigg, "Use of force platform variables to quantify the effects of chiropractic manipulation
    /// on gait symmetry", 1987. `None` where a side is missing, or where the mean is no more than the scatter, as that of
    /// lengths on a treadmill: what is about 0 has no sides to be compared.
    pub fn symmetry_index_percent(&self) -> Option<f64> {
        let (left, right) = (self.left?, self.right?);
        let scatter = |spread: Spread| spread.sd.unwrap_or_default();
        let mean = 0.5 * (left.mean + right.mean);
        (scatter(left).max(scatter(right)) < mean).then(|| 100.0 * (left.mean - right.mean) / mean)
    }

    fn of(left: &[f64], right: &[f64]) -> Self {
        Self {
            left: Spread::of(left),
            right: Spread::of(right),
        }
    }
}

/// Why there is no gait to speak of; each kind is one sentence for the user.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NoGait {
    /// Seen from the front, or it could not be told.
    #[error(
        "the person is not seen from the side: gait needs a camera that looks across the direction of walking; \
         if it does, say so with --visible-side"
    )]
    NotFromTheSide,
    /// The feet were not found, or in frames too far apart.
    #[error(
        "both ankles and the hips are never found together for long enough, in frames at most 0.25 s apart: gait needs \
         the whole legs"
    )]
    NoFeet,
    /// The feet hardly move.
    #[error("the ankles hardly swing relative to the hips: this is not walking")]
    NoSteps,
    /// The feet go together.
    #[error(
        "the feet do not come forward by turns: this is not walking, or left and right are mixed up in the results"
    )]
    NotByTurns,
    /// No two steps alike.
    #[error(
        "the steps differ by {variation_percent:.0} % among themselves: this is not steady walking, or the ankles \
         were found too badly"
    )]
    Unsteady {
        /// Standard deviation of stride or step times over their mean.
        variation_percent: f64,
    },
    /// Too few steps.
    #[error(
        "only {n_heel_strikes} heel strikes are seen: gait needs two of one foot with one of the other between them, in one \
         direction and without a rest"
    )]
    TooShort {
        /// Of both feet together.
        n_heel_strikes: usize,
    },
}

/// What was measured of one side, all walks together.
#[derive(Default)]
struct Samples {
    step_time_secs: Vec<f64>,
    stride_time_secs: Vec<f64>,
    stance_share: Vec<f64>,
    step_length_px: Vec<f64>,
    stride_length_px: Vec<f64>,
    speed_px_per_sec: Vec<f64>,
}

impl Gait {
    /// Measures a series of which `sides` are seen, one a frame.
    pub fn new(
        series: &PoseSeries,
        sides: &[VisibleSide],
        floor: &Floor,
        body: &BodyHeight,
        min_confidence: f32,
    ) -> Result<Self, NoGait> {
        if sides.iter().all(|side| *side == VisibleSide::Neither) {
            return Err(NoGait::NotFromTheSide);
        }
        let paths = one_way_paths(series, sides, floor, body, min_confidence);
        let mut pairs: Vec<_> = paths.iter().flat_map(BothFeet::seen_together).collect();
        if pairs.is_empty() {
            // of somebody who stands, each foot may swing at a time of its own
            let n_with_feet = (series.poses.iter())
                .filter(|pose| shows_feet(pose, min_confidence))
                .count();
            let mut feet = paths.iter().flatten().flatten();
            let is_followed = feet.any(|foot| 0.0 < foot.ahead_px.span_secs());
            return Err(if n_with_feet < 2 || !is_followed {
                NoGait::NoFeet
            } else {
                NoGait::NoSteps
            });
        }
        pairs.retain(|pair| pair.have_steps(body));
        if pairs.is_empty() {
            return Err(NoGait::NoSteps);
        }
        pairs.retain(BothFeet::alternate);
        if pairs.is_empty() {
            return Err(NoGait::NotByTurns);
        }
        Self::of_pairs(&pairs)
    }

    fn of_pairs(pairs: &[BothFeet<'_>]) -> Result<Self, NoGait> {
        let walks = Walk::of_pairs(pairs);
        let (mut left, mut right) = (Samples::default(), Samples::default());
        let mut double_support = Vec::new();
        // a foot's own strides once, however many gaps the other foot has
        for walk in &walks {
            for foot in &walk.left {
                left.add_strides(foot);
            }
            for foot in &walk.right {
                right.add_strides(foot);
            }
        }
        for pair in pairs {
            for (samples, foot, other) in [
                (&mut left, pair.left, pair.right),
                (&mut right, pair.right, pair.left),
            ] {
                samples.add_steps(foot, other);
                double_support.extend(double_support_shares(foot, other));
            }
        }
        let strides = [&left.stride_time_secs[..], &right.stride_time_secs[..]].concat();
        let steps = [&left.step_time_secs[..], &right.step_time_secs[..]].concat();
        if strides.is_empty() || steps.is_empty() {
            return Err(NoGait::TooShort {
                n_heel_strikes: walks
                    .iter()
                    .flat_map(Walk::feet)
                    .map(|foot| foot.times_secs(HeelStrike).count())
                    .sum(),
            });
        }
        let speeds = [&left.speed_px_per_sec[..], &right.speed_px_per_sec[..]].concat();
        for (times_secs, most) in [(&strides, MOST_VARIATION), (&steps, MOST_STEP_VARIATION)] {
            let variation = Spread::of(times_secs)
                .and_then(|times_secs| Some(times_secs.sd? / times_secs.mean))
                .filter(|variation| most < *variation);
            if let Some(variation) = variation {
                return Err(NoGait::Unsteady {
                    variation_percent: 100.0 * variation,
                });
            }
        }
        let step = Spread::of(&steps).ok_or(NoGait::NotByTurns)?;
        Ok(Self {
            walks,
            cadence_per_min: 60.0 / step.mean,
            step_time_secs: Sided::of(&left.step_time_secs, &right.step_time_secs),
            stride_time_secs: Sided::of(&left.stride_time_secs, &right.stride_time_secs),
            stance_share: Sided::of(&left.stance_share, &right.stance_share),
            double_support_share: Spread::of(&double_support),
            step_length_px: Sided::of(&left.step_length_px, &right.step_length_px),
            stride_length_px: Sided::of(&left.stride_length_px, &right.stride_length_px),
            speed_px_per_sec: Spread::of(&speeds),
        })
    }

    /// Share of a stride in which the foot is in the air.
    pub fn swing_share(&self) -> Sided {
        let swing = |stance: Spread| Spread {
            mean: 1.0 - stance.mean,
            ..stance
        };
        Sided {
            left: self.stance_share.left.map(swing),
            right: self.stance_share.right.map(swing),
        }
    }

    /// What is to be known of the figures, where they come from few steps or few frames.
    pub fn caution(&self) -> Option<String> {
        let has_few_steps = self.n_steps() < STEPS_OF_RELIABLE_SCATTER;
        let interval_secs = self.interval_secs();
        let has_few_frames = interval_secs.is_some_and(|secs| 1.0 < LEAST_RATE_HZ * secs);
        let cautions: Vec<&str> = [(has_few_steps, FEW_STEPS), (has_few_frames, FEW_FRAMES)]
            .into_iter()
            .filter_map(|(is_so, caution)| is_so.then_some(caution))
            .collect();
        (!cautions.is_empty()).then(|| cautions.join("; "))
    }

    /// The usual time from one sight of an ankle to the next.
    fn interval_secs(&self) -> Option<f64> {
        let feet = self.walks.iter().flat_map(Walk::feet);
        let mut intervals: Vec<f64> = feet
            .flat_map(|foot| foot.ahead_px.times_secs().windows(2))
            .map(|pair| pair[1] - pair[0])
            .collect();
        intervals.sort_by(f64::total_cmp);
        quantile(&intervals, 0.5)
    }

    /// How many steps were timed.
    pub fn n_steps(&self) -> usize {
        [self.step_time_secs.left, self.step_time_secs.right]
            .iter()
            .flatten()
            .map(|steps| steps.n)
            .sum()
    }
}

impl Samples {
    fn add_strides(&mut self, foot: &FootPath) {
        for [from, to] in strides(foot) {
            self.stride_time_secs.push(to - from);
            if let Some(length_px) = travel_px(foot, from, to) {
                self.stride_length_px.push(length_px);
                self.speed_px_per_sec.push(length_px / (to - from));
            }
            self.stance_share.extend(
                foot.times_secs(ToeOff)
                    .find(|off| from < *off && *off < to)
                    .map(|off| (off - from) / (to - from)),
            );
        }
    }

    fn add_steps(&mut self, foot: &FootPath, other: &FootPath) {
        for [from, to] in steps(foot, other) {
            self.step_time_secs.push(to - from);
            let length_px = foot
                .along_px
                .at(to)
                .zip(other.along_px.at(from))
                .map(|(foot, other)| foot - other);
            self.step_length_px.extend(length_px);
        }
    }
}

/// Whether both ankles are seen, and the hips that they are measured from.
fn shows_feet(pose: &Pose, min_confidence: f32) -> bool {
    let is_seen = |joint_idx| joint_position(pose, joint_idx, min_confidence).is_some();
    is_seen(LEFT_ANKLE)
        && is_seen(RIGHT_ANKLE)
        && middle(pose, [LEFT_HIP, RIGHT_HIP], min_confidence).is_some()
}

/// From a heel strike to the next one of the same foot, where the person does not rest between.
fn strides(foot: &FootPath) -> impl Iterator<Item = [f64; 2]> {
    let strikes: Vec<f64> = foot.times_secs(HeelStrike).collect();
    (1..strikes.len())
        .map(move |k| [strikes[k - 1], strikes[k]])
        .filter(move |[from, to]| {
            to - from < LONGEST_STRIDE_SECS && !foot.rests_between(*from, *to)
        })
}

/// From the other foot's heel strike to the next one of this foot, where none of this foot and no rest lies between.
fn steps(foot: &FootPath, other: &FootPath) -> Vec<[f64; 2]> {
    let strikes: Vec<f64> = foot.times_secs(HeelStrike).collect();
    let mut steps = Vec::new();
    for (k, to) in strikes.iter().enumerate() {
        let seen_since = match k.checked_sub(1) {
            Some(before) => strikes[before],
            None => foot.ahead_px.start_secs(),
        };
        let from = other
            .times_secs(HeelStrike)
            .filter(|strike| strike < to)
            .last()
            .filter(|strike| seen_since < *strike);
        steps.extend(from.map(|from| [from, *to]).filter(|[from, to]| {
            to - from < 0.5 * LONGEST_STRIDE_SECS
                && !foot.rests_between(*from, *to)
                && !other.rests_between(*from, *to)
        }));
    }
    steps
}

/// Heel strikes between two times.
fn within(foot: &FootPath, from: f64, to: f64) -> impl Iterator<Item = f64> + '_ {
    foot.times_secs(HeelStrike)
        .filter(move |strike| from < *strike && *strike < to)
}

/// How far a foot got along the floor in a stride.
fn travel_px(foot: &FootPath, from: f64, to: f64) -> Option<f64> {
    Some(foot.along_px.at(to)? - foot.along_px.at(from)?)
}

/// For each stride of a foot: from its heel strike to the other's toe-off, and from the other's heel strike to its
/// own toe-off.
fn double_support_shares(foot: &FootPath, other: &FootPath) -> Vec<f64> {
    strides(foot)
        .filter_map(|[from, to]| {
            let other_strikes: Vec<f64> = within(other, from, to).collect();
            let [other_strike] = other_strikes[..] else {
                return None;
            };
            let own_off = foot
                .times_secs(ToeOff)
                .find(|off| from < *off && *off < to)?;
            // the last one before the other foot comes down; in running it is before this one comes down
            let other_off = other
                .times_secs(ToeOff)
                .filter(|off| *off < other_strike)
                .last()
                .filter(|off| (from - off) < to - from)?;
            Some(((other_off - from) + (own_off - other_strike)) / (to - from))
        })
        .collect()
}
