//! The ten figures of COCO's keypoint evaluation.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::average_precision::{PrecisionRecall, precision_recall};
use super::dataset::GroundTruth;
use super::error::EvalError;
use super::matching::{ImageMatching, JudgedResult, N_THRESHOLDS, PersonSize, descending};
use super::results::Results;

/// What is averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Precision, averaged over recalls.
    Precision,
    /// Recall that is reached with 20 results an image.
    Recall,
}

/// Which similarity makes a result right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// The mean over 0.50, 0.55 … 0.95.
    Mean,
    /// 0.50.
    Half,
    /// 0.75.
    ThreeQuarters,
}

/// What one of the ten figures says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// As it is called in the field.
    pub name: &'static str,
    /// What is averaged.
    pub measure: Measure,
    /// At which similarities.
    pub strictness: Strictness,
    /// Over whom.
    pub size: PersonSize,
}

const fn figure(
    name: &'static str,
    measure: Measure,
    strictness: Strictness,
    size: PersonSize,
) -> Figure {
    Figure {
        name,
        measure,
        strictness,
        size,
    }
}

/// The ten figures in the order of pycocotools' `stats`.
pub const FIGURES: [Figure; 10] = {
    use Measure::{Precision, Recall};
    use PersonSize::{All, Large, Medium};
    use Strictness::{Half, Mean, ThreeQuarters};
    [
        figure("AP", Precision, Mean, All),
        figure("AP50", Precision, Half, All),
        figure("AP75", Precision, ThreeQuarters, All),
        figure("APm", Precision, Mean, Medium),
        figure("APl", Precision, Mean, Large),
        figure("AR", Recall, Mean, All),
        figure("AR50", Recall, Half, All),
        figure("AR75", Recall, ThreeQuarters, All),
        figure("ARm", Recall, Mean, Medium),
        figure("ARl", Recall, Mean, Large),
    ]
};

/// Stands for a figure when nobody of that size is in the ground truth; pycocotools' convention.
pub const NOBODY: f64 = -1.0;

/// Values of the ten figures in [0, 1], or [`NOBODY`]; as JSON an object from name to value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeypointFigures {
    /// In the order of [`FIGURES`].
    pub values: [f64; 10],
}

impl KeypointFigures {
    /// Each figure with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Figure, f64)> {
        FIGURES.iter().zip(self.values)
    }

    /// Average precision over all people and thresholds: the one figure that nets are ranked by.
    pub fn average_precision(&self) -> f64 {
        self.values[0]
    }
}

impl Serialize for KeypointFigures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(FIGURES.len()))?;
        for (figure, value) in self.iter() {
            map.serialize_entry(figure.name, &value)?;
        }
        map.end()
    }
}

/// Compares results with the ground truth, each category for itself; results of unlisted categories do not count.
pub fn evaluate(
    ground_truth: &GroundTruth,
    results: &Results,
) -> Result<KeypointFigures, EvalError> {
    let results_by_image = results.by_image(ground_truth)?;
    // for each size one entry a category that has people of that size
    let mut curves: [Vec<[PrecisionRecall; N_THRESHOLDS]>; 3] = Default::default();
    for category_id in ground_truth.category_ids() {
        let matchings: Vec<_> = ground_truth
            .images()
            .iter()
            .zip(&results_by_image)
            .map(|(image, results)| {
                ImageMatching::new(
                    image
                        .annotations
                        .iter()
                        .filter(|annotation| annotation.category_id == *category_id)
                        .collect(),
                    results
                        .iter()
                        .copied()
                        .filter(|result| result.category_id == *category_id)
                        .collect(),
                )
            })
            .collect();
        for (size, curves) in PersonSize::EACH.into_iter().zip(&mut curves) {
            curves.extend(curves_of(&matchings, size));
        }
    }
    Ok(KeypointFigures {
        values: FIGURES.map(|figure| {
            let [all, medium, large] = &curves;
            let curves = match figure.size {
                PersonSize::All => all,
                PersonSize::Medium => medium,
                PersonSize::Large => large,
            };
            mean_of(figure, curves)
        }),
    })
}

/// For each threshold precision and recall over all images; `None` when nobody is to be found.
fn curves_of(
    matchings: &[ImageMatching<'_>],
    size: PersonSize,
) -> Option<[PrecisionRecall; N_THRESHOLDS]> {
    let n_people = matchings
        .iter()
        .map(|matching| matching.n_people(size))
        .sum();
    if n_people == 0 {
        return None;
    }
    let mut judged: Vec<JudgedResult> = matchings
        .iter()
        .flat_map(|matching| matching.judge(size))
        .collect();
    judged.sort_by(|a, b| descending(a.score, b.score));
    Some(std::array::from_fn(|threshold_idx| {
        let verdicts = judged.iter().map(|result| result.verdicts[threshold_idx]);
        precision_recall(verdicts, n_people)
    }))
}

fn mean_of(figure: Figure, curves: &[[PrecisionRecall; N_THRESHOLDS]]) -> f64 {
    let thresholds = match figure.strictness {
        Strictness::Mean => 0..N_THRESHOLDS,
        Strictness::Half => 0..1,
        Strictness::ThreeQuarters => 5..6,
    };
    let chosen = curves.iter().flat_map(|curves| &curves[thresholds.clone()]);
    let values: Vec<f64> = match figure.measure {
        Measure::Precision => chosen.flat_map(|curve| curve.precisions).collect(),
        Measure::Recall => chosen.map(|curve| curve.recall).collect(),
    };
    if values.is_empty() {
        NOBODY
    } else {
        values.iter().sum::<f64>() / values.len() as f64
    }
}
