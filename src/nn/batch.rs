//! Numbers on their way into a net and out of it, in memory that is kept from frame to frame.

use candle_core::{CpuStorage, DType, Device, InplaceOp1, Layout, Result, Storage, Tensor};

use crate::image::RgbImage;

/// Subtracted from RGB values in 0..1 (`PIXEL_MEAN` in `training/hourglass.py`).
pub(super) const PIXEL_MEAN: f32 = 0.45;

/// Pictures of one size as a net takes them.
#[derive(Clone, Debug, Default)]
pub(super) struct PictureBatch {
    /// `[most pictures so far, height, width, 3]`: the colors of a pixel side by side, as the kernels of the processor want them.
    kept: Option<Tensor>,
}

impl PictureBatch {
    /// The pictures as `[n, 3, height, width]`, RGB / 255 - 0.45; overwritten by the next call.
    pub(super) fn fill<'a>(
        &mut self,
        images: impl ExactSizeIterator<Item = &'a RgbImage>,
        [width, height]: [usize; 2],
        device: &Device,
    ) -> Result<Tensor> {
        let n = images.len();
        let fits = |kept: &Tensor| matches!(kept.dims(), [most, h, w, _] if n <= *most && [*w, *h] == [width, height]);
        let kept = match self.kept.take().filter(fits) {
            Some(kept) => kept,
            None => Tensor::zeros((n, height, width, 3), DType::F32, &Device::Cpu)?,
        };
        for (picture_idx, image) in images.enumerate() {
            kept.narrow(0, picture_idx, 1)?
                .inplace_op1(&Normalized { image })?;
        }
        let batch = kept.narrow(0, 0, n)?;
        self.kept = Some(kept);
        let batch = match device {
            Device::Cpu => batch,
            // candle would carry all that is kept to a GPU
            _ => batch.force_contiguous()?.to_device(device)?,
        };
        batch.permute((0, 3, 1, 2))
    }
}

/// Writes a picture's numbers over a tensor.
struct Normalized<'a> {
    image: &'a RgbImage,
}

impl InplaceOp1 for Normalized<'_> {
    fn name(&self) -> &'static str {
        "normalized picture"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let numbers = written(storage, layout)?;
        let pixels = self.image.pixels();
        if numbers.len() != pixels.len() {
            candle_core::bail!(
                "a picture of {} numbers for {}",
                pixels.len(),
                numbers.len()
            )
        }
        for (number, value) in numbers.iter_mut().zip(pixels) {
            *number = f32::from(*value) * (1.0 / 255.0) - PIXEL_MEAN;
        }
        Ok(())
    }
}

/// The numbers of a contiguous tensor, to be overwritten.
pub(super) fn written<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!("only a contiguous tensor can be overwritten")
    };
    match storage {
        CpuStorage::F32(numbers) => Ok(&mut numbers[start..end]),
        _ => candle_core::bail!("a net's numbers are f32"),
    }
}

/// Puts all numbers of a tensor, in order, behind those in `numbers`.
pub(super) fn append_numbers(tensor: &Tensor, numbers: &mut Vec<f32>) -> Result<()> {
    let (storage, layout) = tensor.storage_and_layout();
    match (&*storage, layout.contiguous_offsets()) {
        (Storage::Cpu(storage), Some((start, end))) => {
            numbers.extend_from_slice(&storage.as_slice::<f32>()?[start..end]);
        }
        _ => numbers.extend(tensor.flatten_all()?.to_vec1::<f32>()?),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smaller_batch_after_a_larger_one_holds_its_own_pictures_only() {
        let picture = |gray| RgbImage::filled([2, 1], [gray; 3]);
        let mut batch = PictureBatch::default();
        let mut numbers = |pictures: &[RgbImage]| {
            let filled = batch.fill(pictures.iter(), [2, 1], &Device::Cpu).unwrap();
            assert_eq!(filled.dims(), [pictures.len(), 3, 1, 2]);
            let mut numbers = Vec::new();
            append_numbers(&filled, &mut numbers).unwrap();
            numbers
        };
        numbers(&[picture(0), picture(255), picture(0)]);
        assert_eq!(numbers(&[picture(255)]), [1.0 - PIXEL_MEAN; 6]);
        assert_eq!(numbers(&[picture(0), picture(0)]), [-PIXEL_MEAN; 12]);
    }
}
