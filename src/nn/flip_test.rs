//! A pose net that looks at everyone in a mirror too.

use std::sync::Arc;

use crate::image::RgbImage;
use crate::kernels::{Precision, Team};
use crate::seam::{NetError, PoseNet};
use crate::skeleton::MIRRORED;
use crate::types::{Heatmaps, PersonCrop};

/// The mean of what a net answers to a crop and to its mirror image: twice the work, and joints are nearer to where they are.
///
/// The flip test of Newell, Yang and Deng, "Stacked Hourglass Networks for Human Pose Estimation", ECCV 2016, under training details.
#[derive(Debug)]
pub struct FlipTest<P> {
    net: P,
    mirror: bool,
    /// The crops, then their mirror images; more where more were looked at before, so that their memory is kept.
    both: Vec<PersonCrop>,
}

impl<P> FlipTest<P> {
    /// Asks `net`.
    pub const fn new(net: P) -> Self {
        Self {
            net,
            mirror: true,
            both: Vec::new(),
        }
    }
}

impl<P: PoseNet> PoseNet for FlipTest<P> {
    fn n_stacks(&self) -> usize {
        self.net.n_stacks()
    }

    fn set_stacks(&mut self, stacks: usize) {
        self.net.set_stacks(stacks);
    }

    fn precisions(&self) -> &[Precision] {
        self.net.precisions()
    }

    fn set_precision(&mut self, precision: Precision) {
        self.net.set_precision(precision);
    }

    fn has_mirror(&self) -> bool {
        true
    }

    fn set_mirror(&mut self, mirror: bool) {
        self.mirror = mirror;
    }

    fn input_size(&self) -> [usize; 2] {
        self.net.input_size()
    }

    fn team(&self) -> Option<Arc<Team>> {
        self.net.team()
    }

    fn heatmaps(&mut self, crops: &[PersonCrop], answer: &mut Heatmaps) -> Result<(), NetError> {
        if !self.mirror || crops.is_empty() {
            return self.net.heatmaps(crops, answer);
        }
        let n_both = 2 * crops.len();
        if self.both.len() < n_both {
            self.both.resize_with(n_both, || PersonCrop {
                image_from_crop: crops[0].image_from_crop,
                image: RgbImage::filled([0, 0], [0; 3]),
            });
        }
        let (plain, mirrored) = self.both.split_at_mut(crops.len());
        for ((crop, plain), mirrored) in crops.iter().zip(plain).zip(mirrored) {
            plain.image_from_crop = crop.image_from_crop;
            crop.image.copy_into(&mut plain.image);
            mirrored.image_from_crop = crop.image_from_crop;
            crop.image.mirror_into(&mut mirrored.image);
        }
        self.net.heatmaps(&self.both[..n_both], answer)?;
        fold(answer);
        Ok(())
    }
}

/// Makes the mean of the first half of the crops and the second, whose maps are turned back: columns in the opposite order,
/// left joints for right ones.
fn fold(heatmaps: &mut Heatmaps) {
    let [n, n_joints, height, width] = heatmaps.shape;
    let half = n / 2;
    let len = heatmaps.values.len() / 2;
    let (plain, mirrored) = heatmaps.values.split_at_mut(len);
    for (map_idx, map) in plain.chunks_exact_mut(height * width).enumerate() {
        let (crop, joint) = (map_idx / n_joints, map_idx % n_joints);
        let from = (crop * n_joints + MIRRORED[joint]) * height * width;
        let twin = &mirrored[from..from + height * width];
        for (row, twin_row) in map.chunks_exact_mut(width).zip(twin.chunks_exact(width)) {
            for (value, twin) in row.iter_mut().zip(twin_row.iter().rev()) {
                *value = f32::midpoint(*value, *twin);
            }
        }
    }
    heatmaps.values.truncate(len);
    heatmaps.shape[0] = half;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::Similarity;
    use crate::skeleton::N_JOINTS;

    /// Says for every joint where the picture is bright, and for the left ones only half as surely.
    struct Bright;

    impl PoseNet for Bright {
        fn input_size(&self) -> [usize; 2] {
            [3, 2]
        }

        fn heatmaps(
            &mut self,
            crops: &[PersonCrop],
            answer: &mut Heatmaps,
        ) -> Result<(), NetError> {
            if crops.is_empty() {
                // as the hourglass answers
                *answer = Heatmaps::default();
                return Ok(());
            }
            answer.shape = [crops.len(), N_JOINTS, 2, 3];
            answer.values = crops
                .iter()
                .flat_map(|crop| (0..N_JOINTS).map(move |joint| (crop, joint)))
                .flat_map(|(crop, joint)| {
                    let weight = if joint % 2 == 1 { 0.5 } else { 1.0 };
                    crop.image
                        .pixels()
                        .chunks_exact(3)
                        .map(move |pixel| weight * f32::from(pixel[0]))
                })
                .collect();
            Ok(())
        }
    }

    /// Three columns by two rows, each pixel a little redder than the one before.
    fn ever_redder() -> PersonCrop {
        let pixels = (1..=6).flat_map(|red| [red, 0, 0]).collect();
        PersonCrop {
            image_from_crop: Similarity::new(1.0, [0.0, 0.0]),
            image: RgbImage::from_rgb([3, 2], pixels).unwrap(),
        }
    }

    #[test]
    fn a_mirror_image_is_turned_back_before_it_counts() {
        let crop = ever_redder();
        let dark = PersonCrop {
            image: RgbImage::filled([3, 2], [0; 3]),
            ..crop.clone()
        };
        let mut answer = Heatmaps::default();
        FlipTest::new(Bright)
            .heatmaps(&[dark, crop], &mut answer)
            .unwrap();
        assert_eq!(answer.shape, [2, N_JOINTS, 2, 3]);
        assert_eq!(answer.map(0, 5), [0.0; 6]);
        // the nose is its own twin, the left eye's is the right one, of which this net is twice as sure
        assert_eq!(answer.map(1, 0), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(answer.map(1, 1), [0.75, 1.5, 2.25, 3.0, 3.75, 4.5]);
        assert_eq!(answer.map(1, 2), answer.map(1, 1));
    }

    #[test]
    fn a_covered_mirror_costs_nothing() {
        let crop = ever_redder();
        let mut net = FlipTest::new(Bright);
        let mut answer = Heatmaps::default();
        net.set_mirror(false);
        net.heatmaps(std::slice::from_ref(&crop), &mut answer)
            .unwrap();
        assert_eq!(answer.shape, [1, N_JOINTS, 2, 3]);
        assert_eq!(answer.map(0, 1), [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]);
        assert!(net.both.is_empty());
        net.set_mirror(true);
        net.heatmaps(&[crop], &mut answer).unwrap();
        assert_eq!(answer.map(0, 1), [0.75, 1.5, 2.25, 3.0, 3.75, 4.5]);
    }

    #[test]
    fn nobody_is_nobody_in_a_mirror() {
        let mut answer = Heatmaps::default();
        FlipTest::new(Bright).heatmaps(&[], &mut answer).unwrap();
        assert_eq!(answer.shape[0], 0);
        assert!(answer.values.is_empty());
    }
}
