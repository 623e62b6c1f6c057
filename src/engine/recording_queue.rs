//! What waits to be recorded of a camera: each of its frames as it comes, and later whom the nets have seen in some of them.
//! Whoever puts something in waits for nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};

use crate::base::worker::StopFlag;
use crate::engine::camera_files::RecordingSettings;
use crate::engine::message::Epoch;
use crate::types::{Frame, FrameResult, TrackedPose};

/// Frames that may wait to be written, a quarter of a second of most cameras: disks pause so long now and then, and each
/// frame keeps its picture in memory.
const MOST_FRAMES: usize = 8;

/// What may wait beside them, which is small. While a disk stands still whom the nets see in frames that wait comes first,
/// and is not pushed out by what comes later, of frames that are left out.
const MOST_OTHERS: usize = 3 * MOST_FRAMES;

/// How long the thread sleeps at most before it looks whether it is to end.
const PATIENCE: Duration = Duration::from_millis(100);

/// Which frame of a camera it is; in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FrameKey {
    /// How often the camera was lost before: its frames count anew then.
    pub(super) n_losses: u32,
    /// The camera's number of it.
    pub(super) index: u64,
}

/// What the recording thread is given.
pub(super) enum Take {
    /// With what the nets work; before the first people.
    Settings(Box<RecordingSettings>),
    /// A frame, and how often its camera was lost before.
    Frame { frame: Frame, n_losses: u32 },
    /// Whom the nets have seen in a frame that came before, if it was not left out.
    People {
        key: FrameKey,
        people: Vec<TrackedPose>,
    },
}

/// A queue for the source that `epoch` says. It takes nothing more once `stop` is raised, which either of its ends does in
/// the end: frames alone do not keep a recording going.
pub(super) fn queue(epoch: Epoch, stop: &StopFlag) -> (FrameFeed, PeopleFeed, RecordingQueue) {
    let (sender, takes) = crossbeam_channel::bounded(MOST_FRAMES + MOST_OTHERS);
    let n_waiting = Arc::new(AtomicUsize::new(0));
    let n_left_out = Arc::new(AtomicU64::new(0));
    let frames = FrameFeed {
        takes: sender.clone(),
        n_waiting: Arc::clone(&n_waiting),
        n_left_out: Arc::clone(&n_left_out),
        stop: stop.clone(),
    };
    let people = PeopleFeed {
        epoch,
        takes: sender,
        stop: stop.clone(),
    };
    let queue = RecordingQueue {
        takes,
        n_waiting,
        n_left_out,
        stop: stop.clone(),
    };
    (frames, people, queue)
}

/// Where a camera's frames go as they come.
pub(super) struct FrameFeed {
    takes: Sender<Take>,
    n_waiting: Arc<AtomicUsize>,
    n_left_out: Arc<AtomicU64>,
    stop: StopFlag,
}

impl FrameFeed {
    /// Has a frame recorded of a camera that had been lost so many times before. Where the disk or the encoder is behind, it
    /// is left out and counted.
    pub(super) fn add(&self, frame: &Frame, n_losses: u32) {
        if self.stop.is_raised() {
            return;
        }
        // one camera at a time puts them in, so nobody else makes it more meanwhile
        if MOST_FRAMES <= self.n_waiting.load(Ordering::Acquire) {
            self.n_left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // before it can be taken out
        self.n_waiting.fetch_add(1, Ordering::AcqRel);
        let frame = frame.clone();
        match self.takes.try_send(Take::Frame { frame, n_losses }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                self.n_waiting.fetch_sub(1, Ordering::AcqRel);
                self.n_left_out.fetch_add(1, Ordering::Relaxed);
            }
            Err(TrySendError::Disconnected(_)) => self.stop.raise(),
        }
    }
}

/// Where whom the nets see goes. Dropping it ends the recording.
pub(super) struct PeopleFeed {
    epoch: Epoch,
    takes: Sender<Take>,
    stop: StopFlag,
}

impl PeopleFeed {
    /// The source whose people it is for.
    pub(super) const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Says with what frames are worked on, before the first one.
    pub(super) fn begin(&self, settings: RecordingSettings) {
        // there is room for the first one, and a thread that has ended has said why
        drop(self.takes.try_send(Take::Settings(Box::new(settings))));
    }

    /// Records whom the nets have seen in a frame of a camera that had been lost so many times before. Tells whether more are
    /// wanted.
    pub(super) fn add(&self, result: &FrameResult, n_losses: u32) -> bool {
        if self.stop.is_raised() {
            return false;
        }
        let index = result.frame.index;
        let key = FrameKey { n_losses, index };
        let people = result.people.clone();
        match self.takes.try_send(Take::People { key, people }) {
            // as a rule that of a frame that was left out; at worst one stays without people, which no other one waits for
            Ok(()) | Err(TrySendError::Full(_)) => true,
            Err(TrySendError::Disconnected(_)) => false,
        }
    }
}

impl Drop for PeopleFeed {
    fn drop(&mut self) {
        self.stop.raise();
    }
}

/// The end of the queue at the recording thread.
pub(super) struct RecordingQueue {
    takes: Receiver<Take>,
    n_waiting: Arc<AtomicUsize>,
    n_left_out: Arc<AtomicU64>,
    stop: StopFlag,
}

impl RecordingQueue {
    /// What is next; `None` once all has come.
    pub(super) fn next(&self) -> Option<Take> {
        loop {
            match self.takes.recv_timeout(PATIENCE) {
                Ok(take) => {
                    if matches!(take, Take::Frame { .. }) {
                        self.n_waiting.fetch_sub(1, Ordering::AcqRel);
                    }
                    return Some(take);
                }
                // the feeds take no more once the flag is raised
                Err(RecvTimeoutError::Timeout) if !self.stop.is_raised() => {}
                Err(_all_has_come) => return None,
            }
        }
    }

    /// Frames that found no place.
    pub(super) fn n_left_out(&self) -> u64 {
        self.n_left_out.load(Ordering::Relaxed)
    }
}

impl Drop for RecordingQueue {
    /// What still comes is not wanted.
    fn drop(&mut self) {
        self.stop.raise();
    }
}
