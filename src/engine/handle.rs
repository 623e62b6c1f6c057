//! The handle to the engine: starts and stops its threads, passes commands on, never blocks.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use crate::base::latest::{self, LatestSender};
use crate::base::worker::{Wake, Worker};
use crate::engine::camera_recording;
use crate::engine::capture::CaptureCommand;
use crate::engine::export_job::{self, ExportTask};
use crate::engine::inference::{self, InferenceCommand};
use crate::engine::job::Job;
use crate::engine::loaded::{Loader, RunLoader};
use crate::engine::message::{
    CameraChoice, EngineCommand, EngineEvent, ExportEvent, ExportRequest, Update,
};
use crate::engine::open_sources::OpenSources;
use crate::engine::outbox::Outbox;
use crate::engine::recording_message::{RecordingEvent, RecordingOrder};
use crate::engine::saving::PictureWriter;
use crate::pipeline::PipelineParams;
use crate::source::{self, FrameSource, SourceError, SourceSpec};

/// Commands that may wait for a thread; a user cannot click faster than it takes them.
const COMMAND_CAPACITY: usize = 64;

/// Events that may wait for the window; more than a source and the nets can cause at once.
const EVENT_CAPACITY: usize = 256;

/// Opens a source; [`source::open`], or a fake in tests.
pub type Opener =
    Arc<dyn Fn(&SourceSpec) -> Result<Box<dyn FrameSource>, SourceError> + Send + Sync>;

/// Runs sources through the nets in the background. Dropping it stops everything, and waits until all pictures that were
/// asked for are written, a recording is complete and a canceled export has taken its files away.
pub struct Engine {
    /// The threads of sources; dropped before the inference thread, so that frames stop first.
    sources: OpenSources,
    /// The newest recording of a camera; dropped before the inference thread, which has its last people.
    recording: Option<Job>,
    /// Dropped while there is somewhere for its last events to go.
    pictures: PictureWriter,
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
    /// Makes the nets of an export.
    run_loader: Option<RunLoader>,
    /// The newest export; dropped last, as the others need not be waited for.
    export: Option<Job>,
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
            sources: OpenSources::default(),
            recording: None,
            pictures: PictureWriter::start(outbox.clone())?,
            camera_search: None,
            inference,
            params,
            _inference_thread: inference_thread,
            opener,
            updates,
            events,
            outbox,
            run_loader: None,
            export: None,
        })
    }

    /// Exports recordings with nets that are made like this; without it, results of before alone can be exported.
    #[must_use]
    pub fn with_run_loader(mut self, loader: RunLoader) -> Self {
        self.run_loader = Some(loader);
        self
    }

    /// Asks for something; never blocks. What cannot be passed on is said by an event.
    pub fn send(&mut self, command: EngineCommand) {
        match command {
            EngineCommand::Open(spec) => self.open(spec),
            EngineCommand::Close => {
                self.sources.close();
                // a camera's thread may hang in its driver, and inference not hear of its end
                self.stop_recording();
            }
            EngineCommand::SetPaused(paused) => self.sources.set_paused(paused),
            EngineCommand::Seek(time) => self.sources.seek(time),
            EngineCommand::SetSpeed(speed) => self.sources.send(CaptureCommand::SetSpeed(speed)),
            EngineCommand::StepForward => self.sources.send(CaptureCommand::StepForward),
            EngineCommand::StepBackward => self.sources.send(CaptureCommand::StepBackward),
            EngineCommand::SetParams(params) => {
                self.params.send(params);
            }
            EngineCommand::SetPoseNet(setting) => {
                self.to_inference(InferenceCommand::SetPoseNet(setting));
            }
            EngineCommand::FindCameras => self.find_cameras(),
            EngineCommand::SavePicture(order) => self.pictures.write(order),
            EngineCommand::StartRecording(order) => self.start_recording(order),
            EngineCommand::StopRecording => self.stop_recording(),
            EngineCommand::Export(request) => self.export(*request),
            EngineCommand::CancelExport => {
                if let Some(export) = &self.export {
                    export.stop();
                }
            }
        }
    }

    /// The newest result since the last call; results of sources that are closed are left out.
    pub fn take_update(&self) -> Option<Update> {
        self.updates
            .try_recv()
            .ok()
            .filter(|update| self.sources.is_awaited(update.epoch))
    }

    /// Everything that happened since the last call, in order; news of sources that are closed are left out.
    ///
    /// A source that is open now takes the place of the one before with this call.
    pub fn take_events(&mut self) -> Vec<EngineEvent> {
        let jobs = [&mut self.export, &mut self.recording];
        let mut events: Vec<EngineEvent> = (jobs.into_iter().flatten())
            .filter_map(Job::take_news)
            .collect();
        let heard: Vec<EngineEvent> = self.events.try_iter().collect();
        for event in heard {
            if let Some(source) = self.sources.hear(&event) {
                self.to_inference(source);
            }
            if event
                .epoch()
                .is_none_or(|epoch| self.sources.is_awaited(epoch))
            {
                events.push(event);
            }
        }
        events
    }

    fn open(&mut self, spec: SourceSpec) {
        if let Some(source) = self.sources.open(spec, &self.opener, &self.outbox) {
            self.to_inference(source);
        }
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

    /// Begins an export, unless one runs.
    fn export(&mut self, request: ExportRequest) {
        if self.export.as_ref().is_some_and(Job::is_running) {
            tracing::warn!("an export is running already: the next one is left out");
            return;
        }
        let task = ExportTask {
            request,
            opener: Arc::clone(&self.opener),
            loader: self.run_loader.clone(),
            beside: self.sources.recording(),
        };
        let started = export_job::start(task, self.outbox.clone());
        self.export = Some(started.unwrap_or_else(|error| {
            let message = format!("the export thread cannot be started: {error}");
            let written = Vec::new();
            let failed = ExportEvent::Failed { message, written };
            self.refused("export", EngineEvent::Export(failed))
        }));
    }

    /// Begins to record the camera that is open, unless a recording runs.
    fn start_recording(&mut self, order: RecordingOrder) {
        if self.recording.as_ref().is_some_and(Job::is_running) {
            tracing::warn!("a recording is running already: the next one is left out");
            return;
        }
        let started = match self.sources.camera() {
            Some(epoch) => camera_recording::start(order, epoch, self.outbox.clone())
                .map_err(|error| format!("the recording thread cannot be started: {error}")),
            None => Err("no camera is open: open one first".to_owned()),
        };
        self.recording = Some(match started {
            Ok((recording, frames, people)) => {
                // first, so that nobody is missing in the frames that come from now on
                self.to_inference(InferenceCommand::Record(people));
                self.sources.record(frames);
                recording
            }
            Err(message) => {
                let recorded = None;
                let failed = RecordingEvent::Failed { message, recorded };
                self.refused("recording", EngineEvent::Recording(failed))
            }
        });
    }

    /// A job that could not begin.
    fn refused(&self, name: &'static str, end: EngineEvent) -> Job {
        self.outbox.wake();
        Job::refused(name, end)
    }

    fn stop_recording(&self) {
        if let Some(recording) = &self.recording {
            recording.stop();
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
