//! Gives people identities.
//!
//! Two rounds of association as in ByteTrack (Zhang et al. 2022): sure people first with everyone who is followed,
//! then unsure ones with those who are left, so that somebody half hidden keeps their identity.
//! What motion cannot know, after people crossed or somebody came back, looks decide ([`super::recognition`]).

use std::time::Duration;

use crate::geom::{BBox, Image};
use crate::seam::NetError;
use crate::track::assign::best_pairs;
use crate::track::followed::FollowedPerson;
use crate::track::gallery::{AbsentPerson, Gallery};
use crate::track::recognition::{Look, Recognition, recognize};
use crate::track::similarity::{similarity, without_duplicates};
use crate::types::{Keypoint, PersonPose, Pose, TrackId, TrackedPose};

/// Settings of the tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackerParams {
    /// Whether joints are smoothed over time.
    pub smoothing: bool,
    /// Whether people are known by their looks, after crossing and when they come back.
    pub reidentification: bool,
}

impl Default for TrackerParams {
    fn default() -> Self {
        Self {
            smoothing: true,
            // a millisecond a second and person, and measures of a whole visit stay in one piece
            reidentification: true,
        }
    }
}

/// Below, a sighting is noise and not even used to go on with somebody known (ByteTrack's lower bound).
const LEAST_SCORE: f32 = 0.1;

/// Below, nobody new is taken up: a false person costs more trust than one who is found a moment later.
const START_SCORE: f32 = 0.3;

/// From here on a sighting takes part in the first round (ByteTrack's threshold is 0.5 or 0.6, by data set).
const SURE_SCORE: f32 = 0.5;

/// From here on a new person is believed at once; others have to be seen twice.
pub const BELIEVED_SCORE: f32 = 0.7;

/// How alike a sure sighting must be: those who walk fast at 10 frames per second still are,
/// and the assignment sees to it that a better one wins (MoveNet's tracker asks for 0.15 to 0.2).
const MIN_SIMILARITY: f32 = 0.15;

/// How alike an unsure sighting must be: it may be a chair, so its place has to fit better.
const MIN_SIMILARITY_UNSURE: f32 = 0.3;

/// Somebody out of sight for longer is given up: who stands there then is often someone else (MoveNet's value).
const LOST_AFTER: Duration = Duration::from_secs(1);

/// A second sighting later than this does not confirm a first one: twice the time between two looks of the detector.
const CONFIRM_WITHIN: Duration = Duration::from_millis(600);

/// A larger gap between two frames is a cut or a pause: motion tells nobody across it, only looks do.
const LONGEST_FRAME_GAP: Duration = Duration::from_secs(3);

/// Joints that are older do not tell where to look: pictures of a folder, a time-lapse, a pause. People are told from each
/// other across longer gaps all the same.
pub(super) const LONGEST_FOLLOWED_GAP: Duration = Duration::from_millis(500);

/// A jump back of less is a step of the user's or a camera's clock being set: the people are still the same.
pub(super) const LONGEST_STEP_BACK: Duration = Duration::from_secs(1);

/// Follows people from frame to frame.
#[derive(Clone, Debug)]
pub struct Tracker {
    params: TrackerParams,
    /// 0 before anyone was shown.
    largest_shown_id: u32,
    /// Sorted by identity.
    followed: Vec<FollowedPerson>,
    /// Those who were given up; empty while nobody looks.
    gallery: Gallery,
    /// Newcomers who turned out to be somebody known in the last frame.
    recognized: Vec<Recognition>,
    /// Time of the last frame; `None` before the first one.
    last_time: Option<Duration>,
    has_lost_someone: bool,
}

impl Tracker {
    /// Nobody followed yet.
    pub fn new(params: TrackerParams) -> Self {
        Self {
            params,
            largest_shown_id: 0,
            followed: Vec::new(),
            gallery: Gallery::default(),
            recognized: Vec::new(),
            last_time: None,
            has_lost_someone: false,
        }
    }

    /// Takes the people of the frame at `time` and gives them identities, sorted by identity.
    ///
    /// People who are not sure enough yet, and second sightings of one person, are left out.
    pub fn update(&mut self, time: Duration, people: Vec<PersonPose>) -> Vec<TrackedPose> {
        self.follow(time, people);
        self.shown()
    }

    /// The same with `look` for what motion cannot know; it is asked rarely, and about several people at once.
    ///
    /// Without [`TrackerParams::reidentification`] it is never asked.
    pub fn update_with_looks(
        &mut self,
        time: Duration,
        people: Vec<PersonPose>,
        look: &mut Look<'_>,
    ) -> Result<Vec<TrackedPose>, NetError> {
        self.follow(time, people);
        if self.params.reidentification {
            self.recognized = recognize(
                time,
                self.largest_shown_id,
                &mut self.followed,
                &mut self.gallery,
                look,
            )?;
        }
        Ok(self.shown())
    }

    /// Goes on with those who are followed, gives up those out of sight, takes up newcomers.
    fn follow(&mut self, time: Duration, people: Vec<PersonPose>) {
        let last_time = self.move_to(time);
        self.recognized.clear();
        for person in &mut self.followed {
            person.await_sighting();
        }
        let (sure, unsure) = without_duplicates(people.iter().filter_map(cleaned).collect())
            .into_iter()
            .partition(|person| SURE_SCORE <= person.score);

        let mut newcomers = self.associate(time, sure, MIN_SIMILARITY);
        newcomers.extend(self.associate(time, unsure, MIN_SIMILARITY_UNSURE));

        self.has_lost_someone = self
            .followed
            .iter()
            .any(|person| person.was_in_sight && !person.is_in_sight && person.is_confirmed);
        self.give_up(time);
        // there is nothing to wait for in a picture, and in a video nobody just came in; pictures that lie so far apart, as
        // those of a folder, have no second sighting to give
        let is_alone = last_time.is_none_or(|last| CONFIRM_WITHIN < time.saturating_sub(last));
        for person in newcomers {
            if START_SCORE <= person.score {
                let is_confirmed = is_alone || BELIEVED_SCORE <= person.score;
                let id = self.next_id();
                self.followed
                    .push(FollowedPerson::new(id, is_confirmed, time, &person));
            }
        }
    }

    /// Everyone who is confirmed and in the last frame.
    fn shown(&mut self) -> Vec<TrackedPose> {
        // sorted by identity already, since newcomers have larger ones
        let shown: Vec<TrackedPose> = self
            .followed
            .iter_mut()
            .filter(|person| person.is_confirmed && person.is_in_sight)
            .map(|person| person.shown(self.params.smoothing))
            .collect();
        let largest = shown.last().map_or(0, |person| person.id.0);
        self.largest_shown_id = self.largest_shown_id.max(largest);
        shown
    }

    /// Gives up those out of sight for too long; whose looks are known may be recognized later.
    fn give_up(&mut self, time: Duration) {
        self.gallery.forget_old(time);
        let gallery = &mut self.gallery;
        // whoever was seen is of age 0
        self.followed.retain(|person| {
            let most = if person.is_confirmed {
                LOST_AFTER
            } else {
                CONFIRM_WITHIN
            };
            let stays = time.saturating_sub(person.seen_at) <= most;
            if !stays
                && person.is_confirmed
                && let Some(looks) = &person.appearance.looks
            {
                gallery.keep(AbsentPerson {
                    id: person.id,
                    looks: looks.clone(),
                    seen_at: person.seen_at,
                    bbox: Some(*person.bbox()),
                });
            }
            stays
        });
    }

    /// Parts with everyone, as after a jump to `time`: motion says nothing across it. Whose looks are known may be
    /// recognized there, if it is within a minute of when they were seen.
    pub fn jump_to(&mut self, time: Duration) {
        let followed = std::mem::take(&mut self.followed);
        for person in followed.into_iter().filter(|person| person.is_confirmed) {
            let bbox = Some(*person.bbox());
            if let Some(looks) = person.appearance.looks {
                self.gallery.keep(AbsentPerson {
                    id: person.id,
                    looks,
                    seen_at: person.seen_at,
                    bbox,
                });
            }
        }
        if self.params.reidentification {
            self.gallery.jump_to(time);
        } else {
            self.gallery.clear();
        }
        self.last_time = None;
        self.has_lost_someone = false;
    }

    /// Newcomers who turned out to be somebody known in the last frame: their identities so far are nobody's any more.
    pub fn recognized(&self) -> &[Recognition] {
        &self.recognized
    }

    /// Everyone who is followed, or may be recognized.
    pub fn remembered(&self) -> impl Iterator<Item = TrackId> {
        let followed = self.followed.iter().map(|person| person.id);
        followed.chain(self.gallery.people().iter().map(|person| person.id))
    }

    /// Where to look for the people of the last frame in the frame at `time` when the detector does not run.
    ///
    /// Those who are not confirmed yet are among them: they need a second sighting.
    /// `picture` is `[width, height]`; people who have left it are left out, and everyone where the last frame is long ago.
    pub fn regions(&mut self, time: Duration, picture: [usize; 2]) -> Vec<(TrackId, BBox<Image>)> {
        let is_long_ago = |last: Duration| LONGEST_FOLLOWED_GAP < last.abs_diff(time);
        if self.last_time.is_none_or(is_long_ago) {
            return Vec::new();
        }
        self.followed
            .iter_mut()
            .filter(|person| person.is_in_sight)
            .filter_map(|person| Some((person.id, person.next_region(time, picture)?)))
            .collect()
    }

    /// Whether somebody was seen in the frame before and not in the last one: time for the detector.
    pub const fn anyone_lost(&self) -> bool {
        self.has_lost_someone
    }

    /// Forgets everyone, as for another source; identities given so far are not used again.
    pub fn reset(&mut self) {
        self.followed.clear();
        self.gallery.clear();
        self.last_time = None;
        self.has_lost_someone = false;
    }

    /// The largest identity that was shown so far; 0 before anyone was.
    pub const fn largest_shown_id(&self) -> u32 {
        self.largest_shown_id
    }

    /// Gives newcomers larger identities than this one.
    pub fn give_ids_after(&mut self, id: u32) {
        self.largest_shown_id = self.largest_shown_id.max(id);
    }

    /// Takes other settings for the next frame on; everyone keeps their identity.
    pub fn set_params(&mut self, params: TrackerParams) {
        self.params = params;
    }

    /// The identity of the next newcomer: that of someone who was given up unconfirmed is free again,
    /// so that the identities that are shown have few gaps.
    fn next_id(&self) -> TrackId {
        let largest = self.followed.last().map_or(0, |person| person.id.0);
        TrackId(self.largest_shown_id.max(largest) + 1)
    }

    /// Goes to the next frame's time; the last frame's time, `None` if there is no frame to go on from.
    fn move_to(&mut self, time: Duration) -> Option<Duration> {
        if let Some(last_time) = self.last_time {
            let back = last_time.saturating_sub(time);
            let ahead = time.saturating_sub(last_time);
            if LONGEST_STEP_BACK < back || LONGEST_FRAME_GAP < ahead {
                self.jump_to(time);
            } else if Duration::ZERO < back {
                // ages go on from here
                for person in &mut self.followed {
                    person.rewind(person.seen_at.saturating_sub(back));
                }
                self.last_time = Some(time);
            }
        }
        self.last_time.replace(time)
    }

    /// Matches candidates with those followed and not seen yet; gives back the candidates left over.
    fn associate(
        &mut self,
        time: Duration,
        candidates: Vec<PersonPose>,
        min_similarity: f32,
    ) -> Vec<PersonPose> {
        let waiting: Vec<usize> = (0..self.followed.len())
            .filter(|followed_idx| !self.followed[*followed_idx].is_in_sight)
            .collect();
        let similarities: Vec<f32> = waiting
            .iter()
            .map(|followed_idx| self.followed[*followed_idx].predicted(time))
            .flat_map(|predicted| {
                candidates
                    .iter()
                    .map(move |candidate| similarity(&predicted, candidate))
            })
            .map(|similarity| {
                if min_similarity <= similarity {
                    similarity
                } else {
                    0.0
                }
            })
            .collect();
        let n_candidates = candidates.len();
        let pairs = best_pairs(waiting.len(), n_candidates, |row, column| {
            similarities[row * n_candidates + column]
        });
        let mut left: Vec<Option<PersonPose>> = candidates.into_iter().map(Some).collect();
        for (row, column) in pairs {
            if let Some(person) = left[column].take() {
                let followed = &mut self.followed[waiting[row]];
                // two looks at one frame are one sighting
                followed.is_confirmed |= followed.seen_at < time;
                followed.see(time, &person);
            }
        }
        left.into_iter().flatten().collect()
    }
}

/// The sighting with every number finite and the score in [0, 1]; `None` where there is nothing to go by.
fn cleaned(person: &PersonPose) -> Option<PersonPose> {
    let keypoints = person.pose.keypoints.map(|keypoint| {
        let keypoint =
            keypoint.filter(|keypoint| keypoint.at.is_finite() && !keypoint.confidence.is_nan())?;
        Some(Keypoint {
            confidence: keypoint.confidence.clamp(0.0, 1.0),
            ..keypoint
        })
    });
    let is_usable = LEAST_SCORE <= person.score
        && person.bbox.is_finite()
        // sums and squares of these must stay finite too
        && person.bbox.area().is_finite();
    is_usable.then_some(PersonPose {
        bbox: person.bbox,
        score: person.score.min(1.0),
        pose: Pose { keypoints },
    })
}
