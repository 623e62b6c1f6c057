//! All colors and sizes of the window, dark and light.

use eframe::egui::{
    self, Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, TextStyle, Theme, vec2,
};

use crate::export::annotate::RIGHT_BRIGHTNESS;
use crate::export::palette;
use crate::types::TrackId;

/// The colors of one theme.
#[derive(Clone, Copy, Debug)]
pub struct Colors {
    /// Behind the picture: darkest, so that nothing competes with it.
    pub stage: Color32,
    /// Bars and panels.
    pub panel: Color32,
    /// Cards and buttons on a panel.
    pub raised: Color32,
    /// A button under the pointer.
    pub hovered: Color32,
    /// Lines between things.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Headings and what was chosen.
    pub strong: Color32,
    /// Text of less weight; still 4.5:1 against the panel.
    pub weak: Color32,
    /// What is chosen or can be started.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Went well.
    pub good: Color32,
    /// Recovered, fallen back.
    pub warning: Color32,
    /// Failed.
    pub error: Color32,
}

const DARK: Colors = Colors {
    stage: Color32::from_rgb(12, 14, 17),
    panel: Color32::from_rgb(22, 25, 30),
    raised: Color32::from_rgb(34, 38, 46),
    hovered: Color32::from_rgb(46, 52, 62),
    line: Color32::from_rgb(44, 49, 58),
    text: Color32::from_rgb(206, 212, 221),
    strong: Color32::from_rgb(240, 243, 247),
    weak: Color32::from_rgb(143, 152, 166),
    accent: Color32::from_rgb(92, 167, 245),
    on_accent: Color32::from_rgb(8, 18, 30),
    good: Color32::from_rgb(98, 196, 132),
    warning: Color32::from_rgb(232, 178, 84),
    error: Color32::from_rgb(240, 116, 116),
};

const LIGHT: Colors = Colors {
    stage: Color32::from_rgb(222, 225, 230),
    panel: Color32::from_rgb(246, 247, 249),
    raised: Color32::from_rgb(231, 234, 239),
    hovered: Color32::from_rgb(217, 222, 230),
    line: Color32::from_rgb(208, 213, 221),
    text: Color32::from_rgb(44, 51, 62),
    strong: Color32::from_rgb(14, 19, 27),
    weak: Color32::from_rgb(92, 101, 115),
    accent: Color32::from_rgb(22, 104, 196),
    on_accent: Color32::from_rgb(255, 255, 255),
    good: Color32::from_rgb(24, 120, 62),
    warning: Color32::from_rgb(146, 92, 0),
    error: Color32::from_rgb(186, 36, 36),
};

/// Rounding of cards, toasts and buttons.
pub const CORNER: u8 = 6;

/// Width of the panel on the right: a row of "right shoulder", bar and percent fits.
pub const SIDE_PANEL_WIDTH: f32 = 272.0;

/// The colors of the theme that `ui` is drawn in.
pub fn colors(ui: &egui::Ui) -> &'static Colors {
    colors_of(ui.visuals().dark_mode)
}

/// The dark or the light colors.
pub const fn colors_of(dark: bool) -> &'static Colors {
    if dark { &DARK } else { &LIGHT }
}

/// A color that pictures and videos use too.
pub const fn shared([r, g, b]: [u8; 3]) -> Color32 {
    Color32::from_rgb(r, g, b)
}

/// The color that stays with a person.
pub fn identity(id: TrackId) -> Color32 {
    shared(palette::identity_color(id))
}

/// The darker color of a person's right side.
pub fn right_side(id: TrackId) -> Color32 {
    shared(palette::darkened(
        palette::identity_color(id),
        RIGHT_BRIGHTNESS,
    ))
}

/// Red, yellow, green for unsure to sure.
pub fn confidence(confidence: f32) -> Color32 {
    shared(palette::confidence_color(confidence))
}

/// Gives both themes to egui and starts with one of them.
pub fn install(ctx: &egui::Context, first: Theme) {
    for theme in [Theme::Dark, Theme::Light] {
        ctx.style_mut_of(theme, |style| dress(style, theme));
    }
    ctx.set_theme(first);
}

fn dress(style: &mut egui::Style, theme: Theme) {
    let colors = colors_of(theme == Theme::Dark);
    style.text_styles = [
        (TextStyle::Heading, 20.0, FontFamily::Proportional),
        (TextStyle::Body, 14.0, FontFamily::Proportional),
        (TextStyle::Button, 14.0, FontFamily::Proportional),
        (TextStyle::Small, 12.0, FontFamily::Proportional),
        (TextStyle::Monospace, 12.5, FontFamily::Monospace),
    ]
    .into_iter()
    .map(|(text_style, size, family)| (text_style, FontId::new(size, family)))
    .collect();

    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(8.0, 6.0);
    spacing.button_padding = vec2(10.0, 5.0);
    spacing.interact_size.y = 26.0;
    spacing.menu_margin = Margin::same(6);
    spacing.slider_width = 130.0;
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 9.0;
    style.interaction.selectable_labels = false;

    let visuals = &mut style.visuals;
    visuals.panel_fill = colors.panel;
    visuals.window_fill = colors.panel;
    visuals.window_stroke = Stroke::new(1.0, colors.line);
    visuals.extreme_bg_color = colors.stage;
    visuals.text_edit_bg_color = Some(match theme {
        Theme::Dark => colors.stage,
        Theme::Light => Color32::WHITE,
    });
    visuals.faint_bg_color = colors.raised;
    visuals.weak_text_color = Some(colors.weak);
    visuals.hyperlink_color = colors.accent;
    visuals.warn_fg_color = colors.warning;
    visuals.error_fg_color = colors.error;
    visuals.selection.bg_fill = colors.accent.gamma_multiply(0.35);
    visuals.selection.stroke = Stroke::new(1.0, colors.strong);
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = egui::style::HandleShape::Circle;

    let corner = CornerRadius::same(CORNER);
    visuals.window_corner_radius = corner;
    visuals.menu_corner_radius = corner;
    let widgets = &mut visuals.widgets;
    for (visuals, fill, border, text) in [
        (
            &mut widgets.noninteractive,
            colors.panel,
            colors.line,
            colors.text,
        ),
        (
            &mut widgets.inactive,
            colors.raised,
            colors.line,
            colors.text,
        ),
        (
            &mut widgets.hovered,
            colors.hovered,
            colors.weak,
            colors.strong,
        ),
        (
            &mut widgets.active,
            colors.hovered,
            colors.accent,
            colors.strong,
        ),
        (
            &mut widgets.open,
            colors.hovered,
            colors.line,
            colors.strong,
        ),
    ] {
        visuals.bg_fill = fill;
        visuals.weak_bg_fill = fill;
        visuals.bg_stroke = Stroke::new(1.0, border);
        visuals.fg_stroke = Stroke::new(1.0, text);
        visuals.corner_radius = corner;
        visuals.expansion = 0.0;
    }
}

/// A card on a panel or on the picture.
pub fn card(colors: &Colors) -> egui::Frame {
    egui::Frame::NONE
        .fill(colors.raised)
        .corner_radius(CORNER)
        .inner_margin(Margin::symmetric(12, 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast of two colors as WCAG 2 defines it.
    fn contrast(a: Color32, b: Color32) -> f32 {
        fn luminance(color: Color32) -> f32 {
            let [r, g, b, _] = egui::Rgba::from(color).to_array();
            0.2126 * r + 0.7152 * g + 0.0722 * b
        }
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn texts_can_be_read_in_both_themes() {
        for colors in [&DARK, &LIGHT] {
            for background in [colors.panel, colors.raised] {
                for text in [
                    colors.text,
                    colors.strong,
                    colors.weak,
                    colors.good,
                    colors.warning,
                    colors.error,
                ] {
                    let contrast = contrast(text, background);
                    assert!(4.5 <= contrast, "{text:?} on {background:?}: {contrast}");
                }
            }
            assert!(4.5 <= contrast(colors.on_accent, colors.accent));
        }
    }
}
