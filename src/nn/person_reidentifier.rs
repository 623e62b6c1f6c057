//! The siamese net behind the [`Reidentifier`] trait: crops in, looks out.

use candle_core::Result;

use super::batch::PictureBatch;
use super::device::Backend;
use super::reidentifier::SiameseNet;
use crate::seam::{NetError, Reidentifier};
use crate::types::{Embedding, PersonCrop};

/// `[width, height]` that the net is trained with: a standing person's shape.
pub(super) const INPUT_SIZE: [usize; 2] = [64, 128];

/// A siamese net that is ready to answer.
#[derive(Debug)]
pub struct SiameseReidentifier {
    net: SiameseNet,
    backend: Backend,
    batch: PictureBatch,
}

impl SiameseReidentifier {
    pub(super) fn new(net: SiameseNet, backend: Backend) -> Self {
        Self {
            net,
            backend,
            batch: PictureBatch::default(),
        }
    }

    fn run(&mut self, crops: &[PersonCrop]) -> Result<Vec<Vec<f32>>> {
        let images = crops.iter().map(|crop| &crop.image);
        let input = self.batch.fill(images, INPUT_SIZE, &self.backend.device)?;
        self.net.forward(&input)
    }
}

impl Reidentifier for SiameseReidentifier {
    fn input_size(&self) -> [usize; 2] {
        INPUT_SIZE
    }

    fn embeddings(
        &mut self,
        crops: &[PersonCrop],
    ) -> std::result::Result<Vec<Embedding>, NetError> {
        let fail = |reason| NetError {
            net: "re-identification net",
            reason,
        };
        if crops.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(odd) = crops.iter().find(|crop| crop.image.size() != INPUT_SIZE) {
            return Err(fail(format!(
                "a crop has the size {:?}, not {INPUT_SIZE:?}",
                odd.image.size()
            )));
        }
        self.run(crops)
            .map_err(|error| fail(error.to_string()))?
            .iter()
            .map(|numbers| {
                Embedding::from_numbers(numbers)
                    .ok_or_else(|| fail("its answer is no direction".to_owned()))
            })
            .collect()
    }
}
