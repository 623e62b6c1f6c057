//! A job in a thread of its own that works on files and ends by itself: how far it is, how it ends, and who waits for that.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError};

use crate::base::latest::{self, LatestSender};
use crate::base::worker::{StopFlag, Worker};
use crate::engine::message::{EngineEvent, ExportEvent};
use crate::engine::outbox::Outbox;
use crate::engine::recording_message::RecordingEvent;

/// More often nobody reads how far it is.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// A window that closes waits so long for files to be completed or taken away: a frame of many people may need seconds on a
/// slow machine, and so may the index of a video on a slow disk.
const FAREWELL: Duration = Duration::from_secs(10);

/// A job that runs, or has run. Dropping it asks it to end, and waits until its files are left alone.
pub(super) struct Job {
    name: &'static str,
    stop: StopFlag,
    progress: Receiver<EngineEvent>,
    /// Gets one event, when the files are left alone. A channel of its own, as a window that waits for this event must not
    /// miss it, however many others wait.
    end: Receiver<EngineEvent>,
    /// What is told in place of an end that the thread does not tell; `None` once an end is told.
    untold: Option<EngineEvent>,
    _thread: Option<Worker>,
}

impl Job {
    /// Begins the work in a thread called `name`, and gives it the means to say how far it is; what it returns is its end.
    /// Where it panics its end is `fault`.
    pub(super) fn start(
        name: &'static str,
        fault: EngineEvent,
        stop: StopFlag,
        outbox: Outbox,
        work: impl FnOnce(Reporter) -> EngineEvent + Send + 'static,
    ) -> std::io::Result<Self> {
        let (progress_sender, progress) = latest::slot();
        let (end_sender, end) = crossbeam_channel::bounded(1);
        let reporter = Reporter {
            stop: stop.clone(),
            progress: progress_sender,
            reported_at: None,
            outbox: outbox.clone(),
        };
        let thread = Worker::spawn(name, move |_has_its_own_flag| {
            let end = End {
                sender: Some(end_sender),
                outbox,
            };
            let event = work(reporter);
            end.tell(event);
        })?;
        Ok(Self {
            name,
            stop,
            progress,
            end,
            untold: Some(fault),
            _thread: Some(thread),
        })
    }

    /// One that could not begin: there is its end to be told, and nothing else.
    pub(super) fn refused(name: &'static str, end: EngineEvent) -> Self {
        let (_nobody, no_end) = crossbeam_channel::bounded(1);
        Self {
            name,
            stop: StopFlag::default(),
            progress: crossbeam_channel::never(),
            end: no_end,
            untold: Some(end),
            _thread: None,
        }
    }

    /// Whether its end has not been told yet.
    pub(super) const fn is_running(&self) -> bool {
        self.untold.is_some()
    }

    /// Asks it to end as soon as it can.
    pub(super) fn stop(&self) {
        self.stop.raise();
    }

    /// What there is to tell since the last call: how it has ended, or before that how far it is. The end is told once.
    pub(super) fn take_news(&mut self) -> Option<EngineEvent> {
        self.untold.as_ref()?;
        match self.end.try_recv() {
            Ok(end) => {
                self.untold = None;
                Some(end)
            }
            Err(TryRecvError::Empty) => self.progress.try_recv().ok(),
            Err(TryRecvError::Disconnected) => self.untold.take(),
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.stop();
        match self.end.recv_timeout(FAREWELL) {
            Ok(end) => log_unheard(self.name, &end),
            Err(RecvTimeoutError::Timeout) => {
                tracing::warn!("the {} does not end: its files may not be whole", self.name);
            }
            // it was told before
            Err(RecvTimeoutError::Disconnected) => {}
        }
    }
}

/// What a window that is gone cannot show.
fn log_unheard(name: &str, end: &EngineEvent) {
    if let EngineEvent::Export(ExportEvent::Failed { message, .. })
    | EngineEvent::Recording(RecordingEvent::Failed { message, .. }) = end
    {
        tracing::error!("the {name} broke off: {message}");
    }
}

/// Where the thread of a job says how it has ended. Dropped without a word, as by a panic, it says so, too.
struct End {
    sender: Option<Sender<EngineEvent>>,
    outbox: Outbox,
}

impl End {
    fn tell(self, event: EngineEvent) {
        if let Some(sender) = &self.sender {
            // there is room for the only one; who is gone does not want to know
            drop(sender.try_send(event));
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        // before the window looks
        self.sender = None;
        self.outbox.wake();
    }
}

/// The means of a job's thread to say how far it is, and to find out whether it is still wanted.
pub(super) struct Reporter {
    stop: StopFlag,
    /// A window that is slow sees the newest.
    progress: LatestSender<EngineEvent>,
    reported_at: Option<Instant>,
    outbox: Outbox,
}

impl Reporter {
    /// Whether nobody has asked for the end.
    pub(super) fn is_wanted(&self) -> bool {
        !self.stop.is_raised()
    }

    /// Says how far it is, unless that was said a moment ago.
    pub(super) fn report(&mut self, progress: impl FnOnce() -> EngineEvent) {
        let now = Instant::now();
        let is_due = |last: Instant| PROGRESS_EVERY <= now.saturating_duration_since(last);
        if self.reported_at.is_none_or(is_due) {
            self.reported_at = Some(now);
            self.progress.send(progress());
            self.outbox.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    /// Longer than anything here takes.
    const LIMIT: Duration = Duration::from_secs(20);

    /// Where nobody takes events, and a message for each time that the window is woken.
    fn full_outbox() -> (Outbox, Receiver<EngineEvent>, Receiver<()>) {
        let (updates, _none) = latest::slot();
        let (events, heard) = crossbeam_channel::bounded(1);
        let (woken, wakes) = crossbeam_channel::bounded(100);
        let wake = Arc::new(move || woken.try_send(()).unwrap_or_default());
        let outbox = Outbox::new(Arc::new(updates), events, wake);
        outbox.event(canceled());
        assert!(wakes.try_recv().is_ok() && heard.is_full());
        (outbox, heard, wakes)
    }

    fn canceled() -> EngineEvent {
        EngineEvent::Export(ExportEvent::Canceled)
    }

    fn failed(message: &str) -> EngineEvent {
        EngineEvent::Export(ExportEvent::Failed {
            message: message.to_owned(),
            written: Vec::new(),
        })
    }

    /// What is told last, once the window is woken.
    fn end_of(job: &mut Job, wakes: &Receiver<()>) -> String {
        loop {
            wakes.recv_timeout(LIMIT).unwrap();
            if let Some(end) = job.take_news() {
                return format!("{end:?}");
            }
        }
    }

    #[test]
    fn an_end_is_told_once_though_nobody_takes_other_events() {
        let (outbox, _heard, wakes) = full_outbox();
        let work = |_reporter: Reporter| canceled();
        let mut job =
            Job::start("test", failed("a fault"), StopFlag::default(), outbox, work).unwrap();
        assert!(job.is_running());
        assert_eq!(end_of(&mut job, &wakes), "Export(Canceled)");
        assert!(!job.is_running() && job.take_news().is_none());
    }

    #[test]
    fn a_job_that_panics_has_an_end_too() {
        let (outbox, _heard, wakes) = full_outbox();
        let work =
            |_reporter: Reporter| -> EngineEvent { panic!("a fault that this test is about") };
        let mut job =
            Job::start("test", failed("a fault"), StopFlag::default(), outbox, work).unwrap();
        let end = end_of(&mut job, &wakes);
        assert!(end.contains("a fault"), "{end}");
        assert!(!job.is_running() && job.take_news().is_none());
    }

    #[test]
    fn how_far_it_is_does_not_come_after_the_end() {
        let (outbox, _heard, wakes) = full_outbox();
        let work = |mut reporter: Reporter| {
            reporter.report(|| failed("not yet"));
            canceled()
        };
        let mut job =
            Job::start("test", failed("a fault"), StopFlag::default(), outbox, work).unwrap();
        // for the progress, and for the end
        for _ in 0..2 {
            wakes.recv_timeout(LIMIT).unwrap();
        }
        let end = job.take_news().map(|end| format!("{end:?}"));
        assert_eq!(end.as_deref(), Some("Export(Canceled)"));
        assert!(job.take_news().is_none());
    }

    #[test]
    fn what_cannot_begin_is_told_once_too() {
        let mut job = Job::refused("test", failed("no thread"));
        let end = job.take_news().map(|end| format!("{end:?}"));
        assert!(end.is_some_and(|end| end.contains("no thread")));
        assert!(!job.is_running() && job.take_news().is_none());
    }

    #[test]
    fn dropping_a_job_asks_it_to_end_and_waits_for_that() {
        let (outbox, _heard, _wakes) = full_outbox();
        let (ended, has_ended) = crossbeam_channel::bounded(1);
        let work = move |reporter: Reporter| {
            while reporter.is_wanted() {
                std::thread::sleep(Duration::from_millis(1));
            }
            ended.send(()).unwrap();
            canceled()
        };
        let job = Job::start("test", failed("a fault"), StopFlag::default(), outbox, work).unwrap();
        drop(job);
        assert_eq!(has_ended.try_recv(), Ok(()));
    }
}
