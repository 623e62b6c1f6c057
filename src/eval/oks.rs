//! Object keypoint similarity: how near a pose comes to a labeled person.

use super::dataset::Annotation;
use super::json::Joints;
use crate::skeleton::N_JOINTS;

/// How far annotators scatter for each joint, as [`crate::skeleton::SIGMAS`] but in full precision, times 10.
const SIGMAS_TIMES_TEN: [f64; N_JOINTS] = [
    0.26, 0.25, 0.25, 0.35, 0.35, 0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89,
    0.89,
];

/// Similarity of a person and a pose in [0, 1]: the mean over the labeled joints of
/// `exp(-distance² / (2 area (2 sigma)²))`.
///
/// For someone without labeled joints, distances of all joints are to the box doubled about its middle, so that
/// poses in an unlabeled person's place can be excused. The order of operations is that of `cocoeval.py`
/// (`computeOks`), so that equal cases stay equal.
pub fn similarity(person: &Annotation, pose: &Joints) -> f64 {
    let labeled = person.labeled();
    let n_labeled = labeled.iter().filter(|is_labeled| **is_labeled).count();
    let [left, top, width, height] = person.bbox_xywh;
    let outside = |position: f64, low: f64, length: f64| {
        (low - length - position).max(0.0) + (position - (low + length * 2.0)).max(0.0)
    };
    let closeness = |joint_idx: usize| {
        let [pose_x, pose_y, _] = pose[joint_idx];
        let [dx, dy] = if n_labeled == 0 {
            [outside(pose_x, left, width), outside(pose_y, top, height)]
        } else {
            let [x, y, _] = person.joints[joint_idx];
            [pose_x - x, pose_y - y]
        };
        let scatter = SIGMAS_TIMES_TEN[joint_idx] / 10.0 * 2.0;
        let error = (dx * dx + dy * dy) / (scatter * scatter) / (person.area + f64::EPSILON) / 2.0;
        (-error).exp()
    };
    let (sum, n) = (0..N_JOINTS)
        .filter(|joint_idx| n_labeled == 0 || labeled[*joint_idx])
        .fold((0.0, 0.0), |(sum, n), joint_idx| {
            (sum + closeness(joint_idx), n + 1.0)
        });
    sum / n
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Id;
    use crate::skeleton;

    fn person(joints: &Joints) -> Annotation {
        Annotation {
            id: Id::from(1),
            category_id: Id::from(1),
            joints: *joints,
            is_crowd: false,
            is_ignored: false,
            area: 5000.0,
            bbox_xywh: [100.0, 200.0, 50.0, 100.0],
            head_xywh: None,
        }
    }

    #[test]
    fn sigmas_are_those_of_the_skeleton() {
        for (ten_times, sigma) in SIGMAS_TIMES_TEN.iter().zip(skeleton::SIGMAS) {
            assert_eq!((ten_times / 10.0) as f32, sigma);
        }
    }

    #[test]
    fn same_pose_is_one() {
        let joints = std::array::from_fn(|joint_idx| [joint_idx as f64, 7.0, 2.0]);
        assert_eq!(similarity(&person(&joints), &joints), 1.0);
    }

    #[test]
    fn unlabeled_joints_do_not_count() {
        let mut joints = [[10.0, 10.0, 2.0]; N_JOINTS];
        let mut pose = joints;
        joints[3][2] = 0.0;
        pose[3] = [900.0, 900.0, 1.0];
        assert_eq!(similarity(&person(&joints), &pose), 1.0);
    }

    #[test]
    fn joint_at_two_sigmas_of_the_size_is_e_to_the_minus_half() {
        let mut joints = [[0.0; 3]; N_JOINTS];
        joints[0] = [100.0, 100.0, 1.0];
        let mut pose = [[0.0; 3]; N_JOINTS];
        pose[0] = [100.0 + 2.0 * 0.026 * 5000_f64.sqrt(), 100.0, 1.0];
        let oks = similarity(&person(&joints), &pose);
        assert!((oks - (-0.5_f64).exp()).abs() < 1e-12);
    }

    #[test]
    fn without_labels_all_of_the_doubled_box_is_right() {
        let unlabeled = person(&[[0.0; 3]; N_JOINTS]);
        for corner in [[50.0, 100.0, 1.0], [200.0, 400.0, 1.0]] {
            assert_eq!(similarity(&unlabeled, &[corner; N_JOINTS]), 1.0);
        }
        for outside in [[49.0, 100.0, 1.0], [200.0, 401.0, 1.0]] {
            assert!(similarity(&unlabeled, &[outside; N_JOINTS]) < 1.0);
        }
    }
}
