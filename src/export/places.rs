//! Where files will be, and whether they can be made there: found out before the work.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::export::{ExportError, ExportFormat};

/// Finds out before the work whether all files of results can be written, and leaves what is there as it is.
pub fn check_exports(exports: &[(ExportFormat, PathBuf)]) -> Result<(), ExportError> {
    for (format, path) in exports {
        if *format == ExportFormat::OpenPose {
            check_folder(path)?;
        } else {
            check_file(path)?;
        }
        if format.is_written_whole() {
            check_place(path).map_err(|reason| not_made(path, reason))?;
        }
    }
    Ok(())
}

/// Finds out before the work whether a file can be written, and leaves what is there as it is.
pub fn check_file(path: &Path) -> Result<(), ExportError> {
    let checked = match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            return Err(ExportError::OtherKind {
                path: path.to_owned(),
                found: "folder",
                wanted: "file",
            });
        }
        Ok(found) if found.is_file() => OpenOptions::new().append(true).open(path).map(drop),
        // a pipe would wait for its reader
        Ok(_device) => Ok(()),
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => {
            if path.to_string_lossy().ends_with(std::path::is_separator) {
                let reason = "it is the name of a folder";
                Err(io::Error::new(io::ErrorKind::InvalidInput, reason))
            } else {
                check_place(path)
            }
        }
        Err(reason) => Err(reason),
    };
    checked.map_err(|reason| not_made(path, reason))
}

/// Finds out whether a folder can be made, or files in it where it is there.
fn check_folder(path: &Path) -> Result<(), ExportError> {
    let checked = match fs::metadata(path) {
        // any file in it tells
        Ok(found) if found.is_dir() => check_place(&path.join("frame.json")),
        Ok(_file) => {
            return Err(ExportError::OtherKind {
                path: path.to_owned(),
                found: "file",
                wanted: "folder",
            });
        }
        // no folder is made where a link leads
        Err(reason) if reason.kind() == io::ErrorKind::NotFound && !path.is_symlink() => {
            check_place(path)
        }
        Err(reason) => Err(reason),
    };
    checked.map_err(|reason| not_made(path, reason))
}

fn not_made(path: &Path, reason: io::Error) -> ExportError {
    ExportError::Create {
        path: path.to_owned(),
        reason,
    }
}

/// Whether a file could be made beside this one and take its place: tells before the work, and leaves what is there alone.
pub(super) fn check_place(path: &Path) -> io::Result<()> {
    if is_device(path) {
        return Ok(());
    }
    let temporary = temporary_name(&place_of(path))?;
    create_temporary(&temporary)?;
    fs::remove_file(&temporary)
}

/// Whether it is there and neither a file nor a folder: a terminal, a pipe, `/dev/null`.
pub(super) fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Where a file is or will be, however its path is written: what a link leads to, be that there or not.
pub fn place_of(path: &Path) -> PathBuf {
    if let Ok(there) = path.canonicalize() {
        return there;
    }
    let path = end_of_links(path);
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().unwrap_or_default();
    folder
        .canonicalize()
        .map_or_else(|_no_folder| path.clone(), |folder| folder.join(name))
}

/// As many links as Linux follows one after the other.
const MOST_LINKS: usize = 40;

/// What a path leads to that is a link to something that is not there yet.
fn end_of_links(path: &Path) -> PathBuf {
    let mut end = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(target) = fs::read_link(&end) else {
            break;
        };
        end = end.parent().unwrap_or(Path::new("")).join(target);
    }
    end
}

/// A hidden name in the same folder, since a rename does not cross disks.
pub(super) fn temporary_name(path: &Path) -> io::Result<PathBuf> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?;
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.part", std::process::id()));
    Ok(path.with_file_name(temporary))
}

/// Makes a file of a temporary name. In containers every run may have the same number: what one has left that was killed is
/// taken away.
pub(super) fn create_temporary(temporary: &Path) -> io::Result<File> {
    match File::create_new(temporary) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(temporary)?;
            File::create_new(temporary)
        }
        made => made,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of all that is in a folder.
    fn names_in(folder: &Path) -> Vec<OsString> {
        let mut names: Vec<OsString> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_not_written_where_a_folder_is_nor_a_folder_where_a_file_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::create_dir(path("folder")).unwrap();
        fs::write(path("file"), "old").unwrap();
        for format in ExportFormat::ALL {
            let check = |name: &str| check_exports(&[(format, path(name))]);
            let is_folder = format == ExportFormat::OpenPose;
            assert_eq!(check("folder").is_ok(), is_folder, "{}", format.name());
            assert_eq!(check("file").is_ok(), !is_folder, "{}", format.name());
            assert_eq!(check("new/").is_ok(), is_folder, "{}", format.name());
            assert!(check("new").is_ok(), "{}", format.name());
            for name in ["missing/new", "file/new"] {
                assert!(check(name).is_err(), "{name} as {}", format.name());
            }
        }
        let said = check_file(&path("folder")).unwrap_err().to_string();
        assert!(said.contains("is a folder already"), "{said}");
        assert_eq!(names_in(dir.path()), ["file", "folder"]);
        assert!(names_in(&path("folder")).is_empty());
        assert_eq!(fs::read(path("file")).unwrap(), b"old");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_the_place_to_which_it_leads() {
        use std::os::unix::fs::symlink;

        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::create_dir(path("sub")).unwrap();
        // to something that is not there yet, by way of another link
        symlink("sub/new", path("near")).unwrap();
        symlink(path("near"), path("far")).unwrap();
        assert_eq!(place_of(&path("far")), place_of(&path("sub/new")));
        assert!(check_file(&path("far")).is_ok());
        assert!(names_in(&path("sub")).is_empty());
        symlink("nowhere/new", path("broken")).unwrap();
        symlink("round", path("round")).unwrap();
        for name in ["broken", "round"] {
            assert!(check_file(&path(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn what_a_run_of_the_same_number_has_left_is_in_nobodys_way() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.trc");
        let left = temporary_name(&place_of(&path)).unwrap();
        fs::write(left, "half").unwrap();
        assert!(check_place(&path).is_ok());
        assert!(names_in(dir.path()).is_empty());
    }
}
