//! The handle to the engine: starts and stops its threads, passes commands on, never blocks.

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use crate::base::latest::{self, LatestSender};
use crate::base::worker::{Wake, Worker};
use crate::engine::capture::{self, CaptureCommand, CaptureTask};
use crate::engine::inference::{self, InferenceCommand, Outbox};
use crate::engine::loaded::Loader;
use crate::engine::message::{CameraChoice, EngineCommand, EngineEvent, Epoch, Update};
use crate::export::recorded;
use crate::pipeline::PipelineParams;
use crate::source::{self, FrameSource, SourceError, SourceSpec};

/// Commands that may wait for a thread; a user cannot click faster than it takes them.
const COMMAND_CAPACITY: usize = 64;

/// Events that may wait for the window; more than a source and the nets can cause at once.
const EVENT_CAPACITY: usize = 256;

/// Opens a source; [`source::open`], or a fake in tests.
pub type Opener =
    Arc<dyn Fn(&SourceSpec) -> Result<Box<dyn FrameSource>, SourceError> + Send + Sync>;

/// Runs sources through the nets in the background. Dropping it stops everything.
pub struct Engine {
    epoch: Epoch,
    /// The thread of the open source; dropped before the inference thread, so that frames stop first.
    capture: Option<Capture>,
    /// The recording that was opened last.
    recording: Option<PathBuf>,
    /// The newest search for cameras; ends by itself.
    camera_search: Option<Worker>,
    inference: Sender<InferenceCommand>,
    /// Settings: the newest ones count, and a slider sends many.
    params: LatestSender<PipelineParams>,
    _inference_thread: Worker,
    opener: Opener,
    updates: Receiver<Update>,
    events: Receiver<EngineEvent>,
    outbox: Outbox,
}

struct Capture {
    commands: Sender<CaptureCommand>,
    /// Seeks that were asked for.
    n_seeks: u64,
    _thread: Worker,
}

impl Engine {
    /// Starts loading the nets; `wake` is called whenever there is something to take.
    pub fn start(loader: Loader, wake: Wake) -> std::io::Result<Self> {
        Self::start_with(loader, Arc::new(source::open), wake)
    }

    /// The same with another way to open sources.
    pub fn start_with(loader: Loader, opener: Opener, wake: Wake) -> std::io::Result<Self> {
        let (update_sender, updates) = latest::slot();
        let (event_sender, events) = crossbeam_channel::bounded(EVENT_CAPACITY);
        let (inference, commands) = crossbeam_channel::bounded(COMMAND_CAPACITY);
        let (params, new_params) = latest::slot();
        let outbox = Outbox::new(Arc::new(update_sender), event_sender, wake);
        let thread_outbox = outbox.clone();
        let inference_thread = Worker::spawn("inference", move |stop| {
            inference::run(loader, &commands, &new_params, &thread_outbox, stop);
        })?;
        Ok(Self {
            epoch: Epoch::default(),
            capture: None,
            recording: None,
            camera_search: None,
            inference,
            params,
            _inference_thread: inference_thread,
            opener,
            updates,
            events,
            outbox,
        })
    }

    /// Asks for something; never blocks. What cannot be passed on is said by an event.
    pub fn send(&mut self, command: EngineCommand) {
        match command {
            EngineCommand::Open(spec) => self.open(spec),
            EngineCommand::Close => self.close(),
            EngineCommand::SetPaused(paused) => self.to_capture(CaptureCommand::SetPaused(paused)),
            EngineCommand::Seek(time) => {
                if let Some(capture) = &mut self.capture {
                    capture.n_seeks += 1;
                    let n_seeks = capture.n_seeks;
                    self.to_capture(CaptureCommand::Seek(time, n_seeks));
                }
            }
            EngineCommand::SetSpeed(speed) => self.to_capture(CaptureCommand::SetSpeed(speed)),
            EngineCommand::StepForward => self.to_capture(CaptureCommand::StepForward),
            EngineCommand::StepBackward => self.to_capture(CaptureCommand::StepBackward),
            EngineCommand::SetParams(params) => {
                self.params.send(params);
            }
            EngineCommand::SetPoseNet(setting) => {
                self.to_inference(InferenceCommand::SetPoseNet(setting));
            }
            EngineCommand::FindCameras => self.find_cameras(),
        }
    }

    /// The newest result since the last call; results of sources that are closed are left out.
    pub fn take_update(&self) -> Option<Update> {
        self.updates
            .try_recv()
            .ok()
            .filter(|update| update.epoch == self.epoch)
    }

    /// Everything that happened since the last call, in order.
    pub fn take_events(&self) -> Vec<EngineEvent> {
        self.events.try_iter().collect()
    }

    fn open(&mut self, spec: SourceSpec) {
        let replaces_another = self.capture.is_some();
        self.close();
        let (frames, from_capture) = capture::frame_channel(&spec);
        let (commands, capture_commands) = crossbeam_channel::bounded(COMMAND_CAPACITY);
        self.to_inference(InferenceCommand::Source {
            epoch: self.epoch,
            frames: from_capture,
        });
        if let SourceSpec::Path(path) = &spec
            && !recorded::is_results(path)
        {
            self.recording = Some(path.clone());
        }
        let task = CaptureTask {
            spec,
            epoch: self.epoch,
            opener: Arc::clone(&self.opener),
            outbox: self.outbox.clone(),
            beside: self.recording.clone(),
            replaces_another,
        };
        let thread = Worker::spawn("capture", move |stop| {
            capture::run(&task, &capture_commands, &frames, stop);
        });
        match thread {
            Ok(thread) => {
                self.capture = Some(Capture {
                    commands,
                    n_seeks: 0,
                    _thread: thread,
                });
            }
            Err(error) => self.outbox.event(EngineEvent::SourceFailed {
                epoch: self.epoch,
                message: format!("the capture thread cannot be started: {error}"),
            }),
        }
    }

    fn close(&mut self) {
        self.epoch = Epoch(self.epoch.0 + 1);
        // not joined: a camera's driver may hang
        self.capture = None;
    }

    /// Asks the drivers in a thread of its own: some take seconds.
    fn find_cameras(&mut self) {
        let outbox = self.outbox.clone();
        let thread = Worker::spawn("cameras", move |_| {
            let cameras = source::cameras()
                .map(|cameras| {
                    cameras
                        .into_iter()
                        .map(|camera| CameraChoice {
                            number: camera.index,
                            name: camera.name,
                        })
                        .collect()
                })
                .map_err(|error| error.to_string());
            outbox.event(EngineEvent::CamerasFound { cameras });
        });
        match thread {
            Ok(thread) => self.camera_search = Some(thread),
            Err(error) => self.outbox.event(EngineEvent::CamerasFound {
                cameras: Err(format!("the cameras cannot be looked for: {error}")),
            }),
        }
    }

    fn to_capture(&self, command: CaptureCommand) {
        if let Some(capture) = &self.capture {
            // a thread that has ended has said why; one that is behind has enough to do
            if capture.commands.try_send(command).is_err() {
                tracing::debug!("the capture thread does not take commands");
            }
        }
    }

    fn to_inference(&self, command: InferenceCommand) {
        if self.inference.try_send(command).is_err() {
            self.outbox.event(EngineEvent::NetsFailed {
                message: "inference has stopped: start the program again".to_owned(),
            });
        }
    }
}
