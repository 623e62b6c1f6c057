//! The window's application: `logic` takes in messages and runs commands, `ui` draws.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use eframe::egui::{self, Frame, Key, Margin, Panel, RichText};

use crate::base::worker::Wake;
use crate::engine::{EngineCommand, PoseNetSetting};
use crate::pipeline::PipelineParams;
use crate::source::SourceSpec;

use super::action::Action;
use super::banner::banner_ui;
use super::command::Command;
use super::drop_target::{drop_target_ui, dropped_paths};
use super::engine_handle::EngineHandle;
use super::export_dialog::export_dialog_ui;
use super::export_strip::export_strip_ui;
use super::file_dialog::{Answer, FileDialog, Wanted};
use super::help::help_ui;
use super::keys;
use super::menu_bar::{self, menu_bar_ui};
use super::options::SidePanel;
use super::people_panel::people_panel_ui;
use super::picture::PictureTexture;
use super::recent_files::RecentFiles;
use super::recording_sign::recording_sign_ui;
use super::seek_bar::{self, seek_bar_ui};
use super::settings::Settings;
use super::settings_panel::settings_panel_ui;
use super::stage::stage_ui;
use super::start_screen::start_screen_ui;
use super::state::GuiState;
use super::status_bar::status_bar_ui;
use super::theme;
use super::timing_overlay::{RATES_FADE, timing_overlay_ui};
use super::toasts::{ToastKind, toasts_ui};

/// With what the window begins.
#[derive(Clone, Debug, Default)]
pub struct StartOptions {
    /// Opened at once.
    pub source: Option<SourceSpec>,
    /// How frames are worked on; the engine was started with the same.
    pub params: PipelineParams,
    /// The pose net that the engine was started with, where it was told.
    pub pose_net: Option<PoseNetSetting>,
    /// What of both the command line says, by the names of the settings in the window's file: that wins over what was kept.
    pub typed: BTreeSet<&'static str>,
    /// The settings that were kept.
    pub settings: Settings,
    /// What was opened before.
    pub recent: RecentFiles,
    /// Where pictures of cameras are saved; the system's folder if `None`.
    pub pictures_dir: Option<PathBuf>,
    /// Files cannot be dropped on the window here.
    pub without_drop: bool,
}

/// The application.
pub struct App {
    /// All that is known.
    pub state: GuiState,
    engine: Box<dyn EngineHandle>,
    file_dialog: Box<dyn FileDialog>,
    /// What the file dialog that is open asks for.
    asked_for: Option<Wanted>,
    ctx: egui::Context,
    wake: Wake,
    picture: PictureTexture,
    typed_path: String,
    title: String,
}

impl App {
    /// Dresses the window and asks the engine for the first things.
    pub fn new(
        ctx: &egui::Context,
        start: StartOptions,
        mut engine: Box<dyn EngineHandle>,
        file_dialog: Box<dyn FileDialog>,
    ) -> Self {
        theme::install(ctx, start.settings.theme());
        let mut state = GuiState::new(start.params, start.pictures_dir);
        state.can_drop = !start.without_drop;
        state.begin_with(start.settings, start.recent);
        engine.send(EngineCommand::FindCameras);
        if let Some(spec) = start.source {
            // a folder that the command line names without a rate has that of the last time
            state.open(state.recent.as_before(spec), engine.as_mut());
        }
        Self {
            state,
            engine,
            file_dialog,
            asked_for: None,
            ctx: ctx.clone(),
            wake: wake(ctx),
            picture: PictureTexture::default(),
            typed_path: String::new(),
            title: String::new(),
        }
    }

    fn run(&mut self, actions: Vec<Action>, ctx: &egui::Context) {
        if actions.is_empty() {
            return;
        }
        for action in actions {
            self.state.handle(action, self.engine.as_mut(), ctx);
        }
        // what was drawn is no longer true
        ctx.request_repaint();
    }

    /// Takes in what the engine has to say: events may speak of the source that a result belongs to,
    /// so the result is taken first and looked at last.
    fn hear_engine(&mut self, ctx: &egui::Context) {
        let now = Instant::now();
        let now_secs = ctx.input(|input| input.time);
        let update = self.engine.take_update();
        for event in self.engine.take_events() {
            self.state.hear(event, self.engine.as_mut(), now, now_secs);
        }
        if let Some(update) = update {
            self.state.update(update, now);
        }
    }

    fn ask_for_file(&mut self, ctx: &egui::Context) -> Option<Action> {
        if let Some(wanted) = self.state.wants_dialog.take()
            && self.asked_for.is_none()
        {
            self.asked_for = Some(wanted);
            self.file_dialog.open(wanted, &self.wake);
        }
        let answer = self.file_dialog.take_answer()?;
        let asked_for = self.asked_for.take();
        let is_for_export = asked_for == Some(Wanted::ExportFolder);
        match answer {
            Answer::Chosen(path) if is_for_export => {
                let choice = self.state.export.choice.clone();
                Some(Action::SetExportChoice(choice.in_folder(path)))
            }
            Answer::Chosen(path) => Some(Action::Open(SourceSpec::Path(path))),
            Answer::Cancelled => None,
            Answer::Unavailable if is_for_export => {
                let text = "This desktop offers no file dialog: copy the files from where they are, or let \
                            `poseglass track` write them elsewhere";
                let now_secs = ctx.input(|input| input.time);
                self.state.toasts.add(ToastKind::Warning, text, now_secs);
                None
            }
            Answer::Unavailable => {
                let [what, argument] = if asked_for == Some(Wanted::Folder) {
                    ["folder", "FOLDER"]
                } else {
                    ["file", "FILE"]
                };
                let drop_it = if self.state.can_drop {
                    format!("drop the {what} on the window, ")
                } else {
                    String::new()
                };
                let text = format!(
                    "This desktop offers no file dialog: {drop_it}type the path of the {what} on the start screen, or \
                     start with `poseglass {argument}`"
                );
                let now_secs = ctx.input(|input| input.time);
                self.state.toasts.add(ToastKind::Warning, text, now_secs);
                None
            }
        }
    }

    /// The window's frame says what is open.
    fn set_title(&mut self, ctx: &egui::Context) {
        let title = match menu_bar::title(&self.state) {
            source if source.is_empty() => "poseglass".to_owned(),
            source => format!("{source} – poseglass"),
        };
        if title != self.title {
            ctx.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }

    fn bars_ui(&self, ui: &mut egui::Ui, now: Instant, out: &mut Vec<Action>) {
        let state = &self.state;
        let colors = theme::colors(ui);
        let bar = |x, y| {
            Frame::NONE
                .fill(colors.panel)
                .inner_margin(Margin::symmetric(x, y))
        };
        if !state.fullscreen {
            Panel::top("menu").frame(bar(8, 4)).show(ui, |ui| {
                menu_bar_ui(ui, state, out);
            });
            Panel::bottom("status").frame(bar(12, 4)).show(ui, |ui| {
                status_bar_ui(ui, state, now);
            });
        }
        banner_ui(ui, state, out);
        export_strip_ui(ui, state, out);
        if seek_bar::is_needed(state) {
            Panel::bottom("seek").frame(bar(8, 4)).show(ui, |ui| {
                seek_bar_ui(ui, state, out);
            });
        }
    }

    fn side_panel_ui(&self, ui: &mut egui::Ui, out: &mut Vec<Action>) {
        let state = &self.state;
        let Some(panel) = state.shown_side_panel() else {
            return;
        };
        let colors = theme::colors(ui);
        let frame = Frame::NONE
            .fill(colors.panel)
            .inner_margin(Margin::symmetric(12, 10));
        Panel::right("side")
            .frame(frame)
            .resizable(false)
            .exact_size(theme::SIDE_PANEL_WIDTH)
            .show(ui, |ui| {
                let title = match panel {
                    SidePanel::People => "People",
                    SidePanel::Settings => "Settings",
                };
                ui.label(RichText::new(title).size(17.0).color(colors.strong));
                egui::ScrollArea::vertical()
                    .id_salt(title)
                    .auto_shrink(false)
                    .show(ui, |ui| match panel {
                        SidePanel::People => people_panel_ui(ui, state, out),
                        SidePanel::Settings => settings_panel_ui(ui, state, out),
                    });
            });
    }
}

/// Lets other threads wake the window.
pub fn wake(ctx: &egui::Context) -> Wake {
    let ctx = ctx.clone();
    Arc::new(move || ctx.request_repaint())
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.hear_engine(ctx);
        if let Some(fullscreen) = ctx.input(|input| input.viewport().fullscreen) {
            // the window manager may have its own key for it
            self.state.fullscreen = fullscreen;
        }
        let (closes, now_secs) =
            ctx.input(|input| (input.viewport().close_requested(), input.time));
        if closes && self.state.stays_for_export(now_secs) {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        }
        let mut actions: Vec<Action> = keys::take_commands(ctx, &self.state)
            .into_iter()
            .map(Action::Run)
            .collect();
        actions.extend(dropped_paths(ctx).map(Action::OpenDropped));
        actions.extend(self.ask_for_file(ctx));
        if self.state.fullscreen
            && !self.state.shows_dialog()
            && ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape))
        {
            actions.push(Action::Run(Command::ToggleFullscreen));
        }
        self.run(actions, ctx);
        self.set_title(ctx);
        if let Some(next) = self.state.toasts.expire(ctx.input(|input| input.time)) {
            ctx.request_repaint_after(next);
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let now = Instant::now();
        let ctx = ui.ctx().clone();
        let mut out = Vec::new();
        match self.state.session.result() {
            Some(result) => self.picture.show(&ctx, &result.frame.image),
            None => self.picture.clear(),
        }

        self.bars_ui(ui, now, &mut out);
        self.side_panel_ui(ui, &mut out);
        let stage_frame = Frame::NONE.fill(theme::colors(ui).stage);
        let is_at_start = self.state.is_at_start();
        let (state, typed_path) = (&self.state, &mut self.typed_path);
        let texture = self.picture.id();
        let stage = egui::CentralPanel::no_frame()
            .frame(stage_frame)
            .show(ui, |ui| {
                if is_at_start {
                    let stage = ui.max_rect();
                    start_screen_ui(ui, state, typed_path, &mut out);
                    stage
                } else {
                    let stage = stage_ui(ui, state, texture, &mut out);
                    timing_overlay_ui(ui, stage, state, now);
                    recording_sign_ui(ui, stage, state);
                    stage
                }
            })
            .inner;
        toasts_ui(&ctx, stage, &state.toasts, &mut out);
        drop_target_ui(&ctx);
        export_dialog_ui(&ctx, state, &mut out);
        if state.shows_help {
            help_ui(&ctx, &mut out);
        }
        let source = state.session.source.as_ref();
        if source.is_some_and(|source| source.timings.display_fps(now) != 0.0) {
            ctx.request_repaint_after(RATES_FADE);
        }
        self.run(out, &ctx);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        let settings = self.state.settings_to_keep(self.ctx.theme());
        settings.write(storage);
        self.state.recent.write(storage);
    }

    /// How far lists are scrolled is nothing to keep.
    fn persist_egui_memory(&self) -> bool {
        false
    }
}
