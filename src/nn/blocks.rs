//! The blocks that the nets are made of: convolution with folded batch norm, and the residual bottleneck.

use std::sync::{Arc, OnceLock};

use candle_core::{Error, Result, Shape, Tensor};
use candle_nn::VarBuilder;

use super::compiled::Processor;
use crate::kernels::{ConvSize, ConvSource, PackedConv, Precision};

/// PyTorch's default, with which the nets are trained.
const BATCH_NORM_EPSILON: f32 = 1e-5;

/// A convolution, its bias, and whether a ReLU follows; padding keeps the size at stride 1.
#[derive(Clone, Debug)]
pub(super) struct Conv {
    size: ConvSize,
    /// `[out, in, kernel, kernel]`.
    weight: Tensor,
    /// `[1, out, 1, 1]`.
    bias: Tensor,
    /// For the processor's kernels, in each precision, for small maps and others, from the first time that it is needed.
    packed: [[OnceLock<Arc<PackedConv>>; 2]; Precision::ALL.len()],
}

/// 1x1, stride 1, with ReLU.
pub(super) const fn pointwise(inputs: usize, outputs: usize) -> ConvSize {
    ConvSize {
        inputs,
        outputs,
        kernel: 1,
        stride: 1,
        relu: true,
    }
}

/// 3x3 with ReLU.
pub(super) const fn spatial(inputs: usize, outputs: usize, stride: usize) -> ConvSize {
    ConvSize {
        inputs,
        outputs,
        kernel: 3,
        stride,
        relu: true,
    }
}

/// The same without the ReLU.
pub(super) const fn linear(size: ConvSize) -> ConvSize {
    ConvSize {
        relu: false,
        ..size
    }
}

impl Conv {
    fn new(size: ConvSize, weight: Tensor, bias: &Tensor) -> Result<Self> {
        Ok(Self {
            size,
            weight,
            bias: bias.reshape((1, size.outputs, 1, 1))?,
            packed: Default::default(),
        })
    }

    /// Reads `conv.weight` and `bn.*` and folds the batch norm into weight and bias.
    ///
    /// Batch norm computes `(x - mean) / sqrt(variance + epsilon) * weight + bias` for each channel
    /// (Ioffe and Szegedy 2015), which is a scale and a shift of what the convolution gives.
    pub(super) fn with_batch_norm(size: ConvSize, vb: &VarBuilder<'_>) -> Result<Self> {
        check_channels(size)?;
        let mut weight = numbers(&vb.pp("conv"), weight_shape(size), "weight")?;
        let norm = vb.pp("bn");
        let of_channels = |name| numbers(&norm, size.outputs, name);
        let (gain, shift) = (of_channels("weight")?, of_channels("bias")?);
        let (mean, variance) = (of_channels("running_mean")?, of_channels("running_var")?);
        // plain loops: candle spreads even small operations over threads, and waiting for them takes longer
        let scale: Vec<f32> = gain
            .iter()
            .zip(&variance)
            .map(|(gain, variance)| gain / (variance + BATCH_NORM_EPSILON).sqrt())
            .collect();
        if !scale.iter().all(|scale| scale.is_finite()) {
            candle_core::bail!("a variance of {} is below zero", norm.prefix())
        }
        let bias = (0..size.outputs)
            .map(|output| shift[output] - mean[output] * scale[output])
            .collect();
        let of_output = size.inputs * size.kernel * size.kernel;
        for (weights, scale) in weight.chunks_exact_mut(of_output).zip(&scale) {
            for weight in weights {
                *weight *= scale;
            }
        }
        let weight = Tensor::from_vec(weight, weight_shape(size), vb.device())?;
        Self::new(
            size,
            weight,
            &Tensor::from_vec(bias, size.outputs, vb.device())?,
        )
    }

    /// Reads `weight` and `bias` of a convolution without batch norm.
    pub(super) fn with_bias(size: ConvSize, vb: &VarBuilder<'_>) -> Result<Self> {
        check_channels(size)?;
        let weight = numbers(vb, weight_shape(size), "weight")?;
        let bias = numbers(vb, size.outputs, "bias")?;
        Self::new(
            size,
            Tensor::from_vec(weight, weight_shape(size), vb.device())?,
            &Tensor::from_vec(bias, size.outputs, vb.device())?,
        )
    }

    /// The answers of two convolutions of the same input, `self`'s channels first.
    pub(super) fn beside(&self, other: &Self) -> Result<Self> {
        let size = ConvSize {
            outputs: self.size.outputs + other.size.outputs,
            ..self.size
        };
        let weight = Tensor::cat(&[&self.weight, &other.weight], 0)?;
        Self::new(size, weight, &Tensor::cat(&[&self.bias, &other.bias], 1)?)
    }

    /// The sum of the answers of two convolutions of the same input.
    pub(super) fn plus(&self, other: &Self) -> Result<Self> {
        let weight = (&self.weight + &other.weight)?;
        Self::new(self.size, weight, &(&self.bias + &other.bias)?)
    }

    /// Two 1x1 convolutions without a ReLU between them as one: `second(self(x))`.
    pub(super) fn then(&self, second: &Self) -> Result<Self> {
        let matrix = |conv: &Self| conv.weight.flatten_from(1);
        let (first, outer) = (matrix(self)?, matrix(second)?);
        let size = ConvSize {
            inputs: self.size.inputs,
            ..second.size
        };
        let weight = outer.matmul(&first)?.reshape(weight_shape(size))?;
        let through = outer.matmul(&self.bias.flatten_all()?.unsqueeze(1)?)?;
        let bias = (through.flatten_all()? + second.bias.flatten_all()?)?;
        Self::new(size, weight, &bias)
    }

    /// Its sizes.
    pub(super) const fn size(&self) -> ConvSize {
        self.size
    }

    /// Convolution and bias without the ReLU, by candle.
    pub(super) fn forward_linear(&self, x: &Tensor) -> Result<Tensor> {
        x.conv2d(&self.weight, self.size.kernel / 2, self.size.stride, 1, 1)?
            .broadcast_add(&self.bias)
    }

    /// The weights as the processor's kernels read them.
    pub(super) fn packed(
        &self,
        source: ConvSource,
        processor: &Processor,
    ) -> Result<Arc<PackedConv>> {
        let (isa, precision) = (processor.isa, processor.precision);
        let is_for_small_maps = source == ConvSource::SmallMap;
        let kept = &self.packed[precision as usize][usize::from(is_for_small_maps)];
        if let Some(packed) = kept.get() {
            return Ok(Arc::clone(packed));
        }
        let numbers = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
        let (weight, bias) = (numbers(&self.weight)?, numbers(&self.bias)?);
        let packed = PackedConv::new(self.size, source, &weight, &bias, isa, precision)
            .map_err(candle_core::Error::wrap)?;
        Ok(Arc::clone(kept.get_or_init(|| Arc::new(packed))))
    }
}

/// The numbers of a tensor, row by row; whatever is wrong with it, the error names it.
pub(super) fn numbers(
    vb: &VarBuilder<'_>,
    shape: impl Into<Shape>,
    name: &str,
) -> Result<Vec<f32>> {
    let path = vb.pp(name).prefix();
    let read = vb
        .get(shape, name)
        .and_then(|tensor| tensor.flatten_all()?.to_vec1::<f32>());
    let numbers = read.map_err(|error| {
        let reason = error.to_string();
        // candle does it where a tensor is missing or has another shape
        if reason.contains(&path) {
            error
        } else {
            Error::msg(format!("the tensor {path}: {reason}"))
        }
    })?;
    // such a net would find nobody, and not say why
    if !numbers.iter().all(|number| number.is_finite()) {
        candle_core::bail!("the tensor {path} holds numbers that are not finite")
    }
    Ok(numbers)
}

/// A weights file may say any numbers, and its tensors may be empty.
fn check_channels(size: ConvSize) -> Result<()> {
    let ConvSize {
        inputs, outputs, ..
    } = size;
    if inputs == 0 || outputs == 0 {
        candle_core::bail!("a convolution from {inputs} to {outputs} channels")
    }
    Ok(())
}

fn weight_shape(size: ConvSize) -> (usize, usize, usize, usize) {
    (size.outputs, size.inputs, size.kernel, size.kernel)
}

/// The residual bottleneck of He et al. 2016: 1x1 to half the width, 3x3, 1x1, plus the input, ReLU.
#[derive(Clone, Debug)]
pub(super) struct Bottleneck {
    reduce: Conv,
    conv: Conv,
    expand: Conv,
}

impl Bottleneck {
    /// A block with as many outputs as inputs.
    pub(super) fn new(features: usize, vb: &VarBuilder<'_>) -> Result<Self> {
        Self::with_middle(features, features / 2, vb)
    }

    /// The same with another width of its middle.
    pub(super) fn with_middle(features: usize, middle: usize, vb: &VarBuilder<'_>) -> Result<Self> {
        let conv = |name, size| Conv::with_batch_norm(size, &vb.pp(name));
        Ok(Self {
            reduce: conv("reduce", pointwise(features, middle))?,
            conv: conv("conv", spatial(middle, middle, 1))?,
            expand: conv("expand", pointwise(middle, features))?,
        })
    }

    /// 1x1, 3x3, 1x1; the ReLU of the last comes after the sum.
    pub(super) const fn convs(&self) -> [&Conv; 3] {
        [&self.reduce, &self.conv, &self.expand]
    }
}

/// Twice the height and width, each value repeated.
pub(super) fn upsample_twice(x: &Tensor) -> Result<Tensor> {
    let (_, _, height, width) = x.dims4()?;
    x.upsample_nearest2d(2 * height, 2 * width)
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;

    #[test]
    fn a_convolution_without_channels_is_refused() {
        let vb = VarBuilder::zeros(DType::F32, &Device::Cpu);
        for size in [pointwise(0, 4), pointwise(4, 0)] {
            assert!(Conv::with_batch_norm(size, &vb).is_err(), "{size:?}");
            assert!(Conv::with_bias(size, &vb).is_err(), "{size:?}");
        }
        assert!(Conv::with_batch_norm(pointwise(4, 4), &vb).is_ok());
        // a block of one channel has half a channel in its middle
        assert!(Bottleneck::new(1, &vb).is_err());
    }

    #[test]
    fn a_tensor_that_cannot_be_used_is_named() {
        for (tensor, data) in [
            (
                r#""bias":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}"#,
                [0; 8],
            ),
            (
                r#""conv.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#,
                [0; 8],
            ),
            (
                r#""conv.weight":{"dtype":"BOOL","shape":[8],"data_offsets":[0,8]}"#,
                [0; 8],
            ),
            // all bits set are no number
            (
                r#""conv.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}"#,
                [255; 8],
            ),
        ] {
            let header = format!("{{{tensor}}}");
            let mut file = (header.len() as u64).to_le_bytes().to_vec();
            file.extend_from_slice(header.as_bytes());
            file.extend_from_slice(&data);
            let vb = VarBuilder::from_slice_safetensors(&file, DType::F32, &Device::Cpu).unwrap();
            let error = numbers(&vb.pp("conv"), (2, 1), "weight").unwrap_err();
            assert!(error.to_string().contains("conv.weight"), "{error}");
        }
    }

    #[test]
    fn a_variance_below_zero_is_refused() {
        let with_variance = |variance: f32| {
            let shapes = [
                ("conv.weight", vec![1, 1, 1, 1], 1.0),
                ("bn.weight", vec![1], 1.0),
                ("bn.bias", vec![1], 1.0),
                ("bn.running_mean", vec![1], 1.0),
                ("bn.running_var", vec![1], variance),
            ];
            let tensors = shapes.map(|(name, shape, value)| {
                let tensor = Tensor::full(value, shape, &Device::Cpu).unwrap();
                (name.to_owned(), tensor)
            });
            let vb = VarBuilder::from_tensors(tensors.into(), DType::F32, &Device::Cpu);
            Conv::with_batch_norm(pointwise(1, 1), &vb)
        };
        assert!(with_variance(0.0).is_ok());
        let error = with_variance(-1.0).unwrap_err();
        assert!(error.to_string().contains("bn"), "{error}");
    }
}
