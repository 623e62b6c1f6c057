//! The capture thread: opens a source and hands its frames to inference.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use crate::base::latest::{self, LatestSender, Sent};
use crate::base::timing::RateMeter;
use crate::base::worker::StopFlag;
use crate::engine::camera_tap::CameraTap;
use crate::engine::handle::Opener;
use crate::engine::inference::{Work, send_all};
use crate::engine::live::LiveFrames;
use crate::engine::message::{EngineEvent, Epoch};
use crate::engine::open_sources::LastRecording;
use crate::engine::outbox::Outbox;
use crate::engine::player::Player;
use crate::export::recorded::{self, RecordedResults};
use crate::source::{FrameSource, SourceError, SourceInfo, SourceSpec};
use crate::types::Frame;

/// How long a thread that has nothing to do sleeps before it looks at its stop flag.
pub(super) const PATIENCE: Duration = Duration::from_millis(100);

/// A lost camera is looked for this often.
const RECONNECT_EVERY: Duration = Duration::from_secs(1);

/// A camera that was open a moment ago, and is opened again, may be held by its old thread for so long.
const LETTING_GO: Duration = Duration::from_secs(2);

/// What the handle asks of the capture thread; recordings only, but for the pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum CaptureCommand {
    SetPaused(bool),
    SetSpeed(f64),
    /// Where to go, and the how manieth seek it is: some are left out where many come.
    Seek(Duration, u64),
    StepForward,
    StepBackward,
}

/// The sending end towards inference: the policy of the source.
pub(super) enum FrameSender {
    /// Newest wins, never blocks.
    Live(LatestSender<Work>),
    /// Blocks until the frame before has been taken.
    Recorded(Sender<Work>),
}

/// The channel that fits a source.
pub(super) fn frame_channel(spec: &SourceSpec) -> (FrameSender, Receiver<Work>) {
    match spec {
        SourceSpec::Camera(_) => {
            let (sender, receiver) = latest::slot();
            (FrameSender::Live(sender), receiver)
        }
        SourceSpec::Synthetic | SourceSpec::Path(_) | SourceSpec::Pictures { .. } => {
            let (sender, receiver) = crossbeam_channel::bounded(1);
            (FrameSender::Recorded(sender), receiver)
        }
    }
}

/// What a capture thread is to do.
pub(super) struct CaptureTask {
    pub(super) spec: SourceSpec,
    pub(super) epoch: Epoch,
    pub(super) opener: Opener,
    pub(super) outbox: Outbox,
    /// Results that name no recording belong to it; a recording that opens is noted there.
    pub(super) recording: LastRecording,
    /// Whether a camera was open before: an old thread may hold it still.
    pub(super) may_be_held: bool,
    /// Where a camera's frames go that are recorded.
    pub(super) tap: CameraTap,
}

impl CaptureTask {
    fn open(&self) -> Result<Box<dyn FrameSource>, SourceError> {
        (self.opener)(&self.spec)
    }

    /// Opens a camera, which is then read in a thread of its own: its driver may fall silent for ever. Where one of this name
    /// was lost, another one is not recorded.
    fn open_camera(
        &self,
        n_losses: u32,
        lost: Option<&str>,
        stop: &StopFlag,
    ) -> anyhow::Result<LiveFrames> {
        let (tap, lost) = (self.tap.clone(), lost.map(str::to_owned));
        let to_tap = move |camera: &SourceInfo, frame: &Frame| {
            if lost.as_ref().is_none_or(|lost| *lost == camera.name) {
                tap.pass(frame, n_losses);
            }
        };
        LiveFrames::open_with(&self.opener, self.spec.clone(), stop.clone(), to_tap)
    }

    /// The same, as soon as the thread that may have had the camera until now has let it go.
    fn open_camera_in_turn(&self, stop: &StopFlag) -> anyhow::Result<LiveFrames> {
        let began = Instant::now();
        loop {
            let opened = self.open_camera(0, None, stop);
            if opened.is_ok()
                || !self.may_be_held
                || LETTING_GO < began.elapsed()
                || stop.is_raised()
            {
                return opened;
            }
            std::thread::sleep(PATIENCE);
        }
    }

    /// The recording that a file of results belongs to, and the results; `None` when the source is no such file.
    fn open_results(&self) -> Option<anyhow::Result<(Box<dyn FrameSource>, RecordedResults)>> {
        let SourceSpec::Path(path) = &self.spec else {
            return None;
        };
        recorded::is_results(path).then(|| {
            let beside = self.recording.spec();
            open_recorded(&self.opener, path, beside.as_ref())
        })
    }
}

/// The recording that a file of results belongs to, and the results; those that name none belong to `beside`.
pub(super) fn open_recorded(
    opener: &Opener,
    path: &Path,
    beside: Option<&SourceSpec>,
) -> anyhow::Result<(Box<dyn FrameSource>, RecordedResults)> {
    let (results, recording) = RecordedResults::open(path, beside)?;
    let source = opener(&results.source_of(recording))?;
    Ok((source, results))
}

/// Runs until the source fails, until asked to stop, or until the handle is gone.
pub(super) fn run(
    task: &CaptureTask,
    commands: &Receiver<CaptureCommand>,
    frames: &FrameSender,
    stop: &StopFlag,
) {
    let ran = match frames {
        FrameSender::Recorded(frames) => play(task, commands, frames, stop),
        FrameSender::Live(frames) => watch(task, commands, frames, stop),
    };
    // whoever has closed it does not want to know
    if let Err(error) = ran
        && !stop.is_raised()
    {
        task.outbox.event(failed(task.epoch, format!("{error:#}")));
    }
}

/// What is to be said of results over a recording.
fn warning_of(results: &RecordedResults, source: &dyn FrameSource) -> Option<String> {
    let warnings: Vec<String> = (results.warning_about(source.info()).into_iter())
        .chain(results.missing().map(str::to_owned))
        .collect();
    (!warnings.is_empty()).then(|| warnings.join("; "))
}

/// Opens a recording and plays it; fails if it does not open.
fn play(
    task: &CaptureTask,
    commands: &Receiver<CaptureCommand>,
    frames: &Sender<Work>,
    stop: &StopFlag,
) -> anyhow::Result<()> {
    let (source, results) = match task.open_results() {
        Some(opened) => opened.map(|(source, results)| (source, Some(results)))?,
        None => (task.open()?, None),
    };
    let warning = (results.as_ref()).and_then(|results| warning_of(results, source.as_ref()));
    match (results, task.spec.path()) {
        (Some(results), _) => {
            send_all(frames, Work::Results(Arc::new(results)), stop);
        }
        // one that was given up meanwhile is not what anybody has seen
        (None, Some(_)) if !stop.is_raised() => task.recording.note(task.spec.clone()),
        (None, _) => {}
    }
    task.outbox.event(opened(task.epoch, source.as_ref()));
    Player::new(task, source, warning, frames, stop).play(commands);
    Ok(())
}

fn opened(epoch: Epoch, source: &dyn FrameSource) -> EngineEvent {
    EngineEvent::SourceOpened {
        epoch,
        info: source.info().clone(),
    }
}

pub(super) fn failed(epoch: Epoch, message: String) -> EngineEvent {
    EngineEvent::SourceFailed { epoch, message }
}

/// Passes a camera's frames on; a lost one is looked for until the user closes it. Fails if there never was one.
fn watch(
    task: &CaptureTask,
    commands: &Receiver<CaptureCommand>,
    frames: &LatestSender<Work>,
    stop: &StopFlag,
) -> anyhow::Result<()> {
    let CaptureTask { epoch, outbox, .. } = task;
    let epoch = *epoch;
    let mut camera = task.open_camera_in_turn(stop)?;
    outbox.event(opened(epoch, &camera));
    let mut paused = false;
    // by the cameras before a loss, and by this thread
    let mut dropped = 0;
    let mut n_losses = 0;
    let mut rate = RateMeter::default();
    while !stop.is_raised() {
        for command in commands.try_iter() {
            // a camera has no other positions than now
            if let CaptureCommand::SetPaused(wanted) = command {
                paused = wanted;
            }
        }
        match camera.next_frame() {
            Ok(Some(frame)) => {
                rate.tick(Instant::now());
                if paused {
                    continue;
                }
                let sent = frames.send(Work::Frame {
                    frame,
                    is_live: true,
                    jumped: false,
                    n_seeks: 0,
                    n_losses,
                    capture_fps: rate.per_second(Instant::now()),
                    dropped: dropped + camera.dropped(),
                });
                if sent == Sent::ReplacedStale {
                    dropped += 1;
                }
            }
            Ok(None) => break,
            Err(error) => {
                outbox.event(EngineEvent::Reconnecting {
                    epoch,
                    message: error.to_string(),
                });
                dropped += camera.dropped();
                n_losses += 1;
                let name = camera.info().name.clone();
                // a device that is still there cannot be opened twice
                drop(camera);
                let Some(found) = reconnect(task, n_losses, &name, stop) else {
                    break;
                };
                camera = found;
                outbox.event(opened(epoch, &camera));
            }
        }
    }
    Ok(())
}

/// Looks for a lost camera; another one may have taken its number meanwhile.
fn reconnect(task: &CaptureTask, n_losses: u32, name: &str, stop: &StopFlag) -> Option<LiveFrames> {
    let mut next_try = Instant::now() + RECONNECT_EVERY;
    while !stop.is_raised() {
        std::thread::sleep(PATIENCE);
        if next_try <= Instant::now() {
            match task.open_camera(n_losses, Some(name), stop) {
                Ok(camera) if camera.info().name == name => return Some(camera),
                Ok(other) => tracing::debug!("still lost, {} is there", other.info().name),
                Err(error) => tracing::debug!("still lost: {error:#}"),
            }
            next_try = Instant::now() + RECONNECT_EVERY;
        }
    }
    None
}
