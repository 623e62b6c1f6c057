//! The export of a recording: what is chosen, what runs, and what came of it.

use std::path::{Path, PathBuf};

use crate::engine::{EngineCommand, ExportEvent, ExportProgress, ExportRequest};
use crate::pipeline::PipelineParams;
use crate::source::SourceKind;

use super::command::Command;
use super::engine_handle::EngineHandle;
use super::export_choice::ExportChoice;
use super::state::GuiState;
use super::toasts::ToastKind;

/// All that the window knows of exports.
#[derive(Clone, Debug, Default)]
pub struct ExportState {
    /// Whether the dialog is shown.
    pub shows_dialog: bool,
    /// What was chosen last.
    pub choice: ExportChoice,
    /// Where its files go, for the dialog; asked for when that opens and at each choice, not whenever it is drawn.
    pub folder: Option<PathBuf>,
    /// The export that runs.
    pub running: Option<RunningExport>,
}

/// An export that was asked for and has not ended.
#[derive(Clone, Debug)]
pub struct RunningExport {
    /// How far it is; `None` while the source is opened and the nets, where they are asked, are loaded.
    pub progress: Option<ExportProgress>,
    /// Whether it was asked to end.
    pub is_canceled: bool,
    /// Whether it was said that closing the window gives it up.
    pub has_warned: bool,
}

impl GuiState {
    /// Shows the dialog, or takes it away.
    pub(super) fn toggle_export_dialog(&mut self) {
        self.export.shows_dialog ^= true;
        self.note_export_folder();
    }

    /// Exports this the next time.
    pub(super) fn choose_export(&mut self, choice: ExportChoice) {
        self.export.choice = choice;
        self.note_export_folder();
    }

    fn note_export_folder(&mut self) {
        let pictures_dir = self.pictures_dir.as_deref();
        let choice = &self.export.choice;
        let source = self.session.source.as_ref();
        self.export.folder =
            source.and_then(|source| choice.folder_for(&source.spec, pictures_dir));
    }

    /// Asks the engine for what was chosen. Playing pauses, so that the export has the processor.
    pub(super) fn start_export(&mut self, engine: &mut dyn EngineHandle, now_secs: f64) {
        if !self.is_enabled(Command::Export) || self.export.choice.is_empty() {
            return;
        }
        let Some(source) = &mut self.session.source else {
            return;
        };
        let pictures_dir = self.pictures_dir.as_deref();
        let paths = self
            .export
            .choice
            .paths_for(&source.spec, source.info.kind, pictures_dir);
        let outputs = match paths {
            Ok(outputs) => outputs,
            Err(error) => {
                let text = format!("Nothing can be exported: {error:#}");
                self.toasts.add(ToastKind::Error, text, now_secs);
                return;
            }
        };
        if !source.paused && source.info.kind != SourceKind::Picture {
            source.paused = true;
            engine.send(EngineCommand::SetPaused(true));
        }
        engine.send(EngineCommand::Export(Box::new(ExportRequest {
            spec: source.spec.clone(),
            pose_net: self.pose_net.clone(),
            // nobody waits for each frame
            params: PipelineParams {
                budget: None,
                ..self.params.clone()
            },
            outputs,
        })));
        self.export.shows_dialog = false;
        self.export.running = Some(RunningExport {
            progress: None,
            is_canceled: false,
            has_warned: false,
        });
    }

    /// Whether the window is to stay when it is asked to close: an export may be the work of an hour, so the first time
    /// it is said only what would be lost.
    pub(super) fn stays_for_export(&mut self, now_secs: f64) -> bool {
        let Some(running) = &mut self.export.running else {
            return false;
        };
        if running.has_warned || running.is_canceled {
            return false;
        }
        running.has_warned = true;
        let text = "An export is running: close the window once more to give it up";
        self.toasts.add(ToastKind::Warning, text, now_secs);
        true
    }

    /// Gives up the export that runs.
    pub(super) fn cancel_export(&mut self, engine: &mut dyn EngineHandle) {
        if let Some(running) = &mut self.export.running {
            running.is_canceled = true;
            engine.send(EngineCommand::CancelExport);
        }
    }

    /// Takes in how the export goes.
    pub(super) fn hear_of_export(&mut self, event: ExportEvent, now_secs: f64) {
        let (kind, text) = match event {
            ExportEvent::Progressed(progress) => {
                if let Some(running) = &mut self.export.running {
                    running.progress = Some(progress);
                }
                return;
            }
            ExportEvent::Finished { written } => finished(&written),
            ExportEvent::Failed { message, written } => {
                (ToastKind::Error, failed(&message, &written))
            }
            ExportEvent::Canceled => {
                let text = "The export was canceled, and its files are gone";
                (ToastKind::Done, text.to_owned())
            }
        };
        self.export.running = None;
        self.toasts.add(kind, text, now_secs);
    }
}

fn finished(written: &[PathBuf]) -> (ToastKind, String) {
    match written {
        [] => {
            let text = "Nothing was written: nobody was found who could be measured".to_owned();
            (ToastKind::Warning, text)
        }
        [only] => (ToastKind::Done, format!("Exported {}", only.display())),
        [first, ..] => {
            let (n_files, folder) = (written.len(), folder_of(first));
            let text = format!("Exported {n_files} files to {}", folder.display());
            (ToastKind::Done, text)
        }
    }
}

fn failed(message: &str, written: &[PathBuf]) -> String {
    match written {
        [] => format!("The export failed: {message}"),
        [first, ..] => format!(
            "The export broke off: {message}; what was done before is in {}",
            folder_of(first).display()
        ),
    }
}

/// Where a file lies.
fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(file)
}
