//! How likely two sightings are the same person.

use crate::geom::{BBox, Image};
use crate::skeleton::SIGMAS;
use crate::types::{PersonPose, Pose};

/// A joint below says too little about where somebody is (MoveNet's tracker uses the same).
const MIN_CONFIDENCE: f32 = 0.3;

/// Fewer shared joints than this, a face say, do not make a pose (MoveNet's tracker too).
const MIN_SHARED_JOINTS: u32 = 4;

/// Two poses this near are one: COCO's strict threshold for a match, about how far the net's answers differ
/// when it looks at the same person through two regions.
const SAME_POSE_OKS: f32 = 0.75;

/// Two boxes this near are one person's, unless the poses say otherwise.
const SAME_BOX_IOU: f32 = 0.85;

/// With poses less alike than this, two people share a box: one stands behind the other.
const OTHER_POSE_OKS: f32 = 0.5;

/// From 0, surely not the same, to 1: the mean of the boxes' overlap and the poses' likeness.
///
/// Boxes alone mix up people who pass each other, poses alone lose people whose limbs are hidden;
/// where too few joints are shared the boxes decide alone.
pub fn similarity(a: &PersonPose, b: &PersonPose) -> f32 {
    let iou = a.bbox.iou(&b.bbox);
    match object_keypoint_similarity(&a.pose, &b.pose, mean_area(&a.bbox, &b.bbox)) {
        Some(oks) => 0.5 * (iou + oks),
        None => iou,
    }
}

/// Whether two sightings in one frame are the same person, as when a followed region drifts onto a neighbor.
pub fn are_duplicates(a: &PersonPose, b: &PersonPose) -> bool {
    let iou = a.bbox.iou(&b.bbox);
    match object_keypoint_similarity(&a.pose, &b.pose, mean_area(&a.bbox, &b.bbox)) {
        Some(oks) => SAME_POSE_OKS <= oks || (SAME_BOX_IOU <= iou && OTHER_POSE_OKS <= oks),
        None => SAME_BOX_IOU <= iou,
    }
}

/// Of sightings of the same person the surer one, in the order of their scores.
pub fn without_duplicates(mut people: Vec<PersonPose>) -> Vec<PersonPose> {
    let sureness = |person: &PersonPose| (person.score, person.pose.mean_confidence());
    people.sort_by(|a, b| {
        let (a, b) = (sureness(a), sureness(b));
        b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1))
    });
    let mut kept: Vec<PersonPose> = Vec::with_capacity(people.len());
    for person in people {
        if !kept.iter().any(|other| are_duplicates(other, &person)) {
            kept.push(person);
        }
    }
    kept
}

/// Object keypoint similarity over the joints that both have, in [0, 1]; `None` when these are too few.
///
/// As in COCO's `cocoeval.py`: the mean of `exp(-d² / (2 · area · (2σ)²))`, with both poses in the same role.
fn object_keypoint_similarity(a: &Pose, b: &Pose, area: f32) -> Option<f32> {
    let mut n_shared = 0_u32;
    let mut sum = 0.0;
    for ((a, b), sigma) in a.keypoints.iter().zip(&b.keypoints).zip(SIGMAS) {
        let (Some(a), Some(b)) = (a, b) else {
            continue;
        };
        if a.confidence < MIN_CONFIDENCE || b.confidence < MIN_CONFIDENCE {
            continue;
        }
        let distance = a.at.distance(b.at);
        let spread = 2.0 * sigma;
        n_shared += 1;
        sum += (-distance * distance / (2.0 * area.max(1.0) * spread * spread)).exp();
    }
    (MIN_SHARED_JOINTS <= n_shared).then(|| sum / n_shared as f32)
}

fn mean_area(a: &BBox<Image>, b: &BBox<Image>) -> f32 {
    0.5 * (a.area() + b.area())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::Point;
    use crate::types::Keypoint;

    /// All joints on a slanted line inside of the box, moved by `dx`.
    fn person(xywh: [f32; 4], dx: f32) -> PersonPose {
        let bbox = BBox::from_xywh(xywh);
        let mut pose = Pose::EMPTY;
        for (joint_idx, keypoint) in pose.keypoints.iter_mut().enumerate() {
            let at = bbox.min.lerp(bbox.max, joint_idx as f32 / 16.0);
            *keypoint = Some(Keypoint {
                at: Point::new(at.x + dx, at.y),
                confidence: 0.9,
            });
        }
        PersonPose {
            bbox,
            score: 0.9,
            pose,
        }
    }

    #[test]
    fn oks_is_that_of_pycocotools() {
        // COCOeval.computeOks on these joints, v = 2 everywhere, area 5000: see tests/reference/make_oks.py
        let a = person([10.0, 20.0, 50.0, 100.0], 0.0);
        let b = person([10.0, 20.0, 50.0, 100.0], 6.0);
        let oks = object_keypoint_similarity(&a.pose, &b.pose, 5000.0).unwrap();
        assert!((oks - 0.711_896).abs() < 1e-5, "{oks}");
    }

    #[test]
    fn the_same_person_is_entirely_similar() {
        let a = person([0.0, 0.0, 50.0, 100.0], 0.0);
        assert!((similarity(&a, &a) - 1.0).abs() < 1e-6);
        assert!(are_duplicates(&a, &a));
    }

    #[test]
    fn boxes_decide_alone_where_joints_are_few() {
        let a = person([0.0, 0.0, 50.0, 100.0], 0.0);
        let mut b = person([25.0, 0.0, 50.0, 100.0], 0.0);
        for keypoint in &mut b.pose.keypoints[3..] {
            *keypoint = None;
        }
        assert!((similarity(&a, &b) - 1.0 / 3.0).abs() < 1e-6);
        b.bbox = a.bbox;
        assert!(are_duplicates(&a, &b));
    }

    #[test]
    fn one_behind_the_other_are_two() {
        let a = person([0.0, 0.0, 50.0, 100.0], 0.0);
        let behind = person([0.0, 0.0, 50.0, 100.0], 25.0);
        assert!(!are_duplicates(&a, &behind));
        assert!(similarity(&a, &behind) < 0.75);
    }

    #[test]
    fn a_point_is_nobody() {
        let flat = person([5.0, 5.0, 0.0, 0.0], 0.0);
        let value = similarity(&flat, &flat);
        assert!(value.is_finite());
    }
}
