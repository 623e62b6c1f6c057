//! Files that exist whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use crate::export::ExportError;
use crate::export::places::{create_temporary, is_device, place_of, temporary_name};

/// Writes a file under a temporary name beside its own and renames it when it is whole.
///
/// A file of that name that was there before is replaced at the end, or stays as it was. It is on the disk afterwards.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_renamed(path, bytes, Waiting::UntilOnDisk)
}

/// Whether a file that is written is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    /// Until the disk has it.
    UntilOnDisk,
    /// Until the system has it.
    UntilHandedOver,
}

fn write_renamed(path: &Path, bytes: &[u8], waiting: Waiting) -> io::Result<()> {
    if is_device(path) {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    // what a link leads to is replaced, not the link
    let path = &place_of(path);
    let temporary = temporary_name(path)?;
    let written = create_temporary(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        match waiting {
            // a full disk may be reported only here
            Waiting::UntilOnDisk => sync(&file),
            Waiting::UntilHandedOver => Ok(()),
        }
    });
    let renamed = written.and_then(|()| fs::rename(&temporary, path));
    if renamed.is_err() {
        // nothing to be done where even this fails
        drop(fs::remove_file(&temporary));
    }
    renamed
}

/// Writes a value as a JSON file, whole or not at all. It is on the disk afterwards.
pub fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), ExportError> {
    write_json_renamed(path, value, Waiting::UntilOnDisk)
}

/// The same without waiting for the disk: for one of very many files, each of which would cost as much time as a frame.
pub(super) fn write_json_of_many(
    path: &Path,
    value: &impl serde::Serialize,
) -> Result<(), ExportError> {
    write_json_renamed(path, value, Waiting::UntilHandedOver)
}

fn write_json_renamed(
    path: &Path,
    value: &impl serde::Serialize,
    waiting: Waiting,
) -> Result<(), ExportError> {
    serde_json::to_vec(value)
        .map_err(io::Error::from)
        .and_then(|text| write_renamed(path, &text, waiting))
        .map_err(|reason| ExportError::Write {
            path: path.to_owned(),
            reason,
        })
}

/// Waits until the disk has it; a pipe, and what else is no disk, has nothing to wait for.
pub(super) fn sync(file: &File) -> io::Result<()> {
    match file.sync_all() {
        Err(reason)
            if matches!(
                reason.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn links_and_devices_stay_what_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, b"old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_whole(&link, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        // nor where nothing is yet
        fs::remove_file(&file).unwrap();
        write_whole(&link, b"again").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"again");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        // a device of the machine is not touched in a test: a pipe is no file either
        assert!(is_device(Path::new("/dev/null")));
    }

    #[test]
    fn nothing_is_left_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("姿势 1.png");
        write_whole(&path, b"old").unwrap();
        write_whole(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");

        // a folder cannot be replaced by a file
        let taken = dir.path().join("taken");
        fs::create_dir(&taken).unwrap();
        fs::write(taken.join("inside"), b"x").unwrap();
        assert!(write_whole(&taken, b"new").is_err());
        assert!(write_whole(&dir.path().join("missing/a.png"), b"new").is_err());

        // nor by those that nobody waits for
        let one_of_many = dir.path().join("1.json");
        for numbers in [&[1, 2, 3][..], &[4]] {
            write_json_of_many(&one_of_many, &numbers).unwrap();
        }
        assert_eq!(fs::read(&one_of_many).unwrap(), b"[4]");
        assert!(write_json_of_many(&dir.path().join("missing/1.json"), &1).is_err());

        let mut names: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["1.json", "taken", "姿势 1.png"]);
    }
}
