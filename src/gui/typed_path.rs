//! What people type or paste into the path field.

use std::path::PathBuf;

use crate::source::SourceSpec;

/// Reads a source as a shell would have: quotes around it are taken off, `~/` is the home folder.
pub fn parse(typed: &str, home: Option<PathBuf>) -> Result<SourceSpec, String> {
    let typed = typed.trim();
    let unquoted = ['"', '\'']
        .into_iter()
        .find_map(|quote| typed.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(typed);
    match (unquoted.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => Ok(SourceSpec::Path(home.join(rest))),
        _ => SourceSpec::parse(unquoted.as_ref()).map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SourceSpec::Path;

    fn parse(typed: &str) -> Result<SourceSpec, String> {
        super::parse(typed, Some("/home/me".into()))
    }

    #[test]
    fn paths_are_read_as_a_shell_would() {
        assert_eq!(parse(" ~/a b.mp4 "), Ok(Path("/home/me/a b.mp4".into())));
        assert_eq!(parse("'/v/a b.mp4'"), Ok(Path("/v/a b.mp4".into())));
        assert_eq!(parse("\"it's.mp4\""), Ok(Path("it's.mp4".into())));
        assert_eq!(parse("camera:1"), Ok(SourceSpec::Camera(1)));
        assert!(parse("camera:x").is_err());
    }
}
