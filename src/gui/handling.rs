//! Carries out what views and keys ask for: the only place where the state changes and the engine is told.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use eframe::egui;

use crate::engine::EngineCommand;
use crate::pipeline::PipelineParams;
use crate::source::SourceSpec;
use crate::track::Selection;
use crate::types::TrackId;

use super::action::Action;
use super::command::Command;
use super::engine_handle::EngineHandle;
use super::file_dialog::Wanted;
use super::menu_bar::keys_text;
use super::options::SidePanel;
use super::saving;
use super::session::{OpenSource, Step};
use super::state::{Cameras, GuiState};
use super::toasts::ToastKind;
use super::typed_path;
use super::viewpoint::Viewpoint;

/// How far `JumpBackward` and `JumpForward` go, as their texts say.
const JUMP: Duration = Duration::from_secs(5);

/// One step of the zoom keys.
const ZOOM_STEP: f32 = 1.25;

impl GuiState {
    /// Carries out what a view asked for.
    pub fn handle(&mut self, action: Action, engine: &mut dyn EngineHandle, ctx: &egui::Context) {
        let now_secs = ctx.input(|input| input.time);
        match action {
            Action::Run(command) => {
                match self.why_disabled(command) {
                    None => self.run(command, engine, ctx),
                    // a key that does nothing without a word is taken for broken
                    Some(reason) => self.toasts.add(ToastKind::Warning, reason, now_secs),
                }
            }
            Action::Open(spec) => self.open(self.recent.as_before(spec), engine),
            Action::OpenTyped(typed) => {
                match typed_path::parse(&typed, std::env::var_os("HOME").map(PathBuf::from)) {
                    Ok(spec) => self.open(self.recent.as_before(spec), engine),
                    Err(message) => self.toasts.add(ToastKind::Error, message, now_secs),
                }
            }
            Action::OpenDropped(paths) => {
                if 1 < paths.len() {
                    let text = format!(
                        "{} files were dropped; the first one is opened",
                        paths.len()
                    );
                    self.toasts.add(ToastKind::Warning, text, now_secs);
                }
                if let Some(path) = paths.into_iter().next() {
                    self.open(self.recent.as_before(SourceSpec::Path(path)), engine);
                }
            }
            Action::SetPictureRate(rate_hz) => self.set_picture_rate(rate_hz, engine),
            Action::FindCameras => {
                self.cameras = Cameras::Looking;
                engine.send(EngineCommand::FindCameras);
            }
            Action::Scrub(target) => {
                let now = Instant::now();
                if let Some(source) = &mut self.session.source
                    && !source.is_seeking(now)
                {
                    source.note_seek(target, now);
                    engine.send(EngineCommand::Seek(target));
                }
            }
            Action::Seek(target) => self.seek(target, engine),
            Action::Select(person) => self.selected = person,
            Action::SetOverlay(overlay) => self.overlay = overlay,
            Action::SetParams(params) => self.set_params(params, engine),
            Action::SetPoseNet(setting) => {
                self.pose_net = Some(setting.clone());
                engine.send(EngineCommand::SetPoseNet(setting));
            }
            Action::SetViewpoint(viewpoint) => self.viewpoint = viewpoint,
            Action::DismissToast(number) => self.toasts.dismiss(number),
            Action::DismissFailure => self.session.failure = None,
            Action::SetExportChoice(choice) => self.choose_export(choice),
            Action::ChooseExportFolder => self.wants_dialog = Some(Wanted::ExportFolder),
            Action::StartExport => self.start_export(engine, now_secs),
            Action::CancelExport => self.cancel_export(engine),
            Action::ForgetRecentFiles => self.recent.forget(),
            Action::ResetSettings => self.reset_settings(engine, ctx),
        }
    }

    fn run(&mut self, command: Command, engine: &mut dyn EngineHandle, ctx: &egui::Context) {
        let overlay = &mut self.overlay;
        match command {
            Command::OpenFile => self.wants_dialog = Some(Wanted::File),
            Command::OpenFolder => self.wants_dialog = Some(Wanted::Folder),
            Command::OpenCamera => self.open(self.first_camera(), engine),
            Command::OpenTestScene => self.open(SourceSpec::Synthetic, engine),
            Command::SavePicture => self.save_picture(engine),
            Command::Record => self.toggle_recording(engine),
            Command::Export => self.toggle_export_dialog(),
            Command::CloseSource => {
                self.forget_people(engine);
                self.note_recording_ends();
                self.session.close();
                self.export.shows_dialog = false;
                self.overlay.mirror = self.mirrors_cameras;
                engine.send(EngineCommand::Close);
            }
            Command::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            Command::TogglePlay => self.toggle_play(engine),
            Command::StepBackward => self.step(Step::Backward, engine),
            Command::StepForward => self.step(Step::Forward, engine),
            Command::JumpBackward => self.seek(self.position().saturating_sub(JUMP), engine),
            Command::JumpForward => self.seek(self.position().saturating_add(JUMP), engine),
            Command::GoToStart => self.seek(Duration::ZERO, engine),
            Command::GoToEnd => self.seek(Duration::MAX, engine),
            Command::Slower => self.change_speed(OpenSource::slower, engine),
            Command::Faster => self.change_speed(OpenSource::faster, engine),
            Command::ToggleSkeleton => overlay.skeletons ^= true,
            Command::ToggleBoxes => overlay.boxes ^= true,
            Command::ToggleIdentities => overlay.identities ^= true,
            Command::ToggleConfidenceColors => overlay.confidence_colors ^= true,
            Command::ToggleJointNames => overlay.joint_names ^= true,
            Command::ToggleMirror => {
                overlay.mirror ^= true;
                self.note_mirror();
            }
            Command::ToggleSmoothing => {
                let mut params = self.params.clone();
                params.tracker.smoothing ^= true;
                self.set_params(params, engine);
            }
            Command::SelectNextPerson => self.select_next_person(),
            Command::OnlySelected => self.toggle_only_selected(engine),
            Command::ToggleAngles => self.toggle_angles(ctx),
            Command::ZoomIn => self.zoom(ZOOM_STEP),
            Command::ZoomOut => self.zoom(1.0 / ZOOM_STEP),
            Command::ZoomToFit => self.viewpoint = Viewpoint::default(),
            Command::ToggleTimings => self.shows_timings ^= true,
            Command::TogglePeople => self.toggle_side_panel(SidePanel::People, ctx),
            Command::ToggleSettings => self.toggle_side_panel(SidePanel::Settings, ctx),
            Command::ToggleTheme => {
                let other = match ctx.theme() {
                    egui::Theme::Dark => egui::Theme::Light,
                    egui::Theme::Light => egui::Theme::Dark,
                };
                ctx.set_theme(other);
            }
            Command::ToggleFullscreen => {
                self.fullscreen ^= true;
                ctx.send_viewport_cmd(egui::ViewportCommand::Fullscreen(self.fullscreen));
            }
            Command::ToggleHelp => self.shows_help ^= true,
        }
    }

    /// Opens a source, which takes the place of the current one as soon as it is open.
    pub fn open(&mut self, spec: SourceSpec, engine: &mut dyn EngineHandle) {
        let was_open = self.session.source.is_some();
        self.session.open(spec.clone());
        if self.session.source.is_none() {
            self.begin_source(&spec, was_open, engine);
        }
        engine.send(EngineCommand::Open(spec));
    }

    /// Begins to show a source, in place of another one or of nothing.
    pub(super) fn begin_source(
        &mut self,
        spec: &SourceSpec,
        replaces_another: bool,
        engine: &mut dyn EngineHandle,
    ) {
        if replaces_another {
            self.forget_people(engine);
            self.note_recording_ends();
        }
        // who stands before a camera wants a mirror, a recording shows how it was
        self.overlay.mirror = matches!(spec, SourceSpec::Camera(_)) && self.mirrors_cameras;
        self.viewpoint = Viewpoint::default();
        self.export.shows_dialog = false;
    }

    /// Nobody of this source is in the next one.
    fn forget_people(&mut self, engine: &mut dyn EngineHandle) {
        self.selected = None;
        if self.follows_one_person() {
            self.follow(Selection::Everyone, engine);
        }
    }

    /// The camera that is opened when none is named.
    fn first_camera(&self) -> SourceSpec {
        SourceSpec::Camera(match &self.cameras {
            Cameras::Found(cameras) => cameras.first().map_or(0, |camera| camera.number),
            Cameras::Looking | Cameras::Unknown(_) => 0,
        })
    }

    /// Has results that are about these people only.
    pub(super) fn follow(&mut self, selection: Selection, engine: &mut dyn EngineHandle) {
        let mut params = self.params.clone();
        params.selection = selection;
        self.set_params(params, engine);
    }

    fn toggle_only_selected(&mut self, engine: &mut dyn EngineHandle) {
        if self.follows_one_person() {
            self.follow(Selection::Everyone, engine);
        } else if let Some(selected) = self.selected {
            self.follow(Selection::Only(selected), engine);
        }
    }

    fn set_params(&mut self, params: PipelineParams, engine: &mut dyn EngineHandle) {
        self.params = params.clone();
        engine.send(EngineCommand::SetParams(params));
    }

    fn toggle_play(&mut self, engine: &mut dyn EngineHandle) {
        let Some(source) = &mut self.session.source else {
            return;
        };
        if source.ended {
            source.note_seek(Duration::ZERO, Instant::now());
            engine.send(EngineCommand::Seek(Duration::ZERO));
        }
        source.paused ^= true;
        // a short pause would be taken for frames that come late
        source.timings.forget_played_speed();
        engine.send(EngineCommand::SetPaused(source.paused));
    }

    fn step(&mut self, step: Step, engine: &mut dyn EngineHandle) {
        if let Some(source) = &mut self.session.source
            && source.note_step(step, Instant::now())
        {
            engine.send(match step {
                Step::Forward => EngineCommand::StepForward,
                Step::Backward => EngineCommand::StepBackward,
            });
        }
    }

    fn change_speed(&mut self, next: impl Fn(&OpenSource) -> f64, engine: &mut dyn EngineHandle) {
        if let Some(source) = &mut self.session.source {
            source.speed = next(source);
            source.timings.forget_played_speed();
            engine.send(EngineCommand::SetSpeed(source.speed));
        }
    }

    fn position(&self) -> Duration {
        let source = self.session.source.as_ref();
        source.map(|source| source.position()).unwrap_or_default()
    }

    fn seek(&mut self, target: Duration, engine: &mut dyn EngineHandle) {
        if let Some(source) = &mut self.session.source {
            let target = source.length().map_or(target, |length| target.min(length));
            source.note_seek(target, Instant::now());
            engine.send(EngineCommand::Seek(target));
        }
    }

    /// Keys zoom about what is in the middle.
    fn zoom(&mut self, factor: f32) {
        if let Some(result) = self.session.result() {
            let size = result.frame.image.size();
            // the size of the stage drops out when what stays in place is its middle
            let stage = egui::Rect::from_min_size(
                egui::Pos2::ZERO,
                egui::vec2(size[0] as f32, size[1] as f32),
            );
            self.viewpoint = self.viewpoint.zoomed(factor, stage.center(), stage, size);
        }
    }

    fn toggle_side_panel(&mut self, panel: SidePanel, ctx: &egui::Context) {
        if self.says_that_panels_are_hidden(ctx) {
            return;
        }
        let is_shown = self.shown_side_panel() == Some(panel);
        self.side_panel = match (panel, is_shown) {
            (panel, false) => Some(panel),
            (SidePanel::People, true) => None,
            // the panel of the beginning, which appears once something is open
            (SidePanel::Settings, true) => Some(SidePanel::People),
        };
    }

    /// In full screen nobody would see a panel change: it is said instead. Tells whether it was.
    fn says_that_panels_are_hidden(&mut self, ctx: &egui::Context) -> bool {
        if self.fullscreen {
            let key = keys_text(ctx, Command::ToggleFullscreen);
            let text = format!("Panels are hidden in full screen; {key} brings them back");
            let now_secs = ctx.input(|input| input.time);
            self.toasts.add(ToastKind::Warning, text, now_secs);
        }
        self.fullscreen
    }

    fn select_next_person(&mut self) {
        if let Some(result) = self.session.result() {
            let after = |id: TrackId| result.people.iter().find(|person| id < person.id);
            let next = self
                .selected
                .and_then(after)
                .or_else(|| result.people.first());
            self.selected = next.map(|person| person.id);
            // in full screen the box in the picture tells who it is
            if !self.fullscreen {
                self.side_panel = Some(SidePanel::People);
            }
        }
    }

    /// Angles are switched on where they are seen.
    fn toggle_angles(&mut self, ctx: &egui::Context) {
        if self.says_that_panels_are_hidden(ctx) {
            return;
        }
        let are_seen = self.shown_side_panel() == Some(SidePanel::People) && self.shows_angles;
        self.shows_angles = !are_seen;
        self.side_panel = Some(SidePanel::People);
    }

    fn save_picture(&self, engine: &mut dyn EngineHandle) {
        if let Some(source) = &self.session.source
            && let Some(update) = &source.update
        {
            engine.send(EngineCommand::SavePicture(saving::order(
                &update.result,
                &source.spec,
                &self.overlay,
                self.pictures_dir.as_deref(),
            )));
        }
    }
}
