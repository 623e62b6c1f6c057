//! Files that are dragged onto the window.

use std::path::PathBuf;

use eframe::egui::{self, Align2, Color32, Id, LayerId, Order, Stroke, StrokeKind, TextStyle};

use super::theme;

/// What was dropped in this frame.
pub fn dropped_paths(ctx: &egui::Context) -> Option<Vec<PathBuf>> {
    ctx.input(|input| {
        let dropped = &input.raw.dropped_files;
        let paths = || dropped.iter().map(|file| file.path().to_owned()).collect();
        (!dropped.is_empty()).then(paths)
    })
}

/// Whether nothing can be dropped on a window here: winit, which gives us the window, does not take it from Wayland yet.
pub fn cannot_drop() -> bool {
    // as winit chooses between Wayland and X11
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(target_os = "linux") && (is_set("WAYLAND_DISPLAY") || is_set("WAYLAND_SOCKET"))
}

/// Says that the file may be dropped while it hovers over the window.
pub fn drop_target_ui(ctx: &egui::Context) {
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let style = ctx.global_style();
    let colors = theme::colors_of(style.visuals.dark_mode);
    let layer = LayerId::new(Order::Foreground, Id::unique("drop target"));
    let painter = ctx.layer_painter(layer);
    let window = ctx.content_rect();
    painter.rect_filled(window, 0.0, Color32::from_black_alpha(170));
    painter.rect_stroke(
        window.shrink(16.0),
        theme::CORNER as f32,
        Stroke::new(2.0, colors.accent),
        StrokeKind::Inside,
    );
    painter.text(
        window.center(),
        Align2::CENTER_CENTER,
        "Drop to open",
        TextStyle::Heading.resolve(&style),
        Color32::WHITE,
    );
}
