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

/// How often people may wait beside them, which are small. While a disk stands still whom the nets see in frames that wait
/// comes first, and is not pushed out by what comes later, of frames that are left out; and where an encoder is behind all the
/// time, the people of those neither take the places of frames nor all the places of the people of a frame that found one.
const MOST_PEOPLE: usize = 3 * MOST_FRAMES;

/// With what the nets work is said once.
const MOST_SETTINGS: usize = 1;

/// How long the thread sleeps at most before it looks whether it is to end; the nets have as long at the end for the frame
/// that they are at work on, so that the last one does not lack its people.
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

/// A queue for the source that `epoch` says. It takes no more frames once `stop` is raised, which either of its ends does in
/// the end: frames alone do not keep a recording going. Whom the nets see in those that it took it takes a moment longer.
pub(super) fn queue(epoch: Epoch, stop: &StopFlag) -> (FrameFeed, PeopleFeed, RecordingQueue) {
    let (sender, takes) = crossbeam_channel::bounded(MOST_SETTINGS + MOST_FRAMES + MOST_PEOPLE);
    let n_waiting = Arc::new(AtomicUsize::new(0));
    let n_people = Arc::new(AtomicUsize::new(0));
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
        n_people: Arc::clone(&n_people),
        stop: stop.clone(),
    };
    let queue = RecordingQueue {
        takes,
        n_waiting,
        n_people,
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
    /// How often people wait.
    n_people: Arc<AtomicUsize>,
    stop: StopFlag,
}

impl PeopleFeed {
    /// The source whose people it is for.
    pub(super) const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Says with what frames are worked on, before the first one.
    pub(super) fn begin(&self, settings: RecordingSettings) {
        // there is room for them, and a thread that has ended has said why
        drop(self.takes.try_send(Take::Settings(Box::new(settings))));
    }

    /// Records whom the nets have seen in a frame of a camera that had been lost so many times before. Tells whether more are
    /// wanted.
    pub(super) fn add(&self, result: &FrameResult, n_losses: u32) -> bool {
        // as a rule those of a frame that was left out; at worst one stays without people, which no other one waits for
        if MOST_PEOPLE <= self.n_people.load(Ordering::Acquire) {
            return true;
        }
        // before they can be taken out
        self.n_people.fetch_add(1, Ordering::AcqRel);
        let index = result.frame.index;
        let key = FrameKey { n_losses, index };
        let people = result.people.clone();
        match self.takes.try_send(Take::People { key, people }) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                self.n_people.fetch_sub(1, Ordering::AcqRel);
                true
            }
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
    n_people: Arc<AtomicUsize>,
    n_left_out: Arc<AtomicU64>,
    stop: StopFlag,
}

impl RecordingQueue {
    /// What is next; `None` once all has come.
    pub(super) fn next(&self) -> Option<Take> {
        loop {
            // before the nets are waited for, who have the whole time from then on
            let is_last_wait = self.stop.is_raised();
            match self.takes.recv_timeout(PATIENCE) {
                Ok(take) => {
                    match take {
                        Take::Settings(_) => {}
                        Take::Frame { .. } => {
                            self.n_waiting.fetch_sub(1, Ordering::AcqRel);
                        }
                        Take::People { .. } => {
                            self.n_people.fetch_sub(1, Ordering::AcqRel);
                        }
                    }
                    return Some(take);
                }
                Err(RecvTimeoutError::Timeout) if !is_last_wait => {}
                Err(_all_has_come) => return None,
            }
        }
    }

    /// Whether all frames have come out, and no more go in.
    pub(super) fn is_past_last_frame(&self) -> bool {
        self.stop.is_raised() && self.n_waiting.load(Ordering::Acquire) == 0
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::image::RgbImage;
    use crate::types::StageTimes;
    use std::time::Instant;

    /// The result of a frame in which nobody is.
    pub fn result(index: u64) -> FrameResult {
        FrameResult {
            frame: Frame {
                index,
                time: Duration::from_millis(index),
                file: None,
                captured_at: Instant::now(),
                image: Arc::new(RgbImage::filled([32, 24], [90; 3])),
            },
            people: Vec::new(),
            times: StageTimes::default(),
            effort: None,
        }
    }

    #[test]
    fn people_of_frames_that_were_left_out_take_no_place_of_a_frame() {
        let (frames, people, queue) = queue(Epoch(1), &StopFlag::default());
        for index in 0..100 {
            assert!(people.add(&result(index), 0));
        }
        for index in 100..108 {
            frames.add(&result(index).frame, 0);
        }
        assert_eq!(queue.n_left_out(), 0);
        frames.add(&result(108).frame, 0);
        assert_eq!(queue.n_left_out(), 1);
    }

    #[test]
    fn what_the_nets_see_in_the_last_frame_comes_after_the_end_too() {
        let stop = StopFlag::default();
        let (frames, people, queue) = queue(Epoch(1), &stop);
        frames.add(&result(0).frame, 0);
        stop.raise();
        frames.add(&result(1).frame, 0);
        assert!(people.add(&result(0), 0));
        assert!(!queue.is_past_last_frame());
        assert!(matches!(queue.next(), Some(Take::Frame { frame, .. }) if frame.index == 0));
        assert!(queue.is_past_last_frame());
        assert!(matches!(queue.next(), Some(Take::People { key, .. }) if key.index == 0));
        assert!(queue.next().is_none());
        drop(queue);
        assert!(!people.add(&result(2), 0));
    }
}
