//! What the window looks like; `UPDATE_SNAPSHOTS=1` writes the pictures anew. Look at them then.

use poseglass::engine::{ExportEvent, ExportProgress};

use super::people::window_with_angles;
use super::*;

const SIZE: [f32; 2] = [960.0, 600.0];

#[test]
fn start_screen() {
    let mut window = Window::new(SMALL);
    window.tell_ready();
    window.tell(EngineEvent::CamerasFound {
        cameras: Ok(vec![CameraChoice {
            number: 0,
            name: "Integrated camera".to_owned(),
        }]),
    });
    window.harness.snapshot("start_screen");
}

#[test]
fn start_screen_after_an_error() {
    let mut window = Window::new(SMALL);
    window.tell_ready();
    window.tell(EngineEvent::CamerasFound {
        cameras: Ok(Vec::new()),
    });
    press_command(&mut window, Command::OpenCamera);
    window.tell(EngineEvent::SourceFailed {
        epoch: Epoch(1),
        message: "there is no camera: plug one in, or list them with `poseglass cameras`"
            .to_owned(),
    });
    window.harness.snapshot("start_screen_after_an_error");
}

#[test]
fn live() {
    let mut window = Window::new(SIZE);
    window.open_camera();
    window.harness.snapshot("live");
}

#[test]
fn recording_with_a_selected_person() {
    let mut window = Window::new(SIZE);
    window.open_recording();
    press_command(&mut window, Command::TogglePlay);
    press_command(&mut window, Command::SelectNextPerson);
    window.harness.snapshot("recording_with_a_selected_person");
}

#[test]
fn angles_of_the_selected_person() {
    let mut window = window_with_angles();
    window.harness.snapshot("angles_of_the_selected_person");
}

#[test]
fn settings_in_light_colors() {
    let mut window = Window::new(SIZE);
    window.open_recording();
    press_command(&mut window, Command::ToggleSettings);
    press_command(&mut window, Command::ToggleTheme);
    window.harness.snapshot("settings_in_light_colors");
}

#[test]
fn camera_lost() {
    let mut window = Window::new(SMALL);
    window.open_camera();
    window.tell(EngineEvent::Reconnecting {
        epoch: Epoch(1),
        message: "Plug it in again".to_owned(),
    });
    press_command(&mut window, Command::TogglePeople);
    window.harness.snapshot("camera_lost");
}

#[test]
fn help() {
    let mut window = Window::new(SIZE);
    press_command(&mut window, Command::ToggleHelp);
    window.harness.snapshot("help");
}

#[test]
fn start_screen_with_recent_files() {
    let mut window = Window::new(SMALL);
    window.tell_ready();
    for (epoch, name) in [(1, "squat.mp4"), (2, "walk.mp4"), (3, "walk-poses.jsonl")] {
        let spec = SourceSpec::Path(format!("/recordings/{name}").into());
        window.open(Epoch(epoch), spec, recording_info());
    }
    press_command(&mut window, Command::CloseSource);
    window.harness.snapshot("start_screen_with_recent_files");
}

#[test]
fn export_dialog() {
    let mut window = Window::new(SIZE);
    window.open_recording();
    press_command(&mut window, Command::Export);
    window.harness.snapshot("export_dialog");
}

#[test]
fn exporting() {
    let mut window = Window::new(SIZE);
    window.open_recording();
    press_command(&mut window, Command::Export);
    window.harness.get_by_label("Export").click();
    window.harness.run();
    window.tell(EngineEvent::Export(ExportEvent::Progressed(
        ExportProgress {
            n_done: 120,
            n_frames: Some(480),
            share: Some(0.25),
            left: Some(Duration::from_secs(75)),
        },
    )));
    window.harness.snapshot("exporting");
}
