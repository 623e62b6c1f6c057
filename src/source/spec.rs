//! What a user types to say where frames come from.

use std::path::PathBuf;

/// A source that has been named but not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceSpec {
    /// `camera` or `camera:N`: the N-th camera, the first by default.
    Camera(u32),
    /// `synthetic`: the drawn test scene.
    Synthetic,
    /// Anything else: a video, a picture, or a folder of pictures.
    Path(PathBuf),
}

/// `camera:` was not followed by a number.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no camera: write camera, camera:0, camera:1, … (`poseglass cameras` lists them)")]
pub struct BadCamera(String);

impl SourceSpec {
    /// Reads what was typed; a file called `camera` is reached as `./camera`.
    pub fn parse(typed: &std::ffi::OsStr) -> Result<Self, BadCamera> {
        match typed.to_str() {
            Some("camera") => Ok(Self::Camera(0)),
            Some("synthetic") => Ok(Self::Synthetic),
            Some(text) => match text.strip_prefix("camera:") {
                Some(number) => number
                    .parse()
                    .map(Self::Camera)
                    .map_err(|_not_a_number| BadCamera(text.to_owned())),
                None => Ok(Self::Path(text.into())),
            },
            None => Ok(Self::Path(typed.into())),
        }
    }
}

impl std::fmt::Display for SourceSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Camera(number) => write!(f, "camera:{number}"),
            Self::Synthetic => write!(f, "synthetic"),
            Self::Path(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SourceSpec, BadCamera> {
        SourceSpec::parse(text.as_ref())
    }

    #[test]
    fn cameras_files_and_the_test_scene_are_told_apart() {
        assert_eq!(parse("camera"), Ok(SourceSpec::Camera(0)));
        assert_eq!(parse("camera:2"), Ok(SourceSpec::Camera(2)));
        assert_eq!(parse("synthetic"), Ok(SourceSpec::Synthetic));
        assert_eq!(parse("./camera"), Ok(SourceSpec::Path("./camera".into())));
        assert_eq!(
            parse("测试 vidéo.mp4"),
            Ok(SourceSpec::Path("测试 vidéo.mp4".into()))
        );
    }

    #[test]
    fn a_camera_without_a_number_is_refused() {
        assert!(parse("camera:front").is_err());
        assert!(parse("camera:").is_err());
    }
}
