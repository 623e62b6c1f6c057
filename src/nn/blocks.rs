//! The blocks that both nets are made of: convolution with folded batch norm, and the residual bottleneck.

use candle_core::{Module, Result, Tensor};
use candle_nn::VarBuilder;

/// PyTorch's default, with which the nets are trained.
const BATCH_NORM_EPSILON: f64 = 1e-5;

/// A convolution, its bias, and whether a ReLU follows; padding keeps the size at stride 1.
#[derive(Clone, Debug)]
pub(super) struct Conv {
    /// `[out, in, kernel, kernel]`.
    weight: Tensor,
    /// `[1, out, 1, 1]`.
    bias: Tensor,
    stride: usize,
    relu: bool,
}

/// What a convolution looks like before its weights are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConvShape {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) relu: bool,
}

impl ConvShape {
    /// 1x1, stride 1, with ReLU.
    pub(super) const fn pointwise(inputs: usize, outputs: usize) -> Self {
        Self {
            inputs,
            outputs,
            kernel: 1,
            stride: 1,
            relu: true,
        }
    }

    /// 3x3 with ReLU.
    pub(super) const fn spatial(inputs: usize, outputs: usize, stride: usize) -> Self {
        Self {
            inputs,
            outputs,
            kernel: 3,
            stride,
            relu: true,
        }
    }

    /// The same without the ReLU.
    pub(super) const fn linear(self) -> Self {
        Self {
            relu: false,
            ..self
        }
    }
}

impl Conv {
    /// Reads `conv.weight` and `bn.*` and folds the batch norm into weight and bias.
    ///
    /// Batch norm computes `(x - mean) / sqrt(variance + epsilon) * weight + bias` for each channel
    /// (Ioffe and Szegedy 2015), which is a scale and a shift of what the convolution gives.
    pub(super) fn with_batch_norm(shape: ConvShape, vb: &VarBuilder<'_>) -> Result<Self> {
        let ConvShape {
            inputs,
            outputs,
            kernel,
            stride,
            relu,
        } = shape;
        let weight = vb
            .pp("conv")
            .get((outputs, inputs, kernel, kernel), "weight")?;
        let norm = vb.pp("bn");
        let gain = norm.get(outputs, "weight")?;
        let shift = norm.get(outputs, "bias")?;
        let mean = norm.get(outputs, "running_mean")?;
        let variance = norm.get(outputs, "running_var")?;
        let scale = (gain / (variance + BATCH_NORM_EPSILON)?.sqrt()?)?;
        let bias = (shift - (mean * &scale)?)?;
        Ok(Self {
            weight: weight.broadcast_mul(&scale.reshape((outputs, 1, 1, 1))?)?,
            bias: bias.reshape((1, outputs, 1, 1))?,
            stride,
            relu,
        })
    }

    /// Reads `weight` and `bias` of a convolution without batch norm.
    pub(super) fn with_bias(shape: ConvShape, vb: &VarBuilder<'_>) -> Result<Self> {
        let ConvShape {
            inputs,
            outputs,
            kernel,
            stride,
            relu,
        } = shape;
        Ok(Self {
            weight: vb.get((outputs, inputs, kernel, kernel), "weight")?,
            bias: vb.get(outputs, "bias")?.reshape((1, outputs, 1, 1))?,
            stride,
            relu,
        })
    }
}

impl Module for Conv {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let kernel = self.weight.dim(2)?;
        let y = x
            .conv2d(&self.weight, kernel / 2, self.stride, 1, 1)?
            .broadcast_add(&self.bias)?;
        if self.relu { y.relu() } else { Ok(y) }
    }
}

/// The residual bottleneck of He et al. 2016: 1x1 to half the width, 3x3, 1x1, plus the input, ReLU.
#[derive(Clone, Debug)]
pub(super) struct Bottleneck {
    reduce: Conv,
    conv: Conv,
    expand: Conv,
    /// Fits the input's width to the output's where they differ.
    project: Option<Conv>,
}

impl Bottleneck {
    pub(super) fn new(inputs: usize, outputs: usize, vb: &VarBuilder<'_>) -> Result<Self> {
        let middle = outputs / 2;
        let conv = |name, shape| Conv::with_batch_norm(shape, &vb.pp(name));
        Ok(Self {
            reduce: conv("reduce", ConvShape::pointwise(inputs, middle))?,
            conv: conv("conv", ConvShape::spatial(middle, middle, 1))?,
            expand: conv("expand", ConvShape::pointwise(middle, outputs).linear())?,
            project: (inputs != outputs)
                .then(|| conv("project", ConvShape::pointwise(inputs, outputs).linear()))
                .transpose()?,
        })
    }
}

impl Module for Bottleneck {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = self
            .expand
            .forward(&self.conv.forward(&self.reduce.forward(x)?)?)?;
        let skip = match &self.project {
            Some(project) => project.forward(x)?,
            None => x.clone(),
        };
        (y + skip)?.relu()
    }
}

/// Twice the height and width, each value repeated.
pub(super) fn upsample_twice(x: &Tensor) -> Result<Tensor> {
    let (_, _, height, width) = x.dims4()?;
    x.upsample_nearest2d(2 * height, 2 * width)
}
