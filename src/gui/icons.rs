//! Signs on buttons and before texts, drawn rather than written: the fonts do not have them.

use eframe::egui::{self, Color32, Pos2, Rect, Response, Shape, Stroke, WidgetInfo, pos2, vec2};

use super::command::Command;
use super::theme;

/// What is drawn on a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A triangle.
    Play,
    /// Two bars.
    Pause,
    /// A triangle to the left, and a bar.
    StepBackward,
    /// A bar, and a triangle to the right.
    StepForward,
    /// A cross.
    Close,
    /// A red dot.
    Record,
    /// A red square.
    StopRecording,
}

/// Side of an icon in window points.
const SIDE: f32 = 11.0;

/// A round button with an icon that runs `command`, unless there is a reason why that can do nothing now.
pub fn command_button(
    ui: &mut egui::Ui,
    icon: Icon,
    command: Command,
    why_disabled: Option<&str>,
) -> Response {
    let hint = why_disabled.map_or_else(
        || {
            let keys = super::menu_bar::keys_text(ui.ctx(), command);
            format!("{} ({keys})", command.text())
        },
        str::to_owned,
    );
    icon_button(ui, icon, command.text(), why_disabled.is_none()).on_hover_text(hint)
}

/// A round button with an icon; `name` is for those who cannot see it.
pub fn icon_button(ui: &mut egui::Ui, icon: Icon, name: &str, enabled: bool) -> Response {
    let side = match icon {
        Icon::Close => 20.0,
        _ => ui.spacing().interact_size.y + 2.0,
    };
    let sense = if enabled {
        egui::Sense::click()
    } else {
        egui::Sense::hover()
    };
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), sense);
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, enabled, name));
    let visuals = ui.style().interact(&response);
    let fill = if response.hovered() && enabled || response.has_focus() {
        visuals.weak_bg_fill
    } else {
        Color32::TRANSPARENT
    };
    let color = match icon {
        Icon::Record | Icon::StopRecording => theme::colors(ui).error,
        _ => visuals.fg_stroke.color,
    };
    let color = if enabled {
        color
    } else {
        ui.visuals().disable(color)
    };
    ui.painter().circle_filled(rect.center(), 0.5 * side, fill);
    ui.painter().extend(shapes(icon, rect.center(), color));
    response
}

/// A triangle with an exclamation mark.
pub fn warning_sign(ui: &mut egui::Ui, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(15.0, 14.0), egui::Sense::hover());
    let corners = [rect.center_top(), rect.right_bottom(), rect.left_bottom()];
    let painter = ui.painter();
    painter.add(Shape::closed_line(
        corners.to_vec(),
        Stroke::new(1.5, color),
    ));
    let x = rect.center().x;
    let mark = Stroke::new(1.5, color);
    painter.line_segment([pos2(x, rect.min.y + 5.0), pos2(x, rect.min.y + 9.0)], mark);
    painter.circle_filled(pos2(x, rect.min.y + 11.3), 0.9, color);
}

/// A check mark about `center`.
pub fn check_mark(ui: &egui::Ui, center: Pos2, color: Color32) {
    let corners = [vec2(-4.5, 0.0), vec2(-1.5, 3.5), vec2(4.5, -3.5)];
    let line = corners.map(|corner| center + corner).to_vec();
    ui.painter().line(line, Stroke::new(1.6, color));
}

fn shapes(icon: Icon, center: Pos2, color: Color32) -> Vec<Shape> {
    let rect = Rect::from_center_size(center, vec2(SIDE, SIDE));
    let triangle = |tip_x: f32, base_x: f32| {
        Shape::convex_polygon(
            clockwise([
                pos2(tip_x, center.y),
                pos2(base_x, rect.max.y),
                pos2(base_x, rect.min.y),
            ]),
            color,
            Stroke::NONE,
        )
    };
    let bar = |x: f32, width: f32| {
        Shape::rect_filled(
            Rect::from_min_max(pos2(x, rect.min.y), pos2(x + width, rect.max.y)),
            1.0,
            color,
        )
    };
    match icon {
        Icon::Close => {
            let stroke = Stroke::new(1.4, color);
            let r = 4.0;
            vec![
                Shape::line_segment([center + vec2(-r, -r), center + vec2(r, r)], stroke),
                Shape::line_segment([center + vec2(-r, r), center + vec2(r, -r)], stroke),
            ]
        }
        Icon::Record => vec![Shape::circle_filled(center, 0.5 * SIDE, color)],
        Icon::StopRecording => vec![Shape::rect_filled(rect.shrink(1.0), 1.5, color)],
        // a little to the right, where a triangle looks centered
        Icon::Play => vec![triangle(rect.max.x + 1.0, rect.min.x + 1.0)],
        Icon::Pause => vec![bar(rect.min.x + 0.5, 3.5), bar(rect.max.x - 4.0, 3.5)],
        Icon::StepBackward => vec![
            bar(rect.min.x, 2.0),
            triangle(rect.min.x + 3.0, rect.max.x - 0.5),
        ],
        Icon::StepForward => vec![
            bar(rect.max.x - 2.0, 2.0),
            triangle(rect.max.x - 3.0, rect.min.x + 0.5),
        ],
    }
}

/// The corners in the order that egui's edge smoothing expects.
fn clockwise(corners: [Pos2; 3]) -> Vec<Pos2> {
    let [a, b, c] = corners;
    let turn = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
    if turn < 0.0 {
        vec![a, c, b]
    } else {
        vec![a, b, c]
    }
}
