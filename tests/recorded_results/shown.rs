//! The engine shows results beside their recording, as the window does.

use std::sync::Arc;
use std::time::Instant;

use poseglass::engine::{Engine, EngineCommand, EngineEvent, LoadedPipeline, Update};

use super::*;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn the_engine_shows_what_was_found_before() {
    let root = tempfile::tempdir().unwrap();
    let path = folder_with_results(root.path(), "pictures");
    let no_nets = Box::new(|| -> anyhow::Result<LoadedPipeline> { anyhow::bail!("none needed") });
    let mut engine = Engine::start(no_nets, Arc::new(|| {})).unwrap();
    engine.send(EngineCommand::Open(SourceSpec::Path(path)));
    engine.send(EngineCommand::SetPaused(true));
    let update_of = |engine: &Engine, index: u64| -> Update {
        let began = Instant::now();
        loop {
            let update = engine.take_update();
            if let Some(update) = update.filter(|update| update.result.frame.index == index) {
                return update;
            }
            assert!(began.elapsed() < LIMIT, "frame {index} never came");
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    let first = update_of(&engine, 0);
    assert_eq!(first.result.people[0].id.0, 1);
    engine.send(EngineCommand::StepForward);
    let second = update_of(&engine, 1);
    assert_eq!(second.result.people[0].id.0, 2);
    assert_eq!(second.result.people[0].bbox.xywh()[0], 10.0);
    engine.send(EngineCommand::StepBackward);
    assert_eq!(update_of(&engine, 0).result.people[0].id.0, 1);
}

#[test]
fn results_without_their_recording_say_so() {
    let root = tempfile::tempdir().unwrap();
    let path = folder_with_results(root.path(), "gone.mp4");
    let no_nets = Box::new(|| -> anyhow::Result<LoadedPipeline> { anyhow::bail!("none needed") });
    let mut engine = Engine::start(no_nets, Arc::new(|| {})).unwrap();
    engine.send(EngineCommand::Open(SourceSpec::Path(path)));
    let began = Instant::now();
    let message = loop {
        let failed = engine.take_events().into_iter().find_map(|event| {
            if let EngineEvent::SourceFailed { message, .. } = event {
                Some(message)
            } else {
                None
            }
        });
        if let Some(message) = failed {
            break message;
        }
        assert!(began.elapsed() < LIMIT, "it never failed");
        std::thread::sleep(Duration::from_millis(1));
    };
    assert!(message.contains("gone.mp4"), "{message}");
    assert!(message.contains("beside"), "{message}");
}
