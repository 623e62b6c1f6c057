//! OpenPose's folder of JSON files, one a frame, as `--write_json` of OpenPose 1.7 makes it.
//!
//! Of a video, `NAME_000000000012_keypoints.json` is that of frame 12. Of a folder of pictures, `img12_keypoints.json` is that
//! of `img12.jpg`; where some pictures differ in their endings alone, which OpenPose itself lets overwrite each other, whole
//! names take the place: `img12.jpg_keypoints.json`.
//!
//! `BODY_25`: 75 numbers a person, in pixels. Neck and middle of the hips are the means of shoulders and hips, as sure as the
//! less sure of the two; feet are not known and stand as `0, 0, 0`, like every joint that was not found. Positions are the
//! smoothed ones where there are any; `person_id` holds the identity, which OpenPose itself does not have.
//!
//! `COCO_18` is read as well; neck, middle of the hips and feet are no joints of ours and are passed over.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::export::foreign::{
    ForeignPerson, ForeignResults, deserialize_numbers, identity_of, joint_row,
};
use crate::export::picture_places::PicturePlaces;
use crate::export::reader::json_of;
use crate::export::rows::{FrameRow, KeypointRow};
use crate::export::whole_file::write_json_of_many;
use crate::export::{ExportError, Header, ReadError, ResultWriter};
use crate::skeleton::N_JOINTS;
use crate::source::PictureNames;
use crate::source::picture_names::stem;

/// Joints of `BODY_25`.
const N_BODY_25: usize = 25;

/// Where each joint of COCO stands in `BODY_25` (`poseParameters.cpp` of OpenPose, `POSE_BODY_25_BODY_PARTS`).
const BODY_25_FROM_COCO: [usize; N_JOINTS] =
    [0, 16, 15, 18, 17, 5, 2, 6, 3, 7, 4, 12, 9, 13, 10, 14, 11];

/// Joints of `COCO_18`.
const N_COCO_18: usize = 18;

/// Where each joint of COCO stands in `COCO_18` (the same file, `POSE_COCO_BODY_PARTS`).
const COCO_18_FROM_COCO: [usize; N_JOINTS] =
    [0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10];

/// How every frame's file ends; a number that counts frames, or the name of a picture, stands before it.
pub(super) const FILE_END: &str = "_keypoints.json";

const NECK: usize = 1;
const MIDDLE_OF_HIPS: usize = 8;

/// Shoulders and hips in COCO's order.
const SHOULDERS: [usize; 2] = [5, 6];
const HIPS: [usize; 2] = [11, 12];

/// A frame's file; arrays of hands and face are there and empty, as readers expect them.
#[derive(Serialize)]
struct FrameFile {
    version: f64,
    people: Vec<Person>,
}

#[derive(Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the names are those of OpenPose's files"
)]
struct Person {
    person_id: [u32; 1],
    pose_keypoints_2d: Vec<f64>,
    face_keypoints_2d: [f64; 0],
    hand_left_keypoints_2d: [f64; 0],
    hand_right_keypoints_2d: [f64; 0],
    pose_keypoints_3d: [f64; 0],
    face_keypoints_3d: [f64; 0],
    hand_left_keypoints_3d: [f64; 0],
    hand_right_keypoints_3d: [f64; 0],
}

/// Writes a folder.
#[derive(Debug)]
pub struct OpenPoseWriter {
    folder: PathBuf,
    /// What the files' names begin with: the source's name without its ending.
    prefix: String,
    /// What the pictures are told by; `None` where their names are not known.
    picture_names: Option<PictureNames>,
    /// The files that this run has written.
    written: BTreeSet<String>,
}

impl OpenPoseWriter {
    /// Makes the folder where it is not there yet; files of the same names are replaced, those of other frames that an
    /// earlier run left are kept and told of in the log.
    pub fn create(folder: &Path, header: &Header) -> Result<Self, ExportError> {
        fs::create_dir_all(folder).map_err(|reason| ExportError::Create {
            path: folder.to_owned(),
            reason,
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            prefix: header.source.stem(),
            picture_names: header.source.picture_names(),
            written: BTreeSet::new(),
        })
    }

    /// What a frame's file is called.
    fn file_name(&self, row: &FrameRow) -> String {
        // whatever stands in a file: never a place outside of the folder
        let picture = Path::new(row.file.as_deref().unwrap_or_default())
            .file_name()
            .and_then(|name| name.to_str());
        match (self.picture_names, picture) {
            (Some(PictureNames::CocoNumbers | PictureNames::Stems), Some(name)) => {
                format!("{}{FILE_END}", stem(name))
            }
            (Some(PictureNames::WholeNames), Some(name)) => format!("{name}{FILE_END}"),
            (None, _) | (_, None) => numbered(&self.prefix, row.frame),
        }
    }

    /// How many files lie in the folder that would be read with those of this run.
    fn n_others(&self) -> usize {
        // a folder that cannot be read holds no such file
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries
            .filter(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                let is_alike = match self.picture_names {
                    Some(_) => name.ends_with(FILE_END),
                    None => is_numbered(&self.prefix, &name),
                };
                is_alike && !self.written.contains(&*name)
            })
            .count()
    }
}

impl ResultWriter for OpenPoseWriter {
    fn write(&mut self, row: &FrameRow) -> Result<(), ExportError> {
        let name = self.file_name(row);
        let people = row
            .people
            .iter()
            .map(|person| Person {
                person_id: [person.id],
                pose_keypoints_2d: body_25(person.positions()).concat(),
                face_keypoints_2d: [],
                hand_left_keypoints_2d: [],
                hand_right_keypoints_2d: [],
                pose_keypoints_3d: [],
                face_keypoints_3d: [],
                hand_left_keypoints_3d: [],
                hand_right_keypoints_3d: [],
            })
            .collect();
        // the documentation says 1.1, the program writes 1.3
        let file = FrameFile {
            version: 1.3,
            people,
        };
        write_json_of_many(&self.folder.join(&name), &file)?;
        self.written.insert(name);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<PathBuf>, ExportError> {
        let n_others = self.n_others();
        if 0 < n_others {
            tracing::warn!(
                "files of an earlier run ({n_others}) lie in {} and would be read with those of this one, as they are \
                 called alike: delete them, or choose another folder",
                self.folder.display()
            );
        }
        Ok(vec![self.folder])
    }
}

/// What the file of a video's frame is called.
fn numbered(prefix: &str, frame: u64) -> String {
    format!("{prefix}_{frame:012}{FILE_END}")
}

/// Whether the file of some frame of a video is called so.
fn is_numbered(prefix: &str, name: &str) -> bool {
    let number = name
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .and_then(|rest| rest.strip_suffix(FILE_END));
    let frame = number.and_then(|number| number.parse().ok());
    frame.is_some_and(|frame| numbered(prefix, frame) == name)
}

/// A frame's file as it is read; hands and faces are left alone.
#[derive(Deserialize)]
struct ReadFile {
    people: Vec<ReadPerson>,
}

#[derive(Deserialize)]
struct ReadPerson {
    /// OpenPose writes -1.
    #[serde(default)]
    person_id: Value,
    #[serde(alias = "pose_keypoints", deserialize_with = "deserialize_numbers")]
    pose_keypoints_2d: Vec<f64>,
}

const FORMAT: &str = "folder of OpenPose's JSON files";

/// Reads a folder; the numbers in the files' names are the frames', or the names are those of `pictures`, where the recording
/// is a folder of them.
pub(super) fn read(
    folder: &Path,
    pictures: Option<&PicturePlaces<'_>>,
) -> Result<ForeignResults, ReadError> {
    let mut results = ForeignResults::default();
    for (frame, path) in frame_files(folder, pictures)? {
        results.add_frame(frame, None);
        let file: ReadFile = json_of(&path, "frame of OpenPose's")?;
        for (place, person) in file.people.iter().enumerate() {
            let numbers = &person.pose_keypoints_2d;
            let (joints, _incomplete) = numbers.as_chunks::<3>();
            let places = match numbers.len() {
                0 => continue,
                n if n == 3 * N_BODY_25 => BODY_25_FROM_COCO,
                n if n == 3 * N_COCO_18 => COCO_18_FROM_COCO,
                n => {
                    return Err(ReadError::Invalid {
                        path,
                        format: FORMAT,
                        place: format!("people[{place}].pose_keypoints_2d"),
                        reason: format!("{n} numbers are neither BODY_25's 75 nor COCO_18's 54"),
                    });
                }
            };
            results.add_person(
                frame,
                ForeignPerson {
                    id: identity_of(&person.person_id),
                    score: None,
                    bbox: None,
                    keypoints: places.map(|place| joint_row(joints[place])),
                },
            );
        }
    }
    Ok(results)
}

/// The files of one video, or of one folder of pictures, by frame.
fn frame_files(
    folder: &Path,
    pictures: Option<&PicturePlaces<'_>>,
) -> Result<Vec<(u64, PathBuf)>, ReadError> {
    let unreadable = |reason| ReadError::Unreadable {
        path: folder.to_owned(),
        reason,
    };
    let invalid = |place: String, reason: &str| ReadError::Invalid {
        path: folder.to_owned(),
        format: FORMAT,
        place,
        reason: reason.to_owned(),
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // macOS keeps such a file beside each other one on disks of other systems
        if !name.starts_with("._")
            && let Some(stem) = name.strip_suffix(FILE_END)
        {
            found.push((stem.to_owned(), entry.path()));
        }
    }
    if found.is_empty() {
        let reason = "none ends in _keypoints.json";
        return Err(invalid("its files".to_owned(), reason));
    }
    // some picture may be gone: then that is said, and its file not taken for that of some frame
    let pictures = pictures.filter(|pictures| {
        found
            .iter()
            .any(|(stem, _)| pictures.frame_of_stem(stem).is_some())
    });
    let mut files = Vec::new();
    let mut prefixes = BTreeSet::new();
    for (stem, path) in found {
        let stem = stem.as_str();
        let (prefix, frame, lack) = if let Some(pictures) = pictures {
            let lack = "no picture of the folder, or more than one, is called so";
            ("", pictures.frame_of_stem(stem), lack)
        } else {
            let (prefix, number) = stem.rsplit_once('_').unwrap_or(("", stem));
            let lack = "its name holds no frame number; if it is that of a picture, name the folder of the pictures \
                        with --video";
            (prefix, number.parse().ok(), lack)
        };
        let frame: u64 = frame.ok_or_else(|| invalid(format!("{stem}{FILE_END}"), lack))?;
        prefixes.insert(prefix.to_owned());
        files.push((frame, path));
    }
    if 1 < prefixes.len() {
        let names: Vec<String> = prefixes.into_iter().collect();
        let reason = "they are of several videos: leave those of one";
        return Err(invalid(names.join(", "), reason));
    }
    files.sort();
    if let Some(pair) = files.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let names = [&pair[0].1, &pair[1].1].map(|path| {
            let name = path.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        });
        let reason = "they are of one frame, as of two runs: leave one of them";
        return Err(invalid(names.join(", "), reason));
    }
    Ok(files)
}

/// The joints in the order of `BODY_25`.
fn body_25(joints: &[KeypointRow; N_JOINTS]) -> [[f64; 3]; N_BODY_25] {
    let mut body = [[0.0; 3]; N_BODY_25];
    for (joint, place) in joints.iter().zip(BODY_25_FROM_COCO) {
        body[place] = joint.unwrap_or_default();
    }
    for (pair, place) in [(SHOULDERS, NECK), (HIPS, MIDDLE_OF_HIPS)] {
        if let [Some(a), Some(b)] = pair.map(|joint| joints[joint]) {
            body[place] = [
                f64::midpoint(a[0], b[0]),
                f64::midpoint(a[1], b[1]),
                a[2].min(b[2]),
            ];
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joints_stand_where_body_25_has_them() {
        let joints: [KeypointRow; N_JOINTS] =
            std::array::from_fn(|joint| Some([joint as f64, 10.0 * joint as f64, 0.5]));
        let body = body_25(&joints);
        // nose, right shoulder, left wrist, right ankle, left eye, right ear
        let expected = [(0, 0), (2, 6), (7, 9), (11, 16), (16, 1), (17, 4)];
        for (place, joint) in expected {
            assert_eq!(body[place][0], joint as f64, "{place}");
        }
        assert_eq!(body[NECK], [5.5, 55.0, 0.5]);
        assert_eq!(body[MIDDLE_OF_HIPS], [11.5, 115.0, 0.5]);
        assert!(body[19..].iter().all(|foot| *foot == [0.0; 3]));
    }

    #[test]
    fn a_neck_without_a_shoulder_is_not_invented() {
        let mut joints: [KeypointRow; N_JOINTS] = [Some([1.0, 1.0, 0.9]); N_JOINTS];
        joints[5] = None;
        assert_eq!(body_25(&joints)[NECK], [0.0; 3]);
    }

    #[test]
    fn files_of_other_frames_are_those_that_are_called_as_ours_are() {
        let dir = tempfile::tempdir().unwrap();
        let writer = OpenPoseWriter {
            folder: dir.path().to_owned(),
            prefix: "walk".to_owned(),
            picture_names: None,
            written: BTreeSet::from([1, 2].map(|frame| numbered("walk", frame))),
        };
        assert_eq!(writer.n_others(), 0);
        for name in [
            "walk_000000000001_keypoints.json",
            "walk_000000000007_keypoints.json",
            "walk_000000000008_keypoints.json",
            "walk_7_keypoints.json",
            "walk_+00000000007_keypoints.json",
            "walk_0000000000007_keypoints.json",
            "walk_2_000000000007_keypoints.json",
            "run_000000000007_keypoints.json",
            "walk_000000000009_keypoints.json.bak",
            "walk.mp4",
        ] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        assert_eq!(writer.n_others(), 2);
    }
}
