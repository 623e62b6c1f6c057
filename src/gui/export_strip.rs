//! A line at the bottom of the window while an export runs: how far it is, and a way out.

use std::time::Duration;

use eframe::egui::{self, Button, Frame, Margin, ProgressBar};

use super::action::Action;
use super::exporting::RunningExport;
use super::state::GuiState;
use super::theme;

/// Draws the line, if an export runs.
pub fn export_strip_ui(ui: &mut egui::Ui, state: &GuiState, out: &mut Vec<Action>) {
    let Some(running) = &state.export.running else {
        return;
    };
    let frame = Frame::NONE
        .fill(theme::colors(ui).raised)
        .inner_margin(Margin::symmetric(12, 6));
    egui::Panel::bottom("export strip")
        .frame(frame)
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let cancel = Button::new("Cancel");
                    let cancel = ui.add_enabled(!running.is_canceled, cancel);
                    let hint = "Give up the export; its files are taken away";
                    let cancel = cancel.on_disabled_hover_text("It ends after the frame in work");
                    if cancel.on_hover_text(hint).clicked() {
                        out.push(Action::CancelExport);
                    }
                    let share = running.progress.and_then(|progress| progress.share);
                    ui.add(ProgressBar::new(share.unwrap_or(0.0)).text(text(running)));
                });
            });
        });
}

/// `Exporting: 120 of 360 frames, 0:14 left`.
fn text(running: &RunningExport) -> String {
    if running.is_canceled {
        return "Canceling the export…".to_owned();
    }
    let Some(progress) = running.progress else {
        return "Exporting: getting ready…".to_owned();
    };
    let frames = match progress.n_frames {
        // a file may hold more than it says
        Some(n_frames) if progress.n_done <= n_frames => format!(" of {n_frames} frames"),
        _ if progress.n_done == 1 => " frame".to_owned(),
        _ => " frames".to_owned(),
    };
    let left = progress.left.map_or_else(String::new, left_text);
    format!("Exporting: {}{frames}{left}", progress.n_done)
}

fn left_text(left: Duration) -> String {
    let secs = left.as_secs_f64().ceil() as u64;
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    if 0 < hours {
        format!(", {hours}:{minutes:02}:{secs:02} left")
    } else {
        format!(", {minutes}:{secs:02} left")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ExportProgress;

    fn text_of(n_done: u64, n_frames: Option<u64>, left_secs: Option<u64>) -> String {
        text(&RunningExport {
            progress: Some(ExportProgress {
                n_done,
                n_frames,
                share: None,
                left: left_secs.map(Duration::from_secs),
            }),
            is_canceled: false,
            has_warned: false,
        })
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        assert_eq!(
            text_of(120, Some(360), Some(74)),
            "Exporting: 120 of 360 frames, 1:14 left"
        );
        assert_eq!(text_of(1, None, None), "Exporting: 1 frame");
        assert_eq!(text_of(400, Some(360), None), "Exporting: 400 frames");
        assert_eq!(
            text_of(5, None, Some(3700)),
            "Exporting: 5 frames, 1:01:40 left"
        );
    }
}
