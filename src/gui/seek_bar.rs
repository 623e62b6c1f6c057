//! Playing, stepping and searching in recordings.

use std::time::Duration;

use eframe::egui::{
    self, Label, Rect, RichText, Sense, TextStyle, WidgetInfo, lerp, pos2, remap_clamp, vec2,
};

use crate::source::SourceKind;

use super::action::Action;
use super::command::Command;
use super::icons::{Icon, command_button};
use super::session::OpenSource;
use super::state::GuiState;
use super::theme;

/// Whether there is anything to play or search.
pub fn is_needed(state: &GuiState) -> bool {
    let source = state.session.source.as_ref();
    source.is_some_and(|source| source.info.kind != SourceKind::Picture)
}

/// Draws the bar.
pub fn seek_bar_ui(ui: &mut egui::Ui, state: &GuiState, out: &mut Vec<Action>) {
    let Some(source) = &state.session.source else {
        return;
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let play = if source.paused {
            Icon::Play
        } else {
            Icon::Pause
        };
        let can_search = source.can_be_searched();
        for (icon, command, is_for_all) in [
            (Icon::StepBackward, Command::StepBackward, false),
            (play, Command::TogglePlay, true),
            (Icon::StepForward, Command::StepForward, false),
        ] {
            if is_for_all || can_search {
                let why_disabled = state.why_disabled(command);
                if command_button(ui, icon, command, why_disabled).clicked() {
                    out.push(Action::Run(command));
                }
            }
        }
        if source.info.kind.is_live() {
            record_ui(ui, state, out);
        }
        ui.add_space(6.0);
        time_ui(ui, source);
        if let Some(length) = source.length() {
            ui.add_space(8.0);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let text = RichText::new(clock(length)).text_style(TextStyle::Monospace);
                ui.label(text.color(theme::colors(ui).weak));
                ui.add_space(8.0);
                track_ui(ui, source, length, out);
            });
        } else if source.info.kind.is_live() {
            live_ui(ui, source);
        }
    });
}

fn record_ui(ui: &mut egui::Ui, state: &GuiState, out: &mut Vec<Action>) {
    let icon = if state.camera_recording.is_some() {
        Icon::StopRecording
    } else {
        Icon::Record
    };
    let why_disabled = state.why_disabled(Command::Record);
    if command_button(ui, icon, Command::Record, why_disabled).clicked() {
        out.push(Action::Run(Command::Record));
    }
}

fn time_ui(ui: &mut egui::Ui, source: &OpenSource) {
    let colors = theme::colors(ui);
    let time = RichText::new(clock(source.position())).text_style(TextStyle::Monospace);
    ui.label(time.color(colors.strong));
    if let Some(update) = &source.update {
        let frame = &update.result.frame;
        let small = |text: &str| {
            let text = RichText::new(text).text_style(TextStyle::Small);
            text.color(colors.weak)
        };
        ui.label(small(&format!("frame {}", frame.index + 1)));
        if let Some(file) = &frame.file {
            ui.scope(|ui| {
                ui.set_max_width(LONGEST_NAME);
                ui.add(Label::new(small(file)).truncate());
            });
        }
    }
}

fn live_ui(ui: &mut egui::Ui, source: &OpenSource) {
    let colors = theme::colors(ui);
    let (text, color) = if source.lost_because().is_some() {
        ("Camera lost", colors.warning)
    } else if source.paused {
        ("Paused", colors.weak)
    } else {
        ("Live", colors.good)
    };
    ui.add_space(8.0);
    let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.0, color);
    ui.label(RichText::new(text).color(color));
}

/// The bar that is clicked and dragged, as what may have the keyboard.
pub fn track_id() -> egui::Id {
    egui::Id::unique("seek bar")
}

fn track_ui(ui: &mut egui::Ui, source: &OpenSource, length: Duration, out: &mut Vec<Action>) {
    let colors = theme::colors(ui);
    let size = vec2(ui.available_width().max(40.0), ui.spacing().interact_size.y);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let response = ui.interact(rect, track_id(), Sense::click_and_drag());
    let length_secs = length.as_secs_f64();
    let position_secs = source.position().as_secs_f64().min(length_secs);
    response.widget_info(|| WidgetInfo::slider(true, position_secs, "Position"));

    let range = rect.x_range().shrink(KNOB_RADIUS);
    let time_at = |x: f32| {
        let secs = remap_clamp(
            f64::from(x),
            f64::from(range.min)..=f64::from(range.max),
            0.0..=length_secs,
        );
        Duration::try_from_secs_f64(secs).unwrap_or_default()
    };
    let share = if 0.0 < length_secs {
        (position_secs / length_secs) as f32
    } else {
        0.0
    };
    // the handle stays under the pointer even while frames come late
    let dragged_to = response
        .interact_pointer_pos()
        .filter(|_| response.dragged());
    let knob_x = dragged_to.map_or_else(
        || lerp(range.min..=range.max, share),
        |pointer| range.clamp(pointer.x),
    );
    let knob = pos2(knob_x, rect.center().y);
    let is_active = response.hovered() || response.dragged();
    let half_height = if is_active { 3.0 } else { 2.0 };
    let line = |from: f32, to: f32| {
        Rect::from_min_max(
            pos2(from, knob.y - half_height),
            pos2(to, knob.y + half_height),
        )
    };
    let painter = ui.painter();
    painter.rect_filled(line(range.min, range.max), half_height, colors.hovered);
    painter.rect_filled(line(range.min, knob.x), half_height, colors.accent);
    let radius = if is_active {
        KNOB_RADIUS
    } else {
        KNOB_RADIUS - 1.5
    };
    painter.circle_filled(knob, radius, colors.accent);

    if let Some(pointer) = response.interact_pointer_pos() {
        let target = time_at(pointer.x);
        if response.drag_stopped() || response.clicked() {
            out.push(Action::Seek(target));
        } else if response.dragged() {
            out.push(Action::Scrub(target));
        }
    }
    if let Some(pointer) = response.hover_pos() {
        response.on_hover_text_at_pointer(clock(time_at(pointer.x)));
    }
}

/// What the name of a folder's picture may take: of a longer one the beginning is shown, so that there is room for the bar.
const LONGEST_NAME: f32 = 150.0;

/// Radius of the round handle.
const KNOB_RADIUS: f32 = 7.0;

/// `0:03.240`, and `1:02:03.240` from an hour on.
pub fn clock(time: Duration) -> String {
    let (secs, millis) = (time.as_secs(), time.subsec_millis());
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours == 0 {
        format!("{minutes}:{secs:02}.{millis:03}")
    } else {
        format!("{hours}:{minutes:02}:{secs:02}.{millis:03}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_show_milliseconds_and_hours_only_where_there_are_some() {
        assert_eq!(clock(Duration::ZERO), "0:00.000");
        assert_eq!(clock(Duration::from_millis(63_240)), "1:03.240");
        assert_eq!(clock(Duration::from_millis(3_723_004)), "1:02:03.004");
    }
}
