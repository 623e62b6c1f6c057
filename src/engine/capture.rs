//! The capture thread: opens a source, plays it, and hands its frames to inference.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use crate::base::latest::{self, LatestSender, Sent};
use crate::base::timing::RateMeter;
use crate::base::worker::StopFlag;
use crate::engine::handle::Opener;
use crate::engine::inference::{Outbox, Work, next_command, send_all};
use crate::engine::message::{EngineEvent, Epoch};
use crate::export::recorded::{self, RecordedResults};
use crate::source::{FrameSource, SourceError, SourceSpec};
use crate::types::Frame;

/// How long a thread that has nothing to do sleeps before it looks at its stop flag.
const PATIENCE: Duration = Duration::from_millis(100);

/// A lost camera is looked for this often.
const RECONNECT_EVERY: Duration = Duration::from_secs(1);

/// Playing that is late by more goes on from there instead of hurrying to catch up.
const MOST_LATENESS: Duration = Duration::from_millis(100);

/// What the handle asks of the capture thread; recordings only, but for the pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum CaptureCommand {
    SetPaused(bool),
    Seek(Duration),
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
        SourceSpec::Synthetic | SourceSpec::Path(_) => {
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
    /// The recording that was open last: results that name none belong to it.
    pub(super) beside: Option<PathBuf>,
}

impl CaptureTask {
    fn open(&self) -> Result<Box<dyn FrameSource>, SourceError> {
        (self.opener)(&self.spec)
    }

    /// The recording that a file of results belongs to, and the results; `None` when the source is no such file.
    fn open_results(&self) -> Option<anyhow::Result<(Box<dyn FrameSource>, RecordedResults)>> {
        let SourceSpec::Path(path) = &self.spec else {
            return None;
        };
        recorded::is_results(path).then(|| {
            let (results, recording) = RecordedResults::open(path, self.beside.as_deref())?;
            Ok(((self.opener)(&SourceSpec::Path(recording))?, results))
        })
    }
}

/// Runs until the source fails, until asked to stop, or until the handle is gone.
pub(super) fn run(
    task: &CaptureTask,
    commands: &Receiver<CaptureCommand>,
    frames: &FrameSender,
    stop: &StopFlag,
) {
    let opened_now = match task.open_results() {
        Some(opened) => opened.map(|(source, results)| (source, Some(results))),
        None => task.open().map(|source| (source, None)).map_err(Into::into),
    };
    let (source, results) = match opened_now {
        Ok(opened) => opened,
        Err(error) => {
            task.outbox.event(failed(task.epoch, format!("{error:#}")));
            return;
        }
    };
    match frames {
        FrameSender::Recorded(frames) => {
            if let Some(results) = results {
                send_all(frames, Work::Results(Arc::new(results)), stop);
            }
            task.outbox.event(opened(task.epoch, source.as_ref()));
            let mut player = Player {
                source,
                frames,
                stop,
                paused: false,
                ended: false,
                rate: RateMeter::default(),
                current: None,
                started: None,
            };
            if let Err(error) = player.play(commands) {
                task.outbox.event(failed(task.epoch, error.to_string()));
            }
        }
        FrameSender::Live(frames) => watch(task, source, commands, frames, stop),
    }
}

fn opened(epoch: Epoch, source: &dyn FrameSource) -> EngineEvent {
    EngineEvent::SourceOpened {
        epoch,
        info: source.info().clone(),
    }
}

fn failed(epoch: Epoch, message: String) -> EngineEvent {
    EngineEvent::SourceFailed { epoch, message }
}

/// Passes a camera's frames on; a lost one is looked for until the user closes it.
fn watch(
    task: &CaptureTask,
    mut source: Box<dyn FrameSource>,
    commands: &Receiver<CaptureCommand>,
    frames: &LatestSender<Work>,
    stop: &StopFlag,
) {
    let CaptureTask { epoch, outbox, .. } = task;
    let epoch = *epoch;
    let mut paused = false;
    let mut dropped = 0;
    let mut rate = RateMeter::default();
    let mut said_opened = false;
    while !stop.is_raised() {
        for command in commands.try_iter() {
            // a camera has no other positions than now
            if let CaptureCommand::SetPaused(wanted) = command {
                paused = wanted;
            }
        }
        match source.next_frame() {
            Ok(Some(frame)) => {
                if !said_opened {
                    said_opened = true;
                    outbox.event(opened(epoch, source.as_ref()));
                }
                rate.tick(Instant::now());
                if paused {
                    continue;
                }
                let sent = frames.send(Work::Frame {
                    frame,
                    is_live: true,
                    capture_fps: rate.per_second(Instant::now()),
                    dropped,
                });
                if sent == Sent::ReplacedStale {
                    dropped += 1;
                }
            }
            Ok(None) => return,
            Err(error) if said_opened => {
                outbox.event(EngineEvent::Reconnecting {
                    epoch,
                    message: error.to_string(),
                });
                let Some(found) = reconnect(task, stop) else {
                    return;
                };
                source = found;
                said_opened = false;
            }
            Err(error) => {
                outbox.event(failed(epoch, error.to_string()));
                return;
            }
        }
    }
}

fn reconnect(task: &CaptureTask, stop: &StopFlag) -> Option<Box<dyn FrameSource>> {
    let mut next_try = Instant::now() + RECONNECT_EVERY;
    while !stop.is_raised() {
        std::thread::sleep(PATIENCE);
        if next_try <= Instant::now() {
            match task.open() {
                Ok(source) => return Some(source),
                Err(error) => tracing::debug!("still lost: {error}"),
            }
            next_try = Instant::now() + RECONNECT_EVERY;
        }
    }
    None
}

/// Plays a recording: frame after frame at their own times, none left out.
struct Player<'a> {
    source: Box<dyn FrameSource>,
    frames: &'a Sender<Work>,
    stop: &'a StopFlag,
    paused: bool,
    ended: bool,
    rate: RateMeter,
    /// Presentation time of the frame on screen.
    current: Option<Duration>,
    /// When playing began and the presentation time that it began with.
    started: Option<(Instant, Duration)>,
}

impl Player<'_> {
    fn play(&mut self, commands: &Receiver<CaptureCommand>) -> Result<(), SourceError> {
        self.show_next()?;
        while !self.stop.is_raised() {
            let waiting = if self.paused || self.ended {
                match next_command(commands, PATIENCE) {
                    Ok(command) => command,
                    Err(()) => return Ok(()),
                }
            } else {
                commands.try_recv().ok()
            };
            match waiting {
                Some(command) => self.obey(newest_seek(command, commands))?,
                None if self.paused || self.ended => {}
                None => self.play_next(commands)?,
            }
        }
        Ok(())
    }

    fn obey(&mut self, command: CaptureCommand) -> Result<(), SourceError> {
        match command {
            CaptureCommand::SetPaused(paused) => {
                self.paused = paused;
                self.started = None;
                if !paused && self.ended {
                    self.jump(Duration::ZERO)?;
                }
                Ok(())
            }
            CaptureCommand::Seek(time) => self.jump(time),
            CaptureCommand::StepForward => {
                self.paused = true;
                self.show_next()
            }
            CaptureCommand::StepBackward => {
                self.paused = true;
                match self.current {
                    Some(current) if Duration::ZERO < current => {
                        self.jump(current.saturating_sub(Duration::from_nanos(1)))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// Shows the frame at `time` and goes on from there.
    fn jump(&mut self, time: Duration) -> Result<(), SourceError> {
        if !self.source.info().can_seek {
            tracing::info!(
                "{}",
                SourceError::CannotSeek(self.source.info().name.clone())
            );
            return Ok(());
        }
        self.source.seek(time)?;
        self.started = None;
        self.ended = false;
        self.show_next()
    }

    /// Shows the next frame at once.
    fn show_next(&mut self) -> Result<(), SourceError> {
        match self.source.next_frame()? {
            Some(frame) => self.show(frame),
            None => self.end(),
        }
        Ok(())
    }

    /// Reads the next frame and shows it when its time has come; a command in between is obeyed after it.
    fn play_next(&mut self, commands: &Receiver<CaptureCommand>) -> Result<(), SourceError> {
        let Some(frame) = self.source.next_frame()? else {
            self.end();
            return Ok(());
        };
        let now = Instant::now();
        let (began, began_with) = *self
            .started
            .get_or_insert((now, self.current.unwrap_or(frame.time)));
        let due = began + frame.time.saturating_sub(began_with);
        if due + MOST_LATENESS < now {
            self.started = Some((now, frame.time));
        }
        let pending = loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() || self.stop.is_raised() {
                break None;
            }
            match next_command(commands, left.min(PATIENCE)) {
                Ok(None) => {}
                Ok(command) => break command,
                Err(()) => break None,
            }
        };
        self.show(frame);
        match pending {
            Some(command) => self.obey(newest_seek(command, commands)),
            None => Ok(()),
        }
    }

    fn show(&mut self, mut frame: Frame) {
        self.rate.tick(Instant::now());
        self.current = Some(frame.time);
        // a frame of a recording is as old as it is since it was due
        frame.captured_at = Instant::now();
        let work = Work::Frame {
            frame,
            is_live: false,
            capture_fps: self.rate.per_second(Instant::now()),
            dropped: 0,
        };
        send_all(self.frames, work, self.stop);
    }

    fn end(&mut self) {
        self.ended = true;
        self.started = None;
        send_all(self.frames, Work::End, self.stop);
    }
}

/// Of several seeks that wait in a row the last one counts; a slider sends many.
fn newest_seek(command: CaptureCommand, commands: &Receiver<CaptureCommand>) -> CaptureCommand {
    let mut newest = command;
    while matches!(newest, CaptureCommand::Seek(_)) {
        match commands.try_recv() {
            Ok(next @ CaptureCommand::Seek(_)) => newest = next,
            Ok(other) => return other,
            Err(_none_waiting) => break,
        }
    }
    newest
}
