//! Plays a recording: frame after frame at their own times, none left out.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use crate::base::timing::RateMeter;
use crate::base::worker::StopFlag;
use crate::engine::capture::{CaptureCommand, CaptureTask, PATIENCE, failed};
use crate::engine::inference::{Work, next_command, send_all};
use crate::engine::message::EngineEvent;
use crate::source::{FrameSource, SourceError};
use crate::types::Frame;

/// Playing that is late by more goes on from there instead of hurrying to catch up.
const MOST_LATENESS: Duration = Duration::from_millis(100);

/// Longer than anybody waits for a picture.
const FAR_AHEAD: Duration = Duration::from_hours(1000);

/// A recording that is played.
pub(super) struct Player<'a> {
    task: &'a CaptureTask,
    source: Box<dyn FrameSource>,
    /// What is to be said of the results that are shown over it.
    about_results: Option<String>,
    /// What was said last of the source and of results.
    warned: String,
    frames: &'a Sender<Work>,
    stop: &'a StopFlag,
    paused: bool,
    /// How fast it is played, as a share of its own speed.
    speed: f64,
    ended: bool,
    /// Whether the next frame is one that the user went to.
    jumped: bool,
    /// Whether playing goes on after a pause and no frame has come since.
    resumed: bool,
    /// The frame after the one on screen, where it has been read and its time has not come.
    ahead: Option<Frame>,
    /// The number of the last seek that was obeyed, or replaced by a later one.
    n_seeks: u64,
    rate: RateMeter,
    /// Presentation time of the frame on screen.
    current: Option<Duration>,
    /// When playing began and the presentation time that it began with.
    started: Option<(Instant, Duration)>,
}

impl<'a> Player<'a> {
    /// At the beginning, about to play.
    pub(super) fn new(
        task: &'a CaptureTask,
        source: Box<dyn FrameSource>,
        about_results: Option<String>,
        frames: &'a Sender<Work>,
        stop: &'a StopFlag,
    ) -> Self {
        Self {
            task,
            source,
            about_results,
            warned: String::new(),
            frames,
            stop,
            paused: false,
            speed: 1.0,
            ended: false,
            jumped: false,
            resumed: false,
            ahead: None,
            n_seeks: 0,
            rate: RateMeter::default(),
            current: None,
            started: None,
        }
    }

    /// Plays until asked to stop or until the handle is gone. Where the recording breaks off it is paused:
    /// what comes before can still be searched.
    pub(super) fn play(&mut self, commands: &Receiver<CaptureCommand>) {
        self.warn();
        let mut outcome = self.show_next();
        while !self.stop.is_raised() {
            if let Err(error) = outcome {
                let event = failed(self.task.epoch, error.to_string());
                self.task.outbox.event(event);
                self.pause_at_end();
            }
            let waiting = if self.paused || self.ended {
                match next_command(commands, PATIENCE) {
                    Ok(command) => command,
                    Err(()) => return,
                }
            } else {
                commands.try_recv().ok()
            };
            outcome = match waiting {
                Some(command) => self.obey(command, commands),
                None if self.paused || self.ended => Ok(()),
                None => self.play_next(commands),
            };
        }
    }

    /// Carries out a command; of several seeks that wait in a row the last one counts, as a slider sends many.
    fn obey(
        &mut self,
        command: CaptureCommand,
        commands: &Receiver<CaptureCommand>,
    ) -> Result<(), SourceError> {
        let mut command = command;
        while let CaptureCommand::Seek(time, number) = command {
            self.n_seeks = number;
            let Ok(next) = commands.try_recv() else {
                break;
            };
            if !matches!(next, CaptureCommand::Seek(..)) {
                self.jump(time)?;
            }
            command = next;
        }
        match command {
            CaptureCommand::SetPaused(paused) => {
                self.paused = paused;
                self.resumed = !paused;
                self.started = None;
                if !paused && self.ended {
                    self.jump(Duration::ZERO)?;
                }
                Ok(())
            }
            CaptureCommand::SetSpeed(speed) => {
                self.speed = speed;
                self.started = None;
                Ok(())
            }
            CaptureCommand::Seek(time, _) => self.jump(time),
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
        self.ahead = None;
        self.source.seek(time)?;
        self.started = None;
        self.ended = false;
        self.jumped = true;
        self.show_next()
    }

    /// The frame after the one on screen.
    fn read(&mut self) -> Result<Option<Frame>, SourceError> {
        if let Some(frame) = self.ahead.take() {
            return Ok(Some(frame));
        }
        let frame = self.source.next_frame();
        self.warn();
        frame
    }

    /// Passes on what there is to say of the source, each time that it is more than before.
    fn warn(&mut self) {
        let warnings: Vec<String> = (self.about_results.iter().cloned())
            .chain(self.source.warning())
            .collect();
        let message = warnings.join("; ");
        // after a jump back a source may know less again
        if !self.warned.contains(&message) {
            self.warned.clone_from(&message);
            self.task.outbox.event(EngineEvent::SourceWarning {
                epoch: self.task.epoch,
                message,
            });
        }
    }

    /// Shows the next frame at once.
    fn show_next(&mut self) -> Result<(), SourceError> {
        match self.read()? {
            Some(frame) => self.show(frame),
            None => self.end(),
        }
        Ok(())
    }

    /// Reads the next frame and shows it when its time has come; a command in between is obeyed before.
    fn play_next(&mut self, commands: &Receiver<CaptureCommand>) -> Result<(), SourceError> {
        let Some(frame) = self.read()? else {
            // whoever wants to play on from the last frame wants to see it again
            if std::mem::take(&mut self.resumed) && self.source.info().can_seek {
                return self.jump(Duration::ZERO);
            }
            self.end();
            return Ok(());
        };
        let now = Instant::now();
        let (began, began_with) = *self
            .started
            .get_or_insert((now, self.current.unwrap_or(frame.time)));
        let ahead = frame.time.saturating_sub(began_with).as_secs_f64() / self.speed;
        // a longer one might not be an instant that can be stated
        let ahead =
            Duration::try_from_secs_f64(ahead).map_or(FAR_AHEAD, |ahead| ahead.min(FAR_AHEAD));
        let due = began + ahead;
        if due + MOST_LATENESS < now {
            self.started = Some((now, frame.time));
        }
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() || self.stop.is_raised() {
                break;
            }
            match next_command(commands, left.min(PATIENCE)) {
                Ok(None) => {}
                Ok(Some(command)) => {
                    self.ahead = Some(frame);
                    return self.obey(command, commands);
                }
                Err(()) => break,
            }
        }
        self.show(frame);
        Ok(())
    }

    fn show(&mut self, mut frame: Frame) {
        self.rate.tick(Instant::now());
        self.current = Some(frame.time);
        self.resumed = false;
        // a frame of a recording is as old as it is since it was due
        frame.captured_at = Instant::now();
        let work = Work::Frame {
            frame,
            is_live: false,
            jumped: std::mem::take(&mut self.jumped),
            n_seeks: self.n_seeks,
            n_losses: 0,
            capture_fps: self.rate.per_second(Instant::now()),
            dropped: 0,
        };
        send_all(self.frames, work, self.stop);
    }

    fn end(&mut self) {
        self.pause_at_end();
        send_all(self.frames, Work::End, self.stop);
    }

    /// Stays paused until the user goes elsewhere and plays on.
    fn pause_at_end(&mut self) {
        self.ended = true;
        self.paused = true;
        self.started = None;
    }
}
