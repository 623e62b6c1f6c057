//! Which angles there are: the definitions of Sports2D, as far as the joints of COCO allow them.
//!
//! Pagnon and Kim, "Sports2D: Compute 2D human pose and angles from a video or a webcam", JOSS 2024; the table is
//! `angle_dict` of Pose2Sim's `common.py` (BSD-3-Clause), its neck being the middle of the shoulders.

use crate::measure::landmarks::Landmark::{self, Joint, MidHip, Neck};
use crate::skeleton::joint::{
    LEFT_ANKLE, LEFT_ELBOW, LEFT_HIP, LEFT_KNEE, LEFT_SHOULDER, LEFT_WRIST, RIGHT_ANKLE,
    RIGHT_ELBOW, RIGHT_HIP, RIGHT_KNEE, RIGHT_SHOULDER, RIGHT_WRIST,
};

/// Between what an angle is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AngleKind {
    /// Flexion: between three points at the middle one, or between the lines of two pairs of points.
    Joint,
    /// Of a segment against the floor, anticlockwise for somebody seen from the right.
    Segment,
}

/// How an angle follows from points: `(raw + offset_deg) * scale`, with the raw angle of [`crate::measure::angles`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AngleDefinition {
    /// Its name in files, without the unit.
    pub name: &'static str,
    /// For people: what 0 and other degrees are. Signs are as said where a side of the person is seen.
    pub meaning: &'static str,
    /// What it is measured against.
    pub kind: AngleKind,
    /// Two, three or four points.
    pub points: &'static [Landmark],
    /// Added to the raw angle, in degrees.
    pub offset_deg: f64,
    /// 1 or -1.
    pub scale: f64,
    /// After how many degrees the same angle comes again: 180 for lines that have no direction, otherwise 360.
    pub period_deg: f64,
    /// Whether it may go round and round over time, as an arm does; knees, hips and elbows cannot.
    pub goes_round: bool,
}

const fn joint_angle(
    name: &'static str,
    meaning: &'static str,
    points: &'static [Landmark],
    offset_deg: f64,
    scale: f64,
) -> AngleDefinition {
    AngleDefinition {
        name,
        meaning,
        kind: AngleKind::Joint,
        points,
        offset_deg,
        scale,
        period_deg: 360.0,
        goes_round: false,
    }
}

const fn segment_angle(
    name: &'static str,
    meaning: &'static str,
    points: &'static [Landmark; 2],
) -> AngleDefinition {
    AngleDefinition {
        name,
        meaning,
        kind: AngleKind::Segment,
        points,
        offset_deg: 0.0,
        scale: -1.0,
        period_deg: 360.0,
        goes_round: true,
    }
}

/// An arm may be swung all the way round.
const fn going_round(definition: AngleDefinition) -> AngleDefinition {
    AngleDefinition {
        goes_round: true,
        ..definition
    }
}

/// A line from one side of the body to the other: in side view either end may be in front.
const fn crosswise(definition: AngleDefinition) -> AngleDefinition {
    AngleDefinition {
        period_deg: 180.0,
        ..definition
    }
}

const KNEE: &str = "0° with a straight leg, positive when bent";
const HIP: &str = "0° with thigh and trunk in line, positive with the thigh raised forward";
const SHOULDER: &str = "0° with the arm hanging beside the trunk, 180° with the arm raised";
const ELBOW: &str = "0° with a straight arm, positive when bent";
const HANGING: &str = "-90° pointing straight down, 0° level and forward";
const UPRIGHT: &str = "90° upright, less when leaning forward";
const LEVEL: &str = "0° when level";

/// How many angles there are.
pub const N_ANGLES: usize = 19;

/// Every angle, in the order of tables.
pub const ANGLES: [AngleDefinition; N_ANGLES] = [
    joint_angle(
        "right_knee",
        KNEE,
        &[Joint(RIGHT_ANKLE), Joint(RIGHT_KNEE), Joint(RIGHT_HIP)],
        -180.0,
        1.0,
    ),
    joint_angle(
        "left_knee",
        KNEE,
        &[Joint(LEFT_ANKLE), Joint(LEFT_KNEE), Joint(LEFT_HIP)],
        -180.0,
        1.0,
    ),
    joint_angle(
        "right_hip",
        HIP,
        &[Joint(RIGHT_KNEE), Joint(RIGHT_HIP), MidHip, Neck],
        0.0,
        -1.0,
    ),
    joint_angle(
        "left_hip",
        HIP,
        &[Joint(LEFT_KNEE), Joint(LEFT_HIP), MidHip, Neck],
        0.0,
        -1.0,
    ),
    going_round(joint_angle(
        "right_shoulder",
        SHOULDER,
        &[Joint(RIGHT_ELBOW), Joint(RIGHT_SHOULDER), MidHip, Neck],
        0.0,
        -1.0,
    )),
    going_round(joint_angle(
        "left_shoulder",
        SHOULDER,
        &[Joint(LEFT_ELBOW), Joint(LEFT_SHOULDER), MidHip, Neck],
        0.0,
        -1.0,
    )),
    joint_angle(
        "right_elbow",
        ELBOW,
        &[
            Joint(RIGHT_WRIST),
            Joint(RIGHT_ELBOW),
            Joint(RIGHT_SHOULDER),
        ],
        180.0,
        -1.0,
    ),
    joint_angle(
        "left_elbow",
        ELBOW,
        &[Joint(LEFT_WRIST), Joint(LEFT_ELBOW), Joint(LEFT_SHOULDER)],
        180.0,
        -1.0,
    ),
    segment_angle(
        "right_shank",
        HANGING,
        &[Joint(RIGHT_ANKLE), Joint(RIGHT_KNEE)],
    ),
    segment_angle(
        "left_shank",
        HANGING,
        &[Joint(LEFT_ANKLE), Joint(LEFT_KNEE)],
    ),
    segment_angle(
        "right_thigh",
        HANGING,
        &[Joint(RIGHT_KNEE), Joint(RIGHT_HIP)],
    ),
    segment_angle("left_thigh", HANGING, &[Joint(LEFT_KNEE), Joint(LEFT_HIP)]),
    crosswise(segment_angle(
        "pelvis",
        LEVEL,
        &[Joint(LEFT_HIP), Joint(RIGHT_HIP)],
    )),
    segment_angle("trunk", UPRIGHT, &[Neck, MidHip]),
    crosswise(segment_angle(
        "shoulders",
        LEVEL,
        &[Joint(LEFT_SHOULDER), Joint(RIGHT_SHOULDER)],
    )),
    segment_angle(
        "right_arm",
        HANGING,
        &[Joint(RIGHT_ELBOW), Joint(RIGHT_SHOULDER)],
    ),
    segment_angle(
        "left_arm",
        HANGING,
        &[Joint(LEFT_ELBOW), Joint(LEFT_SHOULDER)],
    ),
    segment_angle(
        "right_forearm",
        HANGING,
        &[Joint(RIGHT_WRIST), Joint(RIGHT_ELBOW)],
    ),
    segment_angle(
        "left_forearm",
        HANGING,
        &[Joint(LEFT_WRIST), Joint(LEFT_ELBOW)],
    ),
];

/// Angles of Sports2D that need points which COCO's joints lack, each with those points.
pub const NOT_MEASURED: [(&str, &str); 9] = [
    ("right_ankle", "big toe and heel"),
    ("left_ankle", "big toe and heel"),
    ("right_wrist", "index finger"),
    ("left_wrist", "index finger"),
    ("right_foot", "big toe and heel"),
    ("left_foot", "big toe and heel"),
    ("head", "top of the head"),
    ("right_hand", "index finger"),
    ("left_hand", "index finger"),
];

/// The place of an angle in [`ANGLES`]; `None` for a name that is not there.
pub fn angle_idx(name: &str) -> Option<usize> {
    ANGLES.iter().position(|angle| angle.name == name)
}
