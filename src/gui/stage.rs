//! The picture with its people: the middle of the window.

use std::time::Duration;

use eframe::egui::{
    self, Align2, Color32, FontId, Rect, Response, Sense, TextStyle, TextureId, WidgetInfo, pos2,
    vec2,
};

use crate::track::Selection;
use crate::types::FrameResult;

use super::action::Action;
use super::command::Command;
use super::labels;
use super::menu_bar;
use super::overlay;
use super::state::{GuiState, Nets};
use super::theme;
use super::viewpoint::PictureView;

/// Scrolling by so many points doubles the size.
const SCROLL_TO_DOUBLE: f32 = 240.0;

/// The stage, as what may have the keyboard.
pub fn id() -> egui::Id {
    egui::Id::unique("stage")
}

/// Draws the newest frame and what is known about it; tells where the stage is.
pub fn stage_ui(
    ui: &mut egui::Ui,
    state: &GuiState,
    texture: Option<TextureId>,
    out: &mut Vec<Action>,
) -> Rect {
    let stage = ui.available_rect_before_wrap();
    let rect = ui.allocate_rect(stage, Sense::hover()).rect;
    let response = ui.interact(rect, id(), Sense::click_and_drag());
    ui.painter()
        .rect_filled(stage, 0.0, theme::colors(ui).stage);
    let result = state.session.result();
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, described(state)));

    if let (Some(result), Some(texture)) = (result, texture) {
        let view = state
            .viewpoint
            .view(stage, result.frame.image.size(), state.overlay.mirror);
        draw(ui, state, result, &view, texture, stage);
        navigate(ui, state, result, &view, &response, stage, out);
    }
    if let Some(notice) = notice(ui.ctx(), state) {
        notice_ui(ui, stage, &notice);
    }
    stage
}

/// What somebody who cannot see the picture is told.
fn described(state: &GuiState) -> String {
    match state.session.result() {
        None => "No picture yet".to_owned(),
        Some(result) => match result.people.len() {
            0 => "Picture with nobody in it".to_owned(),
            1 => "Picture with 1 person".to_owned(),
            n => format!("Picture with {n} people"),
        },
    }
}

fn draw(
    ui: &egui::Ui,
    state: &GuiState,
    result: &FrameResult,
    view: &PictureView,
    texture: TextureId,
    stage: Rect,
) {
    let painter = ui.painter_at(stage);
    painter.image(texture, view.rect, view.uv(), Color32::WHITE);
    painter.extend(overlay::shapes(
        &result.people,
        view,
        &state.overlay,
        state.selected,
    ));
    let labels = labels::labels(&result.people, view, stage, &state.overlay, state.selected);
    for label in labels {
        let (font, color) = if label.is_heading {
            (
                TextStyle::Body.resolve(ui.style()),
                readable_on(label.background),
            )
        } else {
            (FontId::proportional(11.0), Color32::WHITE)
        };
        let galley = painter.layout_no_wrap(label.text.clone(), font, color);
        let rect = labels::label_rect(&label, galley.size(), stage);
        painter.rect_filled(rect, 3.0, label.background);
        painter.galley(
            Align2::CENTER_CENTER
                .anchor_size(rect.center(), galley.size())
                .min,
            galley,
            color,
        );
    }
}

/// Black or white, whichever is easier to read on `background`.
fn readable_on(background: Color32) -> Color32 {
    let [r, g, b, _] = background.to_array().map(f32::from);
    let luma = 0.299 * r + 0.587 * g + 0.114 * b;
    if 110.0 < luma {
        Color32::BLACK
    } else {
        Color32::WHITE
    }
}

fn navigate(
    ui: &egui::Ui,
    state: &GuiState,
    result: &FrameResult,
    view: &PictureView,
    response: &Response,
    stage: Rect,
    out: &mut Vec<Action>,
) {
    let size = result.frame.image.size();
    if response.double_clicked() {
        out.push(Action::Run(Command::ZoomToFit));
        return;
    }
    let zoomed_in = 1.0 < state.viewpoint.zoom;
    if response.clicked()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        let person = overlay::person_at(&result.people, view.image_from_ui(pointer));
        // where zoomed in, it may be the first half of a double-click, which is about the picture
        if person.is_some() || !zoomed_in {
            out.push(Action::Select(person));
        }
    }
    if response.dragged() && zoomed_in {
        let moved = state.viewpoint.panned(response.drag_delta(), stage, size);
        out.push(Action::SetViewpoint(moved));
        ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
    }
    if response.hovered()
        && let Some(pointer) = ui.input(|input| input.pointer.hover_pos())
    {
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta.y, input.zoom_delta()));
        let factor = pinch * (scroll / SCROLL_TO_DOUBLE).exp2();
        if factor != 1.0 {
            let zoomed = state.viewpoint.zoomed(factor, pointer, stage, size);
            out.push(Action::SetViewpoint(zoomed));
        }
    }
}

/// A line in the middle of the lower edge.
#[derive(Debug, PartialEq, Eq)]
struct Notice {
    text: String,
    /// Whether there is no picture that it could hide.
    is_alone: bool,
}

/// What has to be said about the picture, or about there being none.
fn notice(ctx: &egui::Context, state: &GuiState) -> Option<Notice> {
    let say = |text: String, is_alone| Some(Notice { text, is_alone });
    let session = &state.session;
    if let Some(spec) = &session.opening {
        let name = menu_bar::short_name(spec, &spec.to_string());
        // what was open before is shown until then
        return say(format!("Opening {name}…"), session.result().is_none());
    }
    let source = session.source.as_ref()?;
    let Some(update) = &source.update else {
        let text = match &state.nets {
            Nets::Loading => "Loading the nets…",
            Nets::Ready { .. } | Nets::Failed { .. } => "Waiting for the first frame…",
        };
        return say(text.to_owned(), true);
    };
    if let Some(reason) = source.lost_because() {
        return say(format!("Camera lost, reconnecting… {reason}"), false);
    }
    if state.nets == Nets::Loading {
        return say(
            "Loading the nets… people are found in a moment".to_owned(),
            false,
        );
    }
    if source.ended && Duration::ZERO < source.position() {
        let key = menu_bar::keys_text(ctx, Command::TogglePlay);
        return say(format!("The end; {key} plays it again"), false);
    }
    if update.result.people.is_empty()
        && source.is_without_people()
        && matches!(state.nets, Nets::Ready { .. })
    {
        if let Selection::Only(person) = state.params.selection {
            let key = menu_bar::keys_text(ctx, Command::OnlySelected);
            let text = format!(
                "Person {} is not in this picture; {key} shows everyone",
                person.0
            );
            return say(text, false);
        }
        return say("No people found".to_owned(), false);
    }
    None
}

fn notice_ui(ui: &egui::Ui, stage: Rect, notice: &Notice) {
    let colors = theme::colors(ui);
    let painter = ui.painter_at(stage);
    // names of files may be long
    let wrap = (stage.width() - 48.0).max(0.0);
    if notice.is_alone {
        let font = TextStyle::Heading.resolve(ui.style());
        let galley = painter.layout(notice.text.clone(), font, colors.weak, wrap);
        let text = Align2::CENTER_CENTER.anchor_size(stage.center(), galley.size());
        painter.galley(text.min, galley, colors.weak);
        return;
    }
    let font = TextStyle::Body.resolve(ui.style());
    let galley = painter.layout(notice.text.clone(), font, Color32::WHITE, wrap);
    let at = pos2(stage.center().x, stage.max.y - 16.0);
    let text = Align2::CENTER_BOTTOM.anchor_size(at - vec2(0.0, 7.0), galley.size());
    let pill = text.expand2(vec2(14.0, 7.0));
    painter.rect_filled(pill, 0.5 * pill.height(), Color32::from_black_alpha(190));
    painter.galley(text.min, galley, Color32::WHITE);
}
