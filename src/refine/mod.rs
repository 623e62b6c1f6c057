//! Recorded poses made better afterwards, when what comes later is known too.
//!
//! ```text
//! PoseSeries ─swaps─▶ ─outliers─▶ ─unsure joints─▶ ─gaps─▶ ─filter─▶ PoseSeries
//! ```
//!
//! Left and right are put in order first: a swap looks like two outliers. Outliers go before gaps are filled, so
//! that they are no ends of gaps, and all of it before the filter, which would smear them. Joints that the net doubts
//! go with the outliers, after having told of swaps: where a joint is hidden, a net finds it at whatever looks like it.
//! Every step is a pure function of a [`PoseSeries`], works in seconds and not in frames, since intervals vary, and
//! moves nothing in time. Space is [`crate::geom::Image`] throughout.

mod body_size;
pub mod butterworth;
pub mod cubic_spline;
pub mod filter;
pub mod gaps;
pub mod gaussian;
mod lone_joints;
pub mod median;
pub mod outliers;
mod sampling;
pub mod steady;
mod swap_cost;
pub mod swaps;

pub use filter::Filter;

use crate::types::{Pose, PoseSeries};

/// So sure must the net be of joints that are measured and drawn by default, as in Sports2D
/// (`keypoint_likelihood_threshold`): what counts for nothing later moves nothing here.
pub const MIN_CONFIDENCE: f32 = 0.3;

/// How recorded poses are refined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RefineParams {
    /// Whether left and right are put in order.
    pub swap_repair: bool,
    /// Whether joints that a body cannot have reached are taken out.
    pub outlier_gate: bool,
    /// Joints of which the net was less sure are taken out; 0 keeps all.
    pub min_confidence: f32,
    /// Holes up to this length are filled; 0 fills none.
    pub max_gap_secs: f64,
    /// What takes the trembling away.
    pub filter: Filter,
}

impl Default for RefineParams {
    /// Everything on; the reasons stand with the constants.
    fn default() -> Self {
        Self {
            swap_repair: true,
            outlier_gate: true,
            min_confidence: MIN_CONFIDENCE,
            max_gap_secs: gaps::MAX_GAP_SECS,
            filter: Filter::default(),
        }
    }
}

/// What was done to a series; joints are counted once for each frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "counts are called so everywhere")]
pub struct RefineCounts {
    /// Joints that got the name of the other side.
    pub n_renamed: usize,
    /// Joints taken out because nobody moves so fast.
    pub n_too_fast: usize,
    /// Joints taken out because no bone is so long.
    pub n_too_long: usize,
    /// Joints taken out because the net doubted them.
    pub n_unsure: usize,
    /// Joints put into holes.
    pub n_filled: usize,
    /// Joints of stretches that are too short for the filter, or too slowly sampled; they stay as they are.
    pub n_unfiltered: usize,
}

impl std::ops::AddAssign for RefineCounts {
    fn add_assign(&mut self, other: Self) {
        self.n_renamed += other.n_renamed;
        self.n_too_fast += other.n_too_fast;
        self.n_too_long += other.n_too_long;
        self.n_unsure += other.n_unsure;
        self.n_filled += other.n_filled;
        self.n_unfiltered += other.n_unfiltered;
    }
}

/// Refines one person's poses: the same frames and times, and what was done.
///
/// Joints whose numbers are not finite count as not found. Filled joints also appear in frames that do not show the
/// person, where the hole is short enough.
pub fn refine(series: &PoseSeries, params: &RefineParams) -> (PoseSeries, RefineCounts) {
    let mut counts = RefineCounts::default();
    let mut refined = without_broken_numbers(series);
    if params.swap_repair {
        (refined, counts.n_renamed) = swaps::repair(&refined);
    }
    if params.outlier_gate {
        (refined, counts.n_too_fast) = outliers::without_too_fast(&refined);
        (refined, counts.n_too_long) = outliers::without_too_long(&refined);
    }
    (refined, counts.n_unsure) = without_unsure(&refined, params.min_confidence);
    (refined, counts.n_filled) = gaps::fill(&refined, params.max_gap_secs);
    (refined, counts.n_unfiltered) =
        filter::filtered(&refined, &params.filter, params.max_gap_secs);
    (refined, counts)
}

fn without_broken_numbers(series: &PoseSeries) -> PoseSeries {
    let mut whole = series.clone();
    for pose in &mut whole.poses {
        *pose = Pose {
            keypoints: pose.keypoints.map(|keypoint| {
                keypoint
                    .filter(|keypoint| keypoint.at.is_finite() && keypoint.confidence.is_finite())
            }),
        };
    }
    whole
}

/// Takes out joints of which the net was less sure; also says how many.
fn without_unsure(series: &PoseSeries, min_confidence: f32) -> (PoseSeries, usize) {
    let mut kept = series.clone();
    let mut n_unsure = 0;
    for keypoint in kept.poses.iter_mut().flat_map(|pose| &mut pose.keypoints) {
        if keypoint.is_some_and(|keypoint| keypoint.confidence < min_confidence) {
            *keypoint = None;
            n_unsure += 1;
        }
    }
    (kept, n_unsure)
}
