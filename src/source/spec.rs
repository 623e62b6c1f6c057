//! What a user types to say where frames come from.

use std::path::{Path, PathBuf};

use super::SourceError;

/// A source that has been named but not opened.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceSpec {
    /// `camera` or `camera:N`: the N-th camera, the first by default.
    Camera(u32),
    /// `synthetic`: the drawn test scene.
    Synthetic,
    /// Anything else: a video, a picture, or a folder of pictures.
    Path(PathBuf),
    /// A folder of pictures that are the frames of a video.
    Pictures {
        /// The folder.
        folder: PathBuf,
        /// How many there are in a second, above 0.
        rate_hz: f64,
    },
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

    /// The same as a folder of pictures that are the frames of a video, `rate_hz` (above 0) in a second; what can be none is
    /// refused. Whether it is one shows when it is opened.
    pub fn at_rate(self, rate_hz: f64) -> Result<Self, SourceError> {
        match self {
            Self::Path(folder) | Self::Pictures { folder, .. } => {
                Ok(Self::Pictures { folder, rate_hz })
            }
            Self::Camera(_) | Self::Synthetic => Err(SourceError::HasOwnTimes(self.to_string())),
        }
    }

    /// Whether this source may stay open while `next` is opened. Two cameras may be one and the same, which cannot be opened
    /// twice, or too much for the cable that they share.
    pub const fn can_stay_beside(&self, next: &Self) -> bool {
        !matches!((self, next), (Self::Camera(_), Self::Camera(_)))
    }

    /// The file or folder that it is; `None` for a source that is none.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) | Self::Pictures { folder: path, .. } => Some(path),
            Self::Camera(_) | Self::Synthetic => None,
        }
    }
}

impl std::fmt::Display for SourceSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Camera(number) => write!(f, "camera:{number}"),
            Self::Synthetic => write!(f, "synthetic"),
            Self::Path(path) | Self::Pictures { folder: path, .. } => {
                write!(f, "{}", path.display())
            }
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
    fn only_paths_can_be_folders_of_frames() {
        let spec = SourceSpec::Path("frames".into()).at_rate(25.0).unwrap();
        assert_eq!(spec.path(), Some(Path::new("frames")));
        assert_eq!(spec.to_string(), "frames");
        let faster = spec.at_rate(50.0).unwrap();
        let expected = SourceSpec::Pictures {
            folder: "frames".into(),
            rate_hz: 50.0,
        };
        assert_eq!(faster, expected);
        for other in [SourceSpec::Camera(1), SourceSpec::Synthetic] {
            assert_eq!(other.path(), None);
            let refused = other.at_rate(25.0).unwrap_err().to_string();
            assert!(refused.contains("--fps"), "{refused}");
        }
    }

    #[test]
    fn a_camera_alone_makes_room_for_another_one() {
        let (camera, file) = (SourceSpec::Camera(0), SourceSpec::Path("a.mp4".into()));
        assert!(!camera.can_stay_beside(&SourceSpec::Camera(1)));
        assert!(camera.can_stay_beside(&file));
        assert!(file.can_stay_beside(&camera));
        assert!(file.can_stay_beside(&file));
    }

    #[test]
    fn a_camera_without_a_number_is_refused() {
        assert!(parse("camera:front").is_err());
        assert!(parse("camera:").is_err());
    }
}
