//! The engine's threads: freshness of live sources, completeness of recordings, jumps, failures.
#![expect(
    clippy::unwrap_used,
    reason = "an engine that does not start should fail the test"
)]

mod camera_recordings;
mod cameras;
mod every_frame;
mod exports;
#[path = "../fakes/mod.rs"]
mod fakes;
mod opening;
mod recordings;
mod saving;
mod settings;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use fakes::{ColorDetector, ColorPoseNet, draw, frame};
use poseglass::engine::{
    Engine, EngineCommand, EngineEvent, Epoch, LoadedPipeline, LoadedPoseNet, Loader, Opener,
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

/// A recording of `n` frames, someone walking from left to right.
struct Recording {
    info: SourceInfo,
    next: u64,
    n: u64,
    /// Between two frames.
    step_ms: u64,
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
        Ok(Some(frame(
            index,
            Duration::from_millis(self.step_ms * index),
            image,
        )))
    }

    fn seek(&mut self, time: Duration) -> Result<(), SourceError> {
        self.next = (time.as_millis() as u64 / self.step_ms).min(self.n.saturating_sub(1));
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
        let image = draw(self.info.size, &[(0, Point::new(60.0, 120.0))]);
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
                model: poseglass::export::header::ModelRow::default(),
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
            model: poseglass::export::header::ModelRow::default(),
            fallback: None,
            pose_nets: pose_nets(),
        })
    })
}

/// Names of the files and folders in a folder, sorted.
fn names_in(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn recordings(n: u64, step_ms: u64) -> Opener {
    Arc::new(move |_| {
        Ok(Box::new(Recording {
            info: info(SourceKind::Video),
            next: 0,
            n,
            step_ms,
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
        let mut watched = Self::start(loader(ColorDetector::default()), recordings(n, 10));
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
fn results_of_a_closed_source_are_not_shown() {
    let mut watched = Watched::playing(3);
    watched.next_update();
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
    let mut watched = Watched::start(broken, recordings(2, 10));
    watched.wait_for_event("the failure", |event| {
        matches!(event, EngineEvent::NetsFailed { .. })
    });
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    assert!(watched.update_of(1).result.people.is_empty());
}
