//! From people to shapes on the picture: pure, so that it can be tested without a window.

use eframe::egui::{Color32, CornerRadius, Rect, Shape, Stroke, StrokeKind};

use crate::export::annotate::WEAKEST_CONFIDENCE;
use crate::geom::{BBox, Image, Point};
use crate::skeleton::{LIMBS, Side, side_of_limb};
use crate::types::{Keypoint, Pose, TrackId, TrackedPose};

use super::options::OverlayOptions;
use super::theme;
use super::viewpoint::PictureView;

/// Behind lines and discs, so that they can be seen on any picture.
pub(super) const SHADE: Color32 = Color32::from_black_alpha(150);

/// Lines for people of this height in window points are [`LIMB_WIDTH`] wide.
const USUAL_HEIGHT: f32 = 320.0;

/// Width of a limb in window points.
const LIMB_WIDTH: f32 = 3.5;

/// What is drawn for everyone; who is selected comes last, on top of the others.
pub fn shapes(
    people: &[TrackedPose],
    view: &PictureView,
    options: &OverlayOptions,
    selected: Option<TrackId>,
) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for person in in_drawing_order(people, selected) {
        let is_selected = selected == Some(person.id);
        if options.boxes || is_selected {
            box_shapes(person, view, is_selected, &mut shapes);
        }
        if options.skeletons {
            skeleton_shapes(person, view, options, &mut shapes);
        }
    }
    shapes
}

/// Whose box is under the pointer; of several the smallest, which would be hard to hit otherwise.
pub fn person_at(people: &[TrackedPose], at: Point<Image>) -> Option<TrackId> {
    people
        .iter()
        .filter(|person| person.bbox.contains(at))
        .min_by(|a, b| a.bbox.area().total_cmp(&b.bbox.area()))
        .map(|person| person.id)
}

pub(super) fn in_drawing_order(
    people: &[TrackedPose],
    selected: Option<TrackId>,
) -> impl Iterator<Item = &TrackedPose> {
    let is_selected = move |person: &&TrackedPose| selected == Some(person.id);
    let others = people.iter().filter(move |person| !is_selected(person));
    others.chain(people.iter().filter(is_selected))
}

pub(super) fn drawn_joints<'a>(
    pose: &'a Pose,
    options: &'a OverlayOptions,
) -> impl Iterator<Item = (usize, Keypoint)> + 'a {
    pose.found()
        .filter(|(_, keypoint)| is_drawn(keypoint, options))
}

fn is_drawn(keypoint: &Keypoint, options: &OverlayOptions) -> bool {
    options.min_confidence <= keypoint.confidence && keypoint.at.is_finite()
}

pub(super) fn ui_rect(view: &PictureView, bbox: BBox<Image>) -> Rect {
    Rect::from_two_pos(view.ui_from_image(bbox.min), view.ui_from_image(bbox.max))
}

fn box_shapes(
    person: &TrackedPose,
    view: &PictureView,
    is_selected: bool,
    shapes: &mut Vec<Shape>,
) {
    let rect = ui_rect(view, person.bbox);
    let corner = CornerRadius::same(3);
    let width = if is_selected { 2.5 } else { 1.5 };
    for (width, color) in [(width + 2.0, SHADE), (width, theme::identity(person.id))] {
        shapes.push(Shape::rect_stroke(
            rect,
            corner,
            Stroke::new(width, color),
            StrokeKind::Middle,
        ));
    }
}

fn skeleton_shapes(
    person: &TrackedPose,
    view: &PictureView,
    options: &OverlayOptions,
    shapes: &mut Vec<Shape>,
) {
    let pose = person.shown_pose();
    let joint = |joint_idx: usize| {
        let keypoint = pose.keypoints.get(joint_idx).copied().flatten();
        keypoint.filter(|keypoint| keypoint.at.is_finite())
    };
    // small people get thin lines, or nothing would be left of them
    let height = person.bbox.height() * view.scale();
    let width = LIMB_WIDTH * (height / USUAL_HEIGHT).clamp(0.45, 1.3);

    let color = theme::identity(person.id);
    let mut sure = Vec::new();
    for limb in LIMBS {
        let (Some(a), Some(b)) = (joint(limb[0]), joint(limb[1])) else {
            continue;
        };
        let line = [view.ui_from_image(a.at), view.ui_from_image(b.at)];
        let color = match side_of_limb(limb) {
            Side::Right => theme::right_side(person.id),
            Side::Left | Side::Middle => color,
        };
        let confidence = a.confidence.min(b.confidence);
        if options.min_confidence <= confidence {
            sure.push((line, color));
        } else if WEAKEST_CONFIDENCE <= confidence {
            // a missing arm would look like an error of the program
            let color = color.gamma_multiply(0.8);
            shapes.extend(Shape::dotted_line(&line, color, 2.2 * width, 0.5 * width));
        }
    }
    // all shades first, so that none crosses a limb of the same person
    for (line, _) in &sure {
        shapes.push(Shape::line_segment(*line, Stroke::new(width + 2.0, SHADE)));
    }
    for (line, color) in sure {
        shapes.push(Shape::line_segment(line, Stroke::new(width, color)));
    }
    for (_, keypoint) in drawn_joints(pose, options) {
        let at = view.ui_from_image(keypoint.at);
        let fill = if options.confidence_colors {
            theme::confidence(keypoint.confidence)
        } else {
            color
        };
        shapes.push(Shape::circle_filled(at, 1.25 * width + 1.2, SHADE));
        shapes.push(Shape::circle_filled(at, 1.25 * width, fill));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::viewpoint::Viewpoint;
    use eframe::egui::epaint::CircleShape;
    use eframe::egui::{Pos2, pos2};

    const STAGE: Rect = Rect {
        min: pos2(0.0, 0.0),
        max: pos2(200.0, 100.0),
    };

    fn view(mirrored: bool) -> PictureView {
        Viewpoint::default().view(STAGE, [400, 200], mirrored)
    }

    /// Nose and left shoulder are sure, the right shoulder is not.
    fn person(id: u32) -> TrackedPose {
        let mut pose = Pose::EMPTY;
        for (joint_idx, x, confidence) in [(0, 100.0, 0.9), (5, 140.0, 0.8), (6, 60.0, 0.1)] {
            pose.keypoints[joint_idx] = Some(Keypoint {
                at: Point::new(x, 50.0),
                confidence,
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

    fn circles(shapes: &[Shape]) -> impl Iterator<Item = &CircleShape> {
        shapes.iter().filter_map(|shape| match shape {
            Shape::Circle(circle) if circle.fill != SHADE => Some(circle),
            _ => None,
        })
    }

    /// Joints; the dots of weak limbs are smaller.
    fn discs(shapes: &[Shape]) -> Vec<(Pos2, Color32)> {
        circles(shapes)
            .filter(|circle| 1.5 < circle.radius)
            .map(|circle| (circle.center, circle.fill))
            .collect()
    }

    #[test]
    fn sure_joints_become_discs_at_their_place_in_their_color() {
        let shapes = shapes(&[person(1)], &view(false), &OverlayOptions::default(), None);
        assert_eq!(
            discs(&shapes),
            [
                (pos2(50.0, 25.0), theme::confidence(0.9)),
                (pos2(70.0, 25.0), theme::confidence(0.8)),
            ]
        );
    }

    #[test]
    fn a_mirror_moves_discs_and_keeps_the_person() {
        let before = person(1);
        let people = [before];
        let shapes = shapes(&people, &view(true), &OverlayOptions::default(), None);
        assert_eq!(discs(&shapes)[0].0, pos2(150.0, 25.0));
        assert_eq!(people[0], before);
    }

    #[test]
    fn the_threshold_decides_what_is_drawn() {
        let count = |min_confidence| {
            let options = OverlayOptions {
                min_confidence,
                ..OverlayOptions::default()
            };
            discs(&shapes(&[person(1)], &view(false), &options, None)).len()
        };
        assert_eq!(
            [count(0.0), count(0.5), count(0.85), count(0.95)],
            [3, 2, 1, 0]
        );
    }

    #[test]
    fn limbs_need_both_ends_and_weak_ones_are_dotted() {
        let options = OverlayOptions {
            boxes: false,
            min_confidence: 0.0,
            ..OverlayOptions::default()
        };
        let lines = |options: &OverlayOptions| {
            shapes(&[person(1)], &view(false), options, None)
                .iter()
                .filter(|shape| matches!(shape, Shape::LineSegment { .. }))
                .count()
        };
        // shoulder to shoulder: the shade and the line
        assert_eq!(lines(&options), 2);
        assert_eq!(lines(&OverlayOptions::default()), 0);
        let weak = shapes(&[person(1)], &view(false), &OverlayOptions::default(), None);
        let n_dots = circles(&weak).count() - discs(&weak).len();
        assert!(5 < n_dots, "{n_dots}");
    }

    #[test]
    fn switched_off_is_not_drawn() {
        let nothing = OverlayOptions {
            skeletons: false,
            boxes: false,
            identities: false,
            ..OverlayOptions::default()
        };
        assert!(shapes(&[person(1)], &view(false), &nothing, None).is_empty());
        let one_color = OverlayOptions {
            confidence_colors: false,
            ..OverlayOptions::default()
        };
        let shapes = shapes(&[person(3)], &view(false), &one_color, None);
        assert!(
            discs(&shapes)
                .iter()
                .all(|(_, color)| *color == theme::identity(TrackId(3)))
        );
    }

    #[test]
    fn smoothed_joints_are_shown_where_there_are_some() {
        let mut person = person(1);
        let mut smoothed = person.pose;
        smoothed.keypoints[0] = Some(Keypoint {
            at: Point::new(104.0, 50.0),
            confidence: 0.9,
        });
        person.smoothed = Some(smoothed);
        let shapes = shapes(&[person], &view(false), &OverlayOptions::default(), None);
        assert_eq!(discs(&shapes)[0].0, pos2(52.0, 25.0));
    }

    #[test]
    fn the_smaller_box_under_the_pointer_is_chosen() {
        let mut small = person(2);
        small.bbox = BBox::from_xywh([90.0, 40.0, 20.0, 20.0]);
        let people = [person(1), small];
        assert_eq!(
            person_at(&people, Point::new(100.0, 50.0)),
            Some(TrackId(2))
        );
        assert_eq!(person_at(&people, Point::new(50.0, 50.0)), Some(TrackId(1)));
        assert_eq!(person_at(&people, Point::new(0.0, 0.0)), None);
    }
}
