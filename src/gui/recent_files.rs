//! The recordings, pictures, folders and files of results that were opened, or recorded, last.

use std::ops::RangeInclusive;
use std::path::{Path, absolute};

use eframe::Storage;
use serde::{Deserialize, Serialize};

use crate::source::SourceSpec;

use super::versioned;

/// Where they stand in the window's file.
const KEY: &str = "recent files";

/// The cameras stay in sight below them in a window of the usual size.
const MOST_FILES: usize = 8;

/// Rates of pictures that are believed: from one in an hour to more than any camera takes.
const RATES_HZ: RangeInclusive<f64> = 1.0 / 3600.0..=1e6;

/// Something that was opened once. The names of what is kept of it stand in the window's file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecentFile {
    /// From the root on.
    pub path: String,
    /// Of a folder of pictures that are the frames of a video, how many there are in a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_hz: Option<f64>,
    /// It could not be opened when it was tried last. Nothing else asks whether it is still there: a disk that does not
    /// answer would hold the window.
    #[serde(skip)]
    pub failed: bool,
}

/// The newest ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecentFiles {
    files: Vec<RecentFile>,
}

impl RecentFiles {
    /// Those that are kept; none where that makes no sense.
    pub fn read(storage: &dyn Storage) -> Self {
        let kept: Vec<RecentFile> = versioned::read(storage, KEY).unwrap_or_default();
        let mut recent = Self::default();
        for file in kept.into_iter().rev() {
            if file.makes_sense() {
                recent.put_first(file);
            } else {
                tracing::debug!("a recent file that was kept makes no sense: {file:?}");
            }
        }
        recent
    }

    /// Keeps them.
    pub fn write(&self, storage: &mut dyn Storage) {
        versioned::write(storage, KEY, &self.files);
    }

    /// From the newest to the oldest.
    pub fn files(&self) -> &[RecentFile] {
        &self.files
    }

    /// The same as it was opened before: a folder whose pictures were the frames of a video has its rate again. Not where
    /// that failed: something else may be there now.
    pub fn as_before(&self, spec: SourceSpec) -> SourceSpec {
        let SourceSpec::Path(_) = spec else {
            return spec;
        };
        RecentFile::of(&spec)
            .and_then(|named| self.files.iter().find(|file| file.is_same(&named)))
            .filter(|file| file.rate_hz.is_some() && !file.failed)
            .map_or(spec, RecentFile::spec)
    }

    /// Notes that a source was opened, or recorded; cameras and the test scene are offered anyway.
    pub fn note_opened(&mut self, spec: &SourceSpec) {
        if let Some(file) = RecentFile::of(spec) {
            self.put_first(file);
        }
    }

    /// Notes that a source could not be opened.
    pub fn note_failed(&mut self, spec: &SourceSpec) {
        if let Some(failed) = RecentFile::of(spec) {
            for file in &mut self.files {
                file.failed |= file.is_same(&failed);
            }
        }
    }

    /// Forgets all of them.
    pub fn forget(&mut self) {
        self.files.clear();
    }

    fn put_first(&mut self, file: RecentFile) {
        self.files.retain(|other| !other.is_same(&file));
        self.files.insert(0, file);
        self.files.truncate(MOST_FILES);
    }
}

impl RecentFile {
    /// How it is opened again.
    pub fn spec(&self) -> SourceSpec {
        match self.rate_hz {
            Some(rate_hz) => SourceSpec::Pictures {
                folder: (&self.path).into(),
                rate_hz,
            },
            None => SourceSpec::Path((&self.path).into()),
        }
    }

    /// What can be opened again by its path; `None` for a path that is not UTF-8.
    fn of(spec: &SourceSpec) -> Option<Self> {
        let whole = absolute(spec.path()?).ok()?;
        // what a shell or another program hands over is gone the next time
        let is_handed_over = ["/dev", "/proc"].iter().any(|dir| whole.starts_with(dir));
        if is_handed_over {
            return None;
        }
        let rate_hz = match spec {
            SourceSpec::Pictures { rate_hz, .. } => Some(*rate_hz),
            SourceSpec::Path(_) | SourceSpec::Camera(_) | SourceSpec::Synthetic => None,
        };
        Some(Self {
            path: whole.to_str()?.to_owned(),
            rate_hz,
            failed: false,
        })
    }

    /// Whether both have the same path, be it written with a slash at the end, as shells complete folders, or without.
    fn is_same(&self, other: &Self) -> bool {
        Path::new(&self.path) == Path::new(&other.path)
    }

    fn makes_sense(&self) -> bool {
        Path::new(&self.path).is_absolute() && self.rate_hz.is_none_or(|hz| RATES_HZ.contains(&hz))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// A whole path on every system.
    fn whole(name: &str) -> PathBuf {
        std::env::current_dir().unwrap().join(name)
    }

    fn names(recent: &RecentFiles) -> Vec<String> {
        let name = |file: &RecentFile| {
            let name = Path::new(&file.path).file_name().unwrap();
            name.to_str().unwrap().to_owned()
        };
        recent.files().iter().map(name).collect()
    }

    #[test]
    fn the_newest_files_are_listed_once_and_with_their_whole_paths() {
        let mut recent = RecentFiles::default();
        for k in 0..10 {
            recent.note_opened(&SourceSpec::Path(format!("{k}.mp4").into()));
        }
        recent.note_opened(&SourceSpec::Path(whole("5.mp4")));
        let expected = [5, 9, 8, 7, 6, 4, 3, 2].map(|k| format!("{k}.mp4"));
        assert_eq!(names(&recent), expected);
        let is_whole = |file: &RecentFile| Path::new(&file.path).is_absolute();
        assert!(recent.files().iter().all(is_whole));
    }

    #[test]
    fn a_folder_of_frames_is_opened_at_its_rate_again() {
        let spec = SourceSpec::Pictures {
            folder: whole("frames"),
            rate_hz: 25.0,
        };
        let mut recent = RecentFiles::default();
        recent.note_opened(&spec);
        let json = serde_json::to_string(recent.files()).unwrap();
        let kept: Vec<RecentFile> = serde_json::from_str(&json).unwrap();
        assert_eq!(kept, recent.files());
        assert_eq!(kept[0].spec(), spec);
        // chosen in the file dialog, too
        let plain = SourceSpec::Path(whole("frames"));
        assert_eq!(recent.as_before(plain.clone()), spec);
        // as a shell completes it
        recent.note_opened(&SourceSpec::Pictures {
            folder: whole("frames/"),
            rate_hz: 25.0,
        });
        assert_eq!(recent.files().len(), 1);
        assert_eq!(recent.as_before(plain.clone()), spec);
        recent.note_failed(&plain);
        assert_eq!(recent.as_before(plain.clone()), plain);
        // each for a second again
        recent.note_opened(&plain);
        assert_eq!(recent.as_before(plain.clone()), plain);
        let other = SourceSpec::Path(whole("other"));
        assert_eq!(recent.as_before(other.clone()), other);
        let bad = RecentFile {
            rate_hz: Some(0.0),
            ..kept[0].clone()
        };
        assert!(kept[0].makes_sense() && !bad.makes_sense());
    }

    #[test]
    fn what_cannot_be_opened_again_is_not_listed() {
        let mut recent = RecentFiles::default();
        recent.note_opened(&SourceSpec::Camera(0));
        recent.note_opened(&SourceSpec::Synthetic);
        recent.note_opened(&SourceSpec::Path("/dev/stdin".into()));
        assert_eq!(recent, RecentFiles::default());
    }

    #[test]
    #[cfg(unix)]
    fn paths_that_are_not_utf8_are_left_out() {
        use std::os::unix::ffi::OsStringExt as _;
        let name = std::ffi::OsString::from_vec(vec![b'a', 0xff, b'.']);
        let mut recent = RecentFiles::default();
        recent.note_opened(&SourceSpec::Path(name.into()));
        assert_eq!(recent, RecentFiles::default());
    }

    #[test]
    fn a_failure_is_noted_until_the_file_opens() {
        let mut recent = RecentFiles::default();
        let spec = SourceSpec::Path("walk.mp4".into());
        recent.note_failed(&spec);
        assert_eq!(recent, RecentFiles::default());
        recent.note_opened(&spec);
        recent.note_failed(&spec);
        assert!(recent.files()[0].failed);
        recent.note_opened(&spec);
        assert!(!recent.files()[0].failed);
    }
}
