//! The joints that the nets find, and how they belong together.
//!
//! Order, limbs and sigmas are COCO's (Lin et al. 2014; the sigmas from `cocoeval.py`).

/// How many joints a person has.
pub const N_JOINTS: usize = 17;

/// Which side of the body a joint or limb is on, as the person says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The person's own left.
    Left,
    /// The person's own right.
    Right,
    /// Neither.
    Middle,
}

/// Indices of the joints by name.
#[expect(missing_docs, reason = "the names say it")]
pub mod joint {
    pub const NOSE: usize = 0;
    pub const LEFT_EYE: usize = 1;
    pub const RIGHT_EYE: usize = 2;
    pub const LEFT_EAR: usize = 3;
    pub const RIGHT_EAR: usize = 4;
    pub const LEFT_SHOULDER: usize = 5;
    pub const RIGHT_SHOULDER: usize = 6;
    pub const LEFT_ELBOW: usize = 7;
    pub const RIGHT_ELBOW: usize = 8;
    pub const LEFT_WRIST: usize = 9;
    pub const RIGHT_WRIST: usize = 10;
    pub const LEFT_HIP: usize = 11;
    pub const RIGHT_HIP: usize = 12;
    pub const LEFT_KNEE: usize = 13;
    pub const RIGHT_KNEE: usize = 14;
    pub const LEFT_ANKLE: usize = 15;
    pub const RIGHT_ANKLE: usize = 16;
}

/// The name by which files call this set of joints.
pub const NAME: &str = "coco17";

/// Names of the joints, in order.
pub const JOINT_NAMES: [&str; N_JOINTS] = [
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
];

/// Pairs of joints that are drawn as a line.
pub const LIMBS: [[usize; 2]; 19] = [
    [15, 13],
    [13, 11],
    [16, 14],
    [14, 12],
    [11, 12],
    [5, 11],
    [6, 12],
    [5, 6],
    [5, 7],
    [6, 8],
    [7, 9],
    [8, 10],
    [1, 2],
    [0, 1],
    [0, 2],
    [1, 3],
    [2, 4],
    [3, 5],
    [4, 6],
];

/// For each joint the one that takes its place in a mirror.
pub const MIRRORED: [usize; N_JOINTS] = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15];

/// How far human annotators scatter for each joint, as a share of the person's size.
///
/// Object keypoint similarity divides distances by twice these.
pub const SIGMAS: [f32; N_JOINTS] = [
    0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107,
    0.087, 0.087, 0.089, 0.089,
];

/// Which side a joint is on.
pub fn side_of_joint(joint_idx: usize) -> Side {
    match joint_idx {
        joint::NOSE => Side::Middle,
        odd if odd % 2 == 1 => Side::Left,
        _ => Side::Right,
    }
}

/// Which side a limb is on: the side of its joints, or the middle where they differ.
pub fn side_of_limb([a, b]: [usize; 2]) -> Side {
    match (side_of_joint(a), side_of_joint(b)) {
        (Side::Middle, side) | (side, Side::Middle) => side,
        (one, other) if one == other => one,
        _ => Side::Middle,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirroring_swaps_the_names() {
        for (joint_idx, name) in JOINT_NAMES.iter().enumerate() {
            let expected = if let Some(rest) = name.strip_prefix("left_") {
                format!("right_{rest}")
            } else if let Some(rest) = name.strip_prefix("right_") {
                format!("left_{rest}")
            } else {
                (*name).to_owned()
            };
            assert_eq!(JOINT_NAMES[MIRRORED[joint_idx]], expected);
            let side = match name.split('_').next() {
                Some("left") => Side::Left,
                Some("right") => Side::Right,
                _ => Side::Middle,
            };
            assert_eq!(side_of_joint(joint_idx), side);
        }
    }

    #[test]
    fn limbs_are_symmetric() {
        for [a, b] in LIMBS {
            let mirrored = [MIRRORED[a], MIRRORED[b]];
            assert!(
                LIMBS.contains(&mirrored) || LIMBS.contains(&[mirrored[1], mirrored[0]]),
                "{a}-{b}"
            );
        }
    }
}
