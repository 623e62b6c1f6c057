//! The list of all keys, made of the list of commands.

use eframe::egui::{self, Frame, Margin, RichText, TextStyle};

use super::action::Action;
use super::command::{Command, Menu};
use super::menu_bar::key_text;
use super::theme;

/// Draws the list above everything else.
pub fn help_ui(ctx: &egui::Context, out: &mut Vec<Action>) {
    let style = ctx.global_style();
    let frame = Frame::popup(&style).inner_margin(Margin::symmetric(20, 16));
    let content = ctx.content_rect();
    // heading and margins need the rest
    let list_height = content.height() - 100.0;
    let id = egui::Id::unique("help");
    let modal = egui::Modal::new(id)
        .frame(frame)
        .area(egui::Modal::default_area(id).default_size(content.size()));
    let modal = modal.show(ctx, |ui| {
        ui.set_width(700.0_f32.min(content.width() - 80.0));
        ui.spacing_mut().interact_size.y = 18.0;
        let mut closes = false;
        ui.horizontal(|ui| {
            ui.heading("Keys and help");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                closes = ui.button("Close").clicked();
            });
        });
        ui.add_space(6.0);
        egui::ScrollArea::vertical()
            .max_height(list_height)
            // otherwise the window would keep the height of its first, tighter layout
            .min_scrolled_height(list_height)
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.x = 36.0;
                ui.columns_const(|[left, right]| {
                    menu_keys_ui(left, Menu::File);
                    menu_keys_ui(left, Menu::Playback);
                    mouse_ui(left);
                    menu_keys_ui(right, Menu::Overlay);
                    menu_keys_ui(right, Menu::View);
                });
            });
        closes
    });
    if modal.inner || modal.should_close() {
        out.push(Action::Run(Command::ToggleHelp));
    }
}

fn mouse_ui(ui: &mut egui::Ui) {
    let colors = theme::colors(ui);
    ui.add_space(8.0);
    ui.label(
        RichText::new("On the picture")
            .color(colors.accent)
            .strong(),
    );
    for (what, how) in [
        ("See a person's joints", "click"),
        ("Zoom and move", "scroll and drag"),
        ("Fit to window", "double-click"),
    ] {
        row_ui(ui, what, how);
    }
}

fn row_ui(ui: &mut egui::Ui, what: &str, how: &str) -> egui::Response {
    let colors = theme::colors(ui);
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new(what).color(colors.text));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let text = RichText::new(how).text_style(TextStyle::Monospace);
            ui.label(text.color(colors.strong));
        });
        label
    })
    .inner
}

fn menu_keys_ui(ui: &mut egui::Ui, menu: Menu) {
    let colors = theme::colors(ui);
    ui.add_space(8.0);
    ui.spacing_mut().item_spacing.x = 8.0;
    ui.label(RichText::new(menu.text()).color(colors.accent).strong());
    ui.spacing_mut().item_spacing.y = 2.0;
    for command in menu.commands() {
        let keys: Vec<String> = command
            .shortcuts()
            .iter()
            .map(|shortcut| key_text(ui.ctx(), *shortcut))
            .collect();
        row_ui(ui, command.text(), &keys.join(" or ")).on_hover_text(command.tooltip());
    }
}
