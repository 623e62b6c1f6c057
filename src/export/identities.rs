//! Who is who in results that came without identities.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::export::foreign::TimedFrame;
use crate::export::rows::{FrameRow, PersonRow};
use crate::track::{Tracker, TrackerParams};
use crate::types::{PersonPose, TrackedPose};

/// The rows with identities from 1: those of the file where it names everyone, otherwise those that the tracker gives,
/// or where `keep_order` is set, the people's places in each frame.
///
/// The log says where identities come from. Second sightings of a person, which the tracker knows, are left out.
pub(super) fn identified(frames: Vec<TimedFrame>, path: &Path, keep_order: bool) -> Vec<FrameRow> {
    let mut rows = if frames.iter().all(has_identities) {
        with_own(frames)
    } else if keep_order {
        in_order(frames)
    } else {
        followed(frames, path)
    };
    for row in &mut rows {
        row.people.sort_by_key(|person| person.id);
    }
    rows
}

/// Whether everyone has a name that nobody else in the frame has.
fn has_identities(frame: &TimedFrame) -> bool {
    let ids: Option<BTreeSet<u32>> = frame.people.iter().map(|(id, _)| *id).collect();
    ids.is_some_and(|ids| ids.len() == frame.people.len())
}

fn with_own(frames: Vec<TimedFrame>) -> Vec<FrameRow> {
    let counts_from_0 = frames
        .iter()
        .flat_map(|frame| &frame.people)
        .any(|(id, _)| *id == Some(0));
    rows(frames, |id, _| {
        id.unwrap_or_default()
            .saturating_add(u32::from(counts_from_0))
    })
}

fn in_order(frames: Vec<TimedFrame>) -> Vec<FrameRow> {
    rows(frames, |_, place| place as u32 + 1)
}

/// `id_of` is given what the file calls the person and the person's place in the frame.
fn rows(frames: Vec<TimedFrame>, id_of: impl Fn(Option<u32>, usize) -> u32) -> Vec<FrameRow> {
    frames
        .into_iter()
        .map(|frame| FrameRow {
            frame: frame.frame,
            time_s: frame.time_secs,
            people: frame
                .people
                .into_iter()
                .enumerate()
                .map(|(place, (id, person))| PersonRow {
                    id: id_of(id, place),
                    ..person
                })
                .collect(),
        })
        .collect()
}

fn followed(frames: Vec<TimedFrame>, path: &Path) -> Vec<FrameRow> {
    let mut tracker = Tracker::new(TrackerParams {
        smoothing: false,
        reidentification: false,
    });
    let mut n_left_out = 0;
    let mut ids = BTreeSet::new();
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
                    ids.insert(tracked.id);
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
                people,
            }
        })
        .collect();
    tracing::info!(
        "{} does not say who is who: its people were followed from frame to frame, {} in all",
        path.display(),
        ids.len()
    );
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
