//! All that the window knows.

use std::path::PathBuf;
use std::time::Instant;

use crate::engine::{CameraChoice, EngineEvent, PoseNetSetting, Update};
use crate::pipeline::PipelineParams;
use crate::track::Selection;
use crate::types::TrackId;

use super::camera_recording::RunningRecording;
use super::engine_handle::EngineHandle;
use super::exporting::ExportState;
use super::file_dialog::Wanted;
use super::kept::Kept;
use super::options::{OverlayOptions, SidePanel};
use super::recent_files::RecentFiles;
use super::session::{NotOpened, Session};
use super::start_screen::sentence;
use super::toasts::{ToastKind, Toasts, Topic};
use super::viewpoint::Viewpoint;

/// How the nets are doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nets {
    /// They are being loaded.
    Loading,
    /// They work.
    Ready {
        /// Backend and nets, for people.
        backend: String,
        /// Why it is not the backend that was asked for.
        fallback: Option<String>,
    },
    /// They cannot be loaded.
    Failed {
        /// One sentence that says what to do.
        message: String,
    },
}

/// What is known of cameras.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cameras {
    /// They are being looked for.
    Looking,
    /// These are there.
    Found(Vec<CameraChoice>),
    /// They cannot be listed.
    Unknown(String),
}

/// The state of the window.
#[derive(Debug)]
pub struct GuiState {
    /// The nets.
    pub nets: Nets,
    /// The pose net in use, or asked for; `None` until the nets are ready.
    pub pose_net: Option<PoseNetSetting>,
    /// Names of the pose nets that may be chosen.
    pub pose_nets: Vec<String>,
    /// The source and its newest result.
    pub session: Session,
    /// The cameras.
    pub cameras: Cameras,
    /// What is drawn on the picture.
    pub overlay: OverlayOptions,
    /// Whether cameras are shown as in a mirror when they are opened.
    pub mirrors_cameras: bool,
    /// How frames are worked on.
    pub params: PipelineParams,
    /// Zoom and pan.
    pub viewpoint: Viewpoint,
    /// Whose joints are listed.
    pub selected: Option<TrackId>,
    /// Whether the angles of that person are listed in place of the joints.
    pub shows_angles: bool,
    /// What is open on the right.
    pub side_panel: Option<SidePanel>,
    /// Whether rates and times are shown.
    pub shows_timings: bool,
    /// Whether the list of keys is shown.
    pub shows_help: bool,
    /// Whether there is nothing but the picture.
    pub fullscreen: bool,
    /// Messages in the corner.
    pub toasts: Toasts,
    /// What is exported.
    pub export: ExportState,
    /// The recording of a camera that runs.
    pub camera_recording: Option<RunningRecording>,
    /// A dialog for this is to be opened.
    pub wants_dialog: Option<Wanted>,
    /// Whether files can be dropped on the window.
    pub can_drop: bool,
    /// Where pictures of cameras are written; that of the system if `None`.
    pub pictures_dir: Option<PathBuf>,
    /// What was opened, or recorded, last.
    pub recent: RecentFiles,
    /// What is kept from one start to the next.
    pub kept: Kept,
}

impl GuiState {
    /// Nothing open.
    pub fn new(params: PipelineParams, pictures_dir: Option<PathBuf>) -> Self {
        Self {
            nets: Nets::Loading,
            pose_net: None,
            pose_nets: Vec::new(),
            session: Session::default(),
            cameras: Cameras::Looking,
            overlay: OverlayOptions::default(),
            mirrors_cameras: false,
            params,
            viewpoint: Viewpoint::default(),
            selected: None,
            shows_angles: false,
            side_panel: Some(SidePanel::People),
            shows_timings: true,
            shows_help: false,
            fullscreen: false,
            toasts: Toasts::default(),
            export: ExportState::default(),
            camera_recording: None,
            wants_dialog: None,
            can_drop: true,
            pictures_dir,
            recent: RecentFiles::default(),
            kept: Kept::default(),
        }
    }

    /// Takes in what the engine tells; what has to be answered is answered at once.
    pub fn hear(
        &mut self,
        event: EngineEvent,
        engine: &mut dyn EngineHandle,
        now: Instant,
        now_secs: f64,
    ) {
        match event {
            EngineEvent::NetsReady {
                backend,
                fallback,
                pose_net,
                pose_nets,
            } => {
                self.kept.began_with_pose_net(&pose_net);
                self.pose_net = Some(pose_net);
                self.pose_nets = pose_nets;
                if let Some(reason) = &fallback {
                    self.toasts.add(ToastKind::Warning, reason, now_secs);
                }
                self.nets = Nets::Ready { backend, fallback };
            }
            EngineEvent::NetsFailed { message } => self.nets = Nets::Failed { message },
            EngineEvent::PoseNetChanged { backend, pose_net } => {
                self.pose_net = Some(pose_net);
                if let Nets::Ready { backend: shown, .. } = &mut self.nets {
                    *shown = backend;
                }
            }
            EngineEvent::PoseNetFailed { message, pose_net } => {
                let text = format!("The pose net stays {}: {message}", pose_net.model);
                self.toasts.add(ToastKind::Error, text, now_secs);
                self.pose_net = Some(pose_net);
            }
            EngineEvent::SourceOpened { epoch, info } => {
                let replaces_another = self.session.source.is_some();
                let to_keep = self.view_to_keep();
                if self.session.opened(epoch, info)
                    && let Some(spec) = self.session.source.as_ref().map(|it| it.spec.clone())
                {
                    self.recent.note_opened(&spec);
                    if replaces_another {
                        self.begin_source(&spec, true, engine);
                    }
                    if let Some(kept) = &to_keep {
                        self.go_on_with(kept, engine);
                    }
                }
            }
            EngineEvent::SourceEnded { epoch, last } => self.session.ended(epoch, last),
            EngineEvent::SourceFailed { epoch, message } => {
                if let Some(NotOpened { spec, reason }) = self.session.failed(epoch, message) {
                    self.recent.note_failed(&spec);
                    if let Some(reason) = reason {
                        let text = format!("This could not be opened: {reason}");
                        self.toasts.add(ToastKind::Error, text, now_secs);
                    }
                }
            }
            EngineEvent::Reconnecting { epoch, message } => {
                self.session.reconnecting(epoch, message, now);
            }
            EngineEvent::PersonForgotten { epoch, person } => {
                // somebody else may have been asked for meanwhile
                if self.session.concerns(epoch) && self.params.selection == Selection::Only(person)
                {
                    // the engine may have got the person once more since: the last word is the same on both sides
                    self.follow(Selection::Everyone, engine);
                    self.selected = None;
                    let text = format!(
                        "Everyone is shown again: after this jump, or so long away, person {} would not be recognized",
                        person.0
                    );
                    self.toasts.add(ToastKind::Warning, text, now_secs);
                }
            }
            EngineEvent::Jumped { epoch, remembered } => {
                if self.session.concerns(epoch)
                    && self.selected.is_some_and(|id| !remembered.contains(&id))
                {
                    self.selected = None;
                    let text = "Nobody is selected any more: after this jump it cannot be told who that person is";
                    self.toasts.add(ToastKind::Warning, text, now_secs);
                }
            }
            EngineEvent::SourceWarning { epoch, message } => {
                if self.session.concerns(epoch) {
                    self.toasts.replace(
                        Topic::Source,
                        ToastKind::Warning,
                        sentence(&message),
                        now_secs,
                    );
                }
            }
            EngineEvent::PictureSaved { outcome } => {
                let (kind, text) = match outcome {
                    Ok(path) => (ToastKind::Done, format!("Saved {}", path.display())),
                    Err(reason) => {
                        let text = format!("The picture was not saved: {reason}");
                        (ToastKind::Error, text)
                    }
                };
                self.toasts.add(kind, text, now_secs);
            }
            EngineEvent::CamerasFound { cameras } => {
                self.cameras = cameras.map_or_else(Cameras::Unknown, Cameras::Found);
            }
            EngineEvent::Export(event) => self.hear_of_export(event, now_secs),
            EngineEvent::Recording(event) => self.hear_of_recording(event, now_secs),
            EngineEvent::FrameFailed { epoch, message } => {
                if self.session.concerns(epoch) {
                    let text = format!("A frame could not be worked on: {message}");
                    self.toasts.add(ToastKind::Error, text, now_secs);
                }
            }
        }
    }

    /// Takes in a result.
    pub fn update(&mut self, update: Update, now: Instant) {
        self.session.update(update, now);
    }

    /// Whether results are about one person who was selected.
    pub const fn follows_one_person(&self) -> bool {
        matches!(self.params.selection, Selection::Only(_))
    }

    /// Whether the start screen is shown.
    pub fn is_at_start(&self) -> bool {
        self.session.source.is_none() && self.session.opening.is_none()
    }

    /// Whether a dialog lies above everything else.
    pub const fn shows_dialog(&self) -> bool {
        self.shows_help || self.export.shows_dialog
    }

    /// The panel that is shown on the right.
    pub fn shown_side_panel(&self) -> Option<SidePanel> {
        self.side_panel.filter(|panel| match panel {
            SidePanel::People => !self.is_at_start() && !self.fullscreen,
            SidePanel::Settings => !self.fullscreen,
        })
    }
}
