//! The engine's threads: freshness of live sources, completeness of recordings, jumps, failures.
#![expect(
    clippy::unwrap_used,
    reason = "an engine that does not start should fail the test"
)]

mod fakes;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use fakes::{ColorDetector, ColorPoseNet, draw, frame};
use poseglass::engine::{
    Engine, EngineCommand, EngineEvent, LoadedPipeline, LoadedPoseNet, Loader, Opener,
    PoseNetSetting, PoseNets, Update,
};
use poseglass::geom::Point;
use poseglass::image::RgbImage;
use poseglass::pipeline::{Pipeline, PipelineParams};
use poseglass::seam::{NetError, PersonDetector, PoseNet};
use poseglass::skeleton::N_JOINTS;
use poseglass::source::{FrameSource, SourceError, SourceInfo, SourceKind, SourceSpec};
use poseglass::track::Selection;
use poseglass::types::{Detection, Frame, Heatmaps, PersonCrop};

/// Longer than anything here takes: only a broken engine waits for it.
const LIMIT: Duration = Duration::from_secs(20);

fn info(kind: SourceKind) -> SourceInfo {
    SourceInfo {
        name: "a test".to_owned(),
        kind,
        size: [320, 240],
        rotation: 0,
        fps_nominal: Some(10.0),
        n_frames: None,
        duration: None,
        can_seek: kind != SourceKind::Camera,
        decoder: "none".to_owned(),
    }
}

/// A recording of `n` frames, 10 ms apart, someone walking from left to right.
struct Recording {
    info: SourceInfo,
    next: u64,
    n: u64,
    /// From this frame on it is damaged.
    breaks_off_at: Option<u64>,
}

impl FrameSource for Recording {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        if self.n <= self.next {
            return Ok(None);
        }
        let index = self.next;
        if self.breaks_off_at.is_some_and(|at| at <= index) {
            return Err(SourceError::NotFound("the rest".into()));
        }
        self.next += 1;
        let center = Point::new(60.0 + 2.0 * index as f32, 120.0);
        let image = draw([320, 240], &[(0, center)]);
        Ok(Some(frame(index, Duration::from_millis(10 * index), image)))
    }

    fn seek(&mut self, time: Duration) -> Result<(), SourceError> {
        self.next = (time.as_millis() as u64 / 10).min(self.n.saturating_sub(1));
        Ok(())
    }
}

/// A camera that gives a frame for each message, and fails when the messages end.
struct ScriptedCamera {
    info: SourceInfo,
    ticks: Receiver<()>,
    next: u64,
    /// Before each frame, and before it fails.
    pause: Duration,
}

impl FrameSource for ScriptedCamera {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        std::thread::sleep(self.pause);
        self.ticks.recv().map_err(|error| SourceError::CameraLost {
            name: self.info.name.clone(),
            reason: error.to_string(),
        })?;
        let index = self.next;
        self.next += 1;
        let image = RgbImage::filled([320, 240], [0; 3]);
        Ok(Some(frame(index, Duration::from_millis(index), image)))
    }

    fn seek(&mut self, _time: Duration) -> Result<(), SourceError> {
        Err(SourceError::CannotSeek(self.info.name.clone()))
    }
}

/// Says that it has begun and waits until it may go on.
struct GatedDetector {
    begun: Sender<()>,
    go_on: Receiver<()>,
}

impl PersonDetector for GatedDetector {
    fn detect(&mut self, _image: &RgbImage) -> Result<Vec<Detection>, NetError> {
        self.begun.send(()).unwrap();
        self.go_on.recv().unwrap();
        Ok(Vec::new())
    }
}

/// Finds every joint in the upper left corner.
struct CornerPoseNet;

impl PoseNet for CornerPoseNet {
    fn input_size(&self) -> [usize; 2] {
        [192, 256]
    }

    fn heatmaps(&mut self, crops: &[PersonCrop], answer: &mut Heatmaps) -> Result<(), NetError> {
        let mut values = vec![0.0; crops.len() * N_JOINTS * 64 * 48];
        values
            .iter_mut()
            .step_by(64 * 48)
            .for_each(|heat| *heat = 1.0);
        *answer = Heatmaps {
            shape: [crops.len(), N_JOINTS, 64, 48],
            values,
        };
        Ok(())
    }
}

fn named(model: &str) -> PoseNetSetting {
    PoseNetSetting {
        model: model.to_owned(),
        flip_test: false,
    }
}

/// The pose nets `colors`, which is in use, and `corner`.
fn pose_nets() -> PoseNets {
    PoseNets {
        names: vec!["colors".to_owned(), "corner".to_owned()],
        in_use: named("colors"),
        load: Box::new(|setting| {
            let net: Box<dyn PoseNet> = match setting.model.as_str() {
                "colors" => Box::new(ColorPoseNet::default()),
                "corner" => Box::new(CornerPoseNet),
                other => anyhow::bail!("there is no {other}"),
            };
            Ok(LoadedPoseNet {
                net,
                backend: setting.model.clone(),
            })
        }),
    }
}

fn loader(detector: impl PersonDetector + 'static) -> Loader {
    Box::new(move || {
        Ok(LoadedPipeline {
            pipeline: Pipeline::new(
                Box::new(detector),
                Box::new(ColorPoseNet::default()),
                PipelineParams::default(),
            ),
            backend: "a test".to_owned(),
            fallback: None,
            pose_nets: pose_nets(),
        })
    })
}

fn recordings(n: u64) -> Opener {
    Arc::new(move |_| {
        Ok(Box::new(Recording {
            info: info(SourceKind::Video),
            next: 0,
            n,
            breaks_off_at: None,
        }) as Box<dyn FrameSource>)
    })
}

/// An engine whose events are kept in order until they are asked for.
struct Watched {
    engine: Engine,
    wakes: Arc<AtomicUsize>,
    events: VecDeque<EngineEvent>,
}

impl Watched {
    fn start(loader: Loader, opener: Opener) -> Self {
        let wakes = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&wakes);
        let wake = Arc::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        Self {
            engine: Engine::start_with(loader, opener, wake).unwrap(),
            wakes,
            events: VecDeque::new(),
        }
    }

    fn wait_for<T>(&mut self, what: &str, mut look: impl FnMut(&mut Self) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            self.events.extend(self.engine.take_events());
            if let Some(found) = look(self) {
                return found;
            }
            assert!(
                started.elapsed() < LIMIT,
                "{what} never came: {:?}",
                self.events
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// A recording of `n` frames with somebody in all of them, opened.
    fn playing(n: u64) -> Self {
        let mut watched = Self::start(loader(ColorDetector::default()), recordings(n));
        watched
            .engine
            .send(EngineCommand::Open(SourceSpec::Synthetic));
        watched
    }

    fn wait_for_event(&mut self, what: &str, is_it: impl Fn(&EngineEvent) -> bool) -> EngineEvent {
        self.wait_for(what, |watched| {
            let at = watched.events.iter().position(&is_it)?;
            watched.events.remove(at)
        })
    }

    fn next_update(&mut self) -> Update {
        self.wait_for("an update", |watched| watched.engine.take_update())
    }

    fn update_of(&mut self, index: u64) -> Update {
        self.wait_for(&format!("frame {index}"), |watched| {
            watched
                .engine
                .take_update()
                .filter(|update| update.result.frame.index == index)
        })
    }
}

#[test]
fn newest_live_frame_is_worked_on_and_the_rest_is_counted() {
    let (tick, ticks) = bounded(100);
    let (begun, has_begun) = bounded(10);
    let (go_on, may_go_on) = bounded(10);
    let opener: Opener = Arc::new(move |_| {
        Ok(Box::new(ScriptedCamera {
            info: info(SourceKind::Camera),
            ticks: ticks.clone(),
            next: 0,
            pause: Duration::ZERO,
        }) as Box<dyn FrameSource>)
    });
    let detector = GatedDetector {
        begun,
        go_on: may_go_on,
    };
    let mut watched = Watched::start(loader(detector), opener);
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Camera(0)));
    tick.send(()).unwrap();
    has_begun.recv_timeout(LIMIT).unwrap();
    // the first frame is in work; nine more come meanwhile
    for _ in 0..9 {
        tick.send(()).unwrap();
    }
    while !tick.is_empty() {
        std::thread::sleep(Duration::from_millis(1));
    }
    // the camera's thread has taken the last tick; it waits for the next only after it has passed the frame on
    std::thread::sleep(Duration::from_millis(50));
    go_on.send(()).unwrap();
    assert_eq!(watched.next_update().result.frame.index, 0);
    has_begun.recv_timeout(LIMIT).unwrap();
    go_on.send(()).unwrap();
    let newest = watched.next_update();
    assert_eq!(newest.result.frame.index, 9);
    assert_eq!(newest.stats.processed, 2);
    tick.send(()).unwrap();
    has_begun.recv_timeout(LIMIT).unwrap();
    go_on.send(()).unwrap();
    assert_eq!(watched.next_update().stats.dropped, 8);
    assert!(3 <= watched.wakes.load(Ordering::SeqCst));
}

#[test]
fn every_frame_of_a_recording_is_worked_on() {
    let mut watched = Watched::playing(25);
    watched.wait_for_event("the end", |event| {
        matches!(event, EngineEvent::SourceEnded { .. })
    });
    let last = watched.next_update();
    assert_eq!(last.result.frame.index, 24);
    assert_eq!(last.stats.processed, 25);
    assert_eq!(last.stats.dropped, 0);
}

#[test]
fn stepping_back_shows_the_frame_before_with_the_same_identities() {
    let mut watched = Watched::playing(6);
    let first = watched.update_of(5);
    watched.engine.send(EngineCommand::StepBackward);
    let before = watched.update_of(4);
    assert_eq!(before.result.people[0].id, first.result.people[0].id);
    watched.engine.send(EngineCommand::StepForward);
    let again = watched.update_of(5);
    assert_eq!(again.result.people, first.result.people);
    watched
        .engine
        .send(EngineCommand::Seek(Duration::from_millis(20)));
    assert_eq!(
        watched.update_of(2).result.frame.time,
        Duration::from_millis(20)
    );
}

#[test]
fn other_settings_are_applied_to_the_frame_on_screen() {
    let mut watched = Watched::playing(3);
    let smoothed = watched.update_of(2);
    assert!(smoothed.result.people[0].smoothed.is_some());
    let mut params = PipelineParams::default();
    params.tracker.smoothing = false;
    watched.engine.send(EngineCommand::SetParams(params));
    let raw = watched.update_of(2);
    assert!(raw.result.people[0].smoothed.is_none());
    let nobody = PipelineParams {
        max_people: 0,
        ..PipelineParams::default()
    };
    watched.engine.send(EngineCommand::SetParams(nobody));
    assert!(watched.update_of(2).result.people.is_empty());
}

#[test]
fn other_settings_leave_everyone_their_identity_in_the_frames_before() {
    let mut watched = Watched::playing(6);
    let last = watched.update_of(5);
    let mut params = PipelineParams::default();
    params.tracker.smoothing = false;
    watched.engine.send(EngineCommand::SetParams(params));
    watched.update_of(5);
    watched.engine.send(EngineCommand::StepBackward);
    let before = watched.update_of(4);
    assert_eq!(before.result.people[0].id, last.result.people[0].id);
    assert!(before.result.people[0].smoothed.is_none());
}

#[test]
fn where_nobody_is_known_everyone_is_shown_again() {
    let mut watched = Watched::playing(100);
    let first = watched.next_update();
    watched.engine.send(EngineCommand::SetPaused(true));
    let only = PipelineParams {
        selection: Selection::Only(first.result.people[0].id),
        ..PipelineParams::default()
    };
    watched.engine.send(EngineCommand::SetParams(only));
    watched
        .engine
        .send(EngineCommand::Seek(Duration::from_millis(900)));
    let there = watched.update_of(90);
    assert_eq!(there.result.people.len(), 1);
    assert_ne!(there.result.people[0].id, first.result.people[0].id);
    watched.wait_for_event("the news", |event| {
        matches!(event, EngineEvent::PersonForgotten { .. })
    });
}

#[test]
fn a_seek_with_another_command_behind_it_is_carried_out() {
    let (begun, _has_begun) = bounded(100);
    let (go_on, may_go_on) = bounded(100);
    let detector = GatedDetector {
        begun,
        go_on: may_go_on,
    };
    let mut watched = Watched::start(loader(detector), recordings(50));
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    // the capture thread waits for the detector, so both wait for the capture thread
    watched
        .engine
        .send(EngineCommand::Seek(Duration::from_millis(300)));
    watched.engine.send(EngineCommand::SetPaused(true));
    for _ in 0..100 {
        go_on.send(()).unwrap();
    }
    watched.update_of(30);
}

#[test]
fn the_end_is_a_pause_from_which_one_can_go_back() {
    let mut watched = Watched::playing(5);
    watched.wait_for_event("the end", |event| {
        matches!(event, EngineEvent::SourceEnded { .. })
    });
    watched.engine.send(EngineCommand::Seek(Duration::ZERO));
    watched.update_of(0);
    // the next frame would be due after 10 ms
    std::thread::sleep(Duration::from_millis(100));
    assert!(watched.engine.take_update().is_none());
}

#[test]
fn a_recording_that_breaks_off_can_still_be_searched() {
    let opener: Opener = Arc::new(|_| {
        Ok(Box::new(Recording {
            info: info(SourceKind::Video),
            next: 0,
            n: 10,
            breaks_off_at: Some(5),
        }) as Box<dyn FrameSource>)
    });
    let mut watched = Watched::start(loader(ColorDetector::default()), opener);
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    watched.wait_for_event("the failure", |event| {
        matches!(event, EngineEvent::SourceFailed { .. })
    });
    watched
        .engine
        .send(EngineCommand::Seek(Duration::from_millis(20)));
    watched.update_of(2);
}

#[test]
fn another_pose_net_is_asked_about_the_frame_on_screen_and_identities_go_on() {
    let mut watched = Watched::playing(3);
    let before = watched.update_of(2);
    watched
        .engine
        .send(EngineCommand::SetPoseNet(named("corner")));
    let changed = watched.wait_for_event("the change", |event| {
        matches!(event, EngineEvent::PoseNetChanged { .. })
    });
    let EngineEvent::PoseNetChanged { backend, pose_net } = changed else {
        unreachable!("filtered above");
    };
    assert_eq!((backend.as_str(), pose_net), ("corner", named("corner")));
    let after = watched.update_of(2);
    assert_eq!(after.result.people[0].id, before.result.people[0].id);
    assert_ne!(after.result.people[0].pose, before.result.people[0].pose);
    // what is drawn, too
    assert_ne!(
        after.result.people[0].smoothed,
        before.result.people[0].smoothed
    );
}

#[test]
fn a_pose_net_that_does_not_load_leaves_the_one_before_in_use() {
    let mut watched = Watched::playing(3);
    let before = watched.update_of(2);
    watched
        .engine
        .send(EngineCommand::SetPoseNet(named("nothing")));
    let failed = watched.wait_for_event("the failure", |event| {
        matches!(event, EngineEvent::PoseNetFailed { .. })
    });
    let EngineEvent::PoseNetFailed { message, pose_net } = failed else {
        unreachable!("filtered above");
    };
    assert_eq!(
        (message.as_str(), pose_net),
        ("there is no nothing", named("colors"))
    );
    let after = watched.update_of(2);
    assert_eq!(after.result.people.len(), before.result.people.len());
}

#[test]
fn results_of_a_closed_source_are_not_shown() {
    let mut watched = Watched::playing(3);
    let first_epoch = watched.next_update().epoch;
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    assert!(first_epoch < watched.next_update().epoch);
    watched.engine.send(EngineCommand::Close);
    assert!(watched.engine.take_update().is_none());
}

#[test]
fn a_source_that_does_not_open_says_why() {
    let opener: Opener = Arc::new(|_| Err(SourceError::NotFound("nowhere.mp4".into())));
    let mut watched = Watched::start(loader(ColorDetector::default()), opener);
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Path("nowhere.mp4".into())));
    let failed = watched.wait_for_event("the failure", |event| {
        matches!(event, EngineEvent::SourceFailed { .. })
    });
    let EngineEvent::SourceFailed { message, .. } = failed else {
        unreachable!("filtered above");
    };
    assert!(message.contains("nowhere.mp4"), "{message}");
}

#[test]
fn nets_that_do_not_load_are_said_and_frames_are_shown_all_the_same() {
    let broken: Loader = Box::new(|| anyhow::bail!("the weights are damaged"));
    let mut watched = Watched::start(broken, recordings(2));
    watched.wait_for_event("the failure", |event| {
        matches!(event, EngineEvent::NetsFailed { .. })
    });
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    assert!(watched.update_of(1).result.people.is_empty());
}

/// A camera that gives so many frames and is then lost.
fn camera(name: &str, n_frames: usize) -> Box<dyn FrameSource> {
    let (tick, ticks) = bounded(10);
    for _ in 0..n_frames {
        tick.send(()).unwrap();
    }
    Box::new(ScriptedCamera {
        info: SourceInfo {
            name: name.to_owned(),
            ..info(SourceKind::Camera)
        },
        ticks,
        next: 0,
        // an error that comes on the heels of a frame takes its place
        pause: Duration::from_millis(200),
    })
}

#[test]
fn a_lost_camera_is_looked_for_until_the_same_one_gives_frames_again() {
    let openings = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&openings);
    let opener: Opener = Arc::new(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
        // plugged in again, and out before the first frame
        1 => Ok(camera("a camera", 0)),
        // another one has taken its number
        2 => Ok(camera("another camera", 5)),
        _ => Ok(camera("a camera", 1)),
    });
    let mut watched = Watched::start(loader(ColorDetector::default()), opener);
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Camera(0)));
    watched.wait_for_event("the loss", |event| {
        matches!(event, EngineEvent::Reconnecting { .. })
    });
    for what in ["the first opening", "the opening after the loss"] {
        let opened = watched.wait_for_event(what, |event| {
            matches!(event, EngineEvent::SourceOpened { .. })
        });
        let EngineEvent::SourceOpened { info, .. } = opened else {
            unreachable!("filtered above");
        };
        assert_eq!(info.name, "a camera");
    }
    assert!(4 <= openings.load(Ordering::SeqCst));
}

#[test]
fn a_camera_that_falls_silent_is_lost() {
    let (tick, ticks) = bounded(1);
    tick.send(()).unwrap();
    let opener: Opener = Arc::new(move |_| {
        Ok(Box::new(ScriptedCamera {
            info: info(SourceKind::Camera),
            ticks: ticks.clone(),
            next: 0,
            pause: Duration::ZERO,
        }) as Box<dyn FrameSource>)
    });
    let mut watched = Watched::start(loader(ColorDetector::default()), opener);
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Camera(0)));
    let lost = watched.wait_for_event("the loss", |event| {
        matches!(event, EngineEvent::Reconnecting { .. })
    });
    let EngineEvent::Reconnecting { message, .. } = lost else {
        unreachable!("filtered above");
    };
    assert!(message.contains("no frame for 5 seconds"), "{message}");
    drop(tick);
}
