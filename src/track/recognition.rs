//! Who is who by their looks: after people crossed, and when somebody comes back.
//!
//! Motion says who is who from frame to frame; looks are asked only where motion cannot know, and only of people whom
//! nobody hides.

use std::time::Duration;

use crate::geom::{BBox, Image};
use crate::seam::NetError;
use crate::track::assign::best_pairs;
use crate::track::followed::FollowedPerson;
use crate::track::gallery::{AbsentPerson, Gallery};
use crate::types::{Embedding, TrackId};

/// Says how the people in these boxes of the frame look, in their order.
pub type Look<'a> = dyn FnMut(&[BBox<Image>]) -> Result<Vec<Embedding>, NetError> + 'a;

/// From this cosine on two looks are the same person's: of validation people less than one stranger in a hundred is as alike
/// (`training/evaluate_reidentifier.py`, `known … at`).
const SAME_PERSON: f32 = 0.6;

/// The next best of those who are absent must be less alike by this, or nobody knows who came back.
const CLEARLY_BETTER: f32 = 0.08;

/// Below this cosine somebody who is seen in the place of one who was lost is somebody else.
///
/// Motion speaks for the same person, so it is far below [`SAME_PERSON`]: strangers' cosines are .02 on average and vary by .2,
/// those of one person are .77 where light, background and half of the view change (`training/RESULTS.md`), which they seldom do
/// in the second for which people may be lost.
const SOMEBODY_ELSE: f32 = 0.3;

/// Looks must speak against motion by this much, as a cosine, before two people change identities.
const AGAINST_MOTION: f32 = 0.15;

/// Boxes with this share of the smaller one in common may have been mixed up.
const MEETING: f32 = 0.4;

/// Boxes with a larger share of the smaller one in common show too much of the other person.
const APART: f32 = 0.2;

/// Smaller people look alike.
const LEAST_HEIGHT_PX: f32 = 40.0;

/// So many looks a frame, so that a crowd does not stop the picture; the others get theirs in the next frames.
const MOST_LOOKS: usize = 8;

/// A look at somebody who is followed.
struct Sight {
    followed_idx: usize,
    look: Embedding,
}

/// A newcomer who turned out to be somebody known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recognition {
    /// The newcomer's identity so far, which nobody has any more.
    pub newcomer: TrackId,
    /// Who it is.
    pub known: TrackId,
}

/// Looks at those of the frame at `time` about whom motion says too little, and gives them their identities back; says which
/// newcomers are known now.
///
/// Nobody was shown with a larger identity than `largest_shown_id`.
pub fn recognize(
    time: Duration,
    largest_shown_id: u32,
    followed: &mut Vec<FollowedPerson>,
    gallery: &mut Gallery,
    look: &mut Look<'_>,
) -> Result<Vec<Recognition>, NetError> {
    note_meetings(time, followed);
    let chosen = whom_to_look_at(time, followed, gallery);
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let boxes: Vec<BBox<Image>> = chosen.iter().map(|idx| *followed[*idx].bbox()).collect();
    let sights: Vec<Sight> = chosen
        .into_iter()
        .zip(look(&boxes)?)
        .map(|(followed_idx, look)| Sight { followed_idx, look })
        .collect();
    tell_apart(&sights, followed, gallery);
    part_from_strangers(time, largest_shown_id, &sights, followed, gallery);
    let (recognized, gone) = welcome_back(time, &sights, followed, gallery);
    for sight in &sights {
        followed[sight.followed_idx]
            .appearance
            .learn(time, &sight.look);
    }
    let mut is_gone = gone.into_iter();
    followed.retain(|_| !is_gone.next().unwrap_or(false));
    followed.sort_by_key(|person| person.id);
    Ok(recognized)
}

/// Share of the smaller box that both have in common.
fn common_share(a: &BBox<Image>, b: &BBox<Image>) -> f32 {
    let common = a.intersection(*b).map_or(0.0, |common| common.area());
    let smaller = a.area().min(b.area());
    if 0.0 < smaller { common / smaller } else { 0.0 }
}

/// Where everyone is at `time`, those out of sight where they should be.
fn boxes_now(time: Duration, followed: &[FollowedPerson]) -> Vec<BBox<Image>> {
    followed
        .iter()
        .map(|person| person.predicted(time).bbox)
        .collect()
}

/// Notes whose boxes are in each other's way.
fn note_meetings(time: Duration, followed: &mut [FollowedPerson]) {
    let boxes = boxes_now(time, followed);
    for a in 0..followed.len() {
        for b in 0..followed.len() {
            if a != b && MEETING <= common_share(&boxes[a], &boxes[b]) {
                let other = followed[b].id;
                followed[a].appearance.meet(other);
            }
        }
    }
}

/// Confirmed people in plain sight whose turn it is, those who met somebody, came back or are new first.
fn whom_to_look_at(time: Duration, followed: &[FollowedPerson], gallery: &Gallery) -> Vec<usize> {
    let anyone_absent =
        !gallery.people().is_empty() || followed.iter().any(|person| !person.is_in_sight);
    let is_alone = |idx: usize| {
        let bbox = followed[idx].bbox();
        followed.iter().enumerate().all(|(other, person)| {
            other == idx || !person.is_in_sight || common_share(bbox, person.bbox()) <= APART
        })
    };
    let mut chosen: Vec<usize> = (0..followed.len())
        .filter(|idx| {
            let person = &followed[*idx];
            person.is_confirmed
                && person.is_in_sight
                && LEAST_HEIGHT_PX <= person.bbox().height()
                && person.appearance.is_look_due(time, anyone_absent)
                && is_alone(*idx)
        })
        .collect();
    chosen.sort_by_key(|idx| {
        let appearance = &followed[*idx].appearance;
        let may_be_another = !appearance.met().is_empty()
            || appearance.before_absence().is_some()
            || appearance.is_newcomer(time);
        !may_be_another
    });
    chosen.truncate(MOST_LOOKS);
    chosen
}

/// Gives people who met and may have been mixed up the identities that they look like.
fn tell_apart(sights: &[Sight], followed: &mut [FollowedPerson], gallery: &mut Gallery) {
    let met: Vec<&Sight> = sights
        .iter()
        .filter(|sight| {
            let appearance = &followed[sight.followed_idx].appearance;
            appearance.looks.is_some() && !appearance.met().is_empty()
        })
        .collect();
    let mut ids: Vec<TrackId> = met
        .iter()
        .flat_map(|sight| {
            let person = &followed[sight.followed_idx];
            std::iter::once(&person.id).chain(person.appearance.met())
        })
        .copied()
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let likeness = |sight: &Sight, id: TrackId| {
        let looks = match followed.iter().find(|person| person.id == id) {
            Some(person) => person.appearance.looks.as_ref(),
            None => gallery
                .people()
                .iter()
                .find(|person| person.id == id)
                .map(|person| &person.looks),
        };
        looks.map(|looks| looks.likeness(&sight.look))
    };
    // a cosine moved to where all are above 0, the value of no pair
    let value = |row: usize, column: usize| {
        let (sight, id) = (met[row], ids[column]);
        let person = &followed[sight.followed_idx];
        let bonus = if person.id == id {
            AGAINST_MOTION
        } else if person.appearance.met().contains(&id) {
            0.0
        } else {
            return 0.0;
        };
        likeness(sight, id).map_or(0.0, |cosine| 2.0 + cosine + bonus)
    };
    let pairs = best_pairs(met.len(), ids.len(), value);
    let changes: Vec<(usize, TrackId)> = pairs
        .into_iter()
        .map(|(row, column)| (met[row].followed_idx, ids[column]))
        .collect();
    for (followed_idx, id) in changes {
        give_identity(followed, followed_idx, id, gallery);
    }
}

/// Two people change identities and what is remembered of their looks; the other one may be absent.
fn give_identity(
    followed: &mut [FollowedPerson],
    followed_idx: usize,
    id: TrackId,
    gallery: &mut Gallery,
) {
    let own = followed[followed_idx].id;
    if own == id {
        return;
    }
    let looks = followed[followed_idx].appearance.looks.take();
    if let Some(other) = followed.iter_mut().find(|person| person.id == id) {
        other.id = own;
        let others = std::mem::replace(&mut other.appearance.looks, looks);
        followed[followed_idx].id = id;
        followed[followed_idx].appearance.looks = others;
    } else if let (Some(absent), Some(looks)) = (gallery.find_mut(id), looks) {
        absent.id = own;
        let others = std::mem::replace(&mut absent.looks, looks);
        followed[followed_idx].id = id;
        followed[followed_idx].appearance.looks = Some(others);
    }
}

/// Gives people new identities who came into sight in the place of somebody who was lost, and look like somebody else: as
/// newcomers they may turn out to be yet another one.
fn part_from_strangers(
    time: Duration,
    largest_shown_id: u32,
    sights: &[Sight],
    followed: &mut [FollowedPerson],
    gallery: &mut Gallery,
) {
    let ids = followed.iter().map(|person| person.id.0);
    let mut largest_id = ids.fold(largest_shown_id, u32::max);
    for sight in sights {
        let person = &mut followed[sight.followed_idx];
        let appearance = &person.appearance;
        if let (Some(last_seen), Some(looks)) = (appearance.before_absence(), &appearance.looks)
            && looks.likeness(&sight.look) < SOMEBODY_ELSE
        {
            gallery.keep(AbsentPerson {
                id: person.id,
                looks: looks.clone(),
                seen_at: last_seen.at,
                bbox: Some(last_seen.bbox),
            });
            largest_id += 1;
            person.be_somebody_else(TrackId(largest_id), time);
        }
    }
}

/// Gives newcomers the identities of those out of sight whom they look like; says whom, and who of `followed` is one of them
/// then.
fn welcome_back(
    time: Duration,
    sights: &[Sight],
    followed: &mut [FollowedPerson],
    gallery: &mut Gallery,
) -> (Vec<Recognition>, Vec<bool>) {
    let mut is_gone = vec![false; followed.len()];
    let newcomers: Vec<&Sight> = sights
        .iter()
        .filter(|sight| followed[sight.followed_idx].appearance.is_newcomer(time))
        .collect();
    let absent: Vec<AbsentPerson> = followed
        .iter()
        .filter(|person| person.is_confirmed && !person.is_in_sight)
        .filter_map(|person| {
            Some(AbsentPerson {
                id: person.id,
                looks: person.appearance.looks.clone()?,
                seen_at: person.seen_at,
                bbox: Some(*person.bbox()),
            })
        })
        .chain(gallery.people().iter().cloned())
        .collect();
    let likeness = |row: usize, column: usize| {
        let sight = newcomers[row];
        if absent[column].can_be_at(time, followed[sight.followed_idx].bbox()) {
            absent[column].looks.likeness(&sight.look)
        } else {
            -1.0
        }
    };
    let pairs = best_pairs(newcomers.len(), absent.len(), |row, column| {
        let cosine = likeness(row, column);
        if SAME_PERSON <= cosine { cosine } else { 0.0 }
    });
    let is_paired = |column: usize| pairs.iter().any(|pair| pair.1 == column);
    let returns: Vec<(usize, TrackId)> = pairs
        .iter()
        .filter(|(row, column)| {
            let best = likeness(*row, *column);
            (0..absent.len())
                .filter(|other| other != column && !is_paired(*other))
                .all(|other| likeness(*row, other) <= best - CLEARLY_BETTER)
        })
        .map(|(row, column)| (newcomers[*row].followed_idx, absent[*column].id))
        .collect();
    let mut recognized = Vec::with_capacity(returns.len());
    for (followed_idx, id) in returns {
        let looks = match followed.iter().position(|person| person.id == id) {
            Some(other) => {
                is_gone[other] = true;
                followed[other].appearance.looks.take()
            }
            None => gallery.take(id).map(|absent| absent.looks),
        };
        let person = &mut followed[followed_idx];
        recognized.push(Recognition {
            newcomer: person.id,
            known: id,
        });
        person.id = id;
        person.appearance.looks = looks;
        person.appearance.settle();
    }
    (recognized, is_gone)
}
