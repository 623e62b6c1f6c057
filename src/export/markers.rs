//! What the markers of TRC files are called, and which joints they are.
//!
//! The names are those that Sports2D and Pose2Sim give to Halpe26 (`Pose2Sim/skeletons.py`) and that their OpenSim
//! models look for; eyes and ears, which they leave out there, are called as in their `BODY_25B`.
//!
//! The format has no confidences: a joint of which the net was as unsure as measurements do not take is no marker.

use crate::geom::{Image, Point};
use crate::measure::landmarks::{MIN_CONFIDENCE, joint_position};
use crate::skeleton::joint;
use crate::types::Pose;

/// Where a marker sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    /// On a joint.
    Joint(usize),
    /// In the middle between two joints: derived, and missing where one of them is.
    Middle([usize; 2]),
}

/// Middle of the hips.
pub(super) const HIP: Marker = Marker::Middle([joint::LEFT_HIP, joint::RIGHT_HIP]);

/// Middle of the shoulders.
pub(super) const NECK: Marker = Marker::Middle([joint::LEFT_SHOULDER, joint::RIGHT_SHOULDER]);

/// All that COCO's joints give, in the order in which Sports2D walks the body.
pub(super) const MARKERS: [(&str, Marker); 19] = [
    ("Hip", HIP),
    ("RHip", Marker::Joint(joint::RIGHT_HIP)),
    ("RKnee", Marker::Joint(joint::RIGHT_KNEE)),
    ("RAnkle", Marker::Joint(joint::RIGHT_ANKLE)),
    ("LHip", Marker::Joint(joint::LEFT_HIP)),
    ("LKnee", Marker::Joint(joint::LEFT_KNEE)),
    ("LAnkle", Marker::Joint(joint::LEFT_ANKLE)),
    ("Neck", NECK),
    ("Nose", Marker::Joint(joint::NOSE)),
    ("REye", Marker::Joint(joint::RIGHT_EYE)),
    ("LEye", Marker::Joint(joint::LEFT_EYE)),
    ("REar", Marker::Joint(joint::RIGHT_EAR)),
    ("LEar", Marker::Joint(joint::LEFT_EAR)),
    ("RShoulder", Marker::Joint(joint::RIGHT_SHOULDER)),
    ("RElbow", Marker::Joint(joint::RIGHT_ELBOW)),
    ("RWrist", Marker::Joint(joint::RIGHT_WRIST)),
    ("LShoulder", Marker::Joint(joint::LEFT_SHOULDER)),
    ("LElbow", Marker::Joint(joint::LEFT_ELBOW)),
    ("LWrist", Marker::Joint(joint::LEFT_WRIST)),
];

impl Marker {
    /// Where it is in the frame; `None` where a joint that it needs was not found for sure.
    pub(super) fn position(self, pose: &Pose) -> Option<Point<Image>> {
        let at = |joint: usize| joint_position(pose, joint, MIN_CONFIDENCE);
        match self {
            Self::Joint(joint) => at(joint),
            Self::Middle([a, b]) => Some(at(a)?.lerp(at(b)?, 0.5)),
        }
    }
}

/// The joint that a marker of this name sits on; `None` for markers that are no joint of COCO.
pub(super) fn joint_of(name: &str) -> Option<usize> {
    MARKERS.iter().find_map(|(marker, place)| match place {
        Marker::Joint(joint) if *marker == name => Some(*joint),
        Marker::Joint(_) | Marker::Middle(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skeleton::{JOINT_NAMES, N_JOINTS};
    use crate::types::Keypoint;

    #[test]
    fn every_joint_has_the_marker_of_its_side() {
        for (joint, name) in JOINT_NAMES.iter().enumerate() {
            let marker = MARKERS
                .iter()
                .find(|(_, marker)| *marker == Marker::Joint(joint))
                .unwrap()
                .0;
            let expected = name
                .replace("left_", "L")
                .replace("right_", "R")
                .to_lowercase();
            assert_eq!(marker.to_lowercase(), expected);
            assert_eq!(joint_of(marker), Some(joint));
        }
        assert_eq!(joint_of("Hip"), None);
        assert_eq!(joint_of("RBigToe"), None);
    }

    fn keypoint(x: f32, confidence: f32) -> Keypoint {
        Keypoint {
            at: Point::new(x, 4.0),
            confidence,
        }
    }

    #[test]
    fn a_middle_needs_both_joints() {
        let mut pose = Pose {
            keypoints: [None; N_JOINTS],
        };
        pose.keypoints[joint::LEFT_HIP] = Some(keypoint(10.0, 0.9));
        assert_eq!(HIP.position(&pose), None);
        pose.keypoints[joint::RIGHT_HIP] = Some(keypoint(20.0, 0.9));
        assert_eq!(HIP.position(&pose), Some(Point::new(15.0, 4.0)));
    }

    #[test]
    fn a_joint_that_may_not_be_measured_is_no_marker() {
        let mut pose = Pose::EMPTY;
        let knee = Marker::Joint(joint::LEFT_KNEE);
        pose.keypoints[joint::LEFT_KNEE] = Some(keypoint(10.0, 0.3));
        assert_eq!(knee.position(&pose), Some(Point::new(10.0, 4.0)));
        pose.keypoints[joint::LEFT_KNEE] = Some(keypoint(10.0, 0.29));
        assert_eq!(knee.position(&pose), None);
        pose.keypoints[joint::LEFT_HIP] = Some(keypoint(10.0, 0.06));
        pose.keypoints[joint::RIGHT_HIP] = Some(keypoint(20.0, 0.9));
        assert_eq!(HIP.position(&pose), None);
    }
}
