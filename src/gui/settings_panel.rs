//! The settings: what is drawn, and how frames are worked on.

use std::ops::RangeInclusive;
use std::time::Duration;

use eframe::egui::{self, RichText, Slider, SliderClamping};

use super::action::Action;
use super::command::Command;
use super::menu_bar::hint;
use super::picture_rate::picture_rate_ui;
use super::state::GuiState;
use super::theme;
use crate::pipeline::PipelineParams;
use crate::track::Selection;

/// More frames between two looks of the detector would let people walk in unseen for two seconds.
pub(super) const MOST_DETECT_EVERY: u32 = 60;

/// What the slider of the time budget offers, in milliseconds: 100 to 5 frames per second.
pub(super) const BUDGETS_MS: RangeInclusive<f64> = 10.0..=200.0;

/// A frame of a 30 Hz camera.
const FIRST_BUDGET: Duration = Duration::from_millis(33);

/// Whoever wants results of more wants them of everyone.
pub(super) const MOST_CHOSEN: u16 = 10;

/// More people than the pipeline was measured with.
pub(super) const MOST_PEOPLE: usize = 50;

/// Draws the panel.
pub fn settings_panel_ui(ui: &mut egui::Ui, state: &GuiState, out: &mut Vec<Action>) {
    ui.spacing_mut().interact_size.y = 22.0;
    ui.spacing_mut().item_spacing.y = 3.0;
    ui.spacing_mut().button_padding.y = 2.0;
    picture_rate_ui(ui, state, out);
    section_ui(ui, "Overlay");
    for command in [
        Command::ToggleSkeleton,
        Command::ToggleBoxes,
        Command::ToggleIdentities,
        Command::ToggleConfidenceColors,
        Command::ToggleJointNames,
        Command::ToggleTimings,
    ] {
        switch_ui(ui, state, command, out);
    }
    let mut overlay = state.overlay;
    setting_ui(ui, "Least confidence that is drawn", |ui| {
        let percent = Slider::from_get_set(0.0..=100.0, |new| {
            if let Some(percent) = new {
                overlay.min_confidence = (percent / 100.0) as f32;
            }
            (100.0 * f64::from(overlay.min_confidence)).round()
        });
        ui.add(percent.integer().suffix(" %")).on_hover_text(
            "Joints less sure are not drawn and their limbs are dotted; the list has all of them",
        )
    });
    if overlay != state.overlay {
        out.push(Action::SetOverlay(overlay));
    }

    section_ui(ui, "Picture");
    switch_ui(ui, state, Command::ToggleMirror, out);
    let mut is_dark = ui.visuals().dark_mode;
    if ui
        .checkbox(&mut is_dark, "Dark colors")
        .on_hover_text(hint(ui.ctx(), Command::ToggleTheme))
        .changed()
    {
        out.push(Action::Run(Command::ToggleTheme));
    }

    pose_net_ui(ui, state, out);

    section_ui(ui, "Tracking");
    switch_ui(ui, state, Command::ToggleSmoothing, out);
    let mut params = state.params.clone();
    ui.checkbox(
        &mut params.tracker.reidentification,
        "Recognize people by their looks",
    )
    .on_hover_text("Who crossed somebody's way or comes back within a minute keeps the number");
    let frames = if params.detect_every == 1 {
        " frame"
    } else {
        " frames"
    };
    let people = if params.max_people == 1 {
        " person"
    } else {
        " people"
    };
    budget_ui(ui, &mut params);
    setting_ui(ui, "Look for new people every", |ui| {
        ui.add_enabled(
            params.budget.is_none(),
            Slider::new(&mut params.detect_every, 1..=MOST_DETECT_EVERY)
                .clamping(SliderClamping::Edits)
                .suffix(frames)
                .update_while_editing(false),
        )
        .on_hover_text(
            "Fewer frames find people sooner and take more time; where less than 15 frames come in a second, more of them are looked at",
        )
        .on_disabled_hover_text("The time budget decides this")
    });
    setting_ui(ui, "Follow at most", |ui| {
        ui.add(
            Slider::new(&mut params.max_people, 1..=MOST_PEOPLE)
                .clamping(SliderClamping::Edits)
                .suffix(people)
                .update_while_editing(false),
        )
        .on_hover_text("Each person takes time of the pose net; the surest are kept")
    });
    selection_ui(ui, state, &mut params);
    if params != state.params {
        out.push(Action::SetParams(params));
    }

    ui.add_space(12.0);
    let hint = "All of this panel as it was at the very first start; what was chosen here is not kept any more";
    if ui.button("Reset to defaults").on_hover_text(hint).clicked() {
        out.push(Action::ResetSettings);
    }
}

/// Which pose net is asked, and whether twice; nothing until the nets are there.
fn pose_net_ui(ui: &mut egui::Ui, state: &GuiState, out: &mut Vec<Action>) {
    let Some(in_use) = &state.pose_net else {
        return;
    };
    let mut setting = in_use.clone();
    section_ui(ui, "Joints");
    setting_ui(ui, "Pose net", |ui| {
        egui::ComboBox::from_id_salt("pose net")
            .selected_text(&in_use.model)
            .show_ui(ui, |ui| {
                for name in &state.pose_nets {
                    ui.selectable_value(&mut setting.model, name.clone(), name);
                }
            })
            .response
            .on_hover_text("accurate places joints more exactly, fast takes a third of the time")
    });
    ui.checkbox(&mut setting.flip_test, "Look in a mirror too")
        .on_hover_text(
            "Joints are placed more exactly and tremble less, more people are found, and the nets take twice as long (flip test)",
        );
    if setting != *in_use {
        out.push(Action::SetPoseNet(setting));
    }
}

/// Whom results are about, and how many of them.
fn selection_ui(ui: &mut egui::Ui, state: &GuiState, params: &mut PipelineParams) {
    let mut n = match params.selection {
        Selection::Largest(n) | Selection::FirstSeen(n) | Selection::LongestSeen(n) => Some(n),
        Selection::Everyone | Selection::Only(_) => None,
    };
    let some = n.unwrap_or(1);
    let mut offered = vec![
        Selection::Everyone,
        Selection::Largest(some),
        Selection::FirstSeen(some),
        Selection::LongestSeen(some),
    ];
    offered.extend(state.selected.map(Selection::Only));
    if !offered.contains(&params.selection) {
        offered.push(params.selection);
    }
    setting_ui(ui, "Results of", |ui| {
        egui::ComboBox::from_id_salt("selection")
            .selected_text(selection_text(params.selection))
            .show_ui(ui, |ui| {
                for selection in offered {
                    let text = selection_text(selection);
                    ui.selectable_value(&mut params.selection, selection, text);
                }
            })
            .response
            .on_hover_text("Others are followed too, but neither drawn, listed nor written")
    });
    if let Some(n) = &mut n {
        setting_ui(ui, "How many of them", |ui| {
            ui.add(
                Slider::new(n, 1..=MOST_CHOSEN)
                    .clamping(SliderClamping::Edits)
                    .update_while_editing(false),
            )
            .on_hover_text("Who leaves keeps the place for ten seconds")
        });
        params.selection = match params.selection {
            Selection::Largest(_) => Selection::Largest(*n),
            Selection::FirstSeen(_) => Selection::FirstSeen(*n),
            Selection::LongestSeen(_) => Selection::LongestSeen(*n),
            other @ (Selection::Everyone | Selection::Only(_)) => other,
        };
    }
}

fn selection_text(selection: Selection) -> String {
    match selection {
        Selection::Everyone => "Everyone".to_owned(),
        Selection::Largest(_) => "The largest".to_owned(),
        Selection::FirstSeen(_) => "Those seen first".to_owned(),
        Selection::LongestSeen(_) => "Those seen longest".to_owned(),
        Selection::Only(id) => format!("Person {} only", id.0),
    }
}

/// Switch and slider of the time that a frame may take.
fn budget_ui(ui: &mut egui::Ui, params: &mut PipelineParams) {
    let mut has_budget = params.budget.is_some();
    ui.checkbox(&mut has_budget, "Keep within a time budget")
        .on_hover_text(
            "Where the machine is too slow for everything, less of the nets runs on each frame, and joints are placed less exactly",
        );
    if has_budget != params.budget.is_some() {
        params.budget = has_budget.then_some(FIRST_BUDGET);
    }
    if let Some(budget) = &mut params.budget {
        let mut budget_ms = (1e3 * budget.as_secs_f64()).round();
        setting_ui(ui, "Time for a frame", |ui| {
            let slider = Slider::new(&mut budget_ms, BUDGETS_MS)
                .integer()
                .suffix(" ms")
                .clamping(SliderClamping::Edits)
                .update_while_editing(false);
            let response = ui
                .add(slider)
                .on_hover_text("33 ms are 30 frames per second");
            // what the command line said stays as it is until somebody moves the slider
            if response.changed() {
                *budget = Duration::from_millis(budget_ms as u64);
            }
            response
        });
    }
}

/// What settings of a kind begin with.
pub(super) fn section_ui(ui: &mut egui::Ui, title: &str) {
    ui.add_space(8.0);
    ui.label(
        RichText::new(title)
            .color(theme::colors(ui).strong)
            .strong(),
    );
    ui.add_space(2.0);
}

/// A check box that runs the same command as the key and the menu.
fn switch_ui(ui: &mut egui::Ui, state: &GuiState, command: Command, out: &mut Vec<Action>) {
    let mut on = state.is_on(command).unwrap_or_default();
    let response = ui
        .checkbox(&mut on, command.text())
        .on_hover_text(hint(ui.ctx(), command));
    if response.changed() {
        out.push(Action::Run(command));
    }
}

/// A widget below its name, which screen readers say with it.
pub(super) fn setting_ui(
    ui: &mut egui::Ui,
    text: &str,
    add_widget: impl FnOnce(&mut egui::Ui) -> egui::Response,
) {
    ui.add_space(4.0);
    let label = ui.label(RichText::new(text).color(theme::colors(ui).weak));
    ui.scope(add_widget).inner.labelled_by(label.id);
}
