//! When feet come down and leave the floor, seen from the side.
//!
//! Zeni, Richards, Higginson, "Two simple methods for determining gait events during treadmill and overground walking
//! using kinematic data", Gait & Posture 27 (2008), the coordinate-based method: along the direction of walking a
//! heel comes down where it is furthest before the sacrum, and a toe leaves where it is furthest behind. Ankles stand
//! in for heels and toes and the middle of the hips for the sacrum, since COCO's joints have none of them.
//!
//! On markers the method has no bias (Zhang et al., "Detecting heel strike and toe off events using kinematic methods and
//! LSTM models", 2025). The smoothing that joints of nets need has one where an ankle turns sharply: a foot that stops as it
//! comes down turns at a corner, flat before and steep behind it, and is found 10 ms early at strides of 0.9 s and 18 ms at
//! 1.5 s; toe-offs come as much late. A shorter reach changes that by a millisecond only, and fitting a corner doubles the
//! errors of noisy ankles. Feet that slow down before they touch turn less sharply, by how much no video tells: the times are
//! left as they are, and the reports say so. Times of steps and strides do not suffer, as their ends are moved alike.
//!
//! Only what swings is looked at: somebody who stands for a minute before a few steps walks in these alone.

use crate::measure::body::BodyHeight;
use crate::measure::floor::Floor;
use crate::measure::landmarks::joint_position;
use crate::measure::motion::{reached_secs, rests_secs, swinging_parts};
use crate::measure::signal::{SMOOTHING_REACH_SECS, Signal, Turn};
use crate::measure::spread::quantile;
use crate::measure::visible_side::{VisibleSide, middle};
use crate::skeleton::Side;
use crate::skeleton::joint::{LEFT_ANKLE, LEFT_HIP, RIGHT_ANKLE, RIGHT_HIP};
use crate::types::PoseSeries;

/// Longer gaps may hide an event: a quarter of a second is half of a swing.
const LONGEST_GAP_SECS: f64 = 0.25;

/// An ankle swings so far relative to the hips at least, in body heights, or it does not walk: a usual step is four
/// tenths of the height, and the errors of a net are some hundredths.
const LEAST_RANGE: f64 = 0.1;

/// Between an event and the next the ankle moves by this share of its range at least: more than noise and swaps of
/// the legs that smoothing leaves, less than the shortest step beside the longest.
const LEAST_SWING_SHARE: f64 = 0.4;

/// The same event of the same foot comes after this time at the earliest: sprinters take five steps a second.
const SHORTEST_STRIDE_SECS: f64 = 0.4;

/// An ankle walks where it swings in a second before and after: in two seconds even the slowest patients, whose strides take
/// three, have moved it most of its way.
const HALF_BOUT_SECS: f64 = 1.0;

/// So far it swings there at least, as a share of [`LEAST_RANGE`]: at the ends of a walk half a swing is seen.
const LEAST_BOUT_SHARE: f64 = 0.5;

/// Who keeps the ankle where it is for half a second rests: in the turns of the slowest strides it stays within
/// [`MOST_REST_SHARE`] for 0.4 s.
const HALF_REST_SECS: f64 = 0.25;

/// As a share of the ankle's range: several times what noise leaves of a rest.
const MOST_REST_SHARE: f64 = 0.1;

/// At a rest an ankle has arrived when it is so near, as a share of its range, to the furthest that it gets there.
const ARRIVED_SHARE: f64 = 0.025;

/// What a foot does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GaitEventKind {
    /// It comes down.
    HeelStrike,
    /// It leaves the floor.
    ToeOff,
}

/// Something that a foot does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaitEvent {
    /// What it does.
    pub kind: GaitEventKind,
    /// When, between two frames.
    pub time_secs: f64,
}

/// One foot while the person goes one way, from one gap in which it is lost to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct FootPath {
    /// Which foot.
    pub side: Side,
    /// Ankle before the hips in the direction of walking, in pixels, smoothed.
    pub ahead_px: Signal,
    /// Ankle along the floor in the direction of walking, in pixels, smoothed.
    pub along_px: Signal,
    /// What it does, in the order of time; heel strikes and toe-offs take turns.
    pub events: Vec<GaitEvent>,
    /// From when to when the ankle surely rests, as of somebody who stops: without the quarters of a second at both ends.
    pub rests_secs: Vec<[f64; 2]>,
}

impl FootPath {
    /// Times of the events of a kind.
    pub fn times_secs(&self, kind: GaitEventKind) -> impl Iterator<Item = f64> + '_ {
        self.events
            .iter()
            .filter(move |event| event.kind == kind)
            .map(|event| event.time_secs)
    }

    /// Whether the ankle rests somewhere between two times.
    pub fn rests_between(&self, from_secs: f64, to_secs: f64) -> bool {
        let is_between = |[start, end]: &[f64; 2]| *start < to_secs && from_secs < *end;
        self.rests_secs.iter().any(is_between)
    }

    /// How far the ankle swings, in pixels: the range of the middle nine tenths.
    pub fn range_px(&self) -> f64 {
        range(self.ahead_px.values())
    }
}

/// Both feet while both are seen.
#[derive(Clone, Copy, Debug)]
pub struct BothFeet<'a> {
    /// The left foot.
    pub left: &'a FootPath,
    /// The right foot.
    pub right: &'a FootPath,
}

impl<'a> BothFeet<'a> {
    /// Each path of the left foot with each of the right one that overlaps it, in the order of time.
    ///
    /// They need not walk: see [`Self::have_steps`] and [`Self::alternate`].
    pub fn seen_together([lefts, rights]: &'a [Vec<FootPath>; 2]) -> Vec<Self> {
        let mut pairs = Vec::new();
        for left in lefts {
            for right in rights {
                let overlap_secs = left.ahead_px.end_secs().min(right.ahead_px.end_secs())
                    - left.ahead_px.start_secs().max(right.ahead_px.start_secs());
                if 0.0 < overlap_secs {
                    pairs.push(Self { left, right });
                }
            }
        }
        pairs
    }

    /// Whether both ankles swing as far as in walking.
    pub fn have_steps(&self, body: &BodyHeight) -> bool {
        let least_px = LEAST_RANGE * body.height_px;
        least_px <= self.left.range_px() && least_px <= self.right.range_px()
    }

    /// Whether one foot comes forward while the other falls behind, by the correlation of both.
    ///
    /// In walking it is near -1; in squats and jumps the feet go together.
    pub fn alternate(&self) -> bool {
        let pairs: Vec<[f64; 2]> = self
            .left
            .ahead_px
            .times_secs()
            .iter()
            .zip(self.left.ahead_px.values())
            .filter_map(|(time, left)| Some([*left, self.right.ahead_px.at(*time)?]))
            .collect();
        // halfway between unrelated and opposite
        correlation(&pairs).is_some_and(|correlation| correlation < -0.5)
    }

    /// Whether one foot is the same path in both: it was not lost between them.
    fn share_a_foot_with(&self, other: &Self) -> bool {
        std::ptr::eq(self.left, other.left) || std::ptr::eq(self.right, other.right)
    }
}

/// A person who walks one way, until the feet are lost at the same time: a gap in one of them parts no walk.
#[derive(Clone, Debug, PartialEq)]
pub struct Walk {
    /// The left foot, from gap to gap in the order of time.
    pub left: Vec<FootPath>,
    /// The right foot, likewise.
    pub right: Vec<FootPath>,
}

impl Walk {
    /// Puts pairs together that share a foot. They must come in the order of time.
    pub fn of_pairs(pairs: &[BothFeet<'_>]) -> Vec<Self> {
        pairs
            .chunk_by(|before, after| before.share_a_foot_with(after))
            .map(|pairs| Self {
                left: distinct(pairs.iter().map(|pair| pair.left)),
                right: distinct(pairs.iter().map(|pair| pair.right)),
            })
            .collect()
    }

    /// The paths of both feet.
    pub fn feet(&self) -> impl Iterator<Item = &FootPath> {
        self.left.iter().chain(&self.right)
    }
}

/// Each path once; a path that comes several times does so in a row.
fn distinct<'a>(paths: impl Iterator<Item = &'a FootPath>) -> Vec<FootPath> {
    let mut paths: Vec<&FootPath> = paths.collect();
    paths.dedup_by(|after, before| std::ptr::eq(*after, *before));
    paths.into_iter().cloned().collect()
}

/// The paths of the left foot and of the right one, for each stretch of a series in which one side of the person is
/// seen.
pub fn one_way_paths(
    series: &PoseSeries,
    sides: &[VisibleSide],
    floor: &Floor,
    body: &BodyHeight,
    min_confidence: f32,
) -> Vec<[Vec<FootPath>; 2]> {
    let mut paths = Vec::new();
    let n = series
        .poses
        .len()
        .min(series.times_secs.len())
        .min(sides.len());
    let mut start = 0;
    for run in sides[..n].chunk_by(|a, b| a == b) {
        let frames = start..start + run.len();
        start = frames.end;
        let forward = run.first().map_or(0.0, |side| side.forward());
        if forward == 0.0 {
            continue;
        }
        let poses = &series.poses[frames.clone()];
        let times = &series.times_secs[frames];
        let feet = [Side::Left, Side::Right].map(|side| {
            let ankle = if side == Side::Left {
                LEFT_ANKLE
            } else {
                RIGHT_ANKLE
            };
            let along: Vec<Option<f64>> = poses
                .iter()
                .map(|pose| {
                    let ankle = joint_position(pose, ankle, min_confidence)?;
                    Some(forward * floor.along_px(ankle))
                })
                .collect();
            let ahead: Vec<Option<f64>> = along
                .iter()
                .zip(poses)
                .map(|(along, pose)| {
                    let hips = middle(pose, [LEFT_HIP, RIGHT_HIP], min_confidence)?;
                    Some((*along)? - forward * floor.along_px(hips))
                })
                .collect();
            foot_paths(side, times, &along, &ahead, body)
        });
        paths.push(feet);
    }
    paths
}

/// The stretches of one foot with their events.
fn foot_paths(
    side: Side,
    times_secs: &[f64],
    along: &[Option<f64>],
    ahead: &[Option<f64>],
    body: &BodyHeight,
) -> Vec<FootPath> {
    // where there are no hips, both signals have the same gap
    let along: Vec<Option<f64>> = along
        .iter()
        .zip(ahead)
        .map(|(along, ahead)| ahead.and(*along))
        .collect();
    let stretches = |values: &[Option<f64>]| {
        Signal::stretches(times_secs, values, LONGEST_GAP_SECS)
            .into_iter()
            .map(|stretch| stretch.smoothed(SMOOTHING_REACH_SECS))
    };
    stretches(ahead)
        .zip(stretches(&along))
        .flat_map(|(ahead_px, along_px)| walked_parts(side, &ahead_px, &along_px, body))
        .collect()
}

/// What an ankle walks of a stretch, with its events; where it walks nowhere the whole stretch.
fn walked_parts(
    side: Side,
    ahead_px: &Signal,
    along_px: &Signal,
    body: &BodyHeight,
) -> Vec<FootPath> {
    let least_px = LEAST_BOUT_SHARE * LEAST_RANGE * body.height_px;
    let mut parts = swinging_parts(ahead_px, HALF_BOUT_SECS, least_px);
    if parts.is_empty() {
        parts.push(0..ahead_px.values().len());
    }
    parts
        .into_iter()
        .map(|part| {
            let ahead_px = ahead_px.part(part.clone());
            let range_px = range(ahead_px.values());
            let rests_secs = rests_secs(&ahead_px, HALF_REST_SECS, MOST_REST_SHARE * range_px);
            FootPath {
                side,
                events: events(&ahead_px, body, &rests_secs),
                ahead_px,
                along_px: along_px.part(part),
                rests_secs,
            }
        })
        .collect()
}

fn events(ahead_px: &Signal, body: &BodyHeight, rests_secs: &[[f64; 2]]) -> Vec<GaitEvent> {
    let range_px = range(ahead_px.values());
    let least_swing_px = LEAST_SWING_SHARE * range_px.max(LEAST_RANGE * body.height_px);
    let mut turns = ahead_px.turns(least_swing_px);
    // what is left of swapped legs: there and back faster than anybody walks
    while let Some(k) = turns
        .windows(3)
        .position(|three| three[2].time_secs - three[0].time_secs < SHORTEST_STRIDE_SECS)
    {
        let is_first_further = (turns[k].value < turns[k + 2].value) != turns[k].is_highest;
        let removed = if is_first_further {
            k + 1..k + 3
        } else {
            k..k + 2
        };
        turns.drain(removed);
    }
    turns
        .into_iter()
        .map(|turn| GaitEvent {
            kind: if turn.is_highest {
                GaitEventKind::HeelStrike
            } else {
                GaitEventKind::ToeOff
            },
            time_secs: beside_rest(&turn, ahead_px, rests_secs, ARRIVED_SHARE * range_px),
        })
        .collect()
}

/// When an ankle turns; where it rests there, its furthest place is anywhere in the rest, but a foot comes down when the
/// rest begins and leaves when it ends.
fn beside_rest(turn: &Turn, ahead_px: &Signal, rests_secs: &[[f64; 2]], arrived_px: f64) -> f64 {
    let is_here = |[start, end]: &&[f64; 2]| {
        (start - HALF_REST_SECS..=end + HALF_REST_SECS).contains(&turn.time_secs)
    };
    let Some([start, end]) = rests_secs.iter().find(is_here) else {
        return turn.time_secs;
    };
    let (within, is_last) = if turn.is_highest {
        ([start - HALF_REST_SECS, *start], false)
    } else {
        ([*end, end + HALF_REST_SECS], true)
    };
    reached_secs(ahead_px, within, turn.is_highest, is_last, arrived_px).unwrap_or(turn.time_secs)
}

fn range(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let ends = quantile(&sorted, 0.05).zip(quantile(&sorted, 0.95));
    ends.map_or(0.0, |(low, high)| high - low)
}

/// Pearson's correlation; `None` where one of both does not vary.
fn correlation(pairs: &[[f64; 2]]) -> Option<f64> {
    let n = pairs.len() as f64;
    let mean = |k: usize| pairs.iter().map(|pair| pair[k]).sum::<f64>() / n;
    let means = [mean(0), mean(1)];
    let product = |j: usize, k: usize| {
        pairs
            .iter()
            .map(|pair| (pair[j] - means[j]) * (pair[k] - means[k]))
            .sum::<f64>()
    };
    let correlation = product(0, 1) / (product(0, 0) * product(1, 1)).sqrt();
    correlation.is_finite().then_some(correlation)
}
