//! Exports: the dialog, the line that says how far one is, and what is said in the end.

use std::path::PathBuf;

use poseglass::engine::{ExportEvent, ExportProgress, ExportRequest};
use poseglass::export::ExportFormat;
use poseglass::gui::export_choice::Output;
use poseglass::gui::file_dialog::Wanted;
use poseglass::whole_run::OutputPaths;

use super::*;

/// The smallest that the window can be.
const SMALLEST: [f32; 2] = [640.0, 480.0];

fn click(window: &mut Window, label: &str) {
    window.harness.get_by_label(label).click();
    window.harness.run();
}

fn shows_dialog(window: &Window) -> bool {
    window.harness.query_by_label("Export files").is_some()
}

fn is_enabled(window: &Window) -> bool {
    window.harness.state().state.is_enabled(Command::Export)
}

/// A recording with the dialog above it.
fn window_with_dialog(size: [f32; 2]) -> Window {
    let mut window = Window::new(size);
    window.open_recording();
    window.take_sent();
    press_command(&mut window, Command::Export);
    assert!(shows_dialog(&window));
    window
}

/// The annotated video of a recording is being exported.
fn exporting_window() -> Window {
    let mut window = window_with_dialog(LARGE);
    click(&mut window, "Export");
    window.take_sent();
    window
}

fn tell(window: &mut Window, event: ExportEvent) {
    window.tell(EngineEvent::Export(event));
}

#[test]
fn what_is_chosen_is_exported_and_playing_pauses() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    window.take_sent();
    click_in_menu(&mut window, Command::Export);
    // nothing at all
    click(&mut window, "Annotated video");
    click(&mut window, "Export");
    assert!(window.take_sent().is_empty());
    assert!(shows_dialog(&window));

    click(&mut window, "Table of joints (csv)");
    click(&mut window, "Markers (trc)");
    click(&mut window, "Export");
    assert!(!shows_dialog(&window));
    let sent = window.take_sent();
    let [
        EngineCommand::SetPaused(true),
        EngineCommand::Export(request),
    ] = sent.as_slice()
    else {
        panic!("{sent:?}");
    };
    let expected = ExportRequest {
        spec: recording_spec(),
        pose_net: Some(fast()),
        params: window.harness.state().state.params.clone(),
        outputs: OutputPaths {
            exports: [ExportFormat::Csv, ExportFormat::Trc]
                .into_iter()
                .zip(files(&["stretching-poses.csv", "stretching-poses.trc"]))
                .collect(),
            video: None,
        },
    };
    assert_eq!(**request, expected);
    assert_eq!(is_paused(&window), Some(true));
}

#[test]
fn what_was_chosen_last_is_offered_again() {
    let mut window = window_with_dialog(LARGE);
    window.harness.get_by_label("Files go to /recordings");
    click(&mut window, "Choose folder…");
    assert_eq!(*window.dialog.wanted.borrow(), Some(Wanted::ExportFolder));
    *window.dialog.answer.borrow_mut() = Some(Answer::Chosen("/elsewhere".into()));
    window.harness.run();
    window.harness.get_by_label("Files go to /elsewhere");
    click(&mut window, "Results (jsonl)");
    click(&mut window, "Export");
    let sent = format!("{:?}", window.take_sent());
    for path in [
        "/elsewhere/stretching-poses.jsonl",
        "/elsewhere/stretching-poses.mp4",
    ] {
        assert!(sent.contains(path), "{sent}");
    }
    assert!(!sent.contains("Open"), "{sent}");
    tell(&mut window, ExportEvent::Canceled);

    // another recording later
    window.open(Epoch(2), recording_spec(), recording_info());
    assert!(!shows_dialog(&window));
    press_command(&mut window, Command::Export);
    window.harness.get_by_label("Files go to /elsewhere");
    let choice = &window.harness.state().state.export.choice;
    assert!(choice.has(Output::Annotated));
    assert!(choice.has(Output::Results(ExportFormat::Jsonl)));
    click(&mut window, "Beside the recording");
    window.harness.get_by_label("Files go to /recordings");
}

#[test]
fn a_file_that_is_chosen_meanwhile_is_opened() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    press_command(&mut window, Command::OpenFile);
    press_command(&mut window, Command::Export);
    // one dialog at a time
    click(&mut window, "Choose folder…");
    assert_eq!(*window.dialog.n_opened.borrow(), 1);
    *window.dialog.answer.borrow_mut() = Some(Answer::Chosen("/recordings/other.mp4".into()));
    window.harness.run();
    assert!(last_sent(&window).contains("/recordings/other.mp4"));
    let state = &window.harness.state().state;
    assert_eq!(state.export.choice.folder, None);
}

#[test]
fn it_is_said_how_far_an_export_is_until_it_is_canceled() {
    let mut window = exporting_window();
    window.harness.get_by_label("Exporting: getting ready…");
    tell(
        &mut window,
        ExportEvent::Progressed(ExportProgress {
            n_done: 120,
            n_frames: Some(360),
            share: Some(1.0 / 3.0),
            left: Some(Duration::from_secs(74)),
        }),
    );
    window
        .harness
        .get_by_label("Exporting: 120 of 360 frames, 1:14 left");
    // one at a time
    assert!(!is_enabled(&window));
    press_command(&mut window, Command::Export);
    assert!(!shows_dialog(&window));

    click(&mut window, "Cancel");
    assert_eq!(format!("{:?}", window.take_sent()), "[CancelExport]");
    window.harness.get_by_label("Canceling the export…");
    click(&mut window, "Cancel");
    assert!(window.take_sent().is_empty());
    tell(&mut window, ExportEvent::Canceled);
    window
        .harness
        .get_by_label_contains("The export was canceled");
    assert!(window.harness.query_by_label("Cancel").is_none());
    assert!(is_enabled(&window));
}

fn files(names: &[&str]) -> Vec<PathBuf> {
    let folder = PathBuf::from("/recordings");
    names.iter().map(|name| folder.join(name)).collect()
}

#[test]
fn what_came_of_an_export_is_said() {
    for (event, expected) in [
        (
            ExportEvent::Finished {
                written: files(&["a.csv", "a.mp4"]),
            },
            "Exported 2 files to /recordings",
        ),
        (
            ExportEvent::Finished {
                written: files(&["a.mp4"]),
            },
            "Exported /recordings/a.mp4",
        ),
        (
            ExportEvent::Finished {
                written: files(&[]),
            },
            "Nothing was written: nobody was found who could be measured",
        ),
        (
            ExportEvent::Failed {
                message: "the disk is full".to_owned(),
                written: files(&[]),
            },
            "The export failed: the disk is full",
        ),
        (
            ExportEvent::Failed {
                message: "the recording breaks off".to_owned(),
                written: files(&["a.csv"]),
            },
            "The export broke off: the recording breaks off; what was done before is in /recordings",
        ),
    ] {
        let mut window = exporting_window();
        tell(&mut window, event);
        window.harness.get_by_label(expected);
        assert!(window.harness.query_by_label("Cancel").is_none());
        assert!(is_enabled(&window));
    }
}

#[test]
fn an_export_goes_on_while_something_else_is_opened() {
    let mut window = exporting_window();
    window.open(Epoch(2), SourceSpec::Camera(0), camera_info());
    window.harness.get_by_label("Exporting: getting ready…");
    let written = files(&["stretching-poses.mp4"]);
    tell(&mut window, ExportEvent::Finished { written });
    window
        .harness
        .get_by_label("Exported /recordings/stretching-poses.mp4");
}

#[test]
fn closing_gives_up_an_export_at_the_second_time_only() {
    let mut window = exporting_window();
    let stays = |window: &mut Window| {
        let viewport = window
            .harness
            .input_mut()
            .viewports
            .entry(egui::ViewportId::ROOT);
        viewport
            .or_default()
            .events
            .push(egui::ViewportEvent::Close);
        window.harness.step();
        window.harness.output().viewport_output[&egui::ViewportId::ROOT]
            .commands
            .contains(&egui::ViewportCommand::CancelClose)
    };
    assert!(stays(&mut window));
    window.harness.run();
    window
        .harness
        .get_by_label("An export is running: close the window once more to give it up");
    assert!(!stays(&mut window));
    assert!(!stays(&mut Window::new(LARGE)));
}

#[test]
fn cameras_cannot_be_exported() {
    let mut window = Window::new(LARGE);
    assert!(!is_enabled(&window));
    window.open_camera();
    assert!(!is_enabled(&window));
    press_command(&mut window, Command::Export);
    assert!(!shows_dialog(&window));
}

#[test]
fn the_dialog_fits_into_the_smallest_window_and_escape_closes_it() {
    let mut window = window_with_dialog(SMALLEST);
    let whole = egui::Rect::from_min_size(egui::Pos2::ZERO, SMALLEST.into());
    for label in ["Export files", "Annotated video", "Export", "Close"] {
        let rect = window.harness.get_by_label(label).rect();
        assert!(whole.contains_rect(rect), "{label}: {rect:?}");
    }
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!shows_dialog(&window));
    press_command(&mut window, Command::Export);
    click(&mut window, "Close");
    assert!(!shows_dialog(&window));
    assert!(window.take_sent().is_empty());
}

#[test]
fn the_dialog_says_whom_files_are_about_and_where_people_come_from() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    press_command(&mut window, Command::SelectNextPerson);
    press_command(&mut window, Command::OnlySelected);
    press_command(&mut window, Command::Export);
    window.harness.get_by_label_contains("Person 1 alone");
    window
        .harness
        .get_by_label_contains("this may be somebody else");
    click(&mut window, "Close");

    let results = SourceSpec::Path("/recordings/stretching-poses.jsonl".into());
    window.open(Epoch(2), results, recording_info());
    press_command(&mut window, Command::Export);
    window
        .harness
        .get_by_label_contains("the nets are not asked");
}
