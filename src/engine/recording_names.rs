//! What the files of a recorded camera are called: whose pictures they are and since when; nothing is overwritten.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::base::free_name::{first_free, unless_taken};

/// More recordings of one camera than anybody begins in one second.
const MOST_TRIES: u32 = 1000;

/// The two files of a recording, which lie beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RecordingPaths {
    /// The camera's pictures.
    pub(super) video: PathBuf,
    /// Its people, under the name that exports of the video have, too.
    pub(super) results: PathBuf,
}

impl RecordingPaths {
    /// Makes empty files of names that were free until now: `camera-0-2026-11-30-21.15.03.mp4` and `…-poses.jsonl`.
    pub(super) fn reserve(folder: &Path, stem: &str, began: SystemTime) -> anyhow::Result<Self> {
        let name = format!("{stem}-{}", clock_text(began, TimeZone::system()));
        let reserved = first_free(&name, MOST_TRIES, |name| {
            let paths = Self::named(folder, name);
            let made = unless_taken(paths.make())?;
            Ok::<_, io::Error>(made.map(|()| paths))
        });
        let reserved = reserved.with_context(|| {
            format!(
                "nothing can be written to {}: make it a folder that you may write to",
                folder.display()
            )
        })?;
        reserved.with_context(|| {
            format!(
                "{} holds {MOST_TRIES} recordings of this name: move some away",
                folder.display()
            )
        })
    }

    fn named(folder: &Path, name: &str) -> Self {
        Self {
            video: folder.join(format!("{name}.mp4")),
            results: folder.join(format!("{name}-poses.jsonl")),
        }
    }

    /// Both or none.
    fn make(&self) -> io::Result<()> {
        File::create_new(&self.video)?;
        if let Err(error) = File::create_new(&self.results) {
            remove(&self.video);
            return Err(error);
        }
        Ok(())
    }

    /// Takes away what nothing was written to.
    pub(super) fn remove(&self) {
        remove(&self.video);
        remove(&self.results);
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!("{} is empty and stays: {error}", path.display());
    }
}

/// `2026-11-30-21.15.03` by the clock of a place; a colon is refused in names on some systems.
fn clock_text(at: SystemTime, place: TimeZone) -> String {
    // a clock that stands outside of the years 0 to 9999 is not set
    let at = Timestamp::try_from(at).unwrap_or_default();
    at.to_zoned(place).strftime("%Y-%m-%d-%H.%M.%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn after(secs: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(secs)
    }

    #[test]
    fn names_tell_the_time_by_the_clock_of_the_place() {
        // `date -u -d '2026-11-30 21:15:03' +%s`
        let at = after(1_796_073_303);
        assert_eq!(clock_text(at, TimeZone::UTC), "2026-11-30-21.15.03");
        let india = TimeZone::fixed(jiff::tz::Offset::from_seconds(19_800).unwrap());
        assert_eq!(clock_text(at, india), "2026-12-01-02.45.03");
    }

    #[test]
    fn both_files_have_the_first_number_that_is_free_for_both() {
        let dir = tempfile::tempdir().unwrap();
        let name = format!("camera-0-{}", clock_text(after(0), TimeZone::system()));
        let reserve = || RecordingPaths::reserve(dir.path(), "camera-0", after(0)).unwrap();
        let first = reserve();
        assert_eq!(first, RecordingPaths::named(dir.path(), &name));
        std::fs::write(&first.video, "kept").unwrap();
        // one of the two is enough
        let results = dir.path().join(format!("{name}-2-poses.jsonl"));
        std::fs::write(results, "").unwrap();
        let third = reserve();
        let expected = RecordingPaths::named(dir.path(), &format!("{name}-3"));
        assert_eq!(third, expected);
        assert!(!dir.path().join(format!("{name}-2.mp4")).exists());
        assert_eq!(std::fs::read_to_string(&first.video).unwrap(), "kept");
        third.remove();
        assert!(!third.video.exists() && !third.results.exists());
    }

    #[test]
    fn a_folder_that_takes_nothing_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let gone = dir.path().join("gone");
        let error = RecordingPaths::reserve(&gone, "camera-0", after(0)).unwrap_err();
        assert!(error.to_string().contains("gone"), "{error:#}");
    }
}
