//! COCO keypoint ground truth: images and the people labeled in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::error::EvalError;
use super::id::Id;
use super::json::{self, Joints, Object};
use crate::geom::{BBox, Image};
use crate::skeleton::{JOINT_NAMES, N_JOINTS};

const FORMAT: &str = "COCO keypoint annotation file";

/// The category that COCO's files give to people.
const PERSON: &str = "person";

/// A person (or a crowd) as the annotators labeled it.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    /// Its name in the file.
    pub id: Id,
    /// What is labeled, usually a person.
    pub category_id: Id,
    /// x and y in pixels, and 0 for not labeled, 1 for labeled and hidden, 2 for labeled and visible.
    pub joints: Joints,
    /// A group whose people are not told apart.
    pub is_crowd: bool,
    /// Neither rewarded nor punished: a crowd, or someone without labeled joints.
    pub is_ignored: bool,
    /// Square pixels that the person covers.
    pub area: f64,
    /// `[x, y, width, height]` in pixels.
    pub bbox_xywh: [f64; 4],
    /// The same around the head, where the file has it as `head_rect`, `headbox` or `bbox_head` (PoseTrack's name).
    pub head_xywh: Option<[f64; 4]>,
}

impl Annotation {
    /// For each joint whether it is labeled.
    pub fn labeled(&self) -> [bool; N_JOINTS] {
        self.joints.map(|[_, _, visibility]| 0.0 < visibility)
    }
}

/// An image with all that is labeled in it, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct LabeledImage {
    /// Its name in the file.
    pub id: Id,
    /// Where its picture is, seen from the folder of pictures.
    pub file_name: Option<String>,
    /// All labels of known categories.
    pub annotations: Vec<Annotation>,
}

impl LabeledImage {
    /// Where its picture is when the pictures are in `folder`.
    pub fn path_in(&self, folder: &Path) -> Result<PathBuf, EvalError> {
        match &self.file_name {
            Some(file_name) => Ok(folder.join(file_name)),
            None => Err(EvalError::NoFileName {
                image_id: self.id.clone(),
            }),
        }
    }
}

/// Someone whose box a pose net can be given in place of a detector's.
#[derive(Clone, Debug, PartialEq)]
pub struct AnnotatedPerson<'a> {
    /// The annotation.
    pub id: &'a Id,
    /// Around the person.
    pub bbox: BBox<Image>,
}

/// The labels that results are compared with.
///
/// The field `ignore` of annotations is not looked at: pycocotools overwrites it too.
#[derive(Clone, Debug, PartialEq)]
pub struct GroundTruth {
    images: Vec<LabeledImage>,
    categories: BTreeMap<Id, Category>,
}

/// What is labeled, as far as the file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Category {
    name: Option<String>,
    /// In the order of the labels; empty where the file names none.
    joint_names: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    images: Vec<ImageEntry>,
    annotations: Vec<AnnotationEntry>,
    categories: Vec<CategoryEntry>,
}

#[derive(Deserialize)]
struct ImageEntry {
    id: Id,
    file_name: Option<String>,
}

#[derive(Deserialize)]
struct CategoryEntry {
    id: Id,
    name: Option<String>,
    // of any form, since only people's joints have to be COCO's
    keypoints: Option<Value>,
}

#[derive(Deserialize)]
struct AnnotationEntry {
    id: Id,
    image_id: Id,
    category_id: Id,
    #[serde(deserialize_with = "json::deserialize_labels")]
    keypoints: Joints,
    num_keypoints: f64,
    #[serde(deserialize_with = "json::deserialize_flag")]
    iscrowd: bool,
    area: f64,
    bbox: [f64; 4],
    // of any form, since only PCKh needs them
    head_rect: Option<Value>,
    headbox: Option<Value>,
    bbox_head: Option<Value>,
}

impl GroundTruth {
    /// Reads a file in the format of `person_keypoints_val2017.json`.
    ///
    /// As in pycocotools, annotations of unlisted images and categories are left out, and of images that are
    /// listed twice the last counts. Two annotations of the same id, of which pycocotools counts one twice, are an
    /// error. So are people whose category names other joints than COCO's, or names them in another order.
    pub fn read(path: &Path) -> Result<Self, EvalError> {
        let Object(file): Object<File> = json::read(path, FORMAT)?;
        let mut known_ids = BTreeSet::new();
        for (index, entry) in file.annotations.iter().enumerate() {
            if !known_ids.insert(&entry.id) {
                return Err(EvalError::Invalid {
                    path: path.to_owned(),
                    format: FORMAT,
                    place: format!("annotations[{index}].id"),
                    reason: format!("another annotation has the id {} too", entry.id),
                });
            }
            if entry.id.is_zero() {
                tracing::warn!(
                    "{}: pycocotools takes a result that matches annotation 0 for a wrong one, and so do these figures; number annotations from 1",
                    path.display()
                );
            }
        }
        let (ground_truth, n_left_out) = Self::from_file(file);
        if let Some((place, reason)) = ground_truth.wrong_joint() {
            return Err(EvalError::Invalid {
                path: path.to_owned(),
                format: FORMAT,
                place,
                reason,
            });
        }
        if 0 < n_left_out {
            tracing::warn!(
                "{}: {n_left_out} annotations are left out, as their image or category is not listed",
                path.display()
            );
        }
        Ok(ground_truth)
    }

    /// Also says how many annotations have no listed image and category.
    fn from_file(file: File) -> (Self, usize) {
        let categories: BTreeMap<_, _> = file
            .categories
            .into_iter()
            .map(|entry| {
                let category = Category {
                    name: entry.name,
                    joint_names: entry
                        .keypoints
                        .and_then(|names| serde_json::from_value(names).ok())
                        .unwrap_or_default(),
                };
                (entry.id, category)
            })
            .collect();
        let mut images: BTreeMap<_, _> = file
            .images
            .into_iter()
            .map(|entry| {
                let image = LabeledImage {
                    id: entry.id.clone(),
                    file_name: entry.file_name,
                    annotations: Vec::new(),
                };
                (entry.id, image)
            })
            .collect();
        let mut n_left_out = 0_usize;
        for entry in file.annotations {
            match images.get_mut(&entry.image_id) {
                Some(image) if categories.contains_key(&entry.category_id) => {
                    image.annotations.push(Annotation::from(entry));
                }
                _ => n_left_out += 1,
            }
        }
        let ground_truth = Self {
            images: images.into_values().collect(),
            categories,
        };
        (ground_truth, n_left_out)
    }

    /// All images in the order of their ids.
    pub fn images(&self) -> &[LabeledImage] {
        &self.images
    }

    /// The ids of all categories, in order.
    pub fn category_ids(&self) -> impl Iterator<Item = &Id> {
        self.categories.keys()
    }

    /// Where in [`Self::images`] the image is.
    pub fn image_idx(&self, id: &Id) -> Option<usize> {
        self.images.binary_search_by(|image| image.id.cmp(id)).ok()
    }

    /// The category of people: the one called "person", or the only one there is.
    pub fn person_category(&self) -> Result<&Id, EvalError> {
        let by_name = self
            .categories
            .iter()
            .find(|(_, category)| category.name.as_deref() == Some(PERSON));
        let only = || (self.categories.len() == 1).then(|| self.categories.first_key_value());
        by_name
            .or_else(|| only().flatten())
            .map(|(id, _)| id)
            .ok_or(EvalError::NoPersonCategory {
                n_categories: self.categories.len(),
            })
    }

    /// Where people's joints are named otherwise than COCO's, and what is wrong there.
    fn wrong_joint(&self) -> Option<(String, String)> {
        let category_id = self.person_category().ok()?;
        let names = &self.categories.get(category_id)?.joint_names;
        if names.is_empty() {
            return None;
        }
        let own = |joint_idx: usize| names.get(joint_idx).map_or("nothing", String::as_str);
        let of_coco = |joint_idx: usize| JOINT_NAMES.get(joint_idx).copied().unwrap_or("nothing");
        let joint_idx = (0..names.len().max(N_JOINTS))
            .find(|joint_idx| plain(own(*joint_idx)) != plain(of_coco(*joint_idx)))?;
        Some((
            format!("keypoints[{joint_idx}] of category {category_id}"),
            format!(
                "{} stands where COCO has {}, bring the joints into COCO's order, or leave the names out if only \
                 they differ",
                own(joint_idx),
                of_coco(joint_idx)
            ),
        ))
    }

    /// Whom a pose net is asked about when it is given the annotators' boxes: people with at least one labeled
    /// joint and a box with an area, no crowds; nobody where [`Self::person_category`] is an error.
    pub fn annotated_people<'a>(
        &'a self,
        image: &'a LabeledImage,
    ) -> impl Iterator<Item = AnnotatedPerson<'a>> {
        let person_category = self.person_category().ok();
        image
            .annotations
            .iter()
            .filter(move |annotation| Some(&annotation.category_id) == person_category)
            .filter(|annotation| !annotation.is_ignored)
            .map(|annotation| AnnotatedPerson {
                id: &annotation.id,
                bbox: BBox::from_xywh(annotation.bbox_xywh.map(|number| number as f32)),
            })
            .filter(|person| 0.0 < person.bbox.area())
    }
}

/// A joint's name without what spellings differ in, as "Left eye" and `left_eye` do.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

impl From<AnnotationEntry> for Annotation {
    fn from(entry: AnnotationEntry) -> Self {
        Self {
            id: entry.id,
            category_id: entry.category_id,
            joints: entry.keypoints,
            is_crowd: entry.iscrowd,
            is_ignored: entry.iscrowd || entry.num_keypoints == 0.0,
            area: entry.area,
            bbox_xywh: entry.bbox,
            head_xywh: [entry.head_rect, entry.headbox, entry.bbox_head]
                .into_iter()
                .flatten()
                .find_map(|value| serde_json::from_value(value).ok()),
        }
    }
}
