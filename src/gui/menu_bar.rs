//! The bar at the top: menus, what is open, and what is shown beside the picture.

use eframe::egui::{self, Button, Key, KeyboardShortcut, RichText, vec2};

use crate::source::SourceSpec;

use super::action::Action;
use super::command::{Command, Menu};
use super::icons::check_mark;
use super::options::SidePanel;
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
                let is_on = is_on(state, command).unwrap_or_default();
                let button = Button::selectable(is_on, text);
                let button = ui.add_enabled(state.is_enabled(command), button);
                let hint = format!("{} ({})", command.tooltip(), keys_text(ui.ctx(), command));
                let button = button.on_disabled_hover_text(why_disabled(state, command));
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
    let session = &state.session;
    match (&session.opening, &session.source) {
        (Some(spec), _) => format!("Opening {}…", short_name(spec, &spec.to_string())),
        (None, Some(source)) => short_name(&source.spec, &source.info.name),
        (None, None) => String::new(),
    }
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
    let is_enabled = state.is_enabled(command);
    let response = ui.add_enabled(is_enabled, button);
    let on = is_on(state, command);
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
    let response = response.on_disabled_hover_text(why_disabled(state, command));
    if response.on_hover_text(command.tooltip()).clicked() {
        out.push(Action::Run(command));
        ui.close();
    }
}

/// What a command that is gray waits for.
const fn why_disabled(state: &GuiState, command: Command) -> &'static str {
    match command {
        Command::Export if state.export.running.is_some() => {
            "Wait until the export that runs is done, or cancel it"
        }
        Command::Export => "Open a recording first: a camera has no end",
        Command::Record if state.camera_recording.is_some() => {
            "The recording before is being completed"
        }
        Command::Record => "Open a camera first, and wait for its picture",
        Command::OnlySelected => "Select a person first, in the list or in the picture",
        Command::SelectNextPerson => "There is nobody in the picture",
        Command::SavePicture | Command::ZoomIn | Command::ZoomOut | Command::ZoomToFit => {
            "There is no picture yet"
        }
        Command::TogglePlay => "Open a video or a camera first",
        Command::StepBackward
        | Command::StepForward
        | Command::JumpBackward
        | Command::JumpForward
        | Command::GoToStart
        | Command::Slower
        | Command::Faster => "Open a recording that can be searched first",
        Command::GoToEnd => "Open a recording of known length first",
        _ => "Open something first",
    }
}

/// For commands that switch something: whether it is on.
pub fn is_on(state: &GuiState, command: Command) -> Option<bool> {
    let overlay = &state.overlay;
    match command {
        Command::Record => Some(state.camera_recording.is_some()),
        Command::ToggleSkeleton => Some(overlay.skeletons),
        Command::ToggleBoxes => Some(overlay.boxes),
        Command::ToggleIdentities => Some(overlay.identities),
        Command::ToggleConfidenceColors => Some(overlay.confidence_colors),
        Command::ToggleJointNames => Some(overlay.joint_names),
        Command::ToggleMirror => Some(overlay.mirror),
        Command::ToggleSmoothing => Some(state.params.tracker.smoothing),
        Command::OnlySelected => Some(state.follows_one_person()),
        Command::ToggleAngles => {
            Some(state.shown_side_panel() == Some(SidePanel::People) && state.shows_angles)
        }
        Command::ToggleTimings => Some(state.shows_timings),
        Command::TogglePeople => Some(state.shown_side_panel() == Some(SidePanel::People)),
        Command::ToggleSettings => Some(state.shown_side_panel() == Some(SidePanel::Settings)),
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
