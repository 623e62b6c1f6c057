//! A named thread that is told to stop when its handle is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// Called after each message so that a sleeping consumer looks at its inbox.
///
/// A closure, so that the engine can wake a window without knowing what a window is.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// A running thread.
#[derive(Debug)]
pub struct Worker {
    stop: StopFlag,
    thread: Option<JoinHandle<()>>,
}

/// Asks a thread to stop; clones share the same flag.
#[derive(Clone, Debug, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Asks the thread to stop.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the thread has been asked to stop.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Worker {
    /// Starts a thread called `name`; `run` looks at the flag often and returns when it is raised.
    pub fn spawn(
        name: &str,
        run: impl FnOnce(&StopFlag) + Send + 'static,
    ) -> std::io::Result<Self> {
        let stop = StopFlag::default();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn({
            let stop = stop.clone();
            move || run(&stop)
        })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }

    /// Asks the thread to stop, and waits until it has returned: for work that must not be lost.
    pub fn finish(mut self) {
        self.stop.raise();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a thread has panicked: what it was working on is lost");
        }
    }

    /// Whether the thread has returned or panicked.
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.raise();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn dropping_the_handle_stops_the_thread() {
        let (ended, has_ended) = crossbeam_channel::bounded(1);
        let worker = Worker::spawn("test", move |stop| {
            while !stop.is_raised() {
                std::thread::sleep(Duration::from_millis(1));
            }
            ended.send(()).unwrap();
        })
        .unwrap();
        drop(worker);
        assert_eq!(has_ended.recv_timeout(Duration::from_secs(5)), Ok(()));
    }

    #[test]
    fn finishing_waits_for_the_end_of_the_work() {
        let (ended, has_ended) = crossbeam_channel::bounded(1);
        let worker = Worker::spawn("test", move |stop| {
            while !stop.is_raised() {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_millis(20));
            ended.send(()).unwrap();
        })
        .unwrap();
        worker.finish();
        assert_eq!(has_ended.try_recv(), Ok(()));
    }
}
