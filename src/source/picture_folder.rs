//! Which files of a folder are its pictures, and in which order.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::natural;

/// What a file is called, without the folder.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Files of a folder whose names end like pictures, in natural order.
pub(super) fn pictures_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if is_named_like_picture(&path) && may_be_file(&path) {
            paths.push(path);
        }
    }
    // names that are no text may look alike: the order is the same each time all the same
    paths.sort_by_cached_key(|path| (NaturalName(name_of(path)), path.clone()));
    Ok(paths)
}

/// Whether a file at this place is one of the pictures of a folder, or would be one once it is written.
///
/// Both are places as [`fs::canonicalize`] gives them. A picture of the folder may be a link to a file elsewhere.
pub fn is_picture_of(folder: &Path, place: &Path) -> bool {
    if !folder.is_dir() {
        return false;
    }
    let lies_in_it =
        place.parent() == Some(folder) && is_named_like_picture(place) && may_be_file(place);
    lies_in_it || (place.is_file() && is_linked_from(folder, place))
}

/// Whether one of the pictures of a folder is a link to this file.
fn is_linked_from(folder: &Path, file: &Path) -> bool {
    let leads_there = |picture: &PathBuf| {
        picture.is_symlink() && picture.canonicalize().is_ok_and(|there| there == file)
    };
    // of a folder that cannot be read no picture is read
    pictures_in(folder).is_ok_and(|pictures| pictures.iter().any(leads_there))
}

/// Hidden files are no pictures: Macs put `._IMG_1.jpg` with notes of their own beside `IMG_1.jpg` on other disks.
fn is_named_like_picture(path: &Path) -> bool {
    const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff"];
    let is_hidden = path
        .file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let ending = path.extension().and_then(|ending| ending.to_str());
    !is_hidden
        && ending.is_some_and(|ending| {
            ENDINGS
                .iter()
                .any(|known| ending.eq_ignore_ascii_case(known))
        })
}

/// Whether it is a file, or leads to one. A link that leads nowhere is a picture that cannot be read: it keeps its place, so
/// that those after it keep theirs.
fn may_be_file(path: &Path) -> bool {
    match fs::metadata(path) {
        Ok(found) => found.is_file(),
        Err(_not_told) => true,
    }
}

/// A name that sorts in natural order.
#[derive(PartialEq, Eq)]
struct NaturalName(String);

impl Ord for NaturalName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        natural::compare(&self.0, &other.0)
    }
}

impl PartialOrd for NaturalName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_folder_would_be_read_with_is_a_picture_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let folder = root.join("pictures");
        fs::create_dir_all(folder.join("inner.png")).unwrap();
        for name in ["1.PNG", "a.csv", "inner.png/2.png"] {
            fs::write(folder.join(name), "").unwrap();
        }
        let is_picture = |name: &str| is_picture_of(&folder, &root.join(name));
        for name in ["pictures/1.PNG", "pictures/not yet.jpg"] {
            assert!(is_picture(name), "{name}");
        }
        for name in [
            "2.png",
            "pictures",
            "pictures/a.csv",
            "pictures/.1.png",
            "pictures/inner.png",
            "pictures/inner.png/2.png",
        ] {
            assert!(!is_picture(name), "{name}");
        }
        // nor is anything in a single picture
        let file = folder.join("1.PNG");
        assert!(!is_picture_of(&file, &file.join("2.png")));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_to_which_a_picture_of_the_folder_leads_is_one_of_them() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let (folder, file) = (root.join("pictures"), root.join("elsewhere"));
        fs::create_dir(&folder).unwrap();
        fs::write(&file, "").unwrap();
        assert!(!is_picture_of(&folder, &file));
        std::os::unix::fs::symlink(&file, folder.join("1.png")).unwrap();
        assert!(is_picture_of(&folder, &file));
    }
}
