//! How large a person appears over time: the unit of distances and speeds.

use crate::refine::sampling::running_quantile;
use crate::types::PoseSeries;

/// Half of the window over which a size is taken.
///
/// In four seconds arms and legs have shown their length (a stride takes about one), and nobody who walks up to the
/// camera has grown much.
pub(super) const HALF_WINDOW_SECS: f64 = 2.0;

/// A person without extent has no unit: a pixel is the smallest.
const LEAST_SIZE_PX: f64 = 1.0;

/// For each frame the diagonal of the box around the joints, in pixels, as the median of the frames around it, which
/// single wrong joints do not reach; about the height of someone who stands and is seen whole.
pub(super) fn body_sizes_px(series: &PoseSeries) -> Vec<f64> {
    let diagonals: Vec<Option<f64>> = series
        .poses
        .iter()
        .map(|pose| {
            let bounds = pose.bounds(f32::NEG_INFINITY)?;
            Some(f64::from(bounds.width()).hypot(f64::from(bounds.height())))
        })
        .collect();
    running_quantile(&series.times_secs, &diagonals, HALF_WINDOW_SECS, 0.5)
        .into_iter()
        .map(|size| size.unwrap_or(LEAST_SIZE_PX).max(LEAST_SIZE_PX))
        .collect()
}
