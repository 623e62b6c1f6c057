//! The window in the window that asks what an export is to write, and where.

use eframe::egui::{self, Button, Color32, Frame, Label, Margin, RichText, Stroke, TextStyle};

use crate::source::SourceKind;
use crate::track::Selection;

use super::action::Action;
use super::command::Command;
use super::export_choice::{ExportChoice, Output};
use super::session::OpenSource;
use super::state::GuiState;
use super::theme;

/// Width of the dialog where the window is wide enough: the descriptions take a line each.
const WIDTH: f32 = 540.0;

/// What heading, folder, buttons and margins take of the height.
const HEIGHT_OF_REST: f32 = 220.0;

/// What it takes above the list to say that some people alone are written.
const HEIGHT_OF_WHOM: f32 = 56.0;

/// How far descriptions stand to the right, below the texts of their check boxes.
const INDENT: i8 = 24;

/// Draws the dialog above everything else, if it is shown.
pub fn export_dialog_ui(ctx: &egui::Context, state: &GuiState, out: &mut Vec<Action>) {
    let source = state.session.source.as_ref();
    let Some(source) = source.filter(|_| state.export.shows_dialog) else {
        return;
    };
    let style = ctx.global_style();
    let frame = Frame::popup(&style).inner_margin(Margin::symmetric(20, 16));
    let content = ctx.content_rect();
    let whom = whom(state, source);
    let height_of_whom = whom.as_ref().map_or(0.0, |_| HEIGHT_OF_WHOM);
    let list_height = content.height() - HEIGHT_OF_REST - height_of_whom;
    let id = egui::Id::unique("export dialog");
    let modal = egui::Modal::new(id)
        .frame(frame)
        .area(egui::Modal::default_area(id).default_size(content.size()));
    let mut choice = state.export.choice.clone();
    let modal = modal.show(ctx, |ui| {
        ui.set_width(WIDTH.min(content.width() - 80.0));
        ui.heading("Export files");
        ui.add_space(6.0);
        // what may be missed below the end of the list
        if let Some(whom) = &whom {
            small_ui(ui, whom, theme::colors(ui).strong);
        }
        egui::ScrollArea::vertical()
            .max_height(list_height)
            // otherwise the window would keep the height of its first, tighter layout
            .min_scrolled_height(list_height)
            .show(ui, |ui| {
                ui.spacing_mut().interact_size.y = 20.0;
                ui.spacing_mut().item_spacing.y = 2.0;
                for output in Output::ALL {
                    output_ui(ui, output, source.info.kind, &mut choice);
                }
                ui.add_space(6.0);
                for note in notes(source) {
                    weak_ui(ui, note);
                }
            });
        ui.add_space(4.0);
        folder_ui(ui, state, &mut choice, out);
        ui.add_space(4.0);
        buttons_ui(ui, &choice, out)
    });
    if choice != state.export.choice {
        out.push(Action::SetExportChoice(choice));
    }
    if modal.inner || modal.should_close() {
        out.push(Action::Run(Command::Export));
    }
}

/// A check box, and below it what it is good for.
fn output_ui(ui: &mut egui::Ui, output: Output, kind: SourceKind, choice: &mut ExportChoice) {
    let text = match (output, kind) {
        (Output::Annotated, SourceKind::Picture) => "Annotated picture",
        _ => output.text(),
    };
    let mut is_wanted = choice.has(output);
    let response = ui.checkbox(&mut is_wanted, text);
    if response.on_hover_text(output.description()).changed() {
        choice.set(output, is_wanted);
    }
    let indent = Margin {
        left: INDENT,
        ..Margin::ZERO
    };
    Frame::NONE.inner_margin(indent).show(ui, |ui| {
        weak_ui(ui, output.description());
    });
}

fn weak_ui(ui: &mut egui::Ui, text: &str) {
    small_ui(ui, text, theme::colors(ui).weak);
}

fn small_ui(ui: &mut egui::Ui, text: &str, color: Color32) {
    let text = RichText::new(text).text_style(TextStyle::Small);
    ui.add(Label::new(text.color(color)).wrap());
}

/// Where the files go.
fn folder_ui(
    ui: &mut egui::Ui,
    state: &GuiState,
    choice: &mut ExportChoice,
    out: &mut Vec<Action>,
) {
    let colors = theme::colors(ui);
    let text = match &state.export.folder {
        Some(folder) => format!("Files go to {}", folder.display()),
        None => "Choose a folder for the files".to_owned(),
    };
    let label = Label::new(RichText::new(&text).color(colors.strong));
    ui.add(label.truncate()).on_hover_text(text);
    ui.horizontal(|ui| {
        if ui.button("Choose folder…").clicked() {
            out.push(Action::ChooseExportFolder);
        }
        let is_elsewhere = choice.folder.is_some();
        let button = ui.add_enabled(is_elsewhere, Button::new("Beside the recording"));
        let button = button.on_disabled_hover_text("That is where they go");
        if button.clicked() {
            choice.folder = None;
        }
    });
}

/// What is good to know before.
fn notes(source: &OpenSource) -> [&'static str; 2] {
    let how = if source.is_of_results() {
        "People are those of the results that are open; the nets are not asked. Playing is paused."
    } else {
        "All frames are worked on anew from the first one on, as poseglass track does it, with the settings of this \
         window but for its time budget. Playing is paused."
    };
    let names = "Files are named after the recording, and nothing is overwritten.";
    [how, names]
}

/// Who is written, where that is not everyone.
fn whom(state: &GuiState, source: &OpenSource) -> Option<String> {
    match state.params.selection {
        Selection::Everyone => None,
        Selection::Only(id) if source.is_of_results() => Some(format!(
            "Person {} alone is written, as in the window.",
            id.0
        )),
        Selection::Only(id) => Some(format!(
            "Person {} alone is written, as in the window. People are counted anew from the first frame on, so this may \
             be somebody else: look at the annotated video, or show everyone before.",
            id.0
        )),
        Selection::Largest(_) | Selection::FirstSeen(_) | Selection::LongestSeen(_) => {
            Some("Some people alone are written, as the settings say.".to_owned())
        }
    }
}

/// Begins or closes; tells whether it is to be closed.
fn buttons_ui(ui: &mut egui::Ui, choice: &ExportChoice, out: &mut Vec<Action>) -> bool {
    let colors = theme::colors(ui);
    ui.horizontal(|ui| {
        let export = Button::new(RichText::new("Export").color(colors.on_accent))
            .fill(colors.accent)
            .stroke(Stroke::NONE);
        let export = ui.add_enabled(!choice.is_empty(), export);
        let export = export.on_disabled_hover_text("Choose at least one kind of file");
        if export.clicked() {
            out.push(Action::StartExport);
        }
        ui.button("Close").clicked()
    })
    .inner
}
