//! What the window needs of the engine; a trait, so that tests can script the answers.

use crate::engine::{Engine, EngineCommand, EngineEvent, Update};

/// The window's end of the engine. No call blocks.
pub trait EngineHandle {
    /// Asks for something.
    fn send(&mut self, command: EngineCommand);

    /// The newest result since the last call.
    fn take_update(&mut self) -> Option<Update>;

    /// Everything that happened since the last call, oldest first.
    fn take_events(&mut self) -> Vec<EngineEvent>;
}

impl EngineHandle for Engine {
    fn send(&mut self, command: EngineCommand) {
        Self::send(self, command);
    }

    fn take_update(&mut self) -> Option<Update> {
        Self::take_update(self)
    }

    fn take_events(&mut self) -> Vec<EngineEvent> {
        Self::take_events(self)
    }
}
