//! The hourglass behind the [`PoseNet`] trait: crops in, heatmaps out.

use candle_core::{Device, Result, Tensor};

use super::device::Backend;
use super::hourglass::StackedHourglass;
use crate::image::RgbImage;
use crate::seam::{NetError, PoseNet};
use crate::skeleton::N_JOINTS;
use crate::types::{Heatmaps, PersonCrop};

/// `[width, height]` that the nets are trained with: a standing person's shape.
pub(super) const INPUT_SIZE: [usize; 2] = [192, 256];

/// Subtracted from RGB values in 0..1 (`PIXEL_MEAN` in `training/hourglass.py`).
pub(super) const PIXEL_MEAN: f32 = 0.45;

/// What the last layer's numbers are; the weights file says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputKind {
    /// Heat, as it is.
    Heatmap,
    /// A sigmoid makes heat of it.
    Logits,
}

/// A stacked hourglass that is ready to answer.
#[derive(Debug)]
pub struct HourglassPoseNet {
    net: StackedHourglass,
    backend: Backend,
    stacks: usize,
    most_stacks: usize,
    output: OutputKind,
}

impl HourglassPoseNet {
    pub(super) const fn new(
        net: StackedHourglass,
        backend: Backend,
        stacks: usize,
        output: OutputKind,
    ) -> Self {
        Self {
            net,
            backend,
            stacks,
            most_stacks: stacks,
            output,
        }
    }

    fn run(&self, crops: &[PersonCrop]) -> Result<Heatmaps> {
        let images = crops.iter().map(|crop| &crop.image);
        let input = normalized(images, INPUT_SIZE, &self.backend.device)?;
        let answer = self.net.forward(&input, self.stacks)?;
        let (n, joints, rows, columns) = answer.dims4()?;
        let mut values = answer.flatten_all()?.to_vec1::<f32>()?;
        if self.output == OutputKind::Logits {
            for value in &mut values {
                *value = 1.0 / (1.0 + (-*value).exp());
            }
        }
        Ok(Heatmaps {
            shape: [n, joints, rows, columns],
            values,
        })
    }
}

impl PoseNet for HourglassPoseNet {
    fn n_stacks(&self) -> usize {
        self.most_stacks
    }

    fn set_stacks(&mut self, stacks: usize) {
        self.stacks = stacks.clamp(1, self.most_stacks);
    }

    fn input_size(&self) -> [usize; 2] {
        INPUT_SIZE
    }

    fn heatmaps(&mut self, crops: &[PersonCrop]) -> std::result::Result<Heatmaps, NetError> {
        let fail = |reason| NetError {
            net: "pose net",
            reason,
        };
        if crops.is_empty() {
            return Ok(Heatmaps {
                shape: [0, N_JOINTS, 0, 0],
                values: Vec::new(),
            });
        }
        if let Some(odd) = crops.iter().find(|crop| crop.image.size() != INPUT_SIZE) {
            return Err(fail(format!(
                "a crop has the size {:?}, not {INPUT_SIZE:?}",
                odd.image.size()
            )));
        }
        self.run(crops).map_err(|error| fail(error.to_string()))
    }
}

/// Pictures of one size as the nets take them, `[n, 3, height, width]`, RGB / 255 - 0.45.
///
/// In memory the colors of a pixel stay side by side, as the kernels of the processor want them.
pub(super) fn normalized<'a>(
    images: impl ExactSizeIterator<Item = &'a RgbImage>,
    [width, height]: [usize; 2],
    device: &Device,
) -> Result<Tensor> {
    let shape = (images.len(), height, width, 3);
    let mut values = Vec::with_capacity(images.len() * height * width * 3);
    for image in images {
        let pixels = image.pixels().iter();
        values.extend(pixels.map(|value| f32::from(*value) * (1.0 / 255.0) - PIXEL_MEAN));
    }
    Tensor::from_vec(values, shape, device)?.permute((0, 3, 1, 2))
}
