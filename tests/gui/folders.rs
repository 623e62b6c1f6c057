//! Folders of pictures: which picture is shown, and how fast they follow each other.

use poseglass::gui::action::Action;
use poseglass::gui::recent_files::RecentFiles;
use poseglass::source::PictureNames;

use super::*;

const FOLDER: &str = "/recordings/frames";

fn each_for_a_second() -> SourceSpec {
    SourceSpec::Path(FOLDER.into())
}

fn at_rate(rate_hz: f64) -> SourceSpec {
    each_for_a_second().at_rate(rate_hz).unwrap()
}

fn info(rate_hz: Option<f64>) -> SourceInfo {
    SourceInfo {
        name: FOLDER.to_owned(),
        kind: SourceKind::Folder(PictureNames::Stems),
        fps_nominal: rate_hz,
        decoder: "image".to_owned(),
        ..recording_info()
    }
}

/// A folder whose settings are shown.
fn window_with_settings(spec: SourceSpec, rate_hz: Option<f64>) -> Window {
    let mut window = Window::new(LARGE);
    window.open(Epoch(1), spec, info(rate_hz));
    window.show(Epoch(1), two_people(Duration::ZERO));
    press_command(&mut window, Command::ToggleSettings);
    window.take_sent();
    window
}

fn has_opened(window: &mut Window, epoch: u32, rate_hz: Option<f64>) {
    window.tell(EngineEvent::SourceOpened {
        epoch: Epoch(epoch),
        info: info(rate_hz),
    });
}

fn opened(spec: &SourceSpec) -> String {
    format!("Open({spec:?})")
}

fn speed(window: &Window) -> Option<f64> {
    let source = window.harness.state().state.session.source.as_ref();
    source.map(|source| source.speed)
}

/// In the settings.
const ARE_FRAMES: &str = "They are the frames of a video";

#[test]
fn the_picture_that_is_shown_is_named() {
    let mut window = Window::new(LARGE);
    window.open(Epoch(1), each_for_a_second(), info(None));
    let mut result = two_people(Duration::from_secs(97));
    result.frame.file = Some("img_0098.jpg".into());
    window.show(Epoch(1), result);
    window.harness.get_by_label("frame 98");
    window.harness.get_by_label("img_0098.jpg");
    window.harness.get_by_label_contains("each for a second");
}

#[test]
fn pictures_become_the_frames_of_a_video_and_no_longer() {
    let mut window = window_with_settings(each_for_a_second(), None);
    window.harness.get_by_label(ARE_FRAMES).click();
    window.harness.run();
    assert_eq!(last_sent(&window), opened(&at_rate(30.0)));
    has_opened(&mut window, 2, Some(30.0));
    window.harness.get_by_label_contains("30 fps");
    window.take_sent();
    window.harness.get_by_label(ARE_FRAMES).click();
    window.harness.run();
    assert_eq!(last_sent(&window), opened(&each_for_a_second()));
}

#[test]
fn while_the_rate_is_dragged_nothing_is_opened() {
    let mut window = window_with_settings(at_rate(30.0), Some(30.0));
    let mut numbers = window.harness.get_all_by_role(egui::Role::SpinButton);
    let at = numbers.next().expect("the rate").rect().center();
    drop(numbers);
    window.harness.drag_at(at);
    for k in 1..=20 {
        window.harness.hover_at(at + egui::vec2(k as f32, 0.0));
    }
    window.harness.step();
    assert!(window.take_sent().is_empty());
    window.harness.drop_at(at + egui::vec2(20.0, 0.0));
    window.harness.run();
    let sent = window.take_sent();
    let [EngineCommand::Open(SourceSpec::Pictures { rate_hz, .. })] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    assert!(30.0 < *rate_hz, "{rate_hz}");
}

#[test]
fn a_folder_that_is_chosen_again_has_its_rate_again() {
    let mut window = window_with_settings(at_rate(25.0), Some(25.0));
    let choose = |window: &mut Window| {
        press_command(window, Command::OpenFolder);
        *window.dialog.answer.borrow_mut() = Some(Answer::Chosen(FOLDER.into()));
        window.harness.run();
        last_sent(window)
    };
    assert_eq!(choose(&mut window), opened(&at_rate(25.0)));
    has_opened(&mut window, 2, Some(25.0));
    window.handle(Action::SetPictureRate(None));
    assert_eq!(last_sent(&window), opened(&each_for_a_second()));
    has_opened(&mut window, 3, None);
    assert_eq!(choose(&mut window), opened(&each_for_a_second()));
}

#[test]
fn results_of_a_folder_say_themselves_how_fast_its_pictures_are() {
    let results = SourceSpec::Path("/recordings/frames-poses.jsonl".into());
    let mut window = window_with_settings(results, Some(25.0));
    assert!(window.harness.query_by_label(ARE_FRAMES).is_none());
    window.handle(Action::SetPictureRate(Some(50.0)));
    assert!(window.take_sent().is_empty());
}

#[test]
fn at_another_rate_the_picture_that_is_shown_stays() {
    let mut window = window_with_settings(each_for_a_second(), None);
    press_command(&mut window, Command::TogglePlay);
    window.handle(Action::SetPictureRate(Some(25.0)));
    window.take_sent();
    has_opened(&mut window, 2, Some(25.0));
    // the 98th picture
    let sent = format!("{:?}", window.take_sent());
    assert_eq!(sent, "[Seek(3.88s), SetPaused(true)]");
    assert_eq!(is_paused(&window), Some(true));
}

#[test]
fn a_folder_that_was_seen_to_its_end_begins_again_at_another_rate() {
    let mut window = window_with_settings(each_for_a_second(), None);
    window.tell(EngineEvent::SourceEnded {
        epoch: Epoch(1),
        last: Some(97),
    });
    window.handle(Action::SetPictureRate(Some(25.0)));
    window.take_sent();
    has_opened(&mut window, 2, Some(25.0));
    assert!(window.take_sent().is_empty());
    assert_eq!(is_paused(&window), Some(false));
}

#[test]
fn at_another_rate_speed_zoom_and_mirror_stay() {
    let mut window = window_with_settings(each_for_a_second(), None);
    for command in [Command::Faster, Command::ZoomIn, Command::ToggleMirror] {
        press_command(&mut window, command);
    }
    let viewpoint = window.harness.state().state.viewpoint;
    assert!(1.0 < viewpoint.zoom);
    window.handle(Action::SetPictureRate(Some(25.0)));
    window.take_sent();
    has_opened(&mut window, 2, Some(25.0));
    let sent = format!("{:?}", window.take_sent());
    assert_eq!(sent, "[SetSpeed(1.5), Seek(3.88s)]");
    assert_eq!(speed(&window), Some(1.5));
    let state = &window.harness.state().state;
    assert_eq!(state.viewpoint, viewpoint);
    assert!(state.overlay.mirror);
}

#[test]
fn a_folder_that_begins_again_at_another_rate_is_as_slow_as_before() {
    let mut window = window_with_settings(each_for_a_second(), None);
    press_command(&mut window, Command::Slower);
    window.tell(EngineEvent::SourceEnded {
        epoch: Epoch(1),
        last: Some(97),
    });
    window.handle(Action::SetPictureRate(Some(25.0)));
    window.take_sent();
    has_opened(&mut window, 2, Some(25.0));
    assert_eq!(last_sent(&window), "SetSpeed(0.5)");
    assert_eq!(speed(&window), Some(0.5));
    assert_eq!(is_paused(&window), Some(false));
}

#[test]
fn another_folder_is_shown_whole_and_at_its_own_speed() {
    let mut window = window_with_settings(each_for_a_second(), None);
    for command in [Command::Faster, Command::ZoomIn] {
        press_command(&mut window, command);
    }
    window.handle(Action::Open(SourceSpec::Path("/recordings/others".into())));
    window.take_sent();
    has_opened(&mut window, 2, None);
    assert!(window.take_sent().is_empty());
    assert_eq!(speed(&window), Some(1.0));
    assert_eq!(window.harness.state().state.viewpoint.zoom, 1.0);
}

#[test]
fn a_folder_that_the_command_line_names_without_a_rate_has_that_of_the_last_time() {
    let mut recent = RecentFiles::default();
    recent.note_opened(&at_rate(25.0));
    let options = StartOptions {
        source: Some(each_for_a_second()),
        recent,
        ..StartOptions::default()
    };
    let window = Window::with_options(LARGE, options);
    assert_eq!(last_sent(&window), opened(&at_rate(25.0)));
}
