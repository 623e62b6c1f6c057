//! People who were given up and may come back.

use std::time::Duration;

use crate::geom::{BBox, Image};
use crate::track::looks::Looks;
use crate::types::TrackId;

/// Somebody who was away for longer is new: most who leave for good would otherwise be compared with for ever,
/// and each comparison is a chance to be wrong.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// So many are kept, those who left last: a crowd passing by must not grow for ever.
const MOST_KEPT: usize = 100;

/// Nobody is faster, in heights of their own per second: a sprinter's 10 m/s.
const FASTEST_HEIGHTS: f32 = 6.0;

/// Boxes jump by about a height when only a part of a person is seen.
const SLACK_HEIGHTS: f32 = 1.0;

/// Somebody out of sight.
#[derive(Clone, Debug)]
pub struct AbsentPerson {
    /// Who it is.
    pub id: TrackId,
    /// How they look.
    pub looks: Looks,
    /// When they were last seen.
    pub seen_at: Duration,
    /// Where they were last seen; `None` after a jump in time, when they may be anywhere.
    pub bbox: Option<BBox<Image>>,
}

impl AbsentPerson {
    /// Whether they can have come as far as `bbox` by `time`.
    pub fn can_be_at(&self, time: Duration, bbox: &BBox<Image>) -> bool {
        self.bbox.is_none_or(|last| {
            let secs = time.saturating_sub(self.seen_at).as_secs_f32();
            let height_px = last.height().max(bbox.height());
            let reach_px = height_px * (SLACK_HEIGHTS + FASTEST_HEIGHTS * secs);
            last.center().distance(bbox.center()) <= reach_px
        })
    }
}

/// Everyone who was given up a short while ago, in the order in which they were.
#[derive(Clone, Debug, Default)]
pub struct Gallery {
    absent: Vec<AbsentPerson>,
}

impl Gallery {
    /// Takes in somebody who was given up.
    pub fn keep(&mut self, person: AbsentPerson) {
        if self.absent.len() == MOST_KEPT {
            self.absent.remove(0);
        }
        self.absent.push(person);
    }

    /// Lets go of those who have been away for too long at `time`.
    pub fn forget_old(&mut self, time: Duration) {
        self.absent
            .retain(|person| time.saturating_sub(person.seen_at) <= KEPT_FOR);
    }

    /// After a jump to `time`: who was seen within a minute of it, before or after, may be anywhere in the picture.
    pub fn jump_to(&mut self, time: Duration) {
        self.absent
            .retain(|person| time.abs_diff(person.seen_at) <= KEPT_FOR);
        for person in &mut self.absent {
            // a jump back makes nobody's minute longer, and no jump ahead does
            person.seen_at = person.seen_at.min(time);
            person.bbox = None;
        }
    }

    /// Lets go of everyone.
    pub fn clear(&mut self) {
        self.absent.clear();
    }

    /// Everyone.
    pub fn people(&self) -> &[AbsentPerson] {
        &self.absent
    }

    /// The person with that identity, to be changed.
    pub fn find_mut(&mut self, id: TrackId) -> Option<&mut AbsentPerson> {
        self.absent.iter_mut().find(|person| person.id == id)
    }

    /// Takes out the person with that identity.
    pub fn take(&mut self, id: TrackId) -> Option<AbsentPerson> {
        let at = self.absent.iter().position(|person| person.id == id)?;
        Some(self.absent.remove(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{EMBEDDING_LEN, Embedding};

    fn person(id: u32, seen_at_secs: u64) -> AbsentPerson {
        let mut numbers = [0.0; EMBEDDING_LEN];
        numbers[0] = 1.0;
        AbsentPerson {
            id: TrackId(id),
            looks: Looks::new(Embedding::from_numbers(&numbers).unwrap()),
            seen_at: Duration::from_secs(seen_at_secs),
            bbox: Some(BBox::from_xywh([0.0, 0.0, 50.0, 100.0])),
        }
    }

    #[test]
    fn nobody_is_kept_for_longer_than_a_minute() {
        let mut gallery = Gallery::default();
        gallery.keep(person(1, 0));
        gallery.keep(person(2, 30));
        gallery.forget_old(Duration::from_secs(61));
        let ids: Vec<TrackId> = gallery.people().iter().map(|person| person.id).collect();
        assert_eq!(ids, [TrackId(2)]);
    }

    #[test]
    fn a_crowd_pushes_the_first_out() {
        let mut gallery = Gallery::default();
        for id in 0..1000 {
            gallery.keep(person(id, 0));
        }
        assert_eq!(gallery.people().len(), MOST_KEPT);
        assert_eq!(gallery.people()[0].id, TrackId(1000 - MOST_KEPT as u32));
    }

    #[test]
    fn nobody_crosses_the_picture_at_once() {
        let absent = person(1, 10);
        let far = BBox::from_xywh([1500.0, 0.0, 50.0, 100.0]);
        assert!(!absent.can_be_at(Duration::from_secs(11), &far));
        assert!(absent.can_be_at(Duration::from_secs(13), &far));
        assert!(absent.can_be_at(Duration::from_secs(10), &absent.bbox.unwrap()));
    }

    #[test]
    fn after_a_jump_of_less_than_a_minute_people_may_be_anywhere() {
        let far = BBox::from_xywh([1500.0, 0.0, 50.0, 100.0]);
        for (to_secs, are_kept) in [(0, true), (99, true), (161, false)] {
            let mut gallery = Gallery::default();
            gallery.keep(person(1, 40));
            gallery.keep(person(2, 100));
            let time = Duration::from_secs(to_secs);
            gallery.jump_to(time);
            assert_eq!(!gallery.people().is_empty(), are_kept, "{to_secs}");
            assert!(
                gallery
                    .people()
                    .iter()
                    .all(|person| person.can_be_at(time, &far))
            );
        }
    }
}
