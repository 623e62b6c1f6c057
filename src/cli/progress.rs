//! Long work: how far it is, and the key that stops it.

use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use crate::base::worker::StopFlag;
use crate::source::SourceInfo;

/// A flag that Ctrl+C raises; may be asked for once.
pub(super) fn stop_key() -> anyhow::Result<StopFlag> {
    let stop = StopFlag::default();
    let asked_to_stop = stop.clone();
    ctrlc::set_handler(move || asked_to_stop.raise())
        .context("the key to stop cannot be listened to")?;
    Ok(stop)
}

/// A bar for recordings, a counter for sources without an end; hidden where standard error is no terminal.
pub(super) fn progress_bar(
    info: &SourceInfo,
    start: Option<Duration>,
    end: Option<Duration>,
) -> ProgressBar {
    let whole_secs = info.duration.map(|duration| duration.as_secs_f64());
    let wanted_secs = whole_secs.map(|whole| {
        let end = end.map_or(whole, |end| end.as_secs_f64().min(whole));
        (end - start.map_or(0.0, |start| start.as_secs_f64())).max(0.0)
    });
    let n_frames = match (info.n_frames, whole_secs, wanted_secs) {
        (Some(n), Some(whole), Some(wanted)) if 0.0 < whole => {
            Some((n as f64 * wanted / whole).round() as u64)
        }
        (n_frames, ..) => n_frames,
    };
    let (bar, template) = match n_frames {
        Some(n) => (
            ProgressBar::new(n),
            "{bar:32} {percent:>3}% {pos}/{len} frames, {per_sec}, {eta} left, {msg}",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{spinner} {pos} frames, {per_sec}, {elapsed}, {msg}",
        ),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(error) => {
            tracing::debug!("the progress bar keeps its plain form: {error}");
            bar
        }
    }
}
