//! A red dot on the picture while the camera is recorded, with how long and how many frames, and whether more come.

use eframe::egui::{self, Align2, Color32, Rect, Sense, TextStyle, WidgetInfo, vec2};

use super::camera_recording::{RunningRecording, elapsed};
use super::state::GuiState;
use super::theme;

/// Radius of the dot.
const DOT_RADIUS: f32 = 5.0;

/// Between the dot and the text.
const GAP: f32 = 7.0;

/// Draws the sign in the right upper corner of `stage`, where no panel hides it.
pub fn recording_sign_ui(ui: &egui::Ui, stage: Rect, state: &GuiState) {
    let Some(running) = &state.camera_recording else {
        return;
    };
    let source = state.session.source.as_ref();
    let frames_come = source.is_some_and(|source| source.is_running());
    let text = text(running, frames_come);
    let font = TextStyle::Body.resolve(ui.style());
    let painter = ui.painter_at(stage);
    let galley = painter.layout_no_wrap(text.clone(), font, Color32::WHITE);
    let inner = vec2(2.0 * DOT_RADIUS + GAP, 0.0) + galley.size();
    let corner = stage.right_top() + vec2(-12.0, 12.0);
    let pill = Align2::RIGHT_TOP.anchor_size(corner, inner + vec2(28.0, 14.0));
    // dark in both themes, as it lies on the picture
    painter.rect_filled(pill, 0.5 * pill.height(), Color32::from_black_alpha(205));
    let dot = pill.left_center() + vec2(14.0 + DOT_RADIUS, 0.0);
    painter.circle_filled(dot, DOT_RADIUS, theme::colors_of(true).error);
    let at = dot + vec2(DOT_RADIUS + GAP, -0.5 * galley.size().y);
    painter.galley(at, galley, Color32::WHITE);
    let response = ui.interact(pill, ui.scope_id().with("recording sign"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, &text));
}

/// `Recording 0:12, 340 frames`; while the camera is paused or lost it halts.
fn text(running: &RunningRecording, frames_come: bool) -> String {
    if running.is_ending {
        return "Completing the recording…".to_owned();
    }
    let extent = &running.extent;
    let frames = match extent.n_frames {
        1 => "1 frame".to_owned(),
        n => format!("{n} frames"),
    };
    let left_out = match extent.n_left_out {
        0 => String::new(),
        n => format!(", {n} left out"),
    };
    let goes = if frames_come {
        "Recording"
    } else {
        "Recording halted at"
    };
    format!("{goes} {}, {frames}{left_out}", elapsed(extent.length))
}
