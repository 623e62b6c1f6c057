//! Non-maximum suppression: of answers for the same person the best stays.

use crate::geom::BBox;

/// A box in the space `S` and its score.
pub(super) type Scored<S> = (BBox<S>, f32);

/// Keeps the best of boxes that overlap by more than `max_iou`; best first, not-finite ones dropped.
///
/// Of more than `most_candidates` only the best are looked at, since the time taken is quadratic.
pub(super) fn suppress<S>(
    mut candidates: Vec<Scored<S>>,
    max_iou: f32,
    most_candidates: usize,
) -> Vec<Scored<S>> {
    candidates.retain(|(bbox, score)| score.is_finite() && bbox.is_finite());
    // total_cmp: a total order, so that equal scores keep their order and nothing can panic
    candidates.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    candidates.truncate(most_candidates);
    let mut kept: Vec<Scored<S>> = Vec::new();
    for (bbox, score) in candidates {
        if kept.iter().all(|(better, _)| better.iou(&bbox) <= max_iou) {
            kept.push((bbox, score));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::Image;
    use proptest::prelude::*;

    fn scored(xywh: [f32; 4], score: f32) -> Scored<Image> {
        (BBox::from_xywh(xywh), score)
    }

    #[test]
    fn the_better_of_two_overlapping_stays() {
        let kept = suppress(
            vec![
                scored([0.0, 0.0, 10.0, 20.0], 0.5),
                scored([1.0, 0.0, 10.0, 20.0], 0.9),
                scored([30.0, 0.0, 10.0, 20.0], 0.4),
            ],
            0.6,
            100,
        );
        let scores: Vec<f32> = kept.iter().map(|(_, score)| *score).collect();
        assert_eq!(scores, [0.9, 0.4]);
    }

    #[test]
    fn nan_is_dropped() {
        let mut wrong = scored([0.0, 0.0, 10.0, 20.0], 0.9);
        wrong.0.max.y = f32::NAN;
        let kept = suppress(
            vec![
                scored([0.0, 0.0, 10.0, 20.0], f32::NAN),
                wrong,
                scored([0.0, 0.0, 10.0, 20.0], 0.3),
            ],
            0.6,
            100,
        );
        assert_eq!(kept.len(), 1);
    }

    proptest! {
        #[test]
        fn kept_ones_do_not_overlap_and_the_best_is_kept(
            boxes in prop::collection::vec((0f32..50.0, 0f32..50.0, 1f32..30.0, 1f32..30.0, 0f32..1.0), 1..40)
        ) {
            let all: Vec<_> = boxes.iter().map(|&(x, y, w, h, s)| scored([x, y, w, h], s)).collect();
            let best = all.iter().map(|(_, score)| *score).fold(0.0, f32::max);
            let kept = suppress(all, 0.6, 1000);
            prop_assert_eq!(kept[0].1, best);
            for (i, (a, a_score)) in kept.iter().enumerate() {
                for (b, b_score) in &kept[i + 1..] {
                    prop_assert!(a.iou(b) <= 0.6);
                    prop_assert!(b_score <= a_score);
                }
            }
        }
    }
}
