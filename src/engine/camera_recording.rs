//! The recording thread: a camera's frames and their people on their way into files, while the window shows them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, TrySendError};

use crate::base::latest::{self, LatestSender};
use crate::base::worker::{StopFlag, Worker};
use crate::engine::camera_files::{CameraFiles, RecordingSettings};
use crate::engine::message::{EngineEvent, Epoch};
use crate::engine::outbox::Outbox;
use crate::engine::recording_message::{RecordingEvent, RecordingExtent, RecordingOrder};
use crate::types::FrameResult;

/// Frames that may wait to be written, a quarter of a second of most cameras: disks pause so long now and then, and each
/// frame keeps its picture in memory.
const MOST_WAITING: usize = 8;

/// How long the thread sleeps at most before it looks whether it is to end.
const PATIENCE: Duration = Duration::from_millis(100);

/// More often nobody reads how much is recorded.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// A window that closes waits so long for a recording to be completed: its index is written, and the disk may be slow.
const FAREWELL: Duration = Duration::from_secs(10);

/// A recording that runs, or has run. Dropping it ends it, and waits until it is complete.
pub(super) struct CameraRecording {
    stop: StopFlag,
    /// Raised when nobody listens any more.
    window_is_gone: StopFlag,
    progress: Receiver<RecordingExtent>,
    /// Gets nothing; closed when the files are complete.
    at_work: Receiver<()>,
    _thread: Worker,
}

/// Where frames go that are to be recorded. Dropping it ends the recording.
pub(super) struct RecordingFeed {
    epoch: Epoch,
    takes: Sender<Take>,
    stop: StopFlag,
    n_left_out: Arc<AtomicU64>,
}

/// What the recording thread is given.
enum Take {
    /// Comes first.
    Begins(Box<RecordingSettings>),
    Frame {
        result: Arc<FrameResult>,
        n_losses: u32,
    },
}

impl CameraRecording {
    /// Begins in a thread of its own to record what the feed is given, the frames of the source that `epoch` says; the
    /// outbox gets how it ends.
    pub(super) fn start(
        order: RecordingOrder,
        epoch: Epoch,
        outbox: Outbox,
    ) -> std::io::Result<(Self, RecordingFeed)> {
        let (stop, window_is_gone) = (StopFlag::default(), StopFlag::default());
        let (takes, waiting) = crossbeam_channel::bounded(MOST_WAITING);
        let (progress_sender, progress) = latest::slot();
        let (working, at_work) = crossbeam_channel::bounded::<()>(1);
        let n_left_out = Arc::new(AtomicU64::new(0));
        let (thread_stop, is_unheard) = (stop.clone(), window_is_gone.clone());
        let counted = Arc::clone(&n_left_out);
        let thread = Worker::spawn("recording", move |_has_its_own_flag| {
            let mut recorder = Recorder {
                order,
                settings: RecordingSettings::default(),
                files: None,
                stop: thread_stop,
                n_left_out: counted,
                progress: progress_sender,
                reported_at: None,
                outbox,
            };
            let event = recorder.record(&waiting);
            // frames that still come are not wanted
            drop(waiting);
            log(&event, &is_unheard);
            // whoever is told may begin the next one at once
            drop(working);
            recorder.outbox.event(EngineEvent::Recording(event));
        })?;
        let recording = Self {
            stop: stop.clone(),
            window_is_gone,
            progress,
            at_work,
            _thread: thread,
        };
        let feed = RecordingFeed {
            epoch,
            takes,
            stop,
            n_left_out,
        };
        Ok((recording, feed))
    }

    /// Whether its files are not complete yet.
    pub(super) fn is_running(&self) -> bool {
        self.at_work.try_recv() == Err(TryRecvError::Empty)
    }

    /// Ends it after the frames that have come.
    pub(super) fn stop(&self) {
        self.stop.raise();
    }

    /// How much is recorded, if there is something new to say.
    pub(super) fn take_progress(&self) -> Option<RecordingExtent> {
        self.progress.try_recv().ok()
    }
}

impl Drop for CameraRecording {
    fn drop(&mut self) {
        self.window_is_gone.raise();
        self.stop();
        if self.at_work.recv_timeout(FAREWELL) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!(
                "the recording is not completed in time: its video plays, but may lack its end"
            );
        }
    }
}

/// What a window that is gone cannot show.
fn log(event: &RecordingEvent, window_is_gone: &StopFlag) {
    match event {
        RecordingEvent::Finished {
            recorded: Some(recorded),
            ..
        } => tracing::info!("recorded {}", recorded.video.display()),
        RecordingEvent::Failed { message, .. } if window_is_gone.is_raised() => {
            tracing::error!("the recording broke off: {message}");
        }
        _ => {}
    }
}

impl RecordingFeed {
    /// The source whose frames it is for.
    pub(super) const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Says with what the frames are worked on, before the first one.
    pub(super) fn begin(&self, settings: RecordingSettings) {
        // there is room for the first message, and a thread that has ended has said why
        drop(self.takes.try_send(Take::Begins(Box::new(settings))));
    }

    /// Records a frame of a camera that had been lost so many times before. Never blocks: where the disk or the encoder is
    /// behind, the frame is left out and counted. Tells whether more are wanted.
    pub(super) fn add(&self, result: &Arc<FrameResult>, n_losses: u32) -> bool {
        if self.stop.is_raised() {
            return false;
        }
        let result = Arc::clone(result);
        match self.takes.try_send(Take::Frame { result, n_losses }) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                self.n_left_out.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
    }
}

/// Writes what it is given.
struct Recorder {
    order: RecordingOrder,
    settings: RecordingSettings,
    /// `None` before the first frame.
    files: Option<CameraFiles>,
    stop: StopFlag,
    n_left_out: Arc<AtomicU64>,
    /// A window that is slow sees the newest.
    progress: LatestSender<RecordingExtent>,
    reported_at: Option<Instant>,
    outbox: Outbox,
}

/// Why a recording ends before anybody asks for it.
struct Ending {
    message: String,
    /// Whether something went wrong, as opposed to the camera having changed.
    is_failure: bool,
}

impl Ending {
    fn failure(error: impl Into<anyhow::Error>) -> Self {
        let error: anyhow::Error = error.into();
        Self {
            message: format!("{error:#}"),
            is_failure: true,
        }
    }
}

impl Recorder {
    /// Records until it is stopped, until the source is closed, or until it cannot go on; then the files are completed.
    fn record(&mut self, takes: &Receiver<Take>) -> RecordingEvent {
        let mut ending = None;
        while ending.is_none() {
            match takes.recv_timeout(PATIENCE) {
                Ok(Take::Begins(settings)) => self.settings = *settings,
                Ok(Take::Frame { result, n_losses }) => {
                    ending = self.add(&result, n_losses).err();
                }
                // the feed takes no more once the flag is raised
                Err(RecvTimeoutError::Timeout) if !self.stop.is_raised() => {}
                Err(_all_has_come) => break,
            }
        }
        self.complete(ending)
    }

    fn add(&mut self, result: &FrameResult, n_losses: u32) -> Result<(), Ending> {
        let size = result.frame.image.size();
        if self.files.is_none() {
            let files = CameraFiles::begin(&self.order, &self.settings, size);
            self.files = Some(files.map_err(Ending::failure)?);
        }
        let Some(files) = &mut self.files else {
            return Ok(());
        };
        if files.size() != size {
            return Err(Ending {
                message: format!(
                    "the camera's pictures have {}x{} pixels now in place of {}x{}",
                    size[0],
                    size[1],
                    files.size()[0],
                    files.size()[1]
                ),
                is_failure: false,
            });
        }
        files.add(result, n_losses).map_err(Ending::failure)?;
        let extent = files.extent(self.n_left_out.load(Ordering::Relaxed));
        self.report(extent);
        Ok(())
    }

    fn report(&mut self, extent: RecordingExtent) {
        let now = Instant::now();
        let is_due = |last: Instant| PROGRESS_EVERY <= now.saturating_duration_since(last);
        if self.reported_at.is_none_or(is_due) {
            self.reported_at = Some(now);
            self.progress.send(extent);
            self.outbox.wake();
        }
    }

    /// What came before is completed, whatever the reason.
    fn complete(&mut self, ending: Option<Ending>) -> RecordingEvent {
        let n_left_out = self.n_left_out.load(Ordering::Relaxed);
        let (recorded, completed) = match self.files.take() {
            Some(files) => files.finish(n_left_out),
            None => (None, Ok(())),
        };
        match (ending, completed) {
            (
                Some(Ending {
                    message,
                    is_failure: true,
                }),
                completed,
            ) => {
                // why it broke off comes first, though its files could not be completed either
                if let Err(incomplete) = completed {
                    tracing::warn!("{incomplete}");
                }
                RecordingEvent::Failed { message, recorded }
            }
            (_, Err(error)) => RecordingEvent::Failed {
                message: error.to_string(),
                recorded,
            },
            (ending, Ok(())) => RecordingEvent::Finished {
                recorded,
                reason: ending.map(|ending| ending.message),
            },
        }
    }
}

impl Drop for Recorder {
    /// The window would wait for ever for the end of a recording that no longer runs.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let failed = RecordingEvent::Failed {
                message: "this is a fault of the program, and its end is lost".to_owned(),
                recorded: None,
            };
            self.outbox.event(EngineEvent::Recording(failed));
        }
    }
}
