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
                if let Some(hint) = state.session.source.as_ref().and_then(speed_hint) {
                    response.on_hover_text(hint);
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

/// What the numbers are.
const RATES_HINT: &str = "Frames shown in a second, how old they are when they are shown, and how many were left out as newer ones \
                          were there";

/// What to do where a recording is played slower than was asked for.
const HELD_UP_HINT: &str = "Every frame is worked on, and this machine needs longer than the recording; a time budget, the fast net or no look \
                            in a mirror (settings) make it faster";

/// The same for a file of results, where the nets have nothing to do with it.
const HELD_UP_HINT_OF_RESULTS: &str =
    "Every frame is shown, and reading them takes longer than the recording lasts";

/// Playing that is slower than was asked for by more than this share is said.
const HELD_UP: f64 = 0.9;

/// How fast a recording is played where the nets or the disk cannot keep up; `None` where they can.
fn held_up_speed(source: &OpenSource) -> Option<f64> {
    let speed = source.timings.played_speed()?;
    let is_played = !source.paused && !source.info.kind.is_live();
    (is_played && speed < HELD_UP * source.speed).then_some(speed)
}

/// What there is to know about the rates.
fn speed_hint(source: &OpenSource) -> Option<&'static str> {
    match held_up_speed(source) {
        Some(_) if source.is_of_results() => Some(HELD_UP_HINT_OF_RESULTS),
        Some(_) => Some(HELD_UP_HINT),
        None => source.is_running().then_some(RATES_HINT),
    }
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
    let held_up = held_up_speed(source).map(|speed| format!("held up to {speed:.2}x"));
    let mut parts: Vec<String> = at_speed.into_iter().chain(held_up).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Epoch, LiveStats, Update};
    use crate::image::RgbImage;
    use crate::pipeline::PipelineParams;
    use crate::source::{SourceInfo, SourceSpec};
    use crate::types::{Frame, FrameResult, StageTimes};
    use std::sync::Arc;
    use std::time::Duration;

    /// A recording of which 40 ms were shown in every 100 ms.
    fn slowly_played(began: Instant) -> GuiState {
        let mut state = GuiState::new(PipelineParams::default(), None);
        let name = "/recordings/walk.mp4";
        state.session.open(SourceSpec::Path(name.into()));
        let info = SourceInfo {
            name: name.to_owned(),
            kind: SourceKind::Video,
            size: [1, 1],
            rotation: 0,
            fps_nominal: None,
            n_frames: None,
            duration: None,
            can_seek: true,
            decoder: "openh264".to_owned(),
        };
        state.session.opened(Epoch(1), info);
        for k in 0..20 {
            let result = FrameResult {
                frame: Frame {
                    index: k,
                    time: Duration::from_millis(40 * k),
                    file: None,
                    captured_at: began,
                    image: Arc::new(RgbImage::filled([1, 1], [0; 3])),
                },
                people: Vec::new(),
                times: StageTimes::default(),
                effort: None,
            };
            let update = Update {
                epoch: Epoch(1),
                result: Arc::new(result),
                stats: LiveStats {
                    capture_fps: 10.0,
                    inference_fps: 10.0,
                    dropped: 0,
                    processed: k + 1,
                },
                n_seeks: 0,
            };
            state.update(update, began + Duration::from_millis(100 * k));
        }
        state
    }

    #[test]
    fn playing_slower_than_was_asked_for_is_said() {
        let began = Instant::now();
        let mut state = slowly_played(began);
        let now = began + Duration::from_millis(1900);
        let text = speed(&state, now).unwrap();
        assert!(text.contains("held up to 0.40x"), "{text}");
        let source = state.session.source.as_mut().unwrap();
        assert_eq!(speed_hint(source), Some(HELD_UP_HINT));
        source.speed = 0.25;
        assert_eq!(speed_hint(source), Some(RATES_HINT));
        let text = speed(&state, now).unwrap();
        assert!(!text.contains("held up"), "{text}");
    }
}
