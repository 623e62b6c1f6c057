//! Drawing people on pictures: for saved pictures and recorded videos.

use crate::export::palette::{confidence_color, darkened, identity_color};
use crate::geom::{BBox, Image, Point};
use crate::image::RgbImage;
use crate::image::draw::{self, Paint};
use crate::image::text::{text, text_width_px};
use crate::skeleton::{LIMBS, Side, side_of_limb};
use crate::types::{Keypoint, Pose, TrackedPose};

/// Below this a joint is noise; a limb that ends there would only confuse.
pub const WEAKEST_CONFIDENCE: f32 = 0.1;

/// Brightness of the right side's limbs: enough to tell the sides apart, not enough to look like another person.
pub const RIGHT_BRIGHTNESS: f32 = 0.68;

/// Dark edge around limbs, joints and texts, so that they stand out from pictures of any color.
const EDGE: Paint = Paint::translucent([0; 3], 0.55);

/// What is drawn; the results in files do not depend on it.
#[derive(Clone, Debug, PartialEq)]
pub struct AnnotationStyle {
    /// Limbs and joints.
    pub skeleton: bool,
    /// The box of each person.
    pub boxes: bool,
    /// A label with identity and score: `#3 87%`.
    pub identities: bool,
    /// The confidence of each joint in percent, beside it.
    pub joint_confidence: bool,
    /// Joints below are not drawn, and limbs that end there count as weak.
    pub min_confidence: f32,
    /// Whether weak limbs are dotted; otherwise they are left out.
    pub weak_limbs: bool,
}

impl Default for AnnotationStyle {
    fn default() -> Self {
        Self {
            skeleton: true,
            boxes: true,
            identities: true,
            // seventeen numbers hide the person; wanted only when a net is examined
            joint_confidence: false,
            // where MoveNet and rtmlib put it too: below, a joint is more often wrong than right
            min_confidence: 0.3,
            // a missing arm looks like an error of the program, a dotted one like what it is
            weak_limbs: true,
        }
    }
}

/// Draws people on a picture of their frame: boxes below, then skeletons, labels on top of everything.
pub fn annotate(image: &mut RgbImage, people: &[TrackedPose], style: &AnnotationStyle) {
    let scale = picture_scale(image.size());
    for person in people {
        if style.boxes {
            draw_box(image, person, scale);
        }
    }
    for person in people {
        if style.skeleton {
            draw_skeleton(image, person, style, scale);
        }
    }
    for person in people {
        if style.joint_confidence {
            draw_confidences(image, person.shown_pose(), style, scale);
        }
        if style.identities {
            draw_label(image, person, style, scale);
        }
    }
}

/// How much larger than on a 1280x720 picture lines and texts are.
fn picture_scale([width, height]: [usize; 2]) -> f32 {
    (width as f32 * height as f32).sqrt() / 960.0
}

/// Capitals of labels: never too small to be read.
fn label_height_px(scale: f32) -> f32 {
    (14.0 * scale).max(8.0)
}

/// Width of limbs: a share of the person's size, within what the picture's size allows.
fn limb_width_px(person: &TrackedPose, scale: f32) -> f32 {
    let size = person.bbox.area().max(0.0).sqrt();
    let thickest = (7.0 * scale).max(2.5);
    (0.016 * size).clamp((1.6 * scale).max(1.2), thickest)
}

fn draw_box(image: &mut RgbImage, person: &TrackedPose, scale: f32) {
    let width = (1.5 * scale).max(1.0);
    let color = identity_color(person.id);
    draw::rect(image, person.bbox, width, Paint::translucent(color, 0.8));
}

fn draw_skeleton(image: &mut RgbImage, person: &TrackedPose, style: &AnnotationStyle, scale: f32) {
    let pose = person.shown_pose();
    let width = limb_width_px(person, scale);
    let edge = (0.25 * width).clamp(0.6, 2.0 * scale.max(0.5));
    let joint = |joint_idx: usize| pose.keypoints.get(joint_idx).copied().flatten();
    let limbs: Vec<([usize; 2], [Keypoint; 2])> = LIMBS
        .iter()
        .filter_map(|limb| Some((*limb, [joint(limb[0])?, joint(limb[1])?])))
        .collect();
    let confidence = |ends: &[Keypoint; 2]| ends[0].confidence.min(ends[1].confidence);

    // first all edges, so that none crosses a limb of the same person
    for (_, ends) in &limbs {
        if style.min_confidence <= confidence(ends) {
            draw::line(image, ends[0].at, ends[1].at, width + 2.0 * edge, EDGE);
        }
    }
    for (limb, ends) in &limbs {
        let color = identity_color(person.id);
        let color = match side_of_limb(*limb) {
            Side::Right => darkened(color, RIGHT_BRIGHTNESS),
            Side::Left | Side::Middle => color,
        };
        if style.min_confidence <= confidence(ends) {
            draw::line(image, ends[0].at, ends[1].at, width, Paint::opaque(color));
        } else if style.weak_limbs && WEAKEST_CONFIDENCE <= confidence(ends) {
            let dots = (0.6 * width).max(1.2);
            let paint = Paint::translucent(color, 0.8);
            draw::dotted_line(image, ends[0].at, ends[1].at, dots, paint);
        }
    }
    for (_, keypoint) in surely_found(pose, style) {
        let radius = 0.85 * width;
        draw::disc(image, keypoint.at, radius + edge, EDGE);
        let color = confidence_color(keypoint.confidence);
        draw::disc(image, keypoint.at, radius, Paint::opaque(color));
    }
}

fn surely_found<'a>(
    pose: &'a Pose,
    style: &AnnotationStyle,
) -> impl Iterator<Item = (usize, Keypoint)> + 'a {
    let min_confidence = style.min_confidence;
    pose.found()
        .filter(move |(_, keypoint)| min_confidence <= keypoint.confidence)
}

/// Numbers stand outside of the body; one that would cover another is left out, the surer joint first.
fn draw_confidences(image: &mut RgbImage, pose: &Pose, style: &AnnotationStyle, scale: f32) {
    let height = (9.0 * scale).max(7.0);
    let padding = 0.25 * height;
    let mut joints: Vec<Keypoint> = surely_found(pose, style)
        .map(|(_, keypoint)| keypoint)
        .collect();
    joints.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let middle_x = joints.iter().map(|joint| joint.at.x).sum::<f32>() / joints.len() as f32;
    let mut plates: Vec<BBox<Image>> = Vec::new();
    for joint in joints {
        let number = percent(joint.confidence).to_string();
        let width = text_width_px(&number, height) + 2.0 * padding;
        let left = if joint.at.x < middle_x {
            joint.at.x - 0.6 * height - width
        } else {
            joint.at.x + 0.6 * height
        };
        let top = joint.at.y - 0.5 * height - padding;
        let plate = BBox::from_xywh([left, top, width, height + 2.0 * padding]);
        if plates.iter().any(|other| 0.0 < other.iou(&plate)) {
            continue;
        }
        draw::filled_rect(image, plate, EDGE);
        let corner = Point::new(plate.min.x + padding, plate.min.y + padding);
        let color = confidence_color(joint.confidence);
        text(image, &number, corner, height, Paint::opaque(color));
        plates.push(plate);
    }
}

/// The label stands on the box's upper border, or below it where the picture ends.
fn draw_label(image: &mut RgbImage, person: &TrackedPose, style: &AnnotationStyle, scale: f32) {
    let label = format!("#{} {}%", person.id.0, percent(person.score));
    let height = label_height_px(scale);
    let padding = 0.45 * height;
    let size = [
        text_width_px(&label, height) + 2.0 * padding,
        height + 2.0 * padding,
    ];
    let anchor = label_anchor(person, style);
    let plate = label_plate(anchor, size, image.size());
    let color = identity_color(person.id);
    draw::filled_rect(image, plate, Paint::translucent(color, 0.92));
    let corner = Point::new(plate.min.x + padding, plate.min.y + padding);
    text(image, &label, corner, height, Paint::opaque(ink_on(color)));
}

/// From the joints' bounds to the top of the head.
const HEAD_GROWTH: f32 = 1.2;

/// Without boxes the label goes with what is seen of the person: the joints.
fn label_anchor(person: &TrackedPose, style: &AnnotationStyle) -> BBox<Image> {
    if style.boxes {
        return person.bbox;
    }
    person
        .shown_pose()
        .bounds(style.min_confidence)
        .map_or(person.bbox, |bounds| bounds.scaled(HEAD_GROWTH))
}

fn label_plate(
    anchor: BBox<Image>,
    [width, height]: [f32; 2],
    [picture_width, picture_height]: [usize; 2],
) -> BBox<Image> {
    let above = anchor.min.y - height;
    let top = if above < 0.0 { anchor.min.y } else { above };
    let largest_left = (picture_width as f32 - width).max(0.0);
    let largest_top = (picture_height as f32 - height).max(0.0);
    BBox::from_xywh([
        anchor.min.x.clamp(0.0, largest_left),
        top.clamp(0.0, largest_top),
        width,
        height,
    ])
}

/// Black or white, whichever is easier to read on the color.
fn ink_on([red, green, blue]: [u8; 3]) -> [u8; 3] {
    // luma of BT.601
    let luma = 0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue);
    if 125.0 < luma { [16; 3] } else { [255; 3] }
}

/// Whole percent in 0..=100; NaN counts as 0.
fn percent(share: f32) -> u8 {
    (100.0 * share).round().clamp(0.0, 100.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::TrackId;

    const SIZE: [usize; 2] = [320, 240];

    /// Somebody who stands upright, left and right mirrored about x = 160.
    fn standing(confidence: f32) -> TrackedPose {
        let right: [[f32; 2]; 8] = [
            [156.0, 46.0],
            [152.0, 48.0],
            [140.0, 70.0],
            [132.0, 100.0],
            [128.0, 128.0],
            [146.0, 130.0],
            [145.0, 168.0],
            [144.0, 205.0],
        ];
        let mut pose = Pose::EMPTY;
        let mut place = |joint_idx: usize, x: f32, y: f32| {
            pose.keypoints[joint_idx] = Some(Keypoint {
                at: Point::new(x, y),
                confidence,
            });
        };
        place(0, 160.0, 52.0);
        for (k, [x, y]) in right.into_iter().enumerate() {
            place(2 + 2 * k, x, y);
            place(1 + 2 * k, 320.0 - x, y);
        }
        TrackedPose {
            id: TrackId(1),
            bbox: BBox::from_xywh([120.0, 35.0, 80.0, 180.0]),
            score: 0.87,
            pose,
            smoothed: None,
        }
    }

    fn drawn(person: &TrackedPose, style: &AnnotationStyle) -> RgbImage {
        let mut image = RgbImage::filled(SIZE, [90; 3]);
        annotate(&mut image, std::slice::from_ref(person), style);
        image
    }

    fn n_changed(image: &RgbImage) -> usize {
        image
            .pixels()
            .chunks_exact(3)
            .filter(|pixel| *pixel != [90; 3])
            .count()
    }

    const NOTHING: AnnotationStyle = AnnotationStyle {
        skeleton: false,
        boxes: false,
        identities: false,
        joint_confidence: false,
        min_confidence: 0.3,
        weak_limbs: true,
    };

    #[test]
    fn every_switch_draws_something_of_its_own() {
        let person = standing(0.9);
        assert_eq!(n_changed(&drawn(&person, &NOTHING)), 0);
        let switches: [fn(&mut AnnotationStyle); 4] = [
            |style| style.skeleton = true,
            |style| style.boxes = true,
            |style| style.identities = true,
            |style| style.joint_confidence = true,
        ];
        let mut pictures = Vec::new();
        for switch in switches {
            let mut style = NOTHING;
            switch(&mut style);
            let picture = drawn(&person, &style);
            assert!(50 < n_changed(&picture));
            assert!(!pictures.contains(&picture));
            pictures.push(picture);
        }
    }

    #[test]
    fn limbs_have_the_identity_and_joints_the_confidence() {
        let style = AnnotationStyle {
            skeleton: true,
            ..NOTHING
        };
        let picture = drawn(&standing(0.9), &style);
        // the middle of the left shin, then of the right one, then the nose
        let color = identity_color(TrackId(1));
        assert_eq!(picture.get(175, 186), Some(color));
        assert_eq!(
            picture.get(144, 186),
            Some(darkened(color, RIGHT_BRIGHTNESS))
        );
        assert_eq!(picture.get(160, 52), Some(confidence_color(0.9)));
    }

    #[test]
    fn smoothed_joints_are_shown_where_there_are_some() {
        let mut person = standing(0.9);
        person.smoothed = Some(person.pose);
        person.pose = Pose::EMPTY;
        let style = AnnotationStyle::default();
        assert_eq!(drawn(&person, &style), drawn(&standing(0.9), &style));
    }

    #[test]
    fn weak_limbs_are_dotted_or_left_out() {
        let mut style = AnnotationStyle {
            skeleton: true,
            ..NOTHING
        };
        let strong = n_changed(&drawn(&standing(0.9), &style));
        let weak = n_changed(&drawn(&standing(0.2), &style));
        assert!(0 < weak && weak < strong / 2, "{weak} of {strong}");
        assert_eq!(n_changed(&drawn(&standing(0.05), &style)), 0);
        style.weak_limbs = false;
        assert_eq!(n_changed(&drawn(&standing(0.2), &style)), 0);
    }

    #[test]
    fn labels_stay_inside_of_the_picture() {
        for xywh in [
            [-50.0, -50.0, 100.0, 100.0],
            [300.0, 230.0, 100.0, 100.0],
            [0.0, 0.0, 320.0, 240.0],
        ] {
            let plate = label_plate(BBox::from_xywh(xywh), [60.0, 20.0], SIZE);
            assert_eq!(plate.clipped(SIZE), Some(plate));
        }
    }

    #[test]
    fn broken_numbers_do_not_break_the_picture() {
        let mut person = standing(f32::NAN);
        person.score = f32::NAN;
        person.bbox = BBox::from_xywh([f32::NAN, 0.0, f32::INFINITY, 1.0]);
        let style = AnnotationStyle {
            joint_confidence: true,
            ..AnnotationStyle::default()
        };
        let _survived = drawn(&person, &style);
    }
}
