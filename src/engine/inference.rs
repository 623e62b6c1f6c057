//! The inference thread: owns the pipeline, takes frames, gives results.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, select};

use crate::base::latest::LatestSender;
use crate::base::timing::RateMeter;
use crate::base::worker::{StopFlag, Wake};
use crate::engine::message::{EngineEvent, Epoch, LiveStats, PoseNetSetting, Update};
use crate::export::RecordedResults;
use crate::pipeline::{Pipeline, PipelineParams};
use crate::seam::PoseNet;
use crate::types::{Effort, Frame, FrameResult, StageTimes, TrackedPose};

/// How long to sleep at most before looking at the stop flag.
const PATIENCE: Duration = Duration::from_millis(100);

/// Results of a recording that are kept, so that stepping back shows the same identities;
/// half a minute at 60 frames per second, about 1 MB a person.
const REMEMBERED_FRAMES: usize = 1800;

/// A pipeline that is ready, and what it runs on.
pub struct LoadedPipeline {
    /// Ready to take frames.
    pub pipeline: Pipeline,
    /// Backend and nets, for people: `"CPU, 2 threads; fast, 2 stacks"`.
    pub backend: String,
    /// A fallback and its reason, when there was one.
    pub fallback: Option<String>,
    /// The pose nets that it may ask.
    pub pose_nets: PoseNets,
}

/// Makes a pose net, in the inference thread.
pub type PoseNetLoader = Box<dyn Fn(&PoseNetSetting) -> anyhow::Result<LoadedPoseNet> + Send>;

/// The pose nets that may be chosen.
pub struct PoseNets {
    /// Their names.
    pub names: Vec<String>,
    /// The one in use.
    pub in_use: PoseNetSetting,
    /// Makes one of them.
    pub load: PoseNetLoader,
}

/// A pose net that is ready.
pub struct LoadedPoseNet {
    /// The net.
    pub net: Box<dyn PoseNet>,
    /// Backend and nets, for people, as [`LoadedPipeline::backend`].
    pub backend: String,
}

/// Makes the pipeline, in the inference thread: loading takes a while.
pub type Loader = Box<dyn FnOnce() -> anyhow::Result<LoadedPipeline> + Send>;

/// What the handle asks of the inference thread.
pub(super) enum InferenceCommand {
    /// Take frames from here from now on.
    Source {
        epoch: Epoch,
        frames: Receiver<Work>,
    },
    /// Work differently from now on.
    SetParams(PipelineParams),
    /// Ask another pose net from now on.
    SetPoseNet(PoseNetSetting),
}

/// What the capture thread sends.
pub(super) enum Work {
    /// Instead of asking the nets, take the people of all frames that follow from here.
    Results(Arc<RecordedResults>),
    /// A frame to work on.
    Frame {
        frame: Frame,
        /// Whether gaps between the frames are frames that were dropped, not jumps.
        is_live: bool,
        capture_fps: f64,
        dropped: u64,
    },
    /// The recording is over.
    End,
}

/// Where results and events go; clones go to the same window.
#[derive(Clone)]
pub(super) struct Outbox {
    updates: Arc<LatestSender<Update>>,
    events: Sender<EngineEvent>,
    wake: Wake,
}

impl Outbox {
    pub(super) fn new(
        updates: Arc<LatestSender<Update>>,
        events: Sender<EngineEvent>,
        wake: Wake,
    ) -> Self {
        Self {
            updates,
            events,
            wake,
        }
    }

    pub(super) fn update(&self, update: Update) {
        self.updates.send(update);
        (self.wake)();
    }

    /// A window that takes no events for so long has lost interest: the log keeps what it missed.
    pub(super) fn event(&self, event: EngineEvent) {
        if let Err(error) = self.events.try_send(event) {
            tracing::warn!("the window missed: {:?}", error.into_inner());
        }
        (self.wake)();
    }
}

/// Runs until asked to stop or until the handle is gone.
pub(super) fn run(
    loader: Loader,
    commands: &Receiver<InferenceCommand>,
    outbox: &Outbox,
    stop: &StopFlag,
) {
    let mut inference = Inference {
        loaded: load(loader, outbox),
        outbox,
        source: None,
        rate: RateMeter::default(),
        processed: 0,
        results: None,
        last: None,
        remembered: BTreeMap::new(),
    };
    let nothing = crossbeam_channel::never();
    while !stop.is_raised() {
        let frames = inference.source.as_ref().map(|(_, frames)| frames.clone());
        select! {
            recv(commands) -> command => match command {
                Ok(command) => inference.handle(command),
                Err(_the_handle_is_gone) => return,
            },
            recv(frames.as_ref().unwrap_or(&nothing)) -> work => match work {
                Ok(work) => inference.work(work),
                Err(_capture_has_ended) => inference.source = None,
            },
            default(PATIENCE) => {}
        }
    }
}

fn load(loader: Loader, outbox: &Outbox) -> Option<LoadedPipeline> {
    match loader() {
        Ok(loaded) => {
            outbox.event(EngineEvent::NetsReady {
                backend: loaded.backend.clone(),
                fallback: loaded.fallback.clone(),
                pose_net: loaded.pose_nets.in_use.clone(),
                pose_nets: loaded.pose_nets.names.clone(),
            });
            Some(loaded)
        }
        Err(error) => {
            outbox.event(EngineEvent::NetsFailed {
                message: format!("{error:#}"),
            });
            None
        }
    }
}

/// A result without its frame.
struct Remembered {
    people: Vec<TrackedPose>,
    times: StageTimes,
    effort: Option<Effort>,
}

impl LoadedPipeline {
    /// Asks another pose net from now on, if it can be loaded; tells what came of it.
    fn set_pose_net(&mut self, wanted: PoseNetSetting) -> EngineEvent {
        match (self.pose_nets.load)(&wanted) {
            Ok(LoadedPoseNet { net, backend }) => {
                self.pipeline.set_pose_net(net);
                self.pose_nets.in_use = wanted.clone();
                self.backend.clone_from(&backend);
                EngineEvent::PoseNetChanged {
                    backend,
                    pose_net: wanted,
                }
            }
            Err(error) => EngineEvent::PoseNetFailed {
                message: format!("{error:#}"),
                pose_net: self.pose_nets.in_use.clone(),
            },
        }
    }
}

struct Inference<'a> {
    /// `None` when the nets could not be loaded: frames are shown all the same.
    loaded: Option<LoadedPipeline>,
    outbox: &'a Outbox,
    source: Option<(Epoch, Receiver<Work>)>,
    rate: RateMeter,
    processed: u64,
    /// What was found before, where the source is a file of results.
    results: Option<Arc<RecordedResults>>,
    /// The newest frame of a recording as it came, for working on it again.
    last: Option<Work>,
    /// People of a recording's frames by frame index.
    remembered: BTreeMap<u64, Remembered>,
}

impl Inference<'_> {
    fn handle(&mut self, command: InferenceCommand) {
        match command {
            InferenceCommand::Source { epoch, frames } => {
                self.source = Some((epoch, frames));
                self.results = None;
                self.forget();
                self.rate = RateMeter::default();
                self.processed = 0;
            }
            InferenceCommand::SetParams(params) => {
                if let Some(loaded) = &mut self.loaded {
                    loaded.pipeline.set_params(params);
                }
                self.work_again();
            }
            InferenceCommand::SetPoseNet(setting) => {
                if let Some(loaded) = &mut self.loaded {
                    let outcome = loaded.set_pose_net(setting);
                    self.outbox.event(outcome);
                    self.work_again();
                }
            }
        }
    }

    /// Shows a recording's newest frame as it is with other settings.
    fn work_again(&mut self) {
        self.remembered.clear();
        if let Some(work) = self.last.take() {
            self.work(work);
        }
    }

    fn forget(&mut self) {
        self.remembered.clear();
        self.last = None;
        if let Some(loaded) = &mut self.loaded {
            loaded.pipeline.reset();
        }
    }

    fn work(&mut self, work: Work) {
        let Some((epoch, _)) = self.source else {
            return;
        };
        let (frame, is_live, capture_fps, dropped) = match &work {
            Work::Frame {
                frame,
                is_live,
                capture_fps,
                dropped,
            } => (frame.clone(), *is_live, *capture_fps, *dropped),
            Work::Results(results) => {
                self.results = Some(Arc::clone(results));
                return;
            }
            Work::End => {
                self.outbox.event(EngineEvent::SourceEnded { epoch });
                return;
            }
        };
        let result = self.result(epoch, frame, is_live);
        self.rate.tick(Instant::now());
        self.processed += 1;
        self.last = (!is_live).then_some(work);
        self.outbox.update(Update {
            epoch,
            result: Arc::new(result),
            stats: LiveStats {
                capture_fps,
                inference_fps: self.rate.per_second(Instant::now()),
                dropped,
                processed: self.processed,
            },
        });
    }

    /// The people of a frame: remembered, or found now.
    fn result(&mut self, epoch: Epoch, frame: Frame, is_live: bool) -> FrameResult {
        let nobody = FrameResult {
            frame: frame.clone(),
            people: Vec::new(),
            times: StageTimes::default(),
            effort: None,
        };
        if let Some(results) = &self.results {
            return FrameResult {
                people: results.people_at(frame.time),
                ..nobody
            };
        }
        let Some(LoadedPipeline { pipeline, .. }) = &mut self.loaded else {
            return nobody;
        };
        if !is_live {
            if let Some(remembered) = self.remembered.get(&frame.index) {
                return FrameResult {
                    people: remembered.people.clone(),
                    times: remembered.times,
                    effort: remembered.effort,
                    ..nobody
                };
            }
            let newest = self.remembered.last_key_value().map(|(index, _)| *index);
            if newest.is_some_and(|newest| newest + 1 != frame.index) {
                pipeline.reset();
                self.remembered.clear();
            }
        }
        let index = frame.index;
        match pipeline.process(frame) {
            Ok(result) => {
                if !is_live {
                    let remembered = Remembered {
                        people: result.people.clone(),
                        times: result.times,
                        effort: result.effort,
                    };
                    self.remembered.insert(index, remembered);
                    if REMEMBERED_FRAMES < self.remembered.len() {
                        self.remembered.pop_first();
                    }
                }
                result
            }
            Err(error) => {
                self.outbox.event(EngineEvent::FrameFailed {
                    epoch,
                    message: error.to_string(),
                });
                nobody
            }
        }
    }
}

/// Sends to inference, waiting until it takes it; tells whether it did before `stop` was raised.
pub(super) fn send_all(frames: &Sender<Work>, mut work: Work, stop: &StopFlag) -> bool {
    loop {
        match frames.send_timeout(work, PATIENCE) {
            Ok(()) => return true,
            Err(crossbeam_channel::SendTimeoutError::Timeout(back)) if !stop.is_raised() => {
                work = back;
            }
            Err(_stopped_or_gone) => return false,
        }
    }
}

/// Waits for a command, `patience` at most; `Err` when the handle is gone.
pub(super) fn next_command<T>(commands: &Receiver<T>, patience: Duration) -> Result<Option<T>, ()> {
    match commands.recv_timeout(patience) {
        Ok(command) => Ok(Some(command)),
        Err(RecvTimeoutError::Timeout) => Ok(None),
        Err(RecvTimeoutError::Disconnected) => Err(()),
    }
}
