//! The bar at the bottom: source, backend, and how fast it goes.

use std::time::Instant;

use eframe::egui::{self, RichText, TextStyle};

use crate::source::SourceKind;

use super::command::Command;
use super::icons::warning_sign;
use super::menu_bar::keys_text;
use super::session::OpenSource;
use super::state::{GuiState, Nets};
use super::theme;
use super::timing_overlay::time;

/// Draws the bar.
pub fn status_bar_ui(ui: &mut egui::Ui, state: &GuiState, now: Instant) {
    let colors = theme::colors(ui);
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if let Some(speed) = speed(state, now) {
                let response = small_ui(ui, &speed, colors.weak);
                if state
                    .session
                    .source
                    .as_ref()
                    .and_then(held_up_speed)
                    .is_some()
                {
                    response.on_hover_text(HELD_UP_HINT);
                }
                ui.add_space(10.0);
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                nets_ui(ui, &state.nets);
                if let Some(text) = source(state) {
                    ui.add_space(10.0);
                    let response = small_ui(ui, &text, colors.weak);
                    if (state.session.source.as_ref()).is_some_and(OpenSource::is_folder) {
                        let key = keys_text(ui.ctx(), Command::ToggleSettings);
                        let hint =
                            format!("The settings ({key}) say how fast pictures follow each other");
                        response.on_hover_text(hint);
                    }
                }
            });
        });
    });
}

fn nets_ui(ui: &mut egui::Ui, nets: &Nets) {
    let colors = theme::colors(ui);
    match nets {
        Nets::Loading => {
            small_ui(ui, "Loading the nets…", colors.weak);
        }
        Nets::Ready {
            backend,
            fallback: None,
        } => {
            small_ui(ui, backend, colors.weak);
        }
        Nets::Ready {
            backend,
            fallback: Some(reason),
        } => {
            warning_sign(ui, colors.warning);
            small_ui(ui, backend, colors.warning).on_hover_text(reason);
        }
        Nets::Failed { message } => {
            warning_sign(ui, colors.error);
            small_ui(ui, "No nets", colors.error).on_hover_text(message);
        }
    }
}

fn small_ui(ui: &mut egui::Ui, text: &str, color: egui::Color32) -> egui::Response {
    let text = RichText::new(text)
        .text_style(TextStyle::Small)
        .color(color);
    ui.add(egui::Label::new(text).truncate())
}

/// `1280x720, 30 fps, openh264`.
fn source(state: &GuiState) -> Option<String> {
    let source = state.session.source.as_ref()?;
    let [width, height] = match &source.update {
        // pictures of a folder may differ in size
        Some(update) => update.result.frame.image.size(),
        None => source.info.size,
    };
    let mut parts = vec![format!("{width}x{height}")];
    match (source.info.fps_nominal, source.info.kind) {
        (Some(fps), _) => parts.push(format!("{} fps", (100.0 * fps).round() / 100.0)),
        (None, SourceKind::Folder(_)) => parts.push("each for a second".to_owned()),
        (None, _) => {}
    }
    parts.push(source.info.decoder.clone());
    Some(parts.join(", "))
}

/// What to do where a recording is played slower than was asked for.
const HELD_UP_HINT: &str = "Every frame is worked on, and this machine needs longer than the recording; a time budget, the fast net or no look \
                            in a mirror (settings) make it faster";

/// Playing that is slower than was asked for by more than this share is said.
const HELD_UP: f64 = 0.9;

/// How fast a recording is played where the nets or the disk cannot keep up; `None` where they can.
fn held_up_speed(source: &OpenSource) -> Option<f64> {
    let speed = source.timings.played_speed()?;
    let is_played = !source.paused && !source.info.kind.is_live();
    (is_played && speed < HELD_UP * source.speed).then_some(speed)
}

/// Rates while frames come.
fn speed(state: &GuiState, now: Instant) -> Option<String> {
    let source = state.session.source.as_ref()?;
    let update = source.update.as_ref()?;
    if source.lost_because().is_some() {
        return Some("Camera lost".to_owned());
    }
    let at_speed = source
        .has_other_speed()
        .then(|| format!("{}x speed", source.speed));
    if source.paused {
        let parts = std::iter::once("Paused".to_owned()).chain(at_speed);
        return Some(parts.collect::<Vec<_>>().join(", "));
    }
    let mut parts: Vec<String> = at_speed.into_iter().collect();
    let fps = source.timings.display_fps(now);
    if 0.0 < fps {
        parts.push(format!("{fps:.0} fps shown"));
    }
    if let Some(age) = source.timings.age() {
        parts.push(format!("{} old", time(Some(age))));
    }
    if 0 < update.stats.dropped {
        parts.push(format!("{} dropped", update.stats.dropped));
    }
    Some(parts.join(", "))
}
