//! A person over all pictures of a video, for programs that count rows and leave numbers and times of frames alone.

use std::path::Path;

use crate::export::ExportError;
use crate::export::person_files::MOST_SAMPLES;
use crate::export::resample::{EVEN_WITHIN_SECS, LONGEST_BRIDGED_SECS, between};
use crate::export::rows::rounded;
use crate::export::series::SeenFrame;
use crate::types::{Pose, PoseSeries};

/// The person from the first picture of the video on: without joints until the first sight.
///
/// A recording begins with frame 0, whichever frame the results begin with, at the time that the results' frames let
/// suppose. With `one_picture_a_row` the video begins with the first of these.
pub(super) fn from_first_picture(
    series: &PoseSeries,
    results: &[SeenFrame],
    one_picture_a_row: bool,
) -> PoseSeries {
    let begins_later = results.first().is_some_and(|seen| 0 < seen.frame);
    let start = (begins_later && !one_picture_a_row).then(|| (0, first_picture_secs(results)));
    let unseen = results
        .iter()
        .take_while(|seen| seen.people.iter().all(|(id, _)| *id != series.id))
        .map(|seen| (seen.frame, seen.time_secs));
    let (mut frames, mut times_secs): (Vec<u64>, Vec<f64>) =
        start.into_iter().chain(unseen).unzip();
    let mut poses = vec![Pose::EMPTY; frames.len()];
    frames.extend(&series.frames);
    times_secs.extend(&series.times_secs);
    poses.extend(&series.poses);
    PoseSeries {
        id: series.id,
        frames,
        times_secs,
        poses,
    }
}

/// Sound that begins sooner, or pictures that are coded out of order, delay the first picture by less. What rows let
/// suppose beyond that is another rate before them.
const LARGEST_DELAY_SECS: f64 = 0.5;

/// When frame 0 was shown if frames before the first row came as fast as those from it to the last row; many recordings
/// do not begin at 0. It is 0 where the rows do not tell for sure: a single one tells no speed.
///
/// The mean interval of frame numbers, not the median of the rows': times in whole milliseconds are off by a hundredth,
/// which would be a second after 3000 frames, and results may pass over frames.
fn first_picture_secs(results: &[SeenFrame]) -> f64 {
    let (Some(first), Some(last)) = (results.first(), results.last()) else {
        return 0.0;
    };
    let n_intervals = last.frame.saturating_sub(first.frame) as f64;
    let interval_secs = (last.time_secs - first.time_secs) / n_intervals;
    if !interval_secs.is_finite() || interval_secs < 0.0 {
        return 0.0;
    }
    let start_secs = first.time_secs - first.frame as f64 * interval_secs;
    // times may be whole milliseconds: each end of the results is off by half of one
    let error_secs = 1e-3 * (1.0 + first.frame as f64 / n_intervals);
    if start_secs <= error_secs || LARGEST_DELAY_SECS < start_secs {
        return 0.0;
    }
    // as exact as times are kept
    rounded(start_secs, 1e6)
}

/// Pictures per second of the video on average, from the first one, at `first_secs`, to the last row; `None` where they
/// come evenly, or no time passes.
///
/// A recording has a picture for each number from 0 on, with `one_picture_a_row` the video has one for each row.
pub(super) fn rate_of_uneven_hz(
    first_secs: f64,
    results: &[SeenFrame],
    one_picture_a_row: bool,
) -> Option<f64> {
    let pictures = || {
        results.iter().enumerate().map(move |(place, seen)| {
            let picture = if one_picture_a_row {
                place as f64
            } else {
                seen.frame as f64
            };
            (picture, seen.time_secs - first_secs)
        })
    };
    let (last_picture, span_secs) = pictures().next_back()?;
    let rate_hz = last_picture / span_secs;
    let is_even =
        pictures().all(|(picture, secs)| (secs - picture / rate_hz).abs() <= EVEN_WITHIN_SECS);
    (rate_hz.is_finite() && 0.0 < rate_hz && !is_even).then_some(rate_hz)
}

/// A pose for every number from the first frame's to the last one's. In frames that the results pass over, at times spread
/// evenly between those beside them, joints are on the straight way; they are missing where that takes longer than a quarter
/// of a second.
pub(super) fn without_holes(series: &PoseSeries, path: &Path) -> Result<PoseSeries, ExportError> {
    let n_rows = (series.frames.windows(2))
        .map(|pair| pair[1].saturating_sub(pair[0]).max(1))
        .fold(1, u64::saturating_add);
    if MOST_SAMPLES < n_rows as f64 {
        return Err(ExportError::TooManyFrames {
            path: path.to_owned(),
            n_rows,
        });
    }
    let mut whole = PoseSeries {
        id: series.id,
        frames: Vec::new(),
        times_secs: Vec::new(),
        poses: Vec::new(),
    };
    let mut push = |frame: u64, time_secs: f64, pose: Pose| {
        whole.frames.push(frame);
        whole.times_secs.push(time_secs);
        whole.poses.push(pose);
    };
    let mut before: Option<(u64, f64, &Pose)> = None;
    let shown = (series.frames.iter().zip(&series.times_secs)).zip(&series.poses);
    for ((frame, time_secs), pose) in shown {
        if let Some((from, from_secs, from_pose)) = before {
            let n_steps = frame.saturating_sub(from);
            for step in 1..n_steps {
                let share = step as f64 / n_steps as f64;
                let between_secs = from_secs + share * (time_secs - from_secs);
                let between_pose = if time_secs - from_secs <= LONGEST_BRIDGED_SECS {
                    between(from_pose, pose, share as f32)
                } else {
                    Pose::EMPTY
                };
                push(from + step, between_secs, between_pose);
            }
        }
        push(*frame, *time_secs, *pose);
        before = Some((*frame, *time_secs, pose));
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::Point;
    use crate::types::{Keypoint, TrackId};

    /// A person who is seen in these frames, at 25 frames per second.
    fn seen_in(frames: &[u64]) -> PoseSeries {
        let mut pose = Pose::EMPTY;
        pose.keypoints[0] = Some(Keypoint {
            at: Point::new(3.0, 4.0),
            confidence: 0.9,
        });
        PoseSeries {
            id: TrackId(1),
            frames: frames.to_vec(),
            times_secs: frames.iter().map(|frame| 0.04 * *frame as f64).collect(),
            poses: vec![pose; frames.len()],
        }
    }

    /// These frames without anybody in them.
    fn rows(frames: &[u64]) -> Vec<SeenFrame> {
        frames
            .iter()
            .map(|frame| SeenFrame {
                frame: *frame,
                time_secs: 0.04 * *frame as f64,
                people: Vec::new(),
            })
            .collect()
    }

    #[test]
    fn a_recording_begins_with_frame_0_and_a_written_video_with_the_first_row() {
        let (series, rows) = (seen_in(&[7, 9]), rows(&[4, 6]));
        let of_recording = from_first_picture(&series, &rows, false);
        assert_eq!(of_recording.frames, [0, 4, 6, 7, 9]);
        assert_eq!(of_recording.times_secs[..2], [0.0, 0.16]);
        assert_eq!(of_recording.poses[..3], [Pose::EMPTY; 3]);
        assert_eq!(of_recording.poses[3..], series.poses);
        let of_video = from_first_picture(&series, &rows, true);
        assert_eq!(of_video.frames, [4, 6, 7, 9]);
    }

    #[test]
    fn a_recording_that_begins_later_than_0_does_so_however_its_times_are_rounded() {
        let later = |frames: &[u64], offset_secs: f64, steps: f64| {
            let mut rows = rows(frames);
            for row in &mut rows {
                row.time_secs = rounded(offset_secs + row.frame as f64 / 30.0, steps);
            }
            first_picture_secs(&rows)
        };
        assert_eq!(later(&[4, 5, 6], 0.4, 1e9), 0.4);
        // every second frame
        assert_eq!(later(&[4, 6, 8], 0.4, 1e9), 0.4);
        // ten seconds in whole milliseconds
        let frames: Vec<u64> = (3000..3300).collect();
        assert!((later(&frames, 0.08, 1e3) - 0.08).abs() < 0.02);
        // one second in whole milliseconds does not tell what was five minutes before
        let frames: Vec<u64> = (9000..9030).collect();
        assert_eq!(later(&frames, 0.0, 1e3), 0.0);
        // a minute at 24 frames a second before these at 30
        let frames: Vec<u64> = (1440..1500).collect();
        assert_eq!(later(&frames, 60.0 - 1440.0 / 30.0, 1e9), 0.0);
        // a single frame, none, and times that let suppose a time before 0
        assert_eq!(later(&[4], 0.4, 1e9), 0.0);
        assert_eq!(later(&[], 0.4, 1e9), 0.0);
        assert_eq!(later(&[40, 41], -0.5, 1e9), 0.0);
    }

    #[test]
    fn only_pictures_that_come_unevenly_have_a_rate_to_be_brought_to() {
        let at = |times: &[(u64, f64)]| {
            let mut rows = rows(&times.iter().map(|(frame, _)| *frame).collect::<Vec<_>>());
            for (row, (_, time_secs)) in rows.iter_mut().zip(times) {
                row.time_secs = *time_secs;
            }
            rows
        };
        // whole milliseconds, and a picture that is passed over
        let even = at(&[(0, 0.0), (1, 0.033), (3, 0.1), (4, 0.133)]);
        assert_eq!(rate_of_uneven_hz(0.0, &even, false), None);
        // the same pictures one after the other
        let rate_hz = rate_of_uneven_hz(0.0, &even, true).unwrap();
        assert!((rate_hz - 3.0 / 0.133).abs() < 1e-9, "{rate_hz}");
        let uneven = at(&[(2, 0.5), (3, 0.54), (5, 0.9)]);
        assert_eq!(rate_of_uneven_hz(0.4, &uneven, false), Some(5.0 / 0.5));
        for few in [&[][..], &[(0, 0.5)], &[(0, 0.5), (1, 0.5)]] {
            assert_eq!(rate_of_uneven_hz(0.5, &at(few), false), None, "{few:?}");
        }
    }

    #[test]
    fn joints_go_straight_through_frames_that_were_passed_over() {
        let mut series = seen_in(&[2, 3, 6]);
        if let Some(nose) = &mut series.poses[2].keypoints[0] {
            nose.at = Point::new(9.0, 7.0);
        }
        let whole = without_holes(&series, Path::new("a.trc")).unwrap();
        assert_eq!(whole.frames, [2, 3, 4, 5, 6]);
        for (frame, time_secs) in whole.frames.iter().zip(&whole.times_secs) {
            assert!((time_secs - 0.04 * *frame as f64).abs() < 1e-9);
        }
        for (pose, [x, y]) in whole.poses[1..]
            .iter()
            .zip([[3.0, 4.0], [5.0, 5.0], [7.0, 6.0]])
        {
            let nose = pose.keypoints[0].unwrap().at;
            assert!(
                (nose.x - x).abs() < 1e-4 && (nose.y - y).abs() < 1e-4,
                "{nose:?}"
            );
        }
    }

    #[test]
    fn in_long_holes_there_are_frames_without_joints() {
        let whole = without_holes(&seen_in(&[2, 9]), Path::new("a.trc")).unwrap();
        assert_eq!(whole.frames, [2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(whole.poses[1..7], [Pose::EMPTY; 6]);
    }

    #[test]
    fn numbers_that_count_no_frames_do_not_make_endless_rows() {
        let series = seen_in(&[0, 391_895_000_000]);
        let error = without_holes(&series, Path::new("a.trc")).unwrap_err();
        assert!(matches!(error, ExportError::TooManyFrames { .. }));
        // nor do those that go back
        let back = without_holes(&seen_in(&[5, 3, u64::MAX]), Path::new("a.trc"));
        assert!(back.is_err());
        let back = without_holes(&seen_in(&[5, 3, 4]), Path::new("a.trc")).unwrap();
        assert_eq!(back.frames, [5, 3, 4]);
    }
}
