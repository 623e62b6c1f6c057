//! Identities stay with people who cross, are missed for a moment or barely seen, and are never given twice.

mod regions;
mod whatever_comes;

use std::collections::HashMap;
use std::time::Duration;

use poseglass::geom::{BBox, Point};
use poseglass::track::{Tracker, TrackerParams};
use poseglass::types::{Keypoint, PersonPose, Pose, TrackId, TrackedPose};

/// Somebody upright, in shares of the height from the middle of the feet: x right, y down.
const BODY: [[f32; 2]; 17] = [
    [0.0, -0.93],
    [0.02, -0.95],
    [-0.02, -0.95],
    [0.04, -0.94],
    [-0.04, -0.94],
    [0.11, -0.82],
    [-0.11, -0.82],
    [0.14, -0.64],
    [-0.14, -0.64],
    [0.14, -0.48],
    [-0.14, -0.48],
    [0.07, -0.5],
    [-0.07, -0.5],
    [0.07, -0.27],
    [-0.07, -0.27],
    [0.07, -0.04],
    [-0.07, -0.04],
];

/// A walker whose limbs swing with `phase`, standing at (x, y).
fn walker([x, y]: [f32; 2], height: f32, phase: f32, score: f32) -> PersonPose {
    let mut pose = Pose::EMPTY;
    for (joint_idx, [dx, dy]) in BODY.into_iter().enumerate() {
        let side = if joint_idx % 2 == 1 { 1.0 } else { -1.0 };
        let swing = match joint_idx {
            9 | 10 => -0.1,
            15 | 16 => 0.13,
            13 | 14 => 0.05,
            _ => 0.0,
        };
        pose.keypoints[joint_idx] = Some(Keypoint {
            at: Point::new(
                x + height * (dx + swing * side * phase.sin()),
                y + height * dy,
            ),
            confidence: 0.9,
        });
    }
    PersonPose {
        bbox: BBox::from_xywh([x - 0.18 * height, y - height, 0.36 * height, height]),
        score,
        pose,
    }
}

fn standing(x: f32, score: f32) -> PersonPose {
    walker([x, 300.0], 200.0, 0.0, score)
}

fn tracker() -> Tracker {
    Tracker::new(TrackerParams::default())
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn ids(people: &[TrackedPose]) -> Vec<u32> {
    people.iter().map(|person| person.id.0).collect()
}

#[test]
fn a_picture_gives_identities_at_once() {
    let mut tracker = tracker();
    let people = vec![
        standing(100.0, 0.9),
        standing(300.0, 0.35),
        standing(500.0, 0.2),
    ];
    let tracked = tracker.update(ms(0), people);
    assert_eq!(ids(&tracked), [1, 2]);
    assert_eq!(tracked[0].score, 0.9);
    assert!(tracked[0].smoothed.is_some());
}

#[test]
fn smoothing_can_be_off() {
    let mut tracker = Tracker::new(TrackerParams {
        smoothing: false,
        ..TrackerParams::default()
    });
    let tracked = tracker.update(ms(0), vec![standing(100.0, 0.9)]);
    assert!(tracked[0].smoothed.is_none());
    tracker.set_params(TrackerParams::default());
    let tracked = tracker.update(ms(33), vec![standing(101.0, 0.9)]);
    assert_eq!(ids(&tracked), [1]);
    assert!(tracked[0].smoothed.is_some());
}

/// Two walkers who pass each other; the one behind is not found while covered if `is_covered` says so.
fn identities_keep_through_crossing(fps: u64, is_covered: impl Fn(f32) -> bool) {
    let mut tracker = tracker();
    let mut first: HashMap<TrackId, f32> = HashMap::new();
    let mut last = Vec::new();
    for k in 0..4 * fps {
        let secs = k as f32 / fps as f32;
        // 130 px per second each, trembling by some pixels
        let tremble = 2.0 * (17.0 * k as f32).sin();
        let front = walker(
            [100.0 + 130.0 * secs + tremble, 300.0],
            200.0,
            6.0 * secs,
            0.9,
        );
        let behind = walker(
            [620.0 - 130.0 * secs - tremble, 290.0],
            190.0,
            5.0 * secs + 1.0,
            0.8,
        );
        let apart = front.bbox.center().x - behind.bbox.center().x;
        let mut people = vec![behind, front];
        if is_covered(apart) {
            people.remove(0);
        }
        let tracked = tracker.update(ms(1000 * k / fps), people);
        for person in &tracked {
            first
                .entry(person.id)
                .or_insert_with(|| person.bbox.center().x);
        }
        last = tracked;
    }
    assert_eq!(first.len(), 2, "{fps} fps");
    assert_eq!(last.len(), 2);
    for person in last {
        let came_from_left = first[&person.id] < 360.0;
        let is_right = 360.0 < person.bbox.center().x;
        assert_eq!(came_from_left, is_right, "{fps} fps: exchanged");
    }
}

#[test]
fn crossing_people_keep_their_identities() {
    for fps in [10, 30, 60] {
        identities_keep_through_crossing(fps, |_| false);
        // nearer than half of a body's width: about a quarter of a second
        identities_keep_through_crossing(fps, |apart| apart.abs() < 35.0);
        // until they are side by side: about half of a second
        identities_keep_through_crossing(fps, |apart| apart.abs() < 70.0);
    }
}

#[test]
fn somebody_missed_for_a_moment_keeps_the_identity() {
    let mut tracker = tracker();
    for k in 0..90_u64 {
        let time = ms(33 * k);
        let x = 100.0 + 0.15 * time.as_millis() as f32;
        let is_missed = (40..52).contains(&k);
        let people = if is_missed {
            vec![]
        } else {
            vec![walker([x, 300.0], 200.0, 0.2 * k as f32, 0.9)]
        };
        let tracked = tracker.update(time, people);
        assert_eq!(ids(&tracked), if is_missed { vec![] } else { vec![1] });
        assert_eq!(tracker.anyone_lost(), k == 40);
    }
}

#[test]
fn somebody_who_comes_back_later_is_new() {
    let mut tracker = tracker();
    let seen = |millis: u64| !(500..1700).contains(&millis);
    let mut found = Vec::new();
    for millis in (0..2500).step_by(40) {
        let people = if seen(millis) {
            vec![standing(200.0, 0.9)]
        } else {
            vec![]
        };
        found.extend(ids(&tracker.update(ms(millis), people)));
    }
    found.dedup();
    assert_eq!(found, [1, 2]);
}

#[test]
fn slow_sources_keep_identities_too() {
    let mut tracker = tracker();
    for k in 0..5 {
        // one frame in 1.5 seconds
        let tracked = tracker.update(ms(1500 * k), vec![standing(200.0 + k as f32, 0.9)]);
        assert_eq!(ids(&tracked), [1]);
    }
    // but not over a pause
    let tracked = tracker.update(ms(60_000), vec![standing(204.0, 0.9)]);
    assert_eq!(ids(&tracked), [2]);
}

#[test]
fn where_frames_lie_far_apart_everyone_is_believed_at_once() {
    let mut tracker = tracker();
    for k in 0..4 {
        // pictures of a folder that have nothing to do with each other
        let x = 100.0 + 250.0 * (k % 3) as f32;
        let tracked = tracker.update(ms(1000 * k), vec![standing(x, 0.5)]);
        assert_eq!(tracked.len(), 1, "picture {k}");
    }
}

#[test]
fn barely_seen_people_go_on_but_do_not_start() {
    let mut tracker = tracker();
    tracker.update(ms(0), vec![standing(100.0, 0.9)]);
    for k in 1..20 {
        let people = vec![standing(100.0, 0.15), standing(400.0, 0.25)];
        assert_eq!(ids(&tracker.update(ms(33 * k), people)), [1]);
    }
}

#[test]
fn sure_people_are_matched_before_unsure_ones() {
    let mut tracker = tracker();
    tracker.update(ms(0), vec![standing(100.0, 0.9)]);
    // a reflection in the very place of the person, and the person who moved on
    let people = vec![standing(100.0, 0.4), standing(112.0, 0.9)];
    let tracked = tracker.update(ms(33), people);
    assert_eq!(tracked[0].score, 0.9);
}

#[test]
fn unsure_newcomers_have_to_be_seen_twice() {
    let mut tracker = tracker();
    assert!(tracker.update(ms(0), vec![]).is_empty());
    assert!(
        tracker
            .update(ms(33), vec![standing(100.0, 0.5)])
            .is_empty()
    );
    // so that the second look is taken without the detector
    assert_eq!(tracker.regions(ms(66), [640, 480]).len(), 1);
    assert!(!tracker.anyone_lost());
    let tracked = tracker.update(ms(66), vec![standing(100.0, 0.5)]);
    assert_eq!(ids(&tracked), [1]);
    // a sure one does not wait
    let people = vec![standing(100.0, 0.5), standing(400.0, 0.8)];
    assert_eq!(ids(&tracker.update(ms(100), people)), [1, 2]);
}

#[test]
fn flashes_are_never_shown_and_use_up_no_identity() {
    let mut tracker = tracker();
    for k in 0..10 {
        // each in another place, a second apart
        let people = vec![standing(100.0 + 150.0 * (k % 3) as f32, 0.5)];
        assert!(tracker.update(ms(1000 * k), vec![]).is_empty());
        assert!(tracker.update(ms(1000 * k + 100), people).is_empty());
        assert!(!tracker.anyone_lost());
    }
    let tracked = tracker.update(ms(10_000), vec![standing(600.0, 0.9)]);
    assert_eq!(ids(&tracked), [1]);
}

#[test]
fn of_two_sightings_of_one_person_the_surer_stays() {
    let mut tracker = tracker();
    let people = vec![
        standing(100.0, 0.7),
        standing(102.0, 0.9),
        standing(101.0, 0.8),
    ];
    let tracked = tracker.update(ms(0), people);
    assert_eq!(tracked.len(), 1);
    assert_eq!(tracked[0].score, 0.9);
}

#[test]
fn a_region_that_drifts_onto_a_neighbor_does_not_take_their_identity() {
    let mut tracker = tracker();
    tracker.update(ms(0), vec![standing(100.0, 0.9), standing(160.0, 0.9)]);
    // the first one's region shows the second one, surer than the second one's own
    let people = vec![standing(159.0, 0.95), standing(160.0, 0.9)];
    let tracked = tracker.update(ms(33), people);
    assert_eq!(ids(&tracked), [2]);
    assert!(tracker.anyone_lost());
}

#[test]
fn a_step_back_keeps_identities_and_a_jump_does_not() {
    let mut tracker = tracker();
    for k in 0..10 {
        tracker.update(ms(33 * k), vec![standing(100.0, 0.9)]);
    }
    for millis in [264, 231, 231, 198, 231] {
        let tracked = tracker.update(ms(millis), vec![standing(100.0, 0.9)]);
        assert_eq!(ids(&tracked), [1]);
        assert!(!tracker.anyone_lost());
    }
    tracker.update(ms(5000), vec![]);
    let tracked = tracker.update(ms(0), vec![standing(100.0, 0.9)]);
    assert_eq!(ids(&tracked), [2]);
}

#[test]
fn whoever_is_not_seen_is_not_shown_though_time_stands_still() {
    // two frames of one time, and a clock that was set back
    for millis in [330, 297] {
        let mut tracker = tracker();
        let both = || vec![standing(100.0, 0.9), standing(400.0, 0.9)];
        tracker.update(ms(297), both());
        tracker.update(ms(330), both());
        let tracked = tracker.update(ms(millis), vec![standing(400.0, 0.9)]);
        assert_eq!(ids(&tracked), [2], "{millis}");
        assert!(tracker.anyone_lost());
        let regions = tracker.regions(ms(millis + 33), [640, 480]);
        assert_eq!(regions.len(), 1, "{millis}");
        assert_eq!(ids(&tracker.update(ms(millis + 33), both())), [1, 2]);
    }
}

#[test]
fn identities_are_not_given_again_after_a_reset() {
    let mut tracker = tracker();
    tracker.update(ms(0), vec![standing(100.0, 0.9), standing(300.0, 0.9)]);
    tracker.reset();
    assert!(tracker.regions(ms(0), [640, 480]).is_empty());
    let tracked = tracker.update(ms(33), vec![standing(100.0, 0.9)]);
    assert_eq!(ids(&tracked), [3]);
}
