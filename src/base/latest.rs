//! A channel that holds only the newest value: how live frames stay fresh.

use crossbeam_channel::{Receiver, Sender, TrySendError};

/// The sending half of a [`slot`]: never blocks, replaces a value that nobody has taken yet.
#[derive(Debug)]
pub struct LatestSender<T> {
    sender: Sender<T>,
    /// The sender's own receiver, so that it can throw out the stale value itself.
    stale: Receiver<T>,
}

/// What became of a sent value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The slot was empty.
    Queued,
    /// The slot held a value that nobody had taken; that value is lost.
    ReplacedStale,
}

/// Creates a slot for one value.
///
/// The receiver sees values in the order they were sent, with gaps, and an error once the sender is dropped.
pub fn slot<T>() -> (LatestSender<T>, Receiver<T>) {
    let (sender, receiver) = crossbeam_channel::bounded(1);
    let stale = receiver.clone();
    (LatestSender { sender, stale }, receiver)
}

impl<T> LatestSender<T> {
    /// Puts `value` into the slot, throwing out what is there.
    pub fn send(&self, mut value: T) -> Sent {
        let mut sent = Sent::Queued;
        loop {
            match self.sender.try_send(value) {
                Ok(()) => return sent,
                Err(TrySendError::Full(back) | TrySendError::Disconnected(back)) => {
                    value = back;
                    if self.stale.try_recv().is_ok() {
                        sent = Sent::ReplacedStale;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_wins() {
        let (sender, receiver) = slot();
        assert_eq!(sender.send(1), Sent::Queued);
        assert_eq!(sender.send(2), Sent::ReplacedStale);
        assert_eq!(receiver.recv(), Ok(2));
        assert!(receiver.try_recv().is_err());
    }

    #[test]
    fn dropped_sender_disconnects() {
        let (sender, receiver) = slot::<u8>();
        sender.send(1);
        drop(sender);
        assert_eq!(receiver.recv(), Ok(1));
        assert!(receiver.recv().is_err());
    }
}
