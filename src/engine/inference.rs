//! The inference thread: owns the pipeline, takes frames, gives results.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, select_biased};

use crate::base::timing::RateMeter;
use crate::base::worker::StopFlag;
use crate::engine::camera_files::RecordingSettings;
use crate::engine::loaded::{LoadedPipeline, Loader, load};
use crate::engine::message::{EngineEvent, Epoch, LiveStats, PoseNetSetting, Update};
use crate::engine::outbox::Outbox;
use crate::engine::past::{Found, Identities, Past};
use crate::engine::recording_queue::PeopleFeed;
use crate::export::RecordedResults;
use crate::pipeline::{Pipeline, PipelineMemory, PipelineParams};
use crate::track::{Selection, Selector};
use crate::types::{Frame, FrameResult, StageTimes, TrackedPose};

/// How long to sleep at most before looking at the stop flag.
const PATIENCE: Duration = Duration::from_millis(100);

/// What the handle asks of the inference thread.
pub(super) enum InferenceCommand {
    /// Take frames from here from now on.
    Source {
        epoch: Epoch,
        frames: Receiver<Work>,
    },
    /// Ask another pose net from now on.
    SetPoseNet(PoseNetSetting),
    /// Pass on who is found in a camera's frames from now on, until the source changes.
    Record(PeopleFeed),
}

/// What the capture thread sends.
pub(super) enum Work {
    /// Instead of asking the nets, take the people of all frames that follow from here.
    Results(Arc<RecordedResults>),
    /// A frame to work on.
    Frame {
        frame: Frame,
        /// Whether it comes from a camera: such frames do not come again.
        is_live: bool,
        /// Whether the user went there in a recording.
        jumped: bool,
        /// Seeks that were obeyed, or replaced by later ones, before.
        n_seeks: u64,
        /// How often the camera was lost before: its frames count anew then.
        n_losses: u32,
        capture_fps: f64,
        dropped: u64,
    },
    /// The recording is over.
    End,
}

/// Runs until asked to stop or until the handle is gone.
pub(super) fn run(
    loader: Loader,
    commands: &Receiver<InferenceCommand>,
    params: &Receiver<PipelineParams>,
    outbox: &Outbox,
    stop: &StopFlag,
) {
    let loaded = load(loader, outbox);
    let params_now = loaded.as_ref().map(|loaded| loaded.pipeline.params());
    let mut inference = Inference {
        selection: params_now.map_or(Selection::Everyone, |params| params.selection),
        loaded,
        outbox,
        source: None,
        rate: RateMeter::default(),
        processed: 0,
        results: None,
        selector: Selector::default(),
        remembers_alone: false,
        last: None,
        before_last: None,
        past: Past::default(),
        recording: None,
    };
    let nothing = crossbeam_channel::never();
    while !stop.is_raised() {
        let frames = inference.source.as_ref().map(|(_, frames)| frames.clone());
        // commands and settings before the frames that were asked for after them
        select_biased! {
            recv(commands) -> command => match command {
                Ok(command) => inference.handle(command),
                Err(_the_handle_is_gone) => return,
            },
            recv(params) -> params => match params {
                Ok(params) => inference.set_params(params),
                Err(_the_handle_is_gone) => return,
            },
            recv(frames.as_ref().unwrap_or(&nothing)) -> work => match work {
                Ok(work) => inference.work(work, true),
                Err(_capture_has_ended) => {
                    inference.source = None;
                    inference.recording = None;
                }
            },
            default(PATIENCE) => {}
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
    /// Chooses among the people of results.
    selector: Selector,
    /// Whom results are about.
    selection: Selection,
    /// Whether the only one whom results are about was followed, or might have been recognized, in the frame before.
    remembers_alone: bool,
    /// The newest frame as it came, for working on it again.
    last: Option<Work>,
    /// What the pipeline knew before it saw a camera's newest frame.
    before_last: Option<PipelineMemory>,
    /// What was found in a recording's frames.
    past: Past,
    /// Where the people of a camera's frames go beside the window.
    recording: Option<PeopleFeed>,
}

impl Inference<'_> {
    fn handle(&mut self, command: InferenceCommand) {
        match command {
            InferenceCommand::Source { epoch, frames } => {
                let replaces_another = self.source.replace((epoch, frames)).is_some();
                self.recording = None;
                self.results = None;
                self.forget();
                // whoever was shown alone is not in this one
                if replaces_another && matches!(self.selection, Selection::Only(_)) {
                    self.show_everyone();
                }
                self.rate = RateMeter::default();
                self.processed = 0;
            }
            InferenceCommand::SetPoseNet(setting) => {
                if let Some(loaded) = &mut self.loaded {
                    let outcome = loaded.set_pose_net(setting);
                    self.outbox.event(outcome);
                    self.work_again();
                }
            }
            InferenceCommand::Record(feed) => {
                // that source may be gone again
                let is_shown = |(epoch, _): &(Epoch, _)| *epoch == feed.epoch();
                if self.source.as_ref().is_some_and(is_shown) {
                    feed.begin(self.settings());
                    self.recording = Some(feed);
                }
            }
        }
    }

    /// With what frames are worked on now.
    fn settings(&self) -> RecordingSettings {
        let settings = |loaded: &LoadedPipeline| RecordingSettings {
            model: loaded.model.clone(),
            params: loaded.pipeline.params().clone(),
        };
        self.loaded.as_ref().map(settings).unwrap_or_default()
    }

    fn set_params(&mut self, params: PipelineParams) {
        // the window answers what was decided here with the same
        if (self.loaded.as_ref()).is_some_and(|loaded| *loaded.pipeline.params() == params) {
            return;
        }
        self.remembers_alone &= params.selection == self.selection;
        self.selection = params.selection;
        if let Some(loaded) = &mut self.loaded {
            loaded.pipeline.set_params(params);
        }
        self.work_again();
    }

    /// Shows the newest frame as it is with other settings; a camera's too, which may be paused.
    fn work_again(&mut self) {
        self.past.forget_results();
        if let Some(work) = self.last.take() {
            if let Some(LoadedPipeline { pipeline, .. }) = &mut self.loaded
                && let Some(before) = self.before_last.take()
            {
                pipeline.restore(before);
            }
            self.work(work, false);
        }
    }

    fn forget(&mut self) {
        self.past = Past::default();
        self.selector.reset();
        self.remembers_alone = false;
        self.last = None;
        self.before_last = None;
        if let Some(loaded) = &mut self.loaded {
            loaded.pipeline.reset();
        }
    }

    /// Takes what the capture thread sent; `is_new` tells whether that is the first time.
    fn work(&mut self, work: Work, is_new: bool) {
        let Some((epoch, _)) = self.source else {
            return;
        };
        let (frame, is_live, jumped, n_seeks, n_losses, capture_fps, dropped) = match &work {
            Work::Frame {
                frame,
                is_live,
                jumped,
                n_seeks,
                n_losses,
                capture_fps,
                dropped,
            } => (
                frame.clone(),
                *is_live,
                *jumped,
                *n_seeks,
                *n_losses,
                *capture_fps,
                *dropped,
            ),
            Work::Results(results) => {
                self.results = Some(Arc::clone(results));
                return;
            }
            Work::End => {
                let last = match &self.last {
                    Some(Work::Frame { frame, .. }) => Some(frame.index),
                    _ => None,
                };
                self.outbox.event(EngineEvent::SourceEnded { epoch, last });
                return;
            }
        };
        let result = Arc::new(match &self.results {
            Some(results) => self.recorded(results.people_in(&frame), frame),
            None if is_live => {
                let pipeline = self.loaded.as_ref().map(|loaded| &loaded.pipeline);
                self.before_last = pipeline.map(Pipeline::memory);
                self.process(epoch, frame)
            }
            None => self.remembered(epoch, frame, jumped),
        });
        if is_live && is_new {
            let is_over = |recording: &mut PeopleFeed| !recording.add(&result, n_losses);
            drop(self.recording.take_if(is_over));
        }
        self.rate.tick(Instant::now());
        self.processed += 1;
        self.last = Some(work);
        self.outbox.update(Update {
            epoch,
            result,
            stats: LiveStats {
                capture_fps,
                inference_fps: self.rate.per_second(Instant::now()),
                dropped,
                processed: self.processed,
            },
            n_seeks,
        });
    }

    /// People of a file of results.
    fn recorded(&mut self, people: Vec<TrackedPose>, frame: Frame) -> FrameResult {
        FrameResult {
            people: self.selector.choose(self.selection, frame.time, people),
            frame,
            times: StageTimes::default(),
            effort: None,
        }
    }

    /// The people of a recording's frame: as they were found before, or found now.
    fn remembered(&mut self, epoch: Epoch, frame: Frame, jumped: bool) -> FrameResult {
        let (index, time) = (frame.index, frame.time);
        if let Some(found) = self.past.found(index, time) {
            return found.clone().in_frame(frame);
        }
        if let Some(LoadedPipeline { pipeline, .. }) = &mut self.loaded {
            match self.past.prepare(pipeline, index, time, jumped) {
                Identities::Kept => {}
                // whoever comes later only is not known there, and will be the same again
                Identities::Restored => self.remembers_alone = false,
                Identities::Forgotten => {
                    let remembered = pipeline.remembered().collect();
                    self.note_forgotten(epoch);
                    self.outbox.event(EngineEvent::Jumped { epoch, remembered });
                }
            }
        }
        let selection = self.selection;
        let result = self.process(epoch, frame);
        // a frame on which a net failed is tried again, and one that shows too few people
        if result.effort.is_some() && selection == self.selection {
            self.past.keep(time, Found::of(&result));
        }
        result
    }

    /// Shows everyone again when the one who was shown alone will not be known again.
    fn note_forgotten(&mut self, epoch: Epoch) {
        let Some(LoadedPipeline { pipeline, .. }) = &self.loaded else {
            return;
        };
        let Selection::Only(alone) = pipeline.params().selection else {
            return;
        };
        let was_remembered = self.remembers_alone;
        self.remembers_alone = pipeline.remembered().any(|id| id == alone);
        // who was asked for and has not come yet may still come
        if was_remembered && !self.remembers_alone {
            self.show_everyone();
            let person = alone;
            self.outbox
                .event(EngineEvent::PersonForgotten { epoch, person });
        }
    }

    /// Has results that are about everyone again.
    fn show_everyone(&mut self) {
        self.selection = Selection::Everyone;
        if let Some(LoadedPipeline { pipeline, .. }) = &mut self.loaded {
            let mut params = pipeline.params().clone();
            params.selection = Selection::Everyone;
            pipeline.set_params(params);
        }
        self.past.forget_results();
    }

    /// The people of a frame, found now.
    fn process(&mut self, epoch: Epoch, frame: Frame) -> FrameResult {
        let nobody = |frame| FrameResult {
            frame,
            people: Vec::new(),
            times: StageTimes::default(),
            effort: None,
        };
        let Some(LoadedPipeline { pipeline, .. }) = &mut self.loaded else {
            return nobody(frame);
        };
        let result = pipeline.process(frame.clone()).unwrap_or_else(|error| {
            self.outbox.event(EngineEvent::FrameFailed {
                epoch,
                message: error.to_string(),
            });
            nobody(frame)
        });
        self.note_forgotten(epoch);
        result
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
