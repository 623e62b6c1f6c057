//! How well identities were followed: the figures of CLEAR MOT and the identity figures.
//!
//! Bernardin and Stiefelhagen, "Evaluating multiple object tracking performance: the CLEAR MOT metrics", 2008;
//! Ristani et al., "Performance measures and a data set for multi-target, multi-camera tracking", 2016 (IDF1);
//! Li et al., "Learning to associate", 2009 (mostly tracked, mostly lost, fragmentations).
//! The rules are those of motmetrics 1.4 (`compare_to_groundtruth(…, 'iou', distth=0.5)`); `tests/score_mot.rs`
//! compares the figures.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::mot_file::{TrackBox, Tracks};
use crate::track::assign::cheapest_pairs;

/// Boxes that overlap by less than half of what both cover are no pair.
const MOST_DISTANCE: f64 = 0.5;

/// How well identities were followed; a share without anything to divide by is not finite, in JSON `null`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct TrackFigures {
    /// Frames that either file has lines for.
    pub frames: usize,
    /// Identities of the ground truth.
    pub identities: usize,
    /// Boxes of the ground truth.
    pub boxes: usize,
    /// One minus misses, false positives and switches for each box of the ground truth; may be negative.
    pub mota: f64,
    /// Mean of one minus the overlap over all pairs, motmetrics' reading of MOTP: lower is better.
    pub motp: f64,
    /// Twice the boxes that bear the right identity over all boxes of both files.
    pub idf1: f64,
    /// Share of the results that bear the right identity.
    pub id_precision: f64,
    /// Share of the ground truth whose boxes bear the right identity.
    pub id_recall: f64,
    /// Share of the results that are in a pair.
    pub precision: f64,
    /// Share of the ground truth that is in a pair.
    pub recall: f64,
    /// How often somebody's box got another identity than before.
    pub switches: usize,
    /// How often somebody was lost and found again.
    pub fragmentations: usize,
    /// Boxes of the ground truth without a pair.
    pub misses: usize,
    /// Boxes of the results without a pair.
    pub false_positives: usize,
    /// Identities in a pair for at least 80 % of their boxes.
    pub mostly_tracked: usize,
    /// Identities in a pair for less than 20 % of their boxes.
    pub mostly_lost: usize,
}

/// What happened to a box of the ground truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Matched,
    Switched,
    Missed,
}

/// Compares two files, frame by frame.
pub fn evaluate_tracks(ground_truth: &Tracks, results: &Tracks) -> TrackFigures {
    let mut history = History::default();
    let frames: BTreeSet<i64> = ground_truth.frames().chain(results.frames()).collect();
    for frame in &frames {
        history.push(ground_truth.boxes(*frame), results.boxes(*frame));
    }
    history.figures(frames.len())
}

/// What has happened so far.
#[derive(Default)]
struct History {
    /// For each identity of the ground truth the result that it was last in a pair with.
    partners: BTreeMap<i64, i64>,
    /// For each identity of the ground truth what happened to its boxes, in order.
    fates: BTreeMap<i64, Vec<Fate>>,
    distance_sum: f64,
    n_false_positives: usize,
    n_results: BTreeMap<i64, usize>,
    /// For identities of both files in how many frames they could be a pair.
    n_near: BTreeMap<(i64, i64), usize>,
}

impl History {
    fn push(&mut self, people: &[TrackBox], results: &[TrackBox]) {
        // `[person][result]`; `None` for those too far from each other
        let distances: Vec<Vec<Option<f64>>> = people
            .iter()
            .map(|person| {
                results
                    .iter()
                    .map(|result| distance(person, result))
                    .collect()
            })
            .collect();
        for (person, of_person) in people.iter().zip(&distances) {
            for (result, _) in results.iter().zip(of_person).filter(|(_, d)| d.is_some()) {
                *self.n_near.entry((person.id, result.id)).or_default() += 1;
            }
        }
        for result in results {
            *self.n_results.entry(result.id).or_default() += 1;
        }
        let mut fates = vec![Fate::Missed; people.len()];
        let mut is_taken = vec![false; results.len()];
        // who was a pair stays one
        for (person_idx, person) in people.iter().enumerate() {
            let partner = self.partners.get(&person.id).and_then(|partner| {
                let is_partner =
                    |(index, result): (usize, &TrackBox)| !is_taken[index] && result.id == *partner;
                results.iter().enumerate().position(is_partner)
            });
            let near = partner.and_then(|index| Some((index, distances[person_idx][index]?)));
            if let Some((result_idx, distance)) = near {
                fates[person_idx] = Fate::Matched;
                is_taken[result_idx] = true;
                self.distance_sum += distance;
            }
        }
        let is_open = |person_idx: usize, result_idx: usize| {
            fates[person_idx] == Fate::Missed && !is_taken[result_idx]
        };
        for (person_idx, result_idx, distance) in nearest_pairs(&distances, results.len(), is_open)
        {
            let [person, result] = [people[person_idx].id, results[result_idx].id];
            let before = self.partners.insert(person, result);
            fates[person_idx] = match before {
                Some(before) if before != result => Fate::Switched,
                _ => Fate::Matched,
            };
            is_taken[result_idx] = true;
            self.distance_sum += distance;
        }
        for (person, fate) in people.iter().zip(fates) {
            self.fates.entry(person.id).or_default().push(fate);
        }
        self.n_false_positives += is_taken.iter().filter(|is_taken| !**is_taken).count();
    }

    fn figures(&self, n_frames: usize) -> TrackFigures {
        let count = |fate: Fate| {
            let of_all = self.fates.values().flatten();
            of_all.filter(|own| **own == fate).count()
        };
        let [n_matched, switches, misses] =
            [Fate::Matched, Fate::Switched, Fate::Missed].map(count);
        let n_pairs = n_matched + switches;
        let n_boxes = n_pairs + misses;
        let n_results: usize = self.n_results.values().sum();
        let n_right = self.n_right_identities();
        let share = |n: usize, of: usize| n as f64 / of as f64;
        let tracked = |fates: &[Fate]| {
            let n_found = fates.iter().filter(|fate| **fate != Fate::Missed).count();
            share(n_found, fates.len())
        };
        let n_tracked = |is_wanted: fn(f64) -> bool| {
            let shares = self.fates.values().map(|fates| tracked(fates));
            shares.filter(|share| is_wanted(*share)).count()
        };
        TrackFigures {
            frames: n_frames,
            identities: self.fates.len(),
            boxes: n_boxes,
            mota: 1.0 - share(misses + switches + self.n_false_positives, n_boxes),
            motp: self.distance_sum / n_pairs as f64,
            idf1: share(2 * n_right, n_boxes + n_results),
            id_precision: share(n_right, n_results),
            id_recall: share(n_right, n_boxes),
            precision: share(n_pairs, n_pairs + self.n_false_positives),
            recall: share(n_pairs, n_boxes),
            switches,
            fragmentations: self
                .fates
                .values()
                .map(|fates| n_fragmentations(fates))
                .sum(),
            misses,
            false_positives: self.n_false_positives,
            mostly_tracked: n_tracked(|share| 0.8 <= share),
            mostly_lost: n_tracked(|share| share < 0.2),
        }
    }

    /// Boxes that bear the right identity when each identity of the ground truth gets one of the results for good, so
    /// that there are as many as possible.
    fn n_right_identities(&self) -> usize {
        let people: Vec<i64> = self.fates.keys().copied().collect();
        let results: Vec<i64> = self.n_results.keys().copied().collect();
        let n_near = |person_idx: usize, result_idx: usize| {
            let key = (people[person_idx], results[result_idx]);
            self.n_near.get(&key).copied().unwrap_or_default()
        };
        cheapest_pairs(people.len(), results.len(), |person_idx, result_idx| {
            -(n_near(person_idx, result_idx) as f64)
        })
        .into_iter()
        .map(|(person_idx, result_idx)| n_near(person_idx, result_idx))
        .sum()
    }
}

/// As many pairs as possible of those that are open and near, with the smallest sum of distances:
/// `(person, result, distance)`.
fn nearest_pairs(
    distances: &[Vec<Option<f64>>],
    n_results: usize,
    is_open: impl Fn(usize, usize) -> bool,
) -> Vec<(usize, usize, f64)> {
    let open = |person_idx: usize, result_idx: usize| {
        distances[person_idx][result_idx].filter(|_| is_open(person_idx, result_idx))
    };
    let n_people = distances.len();
    let largest = (0..n_people)
        .flat_map(|person_idx| (0..n_results).filter_map(move |r| open(person_idx, r)))
        .reduce(f64::max);
    let Some(largest) = largest else {
        return Vec::new();
    };
    // one such pair costs more than any number of real ones; the very number decides how roundings fall
    let never = 2.0 * n_people.min(n_results) as f64 * (largest + 1.0) + 1.0;
    cheapest_pairs(n_people, n_results, |person_idx, result_idx| {
        open(person_idx, result_idx).unwrap_or(never)
    })
    .into_iter()
    .filter_map(|(person_idx, result_idx)| {
        Some((person_idx, result_idx, open(person_idx, result_idx)?))
    })
    .collect()
}

/// One minus the overlap, where that is at most [`MOST_DISTANCE`].
fn distance(a: &TrackBox, b: &TrackBox) -> Option<f64> {
    let common = |axis: usize| {
        let end = |track_box: &TrackBox| track_box.xywh[axis] + track_box.xywh[axis + 2];
        (end(a).min(end(b)) - a.xywh[axis].max(b.xywh[axis])).max(0.0)
    };
    let area = |track_box: &TrackBox| {
        let end_minus_begin = |axis: usize| {
            let begin = track_box.xywh[axis];
            (begin + track_box.xywh[axis + 2] - begin).max(0.0)
        };
        end_minus_begin(0) * end_minus_begin(1)
    };
    let common = common(0) * common(1);
    let overlap = if common == 0.0 {
        0.0
    } else {
        common / (area(a) + area(b) - common)
    };
    let distance = 1.0 - overlap;
    (distance <= MOST_DISTANCE).then_some(distance)
}

/// How often a track breaks off between its first and its last pair.
fn n_fragmentations(fates: &[Fate]) -> usize {
    let is_found = |fate: &Fate| *fate != Fate::Missed;
    let Some(last) = fates.iter().rposition(is_found) else {
        return 0;
    };
    fates[..=last]
        .windows(2)
        .filter(|pair| is_found(&pair[0]) && !is_found(&pair[1]))
        .count()
}
