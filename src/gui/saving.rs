//! Where a saved picture goes, and under which name.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use crate::export::annotate::AnnotationStyle;
use crate::export::picture::save_annotated;
use crate::source::SourceSpec;
use crate::types::FrameResult;

use super::options::OverlayOptions;

/// More pictures of one frame than anybody wants.
const MOST_TRIES: u32 = 10_000;

/// Writes the frame with what the overlay shows, and tells where.
///
/// Pictures of recordings go beside the recording, those of cameras to the folder for pictures;
/// also those of recordings in folders where nothing can be written. The picture is not mirrored.
pub fn save(
    result: &FrameResult,
    spec: &SourceSpec,
    overlay: &OverlayOptions,
    pictures_dir: Option<&Path>,
) -> anyhow::Result<PathBuf> {
    let style = style_of(overlay);
    let stem = stem(spec, result.frame.time);
    if let Some(dir) = dir_of(spec)
        && let Ok(path) = save_in(&dir, &stem, result, &style)
    {
        return Ok(path);
    }
    let dir = pictures_dir
        .map(Path::to_owned)
        .or_else(system_pictures_dir)
        .context("no folder for pictures was found: set HOME or XDG_PICTURES_DIR")?;
    std::fs::create_dir_all(&dir)
        .with_context(|| format!("the folder {} cannot be made", dir.display()))?;
    save_in(&dir, &stem, result, &style)
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

/// Takes a name that is free and writes there.
fn save_in(
    dir: &Path,
    stem: &str,
    result: &FrameResult,
    style: &AnnotationStyle,
) -> anyhow::Result<PathBuf> {
    let path = reserve(dir, stem)?;
    if let Err(error) = save_annotated(&path, result, style) {
        // the name was taken by an empty file; if even this fails there is nothing more to say
        drop(std::fs::remove_file(&path));
        return Err(error.into());
    }
    Ok(path)
}

/// Makes an empty file of a name that was free until now, so that nothing is ever overwritten.
fn reserve(dir: &Path, stem: &str) -> anyhow::Result<PathBuf> {
    for number in 1..=MOST_TRIES {
        let path = dir.join(if number == 1 {
            format!("{stem}.png")
        } else {
            format!("{stem}-{number}.png")
        });
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(_empty) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error).with_context(|| {
                    format!(
                        "{} cannot be written: choose a folder that you may write to",
                        path.display()
                    )
                });
            }
        }
    }
    anyhow::bail!(
        "{} holds {MOST_TRIES} pictures of this name: move some away",
        dir.display()
    )
}

/// `walk-00m03.240s-poses` for a recording, `camera-0-…` and `test-scene-…` for others.
fn stem(spec: &SourceSpec, time: Duration) -> String {
    let name = match spec {
        SourceSpec::Camera(number) => format!("camera-{number}"),
        SourceSpec::Synthetic => "test-scene".to_owned(),
        SourceSpec::Path(path) => path
            .file_stem()
            .map_or_else(|| "picture".into(), |stem| stem.to_string_lossy())
            .into_owned(),
    };
    let (secs, millis) = (time.as_secs(), time.subsec_millis());
    format!(
        "{name}-{:02}m{:02}.{millis:03}s-poses",
        secs / 60,
        secs % 60
    )
}

/// The folder that a recording lies in.
fn dir_of(spec: &SourceSpec) -> Option<PathBuf> {
    match spec {
        SourceSpec::Camera(_) | SourceSpec::Synthetic => None,
        SourceSpec::Path(path) => {
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

/// `XDG_PICTURES_DIR`, or `Pictures` in the home folder.
fn system_pictures_dir() -> Option<PathBuf> {
    let var = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(dir) = var("XDG_PICTURES_DIR") {
        return Some(dir.into());
    }
    let home = PathBuf::from(var("HOME").or_else(|| var("USERPROFILE"))?);
    Some(home.join("Pictures").join("poseglass"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::RgbImage;
    use crate::types::{Frame, StageTimes};
    use std::sync::Arc;
    use std::time::Instant;

    fn result() -> FrameResult {
        FrameResult {
            frame: Frame {
                index: 97,
                time: Duration::from_millis(63_240),
                captured_at: Instant::now(),
                image: Arc::new(RgbImage::filled([32, 24], [10, 20, 30])),
            },
            people: Vec::new(),
            times: StageTimes::default(),
            effort: None,
        }
    }

    fn save_to(dir: &Path, spec: &SourceSpec) -> anyhow::Result<PathBuf> {
        save(&result(), spec, &OverlayOptions::default(), Some(dir))
    }

    #[test]
    fn nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let first = save_to(dir.path(), &SourceSpec::Camera(0)).unwrap();
        let bytes = std::fs::read(&first).unwrap();
        let second = save_to(dir.path(), &SourceSpec::Camera(0)).unwrap();
        assert_eq!(first.file_name().unwrap(), "camera-0-01m03.240s-poses.png");
        assert_eq!(
            second.file_name().unwrap(),
            "camera-0-01m03.240s-poses-2.png"
        );
        assert_eq!(std::fs::read(&first).unwrap(), bytes);
        let size = image::image_dimensions(&second).unwrap();
        assert_eq!(size, (32, 24));
    }

    #[test]
    fn pictures_of_recordings_lie_beside_them() {
        let (beside, pictures) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let spec = SourceSpec::Path(beside.path().join("测试 walk.mp4"));
        let path = save_to(pictures.path(), &spec).unwrap();
        assert_eq!(path.parent(), Some(beside.path()));
        assert!(
            path.to_string_lossy()
                .ends_with("测试 walk-01m03.240s-poses.png")
        );
    }

    #[test]
    fn where_nothing_can_be_written_the_folder_for_pictures_is_taken() {
        let pictures = tempfile::tempdir().unwrap();
        let spec = SourceSpec::Path("/dev/null/walk.mp4".into());
        let path = save_to(pictures.path(), &spec).unwrap();
        assert_eq!(path.parent(), Some(pictures.path()));
    }

    #[test]
    fn failing_leaves_nothing_and_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let not_a_dir = dir.path().join("file");
        std::fs::write(&not_a_dir, b"x").unwrap();
        let error = save_to(&not_a_dir, &SourceSpec::Synthetic).unwrap_err();
        assert!(format!("{error:#}").contains("cannot be made"), "{error:#}");
    }
}
