//! What is kept from one start to the next, in a storage of the test: the user's own file is never touched.

use std::collections::BTreeMap;

use eframe::App as _;
use poseglass::engine::PoseNetSetting;
use poseglass::gui::options::OverlayOptions;
use poseglass::gui::settings::Settings;
use poseglass::pipeline::PipelineParams;
use poseglass::track::Selection;

use super::*;

#[derive(Default)]
struct MemoryStorage(BTreeMap<String, String>);

impl eframe::Storage for MemoryStorage {
    fn get_string(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    fn set_string(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }

    fn remove_string(&mut self, key: &str) {
        self.0.remove(key);
    }

    fn flush(&mut self) {}
}

impl MemoryStorage {
    /// As a window left it that showed these settings.
    fn with(settings: Settings) -> Self {
        let mut storage = Self::default();
        settings.write(&mut storage);
        storage
    }
}

/// A window that was started with options and what is kept.
fn start_with(storage: &MemoryStorage, options: StartOptions) -> Window {
    let mut window = Window::with_options(LARGE, options.with_kept(Some(storage)));
    window.harness.run();
    window.take_sent();
    window
}

fn start(storage: &MemoryStorage) -> Window {
    start_with(storage, StartOptions::default())
}

fn close(mut window: Window, storage: &mut MemoryStorage) {
    window.harness.state_mut().save(storage);
}

fn params(window: &Window) -> &PipelineParams {
    &window.harness.state().state.params
}

fn mirror(window: &Window) -> bool {
    window.harness.state().state.overlay.mirror
}

fn recent_paths(window: &Window) -> Vec<&str> {
    let recent = &window.harness.state().state.recent;
    recent.files().iter().map(|it| it.path.as_str()).collect()
}

/// A storage in which a recording was opened.
fn with_a_recording() -> MemoryStorage {
    let mut storage = MemoryStorage::default();
    let mut window = start(&storage);
    window.open_recording();
    close(window, &mut storage);
    storage
}

#[test]
fn everything_is_as_it_was_left() {
    let mut storage = MemoryStorage::default();
    let mut window = start(&storage);
    for command in [
        Command::ToggleSkeleton,
        Command::ToggleSmoothing,
        Command::ToggleTimings,
        Command::ToggleTheme,
        Command::ToggleSettings,
    ] {
        press_command(&mut window, command);
    }
    close(window, &mut storage);
    let window = start(&storage);
    let state = &window.harness.state().state;
    assert!(!state.overlay.skeletons && state.overlay.boxes);
    assert!(!state.params.tracker.smoothing && state.params.tracker.reidentification);
    assert!(!state.shows_timings);
    assert_eq!(state.side_panel, Some(SidePanel::Settings));
    assert_eq!(window.harness.ctx.theme(), egui::Theme::Light);
}

#[test]
fn the_command_line_wins_for_one_start() {
    let kept = Settings {
        smoothing: false,
        detect_every: 30,
        ..Settings::default()
    };
    for kept in [kept, Settings::default()] {
        let mut storage = MemoryStorage::with(kept.clone());
        let typed = StartOptions {
            params: PipelineParams {
                detect_every: 3,
                ..PipelineParams::default()
            },
            typed: ["detect_every", "smoothing"].into(),
            ..StartOptions::default()
        };
        let window = start_with(&storage, typed);
        assert_eq!(params(&window).detect_every, 3);
        assert!(params(&window).tracker.smoothing);
        close(window, &mut storage);
        let window = start(&storage);
        assert_eq!(*params(&window), kept.params());
    }
}

#[test]
fn what_was_typed_is_kept_once_it_is_changed_in_the_window() {
    let mut storage = MemoryStorage::default();
    let options = StartOptions {
        typed: ["smoothing"].into(),
        ..StartOptions::default()
    };
    let mut window = start_with(&storage, options);
    press_command(&mut window, Command::ToggleSmoothing);
    close(window, &mut storage);
    let window = start(&storage);
    assert!(!params(&window).tracker.smoothing);
}

#[test]
fn a_chosen_pose_net_is_loaded_the_next_time_unless_another_one_is_typed() {
    let mut storage = MemoryStorage::default();
    let mut window = start(&storage);
    window.tell_ready();
    press_command(&mut window, Command::ToggleSettings);
    window.harness.get_by_label("Look in a mirror too").click();
    window.harness.run();
    close(window, &mut storage);
    let loaded = |model: &str, typed: &[&'static str]| {
        let pose_net = PoseNetSetting {
            model: model.to_owned(),
            flip_test: false,
        };
        let options = StartOptions {
            pose_net: Some(pose_net),
            typed: typed.iter().copied().collect(),
            ..StartOptions::default()
        };
        options.with_kept(Some(&storage)).pose_net.unwrap()
    };
    // which net it is was nobody's choice, so that of the program is taken
    let next = loaded("accurate", &[]);
    assert_eq!((next.model.as_str(), next.flip_test), ("accurate", true));
    assert_eq!(loaded("fast", &["flip_test"]), fast());
}

#[test]
fn a_mirror_is_kept_for_cameras_and_for_no_recording() {
    let mut storage = MemoryStorage::default();
    let mut window = start(&storage);
    window.open_camera();
    press_command(&mut window, Command::ToggleMirror);
    window.open(Epoch(2), recording_spec(), recording_info());
    assert!(!mirror(&window));
    close(window, &mut storage);

    let mut window = start(&storage);
    window.open_recording();
    assert!(!mirror(&window));
    window.open(Epoch(2), SourceSpec::Camera(0), camera_info());
    assert!(mirror(&window));
    press_command(&mut window, Command::ToggleMirror);
    window.open(Epoch(3), recording_spec(), recording_info());
    press_command(&mut window, Command::ToggleMirror);
    assert!(mirror(&window));
    close(window, &mut storage);

    let mut window = start(&storage);
    window.open_camera();
    assert!(!mirror(&window));
}

#[test]
fn one_person_is_not_kept() {
    let mut storage = MemoryStorage::with(Settings {
        selection: "largest:2".to_owned(),
        ..Settings::default()
    });
    let mut window = start(&storage);
    window.open_recording();
    press_command(&mut window, Command::SelectNextPerson);
    press_command(&mut window, Command::OnlySelected);
    close(window, &mut storage);
    let options = StartOptions {
        params: PipelineParams {
            selection: Selection::Only(TrackId(3)),
            ..PipelineParams::default()
        },
        typed: ["selection"].into(),
        ..StartOptions::default()
    };
    let mut window = start_with(&storage, options);
    window.open_recording();
    assert_eq!(params(&window).selection, Selection::Only(TrackId(3)));
    // nobody asked for everyone
    press_command(&mut window, Command::CloseSource);
    assert_eq!(params(&window).selection, Selection::Everyone);
    close(window, &mut storage);
    let window = start(&storage);
    assert_eq!(params(&window).selection, Selection::Largest(2));
}

#[test]
fn resetting_leaves_nothing_of_what_was_kept_or_typed() {
    let mut storage = MemoryStorage::with(Settings {
        dark: false,
        overlay: OverlayOptions {
            skeletons: false,
            mirror: true,
            ..OverlayOptions::default()
        },
        timings: false,
        smoothing: false,
        max_people: 7,
        pose_net: Some("fast".to_owned()),
        ..Settings::default()
    });
    // as many as are followed by default
    let options = StartOptions {
        typed: ["max_people"].into(),
        ..StartOptions::default()
    };
    let mut window = start_with(&storage, options);
    window.tell_ready();
    press_command(&mut window, Command::ToggleSettings);
    let button = window.harness.get_by_label("Reset to defaults");
    // it may be further down than the window shows
    button.click_accesskit();
    window.harness.run();
    let sent = format!("{:?}", window.take_sent());
    assert!(sent.contains("smoothing: true"), "{sent}");
    assert!(sent.contains(r#"model: "accurate""#), "{sent}");
    assert_eq!(window.harness.ctx.theme(), egui::Theme::Dark);
    let state = &window.harness.state().state;
    assert_eq!(state.overlay, OverlayOptions::default());
    assert_eq!(state.params, PipelineParams::default());
    assert!(state.shows_timings);
    press_command(&mut window, Command::ToggleSettings);
    close(window, &mut storage);
    assert_eq!(Settings::read(&storage), Settings::default());
}

#[test]
fn whatever_stands_in_the_file_the_window_opens() {
    for broken in [
        "",
        "{",
        "7",
        r#"{"version":1,"content":7}"#,
        r#"{"version":1,"content":[{"path":7}]}"#,
        r#"{"version":1,"content":{"boxes":"x","detect_every":[],"unknown":{}}}"#,
        r#"{"version":99,"content":{"boxes":false}}"#,
    ] {
        let mut storage = MemoryStorage::default();
        for key in ["settings", "recent files"] {
            eframe::Storage::set_string(&mut storage, key, broken.to_owned());
        }
        let window = start(&storage);
        let state = &window.harness.state().state;
        assert_eq!(state.overlay, OverlayOptions::default(), "{broken}");
        assert_eq!(state.params, PipelineParams::default(), "{broken}");
        assert!(state.recent.files().is_empty(), "{broken}");
    }
}

#[test]
fn what_was_opened_is_offered_at_the_next_start_and_opens_again() {
    let mut window = start(&with_a_recording());
    window.harness.get_by_label("stretching.mp4").click();
    window.harness.run();
    assert_eq!(
        last_sent(&window),
        r#"Open(Path("/recordings/stretching.mp4"))"#
    );
}

#[test]
fn forgetting_empties_the_list_for_good() {
    let mut storage = with_a_recording();
    let mut window = start(&storage);
    window.harness.get_by_label("Forget these").click();
    window.harness.run();
    let is_shown = |window: &Window, label: &str| window.harness.query_by_label(label).is_some();
    assert!(!is_shown(&window, "stretching.mp4") && !is_shown(&window, "Forget these"));
    close(window, &mut storage);
    let window = start(&storage);
    assert!(!is_shown(&window, "stretching.mp4"));
    assert!(recent_paths(&window).is_empty());
}

#[test]
fn only_files_that_opened_are_offered_and_the_newest_first() {
    let mut window = start(&MemoryStorage::default());
    let path = |path: &str| SourceSpec::Path(path.into());
    window.open(Epoch(1), path("/a.mp4"), recording_info());
    window.open(Epoch(2), path("/folder"), recording_info());
    window.open(Epoch(3), SourceSpec::Camera(0), camera_info());
    window.open(Epoch(4), path("/a.mp4"), recording_info());
    press_command(&mut window, Command::CloseSource);
    *window.dialog.answer.borrow_mut() = Some(Answer::Chosen("/gone.mp4".into()));
    window.harness.run();
    window.tell(EngineEvent::SourceFailed {
        epoch: Epoch(5),
        message: "there is no file /gone.mp4".to_owned(),
    });
    assert_eq!(recent_paths(&window), ["/a.mp4", "/folder"]);
}

#[test]
fn a_listed_file_that_does_not_open_is_marked_until_it_does() {
    let mut window = start(&with_a_recording());
    let failed = |window: &Window| window.harness.state().state.recent.files()[0].failed;
    assert!(!failed(&window));
    window.harness.get_by_label("stretching.mp4").click();
    window.harness.run();
    window.tell(EngineEvent::SourceFailed {
        epoch: Epoch(1),
        message: "there is no such file".to_owned(),
    });
    assert!(failed(&window));
    window.harness.get_by_label("stretching.mp4").click();
    window.harness.run();
    window.tell(EngineEvent::SourceOpened {
        epoch: Epoch(2),
        info: recording_info(),
    });
    assert!(!failed(&window));
}

#[test]
fn the_start_screen_scrolls_in_the_smallest_window() {
    let mut storage = MemoryStorage::default();
    let mut window = start(&storage);
    for k in 0..8 {
        let spec = SourceSpec::Path(format!("/recordings/{k}.mp4").into());
        window.open(Epoch(k + 1), spec, recording_info());
    }
    close(window, &mut storage);
    let options = StartOptions::default().with_kept(Some(&storage));
    let mut window = Window::with_options([640.0, 480.0], options);
    window.harness.run();
    let is_inside = |window: &Window, label: &str| {
        let rect = window.harness.get_by_label(label).rect();
        0.0 < rect.min.y && rect.max.y < 480.0 && 0.0 <= rect.min.x && rect.max.x <= 640.0
    };
    assert!(is_inside(&window, "7.mp4"));
    let last = Command::OpenTestScene.text();
    assert!(!is_inside(&window, last));
    window.harness.get_by_label(last).scroll_to_me();
    window.harness.run();
    assert!(is_inside(&window, last));
    window.harness.get_by_label(last).click();
    window.harness.run();
    assert_eq!(last_sent(&window), "Open(Synthetic)");
}
