//! The tap at a camera: each frame that it gives goes to the recording that runs, before any is dropped for a newer one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::engine::recording_queue::FrameFeed;
use crate::types::Frame;

/// The tap at a camera; clones are the same one. Nobody holds it for longer than it takes to put a frame into a queue.
#[derive(Clone, Default)]
pub(super) struct CameraTap(Arc<Mutex<Tap>>);

#[derive(Default)]
struct Tap {
    /// `None` where nothing is recorded.
    feed: Option<FrameFeed>,
    /// Whether the picture is held: what the user does not see is not recorded.
    is_paused: bool,
}

impl CameraTap {
    /// Has the frames that come from now on recorded, and no others.
    pub(super) fn open(&self, feed: FrameFeed) {
        self.tap().feed = Some(feed);
    }

    /// Has no more recorded, even if a frame is still on its way out of the driver.
    pub(super) fn close(&self) {
        self.tap().feed = None;
    }

    /// Holds the picture, or goes on.
    pub(super) fn set_paused(&self, is_paused: bool) {
        self.tap().is_paused = is_paused;
    }

    /// A frame has come of a camera that had been lost so many times before.
    pub(super) fn pass(&self, frame: &Frame, n_losses: u32) {
        let tap = self.tap();
        if let Some(feed) = &tap.feed
            && !tap.is_paused
        {
            feed.add(frame, n_losses);
        }
    }

    fn tap(&self) -> MutexGuard<'_, Tap> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
