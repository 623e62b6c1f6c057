//! The hourglass behind the [`PoseNet`] trait: crops in, heatmaps out.

use candle_core::{Result, Tensor};

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
            output,
        }
    }

    fn run(&self, crops: &[PersonCrop]) -> Result<Heatmaps> {
        let [width, height] = INPUT_SIZE;
        let mut values = Vec::with_capacity(crops.len() * 3 * width * height);
        for crop in crops {
            append_normalized(&crop.image, &mut values);
        }
        let shape = (crops.len(), 3, height, width);
        let input = Tensor::from_vec(values, shape, &self.backend.device)?;
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

/// Appends the three color planes of a picture, each `height * width` values of RGB / 255 - 0.45.
pub(super) fn append_normalized(image: &RgbImage, planes: &mut Vec<f32>) {
    let n_pixels = image.width() * image.height();
    let from = planes.len();
    planes.resize(from + 3 * n_pixels, 0.0);
    let (red, others) = planes[from..].split_at_mut(n_pixels);
    let (green, blue) = others.split_at_mut(n_pixels);
    let normalized = |value: u8| f32::from(value) / 255.0 - PIXEL_MEAN;
    for (((pixel, red), green), blue) in
        image.pixels().chunks_exact(3).zip(red).zip(green).zip(blue)
    {
        *red = normalized(pixel[0]);
        *green = normalized(pixel[1]);
        *blue = normalized(pixel[2]);
    }
}
