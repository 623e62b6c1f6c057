//! From people's boxes to their joints: cut, ask the net, read the heatmaps.

use std::sync::Arc;
use std::time::Duration;

use crate::base::timing::Stopwatch;
use crate::codec::gaussian::{self, Decoder};
use crate::geom::{BBox, Crop, Image, Similarity};
use crate::image::RgbImage;
use crate::image::warp::Cutter;
use crate::kernels::{Precision, Team};
use crate::seam::{NetError, PoseNet};
use crate::skeleton::N_JOINTS;
use crate::types::{Heatmaps, Keypoint, PersonCrop, Pose};

/// Room around a person's box, as in training: a box that cuts off a hand still shows it.
const CROP_MARGIN: f32 = 1.25;

/// Colors the crop outside the frame, as in training.
const OUTSIDE: [u8; 3] = [0; 3];

/// A joint whose peak is lower is not found. Display and measures have their own, higher thresholds;
/// this one only keeps noise out of the files.
const MIN_HEAT: f32 = 0.05;

/// A pose net and how it is asked.
pub struct PoseEstimator {
    net: Box<dyn PoseNet>,
    /// Cuts people out side by side; `None` where the net has no threads.
    team: Option<Arc<Team>>,
    /// Memory that is kept from frame to frame: as many crops as there were people in the fullest, with their cutters.
    crops: Vec<PersonCrop>,
    cutters: Vec<Cutter>,
    heatmaps: Heatmaps,
    decoder: Decoder,
}

/// Joints of each box, and where the time went.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// In the order of the boxes.
    pub poses: Vec<Pose>,
    /// Cutting out.
    pub crop_time: Duration,
    /// The net.
    pub net_time: Duration,
    /// Reading the heatmaps.
    pub decode_time: Duration,
}

impl PoseEstimator {
    /// Asks `net`.
    pub fn new(net: Box<dyn PoseNet>) -> Self {
        Self {
            team: net.team(),
            net,
            crops: Vec::new(),
            cutters: Vec::new(),
            heatmaps: Heatmaps::default(),
            decoder: Decoder::default(),
        }
    }

    /// How many stacks the net runs at most.
    pub fn n_stacks(&self) -> usize {
        self.net.n_stacks()
    }

    /// In what the net can compute, best first and each faster than the one before.
    pub fn precisions(&self) -> &[Precision] {
        self.net.precisions()
    }

    /// Computes in this precision from now on.
    pub fn set_precision(&mut self, precision: Precision) {
        self.net.set_precision(precision);
    }

    /// Whether the net looks at everyone in a mirror too, unless it is told not to.
    pub fn has_mirror(&self) -> bool {
        self.net.has_mirror()
    }

    /// With a mirror, looks into it from now on, or does not.
    pub fn set_mirror(&mut self, mirror: bool) {
        self.net.set_mirror(mirror);
    }

    /// Runs only the first `stacks` of the net from now on.
    pub fn set_stacks(&mut self, stacks: usize) {
        self.net.set_stacks(stacks);
    }

    /// The joints of the people in these boxes of a frame, all people in one batch.
    pub fn poses(&mut self, image: &RgbImage, boxes: &[BBox<Image>]) -> Result<Estimate, NetError> {
        let mut stopwatch = Stopwatch::start();
        self.cut(image, boxes);
        let crops = &self.crops[..boxes.len()];
        let crop_time = stopwatch.lap();
        self.net.heatmaps(crops, &mut self.heatmaps)?;
        let net_time = stopwatch.lap();
        let size = self.net.input_size();
        let poses = crops
            .iter()
            .enumerate()
            .map(|(idx, crop)| read_pose(&mut self.decoder, &self.heatmaps, idx, crop, size))
            .collect();
        Ok(Estimate {
            poses,
            crop_time,
            net_time,
            decode_time: stopwatch.lap(),
        })
    }

    /// Cuts the people out into the first crops, the boxes growing to the net's shape and by the margin of training.
    fn cut(&mut self, image: &RgbImage, boxes: &[BBox<Image>]) {
        let size = self.net.input_size();
        while self.crops.len() < boxes.len() {
            self.crops.push(PersonCrop {
                image_from_crop: Similarity::new(1.0, [0.0, 0.0]),
                image: RgbImage::filled(size, OUTSIDE),
            });
            self.cutters.push(Cutter::default());
        }
        for (crop, bbox) in self.crops.iter_mut().zip(boxes) {
            crop.image_from_crop = image_from_crop(*bbox, size);
        }
        let crops = &mut self.crops[..boxes.len()];
        let cutters = &mut self.cutters[..boxes.len()];
        let cut = |crop: &mut PersonCrop, cutter: &mut Cutter| {
            cutter.cut(image, &crop.image_from_crop, OUTSIDE, &mut crop.image);
        };
        match &self.team {
            Some(team) => team.for_each_pair(crops, cutters, cut),
            None => crops
                .iter_mut()
                .zip(cutters)
                .for_each(|(crop, cutter)| cut(crop, cutter)),
        }
    }
}

/// The transform of the pose net's crop of `size` (`[width, height]`) around a box.
pub fn image_from_crop(bbox: BBox<Image>, size: [usize; 2]) -> Similarity<Image, Crop> {
    image_from_fitting_crop(bbox, size, CROP_MARGIN)
}

/// The transform of a crop of `size` (`[width, height]`) in which a box, grown by `margin`, just fits.
pub fn image_from_fitting_crop(
    bbox: BBox<Image>,
    [width, height]: [usize; 2],
    margin: f32,
) -> Similarity<Image, Crop> {
    let [width, height] = [width as f32, height as f32];
    let center = bbox.center();
    let fitting = (bbox.width() / width).max(bbox.height() / height);
    // a box without extent still gives a crop: one frame pixel for a crop pixel
    let scale = if fitting.is_finite() && 0.0 < fitting {
        margin * fitting
    } else {
        1.0
    };
    Similarity::new(
        scale,
        [
            center.x - scale * width / 2.0,
            center.y - scale * height / 2.0,
        ],
    )
}

fn read_pose(
    decoder: &mut Decoder,
    heatmaps: &Heatmaps,
    crop_idx: usize,
    crop: &PersonCrop,
    input_size: [usize; 2],
) -> Pose {
    let [_, n_joints, rows, columns] = heatmaps.shape;
    let mut pose = Pose::EMPTY;
    if columns == 0 {
        return pose;
    }
    let stride = input_size[0] as f32 / columns as f32;
    for joint_idx in 0..n_joints.min(N_JOINTS) {
        let map = heatmaps.map(crop_idx, joint_idx);
        let blur_cells = gaussian::blur_cells(joint_idx, rows);
        pose.keypoints[joint_idx] = decoder
            .decode(map, [columns, rows], stride, blur_cells)
            .filter(|peak| MIN_HEAT <= peak.heat)
            .map(|peak| Keypoint {
                at: crop.image_from_crop.apply(peak.at),
                confidence: peak.heat.clamp(0.0, 1.0),
            });
    }
    pose
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::Point;

    #[test]
    fn crop_is_the_grown_box_in_the_nets_shape() {
        // a wide box: the width decides, the height grows to 4/3 of it
        let bbox = BBox::from_xywh([100.0, 100.0, 96.0, 30.0]);
        let image_from_crop = image_from_crop(bbox, [192, 256]);
        let min = image_from_crop.apply(Point::new(0.0, 0.0));
        let max = image_from_crop.apply(Point::new(192.0, 256.0));
        assert_eq!([max.x - min.x, max.y - min.y], [120.0, 160.0]);
        assert_eq!(min.lerp(max, 0.5), bbox.center());
    }
}
