//! A recording of a camera holds every frame that it gave: those that the nets had no time for too, and none of a pause.

use super::camera_recordings::{Shown, read_back};
use super::cameras::camera_of;
use super::*;

#[test]
fn the_video_has_the_frames_too_for_which_the_nets_had_no_time() {
    let folder = tempfile::tempdir().unwrap();
    let (begun, has_begun) = bounded(20);
    let (go_on, may_go_on) = bounded(20);
    let detector = GatedDetector {
        begun,
        go_on: may_go_on,
    };
    // a frame is taken once the one before is out of the camera's hands
    let (tick, ticks) = bounded(0);
    go_on.send(()).unwrap();
    let wake = Arc::new(|| {});
    let mut shown = Shown::with_nets(loader(detector), camera_of(ticks), tick, wake);
    has_begun.recv_timeout(LIMIT).unwrap();
    shown.record_to(folder.path());
    shown.tick.send(()).unwrap();
    has_begun.recv_timeout(LIMIT).unwrap();
    // the nets are at work on the first frame of the recording; as many come meanwhile as may wait to be written
    for _ in 2..8 {
        shown.tick.send(()).unwrap();
    }
    for _ in 1..8 {
        go_on.send(()).unwrap();
    }
    shown.watched.update_of(7);
    shown.watched.engine.send(EngineCommand::StopRecording);
    let recorded = shown.finished();
    let extent = recorded.extent;
    assert_eq!((extent.n_frames, extent.n_left_out), (7, 0));
    let back = read_back(&recorded.results);
    let expected: Vec<Duration> = (0..7).map(Duration::from_millis).collect();
    assert_eq!(back.times, expected);
    // in each slot and in the hands of each thread on the way a frame may lie when the nets go on, never more
    let seen = back.seen;
    assert!(seen.len() <= 5, "the nets saw {seen:?}");
    assert_eq!((seen.first(), seen.last()), (Some(&0), Some(&6)));
}

#[test]
fn what_a_paused_camera_gives_is_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let (tick, ticks) = bounded(0);
    let detector = ColorDetector::default();
    let wake = Arc::new(|| {});
    let mut shown = Shown::with_nets(loader(detector), camera_of(ticks), tick, wake);
    shown.record_to(folder.path());
    shown.show(1..3);
    shown.watched.engine.send(EngineCommand::SetPaused(true));
    // the camera has let go of the first one of them when it takes the second one
    for _ in 3..5 {
        shown.tick.send(()).unwrap();
    }
    shown.watched.engine.send(EngineCommand::SetPaused(false));
    let tick = shown.tick.clone();
    shown
        .watched
        .wait_for("a frame after the pause", |watched| {
            // the thread that shows frames hears of the end of the pause between two of them
            tick.try_send(()).unwrap_or_default();
            let update = watched.engine.take_update()?;
            (5 <= update.result.frame.index).then_some(())
        });
    shown.watched.engine.send(EngineCommand::StopRecording);
    let recorded = shown.finished();
    let times = read_back(&recorded.results).times;
    let ms = Duration::from_millis;
    assert_eq!(times[..2], [ms(0), ms(1)]);
    assert!(!times.contains(&ms(2)), "{times:?}");
    assert!(Some(&ms(4)) <= times.last(), "{times:?}");
}
