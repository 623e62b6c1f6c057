//! The hourglass behind the [`PoseNet`] trait: crops in, heatmaps out.

use std::sync::Arc;

use candle_core::Result;

use super::batch::{PictureBatch, append_numbers};
use super::device::Backend;
use super::hourglass::StackedHourglass;
use crate::kernels::{Precision, Team};
use crate::seam::{NetError, PoseNet};
use crate::skeleton::N_JOINTS;
use crate::types::{Heatmaps, PersonCrop};

/// `[width, height]` that the nets are trained with: a standing person's shape.
pub(super) const INPUT_SIZE: [usize; 2] = [192, 256];

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
    precisions: &'static [Precision],
    output: OutputKind,
    batch: PictureBatch,
}

impl HourglassPoseNet {
    pub(super) fn new(
        net: StackedHourglass,
        backend: Backend,
        stacks: usize,
        output: OutputKind,
    ) -> Self {
        let precisions = match backend.processor.precision {
            Precision::Full if backend.device.is_cpu() => {
                Precision::worthwhile(backend.processor.isa)
            }
            Precision::Full => &[Precision::Full],
            Precision::Int16 => &[Precision::Int16],
        };
        Self {
            net,
            backend,
            stacks,
            most_stacks: stacks,
            precisions,
            output,
            batch: PictureBatch::default(),
        }
    }

    fn run(&mut self, crops: &[PersonCrop], heatmaps: &mut Heatmaps) -> Result<()> {
        let images = crops.iter().map(|crop| &crop.image);
        let input = self.batch.fill(images, INPUT_SIZE, &self.backend.device)?;
        let answer = self.net.forward(&input, self.stacks)?;
        heatmaps.shape = answer.dims4()?.into();
        heatmaps.values.clear();
        append_numbers(&answer, &mut heatmaps.values)?;
        if self.output == OutputKind::Logits {
            for value in &mut heatmaps.values {
                *value = 1.0 / (1.0 + (-*value).exp());
            }
        }
        Ok(())
    }
}

impl PoseNet for HourglassPoseNet {
    fn n_stacks(&self) -> usize {
        self.most_stacks
    }

    fn set_stacks(&mut self, stacks: usize) {
        self.stacks = stacks.clamp(1, self.most_stacks);
    }

    fn precisions(&self) -> &[Precision] {
        self.precisions
    }

    fn set_precision(&mut self, precision: Precision) {
        if self.precisions.contains(&precision) {
            self.net.set_precision(precision);
        }
    }

    fn input_size(&self) -> [usize; 2] {
        INPUT_SIZE
    }

    fn team(&self) -> Option<Arc<Team>> {
        Some(Arc::clone(&self.backend.processor.team))
    }

    fn heatmaps(
        &mut self,
        crops: &[PersonCrop],
        answer: &mut Heatmaps,
    ) -> std::result::Result<(), NetError> {
        let fail = |reason| NetError {
            net: "pose net",
            reason,
        };
        if crops.is_empty() {
            answer.shape = [0, N_JOINTS, 0, 0];
            answer.values.clear();
            return Ok(());
        }
        if let Some(odd) = crops.iter().find(|crop| crop.image.size() != INPUT_SIZE) {
            return Err(fail(format!(
                "a crop has the size {:?}, not {INPUT_SIZE:?}",
                odd.image.size()
            )));
        }
        self.run(crops, answer)
            .map_err(|error| fail(error.to_string()))
    }
}
