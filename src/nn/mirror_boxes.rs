//! What a detector sees in a picture and in its mirror image, put together.

use super::nms::{Scored, suppress};
use crate::geom::{BBox, Point};

/// Boxes of two looks that overlap by more than this are of the same person.
const SAME_PERSON_IOU: f32 = 0.5;

/// The mean of what two looks at one picture found, best first.
///
/// Boxes are paired one to one, those that overlap most first; a pair becomes the mean of both boxes with the mean score,
/// and a box that only one look found keeps half of its score. The net's raw answers cannot be averaged instead: the cell
/// that answers for a person in the mirror may answer for the neighbor in the picture. Twin of `merged_looks` in
/// `training/detector.py`.
pub(super) fn merge_looks<S>(
    one: &[Scored<S>],
    other: &[Scored<S>],
    max_iou: f32,
    most_candidates: usize,
) -> Vec<Scored<S>> {
    let mut pairs: Vec<(f32, usize, usize)> = Vec::new();
    for (i, (bbox, _)) in one.iter().enumerate() {
        for (j, (twin, _)) in other.iter().enumerate() {
            let iou = bbox.iou(twin);
            if SAME_PERSON_IOU < iou {
                pairs.push((iou, i, j));
            }
        }
    }
    // stable, so that of equal overlaps the surer boxes are paired first
    pairs.sort_by(|(a, ..), (b, ..)| b.total_cmp(a));
    let mut twin_of: Vec<Option<usize>> = vec![None; one.len()];
    let mut has_twin = vec![false; other.len()];
    for (_, i, j) in pairs {
        if twin_of[i].is_none() && !has_twin[j] {
            twin_of[i] = Some(j);
            has_twin[j] = true;
        }
    }
    let mut merged: Vec<Scored<S>> = Vec::with_capacity(one.len() + other.len());
    for ((bbox, score), twin) in one.iter().zip(twin_of) {
        merged.push(match twin {
            Some(twin) => {
                let (twin_box, twin_score) = &other[twin];
                (mean_box(bbox, twin_box), f32::midpoint(*score, *twin_score))
            }
            None => (*bbox, 0.5 * score),
        });
    }
    let alone = other.iter().zip(has_twin).filter(|(_, paired)| !paired);
    merged.extend(alone.map(|((bbox, score), _)| (*bbox, 0.5 * score)));
    suppress(merged, max_iou, most_candidates)
}

fn mean_box<S>(one: &BBox<S>, other: &BBox<S>) -> BBox<S> {
    BBox {
        min: one.min.lerp(other.min, 0.5),
        max: one.max.lerp(other.max, 0.5),
    }
}

/// The box as it lies in a picture of that width when the picture is mirrored.
pub(super) fn mirrored_box<S>(bbox: BBox<S>, width: f32) -> BBox<S> {
    BBox::from_corners(
        Point::new(width - bbox.max.x, bbox.min.y),
        Point::new(width - bbox.min.x, bbox.max.y),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::Image;

    fn scored(xywh: [f32; 4], score: f32) -> Scored<Image> {
        (BBox::from_xywh(xywh), score)
    }

    #[test]
    fn a_pair_becomes_its_mean_and_a_box_seen_once_is_half_as_sure() {
        let one = [
            scored([10.0, 0.0, 20.0, 40.0], 0.8),
            scored([90.0, 0.0, 20.0, 40.0], 0.6),
        ];
        let other = [
            scored([50.0, 0.0, 20.0, 40.0], 0.5),
            scored([14.0, 2.0, 20.0, 40.0], 0.4),
        ];
        let merged = merge_looks(&one, &other, 0.6, 100);
        let expected = [
            scored([12.0, 1.0, 20.0, 40.0], 0.6),
            scored([90.0, 0.0, 20.0, 40.0], 0.3),
            scored([50.0, 0.0, 20.0, 40.0], 0.25),
        ];
        assert_eq!(merged.len(), expected.len());
        for ((bbox, score), (wanted, wanted_score)) in merged.iter().zip(&expected) {
            assert_eq!(bbox, wanted);
            assert!((score - wanted_score).abs() < 1e-6);
        }
    }

    #[test]
    fn neighbors_are_paired_with_their_own_twins() {
        let left = [0.0, 0.0, 20.0, 40.0];
        let right = [6.0, 0.0, 20.0, 40.0];
        // both overlap both by more than half; the second look is surer of the right one
        let one = [scored(left, 0.9), scored(right, 0.5)];
        let other = [scored(right, 0.9), scored(left, 0.5)];
        let merged = merge_looks(&one, &other, 0.6, 100);
        let boxes: Vec<_> = merged.iter().map(|(bbox, _)| *bbox).collect();
        assert_eq!(boxes, [left, right].map(BBox::from_xywh));
        assert!(merged.iter().all(|(_, score)| (score - 0.7).abs() < 1e-6));
    }

    #[test]
    fn a_box_mirrored_twice_is_where_it_was() {
        let bbox: BBox<Image> = BBox::from_xywh([10.0, 5.0, 20.0, 40.0]);
        let mirrored = mirrored_box(bbox, 96.0);
        assert_eq!(mirrored, BBox::from_xywh([66.0, 5.0, 20.0, 40.0]));
        assert_eq!(mirrored_box(mirrored, 96.0), bbox);
    }
}
