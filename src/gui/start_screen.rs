//! What is seen before anything is open: the ways to begin.

use std::path::Path;

use eframe::egui::{self, Button, RichText, Stroke, TextEdit, vec2};

use crate::source::SourceSpec;

use super::action::Action;
use super::command::Command;
use super::menu_bar::{hint, keys_text};
use super::recent_files::{RecentFile, RecentFiles};
use super::state::{Cameras, GuiState};
use super::theme;

/// Draws the start screen; `typed` is what stands in the path field.
pub fn start_screen_ui(
    ui: &mut egui::Ui,
    state: &GuiState,
    typed: &mut String,
    out: &mut Vec<Action>,
) {
    egui::ScrollArea::vertical().show(ui, |ui| {
        let width = 520.0_f32.min(ui.available_width() - 32.0);
        let side = 0.5 * (ui.available_width() - width);
        let height = if state.session.failure.is_some() {
            510.0
        } else {
            440.0
        };
        let height = height + recent_files_height(&state.recent);
        let above = (0.5 * (ui.available_height() - height)).max(8.0);
        ui.add_space(above);
        ui.horizontal(|ui| {
            ui.add_space(side);
            ui.vertical(|ui| {
                ui.set_width(width);
                let colors = theme::colors(ui);
                ui.label(RichText::new("poseglass").size(30.0).color(colors.strong));
                let text = "Follow people's poses in live and recorded video";
                ui.label(RichText::new(text).color(colors.weak));
                ui.add_space(14.0);
                if let Some(failure) = &state.session.failure {
                    failure_ui(ui, failure);
                }
                file_ui(ui, state.can_drop, typed, out);
                ui.add_space(10.0);
                recent_files_ui(ui, &state.recent, out);
                cameras_ui(ui, &state.cameras, out);
                ui.add_space(10.0);
                test_scene_ui(ui, out);
                ui.add_space(14.0);
                let key = keys_text(ui.ctx(), Command::ToggleHelp);
                let text = RichText::new(format!("{key} shows all keys"));
                ui.label(text.color(colors.weak));
            });
        });
    });
}

/// A card over the whole width.
fn card_ui(ui: &mut egui::Ui, title: &str, add_contents: impl FnOnce(&mut egui::Ui)) {
    let colors = theme::colors(ui);
    let frame = theme::card(colors)
        .fill(colors.panel)
        .stroke(Stroke::new(1.0, colors.line));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(RichText::new(title).color(colors.strong).strong());
        ui.add_space(2.0);
        add_contents(ui);
    });
}

fn failure_ui(ui: &mut egui::Ui, failure: &str) {
    let colors = theme::colors(ui);
    let frame = theme::card(colors)
        .fill(colors.panel)
        .stroke(Stroke::new(1.0, colors.error));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(
            RichText::new("This could not be opened")
                .color(colors.error)
                .strong(),
        );
        ui.add(egui::Label::new(RichText::new(sentence(failure)).color(colors.text)).wrap());
    });
    ui.add_space(10.0);
}

/// Error texts begin small, as they often stand after a colon.
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        // a path or a name in front keeps its case
        Some(first)
            if text
                .split(' ')
                .next()
                .is_some_and(|word| !word.contains(['/', '.', '\\'])) =>
        {
            first.to_uppercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

fn file_ui(ui: &mut egui::Ui, can_drop: bool, typed: &mut String, out: &mut Vec<Action>) {
    card_ui(ui, "A video, pictures or earlier results", |ui| {
        let colors = theme::colors(ui);
        ui.horizontal(|ui| {
            let buttons = [
                (
                    Command::OpenFile,
                    primary_button(ui, Command::OpenFile.text()),
                ),
                (Command::OpenFolder, ui.button(Command::OpenFolder.text())),
            ];
            for (command, button) in buttons {
                if button.on_hover_text(hint(ui.ctx(), command)).clicked() {
                    out.push(Action::Run(command));
                }
            }
            if can_drop {
                ui.label(RichText::new("or drop it anywhere on this window").color(colors.weak));
            }
        });
        ui.add_space(2.0);
        let height = ui.spacing().interact_size.y;
        let row = egui::Layout::right_to_left(egui::Align::Center);
        ui.allocate_ui_with_layout(vec2(ui.available_width(), height), row, |ui| {
            let is_filled = !typed.trim().is_empty();
            let clicked = ui
                .add_enabled(is_filled, Button::new("Open"))
                .on_disabled_hover_text("Type a path first")
                .clicked();
            let field = TextEdit::singleline(typed)
                .hint_text("or type its path, such as ~/videos/walk.mp4")
                .margin(vec2(8.0, 5.0))
                .desired_width(ui.available_width());
            let field = ui.add(field);
            let entered =
                field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            if is_filled && (clicked || entered) {
                out.push(Action::OpenTyped(typed.clone()));
            }
        });
    });
}

/// Height of a row of the list of recent files, and the room below it.
const RECENT_ROW: [f32; 2] = [22.0, 2.0];

/// What the list of recent files takes, about, so that all of it is in the middle.
fn recent_files_height(recent: &RecentFiles) -> f32 {
    match recent.files().len() {
        0 => 0.0,
        n_files => 76.0 + RECENT_ROW.iter().sum::<f32>() * n_files as f32,
    }
}

/// What was opened before; nothing where nothing was.
fn recent_files_ui(ui: &mut egui::Ui, recent: &RecentFiles, out: &mut Vec<Action>) {
    if recent.files().is_empty() {
        return;
    }
    card_ui(ui, "Opened before", |ui| {
        let [height, below] = RECENT_ROW;
        ui.spacing_mut().interact_size.y = height;
        ui.spacing_mut().item_spacing.y = below;
        ui.spacing_mut().button_padding.y = 2.0;
        for file in recent.files() {
            recent_file_ui(ui, file, out);
        }
        ui.add_space(4.0);
        let hint = "Empties this list; the files stay where they are";
        let text = RichText::new("Forget these").color(theme::colors(ui).weak);
        let button = ui.add(Button::new(text).frame(false));
        if button.on_hover_text(hint).clicked() {
            out.push(Action::ForgetRecentFiles);
        }
    });
    ui.add_space(10.0);
}

/// A button with the name, and the folder beside it.
fn recent_file_ui(ui: &mut egui::Ui, file: &RecentFile, out: &mut Vec<Action>) {
    let colors = theme::colors(ui);
    let path = Path::new(&file.path);
    let name = path.file_name().unwrap_or(path.as_os_str());
    let mut name = RichText::new(name.to_string_lossy());
    let mut hint = format!("Open {}", file.path);
    if let Some(rate_hz) = file.rate_hz {
        let rate = (1000.0 * rate_hz).round() / 1000.0;
        hint += &format!(", {rate} pictures in a second");
    }
    if file.failed {
        name = name.color(colors.weak);
        hint += "; it could not be opened the last time";
    }
    let folder = path.parent().unwrap_or(path).to_string_lossy();
    ui.horizontal(|ui| {
        // a long name leaves some room for the folder
        let most = 0.7 * ui.available_width();
        let button = ui.scope(|ui| {
            ui.set_max_width(most);
            ui.add(Button::new(name).truncate())
        });
        if button.inner.on_hover_text(hint).clicked() {
            out.push(Action::Open(file.spec()));
        }
        ui.add(egui::Label::new(RichText::new(folder).color(colors.weak)).truncate());
    });
}

fn cameras_ui(ui: &mut egui::Ui, cameras: &Cameras, out: &mut Vec<Action>) {
    card_ui(ui, "A camera", |ui| {
        let colors = theme::colors(ui);
        let say = |ui: &mut egui::Ui, text: &str| {
            ui.add(egui::Label::new(RichText::new(text).color(colors.weak)).wrap());
        };
        match cameras {
            Cameras::Looking => say(ui, "Looking for cameras…"),
            Cameras::Unknown(reason) => say(ui, &sentence(reason)),
            Cameras::Found(found) if found.is_empty() => {
                say(ui, "No camera was found. Plug one in and look again.");
            }
            Cameras::Found(found) => {
                ui.horizontal_wrapped(|ui| {
                    for camera in found {
                        let text = if camera.name.is_empty() {
                            format!("Camera {}", camera.number)
                        } else {
                            camera.name.clone()
                        };
                        let button = ui.add(Button::new(text).truncate());
                        let number = camera.number;
                        let hint = format!("Open it; the command line calls it camera:{number}");
                        if button.on_hover_text(hint).clicked() {
                            out.push(Action::Open(SourceSpec::Camera(number)));
                        }
                    }
                });
            }
        }
        if *cameras != Cameras::Looking && ui.button("Look again").clicked() {
            out.push(Action::FindCameras);
        }
    });
}

fn test_scene_ui(ui: &mut egui::Ui, out: &mut Vec<Action>) {
    card_ui(ui, "Neither at hand?", |ui| {
        ui.horizontal(|ui| {
            let command = Command::OpenTestScene;
            let button = ui.button(command.text());
            if button.on_hover_text(hint(ui.ctx(), command)).clicked() {
                out.push(Action::Run(command));
            }
            let text = RichText::new("drawn figures that move").color(theme::colors(ui).weak);
            ui.label(text);
        });
    });
}

/// The button that most people want.
fn primary_button(ui: &mut egui::Ui, text: &str) -> egui::Response {
    let colors = theme::colors(ui);
    ui.add(
        Button::new(RichText::new(text).color(colors.on_accent))
            .fill(colors.accent)
            .stroke(Stroke::NONE),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_begin_large_and_paths_stay() {
        assert_eq!(sentence("there is no file x"), "There is no file x");
        assert_eq!(sentence("walk.mp4 is damaged"), "walk.mp4 is damaged");
        assert_eq!(sentence(""), "");
    }
}
