//! Opens the window, or says in one sentence why there is none.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use eframe::egui::{ViewportBuilder, vec2};

use crate::base::worker::Wake;

use super::app::{App, StartOptions, wake};
use super::engine_handle::EngineHandle;
use super::file_dialog::SystemFileDialog;
use super::settings::Settings;

/// What desktops know the program by, and the name of the folder in which the window keeps things.
const APP_ID: &str = "poseglass";

/// What to do without a window.
const WITHOUT_WINDOW: &str = "`poseglass track SOURCE` works without one";

/// Runs the window until it is closed; `make_engine` is called once it is open, with what was kept in `start`.
///
/// An error is one sentence for the user: there is no display, the display has no OpenGL,
/// or the engine did not start.
pub fn run(
    start: StartOptions,
    make_engine: impl FnOnce(Wake, &StartOptions) -> anyhow::Result<Box<dyn EngineHandle>> + 'static,
) -> anyhow::Result<()> {
    if !may_have_display(|name| std::env::var_os(name)) {
        anyhow::bail!("no window can be opened as there is no display: {WITHOUT_WINDOW}");
    }
    let kept_file = kept_file();
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default()
            .with_title("poseglass")
            .with_app_id(APP_ID)
            .with_inner_size(vec2(1280.0, 800.0))
            .with_min_inner_size(vec2(640.0, 480.0))
            .with_drag_and_drop(true),
        renderer: eframe::Renderer::Glow,
        // size and place
        persist_window: true,
        persistence_path: kept_file.clone(),
        ..eframe::NativeOptions::default()
    };
    let opened = eframe::run_native(
        "poseglass",
        options,
        Box::new(move |cc| {
            if let (Some(storage), Some(file)) = (cc.storage, &kept_file) {
                warn_of_broken(storage, file);
            }
            let start = start.with_kept(cc.storage);
            let engine = make_engine(wake(&cc.egui_ctx), &start)?;
            let dialog = Box::new(SystemFileDialog::default());
            Ok(Box::new(App::new(&cc.egui_ctx, start, engine, dialog)))
        }),
    );
    opened.map_err(|error| {
        tracing::debug!("eframe says: {error}");
        let reason = match error {
            eframe::Error::AppCreation(reason) => return anyhow::anyhow!("{reason:#}"),
            eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => {
                "the display does not answer"
            }
            _ => "the display offers no OpenGL",
        };
        anyhow::anyhow!("no window can be opened as {reason}: {WITHOUT_WINDOW}")
    })
}

/// Where size and place of the window, its settings and the list of recent files are kept.
fn kept_file() -> Option<PathBuf> {
    Some(eframe::storage_dir(APP_ID)?.join("window.ron"))
}

/// eframe begins anew without a word where it cannot read the file.
fn warn_of_broken(storage: &dyn eframe::Storage, file: &Path) {
    if !Settings::are_in(storage) && file.exists() {
        tracing::warn!(
            "what the window kept in {} cannot be read: it begins anew",
            file.display()
        );
    }
}

/// Whether it is worth trying: on Linux the environment names the display.
fn may_have_display(var: impl Fn(&str) -> Option<OsString>) -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"]
        .into_iter()
        .any(|name| var(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn without_display_there_is_a_sentence_and_no_panic() {
        assert!(!may_have_display(|_| None));
        assert!(!may_have_display(|_| Some("".into())));
        assert!(may_have_display(
            |name| (name == "DISPLAY").then(|| ":0".into())
        ));
    }
}
