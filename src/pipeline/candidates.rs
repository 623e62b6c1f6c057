//! Whom to look at in a frame: whom the detector found, and who is followed.

use crate::geom::{BBox, Image};
use crate::track::assign::best_pairs;
use crate::track::tracker::BELIEVED_SCORE;
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
    /// Where to look if nobody is seen in `region`: where somebody was followed until an unsure detection said otherwise.
    pub otherwise: Option<BBox<Image>>,
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
    // each detection explains one person: of two in contact, the other one may be hidden from the detector alone
    let pairs = best_pairs(detections.len(), followed.len(), |row, column| {
        let overlap = detections[row].bbox.iou(&followed[column]);
        if SAME_PERSON_IOU < overlap {
            overlap
        } else {
            0.0
        }
    });
    let mut candidates: Vec<Candidate> = detections
        .iter()
        .enumerate()
        .map(|(row, detection)| {
            let own = pairs.iter().find(|pair| pair.0 == row);
            let own = own.map(|pair| followed[pair.1]);
            let stays = own.is_some_and(|region| SAME_REGION_IOU <= detection.bbox.iou(&region));
            Candidate {
                region: own.filter(|_| stays).unwrap_or(detection.bbox),
                detection: Some(*detection),
                is_followed: own.is_some(),
                otherwise: own.filter(|_| !stays && detection.score < BELIEVED_SCORE),
            }
        })
        .collect();
    candidates.extend(
        followed
            .into_iter()
            .enumerate()
            .filter(|(column, region)| {
                let is_explained = pairs.iter().any(|pair| pair.1 == *column);
                let shows_the_same =
                    |detection: &Detection| SAME_REGION_IOU <= detection.bbox.iou(region);
                !is_explained && !detections.iter().any(shows_the_same)
            })
            .map(|(_, region)| Candidate {
                region,
                detection: None,
                is_followed: true,
                otherwise: None,
            }),
    );
    candidates
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
    fn an_unsure_box_does_not_take_a_followed_region_away() {
        let followed = BBox::from_xywh([100.0, 50.0, 60.0, 160.0]);
        for (score, otherwise) in [(0.55, Some(followed)), (0.9, None)] {
            // the box holds the table, too
            let vague = detection([100.0, 50.0, 150.0, 160.0], score);
            let candidates = candidates(&[vague], vec![followed]);
            assert_eq!(candidates.len(), 1);
            assert_eq!(candidates[0].region, vague.bbox);
            assert_eq!(candidates[0].otherwise, otherwise, "{score}");
        }
    }

    #[test]
    fn of_two_in_contact_the_one_whom_the_detector_misses_is_still_looked_at() {
        let found = BBox::from_xywh([100.0, 50.0, 80.0, 160.0]);
        let missed = BBox::from_xywh([140.0, 50.0, 80.0, 160.0]);
        let detections = [detection([100.0, 50.0, 80.0, 160.0], 0.8)];
        assert_eq!(regions(&detections, &[found, missed]), [found, missed]);
    }

    #[test]
    fn only_who_fits_best_is_the_one_who_is_followed() {
        let followed = BBox::from_xywh([100.0, 50.0, 80.0, 160.0]);
        let passing = detection([130.0, 50.0, 80.0, 160.0], 0.95);
        let same = detection([102.0, 50.0, 80.0, 160.0], 0.8);
        let candidates = candidates(&[passing, same], vec![followed]);
        let is_followed: Vec<bool> = candidates.iter().map(|each| each.is_followed).collect();
        assert_eq!(is_followed, [false, true]);
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
