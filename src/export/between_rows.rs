//! Whom results show at a time: in one of their frames, or between two of them where they pass over frames of the recording, as
//! those of a recorded camera do while the nets are at work.

use crate::base::samples::{median_interval_secs, quantile};
use crate::export::resample::{LONGEST_BRIDGED_SECS, between};
use crate::export::rows::FrameRow;
use crate::geom::BBox;
use crate::types::TrackedPose;

/// Of a single frame nothing says how long it is shown.
const LONGEST_FRAME_SECS: f64 = 0.1;

/// Nobody is shown for longer where no frame says that they are there, however slow the nets were: a step takes half a second.
const LONGEST_SHOWN_SECS: f64 = 1.0;

/// How far rows are apart, in their numbers and in their times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RowDistances {
    /// A frame whose time differs by more from that of a row is another one.
    same_time_secs: f64,
    /// Whoever was seen is shown for so long where frames are passed over: a quarter of a second, over which this program
    /// draws all lines, or twice as long as the nets usually needed for a frame, so that nobody flickers.
    shown_secs: f64,
    /// Whether frames are passed over at all.
    has_holes: bool,
}

impl RowDistances {
    /// Of rows in the order of time.
    pub(super) fn of(rows: &[FrameRow]) -> Self {
        let pairs = || rows.windows(2).map(|pair| (&pair[0], &pair[1]));
        // of neighbors in the recording, which are not always neighbors in the results
        let mut frame_secs: Vec<f64> = pairs()
            .map(|(before, after)| (after.time_s - before.time_s) / n_steps(before, after) as f64)
            .filter(|secs| secs.is_finite() && 0.0 < *secs)
            .collect();
        let frame_secs = quantile(&mut frame_secs, 0.5).unwrap_or(LONGEST_FRAME_SECS);
        let times_secs: Vec<f64> = rows.iter().map(|row| row.time_s).collect();
        let row_secs = median_interval_secs(&times_secs).unwrap_or_default();
        Self {
            same_time_secs: frame_secs.min(LONGEST_FRAME_SECS) / 2.0,
            shown_secs: (2.0 * row_secs).clamp(LONGEST_BRIDGED_SECS, LONGEST_SHOWN_SECS),
            has_holes: pairs().any(|(before, after)| 1 < n_steps(before, after)),
        }
    }

    /// Everyone in the frame that is shown at a time; nobody where the results say nothing of it.
    ///
    /// Between two rows whoever is in both goes straight from one place to the other, and who is in the earlier one alone stays
    /// there; before a longer hole, and after the last row, everyone stays for a while.
    pub(super) fn people_at(&self, rows: &[FrameRow], time_secs: f64) -> Vec<TrackedPose> {
        let next = rows.partition_point(|row| row.time_s < time_secs);
        let before = next.checked_sub(1).and_then(|row_idx| rows.get(row_idx));
        let after = rows.get(next);
        let nearest = [before, after]
            .into_iter()
            .flatten()
            .map(|row| ((row.time_s - time_secs).abs(), row))
            .min_by(|(a, _), (b, _)| a.total_cmp(b));
        if let Some((distance_secs, row)) = nearest
            && distance_secs <= self.same_time_secs
        {
            return row.people();
        }
        let Some(before) = before else {
            return Vec::new();
        };
        let is_passed_over = after.map_or(self.has_holes, |after| 1 < n_steps(before, after));
        if !is_passed_over {
            return Vec::new();
        }
        let shown_until = before.time_s + self.shown_secs;
        match after.filter(|after| after.time_s <= shown_until) {
            Some(after) => {
                let share = (time_secs - before.time_s) / (after.time_s - before.time_s);
                people_between(before, after, share as f32)
            }
            None if time_secs <= shown_until => before.people(),
            None => Vec::new(),
        }
    }
}

/// How many frames of the recording it takes from one row to the next one.
fn n_steps(before: &FrameRow, after: &FrameRow) -> u64 {
    after.frame.saturating_sub(before.frame).max(1)
}

/// Everyone of the earlier row, moved towards the later one.
fn people_between(before: &FrameRow, after: &FrameRow, share: f32) -> Vec<TrackedPose> {
    let later = after.people();
    let mut people = before.people();
    for person in &mut people {
        if let Some(later) = later.iter().find(|later| later.id == person.id) {
            *person = person_between(person, later, share);
        }
    }
    people
}

fn person_between(before: &TrackedPose, after: &TrackedPose, share: f32) -> TrackedPose {
    let (from, to) = (before.bbox.xywh(), after.bbox.xywh());
    let bbox = std::array::from_fn(|number_idx| {
        from[number_idx] + share * (to[number_idx] - from[number_idx])
    });
    TrackedPose {
        id: before.id,
        bbox: BBox::from_xywh(bbox),
        score: before.score.min(after.score),
        pose: between(&before.pose, &after.pose, share),
        smoothed: (before.smoothed.zip(after.smoothed))
            .map(|(before, after)| between(&before, &after, share)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::rows::PersonRow;

    /// Person `id` with her box and her nose at `x`.
    fn person(id: u32, x: f64) -> PersonRow {
        let mut keypoints = [None; 17];
        keypoints[0] = Some([x, 20.0, 0.9]);
        PersonRow {
            id,
            score: 0.5,
            bbox: [x, 0.0, 20.0, 40.0],
            keypoints,
            smoothed: Some(keypoints),
        }
    }

    fn row(frame: u64, time_s: f64, people: Vec<PersonRow>) -> FrameRow {
        FrameRow {
            frame,
            time_s,
            file: None,
            people,
        }
    }

    /// Whom rows show at a time: who it is, and where box and nose are.
    fn shown(rows: &[FrameRow], time_secs: f64) -> Vec<(u32, f32, f32)> {
        let people = RowDistances::of(rows).people_at(rows, time_secs);
        (people.iter())
            .map(|person| {
                let nose = person.shown_pose().keypoints[0].unwrap();
                (person.id.0, person.bbox.xywh()[0], nose.at.x)
            })
            .collect()
    }

    #[test]
    fn over_frames_that_are_passed_over_people_go_straight() {
        // every third frame at 25 frames per second
        let rows: Vec<FrameRow> = (0..5_u64)
            .map(|k| row(3 * k, 0.12 * k as f64, vec![person(7, 30.0 * k as f64)]))
            .collect();
        for frame in 0..=12_u32 {
            let found = shown(&rows, 0.04 * f64::from(frame));
            let [(7, box_x, nose_x)] = found.as_slice() else {
                panic!("frame {frame}: {found:?}");
            };
            let expected = 10.0 * frame as f32;
            assert!((box_x - expected).abs() < 1e-3, "frame {frame}: {box_x}");
            assert!((nose_x - expected).abs() < 1e-3, "frame {frame}: {nose_x}");
        }
    }

    #[test]
    fn a_frame_that_the_nets_have_seen_shows_what_they_saw() {
        let rows = [
            row(0, 0.0, vec![person(1, 0.0)]),
            row(2, 0.066667, vec![]),
            row(4, 0.133333, vec![person(1, 40.0)]),
        ];
        // times of a video are kept in other units
        assert_eq!(shown(&rows, 0.000004), [(1, 0.0, 0.0)]);
        assert!(shown(&rows, 0.066661).is_empty());
        assert_eq!(shown(&rows, 0.133337), [(1, 40.0, 40.0)]);
    }

    #[test]
    fn who_goes_stays_until_the_next_frame_and_who_comes_is_not_there_before() {
        let rows = [
            row(0, 0.0, vec![person(1, 0.0), person(2, 50.0)]),
            row(4, 0.16, vec![person(2, 90.0), person(3, 70.0)]),
        ];
        assert_eq!(shown(&rows, 0.08), [(1, 0.0, 0.0), (2, 70.0, 70.0)]);
    }

    #[test]
    fn frames_that_follow_each_other_have_nobody_between_them_or_after_the_last() {
        let rows = [
            row(0, 0.0, vec![person(1, 0.0)]),
            row(1, 0.04, vec![person(1, 1.0)]),
            row(2, 0.2, vec![person(1, 2.0)]),
        ];
        assert!(shown(&rows, 0.12).is_empty());
        assert!(shown(&rows, 0.3).is_empty());
    }

    #[test]
    fn nobody_is_shown_for_long_where_nothing_says_so() {
        // the nets were busy with something else from 0.24 to 2.4 seconds
        let rows: Vec<FrameRow> = [0, 2, 4, 6, 60, 62]
            .map(|frame| row(frame, 0.04 * frame as f64, vec![person(1, 5.0)]))
            .to_vec();
        let there: [(u32, f32, f32); 1] = [(1, 5.0, 5.0)];
        for (time_secs, is_shown) in [
            (0.28, true),
            (0.48, true),
            (0.52, false),
            (2.36, false),
            (2.4, true),
            // after the last one
            (2.72, true),
            (2.76, false),
        ] {
            let found = shown(&rows, time_secs);
            assert_eq!(found == there, is_shown, "{time_secs}: {found:?}");
        }
    }

    #[test]
    fn slow_nets_do_not_make_people_flicker_but_very_slow_ones() {
        let flickers = |interval_secs: f64| {
            let step = (interval_secs / 0.04_f64).round() as u64;
            let rows: Vec<FrameRow> = (0..4)
                .map(|k| row(step * k, interval_secs * k as f64, vec![person(1, 5.0)]))
                .collect();
            (0..3 * step).any(|frame| shown(&rows, 0.04 * frame as f64).is_empty())
        };
        assert!(!flickers(0.08));
        assert!(!flickers(0.4));
        assert!(!flickers(0.92));
        assert!(flickers(1.6));
    }

    #[test]
    fn no_rows_show_nobody() {
        assert!(shown(&[], 0.0).is_empty());
        let one = [row(5, 0.2, vec![person(1, 5.0)])];
        assert_eq!(shown(&one, 0.22).len(), 1);
        assert!(shown(&one, 0.3).is_empty());
    }
}
