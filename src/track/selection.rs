//! Whom results are about, of all those who are followed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::track::recognition::Recognition;
use crate::track::tracker::LONGEST_STEP_BACK;
use crate::types::{TrackId, TrackedPose};

/// Somebody who left keeps their place among the chosen for so long: a passer-by should not take it
/// while the one who matters is hidden.
const KEPT_FOR: Duration = Duration::from_secs(10);

/// A person's size is averaged over about this time, so that a raised arm does not make anybody the largest.
const SIZE_AVERAGED_OVER: Duration = Duration::from_secs(1);

/// Who is to take somebody's place among the largest must be larger by this, or two of one size would take turns.
const CLEARLY_LARGER: f32 = 1.2;

/// Whom results are about. Everyone is followed all the same: identities do not depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// All who are found.
    #[default]
    Everyone,
    /// The N with the largest boxes.
    Largest(u16),
    /// The N who were seen first.
    FirstSeen(u16),
    /// The N who have been seen for the longest time so far.
    LongestSeen(u16),
    /// One person, as when clicked on.
    Only(TrackId),
}

/// What was typed names no selection.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{0:?} is nobody: write everyone, largest, first, longest (or largest:2 for two of them, …) or id:3"
)]
pub struct BadSelection(String);

impl FromStr for Selection {
    type Err = BadSelection;

    fn from_str(typed: &str) -> Result<Self, BadSelection> {
        let bad = || BadSelection(typed.to_owned());
        let (word, number) = match typed.split_once(':') {
            Some((word, number)) => (word, Some(number)),
            None => (typed, None),
        };
        let n = || match number.map(str::parse) {
            None => Ok(1),
            Some(Ok(0) | Err(_)) => Err(bad()),
            Some(Ok(n)) => Ok(n),
        };
        match word {
            "everyone" if number.is_none() => Ok(Self::Everyone),
            "largest" => n().map(Self::Largest),
            "first" => n().map(Self::FirstSeen),
            "longest" => n().map(Self::LongestSeen),
            "id" => number
                .and_then(|number| number.parse().ok())
                .filter(|id| 0 < *id)
                .map(|id| Self::Only(TrackId(id)))
                .ok_or_else(bad),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for Selection {
    /// As it is typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => write!(f, "everyone"),
            Self::Largest(n) => write!(f, "largest:{n}"),
            Self::FirstSeen(n) => write!(f, "first:{n}"),
            Self::LongestSeen(n) => write!(f, "longest:{n}"),
            Self::Only(id) => write!(f, "id:{}", id.0),
        }
    }
}

/// What is known of somebody for choosing.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Presence {
    seen_at: Duration,
    seen_for: Duration,
    /// Square pixels of the box, averaged.
    area: f32,
    is_chosen: bool,
}

/// Chooses people frame by frame.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    known: BTreeMap<TrackId, Presence>,
    last_time: Duration,
}

impl Selector {
    /// Those of the people of the frame at `time` whom results are about, in their order.
    pub fn choose(
        &mut self,
        selection: Selection,
        time: Duration,
        mut people: Vec<TrackedPose>,
    ) -> Vec<TrackedPose> {
        self.note(time, &people);
        let chosen = match selection {
            Selection::Everyone => return people,
            Selection::Only(id) => vec![id],
            // identities are given in the order of first sighting
            Selection::FirstSeen(n) => self.known.keys().copied().take(n.into()).collect(),
            Selection::LongestSeen(n) => {
                self.first_by(n, |presence| presence.seen_for.as_secs_f32())
            }
            Selection::Largest(n) => self.first_by(n, |presence| {
                presence.area
                    * if presence.is_chosen {
                        CLEARLY_LARGER
                    } else {
                        1.0
                    }
            }),
        };
        for (id, presence) in &mut self.known {
            presence.is_chosen = chosen.contains(id);
        }
        people.retain(|person| chosen.contains(&person.id));
        people
    }

    /// A newcomer is somebody known: both are one person to choose from. Otherwise an identity that nobody has any more would
    /// keep its place among the chosen for a while.
    pub fn unite(&mut self, recognition: Recognition) {
        let Some(newer) = self.known.remove(&recognition.newcomer) else {
            return;
        };
        match self.known.entry(recognition.known) {
            Entry::Vacant(place) => {
                place.insert(newer);
            }
            Entry::Occupied(mut place) => {
                let presence = place.get_mut();
                *presence = Presence {
                    seen_for: presence.seen_for + newer.seen_for,
                    is_chosen: presence.is_chosen || newer.is_chosen,
                    ..newer
                };
            }
        }
    }

    /// Forgets everyone, as after a jump in time.
    pub fn reset(&mut self) {
        self.known.clear();
    }

    fn note(&mut self, time: Duration, people: &[TrackedPose]) {
        if LONGEST_STEP_BACK < self.last_time.saturating_sub(time) {
            // the tracker forgets everyone there, too
            self.known.clear();
        }
        let since_last = time.saturating_sub(self.last_time);
        for person in people {
            let area = person.bbox.area();
            let presence = self.known.entry(person.id).or_insert(Presence {
                seen_at: time,
                seen_for: Duration::ZERO,
                area,
                is_chosen: false,
            });
            if presence.seen_at == self.last_time {
                presence.seen_for += since_last;
            }
            let weight = since_last.as_secs_f32() / (since_last + SIZE_AVERAGED_OVER).as_secs_f32();
            presence.area += weight * (area - presence.area);
            presence.seen_at = time;
        }
        self.last_time = time;
        self.known
            .retain(|_, presence| time.saturating_sub(presence.seen_at) <= KEPT_FOR);
    }

    /// The `n` for whom `weight` is largest, of equals those seen first.
    fn first_by(&self, n: u16, weight: impl Fn(&Presence) -> f32) -> Vec<TrackId> {
        let mut weighed: Vec<(TrackId, f32)> = self
            .known
            .iter()
            .map(|(id, presence)| (*id, weight(presence)))
            .collect();
        // stable, so that equals stay in the order of their identities
        weighed.sort_by(|a, b| b.1.total_cmp(&a.1));
        weighed
            .into_iter()
            .take(n.into())
            .map(|(id, _)| id)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::BBox;
    use crate::types::Pose;

    fn person(id: u32, side: f32) -> TrackedPose {
        TrackedPose {
            id: TrackId(id),
            bbox: BBox::from_xywh([0.0, 0.0, side, side]),
            score: 0.9,
            pose: Pose::EMPTY,
            smoothed: None,
        }
    }

    /// Identities chosen in each frame, 40 ms apart, of people given by identity and side.
    fn chosen(selection: Selection, frames: &[&[(u32, f32)]]) -> Vec<Vec<u32>> {
        let mut selector = Selector::default();
        frames
            .iter()
            .enumerate()
            .map(|(idx, frame)| {
                let people = frame.iter().map(|(id, side)| person(*id, *side)).collect();
                let time = Duration::from_millis(40 * idx as u64);
                let chosen = selector.choose(selection, time, people);
                chosen.iter().map(|person| person.id.0).collect()
            })
            .collect()
    }

    #[test]
    fn what_is_typed_is_what_is_shown() {
        for typed in ["everyone", "largest:1", "first:2", "longest:3", "id:4"] {
            let selection: Selection = typed.parse().unwrap();
            assert_eq!(selection.to_string(), typed);
        }
        assert_eq!("largest".parse(), Ok(Selection::Largest(1)));
        for bad in [
            "",
            "nobody",
            "largest:0",
            "largest:x",
            "id",
            "id:0",
            "everyone:2",
        ] {
            assert!(bad.parse::<Selection>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_first_one_keeps_the_place_while_hidden() {
        let frames: &[&[(u32, f32)]] = &[
            &[(1, 9.0)],
            &[(1, 9.0), (2, 9.0)],
            &[(2, 9.0)],
            &[(1, 9.0), (2, 9.0)],
        ];
        assert_eq!(
            chosen(Selection::FirstSeen(1), frames),
            [vec![1], vec![1], vec![], vec![1]]
        );
    }

    #[test]
    fn a_place_is_free_again_when_somebody_is_gone_for_good() {
        let mut frames: Vec<&[(u32, f32)]> = vec![&[(1, 9.0), (2, 9.0)]];
        frames.extend(std::iter::repeat_n(&[(2, 9.0)][..], 260));
        let chosen = chosen(Selection::FirstSeen(1), &frames);
        assert_eq!(chosen[250], [] as [u32; 0]);
        assert_eq!(chosen[251], [2]);
    }

    #[test]
    fn a_clock_that_begins_anew_frees_all_places() {
        let mut selector = Selector::default();
        let minute = Duration::from_mins(1);
        selector.choose(Selection::FirstSeen(1), minute, vec![person(1, 9.0)]);
        let again = Duration::from_millis(40);
        let chosen = selector.choose(Selection::FirstSeen(1), again, vec![person(2, 9.0)]);
        assert_eq!(chosen.len(), 1);
    }

    #[test]
    fn two_of_one_size_do_not_take_turns() {
        let frames: Vec<Vec<(u32, f32)>> = (0..50)
            .map(|idx| vec![(1, 100.0), (2, if idx % 2 == 0 { 96.0 } else { 104.0 })])
            .collect();
        let frames: Vec<&[(u32, f32)]> = frames.iter().map(Vec::as_slice).collect();
        let chosen = chosen(Selection::Largest(1), &frames);
        assert!(chosen.iter().all(|chosen| *chosen == [1]), "{chosen:?}");
    }

    #[test]
    fn somebody_much_larger_is_chosen_after_a_while() {
        let mut frames: Vec<&[(u32, f32)]> = vec![&[(1, 100.0), (2, 50.0)]];
        frames.extend(std::iter::repeat_n(&[(1, 100.0), (2, 200.0)][..], 50));
        let chosen = chosen(Selection::Largest(1), &frames);
        assert_eq!(chosen[1], [1]);
        assert_eq!(chosen[50], [2]);
    }

    #[test]
    fn who_turns_out_to_be_somebody_known_takes_the_place_along() {
        for selection in [
            Selection::Largest(1),
            Selection::LongestSeen(1),
            Selection::FirstSeen(1),
        ] {
            for is_remembered in [false, true] {
                let mut selector = Selector::default();
                let choose = |selector: &mut Selector, millis, id| {
                    let time = Duration::from_millis(millis);
                    let chosen = selector.choose(selection, time, vec![person(id, 9.0)]);
                    chosen.len()
                };
                if is_remembered {
                    choose(&mut selector, 0, 1);
                }
                // at first nobody knows who it is
                let (came_at, newcomer) = (9000, 5);
                choose(&mut selector, came_at, newcomer);
                choose(&mut selector, came_at + 40, newcomer);
                selector.unite(Recognition {
                    newcomer: TrackId(newcomer),
                    known: TrackId(1),
                });
                let n_chosen = choose(&mut selector, came_at + 80, 1);
                assert_eq!(n_chosen, 1, "{selection}, {is_remembered}");
            }
        }
    }

    #[test]
    fn who_was_seen_longest_is_chosen() {
        let frames: &[&[(u32, f32)]] = &[
            &[(1, 9.0)],
            &[(1, 9.0), (2, 9.0)],
            &[(2, 9.0)],
            &[(2, 9.0)],
            &[(1, 9.0), (2, 9.0)],
        ];
        let chosen = chosen(Selection::LongestSeen(1), frames);
        assert_eq!(chosen[1], [1]);
        assert_eq!(chosen[4], [2]);
    }

    #[test]
    fn identities_that_are_not_chosen_are_still_followed() {
        let frames: &[&[(u32, f32)]] = &[&[(1, 9.0), (2, 9.0)], &[(2, 9.0)]];
        assert_eq!(
            chosen(Selection::Only(TrackId(2)), frames),
            [vec![2], vec![2]]
        );
        assert_eq!(chosen(Selection::Everyone, frames), [vec![1, 2], vec![2]]);
    }
}
