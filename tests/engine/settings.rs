//! Other settings and other nets: what they do to the frame on screen and to identities.

use super::*;

#[test]
fn other_settings_are_applied_to_the_frame_on_screen() {
    let mut watched = Watched::playing(3);
    let smoothed = watched.update_of(2);
    assert!(smoothed.result.people[0].smoothed.is_some());
    let mut params = PipelineParams::default();
    params.tracker.smoothing = false;
    watched.engine.send(EngineCommand::SetParams(params));
    let raw = watched.update_of(2);
    assert!(raw.result.people[0].smoothed.is_none());
    let nobody = PipelineParams {
        max_people: 0,
        ..PipelineParams::default()
    };
    watched.engine.send(EngineCommand::SetParams(nobody));
    assert!(watched.update_of(2).result.people.is_empty());
}

#[test]
fn other_settings_are_applied_to_the_picture_of_a_paused_camera() {
    let (tick, ticks) = bounded(10);
    let mut watched = Watched::start(loader(ColorDetector::default()), cameras::camera_of(ticks));
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Camera(0)));
    tick.send(()).unwrap();
    let before = watched.update_of(0);
    let mut params = PipelineParams::default();
    params.tracker.smoothing = false;
    watched.engine.send(EngineCommand::SetParams(params));
    let after = watched.update_of(0);
    assert!(after.result.people[0].smoothed.is_none());
    assert_eq!(after.result.people[0].id, before.result.people[0].id);
    tick.send(()).unwrap();
    let next = watched.update_of(1);
    assert_eq!(next.result.people[0].id, before.result.people[0].id);
}

#[test]
fn other_settings_leave_everyone_their_identity_in_the_frames_before() {
    let mut watched = Watched::playing(6);
    let last = watched.update_of(5);
    let mut params = PipelineParams::default();
    params.tracker.smoothing = false;
    watched.engine.send(EngineCommand::SetParams(params));
    watched.update_of(5);
    watched.engine.send(EngineCommand::StepBackward);
    let before = watched.update_of(4);
    assert_eq!(before.result.people[0].id, last.result.people[0].id);
    assert!(before.result.people[0].smoothed.is_none());
}

#[test]
fn other_settings_and_jumps_among_known_frames_leave_everyone_their_identity() {
    let mut watched = Watched::start(loader(ColorDetector::default()), recordings(60, 100));
    watched
        .engine
        .send(EngineCommand::Open(SourceSpec::Synthetic));
    watched.engine.send(EngineCommand::SetPaused(true));
    watched.engine.send(EngineCommand::Seek(Duration::ZERO));
    let first = watched.update_of(0);
    let step_to = |watched: &mut Watched, index: u64| {
        watched.engine.send(EngineCommand::StepForward);
        watched.update_of(index)
    };
    for index in 1..=50 {
        step_to(&mut watched, index);
    }
    let mut params = PipelineParams::default();
    params.tracker.smoothing = false;
    watched.engine.send(EngineCommand::SetParams(params));
    watched.update_of(50);
    let go_to = |watched: &mut Watched, index: u64| {
        let time = Duration::from_millis(100 * index);
        watched.engine.send(EngineCommand::Seek(time));
        watched.update_of(index)
    };
    go_to(&mut watched, 45);
    step_to(&mut watched, 46);
    go_to(&mut watched, 0);
    go_to(&mut watched, 45);
    step_to(&mut watched, 46);
    let last = step_to(&mut watched, 47);
    assert_eq!(last.result.people[0].id, first.result.people[0].id);
}

#[test]
fn where_nobody_is_known_everyone_is_shown_again() {
    let mut watched = Watched::playing(100);
    let first = watched.next_update();
    watched.engine.send(EngineCommand::SetPaused(true));
    let only = PipelineParams {
        selection: Selection::Only(first.result.people[0].id),
        ..PipelineParams::default()
    };
    watched.engine.send(EngineCommand::SetParams(only));
    watched
        .engine
        .send(EngineCommand::Seek(Duration::from_millis(900)));
    let there = watched.update_of(90);
    assert_eq!(there.result.people.len(), 1);
    assert_ne!(there.result.people[0].id, first.result.people[0].id);
    watched.wait_for_event("the news", |event| {
        matches!(event, EngineEvent::PersonForgotten { .. })
    });
}

#[test]
fn another_pose_net_is_asked_about_the_frame_on_screen_and_identities_go_on() {
    let mut watched = Watched::playing(3);
    let before = watched.update_of(2);
    watched
        .engine
        .send(EngineCommand::SetPoseNet(named("corner")));
    let changed = watched.wait_for_event("the change", |event| {
        matches!(event, EngineEvent::PoseNetChanged { .. })
    });
    let EngineEvent::PoseNetChanged { backend, pose_net } = changed else {
        unreachable!("filtered above");
    };
    assert_eq!((backend.as_str(), pose_net), ("corner", named("corner")));
    let after = watched.update_of(2);
    assert_eq!(after.result.people[0].id, before.result.people[0].id);
    assert_ne!(after.result.people[0].pose, before.result.people[0].pose);
    // what is drawn, too
    assert_ne!(
        after.result.people[0].smoothed,
        before.result.people[0].smoothed
    );
}

#[test]
fn a_pose_net_that_does_not_load_leaves_the_one_before_in_use() {
    let mut watched = Watched::playing(3);
    let before = watched.update_of(2);
    watched
        .engine
        .send(EngineCommand::SetPoseNet(named("nothing")));
    let failed = watched.wait_for_event("the failure", |event| {
        matches!(event, EngineEvent::PoseNetFailed { .. })
    });
    let EngineEvent::PoseNetFailed { message, pose_net } = failed else {
        unreachable!("filtered above");
    };
    assert_eq!(
        (message.as_str(), pose_net),
        ("there is no nothing", named("colors"))
    );
    let after = watched.update_of(2);
    assert_eq!(after.result.people.len(), before.result.people.len());
}
