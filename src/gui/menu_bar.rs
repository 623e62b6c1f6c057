//! The bar at the top: menus, what is open, and what is shown beside the picture.

use eframe::egui::{self, Button, RichText};

use crate::source::SourceSpec;

use super::action::Action;
use super::command::{Command, Menu};
use super::options::SidePanel;
use super::state::GuiState;
use super::theme;

/// Draws the bar.
pub fn menu_bar_ui(ui: &mut egui::Ui, state: &GuiState, out: &mut Vec<Action>) {
    egui::MenuBar::new().ui(ui, |ui| {
        for menu in Menu::ALL {
            ui.menu_button(menu.text(), |ui| {
                ui.set_min_width(220.0);
                for command in menu.commands() {
                    item_ui(ui, state, command, out);
                }
            });
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            for (command, is_on) in [
                (Command::ToggleHelp, state.shows_help),
                (
                    Command::ToggleSettings,
                    state.side_panel == Some(SidePanel::Settings),
                ),
                (
                    Command::TogglePeople,
                    state.side_panel == Some(SidePanel::People),
                ),
            ] {
                let text = if command == Command::ToggleHelp {
                    "Help"
                } else {
                    command.text()
                };
                let button = ui.add(Button::selectable(is_on, text));
                let hint = format!("{} ({})", command.tooltip(), keys_text(ui.ctx(), command));
                if button.on_hover_text(hint).clicked() {
                    out.push(Action::Run(command));
                }
            }
            ui.add_space(8.0);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add_space(12.0);
                let title = title(state);
                let text = RichText::new(title).color(theme::colors(ui).weak);
                ui.add(egui::Label::new(text).truncate());
            });
        });
    });
}

/// What is open, as the bar and the window's frame say it.
pub fn title(state: &GuiState) -> String {
    if let Some(source) = &state.session.source {
        return short_name(&source.spec, &source.info.name);
    }
    match &state.session.opening {
        Some(spec) => format!("Opening {}…", short_name(spec, &spec.to_string())),
        None => String::new(),
    }
}

/// Of a path the last part; the name of anything else.
fn short_name(spec: &SourceSpec, name: &str) -> String {
    match spec {
        SourceSpec::Path(path) => path.file_name().map_or_else(
            || path.display().to_string(),
            |file_name| file_name.to_string_lossy().into_owned(),
        ),
        SourceSpec::Camera(_) | SourceSpec::Synthetic => name.to_owned(),
    }
}

fn item_ui(ui: &mut egui::Ui, state: &GuiState, command: Command, out: &mut Vec<Action>) {
    let text = match is_on(state, command) {
        Some(true) => format!("✔ {}", command.text()),
        Some(false) => format!("    {}", command.text()),
        None => command.text().to_owned(),
    };
    let button = Button::new(text).shortcut_text(keys_text(ui.ctx(), command));
    let response = ui.add_enabled(state.is_enabled(command), button);
    if response.on_hover_text(command.tooltip()).clicked() {
        out.push(Action::Run(command));
        ui.close();
    }
}

/// For commands that switch something: whether it is on.
pub fn is_on(state: &GuiState, command: Command) -> Option<bool> {
    let overlay = &state.overlay;
    match command {
        Command::ToggleSkeleton => Some(overlay.skeletons),
        Command::ToggleBoxes => Some(overlay.boxes),
        Command::ToggleIdentities => Some(overlay.identities),
        Command::ToggleConfidenceColors => Some(overlay.confidence_colors),
        Command::ToggleJointNames => Some(overlay.joint_names),
        Command::ToggleMirror => Some(overlay.mirror),
        Command::ToggleSmoothing => Some(state.params.tracker.smoothing),
        Command::ToggleTimings => Some(state.shows_timings),
        Command::TogglePeople => Some(state.side_panel == Some(SidePanel::People)),
        Command::ToggleSettings => Some(state.side_panel == Some(SidePanel::Settings)),
        Command::ToggleFullscreen => Some(state.fullscreen),
        Command::ToggleHelp => Some(state.shows_help),
        _ => None,
    }
}

/// The first key of a command as this system writes it: `Ctrl+O`.
pub fn keys_text(ctx: &egui::Context, command: Command) -> String {
    command
        .shortcuts()
        .first()
        .map(|shortcut| key_text(ctx, shortcut))
        .unwrap_or_default()
}

/// A key as this system writes it.
pub fn key_text(ctx: &egui::Context, shortcut: &egui::KeyboardShortcut) -> String {
    ctx.format_shortcut(shortcut)
}
