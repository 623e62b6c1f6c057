//! One person who is followed: where they were, how they move, where they will be.

use std::time::Duration;

use crate::geom::{BBox, Image, Point};
use crate::track::appearance::{Appearance, LastSeen};
use crate::track::smoothing::PoseSmoother;
use crate::track::tracker::LONGEST_FOLLOWED_GAP;
use crate::types::{Keypoint, PersonPose, Pose, TrackId, TrackedPose};

/// A joint below says too little about where somebody is.
const MIN_CONFIDENCE: f32 = 0.3;

/// Fewer joints than this do not tell how far a body reaches: two of a face and a wrist say nothing about legs.
const MIN_REGION_JOINTS: usize = 6;

/// From the joints' bounds to the person's: head, hands and feet go beyond joints (MediaPipe and rtmlib use it too).
const REGION_GROWTH: f32 = 1.25;

/// The last region stays while the new one would overlap it by so much: joints tremble less in pictures that are cut alike.
/// Nobody has left it by then, as the pose net's crop is a quarter larger.
const STEADY_IOU: f32 = 0.85;

/// Fewer shared joints than this and the box's middle tells the motion.
const MIN_MOTION_JOINTS: u32 = 4;

/// Speeds are averaged over about this time: longer than the boxes' tremble, shorter than a step.
const VELOCITY_MEMORY_SECS: f32 = 0.15;

/// People who are out of sight do not go on for ever: what is left of their way is this long at their speed.
const COASTING_SECS: f32 = 0.4;

/// After longer out of sight somebody else may have taken the place; joints that are lost for some frames are found again
/// before.
const LONGEST_BLINK: Duration = Duration::from_millis(200);

/// A person of whom at least one sighting is known.
#[derive(Clone, Debug)]
pub struct FollowedPerson {
    /// The identity; not shown before the person is confirmed.
    pub id: TrackId,
    /// Whether there was enough evidence.
    pub is_confirmed: bool,
    /// When they were last seen.
    pub seen_at: Duration,
    /// Whether the last frame shows them; its time alone does not tell, as that of the frame before may be the same.
    pub is_in_sight: bool,
    /// Whether the frame before that one shows them.
    pub was_in_sight: bool,
    /// How they look.
    pub appearance: Appearance,
    last: PersonPose,
    /// Where they were looked for last; `None` before they were followed.
    region: Option<BBox<Image>>,
    /// Pixels per second.
    velocity: [f32; 2],
    has_moved: bool,
    smoother: PoseSmoother,
}

impl FollowedPerson {
    /// Somebody new.
    pub fn new(id: TrackId, is_confirmed: bool, time: Duration, person: &PersonPose) -> Self {
        Self {
            id,
            is_confirmed,
            seen_at: time,
            is_in_sight: true,
            was_in_sight: false,
            appearance: Appearance::new(time),
            last: *person,
            region: None,
            velocity: [0.0; 2],
            has_moved: false,
            smoother: PoseSmoother::default(),
        }
    }

    /// The last sighting, of the frame at `time`, was the first one of somebody else: of that person with a new identity.
    pub fn be_somebody_else(&mut self, id: TrackId, time: Duration) {
        let sighting = self.last;
        *self = Self::new(id, self.is_confirmed, time, &sighting);
    }

    /// A frame begins: nobody is seen in it yet.
    pub const fn await_sighting(&mut self) {
        self.was_in_sight = std::mem::replace(&mut self.is_in_sight, false);
    }

    /// The box of the last sighting.
    pub const fn bbox(&self) -> &BBox<Image> {
        &self.last.bbox
    }

    /// The last sighting, moved to where it should be at `time` if the speed stays, gently coming to rest.
    pub fn predicted(&self, time: Duration) -> PersonPose {
        let secs = time.saturating_sub(self.seen_at).as_secs_f32();
        let coasted_secs = COASTING_SECS * (1.0 - (-secs / COASTING_SECS).exp());
        let [dx, dy] = self.velocity.map(|speed| speed * coasted_secs);
        moved(&self.last, dx, dy)
    }

    /// Where to look for the person in the frame at `time`, in a picture of `[width, height]`; `None` if outside of it.
    ///
    /// People at rest are looked for in the same place again.
    pub fn next_region(&mut self, time: Duration, picture: [usize; 2]) -> Option<BBox<Image>> {
        let fitting = self.fitting_region(time, picture);
        self.region = fitting.map(|fitting| {
            self.region
                .filter(|last| STEADY_IOU <= last.iou(&fitting))
                .unwrap_or(fitting)
        });
        self.region
    }

    /// The joints' bounds at `time`, grown.
    fn fitting_region(&self, time: Duration, picture: [usize; 2]) -> Option<BBox<Image>> {
        let predicted = self.predicted(time);
        let sure_joints = predicted
            .pose
            .found()
            .filter(|(_, keypoint)| MIN_CONFIDENCE <= keypoint.confidence)
            .count();
        let bounds = predicted
            .pose
            .bounds(MIN_CONFIDENCE)
            .filter(|_| MIN_REGION_JOINTS <= sure_joints)
            .map_or(predicted.bbox, |bounds| bounds.scaled(REGION_GROWTH));
        bounds.clipped(picture)
    }

    /// Takes a new sighting.
    pub fn see(&mut self, time: Duration, person: &PersonPose) {
        let unseen_for = time.saturating_sub(self.seen_at);
        let longest = if self.was_in_sight {
            LONGEST_FOLLOWED_GAP
        } else {
            LONGEST_BLINK
        };
        if longest < unseen_for {
            self.appearance.come_back(LastSeen {
                at: self.seen_at,
                bbox: self.last.bbox,
            });
        }
        let dt_secs = unseen_for.as_secs_f32();
        // between equal times there is no speed, between nearly equal ones no sensible one
        if 1e-3 <= dt_secs {
            let motion = motion_between(&self.last, person);
            let share = if self.has_moved {
                1.0 - (-dt_secs / VELOCITY_MEMORY_SECS).exp()
            } else {
                1.0
            };
            for (speed, distance) in self.velocity.iter_mut().zip(motion) {
                *speed += share * (distance / dt_secs - *speed);
            }
            self.has_moved = true;
        }
        self.last = *person;
        self.seen_at = time;
        self.is_in_sight = true;
    }

    /// After a small jump back in time the person stays, but not the speed.
    pub fn rewind(&mut self, time: Duration) {
        self.velocity = [0.0; 2];
        self.has_moved = false;
        self.smoother = PoseSmoother::default();
        self.seen_at = time;
    }

    /// The last sighting with its identity.
    pub fn shown(&mut self, smoothing: bool) -> TrackedPose {
        let size_px = self.last.bbox.area().sqrt();
        TrackedPose {
            id: self.id,
            bbox: self.last.bbox,
            score: self.last.score,
            pose: self.last.pose,
            smoothed: smoothing
                .then(|| self.smoother.smooth(self.seen_at, &self.last.pose, size_px)),
        }
    }
}

fn moved(person: &PersonPose, dx: f32, dy: f32) -> PersonPose {
    let shift = |point: Point<Image>| Point::new(point.x + dx, point.y + dy);
    PersonPose {
        bbox: BBox::from_corners(shift(person.bbox.min), shift(person.bbox.max)),
        score: person.score,
        pose: Pose {
            keypoints: person.pose.keypoints.map(|keypoint| {
                keypoint.map(|keypoint| Keypoint {
                    at: shift(keypoint.at),
                    ..keypoint
                })
            }),
        },
    }
}

/// How far the body moved: the mean way of the joints seen twice, since boxes jump when the detector draws them anew.
fn motion_between(before: &PersonPose, after: &PersonPose) -> [f32; 2] {
    let mut n_shared = 0_u32;
    let mut sum = [0.0; 2];
    for (before, after) in before.pose.keypoints.iter().zip(&after.pose.keypoints) {
        if let (Some(before), Some(after)) = (before, after)
            && MIN_CONFIDENCE <= before.confidence.min(after.confidence)
        {
            n_shared += 1;
            sum[0] += after.at.x - before.at.x;
            sum[1] += after.at.y - before.at.y;
        }
    }
    if n_shared < MIN_MOTION_JOINTS {
        let (from, to) = (before.bbox.center(), after.bbox.center());
        [to.x - from.x, to.y - from.y]
    } else {
        sum.map(|sum| sum / n_shared as f32)
    }
}
