//! Names of a folder's pictures, and what they tell.

use std::collections::BTreeSet;
use std::path::Path;

/// What tells the pictures of a folder apart, as far as their names go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureNames {
    /// The numbers by which COCO calls its pictures: [`coco_number`] gives another one for each.
    CocoNumbers,
    /// What stands before the endings.
    Stems,
    /// The endings, too: some have the same name before them.
    WholeNames,
}

impl PictureNames {
    const ALL: [Self; 3] = [Self::CocoNumbers, Self::Stems, Self::WholeNames];

    /// What tells pictures of these names apart, no two of which are equal.
    pub fn of(names: &[String]) -> Self {
        let numbers: BTreeSet<u64> = names.iter().filter_map(|name| coco_number(name)).collect();
        let stems: BTreeSet<&str> = names.iter().map(|name| stem(name)).collect();
        if numbers.len() == names.len() {
            Self::CocoNumbers
        } else if stems.len() == names.len() {
            Self::Stems
        } else {
            Self::WholeNames
        }
    }

    /// The word that files use for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CocoNumbers => "coco",
            Self::Stems => "stems",
            Self::WholeNames => "whole",
        }
    }

    /// What a file means by this word; `None` for one that is unknown.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|names| names.name() == word)
    }
}

/// A picture's name without its ending.
pub fn stem(name: &str) -> &str {
    Path::new(name)
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or(name)
}

/// The number that COCO's annotations give to a picture of this name: `000000000139.jpg` or `COCO_val2014_000000000139.jpg`
/// is 139; `None` where it is not such a name.
///
/// Other numbers, as `img_0007.png` has one, count the frames of a video as often, and from 1 as often as from 0.
pub fn coco_number(name: &str) -> Option<u64> {
    const N_DIGITS: usize = 12;
    let stem = stem(name);
    let digits = match stem.rsplit_once('_') {
        Some((before, digits)) if before.starts_with("COCO_") => digits,
        Some(_) => return None,
        None => stem,
    };
    let is_number = digits.len() == N_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_coco_gives_are_its_numbers() {
        for (name, number) in [
            ("000000000139.jpg", Some(139)),
            ("COCO_val2014_000000000042.jpg", Some(42)),
            ("999999999999", Some(999_999_999_999)),
            ("139.jpg", None),
            ("0000000000139.jpg", None),
            ("+00000000139.jpg", None),
            ("walk_000000000139.jpg", None),
            ("000000000139_rendered.png", None),
            ("测000000000139.jpg", None),
            ("", None),
        ] {
            assert_eq!(coco_number(name), number, "{name}");
        }
    }

    #[test]
    fn pictures_are_told_by_as_little_as_tells_all_of_them() {
        let of = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            PictureNames::of(&names)
        };
        let [coco, other] = ["000000000139.jpg", "000000000285.jpg"];
        assert_eq!(of(&[coco, other]), PictureNames::CocoNumbers);
        assert_eq!(of(&[coco, "cover.jpg"]), PictureNames::Stems);
        // one number for two pictures
        let again = "COCO_val2014_000000000139.jpg";
        assert_eq!(of(&[coco, again]), PictureNames::Stems);
        assert_eq!(of(&[coco, "000000000139.png"]), PictureNames::WholeNames);
        assert_eq!(of(&["a.jpg", "a.png", "b.jpg"]), PictureNames::WholeNames);
        for names in PictureNames::ALL {
            assert_eq!(PictureNames::named(names.name()), Some(names));
        }
        assert_eq!(PictureNames::named("of a later version"), None);
    }
}
