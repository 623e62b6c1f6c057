//! Formats that hold one person a file.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::export::header::Header;
use crate::export::places::check_place;
use crate::export::resample::{SampleOrigin, at_rate, n_samples};
use crate::export::rows::{FrameRow, PersonRow};
use crate::export::series::{SeenFrame, series_of};
use crate::export::whole_file::write_whole;
use crate::export::{ExportError, ExportOptions, ResultWriter};
use crate::measure::landmarks::MIN_CONFIDENCE;
use crate::types::{Pose, PoseSeries};

/// More rows a person than this are nobody's wish: three hours at a thousand a second.
pub(super) const MOST_SAMPLES: f64 = 1e7;

/// Between a file's name and the number of its person.
const PERSON: &str = "_person";

/// What a file says of a person, if anything; all frames are at hand for what the series leaves out, and the path is for
/// the log.
type TextOf =
    Box<dyn Fn(&PoseSeries, &[SeenFrame], &Path) -> Result<Option<String>, ExportError> + Send>;

/// Collects frames and writes a file for each person at the end: to the path itself for one person, to
/// `NAME_personN.ENDING` for several.
///
/// How many people there are, and so the files' names, is known at the end alone: until then memory holds all poses, 35 MB
/// for an hour of one person at 30 frames per second.
///
/// Somebody without a single joint that may be measured has no file, nor has one of whom there is nothing to say.
/// Positions are the smoothed ones where there are any; joints outside of the picture are missing. What an earlier run left
/// under the path itself is replaced where anything is written, so that it is not read in place of several people's files;
/// where nothing is, it is kept. What it left of people who are not there now is kept and named in the log.
pub(super) struct PersonFiles {
    path: PathBuf,
    /// `[width, height]` of all pictures; 0 where it is not known.
    picture: [usize; 2],
    frames: Vec<SeenFrame>,
    text_of: TextOf,
}

impl PersonFiles {
    /// Finds out whether files can be made beside `path`; `text_of` gives what stands in them, and says in the log why where
    /// it gives nothing.
    pub(super) fn create(
        path: &Path,
        header: &Header,
        text_of: impl Fn(&PoseSeries, &[SeenFrame], &Path) -> Result<Option<String>, ExportError>
        + Send
        + 'static,
    ) -> Result<Self, ExportError> {
        check_place(path).map_err(|reason| ExportError::Create {
            path: path.to_owned(),
            reason,
        })?;
        Ok(Self {
            path: path.to_owned(),
            picture: header.source.size_of_all(),
            frames: Vec::new(),
            text_of: Box::new(text_of),
        })
    }
}

impl ResultWriter for PersonFiles {
    fn write(&mut self, row: &FrameRow) -> Result<(), ExportError> {
        let seen = SeenFrame::new(row, PersonRow::positions);
        self.frames.push(seen.within_picture(self.picture));
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<PathBuf>, ExportError> {
        let mut people = series_of(&self.frames);
        people.retain(|series| series.poses.iter().any(is_measured));
        if people.is_empty() {
            tracing::warn!(
                "{} was not written: no joint is in the picture with a confidence of {MIN_CONFIDENCE} or more",
                self.path.display()
            );
        }
        let mut written = Vec::new();
        for series in &people {
            let path = match people.len() {
                1 => self.path.clone(),
                _ => person_path(&self.path, series.id.0),
            };
            let Some(text) = (self.text_of)(series, &self.frames, &path)? else {
                continue;
            };
            write_whole(&path, text.as_bytes()).map_err(|reason| ExportError::Write {
                path: path.clone(),
                reason,
            })?;
            written.push(path);
        }
        if 1 < people.len() && !written.is_empty() {
            remove_older(&self.path)?;
            let others = others_than(&written, &self.path);
            if !others.is_empty() {
                tracing::warn!(
                    "{} are of an earlier run and would be read as more people of this one: delete them, or choose \
                     another name",
                    others.join(", ")
                );
            }
        }
        Ok(written)
    }
}

/// Whether there is a joint that measurements and markers take.
fn is_measured(pose: &Pose) -> bool {
    pose.bounds(MIN_CONFIDENCE).is_some()
}

/// Takes away the file that stands under the name for which several people's files have been written.
fn remove_older(path: &Path) -> Result<(), ExportError> {
    match fs::remove_file(path) {
        Err(reason) if path.is_file() => Err(ExportError::Create {
            path: path.to_owned(),
            reason,
        }),
        // there was none, or it is a folder
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The files that [`files_of`] would give beside those that have been written for `path`.
fn others_than(written: &[PathBuf], path: &Path) -> Vec<String> {
    files_of_people(path)
        .iter()
        .filter(|file| !written.contains(file))
        .map(|file| file.display().to_string())
        .collect()
}

/// The series at the rate that was asked for, with samples counted from `origin`, or as it is.
pub(super) fn resampled(
    series: &PoseSeries,
    options: &ExportOptions,
    origin: SampleOrigin,
    path: &Path,
) -> Result<PoseSeries, ExportError> {
    let Some(rate_hz) = options.resample_hz else {
        return Ok(series.clone());
    };
    check_rate(&series.times_secs, rate_hz, origin, path)?;
    Ok(at_rate(series, rate_hz, origin))
}

/// Refuses a rate that makes endless rows of these frames; the log says how many rows any other makes.
pub(super) fn check_rate(
    times_secs: &[f64],
    rate_hz: f64,
    origin: SampleOrigin,
    path: &Path,
) -> Result<(), ExportError> {
    let n_rows = n_samples(times_secs, rate_hz, origin);
    if MOST_SAMPLES < n_rows {
        return Err(ExportError::TooManySamples {
            path: path.to_owned(),
            rate_hz,
            n_rows,
        });
    }
    tracing::info!(
        "{}: {} frames were brought to {n_rows} rows at {rate_hz} Hz",
        path.display(),
        times_secs.len(),
    );
    Ok(())
}

/// `walk_person3.trc` for `walk.trc`.
fn person_path(path: &Path, id: u32) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("{PERSON}{id}"));
    if let Some(ending) = path.extension() {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}

/// The number at the end of a name such as `walk_person3.trc` or Sports2D's `walk_px_person00.trc`.
pub(super) fn person_of(path: &Path) -> Option<u32> {
    // whatever stands before the number
    let stem = path.file_stem()?.to_string_lossy();
    let digits = &stem[stem.rfind(PERSON)? + PERSON.len()..];
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

/// The files that stand for `path`: itself, or where it is not there the files of the people that [`PersonFiles`]
/// wrote in its place, by number.
pub(super) fn files_of(path: &Path) -> Vec<PathBuf> {
    if path.exists() {
        return vec![path.to_owned()];
    }
    files_of_people(path)
}

/// Whether a file of this name is there, or the files of people that stand for it.
pub fn is_taken(path: &Path) -> bool {
    // a link that leads nowhere is there, too
    fs::symlink_metadata(path).is_ok() || !files_of(path).is_empty()
}

/// What is called as [`person_path`] calls the files of people, by number.
fn files_of_people(path: &Path) -> Vec<PathBuf> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // a folder that cannot be read holds no such file
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut people: Vec<(u32, OsString)> = names
        .map(|entry| entry.file_name())
        .filter_map(|name| {
            let id = person_of(Path::new(&name))?;
            (person_path(path, id).file_name() == Some(&name)).then_some((id, name))
        })
        .collect();
    people.sort();
    people
        .into_iter()
        .map(|(_, name)| path.with_file_name(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_of_people_belong_together() {
        let path = person_path(Path::new("a.b/walk.trc"), 12);
        assert_eq!(path, Path::new("a.b/walk_person12.trc"));
        assert_eq!(person_of(&path), Some(12));
        assert_eq!(person_of(Path::new("x_px_person00.trc")), Some(0));
        for other in [
            "walk.trc",
            "walk_person.trc",
            "walk_person1b.trc",
            "_person99999999999.trc",
        ] {
            assert_eq!(person_of(Path::new(other)), None, "{other}");
        }
        assert_eq!(person_path(Path::new("walk"), 1), Path::new("walk_person1"));
    }

    #[test]
    fn a_name_that_is_not_there_stands_for_the_files_of_its_people() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "a_person10.trc",
            "a_person2.trc",
            "b_person1.trc",
            "a_person1.sto",
        ] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let path = dir.path().join("a.trc");
        let expected = ["a_person2.trc", "a_person10.trc"].map(|name| dir.path().join(name));
        assert_eq!(files_of(&path), expected);
        let [second, tenth] = &expected;
        let left = others_than(std::slice::from_ref(second), &path);
        assert_eq!(left, [tenth.display().to_string()]);
        assert!(others_than(&expected, &path).is_empty());
        assert!(is_taken(&path) && is_taken(second) && !is_taken(&dir.path().join("c.trc")));
        fs::write(&path, "").unwrap();
        assert_eq!(files_of(&path), [path]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_files_of_people_are_found_whatever_letters_their_name_has() {
        use std::os::unix::ffi::OsStringExt as _;

        let dir = tempfile::tempdir().unwrap();
        // é as Latin-1 has it
        let path = dir
            .path()
            .join(OsString::from_vec(b"marche\xe9e.trc".to_vec()));
        let second = person_path(&path, 2);
        fs::write(&second, "").unwrap();
        assert_eq!(files_of(&path), [second]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_takes_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("a.trc");
        std::os::unix::fs::symlink(dir.path().join("gone"), &link).unwrap();
        assert!(is_taken(&link));
    }
}
