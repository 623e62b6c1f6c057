//! Where files of a source go that the window has written, and under which name.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{PictureOrder, RecordingOrder};
use crate::export::annotate::AnnotationStyle;
use crate::source::{SourceInfo, SourceSpec};
use crate::types::FrameResult;

use super::options::OverlayOptions;

/// Of a longer name the beginning is taken: most systems take 255 bytes, and time, number, ending and the mark of a file
/// that is being written need some of them.
const LONGEST_NAME_BYTES: usize = 180;

/// Asks for the frame with what the overlay shows.
///
/// Pictures of recordings go beside the recording, those of cameras to the folder for pictures; also those of recordings
/// in folders where nothing can be written. The picture is not mirrored.
pub fn order(
    result: &Arc<FrameResult>,
    spec: &SourceSpec,
    overlay: &OverlayOptions,
    pictures_dir: Option<&Path>,
) -> PictureOrder {
    PictureOrder {
        result: Arc::clone(result),
        style: style_of(overlay),
        stem: stem(spec, result.frame.time),
        beside: dir_of(spec),
        pictures_dir: pictures_dir
            .map(Path::to_owned)
            .or_else(system_pictures_dir),
    }
}

/// Asks for a recording of a camera in the folder for videos: without the mirror, and nothing drawn on it.
pub fn recording_order(spec: &SourceSpec, info: &SourceInfo) -> RecordingOrder {
    RecordingOrder {
        stem: name_of(spec),
        folder: system_videos_dir(),
        fps_nominal: info.fps_nominal,
    }
}

/// What the window shows, except for what saved pictures do not know: names of joints, joints without the color of
/// their confidence, and who is selected. The mirror is left out too, as left and right must stay what they are.
fn style_of(overlay: &OverlayOptions) -> AnnotationStyle {
    AnnotationStyle {
        skeleton: overlay.skeletons,
        boxes: overlay.boxes,
        identities: overlay.identities,
        min_confidence: overlay.min_confidence,
        ..AnnotationStyle::default()
    }
}

/// `walk-00m03.240s-poses` for a recording, `camera-0-…` and `test-scene-…` for others.
fn stem(spec: &SourceSpec, time: Duration) -> String {
    let name = name_of(spec);
    let (secs, millis) = (time.as_secs(), time.subsec_millis());
    format!(
        "{name}-{:02}m{:02}.{millis:03}s-poses",
        secs / 60,
        secs % 60
    )
}

/// What files of a source are called after.
pub fn name_of(spec: &SourceSpec) -> String {
    match spec {
        SourceSpec::Camera(number) => format!("camera-{number}"),
        SourceSpec::Synthetic => "test-scene".to_owned(),
        SourceSpec::Path(path) | SourceSpec::Pictures { folder: path, .. } => {
            path.file_stem().map_or_else(
                || "picture".to_owned(),
                |stem| shortened(&stem.to_string_lossy()).to_owned(),
            )
        }
    }
}

/// A name, or as much of its beginning as may be, in whole letters.
fn shortened(name: &str) -> &str {
    let end = (0..=name.len().min(LONGEST_NAME_BYTES))
        .rev()
        .find(|end| name.is_char_boundary(*end));
    name.get(..end.unwrap_or_default()).unwrap_or_default()
}

/// The folder that a recording lies in.
pub fn dir_of(spec: &SourceSpec) -> Option<PathBuf> {
    match spec {
        SourceSpec::Camera(_) | SourceSpec::Synthetic => None,
        SourceSpec::Path(path) | SourceSpec::Pictures { folder: path, .. } => {
            // "walk.mp4" lies in "", which is no path to open
            let dir = path.parent()?;
            Some(if dir.as_os_str().is_empty() {
                PathBuf::from(".")
            } else {
                dir.to_owned()
            })
        }
    }
}

/// `XDG_PICTURES_DIR`, or a folder of the program's own in `Pictures` of the home folder.
pub fn system_pictures_dir() -> Option<PathBuf> {
    system_dir("XDG_PICTURES_DIR", "Pictures")
}

/// `XDG_VIDEOS_DIR`, or a folder of the program's own in `Videos` of the home folder, which a Mac calls `Movies`.
fn system_videos_dir() -> Option<PathBuf> {
    let in_home = if cfg!(target_os = "macos") {
        "Movies"
    } else {
        "Videos"
    };
    system_dir("XDG_VIDEOS_DIR", in_home)
}

fn system_dir(variable: &str, in_home: &str) -> Option<PathBuf> {
    let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(dir) = var(variable) {
        return Some(dir.into());
    }
    let home = PathBuf::from(var("HOME").or_else(|| var("USERPROFILE"))?);
    Some(home.join(in_home).join("poseglass"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_millis(63_240);

    #[test]
    fn names_say_of_what_and_when_a_picture_is() {
        let file = SourceSpec::Path("/videos/测试 walk.mp4".into());
        assert_eq!(stem(&file, TIME), "测试 walk-01m03.240s-poses");
        assert_eq!(
            stem(&SourceSpec::Camera(0), TIME),
            "camera-0-01m03.240s-poses"
        );
        assert_eq!(
            stem(&SourceSpec::Path("..".into()), TIME),
            "picture-01m03.240s-poses"
        );
    }

    #[test]
    fn pictures_of_recordings_lie_beside_them() {
        for (path, dir) in [("/videos/walk.mp4", "/videos"), ("walk.mp4", ".")] {
            let spec = SourceSpec::Path(path.into());
            assert_eq!(dir_of(&spec), Some(PathBuf::from(dir)));
        }
        assert_eq!(dir_of(&SourceSpec::Camera(0)), None);
    }

    #[test]
    fn of_long_names_the_beginning_is_taken_in_whole_letters() {
        // 3 bytes each, the longest that systems take
        let letters = "测".repeat(85);
        for name in [letters.clone(), format!("a{letters}")] {
            let spec = SourceSpec::Path(format!("{name}.mp4").into());
            let stem = stem(&spec, TIME);
            assert!(stem.len() < 210, "{} bytes", stem.len());
            let (start, _) = stem.split_once("-01m03").unwrap();
            assert!(name.starts_with(start) && 170 < start.len(), "{start}");
        }
    }
}
