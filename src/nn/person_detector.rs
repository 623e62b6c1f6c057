//! The detector net behind the [`PersonDetector`] trait: a frame in, people's boxes out.

use candle_core::Result;

use super::batch::{PictureBatch, append_numbers};
use super::detector::{Detector, LevelAnswer, STRIDES};
use super::device::Backend;
use super::mirror_boxes::{merge_looks, mirrored_box};
use super::nms::suppress;
use crate::geom::{BBox, Crop, Image, Point, Similarity};
use crate::image::RgbImage;
use crate::image::warp::Cutter;
use crate::seam::{NetError, PersonDetector};
use crate::types::Detection;

/// Both input sides must be multiples of this, the coarsest level's stride.
const SIDE_MULTIPLE: usize = 32;

/// Fills the input right of and below the frame, as in training.
const PADDING: [u8; 3] = [114; 3];

/// Larger logarithms of a distance are cut: e^6 strides are more than any picture.
const BOX_LOG_LIMIT: f32 = 6.0;

/// Of more cells only the surest go on to suppression, which takes quadratic time.
const MOST_CANDIDATES: usize = 1000;

/// With a mirror, boxes down to this share of the lowest score count: who is seen clearly in one of both looks may be seen
/// badly in the other.
const MIRROR_SCORE_SHARE: f32 = 0.25;

/// How the detector's answers are read.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectorParams {
    /// The frame's longer side is scaled to this; a multiple of 32.
    pub input_side: usize,
    /// Boxes less sure than this are dropped; 0.5 is what the weights file recommends.
    pub min_score: f32,
    /// Of two boxes that overlap by more than this the surer stays.
    pub max_iou: f32,
}

impl Default for DetectorParams {
    fn default() -> Self {
        Self {
            // the size that it was trained with last; smaller ones are less precise, larger ones next to nothing more (training/RESULTS.md)
            input_side: 384,
            // scores are scaled so that this is the recommended threshold
            min_score: 0.5,
            // as in training/detector.py: people who stand half behind each other are kept apart
            max_iou: 0.6,
        }
    }
}

/// A detector net that is ready to answer.
#[derive(Debug)]
pub struct CandleDetector {
    net: Detector,
    backend: Backend,
    params: DetectorParams,
    mirror: bool,
    score_scale: ScoreScale,
    letterbox: Letterbox,
    /// The same picture in the mirror.
    mirrored: RgbImage,
    batch: PictureBatch,
}

/// Moves scores so that the threshold that was found best for the weights becomes 0.5.
///
/// Nets are sure of people to a different degree from training to training; what follows the detector
/// should not have to know. The logit is shifted, so that order, 0 and 1 stay.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScoreScale {
    /// Odds of the threshold.
    threshold_odds: f32,
}

impl ScoreScale {
    /// `threshold` must lie between 0 and 1.
    pub(super) fn with_threshold(threshold: f32) -> Self {
        Self {
            threshold_odds: threshold / (1.0 - threshold),
        }
    }

    fn scaled(self, raw: f32) -> f32 {
        raw / (raw + self.threshold_odds * (1.0 - raw))
    }

    fn raw(self, scaled: f32) -> f32 {
        let odds = self.threshold_odds * scaled;
        odds / (odds + 1.0 - scaled)
    }
}

impl CandleDetector {
    pub(super) fn new(
        net: Detector,
        backend: Backend,
        params: DetectorParams,
        score_scale: ScoreScale,
    ) -> Self {
        Self {
            net,
            backend,
            params,
            mirror: false,
            score_scale,
            letterbox: Letterbox::default(),
            mirrored: RgbImage::filled([0, 0], [0; 3]),
            batch: PictureBatch::default(),
        }
    }

    fn run(&mut self, image: &RgbImage) -> Result<Vec<Detection>> {
        let (input, image_from_input) = self.letterbox.fill(image, self.params.input_side);
        let (size, device) = (input.size(), &self.backend.device);
        if self.mirror {
            input.mirror_into(&mut self.mirrored);
        }
        let looks = [input, &self.mirrored];
        let n_looks = if self.mirror { 2 } else { 1 };
        let batch = self
            .batch
            .fill(looks[..n_looks].iter().copied(), size, device)?;
        let answers = self.net.forward(&batch)?;
        // the padding holds nobody
        let [width, height] = image
            .size()
            .map(|side| side as f32 / image_from_input.scale);
        let content = BBox::from_xywh([0.0, 0.0, width, height]);
        let min_score = self.score_scale.raw(self.params.min_score);
        let boxes = if self.mirror {
            let input_width = size[0] as f32;
            let mut boxes = decode_both_looks(
                &answers,
                input_width,
                content,
                min_score,
                self.params.max_iou,
            )?;
            boxes.retain(|(_, score)| min_score <= *score);
            boxes
        } else {
            decode(&answers, 0, content, min_score, self.params.max_iou)?
        };
        let detection = |(bbox, score)| Detection {
            bbox: image_from_input.apply_bbox(bbox),
            score: self.score_scale.scaled(score),
        };
        Ok(boxes.into_iter().map(detection).collect())
    }
}

/// The boxes of one picture of a batch with their scores, in pixels of the net's input, best first.
///
/// A cell (column, row) of a level with stride s has its center at `((column + 0.5) s, (row + 0.5) s)`; its four
/// numbers stand for distances `s exp(min(a, 6))` to the left, upper, right and lower side of the box
/// (`flatten_answers` and `decode` in `training/detector.py`). Boxes are cut at `content`.
pub fn decode(
    answers: &[LevelAnswer],
    picture_idx: usize,
    content: BBox<Crop>,
    min_score: f32,
    max_iou: f32,
) -> Result<Vec<(BBox<Crop>, f32)>> {
    let mut candidates = Vec::new();
    let (mut logits, mut sides) = (Vec::new(), Vec::new());
    for (answer, stride) in answers.iter().zip(STRIDES) {
        let (_, _, rows, columns) = answer.scores.dims4()?;
        let n_cells = rows * columns;
        logits.clear();
        append_numbers(&answer.scores.get(picture_idx)?, &mut logits)?;
        sides.clear();
        append_numbers(&answer.boxes.get(picture_idx)?, &mut sides)?;
        let stride = stride as f32;
        for (cell, logit) in logits.iter().enumerate() {
            let score = 1.0 / (1.0 + (-logit).exp());
            if score < min_score {
                continue;
            }
            let center_x = ((cell % columns) as f32 + 0.5) * stride;
            let center_y = ((cell / columns) as f32 + 0.5) * stride;
            let distance =
                |side: usize| stride * sides[side * n_cells + cell].min(BOX_LOG_LIMIT).exp();
            let bbox = BBox::from_corners(
                Point::new(center_x - distance(0), center_y - distance(1)),
                Point::new(center_x + distance(2), center_y + distance(3)),
            );
            candidates.extend(bbox.intersection(content).map(|bbox| (bbox, score)));
        }
    }
    Ok(suppress(candidates, max_iou, MOST_CANDIDATES))
}

/// The boxes of a picture from the answers to it and to its mirror image, the first two of a batch; best first.
///
/// `input_width` is the width that was mirrored, padding included. Scores go down to [`MIRROR_SCORE_SHARE`] of
/// `min_score` and half of that where only one look has found a box.
pub fn decode_both_looks(
    answers: &[LevelAnswer],
    input_width: f32,
    content: BBox<Crop>,
    min_score: f32,
    max_iou: f32,
) -> Result<Vec<(BBox<Crop>, f32)>> {
    let lowest = MIRROR_SCORE_SHARE * min_score;
    let plain = decode(answers, 0, content, lowest, max_iou)?;
    let in_mirror = mirrored_box(content, input_width);
    let mut mirrored = decode(answers, 1, in_mirror, lowest, max_iou)?;
    for (bbox, _) in &mut mirrored {
        *bbox = mirrored_box(*bbox, input_width);
    }
    Ok(merge_looks(&plain, &mirrored, max_iou, MOST_CANDIDATES))
}

impl PersonDetector for CandleDetector {
    fn set_mirror(&mut self, mirror: bool) {
        self.mirror = mirror;
    }

    fn detect(&mut self, image: &RgbImage) -> std::result::Result<Vec<Detection>, NetError> {
        if image.width() == 0 || image.height() == 0 {
            return Ok(Vec::new());
        }
        self.run(image).map_err(|error| NetError {
            net: "person detector",
            reason: error.to_string(),
        })
    }
}

/// The last frame that was looked at, scaled and padded, and what scales it.
#[derive(Debug)]
struct Letterbox {
    cutter: Cutter,
    input: RgbImage,
}

impl Default for Letterbox {
    fn default() -> Self {
        Self {
            cutter: Cutter::default(),
            input: RgbImage::filled([0, 0], PADDING),
        }
    }
}

impl Letterbox {
    /// The frame scaled so that its longer side is `input_side`, at the left top of a padded input.
    fn fill(
        &mut self,
        image: &RgbImage,
        input_side: usize,
    ) -> (&RgbImage, Similarity<Image, Crop>) {
        let [width, height] = image.size();
        let scale = width.max(height) as f32 / input_side as f32;
        let padded =
            |side: usize| ((side as f32 / scale).ceil() as usize).next_multiple_of(SIDE_MULTIPLE);
        let image_from_input = Similarity::new(scale, [0.0, 0.0]);
        let size = [padded(width), padded(height)];
        if self.input.size() != size {
            self.input = RgbImage::filled(size, PADDING);
        }
        self.cutter
            .cut(image, &image_from_input, PADDING, &mut self.input);
        (&self.input, image_from_input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recommended_threshold_becomes_a_half() {
        let scale = ScoreScale::with_threshold(0.2);
        assert!((scale.scaled(0.2) - 0.5).abs() < 1e-6);
        assert_eq!((scale.scaled(0.0), scale.scaled(1.0)), (0.0, 1.0));
        for score in [0.05, 0.3, 0.5, 0.9] {
            assert!((scale.raw(scale.scaled(score)) - score).abs() < 1e-6);
        }
    }

    #[test]
    fn letterbox_pads_to_whole_cells() {
        let frame = RgbImage::filled([1280, 720], [200, 10, 10]);
        let mut letterbox = Letterbox::default();
        let (input, image_from_input) = letterbox.fill(&frame, 320);
        assert_eq!(input.size(), [320, 192]);
        assert_eq!(input.get(160, 90), Some([200, 10, 10]));
        assert_eq!(input.get(160, 185), Some(PADDING));
        let corner = image_from_input.apply(Point::new(320.0, 180.0));
        assert_eq!((corner.x, corner.y), (1280.0, 720.0));
    }
}
