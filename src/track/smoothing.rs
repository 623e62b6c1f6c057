//! Joints that do not tremble: a 1€ filter for each coordinate of each joint.

use std::time::Duration;

use crate::geom::Point;
use crate::skeleton::N_JOINTS;
use crate::track::one_euro::{OneEuro, OneEuroParams};
use crate::types::{Keypoint, Pose};

/// At rest, in Hz: takes away four fifths of the trembling at 30 frames per second,
/// and a joint that starts to creep is followed within a hundredth of the person's size.
const MIN_CUTOFF_HZ: f64 = 1.0;

/// Hz for each person's size per second: a limb that crosses the body in half a second lags by 10 ms.
const BETA: f64 = 10.0;

/// The paper's value; speeds of limbs change more slowly than their noise does.
const SPEED_CUTOFF_HZ: f64 = 1.0;

/// A joint unseen for longer may be anywhere: pulling it from its old place would draw a trail.
/// Two frames at 10 frames per second are still bridged.
const LONGEST_GAP: Duration = Duration::from_millis(250);

/// Below this confidence a joint is smoothed more: its peak wanders between places of the heatmap,
/// so that a jump is more often an error than a motion.
const FULL_TRUST_CONFIDENCE: f32 = 0.5;

/// The least share of the cutoff that an unsure joint gets; less would nail it to its place.
const LEAST_TRUST: f32 = 0.25;

/// Steadies the joints of one person from frame to frame.
#[derive(Clone, Debug, Default)]
pub struct PoseSmoother {
    joints: [JointFilter; N_JOINTS],
}

#[derive(Clone, Copy, Debug, Default)]
struct JointFilter {
    x: OneEuro,
    y: OneEuro,
    seen_at: Option<Duration>,
}

impl PoseSmoother {
    /// The steadied joints of the frame at `time`; those not found are not invented, confidences stay as they are.
    ///
    /// `size_px` is the person's size, the root of the box's area: speeds are measured in it,
    /// so that the same motion is treated alike near and far and in any resolution.
    pub fn smooth(&mut self, time: Duration, pose: &Pose, size_px: f32) -> Pose {
        let mut smoothed = Pose::EMPTY;
        for (joint_idx, keypoint) in pose.found() {
            smoothed.keypoints[joint_idx] =
                Some(self.joints[joint_idx].filter(time, keypoint, size_px));
        }
        smoothed
    }
}

impl JointFilter {
    fn filter(&mut self, time: Duration, keypoint: Keypoint, size_px: f32) -> Keypoint {
        let since = self.seen_at.and_then(|seen_at| time.checked_sub(seen_at));
        if since.is_none_or(|since| LONGEST_GAP < since) {
            *self = Self::default();
        }
        self.seen_at = Some(time);
        let dt_secs = since.unwrap_or_default().as_secs_f64();
        let trust =
            f64::from((keypoint.confidence / FULL_TRUST_CONFIDENCE).clamp(LEAST_TRUST, 1.0));
        let params = OneEuroParams {
            min_cutoff_hz: trust * MIN_CUTOFF_HZ,
            // a person smaller than a pixel has no speed to speak of
            beta: trust * BETA / f64::from(size_px.max(1.0)),
            speed_cutoff_hz: SPEED_CUTOFF_HZ,
        };
        let x = self.x.filter(&params, f64::from(keypoint.at.x), dt_secs);
        let y = self.y.filter(&params, f64::from(keypoint.at.y), dt_secs);
        Keypoint {
            at: x
                .zip(y)
                .map_or(keypoint.at, |(x, y)| Point::new(x as f32, y as f32)),
            confidence: keypoint.confidence,
        }
    }
}
