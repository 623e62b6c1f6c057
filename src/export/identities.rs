//! Who is who in results that came without identities, or with some that cannot be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use crate::export::foreign::TimedFrame;
use crate::export::rows::{FrameRow, PersonRow};
use crate::track::{Tracker, TrackerParams};
use crate::types::{PersonPose, TrackedPose};

/// The rows with identities from 1: those of the file where at least half of all people have one that nobody else in
/// their frame has, otherwise those that the tracker gives, or where `keep_order` is set, the people's places in each
/// frame.
///
/// The log says where identities come from. Second sightings of a person, which the tracker knows, are left out.
pub(super) fn identified(frames: Vec<TimedFrame>, path: &Path, keep_order: bool) -> Vec<FrameRow> {
    let mut rows = if names_most(&frames) {
        with_own(frames, path, keep_order)
    } else if keep_order {
        in_order(frames)
    } else {
        let followed = followed(frames, path);
        tracing::info!(
            "{} does not say who is who: its people were followed from frame to frame, {} in all",
            path.display(),
            n_identities(&followed)
        );
        followed
    };
    for row in &mut rows {
        row.people.sort_by_key(|person| person.id);
    }
    rows
}

/// Whether at least half of all people have a name that nobody else in their frame has, and there are as many names as
/// people in a frame: `AlphaPose` without a tracker gives everyone the same one.
fn names_most(frames: &[TimedFrame]) -> bool {
    let n_people: usize = frames.iter().map(|frame| frame.people.len()).sum();
    let n_named: usize = frames.iter().map(n_with_own_name).sum();
    let names: BTreeSet<u32> = (frames.iter().flat_map(|frame| &frame.people))
        .filter_map(|(id, _)| *id)
        .collect();
    let most_at_once = frames.iter().map(|frame| frame.people.len()).max();
    n_people <= 2 * n_named && most_at_once.unwrap_or_default() <= names.len()
}

fn n_with_own_name(frame: &TimedFrame) -> usize {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for id in frame.people.iter().filter_map(|(id, _)| *id) {
        *counts.entry(id).or_default() += 1;
    }
    counts.values().filter(|count| **count == 1).count()
}

/// Everyone keeps their name; whoever has none, or shares it with somebody surer in the same frame, is given one above all
/// of the file's, as in a file of their own.
fn with_own(frames: Vec<TimedFrame>, path: &Path, keep_order: bool) -> Vec<FrameRow> {
    let ids = || {
        let people = frames.iter().flat_map(|frame| &frame.people);
        people.filter_map(|(id, _)| *id)
    };
    // identities are counted from 1 here
    let shift = u32::from(ids().any(|id| id == 0));
    let largest = ids().max().unwrap_or_default().saturating_add(shift);
    let mut rows = Vec::with_capacity(frames.len());
    let mut nameless = Vec::with_capacity(frames.len());
    for frame in frames {
        let owners = owners(&frame.people);
        let mut row = FrameRow {
            frame: frame.frame,
            time_s: frame.time_secs,
            file: frame.file.clone(),
            people: Vec::with_capacity(frame.people.len()),
        };
        let mut others = Vec::new();
        for (place, (id, person)) in frame.people.into_iter().enumerate() {
            match id {
                Some(id) if owners.get(&id) == Some(&place) => row.people.push(PersonRow {
                    id: id.saturating_add(shift),
                    ..person
                }),
                _ => others.push((None, person)),
            }
        }
        rows.push(row);
        nameless.push(TimedFrame {
            people: others,
            ..frame
        });
    }
    let n_frames = (nameless.iter())
        .filter(|frame| !frame.people.is_empty())
        .count();
    if n_frames == 0 {
        return rows;
    }
    let named_anew = if keep_order {
        in_order(nameless)
    } else {
        followed(nameless, path)
    };
    tracing::warn!(
        "{}: in {n_frames} frames somebody has no identity, or that of somebody surer: these people were given {} new ones, \
         from {} on",
        path.display(),
        n_identities(&named_anew),
        largest.saturating_add(1)
    );
    for (row, others) in rows.iter_mut().zip(named_anew) {
        let others = others.people.into_iter().map(|person| PersonRow {
            id: person.id.saturating_add(largest),
            ..person
        });
        row.people.extend(others);
    }
    rows
}

/// Whose each name of a frame is, by place: that of the surest of those who have it.
fn owners(people: &[(Option<u32>, PersonRow)]) -> BTreeMap<u32, usize> {
    let mut owners: BTreeMap<u32, usize> = BTreeMap::new();
    for (place, (id, person)) in people.iter().enumerate() {
        let Some(id) = id else {
            continue;
        };
        let owner = owners.entry(*id).or_insert(place);
        if people[*owner].1.score < person.score {
            *owner = place;
        }
    }
    owners
}

fn n_identities(rows: &[FrameRow]) -> usize {
    let ids: BTreeSet<u32> = (rows.iter().flat_map(|row| &row.people))
        .map(|person| person.id)
        .collect();
    ids.len()
}

/// By the people's places in each frame.
fn in_order(frames: Vec<TimedFrame>) -> Vec<FrameRow> {
    frames
        .into_iter()
        .map(|frame| FrameRow {
            frame: frame.frame,
            time_s: frame.time_secs,
            file: frame.file,
            people: (frame.people.into_iter().zip(1..))
                .map(|((_, person), id)| PersonRow { id, ..person })
                .collect(),
        })
        .collect()
}

/// As the tracker follows them.
fn followed(frames: Vec<TimedFrame>, path: &Path) -> Vec<FrameRow> {
    let mut tracker = Tracker::new(TrackerParams {
        smoothing: false,
        reidentification: false,
    });
    let mut n_left_out = 0;
    let rows = frames
        .into_iter()
        .map(|frame| {
            let time = Duration::try_from_secs_f64(frame.time_secs).unwrap_or(Duration::MAX);
            let mut waiting: Vec<PersonRow> =
                frame.people.into_iter().map(|(_, person)| person).collect();
            let sightings = waiting.iter().map(sighting).collect();
            let mut people = Vec::with_capacity(waiting.len());
            for tracked in tracker.update(time, sightings) {
                if let Some(at) = waiting.iter().position(|person| is_of(&tracked, person)) {
                    people.push(PersonRow {
                        id: tracked.id.0,
                        ..waiting.swap_remove(at)
                    });
                }
            }
            n_left_out += waiting.len();
            FrameRow {
                frame: frame.frame,
                time_s: frame.time_secs,
                file: frame.file,
                people,
            }
        })
        .collect();
    if 0 < n_left_out {
        tracing::warn!(
            "{}: {n_left_out} second sightings of a person in one frame were left out; --keep-order keeps them",
            path.display()
        );
    }
    rows
}

/// Whoever is in a file was believed by the program that wrote it: the tracker need not wait for a second sighting.
fn sighting(person: &PersonRow) -> PersonPose {
    let TrackedPose { bbox, pose, .. } = person.to_person();
    PersonPose {
        bbox,
        score: 1.0,
        pose,
    }
}

fn is_of(tracked: &TrackedPose, person: &PersonRow) -> bool {
    let person = person.to_person();
    tracked.bbox == person.bbox && tracked.pose == person.pose
}
