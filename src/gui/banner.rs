//! A line across the window about something that stays wrong until something is done.

use eframe::egui::{self, Margin, RichText};

use super::action::Action;
use super::icons::warning_sign;
use super::start_screen::sentence;
use super::state::{GuiState, Nets};
use super::theme;

/// What has to be said, and whether it can be taken away.
fn banner(state: &GuiState) -> Option<(String, bool)> {
    if let Nets::Failed { message } = &state.nets {
        return Some((sentence(message), false));
    }
    // without a picture the start screen says it
    state.session.source.as_ref()?;
    let failure = state.session.failure.as_ref()?;
    Some((sentence(failure), true))
}

/// Draws the line, if there is something to say.
pub fn banner_ui(ui: &mut egui::Ui, state: &GuiState, out: &mut Vec<Action>) {
    let Some((text, can_dismiss)) = banner(state) else {
        return;
    };
    let colors = theme::colors(ui);
    let frame = egui::Frame::NONE
        .fill(colors.raised)
        .inner_margin(Margin::symmetric(12, 8));
    egui::Panel::top("banner").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            warning_sign(ui, colors.error);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if can_dismiss && ui.button("Dismiss").clicked() {
                    out.push(Action::DismissFailure);
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add(egui::Label::new(RichText::new(text).color(colors.strong)).wrap());
                });
            });
        });
    });
}
