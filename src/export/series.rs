//! Rows of a file, put together person by person, and back.

use std::collections::BTreeMap;

use crate::export::rows::{FrameRow, KeypointRow, PersonRow, keypoint_rows, pose_of_rows};
use crate::measure::landmarks::within_picture;
use crate::skeleton::N_JOINTS;
use crate::types::{Pose, PoseSeries, TrackId};

/// A row without what a series does not need: a quarter of its memory, for those who keep a whole recording.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SeenFrame {
    /// Its place in the recording.
    pub(super) frame: u64,
    /// Presentation time.
    pub(super) time_secs: f64,
    /// Everyone in it, in the order of the row.
    pub(super) people: Vec<(TrackId, Pose)>,
}

impl SeenFrame {
    /// `positions` chooses the raw joints or the smoothed ones.
    pub(super) fn new(
        row: &FrameRow,
        positions: impl Fn(&PersonRow) -> &[KeypointRow; N_JOINTS],
    ) -> Self {
        Self {
            frame: row.frame,
            time_secs: row.time_s,
            people: row
                .people
                .iter()
                .map(|person| (TrackId(person.id), pose_of_rows(positions(person))))
                .collect(),
        }
    }

    /// Without joints outside of a picture of `[width, height]` pixels.
    pub(super) fn within_picture(mut self, picture: [usize; 2]) -> Self {
        for (_, pose) in &mut self.people {
            *pose = within_picture(pose, picture);
        }
        self
    }
}

/// One series for each identity, by identity; `positions` chooses the raw joints or the smoothed ones.
///
/// A frame that does not show the person, between two that do, is an empty pose.
pub fn pose_series(
    rows: &[FrameRow],
    positions: impl Fn(&PersonRow) -> &[KeypointRow; N_JOINTS],
) -> Vec<PoseSeries> {
    let frames: Vec<SeenFrame> = rows
        .iter()
        .map(|row| SeenFrame::new(row, &positions))
        .collect();
    series_of(&frames)
}

/// One series for each identity, as [`pose_series`] has them.
pub(super) fn series_of(frames: &[SeenFrame]) -> Vec<PoseSeries> {
    let mut spans: BTreeMap<TrackId, (usize, usize)> = BTreeMap::new();
    for (frame_idx, seen) in frames.iter().enumerate() {
        for (id, _) in &seen.people {
            spans.entry(*id).or_insert((frame_idx, frame_idx)).1 = frame_idx;
        }
    }
    spans
        .into_iter()
        .map(|(id, (first, last))| {
            let shown = &frames[first..=last];
            let pose_in = |seen: &SeenFrame| {
                let own = seen.people.iter().find(|(who, _)| *who == id);
                own.map_or(Pose::EMPTY, |(_, pose)| *pose)
            };
            PoseSeries {
                id,
                frames: shown.iter().map(|seen| seen.frame).collect(),
                times_secs: shown.iter().map(|seen| seen.time_secs).collect(),
                poses: shown.iter().map(pose_in).collect(),
            }
        })
        .collect()
}

/// Writes the poses of series that came from [`pose_series`] into the rows, as smoothed ones; says how many joints had
/// no place.
///
/// A frame that does not show the person stays so: its row would need a box and a score, which nobody has measured.
pub fn put_smoothed(rows: &mut [FrameRow], all_series: &[PoseSeries]) -> usize {
    let mut first_rows: BTreeMap<u32, usize> = BTreeMap::new();
    for (row_idx, row) in rows.iter().enumerate() {
        for person in &row.people {
            first_rows.entry(person.id).or_insert(row_idx);
        }
    }
    let mut n_without_place = 0;
    for series in all_series {
        let is_own = |person: &PersonRow| person.id == series.id.0;
        let first = first_rows.get(&series.id.0).copied();
        let first = first.unwrap_or(rows.len());
        for (row, pose) in rows[first..].iter_mut().zip(&series.poses) {
            match row.people.iter_mut().find(|person| is_own(person)) {
                Some(person) => person.smoothed = Some(keypoint_rows(pose)),
                None => n_without_place += pose.found().count(),
            }
        }
    }
    n_without_place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: u32, x: f64) -> PersonRow {
        let mut keypoints = [None; N_JOINTS];
        keypoints[0] = Some([x, 2.0, 0.5]);
        PersonRow {
            id,
            score: 0.5,
            bbox: [0.0, 0.0, 10.0, 10.0],
            keypoints,
            smoothed: None,
        }
    }

    #[test]
    fn a_series_runs_from_first_to_last_sight_and_is_empty_between() {
        let frame = |frame, people| FrameRow {
            frame,
            time_s: 0.04 * frame as f64,
            file: None,
            people,
        };
        let rows = [
            frame(0, vec![person(7, 0.0)]),
            frame(1, vec![person(2, 1.0), person(7, 2.0)]),
            frame(2, vec![]),
            frame(3, vec![person(2, 3.0)]),
        ];
        let series = pose_series(&rows, PersonRow::positions);
        assert_eq!(series.len(), 2);
        assert_eq!((series[0].id, series[1].id), (TrackId(2), TrackId(7)));
        assert_eq!(series[0].frames, [1, 2, 3]);
        assert_eq!(series[0].times_secs, [0.04, 0.08, 0.12]);
        assert_eq!(series[0].poses[1], Pose::EMPTY);
        assert_eq!(series[0].poses[2].keypoints[0].unwrap().at.x, 3.0);
        assert_eq!(series[1].frames, [0, 1]);
    }

    #[test]
    fn smoothed_joints_go_where_the_person_is_and_nowhere_else() {
        let frame = |frame, people| FrameRow {
            frame,
            time_s: 0.04 * frame as f64,
            file: None,
            people,
        };
        let mut rows = [
            frame(0, vec![person(7, 0.0)]),
            frame(1, vec![person(2, 1.0), person(7, 2.0)]),
            frame(2, vec![person(7, 3.0)]),
            frame(3, vec![person(2, 3.0)]),
        ];
        let mut series = pose_series(&rows, PersonRow::positions);
        for pose in series.iter_mut().flat_map(|series| &mut series.poses) {
            // one joint where there was one or none
            *pose = Pose::EMPTY;
            pose.keypoints[4] = pose_of_rows(&person(0, 9.25).keypoints).keypoints[0];
        }
        assert_eq!(put_smoothed(&mut rows, &series), 1);
        for person in rows.iter().flat_map(|row| &row.people) {
            let smoothed = person.smoothed.unwrap();
            assert_eq!(smoothed[4], Some([9.25, 2.0, 0.5]));
            assert_eq!(smoothed[0], None);
            assert!(person.keypoints[0].is_some());
        }
        assert_eq!(rows[2].people.len(), 1);
    }
}
