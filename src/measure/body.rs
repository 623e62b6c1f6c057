//! How large a person is in the picture, by the shares of the body that lie between COCO's joints.
//!
//! Lengths of segments as shares of the body's height: Drillis and Contini 1966, as in Winter, "Biomechanics and
//! Motor Control of Human Movement", 4th edition 2009, figure 4.1. They are those of an average body, which no person
//! has exactly; a net's hips and shoulders are not exactly the joints of the book either.

use crate::measure::landmarks::{chain_of_side, joint_position};
use crate::measure::spread::quantile;
use crate::skeleton::Side;
use crate::skeleton::joint::{
    LEFT_ANKLE, LEFT_ELBOW, LEFT_HIP, LEFT_KNEE, LEFT_SHOULDER, LEFT_WRIST, RIGHT_ANKLE,
    RIGHT_ELBOW, RIGHT_HIP, RIGHT_KNEE, RIGHT_SHOULDER, RIGHT_WRIST,
};
use crate::types::{Pose, PoseSeries};

/// Height of the ankle above the floor.
pub const ANKLE_HEIGHT: f64 = 0.039;
/// Ankle to knee.
pub const SHANK: f64 = 0.285 - ANKLE_HEIGHT;
/// Knee to hip.
pub const THIGH: f64 = 0.530 - 0.285;
/// Hip to shoulder.
pub const TRUNK: f64 = 0.818 - 0.530;
/// Shoulder to elbow.
pub const UPPER_ARM: f64 = 0.186;
/// Elbow to wrist.
pub const FOREARM: f64 = 0.146;
/// Shoulder to shoulder.
pub const SHOULDER_BREADTH: f64 = 0.259;

/// Segments that have the same length whichever way a body is turned, by their ends.
const SEGMENTS: [([usize; 2], f64); 10] = [
    ([LEFT_ANKLE, LEFT_KNEE], SHANK),
    ([RIGHT_ANKLE, RIGHT_KNEE], SHANK),
    ([LEFT_KNEE, LEFT_HIP], THIGH),
    ([RIGHT_KNEE, RIGHT_HIP], THIGH),
    ([LEFT_HIP, LEFT_SHOULDER], TRUNK),
    ([RIGHT_HIP, RIGHT_SHOULDER], TRUNK),
    ([LEFT_SHOULDER, LEFT_ELBOW], UPPER_ARM),
    ([RIGHT_SHOULDER, RIGHT_ELBOW], UPPER_ARM),
    ([LEFT_ELBOW, LEFT_WRIST], FOREARM),
    ([RIGHT_ELBOW, RIGHT_WRIST], FOREARM),
];

/// How tall a person would stand in the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BodyHeight {
    /// Floor to the top of the head, in pixels: the median over all frames.
    pub height_px: f64,
    /// Half the range of the middle half of all frames, as a share of the height: how unsteady it is.
    pub spread_share: f64,
    /// How many frames show enough of the body.
    pub n_frames: usize,
}

impl BodyHeight {
    /// From shank, thigh and trunk, each the mean of the sides on which it is found; the picture must show all three.
    ///
    /// Bending does not change it as long as it happens across the line of sight. `None` when no frame shows enough.
    pub fn of_series(series: &PoseSeries, min_confidence: f32) -> Option<Self> {
        let mut heights_px: Vec<f64> = series
            .poses
            .iter()
            .filter_map(|pose| height_px(pose, min_confidence))
            .collect();
        heights_px.sort_by(f64::total_cmp);
        let share = |q| quantile(&heights_px, q);
        let (first_quarter, median, third_quarter) = (share(0.25)?, share(0.5)?, share(0.75)?);
        Some(Self {
            height_px: median,
            spread_share: 0.5 * (third_quarter - first_quarter) / median,
            n_frames: heights_px.len(),
        })
    }
}

fn height_px(pose: &Pose, min_confidence: f32) -> Option<f64> {
    let mut sum_px = 0.0;
    // ankle to knee, knee to hip, hip to shoulder
    for segment in 0..3 {
        let lengths = [Side::Left, Side::Right].map(|side| {
            let chain = chain_of_side(side);
            let below = joint_position(pose, chain[segment], min_confidence)?;
            let above = joint_position(pose, chain[segment + 1], min_confidence)?;
            Some(f64::from(below.distance(above)))
        });
        let n_found = lengths.iter().flatten().count();
        if n_found == 0 {
            return None;
        }
        sum_px += lengths.iter().flatten().sum::<f64>() / n_found as f64;
    }
    let height_px = sum_px / (SHANK + THIGH + TRUNK);
    (0.0 < height_px && height_px.is_finite()).then_some(height_px)
}

/// How tall somebody would stand in the picture by one pose: by the segment that is seen longest, since one that points at
/// the camera looks short; `None` where no segment is seen.
pub(super) fn height_by_longest_px(pose: &Pose, min_confidence: f32) -> Option<f64> {
    SEGMENTS
        .iter()
        .filter_map(|([from, to], share)| {
            let from = joint_position(pose, *from, min_confidence)?;
            let to = joint_position(pose, *to, min_confidence)?;
            Some(f64::from(from.distance(to)) / share)
        })
        .filter(|height_px| height_px.is_finite())
        .reduce(f64::max)
}
