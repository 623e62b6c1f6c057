//! COCO keypoint results: one array of people, for evaluation by pycocotools and its relatives.
//!
//! `image_id` is the frame's number; where COCO itself calls all pictures of a folder by numbers, as `000000000139.jpg`, it is
//! the picture's, so that the results can be judged by COCO's annotations. Joints are as the net saw them, without
//! smoothing, in pixels counted from 0, which is half a pixel less than our positions; one that was not found is `0, 0, 0`.
//!
//! Results of a folder of pictures are read together with it: `image_id` then is the picture's number or name, where the
//! folder has such pictures.
//!
//! AlphaPose writes the same array with names of pictures as `image_id`, whose last number is the frame's, and `box` and
//! `idx` for box and identity. Where a list has more joints, as Halpe26 has, the first 17 are COCO's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::export::foreign::{
    ForeignPerson, ForeignResults, deserialize_numbers, identity_of, joint_row,
};
use crate::export::picture_places::PicturePlaces;
use crate::export::reader::json_of;
use crate::export::rows::{FrameRow, coco_joints};
use crate::export::text_file::JsonArrayFile;
use crate::export::{ExportError, Header, ReadError, ResultWriter};
use crate::geom::FIRST_PIXEL_CENTER_PX;
use crate::skeleton::N_JOINTS;
use crate::source::PictureNames;
use crate::source::picture_names::coco_number;

/// COCO's number of the category "person".
const PERSON: u32 = 1;

/// A person of a results file; readers ignore `bbox` and `track_id` where they do not need them.
#[derive(Serialize)]
struct Entry {
    image_id: u64,
    category_id: u32,
    /// `[x, y, confidence]` for each joint, one after the other.
    keypoints: Vec<f64>,
    score: f64,
    bbox: [f64; 4],
    track_id: u32,
}

/// Writes a results file.
#[derive(Debug)]
pub struct CocoWriter {
    file: JsonArrayFile,
    /// Whether pictures are called by COCO's numbers.
    has_numbers: bool,
}

impl CocoWriter {
    /// Makes the file.
    pub fn create(path: &Path, header: &Header) -> Result<Self, ExportError> {
        Ok(Self {
            file: JsonArrayFile::create(path)?,
            has_numbers: header.source.picture_names() == Some(PictureNames::CocoNumbers),
        })
    }

    fn image_id(&self, row: &FrameRow) -> u64 {
        let name = row.file.as_deref().filter(|_| self.has_numbers);
        name.and_then(coco_number).unwrap_or(row.frame)
    }
}

impl ResultWriter for CocoWriter {
    fn write(&mut self, row: &FrameRow) -> Result<(), ExportError> {
        for person in &row.people {
            let entry = Entry {
                image_id: self.image_id(row),
                category_id: PERSON,
                keypoints: coco_joints(&person.keypoints).concat(),
                score: person.score,
                bbox: person.bbox,
                track_id: person.id,
            };
            debug_assert_eq!(entry.keypoints.len(), 3 * N_JOINTS);
            self.file.push(&entry)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<PathBuf>, ExportError> {
        self.file.finish()?;
        Ok(vec![self.file.path().to_owned()])
    }
}

/// What a list's scores of people are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scores {
    /// Confidences; what is above 1 counts as 1.
    InUnit,
    /// AlphaPose's: sums that rank people in its suppression and often are near 3 (its `docs/output.md` names no bound).
    /// The mean confidence of the joints takes their place, since it can be compared with other results.
    Unbounded,
}

/// A person as it is read; what else stands there is left alone.
#[derive(Deserialize)]
struct ReadEntry {
    image_id: ImageId,
    #[serde(default = "person")]
    category_id: f64,
    /// What is no person needs none.
    #[serde(default, deserialize_with = "deserialize_numbers")]
    keypoints: Vec<f64>,
    score: Option<f64>,
    bbox: Option<Vec<Option<f64>>>,
    /// AlphaPose's name for it.
    #[serde(rename = "box")]
    alphapose_box: Option<Vec<Option<f64>>>,
    track_id: Option<Value>,
    /// AlphaPose's name for it.
    idx: Option<Value>,
}

fn person() -> f64 {
    f64::from(PERSON)
}

impl ReadEntry {
    /// x, y, width, height; a list that lacks some of them is none.
    fn bbox(&self) -> Option<[f64; 4]> {
        [&self.bbox, &self.alphapose_box]
            .into_iter()
            .flatten()
            .find_map(|numbers| match numbers.as_slice() {
                &[Some(x), Some(y), Some(width), Some(height)] => Some([x, y, width, height]),
                _ => None,
            })
    }

    fn identity(&self) -> Option<u32> {
        [&self.track_id, &self.idx]
            .into_iter()
            .flatten()
            .find_map(identity_of)
    }
}

#[derive(Deserialize)]
#[serde(try_from = "WrittenId")]
enum ImageId {
    Number(u64),
    Name(String),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a frame's number or a picture's name")]
enum WrittenId {
    Whole(u64),
    /// Some programs know no whole numbers and write `7.0`.
    Fraction(f64),
    Name(String),
}

impl TryFrom<WrittenId> for ImageId {
    type Error = String;

    fn try_from(written: WrittenId) -> Result<Self, String> {
        match written {
            WrittenId::Whole(number) => Ok(Self::Number(number)),
            // every whole number up to 2^53 is exact
            WrittenId::Fraction(number)
                if number.fract() == 0.0 && (0.0..=(1_u64 << 53) as f64).contains(&number) =>
            {
                Ok(Self::Number(number as u64))
            }
            WrittenId::Fraction(number) => Err(format!("{number} is no frame's number")),
            WrittenId::Name(name) => Ok(Self::Name(name)),
        }
    }
}

/// Joints of the sets that begin with COCO's: COCO, Halpe26, Halpe136 without the face, COCO-WholeBody and Halpe136.
const KNOWN_LENGTHS: [usize; 5] = [17, 26, 68, 133, 136];

/// Whether the beginning of a list has names as `image_id`, as AlphaPose has.
pub(super) fn has_names(start: &str) -> bool {
    let after_key = start.split("\"image_id\"").nth(1);
    after_key.is_some_and(|rest| {
        rest.trim_start()
            .strip_prefix(':')
            .is_some_and(|value| value.trim_start().starts_with('"'))
    })
}

/// Reads a list of people; `pictures` are those of the folder that they are of, where the recording is one.
pub(super) fn read(
    path: &Path,
    scores: Scores,
    pictures: Option<&PicturePlaces<'_>>,
) -> Result<ForeignResults, ReadError> {
    let format = match scores {
        Scores::InUnit => "COCO keypoint results file",
        Scores::Unbounded => "results file of AlphaPose",
    };
    let list: Vec<ReadEntry> = json_of(path, format)?;
    let mut results = ForeignResults::default();
    let by_number = pictures.filter(|pictures| are_numbers_of(&list, pictures));
    let by_name = pictures.filter(|pictures| has_names_of(&list, pictures));
    let mut names: BTreeMap<u64, &str> = BTreeMap::new();
    let mut n_others = 0;
    for (place, entry) in list.iter().enumerate() {
        let invalid = |field: &str, reason: String| ReadError::Invalid {
            path: path.to_owned(),
            format,
            place: format!("[{place}].{field}"),
            reason,
        };
        if entry.category_id != person() {
            n_others += 1;
            continue;
        }
        let frame = match &entry.image_id {
            ImageId::Number(number) => by_number
                .and_then(|pictures| pictures.frame_of_number(*number))
                .unwrap_or(*number),
            ImageId::Name(name) => {
                let (found, lack) = match by_name {
                    Some(pictures) => (pictures.frame_of_name(name), "is no picture of the folder"),
                    None => (last_number(name), "holds no frame number"),
                };
                let frame = found.ok_or_else(|| invalid("image_id", format!("{name:?} {lack}")))?;
                let other = *names.entry(frame).or_insert(name);
                if other != name {
                    let reason = format!("{name:?} has the frame number of {other:?}");
                    return Err(invalid("image_id", reason));
                }
                frame
            }
        };
        let (joints, incomplete) = entry.keypoints.as_chunks::<3>();
        if !incomplete.is_empty() || !KNOWN_LENGTHS.contains(&joints.len()) {
            let n = entry.keypoints.len();
            let reason = format!("{n} numbers are not three for each of COCO's 17 joints");
            return Err(invalid("keypoints", reason));
        }
        results.add_person(
            frame,
            ForeignPerson {
                id: entry.identity(),
                score: match scores {
                    Scores::InUnit => entry.score,
                    Scores::Unbounded => None,
                },
                bbox: entry.bbox(),
                keypoints: std::array::from_fn(|joint| {
                    let [x, y, confidence] = joint_row(joints[joint])?;
                    Some([
                        x + FIRST_PIXEL_CENTER_PX,
                        y + FIRST_PIXEL_CENTER_PX,
                        confidence,
                    ])
                }),
            },
        );
    }
    if 0 < n_others {
        tracing::info!(
            "{}: {n_others} entries that are no people were passed over",
            path.display()
        );
    }
    Ok(results)
}

/// Whether all pictures of a list are called by numbers that COCO gives to pictures of the folder. Numbers of frames are not:
/// few of them are some picture's number, too.
fn are_numbers_of(list: &[ReadEntry], pictures: &PicturePlaces<'_>) -> bool {
    list.iter().all(|entry| match entry.image_id {
        ImageId::Number(number) => pictures.frame_of_number(number).is_some(),
        ImageId::Name(_) => false,
    })
}

/// Whether a list calls any picture of the folder by its name.
fn has_names_of(list: &[ReadEntry], pictures: &PicturePlaces<'_>) -> bool {
    list.iter().any(|entry| match &entry.image_id {
        ImageId::Number(_) => false,
        ImageId::Name(name) => pictures.frame_of_name(name).is_some(),
    })
}

/// The last digits of a picture's name before its ending.
fn last_number(name: &str) -> Option<u64> {
    let stem = Path::new(name).file_stem()?.to_str()?;
    let end = stem.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = stem[..end]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |before| {
            before + stem[before..].chars().next().map_or(0, char::len_utf8)
        });
    stem[start..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_pictures_hold_frame_numbers() {
        for (name, number) in [
            ("0.jpg", Some(0)),
            ("00012.png", Some(12)),
            ("folder2/frame_0007.final.jpg", Some(7)),
            ("测9试", Some(9)),
            ("münchen_7_crop.jpg", Some(7)),
            ("cover.jpg", None),
            ("99999999999999999999999.jpg", None),
        ] {
            assert_eq!(last_number(name), number, "{name}");
        }
    }

    #[test]
    fn lists_with_names_are_told_from_those_with_numbers() {
        assert!(has_names(
            r#"[ {"keypoints": [1, 2], "image_id" : "0.jpg"}]"#
        ));
        assert!(!has_names(r#"[{"image_id":3,"note":"x"}]"#));
        assert!(!has_names("[]"));
    }
}
