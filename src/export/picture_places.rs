//! Frames by the names of their pictures, as other programs call them that have worked on a folder.

use std::collections::BTreeMap;
use std::path::Path;

use crate::source::PictureNames;
use crate::source::picture_names::{coco_number, stem};

/// The number of the frame that each picture of a folder is.
#[derive(Debug)]
pub(super) struct PicturePlaces<'a> {
    names: BTreeMap<&'a str, u64>,
    /// By what OpenPose calls its files; `None` for what may mean several pictures.
    stems: BTreeMap<&'a str, Option<u64>>,
    /// Empty where the pictures are not called by COCO's numbers.
    numbers: BTreeMap<u64, u64>,
}

impl<'a> PicturePlaces<'a> {
    /// `names` are those of all pictures, in order; the first one is frame `first_frame`.
    pub(super) fn new(names: &'a [String], first_frame: u64) -> Self {
        let frames = || names.iter().map(String::as_str).zip(first_frame..);
        let mut stems: BTreeMap<&str, Option<u64>> = BTreeMap::new();
        for (name, frame) in frames() {
            stems
                .entry(stem(name))
                .and_modify(|frame| *frame = None)
                .or_insert(Some(frame));
        }
        let mut numbers = BTreeMap::new();
        match PictureNames::of(names) {
            PictureNames::CocoNumbers => {
                let numbered =
                    frames().filter_map(|(name, frame)| Some((coco_number(name)?, frame)));
                numbers.extend(numbered);
            }
            PictureNames::Stems => {}
            // then the files have whole names, see `openpose`
            PictureNames::WholeNames => {
                stems.extend(frames().map(|(name, frame)| (name, Some(frame))));
            }
        }
        Self {
            names: frames().collect(),
            stems,
            numbers,
        }
    }

    /// The frame whose picture has this name, whatever folder stands before it.
    pub(super) fn frame_of_name(&self, name: &str) -> Option<u64> {
        let name = Path::new(name).file_name()?.to_str()?;
        self.names.get(name).copied()
    }

    /// The frame whose picture has this name before its ending; where that may mean several, its whole name.
    pub(super) fn frame_of_stem(&self, stem: &str) -> Option<u64> {
        self.stems.get(stem).copied().flatten()
    }

    /// The frame whose picture COCO calls by this number.
    pub(super) fn frame_of_number(&self, number: u64) -> Option<u64> {
        self.numbers.get(&number).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_found_by_names_stems_and_numbers() {
        let names = ["000000000139.jpg", "000000000285.jpg"].map(str::to_owned);
        let places = PicturePlaces::new(&names, 0);
        assert_eq!(places.frame_of_name("val2017/000000000285.jpg"), Some(1));
        assert_eq!(places.frame_of_stem("000000000139"), Some(0));
        assert_eq!(places.frame_of_number(285), Some(1));
        assert_eq!(places.frame_of_number(1), None);
        // the file counts from 1
        let places = PicturePlaces::new(&names, 1);
        assert_eq!(places.frame_of_number(285), Some(2));
    }

    #[test]
    fn a_name_that_may_mean_two_pictures_means_none() {
        let names = ["a.jpg", "a.jpg.png", "a.png", "b.jpg"].map(str::to_owned);
        let places = PicturePlaces::new(&names, 0);
        assert_eq!(places.frame_of_stem("a"), None);
        assert_eq!(places.frame_of_stem("b"), Some(3));
        assert_eq!(places.frame_of_stem("b.jpg"), Some(3));
        // the whole name of one, and the other's without its ending
        assert_eq!(places.frame_of_stem("a.jpg"), Some(0));
        assert_eq!(places.frame_of_name("a.png"), Some(2));
        assert_eq!(places.frame_of_name(".."), None);
        let names = ["a.jpg", "a.jpg.png"].map(str::to_owned);
        let places = PicturePlaces::new(&names, 0);
        assert_eq!(places.frame_of_stem("a.jpg"), Some(1));
    }
}
