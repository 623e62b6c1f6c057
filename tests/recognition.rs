//! People who come back or cross are known by their looks, strangers are not taken for them.
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

use std::time::Duration;

use poseglass::geom::BBox;
use poseglass::seam::NetError;
use poseglass::track::{Recognition, Tracker, TrackerParams};
use poseglass::types::{EMBEDDING_LEN, Embedding, PersonPose, Pose, TrackId};
use proptest::prelude::*;

/// Somebody upright and 200 pixels high whose middle is at `x`; boxes decide alone where no joints are known.
fn standing(x: f32) -> PersonPose {
    PersonPose {
        bbox: BBox::from_xywh([x - 40.0, 100.0, 80.0, 200.0]),
        score: 0.9,
        pose: Pose::EMPTY,
    }
}

/// Looks of person `who`: strangers are at right angles, pictures of one person differ by `variation`.
fn looks_of(who: usize, variation: f32, picture: usize) -> Embedding {
    let mut numbers = [0.0; EMBEDDING_LEN];
    numbers[who] = 1.0;
    numbers[20 + (37 * picture + who) % 100] = variation;
    Embedding::from_numbers(&numbers).unwrap()
}

/// A tracker, and a net that knows who really stands in a box.
struct Scene {
    tracker: Tracker,
    n_looks: usize,
}

impl Scene {
    fn new(reidentification: bool) -> Self {
        Self {
            tracker: Tracker::new(TrackerParams {
                reidentification,
                ..TrackerParams::default()
            }),
            n_looks: 0,
        }
    }

    /// People `(who, x)` at a time; gives `(who, identity)` of those shown, by identity.
    fn see(&mut self, millis: u64, people: &[(usize, f32)]) -> Vec<(usize, u32)> {
        let who_is_at = |x: f32| {
            let nearest = people
                .iter()
                .min_by(|a, b| (a.1 - x).abs().total_cmp(&(b.1 - x).abs()));
            nearest.unwrap().0
        };
        let n_looks = &mut self.n_looks;
        let shown = self
            .tracker
            .update_with_looks(
                Duration::from_millis(millis),
                people.iter().map(|(_, x)| standing(*x)).collect(),
                &mut |boxes| {
                    let looks = boxes.iter().map(|bbox| {
                        *n_looks += 1;
                        looks_of(who_is_at(bbox.center().x), 0.3, *n_looks)
                    });
                    Ok(looks.collect())
                },
            )
            .unwrap();
        shown
            .iter()
            .map(|person| (who_is_at(person.bbox.center().x), person.id.0))
            .collect()
    }

    /// The same people from one time to another, at 25 frames per second; the last frame's answer.
    fn stay(&mut self, millis: std::ops::Range<u64>, people: &[(usize, f32)]) -> Vec<(usize, u32)> {
        millis
            .step_by(40)
            .map(|millis| self.see(millis, people))
            .last()
            .unwrap()
    }
}

#[test]
fn somebody_who_comes_back_within_a_minute_keeps_the_identity() {
    let mut scene = Scene::new(true);
    scene.stay(0..2000, &[(1, 200.0)]);
    for start in (2000..50_000).step_by(1000) {
        scene.stay(start..start + 1000, &[]);
    }
    assert_eq!(scene.see(50_000, &[(1, 600.0)]), [(1, 1)]);
}

#[test]
fn after_a_jump_of_less_than_a_minute_people_are_known_by_their_looks() {
    for (to_millis, identities) in [(10_000, [(1, 1), (2, 2)]), (90_000, [(2, 3), (1, 4)])] {
        let mut scene = Scene::new(true);
        scene.stay(0..2000, &[(1, 200.0), (2, 600.0)]);
        // they have changed places
        let mut there = scene.see(to_millis, &[(2, 200.0), (1, 600.0)]);
        there.sort_by_key(|(_, id)| *id);
        assert_eq!(there, identities, "{to_millis}");
    }
}

#[test]
fn after_a_jump_nobody_goes_on_by_the_place_alone() {
    let mut scene = Scene::new(true);
    scene.stay(0..2000, &[(1, 200.0)]);
    scene.tracker.jump_to(Duration::from_millis(500));
    assert_eq!(scene.see(500, &[(2, 200.0)]), [(2, 2)]);
}

#[test]
fn somebody_who_comes_back_later_is_new() {
    let mut scene = Scene::new(true);
    scene.stay(0..2000, &[(1, 200.0)]);
    scene.stay(2000..63_000, &[]);
    assert_eq!(scene.see(63_000, &[(1, 200.0)]), [(1, 2)]);
}

#[test]
fn without_looks_somebody_who_comes_back_is_new() {
    let mut scene = Scene::new(false);
    scene.stay(0..2000, &[(1, 200.0)]);
    scene.stay(2000..4000, &[]);
    assert_eq!(scene.see(4000, &[(1, 200.0)]), [(1, 2)]);
    assert_eq!(scene.n_looks, 0);
}

#[test]
fn a_stranger_in_the_same_place_is_new() {
    let mut scene = Scene::new(true);
    scene.stay(0..2000, &[(1, 200.0)]);
    scene.stay(2000..4000, &[]);
    assert_eq!(scene.stay(4000..6000, &[(2, 200.0)]), [(2, 2)]);
    // both are known from now on
    scene.stay(6000..8000, &[]);
    let both = scene.stay(8000..9000, &[(1, 500.0), (2, 200.0)]);
    assert_eq!(both, [(1, 1), (2, 2)]);
}

#[test]
fn a_stranger_in_the_place_of_somebody_lost_a_moment_ago_is_new() {
    for (who, identity) in [(1, 1), (2, 2)] {
        let mut scene = Scene::new(true);
        scene.stay(0..2000, &[(1, 200.0)]);
        scene.stay(2000..2600, &[]);
        assert_eq!(scene.see(2600, &[(who, 210.0)]), [(who, identity)]);
    }
    // motion alone does not know it
    let mut scene = Scene::new(false);
    scene.stay(0..2000, &[(1, 200.0)]);
    scene.stay(2000..2600, &[]);
    assert_eq!(scene.see(2600, &[(2, 210.0)]), [(2, 1)]);
}

#[test]
fn who_was_lost_is_known_after_a_stranger_took_the_place() {
    let mut scene = Scene::new(true);
    scene.stay(0..2000, &[(1, 200.0)]);
    scene.stay(2000..2600, &[]);
    scene.stay(2600..3000, &[(2, 210.0)]);
    let both = scene.see(3000, &[(2, 210.0), (1, 500.0)]);
    assert_eq!(both, [(1, 1), (2, 2)]);
}

#[test]
fn two_who_are_lost_for_a_moment_and_change_places_keep_their_identities() {
    let mut scene = Scene::new(true);
    scene.stay(0..2000, &[(1, 200.0), (2, 500.0)]);
    scene.stay(2000..2600, &[]);
    let both = scene.see(2600, &[(2, 200.0), (1, 500.0)]);
    assert_eq!(both, [(1, 1), (2, 2)]);
}

#[test]
fn where_frames_lie_far_apart_a_stranger_in_the_same_place_is_new() {
    let mut scene = Scene::new(true);
    let shown: Vec<Vec<(usize, u32)>> = [(0, 1), (700, 1), (1400, 2), (2100, 2)]
        .map(|(millis, who)| scene.see(millis, &[(who, 200.0)]))
        .into();
    assert_eq!(shown, [[(1, 1)], [(1, 1)], [(2, 2)], [(2, 2)]]);
}

#[test]
fn who_is_recognized_after_some_frames_is_told() {
    let mut scene = Scene::new(true);
    scene.stay(0..2000, &[(1, 200.0), (2, 600.0)]);
    scene.stay(2000..4000, &[(2, 600.0)]);
    // too near to the other one for a look
    let shown = scene.see(4000, &[(1, 560.0), (2, 600.0)]);
    assert_eq!(shown, [(2, 2), (1, 3)]);
    assert!(scene.tracker.recognized().is_empty());
    let shown = scene.see(4040, &[(1, 520.0), (2, 600.0)]);
    assert_eq!(shown, [(1, 1), (2, 2)]);
    let expected = Recognition {
        newcomer: TrackId(3),
        known: TrackId(1),
    };
    assert_eq!(scene.tracker.recognized(), [expected]);
    scene.see(4080, &[(1, 520.0), (2, 600.0)]);
    assert!(scene.tracker.recognized().is_empty());
}

#[test]
fn of_two_who_left_the_right_one_comes_back() {
    let mut scene = Scene::new(true);
    scene.stay(0..2000, &[(1, 200.0), (2, 500.0)]);
    scene.stay(2000..4000, &[]);
    // each where the other one was
    assert_eq!(scene.see(4000, &[(2, 200.0)]), [(2, 2)]);
    let both = scene.see(4040, &[(2, 200.0), (1, 500.0)]);
    assert_eq!(both, [(1, 1), (2, 2)]);
}

#[test]
fn of_two_twins_who_left_nobody_knows_who_comes_back() {
    let mut scene = Scene::new(true);
    // the same looks, one beside the other
    scene.stay(0..2000, &[(1, 200.0), (1, 500.0)]);
    scene.stay(2000..4000, &[]);
    assert_eq!(scene.stay(4000..7000, &[(1, 350.0)]), [(1, 3)]);
}

/// Two people meet behind a pillar that hides them for a moment and go back to where they came from.
fn meet_and_turn_back(scene: &mut Scene) -> Vec<(usize, u32)> {
    let mut shown = Vec::new();
    for k in 0..100_u64 {
        let apart = (12.0 * k as f32 - 600.0).abs();
        let people = if apart < 30.0 {
            vec![]
        } else {
            vec![(1, 400.0 - apart), (2, 400.0 + apart)]
        };
        shown = scene.see(40 * k, &people);
    }
    shown
}

#[test]
fn people_who_turn_back_where_they_meet_keep_their_identities() {
    // whoever only looks at motion sees two people pass each other
    assert_eq!(meet_and_turn_back(&mut Scene::new(false)), [(2, 1), (1, 2)]);
    assert_eq!(meet_and_turn_back(&mut Scene::new(true)), [(1, 1), (2, 2)]);
}

#[test]
fn somebody_who_is_hidden_is_not_looked_at() {
    let mut scene = Scene::new(true);
    scene.see(0, &[(1, 200.0), (2, 240.0)]);
    assert_eq!(scene.n_looks, 0);
    scene.see(40, &[(1, 200.0), (2, 290.0)]);
    assert_eq!(scene.n_looks, 2);
}

#[test]
fn looks_are_rare() {
    let mut scene = Scene::new(true);
    scene.stay(0..10_000, &[(1, 200.0), (2, 500.0)]);
    assert_eq!(scene.n_looks, 20, "one a second and person");
}

#[test]
fn a_net_that_fails_is_heard() {
    let mut tracker = Tracker::new(TrackerParams::default());
    let failed = tracker.update_with_looks(Duration::ZERO, vec![standing(100.0)], &mut |_| {
        Err(NetError {
            net: "re-identification net",
            reason: "no power".to_owned(),
        })
    });
    assert!(failed.is_err());
}

proptest! {
    #[test]
    fn whatever_they_look_like_identities_are_unique(
        frames in prop::collection::vec(
            (1u64..2500, prop::collection::vec((0f32..900.0, 0usize..4), 0..6)),
            1..60,
        )
    ) {
        let mut tracker = Tracker::new(TrackerParams::default());
        let mut millis = 0;
        let mut picture = 0;
        for (dt, people) in frames {
            millis += dt;
            let shown = tracker
                .update_with_looks(
                    Duration::from_millis(millis),
                    people.iter().map(|(x, _)| standing(*x)).collect(),
                    &mut |boxes| {
                        let looks = boxes.iter().enumerate().map(|(idx, _)| {
                            picture += 1;
                            looks_of(people.get(idx).map_or(0, |person| person.1), 0.3, picture)
                        });
                        Ok(looks.collect())
                    },
                )
                .unwrap();
            let ids: Vec<TrackId> = shown.iter().map(|person| person.id).collect();
            prop_assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
            let mut regions = tracker.regions(Duration::from_millis(millis), [1000, 400]);
            let n_regions = regions.len();
            regions.dedup_by_key(|region| region.0);
            prop_assert_eq!(n_regions, regions.len());
        }
    }
}
