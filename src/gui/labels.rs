//! Words on the picture: who it is, and which joint.

use eframe::egui::{Color32, Pos2, Rect, Vec2, pos2, vec2};

use crate::skeleton::JOINT_NAMES;
use crate::types::{TrackId, TrackedPose};

use super::options::OverlayOptions;
use super::overlay::{SHADE, drawn_joints, in_drawing_order, ui_rect};
use super::theme;
use super::viewpoint::PictureView;

/// Words to be written on the picture; laying them out needs fonts, so the stage does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Left bottom corner of the words, or the right one.
    pub at: Pos2,
    /// Whether the words end at [`Self::at`] rather than begin there.
    pub ends_there: bool,
    /// The words.
    pub text: String,
    /// Behind them.
    pub background: Color32,
    /// Whether they name a person, rather than a joint.
    pub is_heading: bool,
}

/// What is written for everyone; the part of a picture that is zoomed in and not seen has no names.
pub fn labels(
    people: &[TrackedPose],
    view: &PictureView,
    stage: Rect,
    options: &OverlayOptions,
    selected: Option<TrackId>,
) -> Vec<Label> {
    let mut labels = Vec::new();
    for person in in_drawing_order(people, selected) {
        let rect = ui_rect(view, person.bbox);
        if options.joint_names {
            for (joint_idx, keypoint) in drawn_joints(person.shown_pose(), options) {
                let at = view.ui_from_image(keypoint.at);
                if !stage.contains(at) {
                    continue;
                }
                // away from the middle of the body, where the names of both sides would meet
                let ends_there = at.x < rect.center().x;
                let aside = if ends_there { -7.0 } else { 7.0 };
                labels.push(Label {
                    at: at + vec2(aside, -3.0),
                    ends_there,
                    text: joint_name(joint_idx),
                    background: SHADE,
                    is_heading: false,
                });
            }
        }
        if options.identities && rect.intersects(stage) {
            // as in the list of people; the score jumps where the detector looks
            let mean = person.shown_pose().mean_confidence();
            labels.push(Label {
                at: rect.left_top(),
                ends_there: false,
                text: format!("#{} {:.0}%", person.id.0, 100.0 * mean),
                background: theme::identity(person.id),
                is_heading: true,
            });
        }
    }
    labels
}

/// A joint's name for people: `left shoulder`.
pub fn joint_name(joint_idx: usize) -> String {
    JOINT_NAMES
        .get(joint_idx)
        .map(|name| name.replace('_', " "))
        .unwrap_or_default()
}

/// Where a label's background lies so that it stays on the stage.
pub fn label_rect(label: &Label, text_size: Vec2, stage: Rect) -> Rect {
    let padding = if label.is_heading {
        vec2(6.0, 2.0)
    } else {
        vec2(3.0, 0.0)
    };
    let size = text_size + 2.0 * padding;
    let left = if label.ends_there {
        label.at.x - size.x
    } else {
        label.at.x
    };
    let wanted = Rect::from_min_size(pos2(left, label.at.y - size.y), size);
    let x = wanted
        .min
        .x
        .clamp(stage.min.x, (stage.max.x - size.x).max(stage.min.x));
    let y = wanted
        .min
        .y
        .clamp(stage.min.y, (stage.max.y - size.y).max(stage.min.y));
    Rect::from_min_size(pos2(x, y), size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::{BBox, Point};
    use crate::gui::viewpoint::Viewpoint;
    use crate::types::{Keypoint, Pose};

    const STAGE: Rect = Rect {
        min: pos2(0.0, 0.0),
        max: pos2(200.0, 100.0),
    };

    /// Both shoulders, the left one at the right.
    fn person(id: u32) -> TrackedPose {
        let mut pose = Pose::EMPTY;
        for (joint_idx, x) in [(5, 140.0), (6, 60.0)] {
            pose.keypoints[joint_idx] = Some(Keypoint {
                at: Point::new(x, 50.0),
                confidence: 0.9,
            });
        }
        TrackedPose {
            id: TrackId(id),
            bbox: BBox::from_xywh([40.0, 20.0, 120.0, 160.0]),
            score: 0.93,
            pose,
            smoothed: None,
        }
    }

    fn labels_of(people: &[TrackedPose], options: &OverlayOptions) -> Vec<Label> {
        let view = Viewpoint::default().view(STAGE, [400, 200], false);
        labels(people, &view, STAGE, options, Some(TrackId(1)))
    }

    #[test]
    fn names_grow_away_from_the_body() {
        let options = OverlayOptions {
            joint_names: true,
            identities: false,
            ..OverlayOptions::default()
        };
        let labels = labels_of(&[person(1)], &options);
        let names: Vec<(&str, bool)> = labels
            .iter()
            .map(|label| (label.text.as_str(), label.ends_there))
            .collect();
        assert_eq!(names, [("left shoulder", false), ("right shoulder", true)]);
        let rect = label_rect(&labels[1], vec2(10.0, 8.0), STAGE);
        assert_eq!(rect.max.x, labels[1].at.x);
    }

    #[test]
    fn switched_off_is_not_written() {
        let nothing = OverlayOptions {
            identities: false,
            joint_names: false,
            ..OverlayOptions::default()
        };
        assert!(labels_of(&[person(1)], &nothing).is_empty());
    }

    #[test]
    fn who_is_out_of_view_is_not_named() {
        let options = OverlayOptions {
            joint_names: true,
            ..OverlayOptions::default()
        };
        let names = |center: Vec2| -> Vec<String> {
            let viewpoint = Viewpoint { zoom: 4.0, center };
            let view = viewpoint.view(STAGE, [400, 200], false);
            let labels = labels(&[person(1)], &view, STAGE, &options, None);
            labels.into_iter().map(|label| label.text).collect()
        };
        // the left shoulder lies right of the stage; two sure joints of seventeen
        assert_eq!(names(vec2(0.125, 0.25)), ["right shoulder", "#1 11%"]);
        assert!(names(vec2(0.875, 0.25)).is_empty());
    }

    #[test]
    fn labels_stay_on_the_stage() {
        let label = Label {
            at: pos2(190.0, 3.0),
            ends_there: false,
            text: "1".to_owned(),
            background: SHADE,
            is_heading: true,
        };
        let rect = label_rect(&label, vec2(30.0, 14.0), STAGE);
        assert!(STAGE.contains_rect(rect));
    }

    #[test]
    fn the_selected_person_is_written_last() {
        let labels = labels_of(&[person(1), person(2)], &OverlayOptions::default());
        assert!(labels.last().unwrap().text.starts_with("#1 "));
    }
}
