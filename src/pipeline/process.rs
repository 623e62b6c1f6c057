//! One frame after the other: find people every few frames, follow their joints in between.

use std::time::Duration;

use crate::base::timing::Stopwatch;
use crate::geom::{BBox, Image};
use crate::image::RgbImage;
use crate::pipeline::appearance::AppearanceEstimator;
use crate::pipeline::candidates::{Candidate, candidates};
use crate::pipeline::detector_turn::DetectorTurn;
use crate::pipeline::dial::BudgetDial;
use crate::pipeline::estimate::PoseEstimator;
use crate::pipeline::params::PipelineParams;
use crate::seam::{NetError, PersonDetector, PoseNet, Reidentifier};
use crate::track::tracker::BELIEVED_SCORE;
use crate::track::{Selector, Tracker};
use crate::types::{Effort, Frame, FrameResult, PersonPose, Pose, StageTimes, TrackId};

/// Joints at least this sure say where a person is.
const SURE_JOINT: f32 = 0.2;

/// Where joints are less sure on average, there is no person as far as the pose net can tell: fewer than half of such
/// joints are right (`training/RESULTS.md`). A region that was followed is given up then, and the detector looks at once.
const MIN_MEAN_CONFIDENCE: f32 = 0.5;

/// Fewer sure joints are no person, however sure: one or two are found in furniture, too. A face alone has up to five.
const MIN_SEEN_JOINTS: usize = 3;

/// The joints' bounds grown by this are about the person's box: hair, hands and feet lie outside of the joints.
const BOX_FROM_JOINTS: f32 = 1.2;

/// What is remembered from frame to frame: with it a pipeline goes on from a frame again.
#[derive(Clone, Debug)]
pub struct PipelineMemory {
    tracker: Tracker,
    selector: Selector,
    detector_turn: DetectorTurn,
}

/// Nets, tracker and the little that is remembered from frame to frame.
pub struct Pipeline {
    detector: Box<dyn PersonDetector>,
    estimator: PoseEstimator,
    /// `None` where nobody is known by their looks.
    appearance: Option<AppearanceEstimator>,
    tracker: Tracker,
    selector: Selector,
    params: PipelineParams,
    /// Turned by the frames' times where there is a budget.
    dial: Option<BudgetDial>,
    detector_turn: DetectorTurn,
    /// The largest identity shown before the memory of an earlier frame was restored.
    largest_id_left_behind: u32,
}

impl Pipeline {
    /// A pipeline that has seen nothing yet.
    pub fn new(
        detector: Box<dyn PersonDetector>,
        pose_net: Box<dyn PoseNet>,
        params: PipelineParams,
    ) -> Self {
        let estimator = PoseEstimator::new(pose_net);
        Self {
            detector,
            dial: dial(&params, &estimator),
            estimator,
            appearance: None,
            tracker: Tracker::new(params.tracker.clone()),
            selector: Selector::default(),
            params,
            detector_turn: DetectorTurn::default(),
            largest_id_left_behind: 0,
        }
    }

    /// Knows people by their looks from now on; without a net, only by where they are.
    #[must_use]
    pub fn with_reidentifier(mut self, net: Option<Box<dyn Reidentifier>>) -> Self {
        self.appearance = net.map(AppearanceEstimator::new);
        self
    }

    /// How frames are worked on now.
    pub const fn params(&self) -> &PipelineParams {
        &self.params
    }

    /// Works differently from the next frame on; identities go on unless the tracker's own settings change.
    pub fn set_params(&mut self, params: PipelineParams) {
        if params.tracker != self.params.tracker {
            self.tracker.set_params(params.tracker.clone());
        }
        let budget_changes = params.budget != self.params.budget;
        self.params = params;
        if budget_changes {
            self.dial = dial(&self.params, &self.estimator);
        }
    }

    /// Asks another pose net from the next frame on; identities go on.
    pub fn set_pose_net(&mut self, net: Box<dyn PoseNet>) {
        self.estimator = PoseEstimator::new(net);
        self.dial = dial(&self.params, &self.estimator);
    }

    /// What the next frame gets.
    fn effort(&self) -> Effort {
        self.dial.as_ref().map_or_else(
            || Effort {
                stacks: self.estimator.n_stacks(),
                n_stacks: self.estimator.n_stacks(),
                precision: self
                    .estimator
                    .precisions()
                    .first()
                    .copied()
                    .unwrap_or_default(),
                mirror: self.estimator.has_mirror(),
                detect_every: self.params.detect_every,
            },
            BudgetDial::effort,
        )
    }

    /// Forgets everyone, as for another source; identities are not used again.
    pub fn reset(&mut self) {
        self.tracker.reset();
        self.begin_anew();
    }

    /// Goes on from a frame at `time` of which nothing is known yet: only looks tell who is who there.
    pub fn jump_to(&mut self, time: Duration) {
        self.tracker.jump_to(time);
        self.begin_anew();
    }

    /// After the tracker has let go of everyone.
    fn begin_anew(&mut self) {
        self.tracker.give_ids_after(self.largest_id_left_behind);
        self.selector.reset();
        self.detector_turn = DetectorTurn::default();
    }

    /// Everyone who is followed, or may be recognized.
    pub fn remembered(&self) -> impl Iterator<Item = TrackId> {
        self.tracker.remembered()
    }

    /// What is known after the last frame.
    pub fn memory(&self) -> PipelineMemory {
        PipelineMemory {
            tracker: self.tracker.clone(),
            selector: self.selector.clone(),
            detector_turn: self.detector_turn,
        }
    }

    /// Goes on from there, with the same identities for the same people; settings stay those of now.
    pub fn restore(&mut self, memory: PipelineMemory) {
        self.largest_id_left_behind = self
            .largest_id_left_behind
            .max(self.tracker.largest_shown_id());
        self.tracker = memory.tracker;
        self.tracker.set_params(self.params.tracker.clone());
        self.selector = memory.selector;
        self.detector_turn = memory.detector_turn;
    }

    /// Finds and follows the people of the next frame.
    pub fn process(&mut self, frame: Frame) -> Result<FrameResult, NetError> {
        let mut stopwatch = Stopwatch::start();
        let mut times = StageTimes::default();
        let effort = self.effort();
        self.estimator.set_stacks(effort.stacks);
        self.estimator.set_precision(effort.precision);
        self.estimator.set_mirror(effort.mirror);
        let regions = self.tracker.regions(frame.time, frame.image.size());
        let followed: Vec<BBox<Image>> = regions.into_iter().map(|(_, bbox)| bbox).collect();
        let detector_is_due = followed.is_empty()
            || self.tracker.anyone_lost()
            || (self.detector_turn).has_come(frame.time, effort.detect_every);
        let candidates = if detector_is_due {
            self.detector.set_mirror(effort.mirror);
            let detections = self.detector.detect(&frame.image)?;
            self.detector_turn.note_run(frame.time);
            times.detect = Some(stopwatch.lap());
            candidates(&detections, followed)
        } else {
            self.detector_turn.note_frame();
            candidates(&[], followed)
        };
        let people = self.look_at(&frame.image, candidates, &mut times)?;
        stopwatch.lap();
        let people = match &mut self.appearance {
            Some(appearance) => {
                self.tracker
                    .update_with_looks(frame.time, people, &mut |boxes| {
                        appearance.looks(&frame.image, boxes)
                    })?
            }
            None => self.tracker.update(frame.time, people),
        };
        for recognition in self.tracker.recognized() {
            self.selector.unite(*recognition);
        }
        let selection = self.params.selection;
        let people = self.selector.choose(selection, frame.time, people);
        times.track = stopwatch.lap();
        if let Some(dial) = &mut self.dial {
            dial.observe(&times);
        }
        Ok(FrameResult {
            frame,
            people,
            times,
            effort: Some(effort),
        })
    }

    fn look_at(
        &mut self,
        image: &RgbImage,
        mut candidates: Vec<Candidate>,
        times: &mut StageTimes,
    ) -> Result<Vec<PersonPose>, NetError> {
        // followed people first, or two would take turns in the last place; then the surest new ones
        candidates.sort_by(|a, b| {
            let sureness = |candidate: &Candidate| {
                candidate.detection.map_or(1.0, |detection| detection.score)
            };
            (b.is_followed.cmp(&a.is_followed)).then(sureness(b).total_cmp(&sureness(a)))
        });
        candidates.truncate(self.params.max_people);
        let regions: Vec<BBox<Image>> = candidates
            .iter()
            .map(|candidate| candidate.region)
            .collect();
        let estimate = self.estimator.poses(image, &regions)?;
        times.crop += estimate.crop_time;
        times.pose += estimate.net_time;
        times.decode += estimate.decode_time;
        let mut people = Vec::new();
        let mut elsewhere = Vec::new();
        for (candidate, pose) in candidates.iter().zip(estimate.poses) {
            match (person(candidate, pose, image.size()), candidate.otherwise) {
                (Some(person), _) => people.push(person),
                (None, Some(region)) => elsewhere.push(Candidate {
                    region,
                    detection: None,
                    is_followed: true,
                    otherwise: None,
                }),
                (None, None) => {}
            }
        }
        if !elsewhere.is_empty() {
            people.extend(self.look_at(image, elsewhere, times)?);
        }
        Ok(people)
    }
}

fn dial(params: &PipelineParams, estimator: &PoseEstimator) -> Option<BudgetDial> {
    let budget = params.budget?;
    Some(BudgetDial::new(
        budget,
        estimator.n_stacks(),
        estimator.has_mirror(),
        estimator.precisions(),
    ))
}

/// What is known about a candidate after the net has looked; `None` when nobody is there.
fn person(candidate: &Candidate, pose: Pose, picture: [usize; 2]) -> Option<PersonPose> {
    let confidence = pose.mean_found_confidence(SURE_JOINT);
    let n_sure = (pose.found())
        .filter(|(_, keypoint)| SURE_JOINT <= keypoint.confidence)
        .count();
    let is_seen = MIN_SEEN_JOINTS <= n_sure && MIN_MEAN_CONFIDENCE <= confidence;
    match candidate.detection {
        // from there on the tracker believes the detector, too
        Some(detection) if !is_seen && detection.score < BELIEVED_SCORE => None,
        Some(detection) => Some(PersonPose {
            bbox: detection.bbox,
            score: detection.score,
            pose,
        }),
        None if !is_seen => None,
        None => Some(PersonPose {
            bbox: pose
                .bounds(SURE_JOINT)
                .and_then(|bounds| bounds.scaled(BOX_FROM_JOINTS).clipped(picture))
                .unwrap_or(candidate.region),
            score: confidence,
            pose,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::Point;
    use crate::types::{Detection, Keypoint};

    #[test]
    fn who_is_not_seen_by_the_pose_net_needs_a_sure_detector() {
        let is_person = |score: Option<f32>, n_joints: usize, confidence: f32| {
            let region = BBox::from_xywh([100.0, 50.0, 60.0, 160.0]);
            let candidate = Candidate {
                region,
                detection: score.map(|score| Detection {
                    bbox: region,
                    score,
                }),
                is_followed: score.is_none(),
                otherwise: None,
            };
            let mut pose = Pose::EMPTY;
            for (joint_idx, keypoint) in pose.keypoints.iter_mut().take(n_joints).enumerate() {
                *keypoint = Some(Keypoint {
                    at: Point::new(130.0 + 4.0 * joint_idx as f32, 70.0),
                    confidence,
                });
            }
            person(&candidate, pose, [640, 480]).is_some()
        };
        assert!(is_person(Some(0.55), 5, 0.6));
        assert!(
            !is_person(Some(0.55), 5, 0.3),
            "a table, or a screen on the wall"
        );
        assert!(is_person(Some(0.8), 5, 0.3));
        assert!(is_person(None, 5, 0.6));
        assert!(!is_person(None, 5, 0.3), "somebody who has gone");
        // a face from the side, and what is like an elbow
        assert!(is_person(None, 3, 0.6));
        for score in [None, Some(0.55)] {
            assert!(!is_person(score, 2, 0.9), "{score:?}");
        }
        assert!(is_person(Some(0.8), 1, 0.9));
    }
}
