//! Joints that a body cannot have reached become missing; none is moved.

use crate::refine::body_size::{HALF_WINDOW_SECS, body_sizes_px};
use crate::refine::sampling::running_quantile;
use crate::skeleton::N_JOINTS;
use crate::skeleton::joint::{
    LEFT_ANKLE, LEFT_ELBOW, LEFT_HIP, LEFT_KNEE, LEFT_SHOULDER, LEFT_WRIST, RIGHT_ANKLE,
    RIGHT_ELBOW, RIGHT_HIP, RIGHT_KNEE, RIGHT_SHOULDER, RIGHT_WRIST,
};
use crate::types::{Keypoint, PoseSeries};

/// Of arms and legs, in body sizes per second. A pitcher's hand, the fastest there is, moves at about 25 m/s, 14
/// heights per second.
const MOST_SPEED_OF_LIMBS: f64 = 15.0;

/// Of head, shoulders and hips. The fastest sprinters run at 12.4 m/s, 7 heights per second.
const MOST_SPEED_OF_TRUNK: f64 = 8.0;

/// In body sizes: this far a joint may be beside its place even without time between, as nets scatter.
const SCATTER: f64 = 0.05;

/// After this time a joint can be anywhere on a body, so what was before says nothing.
const REACH_SECS: f64 = 0.5;

/// Even a joint the net doubts counts a little, so that a chain of doubted joints is one.
const LEAST_WEIGHT: f64 = 0.05;

/// A bone is too long beyond this many times its usual length: nearer to the camera it looks longer, by half at most
/// where the whole body is in the picture, and its joints scatter.
const MOST_STRETCH: f64 = 1.5;

/// Its usual length: a bone that points at the camera looks short, so the true length is in the longer half; three
/// quarters leave room for as many wrong frames as one in four.
const USUAL_SHARE: f64 = 0.75;

/// A limb from the trunk outward, and the lengths of its bones as shares of the body's height.
struct Limb {
    joints: [usize; 3],
    shares: [f64; 2],
}

/// Upper arm and forearm, thigh and shank (Drillis and Contini 1966, as in Winter 2009, figure 4.1).
const ARM: [f64; 2] = [0.186, 0.146];
const LEG: [f64; 2] = [0.245, 0.246];

/// Left and right beside each other: their bones are equally long.
const LIMB_PAIRS: [[Limb; 2]; 2] = [
    [
        limb([LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST], ARM),
        limb([RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST], ARM),
    ],
    [
        limb([LEFT_HIP, LEFT_KNEE, LEFT_ANKLE], LEG),
        limb([RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE], LEG),
    ],
];

const fn limb(joints: [usize; 3], shares: [f64; 2]) -> Limb {
    Limb { joints, shares }
}

/// Takes out joints that nobody moves so fast as to reach; also says how many.
///
/// For each joint the surest chain of samples is kept in which each can be reached from the one before; so a jump
/// away and back costs the samples that are away, whichever side is met first. After [`REACH_SECS`] a chain
/// begins anew.
pub fn without_too_fast(series: &PoseSeries) -> (PoseSeries, usize) {
    let sizes = body_sizes_px(series);
    let mut kept = series.clone();
    let mut n_gated = 0;
    for joint_idx in 0..N_JOINTS {
        let found: Vec<Sample> = series
            .poses
            .iter()
            .enumerate()
            .filter_map(|(index, pose)| {
                Some(Sample {
                    index,
                    time_secs: series.times_secs[index],
                    size_px: sizes[index],
                    keypoint: pose.keypoints[joint_idx]?,
                })
            })
            .collect();
        let most_speed = match joint_idx {
            LEFT_ELBOW..=RIGHT_WRIST | LEFT_KNEE..=RIGHT_ANKLE => MOST_SPEED_OF_LIMBS,
            _ => MOST_SPEED_OF_TRUNK,
        };
        let is_on_chain = surest_chain(&found, most_speed);
        for (sample, _) in found
            .iter()
            .zip(is_on_chain)
            .filter(|(_, on_chain)| !on_chain)
        {
            kept.poses[sample.index].keypoints[joint_idx] = None;
            n_gated += 1;
        }
    }
    (kept, n_gated)
}

/// A joint where it was found.
struct Sample {
    index: usize,
    time_secs: f64,
    size_px: f64,
    keypoint: Keypoint,
}

impl Sample {
    fn is_reached_from(&self, before: &Self, most_speed: f64) -> bool {
        let secs = (self.time_secs - before.time_secs).max(0.0);
        let size_px = self.size_px.max(before.size_px);
        let distance_px = f64::from(self.keypoint.at.distance(before.keypoint.at));
        distance_px <= (SCATTER + most_speed * secs) * size_px
    }
}

/// For each sample whether it is on the chain with the largest sum of confidences.
fn surest_chain(samples: &[Sample], most_speed: f64) -> Vec<bool> {
    // the worth of the best chain that ends with each sample, and its link before
    let mut worths: Vec<f64> = Vec::with_capacity(samples.len());
    let mut links: Vec<Option<usize>> = Vec::with_capacity(samples.len());
    // the best chain among samples that are too long ago to matter
    let mut long_ago: Option<usize> = None;
    let mut begin = 0;
    for (own, sample) in samples.iter().enumerate() {
        while begin < own && REACH_SECS < sample.time_secs - samples[begin].time_secs {
            if long_ago.is_none_or(|best| worths[best] < worths[begin]) {
                long_ago = Some(begin);
            }
            begin += 1;
        }
        let link = (begin..own)
            .filter(|before| sample.is_reached_from(&samples[*before], most_speed))
            .chain(long_ago)
            // of equally good ones the latest
            .max_by(|a, b| worths[*a].total_cmp(&worths[*b]).then(a.cmp(b)));
        let weight = f64::from(sample.keypoint.confidence).max(LEAST_WEIGHT);
        worths.push(weight + link.map_or(0.0, |link| worths[link]));
        links.push(link);
    }
    let mut is_on_chain = vec![false; samples.len()];
    let mut on_chain = (0..samples.len()).max_by(|a, b| worths[*a].total_cmp(&worths[*b]));
    while let Some(here) = on_chain {
        is_on_chain[here] = true;
        on_chain = links[here];
    }
    is_on_chain
}

/// Takes out the outer joints of bones that are longer than they can be; also says how many.
///
/// Too long is more than [`MOST_STRETCH`] times the usual length of the bone and its twin in the seconds around, or,
/// if that is longer, of its share of the body's size: a forearm that nearly always points at the camera has a usual
/// length that says little.
pub fn without_too_long(series: &PoseSeries) -> (PoseSeries, usize) {
    let sizes = body_sizes_px(series);
    let mut kept = series.clone();
    let mut n_gated = 0;
    for pair in &LIMB_PAIRS {
        let most: [Vec<f64>; 2] =
            std::array::from_fn(|bone| most_lengths_px(series, &sizes, pair, bone));
        for limb in pair {
            for (index, pose) in series.poses.iter().enumerate() {
                let is_too_long = |bone: usize| {
                    length_px(&pose.keypoints, limb, bone)
                        .is_some_and(|length| most[bone][index] < length)
                };
                // where both bones are too long, it is the joint between them that is wrong
                let wrong = if is_too_long(0) {
                    limb.joints[1]
                } else if is_too_long(1) {
                    limb.joints[2]
                } else {
                    continue;
                };
                kept.poses[index].keypoints[wrong] = None;
                n_gated += 1;
            }
        }
    }
    (kept, n_gated)
}

/// For each frame how long a bone of these limbs may look.
fn most_lengths_px(series: &PoseSeries, sizes: &[f64], pair: &[Limb; 2], bone: usize) -> Vec<f64> {
    // both sides' lengths in one row, at their times
    let times: Vec<f64> = series
        .times_secs
        .iter()
        .flat_map(|time| [*time; 2])
        .collect();
    let lengths: Vec<Option<f64>> = series
        .poses
        .iter()
        .flat_map(|pose| {
            pair.each_ref()
                .map(|limb| length_px(&pose.keypoints, limb, bone))
        })
        .collect();
    running_quantile(&times, &lengths, HALF_WINDOW_SECS, USUAL_SHARE)
        .into_iter()
        .step_by(2)
        .zip(sizes)
        .map(|(usual, size)| {
            let by_size = pair[0].shares[bone] * size;
            MOST_STRETCH * usual.map_or(by_size, |usual| usual.max(by_size))
        })
        .collect()
}

/// The length of a limb's inner (0) or outer (1) bone; `None` where one of its joints was not found.
fn length_px(keypoints: &[Option<Keypoint>; N_JOINTS], limb: &Limb, bone: usize) -> Option<f64> {
    let [inner, outer] = [limb.joints[bone], limb.joints[bone + 1]].map(|joint| keypoints[joint]);
    Some(f64::from(inner?.at.distance(outer?.at)))
}
