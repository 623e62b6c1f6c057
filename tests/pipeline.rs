//! The whole pipeline with nets that answer exactly, on drawn people.
#![expect(
    clippy::unwrap_used,
    reason = "a pipeline that fails should fail the test"
)]

mod fakes;

use std::sync::atomic::Ordering;
use std::time::Duration;

use fakes::{ColorDetector, ColorPoseNet, ColorReidentifier, draw, frame, joints_around};
use poseglass::geom::{Image, Point};
use poseglass::pipeline::{Pipeline, PipelineParams};
use poseglass::track::Selection;
use poseglass::types::{FrameResult, TrackId};

const SIZE: [usize; 2] = [640, 480];

struct Scene {
    pipeline: Pipeline,
    detector: ColorDetector,
    pose_net: ColorPoseNet,
    next_index: u64,
}

impl Scene {
    fn new(params: PipelineParams) -> Self {
        let (detector, pose_net) = (ColorDetector::default(), ColorPoseNet::default());
        Self {
            pipeline: Pipeline::new(
                Box::new(detector.clone()),
                Box::new(pose_net.clone()),
                params,
            ),
            detector,
            pose_net,
            next_index: 0,
        }
    }

    /// The next frame, 30 a second, with people at these places.
    fn see(&mut self, centers: &[(usize, Point<Image>)]) -> FrameResult {
        let index = self.next_index;
        self.next_index += 1;
        let time = Duration::from_millis(index * 1000 / 30);
        self.pipeline
            .process(frame(index, time, draw(SIZE, centers)))
            .unwrap()
    }

    fn detector_runs(&self) -> usize {
        self.detector.asked.load(Ordering::SeqCst)
    }
}

#[test]
fn joints_come_back_where_they_were_drawn() {
    let center = Point::new(200.0, 240.0);
    let result = Scene::new(PipelineParams::default()).see(&[(0, center)]);
    assert_eq!(result.people.len(), 1);
    let drawn = joints_around(center);
    for (joint_idx, keypoint) in result.people[0].pose.found() {
        // squares have their middle half a pixel right of and below their named pixel; a cell is about 3 pixels
        let distance = keypoint.at.distance(drawn[joint_idx]);
        assert!(distance < 3.0, "joint {joint_idx}: {distance} px off");
    }
    assert_eq!(result.people[0].pose.found().count(), drawn.len());
}

#[test]
fn the_detector_looks_in_the_mirror_when_the_pose_net_does() {
    let mut scene = Scene::new(PipelineParams::default());
    let looks_twice = scene.detector.mirror.clone();
    let center = Point::new(200.0, 240.0);
    for has_mirror in [true, false] {
        scene.pipeline.set_pose_net(Box::new(ColorPoseNet {
            has_mirror,
            ..ColorPoseNet::default()
        }));
        scene.pipeline.reset();
        scene.see(&[(0, center)]);
        assert_eq!(looks_twice.load(Ordering::SeqCst), has_mirror);
    }
}

#[test]
fn detector_runs_on_every_nth_frame_and_joints_are_followed_between() {
    let mut scene = Scene::new(PipelineParams {
        detect_every: 5,
        ..PipelineParams::default()
    });
    for step in 0..20 {
        let result = scene.see(&[(0, Point::new(150.0 + 3.0 * step as f32, 240.0))]);
        assert_eq!(result.people.len(), 1, "frame {step}");
        assert_eq!(result.people[0].id.0, 1, "frame {step}");
        assert_eq!(result.times.detect.is_some(), step % 5 == 0, "frame {step}");
    }
    assert_eq!(scene.detector_runs(), 4);
}

#[test]
fn where_frames_come_slowly_somebody_new_is_found_within_a_second() {
    let mut scene = Scene::new(PipelineParams::default());
    let (left, right) = ((0, Point::new(150.0, 240.0)), (1, Point::new(450.0, 240.0)));
    let mut found_at = None;
    for index in 0..9 {
        let time = Duration::from_millis(200 * index);
        let people = if index == 0 {
            vec![left]
        } else {
            vec![left, right]
        };
        let image = draw(SIZE, &people);
        let result = scene.pipeline.process(frame(index, time, image)).unwrap();
        if result.people.len() == 2 {
            found_at.get_or_insert(index);
        }
    }
    assert_eq!(found_at, Some(3));
}

#[test]
fn pictures_that_lie_far_apart_in_time_are_searched_each() {
    for gap_secs in [1, 5] {
        let mut scene = Scene::new(PipelineParams::default());
        for index in 0..6 {
            let x = if index % 2 == 0 { 100.0 } else { 500.0 };
            let image = draw(SIZE, &[(0, Point::new(x, 240.0))]);
            let time = Duration::from_secs(gap_secs * index);
            let result = scene.pipeline.process(frame(index, time, image)).unwrap();
            assert_eq!(result.people.len(), 1, "{index}, {gap_secs} s apart");
        }
        assert_eq!(scene.detector_runs(), 6);
    }
}

#[test]
fn a_lost_person_calls_the_detector_at_once() {
    let mut scene = Scene::new(PipelineParams {
        detect_every: 100,
        ..PipelineParams::default()
    });
    let (left, right) = (Point::new(150.0, 240.0), Point::new(450.0, 240.0));
    for _ in 0..3 {
        assert_eq!(scene.see(&[(0, left), (1, right)]).people.len(), 2);
    }
    assert_eq!(scene.detector_runs(), 1);
    scene.see(&[(0, left)]);
    let after_loss = scene.see(&[(0, left)]);
    assert!(after_loss.times.detect.is_some());
    assert_eq!(after_loss.people.len(), 1);
}

#[test]
fn somebody_new_is_found_with_the_next_detection() {
    let mut scene = Scene::new(PipelineParams {
        detect_every: 4,
        ..PipelineParams::default()
    });
    let (left, right) = (Point::new(150.0, 240.0), Point::new(450.0, 240.0));
    for _ in 0..2 {
        scene.see(&[(0, left)]);
    }
    let n_people: Vec<usize> = (0..4)
        .map(|_| scene.see(&[(0, left), (1, right)]).people.len())
        .collect();
    assert_eq!(n_people, [1, 1, 2, 2]);
}

#[test]
fn identities_stay_while_people_walk_towards_each_other() {
    let mut scene = Scene::new(PipelineParams::default());
    let mut ids = Vec::new();
    for step in 0..40 {
        let shift = 3.0 * step as f32;
        let people = scene
            .see(&[
                (0, Point::new(120.0 + shift, 240.0)),
                (1, Point::new(520.0 - shift, 240.0)),
            ])
            .people;
        assert_eq!(people.len(), 2, "frame {step}");
        let mut by_place: Vec<_> = people
            .iter()
            .map(|p| (p.bbox.center().x as i32, p.id))
            .collect();
        by_place.sort_unstable();
        ids.push([by_place[0].1, by_place[1].1]);
    }
    assert!(ids.iter().all(|pair| *pair == ids[0]), "{ids:?}");
}

#[test]
fn no_more_people_than_asked_for() {
    let mut scene = Scene::new(PipelineParams {
        max_people: 1,
        ..PipelineParams::default()
    });
    for _ in 0..3 {
        let people = scene
            .see(&[(0, Point::new(150.0, 240.0)), (1, Point::new(450.0, 240.0))])
            .people;
        assert_eq!(people.len(), 1);
    }
    assert_eq!(scene.pose_net.crops_seen.load(Ordering::SeqCst), 3);
}

#[test]
fn who_is_followed_is_not_given_up_for_somebody_new() {
    let mut scene = Scene::new(PipelineParams {
        max_people: 1,
        ..PipelineParams::default()
    });
    let (followed, new) = ((1, Point::new(400.0, 240.0)), (0, Point::new(200.0, 240.0)));
    let first = scene.see(&[followed]);
    for _ in 0..16 {
        // equally sure, and the detector names the new one first
        let result = scene.see(&[new, followed]);
        assert_eq!(result.people[0].id, first.people[0].id);
        assert!(300.0 < result.people[0].bbox.center().x);
    }
}

#[test]
fn the_same_frames_give_the_same_results() {
    let run = || {
        let mut scene = Scene::new(PipelineParams::default());
        (0..10)
            .map(|step| {
                scene
                    .see(&[(0, Point::new(150.0 + 5.0 * step as f32, 240.0))])
                    .people
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}

#[test]
fn an_empty_frame_gives_nobody() {
    let mut scene = Scene::new(PipelineParams::default());
    assert!(scene.see(&[]).people.is_empty());
    let tiny = frame(1, Duration::from_millis(33), draw([1, 1], &[]));
    assert!(scene.pipeline.process(tiny).unwrap().people.is_empty());
}

#[test]
fn identities_do_not_depend_on_whom_results_are_about() {
    let places = [(0, Point::new(150.0, 240.0)), (1, Point::new(450.0, 240.0))];
    let mut everyone = Scene::new(PipelineParams::default());
    let mut second = Scene::new(PipelineParams {
        selection: Selection::Only(TrackId(2)),
        ..PipelineParams::default()
    });
    for _ in 0..3 {
        let everyone = everyone.see(&places).people;
        assert_eq!(everyone.len(), 2);
        assert_eq!(second.see(&places).people, everyone[1..]);
    }
}

#[test]
fn the_net_tells_who_comes_back() {
    let looks = ColorReidentifier::default();
    let mut scene = Scene::new(PipelineParams::default());
    scene.pipeline = scene
        .pipeline
        .with_reidentifier(Some(Box::new(looks.clone())));
    let place = Point::new(200.0, 240.0);
    let mut ids_of = |person: Option<usize>, n_frames: u32| {
        let centers: Vec<_> = person.map(|person| (person, place)).into_iter().collect();
        let mut ids = Vec::new();
        for _ in 0..n_frames {
            ids.extend(scene.see(&centers).people.iter().map(|person| person.id.0));
        }
        ids.dedup();
        ids
    };
    assert_eq!(ids_of(Some(0), 60), [1]);
    ids_of(None, 60);
    assert_eq!(ids_of(Some(1), 60), [2]);
    ids_of(None, 60);
    assert_eq!(ids_of(Some(0), 60), [1]);
    // two people for two seconds and one twice
    let n_looks = looks.crops_seen.load(Ordering::SeqCst);
    assert!((3..=30).contains(&n_looks), "{n_looks} looks");
}
