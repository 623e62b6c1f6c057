//! The source that is shown, and the one that takes its place as soon as it is open.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use crate::base::worker::Worker;
use crate::engine::camera_tap::CameraTap;
use crate::engine::capture::{self, CaptureCommand, CaptureTask};
use crate::engine::handle::Opener;
use crate::engine::inference::{InferenceCommand, Work};
use crate::engine::message::{EngineEvent, Epoch};
use crate::engine::outbox::Outbox;
use crate::engine::recording_queue::FrameFeed;
use crate::source::SourceSpec;

/// Commands that may wait for the capture thread; a user cannot click faster than it takes them.
const COMMAND_CAPACITY: usize = 64;

/// The recording that was opened last: results that name none belong to it. The thread that opens one notes it.
#[derive(Clone, Default)]
pub(super) struct LastRecording(Arc<Mutex<Option<SourceSpec>>>);

impl LastRecording {
    pub(super) fn note(&self, spec: SourceSpec) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(spec);
    }

    pub(super) fn spec(&self) -> Option<SourceSpec> {
        let spec = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spec.clone()
    }
}

/// The capture threads. Dropping it stops them.
#[derive(Default)]
pub(super) struct OpenSources {
    /// Of what was asked for last, be it a source or that none is open.
    epoch: Epoch,
    /// The source whose frames inference takes; where nothing was shown before, it may be still to be opened.
    shown: Option<Capture>,
    /// The source that is being opened while another one is shown, and its frames.
    opening: Option<(Capture, Receiver<Work>)>,
    recording: LastRecording,
    /// Whether a camera was asked for before: its old thread, or its driver, may take a while to let it go.
    had_camera: bool,
}

/// The thread of a source; it is never joined, as a camera's driver may hang.
struct Capture {
    epoch: Epoch,
    spec: SourceSpec,
    is_open: bool,
    commands: Sender<CaptureCommand>,
    /// Seeks that were asked for.
    n_seeks: u64,
    /// Where a camera's frames go that are recorded.
    tap: CameraTap,
    _thread: Worker,
}

impl Drop for Capture {
    /// The thread may give another frame before it ends, long after in the worst case.
    fn drop(&mut self) {
        self.tap.close();
    }
}

impl OpenSources {
    /// Opens a source in a thread of its own. What is shown stays until then, but for a camera that makes room for another
    /// one. What comes out is for inference.
    pub(super) fn open(
        &mut self,
        spec: SourceSpec,
        opener: &Opener,
        outbox: &Outbox,
    ) -> Option<InferenceCommand> {
        self.epoch = Epoch(self.epoch.0 + 1);
        self.opening = None;
        let goes = |shown: &mut Capture| !(shown.is_open && shown.spec.can_stay_beside(&spec));
        drop(self.shown.take_if(goes));
        let (frames, from_capture) = capture::frame_channel(&spec);
        let (commands, from_handle) = crossbeam_channel::bounded(COMMAND_CAPACITY);
        let tap = CameraTap::default();
        let task = CaptureTask {
            spec: spec.clone(),
            epoch: self.epoch,
            opener: Arc::clone(opener),
            outbox: outbox.clone(),
            recording: self.recording.clone(),
            may_be_held: self.had_camera,
            tap: tap.clone(),
        };
        self.had_camera |= matches!(spec, SourceSpec::Camera(_));
        let thread = Worker::spawn("capture", move |stop| {
            capture::run(&task, &from_handle, &frames, stop);
        });
        match thread {
            Ok(thread) => {
                let capture = Capture {
                    epoch: self.epoch,
                    spec,
                    is_open: false,
                    commands,
                    n_seeks: 0,
                    tap,
                    _thread: thread,
                };
                if self.shown.is_none() {
                    return Some(self.show(capture, from_capture));
                }
                self.opening = Some((capture, from_capture));
            }
            Err(error) => outbox.event(EngineEvent::SourceFailed {
                epoch: self.epoch,
                message: format!("the capture thread cannot be started: {error}"),
            }),
        }
        None
    }

    fn show(&mut self, capture: Capture, frames: Receiver<Work>) -> InferenceCommand {
        let epoch = capture.epoch;
        self.shown = Some(capture);
        InferenceCommand::Source { epoch, frames }
    }

    /// Closes what is shown, and gives up what is being opened.
    pub(super) fn close(&mut self) {
        self.epoch = Epoch(self.epoch.0 + 1);
        self.opening = None;
        self.shown = None;
    }

    /// Follows what becomes of sources that were to be opened. What comes out is for inference.
    pub(super) fn hear(&mut self, event: &EngineEvent) -> Option<InferenceCommand> {
        let is_meant = |capture: &Capture| event.epoch() == Some(capture.epoch);
        match event {
            EngineEvent::SourceOpened { .. } => {
                let opened = self.opening.take_if(|(capture, _)| is_meant(capture));
                let command = opened.map(|(capture, frames)| self.show(capture, frames));
                if let Some(shown) = &mut self.shown {
                    shown.is_open |= is_meant(shown);
                }
                command
            }
            EngineEvent::SourceFailed { .. } => {
                drop(self.opening.take_if(|(capture, _)| is_meant(capture)));
                // one that broke off can still be searched
                drop((self.shown).take_if(|shown| !shown.is_open && is_meant(shown)));
                None
            }
            _ => None,
        }
    }

    /// Whether news of a source are of interest still; those of closed ones are late.
    pub(super) fn is_awaited(&self, epoch: Epoch) -> bool {
        epoch == self.epoch || (self.shown.as_ref()).is_some_and(|shown| shown.epoch == epoch)
    }

    /// The camera that is shown, if one is.
    pub(super) fn camera(&self) -> Option<Epoch> {
        let shown = (self.shown.as_ref()).filter(|shown| shown.is_open)?;
        matches!(shown.spec, SourceSpec::Camera(_)).then_some(shown.epoch)
    }

    /// Has the frames recorded that the camera gives from now on.
    pub(super) fn record(&self, feed: FrameFeed) {
        if let Some(shown) = &self.shown {
            shown.tap.open(feed);
        }
    }

    /// Holds the picture of the source that is shown, or goes on; what a camera gives meanwhile is not recorded.
    pub(super) fn set_paused(&self, is_paused: bool) {
        if let Some(shown) = &self.shown {
            shown.tap.set_paused(is_paused);
        }
        self.send(CaptureCommand::SetPaused(is_paused));
    }

    /// The recording that was opened last.
    pub(super) fn recording(&self) -> Option<SourceSpec> {
        self.recording.spec()
    }

    /// Asks the source that is shown to go on elsewhere.
    pub(super) fn seek(&mut self, time: Duration) {
        if let Some(shown) = &mut self.shown {
            shown.n_seeks += 1;
            let command = CaptureCommand::Seek(time, shown.n_seeks);
            self.send(command);
        }
    }

    /// Asks something of the source that is shown.
    pub(super) fn send(&self, command: CaptureCommand) {
        if let Some(shown) = &self.shown {
            // a thread that has ended has said why; one that is behind has enough to do
            if shown.commands.try_send(command).is_err() {
                tracing::debug!("the capture thread does not take commands");
            }
        }
    }
}
