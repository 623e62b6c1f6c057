//! Set-up of the log: everything goes to standard error, results alone to standard output.
//!
//! Levels have a meaning: ERROR, something of the user's was lost; WARN, recovered or fallen back;
//! INFO, what a user wants to know once; DEBUG, once per source; TRACE, once per frame.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Whether standard error is a terminal that knows colors, and nobody has asked for none (<https://no-color.org>).
fn shows_colors() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    std::io::stderr().is_terminal()
        && !is_set("NO_COLOR")
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Starts logging to standard error.
///
/// `default_level` such as `"info"` counts unless the variable `POSEGLASS_LOG` says otherwise.
pub fn to_stderr(default_level: &str) {
    let filter = EnvFilter::try_from_env("POSEGLASS_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("warn,poseglass={default_level}")));
    let already_set = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(shows_colors())
        .with_target(false)
        .without_time()
        .try_init()
        .is_err();
    if already_set {
        tracing::debug!("logging was set up before");
    }
}
