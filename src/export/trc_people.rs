//! Files of several people, each with a count of frames of its own, brought to one.
//!
//! This program's files and those of Sports2D call the same frame by the same number in everyone's file. Earlier versions of
//! this program did not where they brought rows to a constant rate: they counted those of each file from its first one.

use std::collections::BTreeMap;

use crate::base::samples::median_interval_secs;
use crate::export::resample::EVEN_WITHIN_SECS;
use crate::export::trc_reader::MarkerRow;

/// Times that are nearer to each other, as a share of the interval between rows, are one frame.
const SAME_FRAME_SHARE: f64 = 0.1;

/// A number may mean times that differ by so much of the interval: whoever is seen between two samples only stands at the
/// nearest one, at their own time. It is a little more than half of it for the sake of roundings.
const SAME_NUMBER_SHARE: f64 = 0.51;

/// No two frames are nearer than this share of the interval, or the files were not sampled at the same times.
const LEAST_STEP_SHARE: f64 = 0.6;

/// Two files, by their places, that cannot be of one run: their rows lie between each other's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OtherTimes(pub(super) [usize; 2]);

/// Gives everyone's rows the same numbers at the same times, where they have others; says whether it did.
pub(super) fn number_alike(people: &mut [Vec<MarkerRow>]) -> Result<bool, OtherTimes> {
    let interval_secs = (people.iter())
        .filter_map(|rows| {
            let times_secs: Vec<f64> = rows.iter().map(|row| row.time_secs).collect();
            median_interval_secs(&times_secs)
        })
        .reduce(f64::min)
        .unwrap_or(EVEN_WITHIN_SECS);
    let Some(disagreeing) = disagreeing(people, SAME_NUMBER_SHARE * interval_secs) else {
        return Ok(false);
    };
    let mut times_secs: Vec<f64> = people.iter().flatten().map(|row| row.time_secs).collect();
    times_secs.sort_by(f64::total_cmp);
    let mut frames_secs: Vec<f64> = Vec::new();
    for secs in times_secs {
        let step_secs = frames_secs.last().map(|last| secs - last);
        if step_secs.is_some_and(|step_secs| step_secs <= SAME_FRAME_SHARE * interval_secs) {
            continue;
        }
        if step_secs.is_some_and(|step_secs| step_secs < LEAST_STEP_SHARE * interval_secs) {
            return Err(OtherTimes(disagreeing));
        }
        frames_secs.push(secs);
    }
    for row in people.iter_mut().flatten() {
        let n_begun = frames_secs.partition_point(|begins| *begins <= row.time_secs);
        row.frame = n_begun.saturating_sub(1) as u64;
    }
    Ok(true)
}

/// The places of two files that mean other times by the same number; `None` where all mean the same.
fn disagreeing(people: &[Vec<MarkerRow>], most_secs: f64) -> Option<[usize; 2]> {
    let mut known: BTreeMap<u64, (usize, f64)> = BTreeMap::new();
    for (place, rows) in people.iter().enumerate() {
        for row in rows {
            let (other, secs) = *known.entry(row.frame).or_insert((place, row.time_secs));
            if other != place && most_secs < (row.time_secs - secs).abs() {
                return Some([other, place]);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skeleton::N_JOINTS;

    /// Somebody's rows with these numbers and times.
    fn rows(numbered: &[(u64, f64)]) -> Vec<MarkerRow> {
        (numbered.iter())
            .map(|(frame, time_secs)| MarkerRow {
                frame: *frame,
                time_secs: *time_secs,
                joints: [None; N_JOINTS],
            })
            .collect()
    }

    fn numbers(rows: &[MarkerRow]) -> Vec<u64> {
        rows.iter().map(|row| row.frame).collect()
    }

    /// So many rows from a time on, counted from 0.
    fn counted(n: u64, from_secs: f64, interval_secs: f64) -> Vec<MarkerRow> {
        let numbered: Vec<(u64, f64)> = (0..n)
            .map(|k| (k, from_secs + k as f64 * interval_secs))
            .collect();
        rows(&numbered)
    }

    #[test]
    fn rows_that_everyone_counts_from_their_first_are_put_together_by_their_times() {
        let mut people = [
            counted(6, 0.5, 0.05),
            counted(3, 0.600001, 0.05),
            counted(2, 1.2, 0.05),
        ];
        assert_eq!(number_alike(&mut people), Ok(true));
        assert_eq!(numbers(&people[0]), [0, 1, 2, 3, 4, 5]);
        assert_eq!(numbers(&people[1]), [2, 3, 4]);
        assert_eq!(numbers(&people[2]), [6, 7]);
    }

    #[test]
    fn rows_between_each_other_are_of_no_one_run() {
        for offset_secs in [0.02, 0.025, 0.03] {
            let mut people = [counted(6, 0.5, 0.05), counted(3, 0.6 + offset_secs, 0.05)];
            assert_eq!(number_alike(&mut people), Err(OtherTimes([0, 1])));
        }
    }

    #[test]
    fn numbers_that_mean_the_same_stay() {
        // the second one is seen between two samples only, the third one at times in whole milliseconds
        let mut people = [
            rows(&[(4, 0.4), (5, 0.5), (9, 0.9)]),
            rows(&[(4, 0.45)]),
            rows(&[(9, 0.9004), (10, 1.0)]),
        ];
        assert_eq!(number_alike(&mut people), Ok(false));
        assert_eq!(numbers(&people[2]), [9, 10]);
        assert_eq!(number_alike(&mut [counted(3, 7.0, 0.04)]), Ok(false));
        assert_eq!(number_alike(&mut []), Ok(false));
    }
}
