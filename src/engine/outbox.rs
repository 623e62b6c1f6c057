//! Where the threads put what the window is to hear.

use std::sync::Arc;

use crossbeam_channel::Sender;

use crate::base::latest::LatestSender;
use crate::base::worker::Wake;
use crate::engine::message::{EngineEvent, Update};

/// Where results and events go; clones go to the same window.
#[derive(Clone)]
pub(super) struct Outbox {
    updates: Arc<LatestSender<Update>>,
    events: Sender<EngineEvent>,
    wake: Wake,
}

impl Outbox {
    pub(super) fn new(
        updates: Arc<LatestSender<Update>>,
        events: Sender<EngineEvent>,
        wake: Wake,
    ) -> Self {
        Self {
            updates,
            events,
            wake,
        }
    }

    pub(super) fn update(&self, update: Update) {
        self.updates.send(update);
        (self.wake)();
    }

    /// A window that takes no events for so long has lost interest: the log keeps what it missed.
    pub(super) fn event(&self, event: EngineEvent) {
        if let Err(error) = self.events.try_send(event) {
            tracing::warn!("the window missed: {:?}", error.into_inner());
        }
        (self.wake)();
    }

    /// Makes the window look for what does not come through here.
    pub(super) fn wake(&self) {
        (self.wake)();
    }
}
