//! Which results found whom: the greedy matching of one image.

use super::dataset::Annotation;
use super::oks;
use super::results::KeypointResult;

/// So many results of an image count, the surest ones.
pub const MAX_RESULTS: usize = 20;

/// How many similarity thresholds there are.
pub const N_THRESHOLDS: usize = 10;

/// Which people a figure is about, by the area that they cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonSize {
    /// Everyone.
    All,
    /// 32² to 96² square pixels.
    Medium,
    /// 96² square pixels or more.
    Large,
}

impl PersonSize {
    /// All of them, in COCO's order.
    pub const EACH: [Self; 3] = [Self::All, Self::Medium, Self::Large];

    /// Whether an area in square pixels belongs to it; the limits belong to both neighbors.
    pub fn contains(self, area: f64) -> bool {
        let [least, most] = match self {
            Self::All => [0.0, 1e10],
            Self::Medium => [32.0 * 32.0, 96.0 * 96.0],
            Self::Large => [96.0 * 96.0, 1e10],
        };
        least <= area && area <= most
    }
}

/// What a result is at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It found someone.
    Right,
    /// It found nobody.
    Wrong,
    /// It does not count: it found a crowd, an unlabeled person or one of another size, or it found nobody and
    /// has another size itself.
    Ignored,
}

/// A result and what it is at each threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JudgedResult {
    /// As given.
    pub score: f64,
    /// From the lowest threshold to the highest.
    pub verdicts: [Verdict; N_THRESHOLDS],
}

/// The similarities from which on a result has found a person: 0.50, 0.55 … 0.95.
///
/// They are computed as `numpy.linspace` does it, whose 0.9 comes out one rounding below the literal.
pub fn thresholds() -> [f64; N_THRESHOLDS] {
    let step = (0.95 - 0.5) / (N_THRESHOLDS - 1) as f64;
    let mut thresholds = std::array::from_fn(|index| index as f64 * step + 0.5);
    thresholds[N_THRESHOLDS - 1] = 0.95;
    thresholds
}

/// The people of one image and one category, the results for them, and how similar each is to each.
pub struct ImageMatching<'a> {
    people: Vec<&'a Annotation>,
    /// The surest first.
    results: Vec<&'a KeypointResult>,
    /// `[result][person]`.
    similarities: Vec<Vec<f64>>,
}

impl<'a> ImageMatching<'a> {
    /// Takes the surest results; of equally sure ones those that come first.
    pub fn new(people: Vec<&'a Annotation>, mut results: Vec<&'a KeypointResult>) -> Self {
        results.sort_by(|a, b| descending(a.score, b.score));
        results.truncate(MAX_RESULTS);
        let similarities = results
            .iter()
            .map(|result| {
                people
                    .iter()
                    .map(|person| oks::similarity(person, &result.joints))
                    .collect()
            })
            .collect();
        Self {
            people,
            results,
            similarities,
        }
    }

    /// How many people of that size are to be found.
    pub fn n_people(&self, size: PersonSize) -> usize {
        self.people
            .iter()
            .filter(|person| counts(person, size))
            .count()
    }

    /// Judges each result, the surest first.
    pub fn judge(&self, size: PersonSize) -> Vec<JudgedResult> {
        let mut judged: Vec<_> = self
            .results
            .iter()
            .map(|result| JudgedResult {
                score: result.score,
                verdicts: [Verdict::Wrong; N_THRESHOLDS],
            })
            .collect();
        // people who count come first, both groups in the order of the file
        let mut order: Vec<usize> = (0..self.people.len()).collect();
        order.sort_by_key(|person_idx| !counts(self.people[*person_idx], size));
        for (threshold_idx, threshold) in thresholds().into_iter().enumerate() {
            let mut is_taken = vec![false; self.people.len()];
            for (result_idx, judged) in judged.iter_mut().enumerate() {
                let partner = self.partner(result_idx, threshold, size, &order, &is_taken);
                if let Some(person_idx) = partner {
                    is_taken[person_idx] = true;
                }
                judged.verdicts[threshold_idx] = self.verdict(result_idx, partner, size);
            }
        }
        judged
    }

    /// The most similar free person, one who counts before one who does not; of equally similar ones the last.
    fn partner(
        &self,
        result_idx: usize,
        threshold: f64,
        size: PersonSize,
        order: &[usize],
        is_taken: &[bool],
    ) -> Option<usize> {
        // a perfect pose must be found at a threshold of 1 in spite of roundings
        let mut best_similarity = threshold.min(1.0 - 1e-10);
        let mut best: Option<usize> = None;
        for &person_idx in order {
            let person = self.people[person_idx];
            if is_taken[person_idx] && !person.is_crowd {
                continue;
            }
            let has_counting_partner = best.is_some_and(|best| counts(self.people[best], size));
            if has_counting_partner && !counts(person, size) {
                break;
            }
            let similarity = self.similarities[result_idx][person_idx];
            if best_similarity <= similarity {
                best_similarity = similarity;
                best = Some(person_idx);
            }
        }
        best
    }

    fn verdict(&self, result_idx: usize, partner: Option<usize>, size: PersonSize) -> Verdict {
        let partner = partner.map(|person_idx| self.people[person_idx]);
        match partner {
            Some(person) if !counts(person, size) => Verdict::Ignored,
            // pycocotools marks results without partner by the id 0
            Some(person) if !person.id.is_zero() => Verdict::Right,
            _ if size.contains(self.results[result_idx].area) => Verdict::Wrong,
            _ => Verdict::Ignored,
        }
    }
}

/// Whether the person is one to be found.
fn counts(person: &Annotation, size: PersonSize) -> bool {
    !person.is_ignored && size.contains(person.area)
}

/// The order of numpy's `argsort(-scores)`: higher first, 0 and -0 are equal.
pub fn descending(a: f64, b: f64) -> std::cmp::Ordering {
    (b + 0.0).total_cmp(&(a + 0.0))
}
