//! Precision over recall of one list of judged results.

use super::matching::Verdict;

/// How many recalls the precision is read at: 0, 0.01 … 1.
pub const N_RECALLS: usize = 101;

/// How good a list of results is at one threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct PrecisionRecall {
    /// The best precision that can be had at each recall or more; 0 where the recall is not reached.
    pub precisions: [f64; N_RECALLS],
    /// Share of the people that were found.
    pub recall: f64,
}

/// Goes through the verdicts from the surest result to the least sure; `n_people` (not 0) were to be found.
///
/// The operations and their order are those of `cocoeval.py` (`accumulate`): ignored results keep their place and
/// repeat the precision before them, and a tiny number in the divisor keeps 0/0 away.
pub fn precision_recall(
    verdicts: impl Iterator<Item = Verdict>,
    n_people: usize,
) -> PrecisionRecall {
    let (mut n_right, mut n_wrong) = (0.0, 0.0);
    let (mut recalls, mut precisions) = (Vec::new(), Vec::new());
    for verdict in verdicts {
        match verdict {
            Verdict::Right => n_right += 1.0,
            Verdict::Wrong => n_wrong += 1.0,
            Verdict::Ignored => {}
        }
        recalls.push(n_right / n_people as f64);
        precisions.push(n_right / (n_wrong + n_right + f64::EPSILON));
    }
    let mut best = 0.0_f64;
    for precision in precisions.iter_mut().rev() {
        best = best.max(*precision);
        *precision = best;
    }
    PrecisionRecall {
        precisions: std::array::from_fn(|index| {
            let wanted = recall_at(index);
            let first = recalls.partition_point(|recall| *recall < wanted);
            precisions.get(first).copied().unwrap_or(0.0)
        }),
        recall: recalls.last().copied().unwrap_or(0.0),
    }
}

/// As `numpy.linspace(0, 1, 101)` computes it.
fn recall_at(index: usize) -> f64 {
    if index == N_RECALLS - 1 {
        1.0
    } else {
        index as f64 * (1.0 / (N_RECALLS - 1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Ignored, Right, Wrong};

    fn of(verdicts: &[Verdict], n_people: usize) -> PrecisionRecall {
        precision_recall(verdicts.iter().copied(), n_people)
    }

    #[test]
    fn precision_never_rises_with_recall() {
        let curve = of(&[Wrong, Right, Right, Wrong, Right], 4);
        assert!(curve.precisions.is_sorted_by(|a, b| a >= b));
        assert!((curve.precisions[0] - 2.0 / 3.0).abs() < 1e-12);
        assert!((curve.precisions[75] - 3.0 / 5.0).abs() < 1e-12);
        assert_eq!(curve.precisions[76], 0.0);
        assert_eq!(curve.recall, 0.75);
    }

    #[test]
    fn ignored_results_change_nothing() {
        let with = of(&[Ignored, Right, Ignored, Wrong, Ignored], 2);
        assert_eq!(with, of(&[Right, Wrong], 2));
    }

    #[test]
    fn nothing_found_is_zero() {
        for verdicts in [&[][..], &[Ignored], &[Wrong]] {
            let curve = of(verdicts, 3);
            assert_eq!((curve.recall, curve.precisions), (0.0, [0.0; N_RECALLS]));
        }
    }
}
