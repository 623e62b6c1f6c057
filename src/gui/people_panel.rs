//! Everyone in the picture, and the joints of the one who is selected.

use eframe::egui::{self, Color32, Rect, RichText, Sense, TextStyle, WidgetInfo, pos2, vec2};

use crate::skeleton::JOINT_NAMES;
use crate::types::{FrameResult, TrackId, TrackedPose};

use super::action::Action;
use super::angles_list::angles_list_ui;
use super::command::Command;
use super::labels::joint_name;
use super::menu_bar::hint;
use super::state::GuiState;
use super::theme;

/// The most of the panel's height that the rows take, so that the joints can be seen below many people.
const ROWS_ABOVE_JOINTS: f32 = 0.4;

/// The same where a hint stands in place of the joints.
const ROWS_ABOVE_HINT: f32 = 0.8;

/// Draws the panel.
pub fn people_panel_ui(ui: &mut egui::Ui, state: &GuiState, out: &mut Vec<Action>) {
    let Some(result) = state.session.result() else {
        hint_ui(ui, "People appear here once a picture is there");
        return;
    };
    if result.people.is_empty() && state.selected.is_none() {
        hint_ui(ui, "No people found in this frame");
        return;
    }
    let listed = listed_person(result, state.selected);
    let share = if listed.is_some() {
        ROWS_ABOVE_JOINTS
    } else {
        ROWS_ABOVE_HINT
    };
    egui::ScrollArea::vertical()
        .id_salt("people")
        .max_height(share * ui.available_height())
        .show(ui, |ui| {
            for person in &result.people {
                person_row_ui(ui, person, listed, state.selected, out);
            }
        });
    let Some(listed) = listed else {
        ui.add_space(4.0);
        hint_ui(
            ui,
            "Select a person here or in the picture to see the joints",
        );
        return;
    };
    ui.add_space(6.0);
    ui.separator();
    ui.add_space(2.0);
    match result.people.iter().find(|person| person.id == listed) {
        Some(person) => {
            joints_or_angles_ui(ui, state.shows_angles, out);
            match state.session.source.as_ref().filter(|_| state.shows_angles) {
                Some(source) => {
                    if let Some(series) = source.recent.angles(listed) {
                        angles_list_ui(ui, &series);
                    }
                }
                None => joints_ui(ui, person, state.overlay.min_confidence),
            }
        }
        None => hint_ui(ui, &format!("Person {} is not in this frame", listed.0)),
    }
}

/// Two buttons of which one is pressed.
fn joints_or_angles_ui(ui: &mut egui::Ui, shows_angles: bool, out: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        for (text, is_shown) in [("Joints", !shows_angles), ("Angles", shows_angles)] {
            let response = ui.selectable_label(is_shown, text);
            let response = response.on_hover_text(hint(ui.ctx(), Command::ToggleAngles));
            if response.clicked() && !is_shown {
                out.push(Action::Run(Command::ToggleAngles));
            }
        }
    });
}

/// Whose joints are listed: who is selected, or who is there alone.
fn listed_person(result: &FrameResult, selected: Option<TrackId>) -> Option<TrackId> {
    selected.or(match result.people.as_slice() {
        [only] => Some(only.id),
        _ => None,
    })
}

fn hint_ui(ui: &mut egui::Ui, text: &str) {
    let color = theme::colors(ui).weak;
    ui.add(egui::Label::new(RichText::new(text).color(color)).wrap());
}

/// A row that selects its person, or nobody if that person is selected.
fn person_row_ui(
    ui: &mut egui::Ui,
    person: &TrackedPose,
    listed: Option<TrackId>,
    selected: Option<TrackId>,
    out: &mut Vec<Action>,
) {
    let colors = theme::colors(ui);
    let is_listed = listed == Some(person.id);
    let mean = person.shown_pose().mean_confidence();
    let size = vec2(ui.available_width(), 34.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let name = format!("Person {}", person.id.0);
    response.widget_info(|| {
        let label = format!("{name}, mean confidence {}", percent(mean));
        WidgetInfo::selected(egui::Role::Button, true, is_listed, label)
    });
    let painter = ui.painter();
    let fill = if response.hovered() || response.has_focus() {
        colors.hovered
    } else if is_listed {
        colors.raised
    } else {
        Color32::TRANSPARENT
    };
    painter.rect_filled(rect, theme::CORNER, fill);
    if is_listed {
        let bar = Rect::from_min_size(rect.min + vec2(0.0, 7.0), vec2(3.0, 20.0));
        painter.rect_filled(bar, 1.5, colors.accent);
    }
    painter.circle_filled(
        pos2(rect.min.x + 18.0, rect.center().y),
        6.0,
        theme::identity(person.id),
    );
    painter.text(
        pos2(rect.min.x + 34.0, rect.center().y),
        egui::Align2::LEFT_CENTER,
        name,
        TextStyle::Body.resolve(ui.style()),
        colors.strong,
    );
    confidence_ui(ui, rect.shrink2(vec2(8.0, 0.0)), mean, true);
    let response = response.on_hover_text("Mean confidence of all joints; click for the joints");
    if response.clicked() {
        // who is there alone is listed without being selected
        let is_selected = selected == Some(person.id);
        out.push(Action::Select((!is_selected).then_some(person.id)));
    }
}

fn joints_ui(ui: &mut egui::Ui, person: &TrackedPose, min_confidence: f32) {
    let colors = theme::colors(ui);
    ui.spacing_mut().item_spacing.y = 1.0;
    for joint_idx in 0..JOINT_NAMES.len() {
        let keypoint = person
            .shown_pose()
            .keypoints
            .get(joint_idx)
            .copied()
            .flatten();
        let size = vec2(ui.available_width(), 19.0);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let confidence = keypoint.map(|keypoint| keypoint.confidence);
        let is_drawn = confidence.is_some_and(|confidence| min_confidence <= confidence);
        response.widget_info(|| {
            let value = confidence.map_or_else(|| "not found".to_owned(), percent);
            WidgetInfo::labeled(
                egui::Role::Label,
                true,
                format!("{}: {value}", joint_name(joint_idx)),
            )
        });
        ui.painter().text(
            pos2(rect.min.x + 4.0, rect.center().y),
            egui::Align2::LEFT_CENTER,
            joint_name(joint_idx),
            TextStyle::Small.resolve(ui.style()),
            if is_drawn { colors.text } else { colors.weak },
        );
        match confidence {
            Some(confidence) => {
                confidence_ui(ui, rect.shrink2(vec2(8.0, 0.0)), confidence, is_drawn);
            }
            None => {
                ui.painter().text(
                    rect.right_center() - vec2(8.0, 0.0),
                    egui::Align2::RIGHT_CENTER,
                    "not found",
                    TextStyle::Small.resolve(ui.style()),
                    colors.weak,
                );
            }
        }
        if let Some(keypoint) = keypoint {
            let hint = format!("x {:.1}, y {:.1} pixels", keypoint.at.x, keypoint.at.y);
            response.on_hover_text(hint);
        }
    }
}

/// A bar and a percentage at the right end of `rect`; pale for joints that are not drawn.
fn confidence_ui(ui: &egui::Ui, rect: Rect, confidence: f32, is_drawn: bool) {
    const BAR_WIDTH: f32 = 72.0;
    const NUMBER_WIDTH: f32 = 40.0;
    let colors = theme::colors(ui);
    let painter = ui.painter();
    painter.text(
        rect.right_center(),
        egui::Align2::RIGHT_CENTER,
        percent(confidence),
        TextStyle::Small.resolve(ui.style()),
        if is_drawn { colors.text } else { colors.weak },
    );
    let bar = Rect::from_min_size(
        pos2(rect.max.x - NUMBER_WIDTH - BAR_WIDTH, rect.center().y - 2.5),
        vec2(BAR_WIDTH, 5.0),
    );
    painter.rect_filled(bar, 2.5, colors.hovered);
    let mut filled = bar;
    filled.set_width(BAR_WIDTH * confidence.clamp(0.0, 1.0));
    let color = theme::confidence(confidence);
    let color = if is_drawn {
        color
    } else {
        color.gamma_multiply(0.4)
    };
    painter.rect_filled(filled, 2.5, color);
}

fn percent(share: f32) -> String {
    format!("{:.0} %", 100.0 * share)
}
