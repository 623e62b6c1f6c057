//! Whom to look at in a frame: whom the detector found, and who is followed.

use crate::geom::{BBox, Image};
use crate::types::Detection;

/// A followed region and a detection that overlap by more are the same person.
/// Low, because a region is made of joints alone, without hair and feet, and lags behind a fast mover.
const SAME_PERSON_IOU: f32 = 0.3;

/// A followed region and a detection that overlap by so much are looks at the same part of the same person.
/// Between this and the value above the region has lost a part of the person, or holds somebody else too.
const SAME_REGION_IOU: f32 = 0.6;

/// A box that holds so much of a surer one, without being much larger, is a second, vague look at the same person.
/// Suppression by overlap keeps it, since a box twice as large overlaps by a half only.
const HOLDS_SURER: f32 = 0.85;

/// A box larger than this many times the surer one may be somebody else, who stands behind a smaller person.
const MUCH_LARGER: f32 = 3.0;

/// Someone to look at in this frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    /// Where the pose net looks.
    pub region: BBox<Image>,
    /// What the detector said; `None` for a region that was followed.
    pub detection: Option<Detection>,
    /// Whether somebody who is followed is there.
    pub is_followed: bool,
}

/// Every detection, and the followed regions that no detection explains.
///
/// Where a detection says no more than the followed region, the region stays: when the detector draws its box anew, the
/// picture for the pose net would be cut differently, and resting joints would jump.
pub(super) fn candidates(detections: &[Detection], followed: Vec<BBox<Image>>) -> Vec<Candidate> {
    let detections: Vec<Detection> = detections
        .iter()
        .filter(|detection| {
            !detections
                .iter()
                .any(|other| detection.score < other.score && is_vague_copy(detection, other))
        })
        .copied()
        .collect();
    let mut candidates: Vec<Candidate> = detections
        .iter()
        .map(|detection| Candidate {
            region: same_region(detection, &detections, &followed).unwrap_or(detection.bbox),
            detection: Some(*detection),
            is_followed: followed
                .iter()
                .any(|region| is_same_person(detection, region)),
        })
        .collect();
    candidates.extend(
        followed
            .into_iter()
            .filter(|region| {
                detections
                    .iter()
                    .all(|detection| !is_same_person(detection, region))
            })
            .map(|region| Candidate {
                region,
                detection: None,
                is_followed: true,
            }),
    );
    candidates
}

fn is_same_person(detection: &Detection, region: &BBox<Image>) -> bool {
    SAME_PERSON_IOU < detection.bbox.iou(region)
}

/// The followed region that shows what the detection shows, if no other detection fits it better.
fn same_region(
    detection: &Detection,
    detections: &[Detection],
    followed: &[BBox<Image>],
) -> Option<BBox<Image>> {
    let overlap = |region: &BBox<Image>| detection.bbox.iou(region);
    let nearest = followed
        .iter()
        .max_by(|a, b| overlap(a).total_cmp(&overlap(b)))?;
    let is_nearest_to_it = detections
        .iter()
        .all(|other| other.bbox.iou(nearest) <= overlap(nearest));
    (SAME_REGION_IOU <= overlap(nearest) && is_nearest_to_it).then_some(*nearest)
}

/// Whether `vague` is a box around `sure` and not much more.
fn is_vague_copy(vague: &Detection, sure: &Detection) -> bool {
    let area = sure.bbox.area();
    let held = vague
        .bbox
        .intersection(sure.bbox)
        .map_or(0.0, |common| common.area());
    HOLDS_SURER * area <= held && vague.bbox.area() <= MUCH_LARGER * area
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detection(xywh: [f32; 4], score: f32) -> Detection {
        Detection {
            bbox: BBox::from_xywh(xywh),
            score,
        }
    }

    fn regions(detections: &[Detection], followed: &[BBox<Image>]) -> Vec<BBox<Image>> {
        let candidates = candidates(detections, followed.to_vec());
        candidates.iter().map(|each| each.region).collect()
    }

    #[test]
    fn a_vague_box_around_a_surer_one_is_left_out() {
        let sure = detection([100.0, 50.0, 60.0, 160.0], 0.7);
        let vague = detection([60.0, 45.0, 130.0, 170.0], 0.6);
        let behind = detection([20.0, 0.0, 200.0, 400.0], 0.55);
        assert_eq!(
            regions(&[sure, vague, behind], &[]),
            [sure.bbox, behind.bbox]
        );
    }

    #[test]
    fn a_followed_region_stays_where_the_detector_shows_the_same() {
        let followed = BBox::from_xywh([98.0, 46.0, 66.0, 166.0]);
        let again = detection([100.0, 50.0, 60.0, 160.0], 0.7);
        assert_eq!(regions(&[again], &[followed]), [followed]);
        let whole = detection([100.0, 50.0, 60.0, 320.0], 0.7);
        assert_eq!(regions(&[whole], &[followed]), [whole.bbox]);
        let elsewhere = detection([300.0, 50.0, 60.0, 160.0], 0.7);
        assert_eq!(
            regions(&[elsewhere], &[followed]),
            [elsewhere.bbox, followed]
        );
    }

    #[test]
    fn a_followed_region_is_kept_for_one_detection_only() {
        let followed = BBox::from_xywh([100.0, 50.0, 60.0, 160.0]);
        let near = detection([102.0, 50.0, 60.0, 160.0], 0.7);
        let farther = detection([112.0, 50.0, 60.0, 160.0], 0.9);
        assert_eq!(
            regions(&[near, farther], &[followed]),
            [followed, farther.bbox]
        );
    }
}
