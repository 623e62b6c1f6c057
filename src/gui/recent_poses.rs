//! The last seconds of everyone, for what needs more than one pose.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::measure::landmarks::within_picture;
use crate::measure::{AngleParams, AngleSeries, VisibleSide};
use crate::types::{FrameResult, Pose, PoseSeries, TrackId};

/// So much is kept: a few steps of a walk, or one slow squat.
pub const KEPT_SECS: f64 = 5.0;

/// After a longer pause, what was before belongs to another moment.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The newest poses of everyone who was seen in the last [`KEPT_SECS`].
#[derive(Debug, Default)]
pub struct RecentPoses {
    people: BTreeMap<TrackId, PoseSeries>,
    newest: Option<Duration>,
}

impl RecentPoses {
    /// Takes in a frame. After a jump ahead in the recording it begins anew; after a step back, what came before
    /// the frame stays.
    pub fn add(&mut self, result: &FrameResult) {
        let time = result.frame.time;
        let now_secs = time.as_secs_f64();
        let newest = self.newest.replace(time);
        if newest.is_some_and(|newest| LONGEST_PAUSE < time.saturating_sub(newest)) {
            self.people.clear();
        }
        self.forget_from(now_secs);
        for person in &result.people {
            self.people.entry(person.id).or_insert_with(|| PoseSeries {
                id: person.id,
                frames: Vec::new(),
                times_secs: Vec::new(),
                poses: Vec::new(),
            });
        }
        self.people.retain(|id, series| {
            let person = result.people.iter().find(|person| person.id == *id);
            let picture = result.frame.image.size();
            let pose = person.map_or(Pose::EMPTY, |person| {
                within_picture(person.shown_pose(), picture)
            });
            series.frames.push(result.frame.index);
            series.times_secs.push(now_secs);
            series.poses.push(pose);
            let is_old = |secs: &f64| KEPT_SECS < now_secs - secs;
            let n_old = series
                .times_secs
                .iter()
                .take_while(|secs| is_old(secs))
                .count();
            series.frames.drain(..n_old);
            series.times_secs.drain(..n_old);
            series.poses.drain(..n_old);
            series.poses.iter().any(|pose| *pose != Pose::EMPTY)
        });
    }

    /// Takes away the frames from a moment on: they are to come again, also the same one with other settings.
    fn forget_from(&mut self, from_secs: f64) {
        self.people.retain(|_, series| {
            let n_before = series.times_secs.partition_point(|secs| *secs < from_secs);
            series.frames.truncate(n_before);
            series.times_secs.truncate(n_before);
            series.poses.truncate(n_before);
            0 < n_before
        });
    }

    /// The angles of a person up to the newest frame, as `poseglass measure` computes them.
    pub fn angles(&self, id: TrackId) -> Option<AngleSeries> {
        let series = self.people.get(&id)?;
        let params = AngleParams::default();
        let sides = VisibleSide::over_time(series, params.min_confidence);
        Some(AngleSeries::new(series, &sides, &params))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::{BBox, Point};
    use crate::image::RgbImage;
    use crate::types::{Frame, Keypoint, StageTimes, TrackedPose};
    use std::sync::Arc;
    use std::time::Instant;

    /// Takes in frames that show one person.
    fn add(recent: &mut RecentPoses, times_ms: &[u64]) {
        for &ms in times_ms {
            let mut pose = Pose::EMPTY;
            pose.keypoints[0] = Some(Keypoint {
                at: Point::new(8.0, 6.0),
                confidence: 0.9,
            });
            recent.add(&FrameResult {
                frame: Frame {
                    index: ms / 500,
                    time: Duration::from_millis(ms),
                    file: None,
                    captured_at: Instant::now(),
                    image: Arc::new(RgbImage::filled([32, 24], [10, 20, 30])),
                },
                people: vec![TrackedPose {
                    id: TrackId(1),
                    bbox: BBox::from_xywh([4.0, 4.0, 8.0, 16.0]),
                    score: 0.9,
                    pose,
                    smoothed: None,
                }],
                times: StageTimes::default(),
                effort: None,
            });
        }
    }

    fn kept_secs(recent: &RecentPoses) -> Vec<f64> {
        let series = &recent.people[&TrackId(1)];
        assert_eq!(series.frames.len(), series.times_secs.len());
        assert_eq!(series.poses.len(), series.times_secs.len());
        series.times_secs.clone()
    }

    #[test]
    fn a_step_back_keeps_what_came_before() {
        let mut recent = RecentPoses::default();
        add(&mut recent, &[1000, 1500, 2000, 2500]);
        add(&mut recent, &[2000]);
        assert_eq!(kept_secs(&recent), [1.0, 1.5, 2.0]);
        // the same frame with other settings
        add(&mut recent, &[2000]);
        assert_eq!(kept_secs(&recent), [1.0, 1.5, 2.0]);
        add(&mut recent, &[2500, 500]);
        assert_eq!(kept_secs(&recent), [0.5]);
    }

    #[test]
    fn a_jump_ahead_begins_anew() {
        let mut recent = RecentPoses::default();
        add(&mut recent, &[1000, 1500, 2500]);
        assert_eq!(kept_secs(&recent), [1.0, 1.5, 2.5]);
        add(&mut recent, &[4000]);
        assert_eq!(kept_secs(&recent), [4.0]);
    }
}
