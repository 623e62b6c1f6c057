//! What the files of a recorded camera are called: whose pictures they are and since when; nothing is overwritten.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;

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
    /// Makes empty files of names that were free until now: `camera-0-2026-11-30-21.15.03-utc.mp4` and `…-poses.jsonl`.
    ///
    /// The time is that of Greenwich, as the standard library knows no other one.
    pub(super) fn reserve(folder: &Path, stem: &str, began: SystemTime) -> anyhow::Result<Self> {
        let name = format!("{stem}-{}-utc", utc_text(began));
        for number in 1..=MOST_TRIES {
            let paths = if number == 1 {
                Self::named(folder, &name)
            } else {
                Self::named(folder, &format!("{name}-{number}"))
            };
            match paths.make() {
                Ok(()) => return Ok(paths),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error).with_context(|| {
                        format!(
                            "nothing can be written to {}: make it a folder that you may write to",
                            folder.display()
                        )
                    });
                }
            }
        }
        anyhow::bail!(
            "{} holds {MOST_TRIES} recordings of this name: move some away",
            folder.display()
        )
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

/// `2026-11-30-21.15.03`; a colon is refused in names on some systems.
fn utc_text(at: SystemTime) -> String {
    // a clock that stands before 1970 is not set
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let ([year, month, day], secs) = (date_of(since / 86_400), since % 86_400);
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    format!("{year}-{month:02}-{day:02}-{hours:02}.{minutes:02}.{secs:02}")
}

/// Year, month and day so many days after the beginning of 1970.
fn date_of(days: u64) -> [u64; 3] {
    /// The calendar repeats itself after 400 years.
    const DAYS_OF_CYCLE: u64 = 146_097;
    let mut year = 1970 + 400 * (days / DAYS_OF_CYCLE);
    let mut left = days % DAYS_OF_CYCLE;
    while days_of_year(year) <= left {
        left -= days_of_year(year);
        year += 1;
    }
    let february = days_of_year(year) - 337;
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    [year, month, left + 1]
}

fn days_of_year(year: u64) -> u64 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if is_leap { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn after(secs: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(secs)
    }

    #[test]
    fn times_are_dates_of_the_calendar() {
        // `date -u -d '2000-02-29 23:59:59' +%s`, and so on
        for (secs, expected) in [
            (0, "1970-01-01-00.00.00"),
            (951_868_799, "2000-02-29-23.59.59"),
            (1_796_073_303, "2026-11-30-21.15.03"),
            (4_107_542_400, "2100-03-01-00.00.00"),
        ] {
            assert_eq!(utc_text(after(secs)), expected);
        }
        assert_eq!(
            utc_text(UNIX_EPOCH - Duration::from_secs(1)),
            "1970-01-01-00.00.00"
        );
    }

    #[test]
    fn both_files_have_the_first_number_that_is_free_for_both() {
        let dir = tempfile::tempdir().unwrap();
        let name = "camera-0-1970-01-01-00.00.00-utc";
        let reserve = || RecordingPaths::reserve(dir.path(), "camera-0", after(0)).unwrap();
        let first = reserve();
        assert_eq!(first, RecordingPaths::named(dir.path(), name));
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
