//! The bar at the top: menus, what is open, and what is shown beside the picture.

use std::path::Path;

use eframe::egui::{self, Button, Key, KeyboardShortcut, RichText, vec2};

use crate::source::SourceSpec;

use super::action::Action;
use super::command::{Command, Menu};
use super::icons::check_mark;
use super::state::GuiState;
use super::theme;

/// Draws the bar.
pub fn menu_bar_ui(ui: &mut egui::Ui, state: &GuiState, out: &mut Vec<Action>) {
    egui::MenuBar::new().ui(ui, |ui| {
        for menu in Menu::ALL {
            ui.menu_button(menu.text(), |ui| {
                ui.set_min_width(250.0);
                // room for the check marks
                ui.spacing_mut().button_padding = vec2(24.0, 4.0);
                for command in menu.commands() {
                    item_ui(ui, state, command, out);
                }
            });
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.spacing_mut().button_padding = vec2(9.0, 3.0);
            ui.spacing_mut().item_spacing.x = 4.0;
            for command in [
                Command::ToggleHelp,
                Command::ToggleSettings,
                Command::TogglePeople,
            ] {
                let text = if command == Command::ToggleHelp {
                    "Help"
                } else {
                    command.text()
                };
                let is_on = state.is_on(command).unwrap_or_default();
                let button = Button::selectable(is_on, text);
                let why_disabled = state.why_disabled(command);
                let button = ui.add_enabled(why_disabled.is_none(), button);
                let button = button.on_disabled_hover_text(why_disabled.unwrap_or_default());
                if button.on_hover_text(hint(ui.ctx(), command)).clicked() {
                    out.push(Action::Run(command));
                }
            }
            ui.add_space(8.0);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add_space(12.0);
                let title = title(state);
                let text = RichText::new(title).color(theme::colors(ui).weak);
                let label = ui.add(egui::Label::new(text).truncate());
                if let Some(path) = open_path(state) {
                    label.on_hover_text(path.display().to_string());
                }
            });
        });
    });
}

/// What is open, as the bar and the window's frame say it.
pub fn title(state: &GuiState) -> String {
    let session = &state.session;
    match (&session.opening, &session.source) {
        (Some(spec), _) => format!("Opening {}…", short_name(spec, &spec.to_string())),
        (None, Some(source)) => short_name(&source.spec, &source.info.name),
        (None, None) => String::new(),
    }
}

/// Where what is open lies, or what is being opened.
fn open_path(state: &GuiState) -> Option<&Path> {
    let session = &state.session;
    let source = session.source.as_ref().map(|source| &source.spec);
    session.opening.as_ref().or(source)?.path()
}

/// Of a path the last part; the name of anything else.
pub fn short_name(spec: &SourceSpec, name: &str) -> String {
    match spec {
        SourceSpec::Path(path) | SourceSpec::Pictures { folder: path, .. } => {
            path.file_name().map_or_else(
                || path.display().to_string(),
                |file_name| file_name.to_string_lossy().into_owned(),
            )
        }
        SourceSpec::Camera(_) => name.to_owned(),
        SourceSpec::Synthetic => "Test scene".to_owned(),
    }
}

fn item_ui(ui: &mut egui::Ui, state: &GuiState, command: Command, out: &mut Vec<Action>) {
    let key = keys_text(ui.ctx(), command);
    let button = Button::new(command.text()).shortcut_text(key.clone());
    let why_disabled = state.why_disabled(command);
    let is_enabled = why_disabled.is_none();
    let response = ui.add_enabled(is_enabled, button);
    let on = state.is_on(command);
    if let Some(on) = on {
        response.widget_info(|| {
            let label = format!("{} {key}", command.text());
            egui::WidgetInfo::selected(egui::Role::Button, is_enabled, on, label)
        });
    }
    if on == Some(true) {
        let at = response.rect.left_center() + vec2(12.0, 0.0);
        check_mark(ui, at, theme::colors(ui).accent);
    }
    let response = response.on_disabled_hover_text(why_disabled.unwrap_or_default());
    if response.on_hover_text(command.tooltip()).clicked() {
        out.push(Action::Run(command));
        ui.close();
    }
}

/// What a button of a command says where the pointer rests on it: one sentence more, and the key.
pub fn hint(ctx: &egui::Context, command: Command) -> String {
    format!("{} ({})", command.tooltip(), keys_text(ctx, command))
}

/// The first key of a command as this system writes it: `Ctrl+O`.
pub fn keys_text(ctx: &egui::Context, command: Command) -> String {
    command
        .shortcuts()
        .first()
        .map(|shortcut| key_text(ctx, *shortcut))
        .unwrap_or_default()
}

/// A key as this system writes it, signs as what is printed on the key.
pub fn key_text(ctx: &egui::Context, shortcut: KeyboardShortcut) -> String {
    let sign = match shortcut.logical_key {
        Key::Comma => ",",
        Key::Period => ".",
        Key::Plus => "+",
        Key::Minus => "-",
        Key::Equals => "=",
        Key::Questionmark => "?",
        Key::OpenBracket => "[",
        Key::CloseBracket => "]",
        _ => return ctx.format_shortcut(&shortcut),
    };
    sign.to_owned()
}
