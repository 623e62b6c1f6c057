//! Shares of correct keypoints: PCK and PCKh.
//!
//! PCK counts a joint as correct within a share of the longer side of the person's box (Yang and Ramanan, "Articulated
//! human detection with flexible mixtures of parts", 2013, section 7.1). PCKh takes a share of the head's size instead
//! (Andriluka et al., "2D human pose estimation: new benchmark and state of the art analysis", 2014, section 5), which
//! the MPII evaluation computes as 0.6 times the diagonal of the head's rectangle.

use serde::ser::{Serialize, SerializeMap as _, SerializeStruct as _, Serializer};

use super::dataset::{Annotation, GroundTruth};
use super::error::EvalError;
use super::oks;
use super::results::{KeypointResult, Results};
use crate::skeleton::{JOINT_NAMES, N_JOINTS};
use crate::track::assign::cheapest_pairs;

/// What distances are measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The longer side of the person's box: PCK.
    Box,
    /// The size of the head: PCKh.
    Head,
}

/// The head's size as a share of the diagonal of its rectangle (MPII's `evalPCKh`).
const HEAD_SHARE: f64 = 0.6;

/// When a joint counts as correct.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JointParams {
    /// What distances are measured in.
    pub reach: Reach,
    /// How many of it a joint may be off.
    pub alpha: f64,
}

impl JointParams {
    /// The usual shares: 0.2 of the box (Yang and Ramanan's figure for people), half of the head (PCKh@0.5).
    pub const fn usual(reach: Reach) -> Self {
        let alpha = match reach {
            Reach::Box => 0.2,
            Reach::Head => 0.5,
        };
        Self { reach, alpha }
    }

    fn most_px(&self, person: &Annotation) -> Result<f64, EvalError> {
        let unit_px = match self.reach {
            Reach::Box => {
                let [_, _, width, height] = person.bbox_xywh;
                width.max(height)
            }
            Reach::Head => {
                let [_, _, width, height] =
                    person.head_xywh.ok_or_else(|| EvalError::NoHeadRect {
                        annotation_id: person.id.clone(),
                    })?;
                HEAD_SHARE * width.hypot(height)
            }
        };
        Ok(self.alpha * unit_px)
    }
}

/// How often one joint was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JointCount {
    /// People who have it labeled.
    pub n_labeled: usize,
    /// Those of them where it was found.
    pub n_correct: usize,
}

impl JointCount {
    /// In [0, 1]; `None` where nobody has it labeled.
    pub fn share(&self) -> Option<f64> {
        (self.n_labeled != 0).then(|| self.n_correct as f64 / self.n_labeled as f64)
    }
}

/// Shares of correct joints; as JSON with a share for each joint by name, `null` where nobody has it labeled.
#[derive(Clone, Debug, PartialEq)]
pub struct JointFigures {
    /// When a joint counted as correct.
    pub params: JointParams,
    /// People with labeled joints.
    pub n_people: usize,
    /// Those of them for whom there is no result: all their joints are wrong.
    pub n_missed_people: usize,
    /// In the skeleton's order.
    pub joints: [JointCount; N_JOINTS],
}

impl JointFigures {
    /// As it is called in the field, such as `PCKh@0.5`.
    pub fn name(&self) -> String {
        let name = match self.params.reach {
            Reach::Box => "PCK",
            Reach::Head => "PCKh",
        };
        format!("{name}@{}", self.params.alpha)
    }

    /// All joints together, each labeled one counting the same, as in the MPII evaluation.
    pub fn all(&self) -> JointCount {
        JointCount {
            n_labeled: self.joints.iter().map(|joint| joint.n_labeled).sum(),
            n_correct: self.joints.iter().map(|joint| joint.n_correct).sum(),
        }
    }
}

impl Serialize for JointFigures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("JointFigures", 5)?;
        fields.serialize_field("metric", &self.name())?;
        fields.serialize_field("people", &self.n_people)?;
        fields.serialize_field("missed_people", &self.n_missed_people)?;
        fields.serialize_field("all_joints", &self.all().share())?;
        fields.serialize_field("joints", &Shares(&self.joints))?;
        fields.end()
    }
}

struct Shares<'a>(&'a [JointCount; N_JOINTS]);

impl Serialize for Shares<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(N_JOINTS))?;
        for (name, joint) in JOINT_NAMES.iter().zip(self.0) {
            map.serialize_entry(name, &joint.share())?;
        }
        map.end()
    }
}

/// Compares results with the people of the ground truth who have labeled joints and are no crowd.
///
/// Each person gets the result that is for them: pairs are made so that the sum of their object keypoint similarities
/// is as large as can be. Results without a person do not count, as neither PCK nor PCKh knows false ones, and scores
/// are not looked at. A joint at 0, 0 with confidence 0 was not found.
pub fn evaluate_joints(
    ground_truth: &GroundTruth,
    results: &Results,
    params: &JointParams,
) -> Result<JointFigures, EvalError> {
    let category = ground_truth.person_category()?;
    let mut figures = JointFigures {
        params: *params,
        n_people: 0,
        n_missed_people: 0,
        joints: [JointCount::default(); N_JOINTS],
    };
    for (image, results) in ground_truth
        .images()
        .iter()
        .zip(results.by_image(ground_truth)?)
    {
        let people: Vec<&Annotation> = image
            .annotations
            .iter()
            .filter(|person| person.category_id == *category && !person.is_ignored)
            .collect();
        let results: Vec<&KeypointResult> = results
            .into_iter()
            .filter(|result| result.category_id == *category)
            .collect();
        let mut of_people = vec![None; people.len()];
        let pairs = cheapest_pairs(people.len(), results.len(), |person, result| {
            -oks::similarity(people[person], &results[result].joints)
        });
        for (person, result) in pairs {
            of_people[person] = Some(results[result]);
        }
        for (person, result) in people.into_iter().zip(of_people) {
            figures.push(person, result)?;
        }
    }
    Ok(figures)
}

impl JointFigures {
    fn push(
        &mut self,
        person: &Annotation,
        result: Option<&KeypointResult>,
    ) -> Result<(), EvalError> {
        let most_px = self.params.most_px(person)?;
        self.n_people += 1;
        self.n_missed_people += usize::from(result.is_none());
        for (joint_idx, is_labeled) in person.labeled().into_iter().enumerate() {
            if !is_labeled {
                continue;
            }
            let [x, y, _] = person.joints[joint_idx];
            let is_correct = result
                .map(|result| result.joints[joint_idx])
                .filter(|joint| *joint != [0.0; 3])
                .is_some_and(|[of_x, of_y, _]| (of_x - x).hypot(of_y - y) <= most_px);
            self.joints[joint_idx].n_labeled += 1;
            self.joints[joint_idx].n_correct += usize::from(is_correct);
        }
        Ok(())
    }
}
