//! The pose net: a stacked hourglass of bottleneck blocks.
//!
//! Newell, Yang and Deng, "Stacked Hourglass Networks for Human Pose Estimation", ECCV 2016.
//! The twin of `training/hourglass.py`; paths are the keys of the weights file.

use candle_core::{Module, Result, Tensor};
use candle_nn::VarBuilder;

use super::blocks::{Bottleneck, Conv, ConvShape, upsample_twice};

/// Halvings inside each hourglass; with the stem's two, input sides must divide by 64.
const DEPTH: usize = 4;

/// Input pixels per side of a heatmap cell.
pub const CELL_PX: usize = 4;

/// The variant of the net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourglassConfig {
    /// Hourglasses one after the other; each can answer.
    pub stacks: usize,
    /// Channels inside the hourglasses.
    pub features: usize,
    /// Channels after the first convolution.
    pub stem: usize,
    /// Heatmaps.
    pub joints: usize,
}

/// One hourglass: halves the picture [`DEPTH`] times and comes back, a branch going past each halving.
#[derive(Clone, Debug)]
struct Hourglass {
    skip: Bottleneck,
    down: Bottleneck,
    inner: Inner,
    up: Bottleneck,
}

/// What is between going down and coming up.
#[derive(Clone, Debug)]
enum Inner {
    Hourglass(Box<Hourglass>),
    Lowest(Bottleneck),
}

impl Hourglass {
    fn new(depth: usize, features: usize, vb: &VarBuilder<'_>) -> Result<Self> {
        let block = |name| Bottleneck::new(features, features, &vb.pp(name));
        Ok(Self {
            skip: block("skip")?,
            down: block("down")?,
            inner: if 1 < depth {
                Inner::Hourglass(Box::new(Self::new(depth - 1, features, &vb.pp("inner"))?))
            } else {
                Inner::Lowest(block("inner")?)
            },
            up: block("up")?,
        })
    }
}

impl Module for Hourglass {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let low = self.down.forward(&x.max_pool2d(2)?)?;
        let low = match &self.inner {
            Inner::Hourglass(hourglass) => hourglass.forward(&low)?,
            Inner::Lowest(block) => block.forward(&low)?,
        };
        let low = self.up.forward(&low)?;
        self.skip.forward(x)? + upsample_twice(&low)?
    }
}

/// One hourglass, its answer, and what it hands to the next.
#[derive(Clone, Debug)]
struct Stack {
    hourglass: Hourglass,
    features: Conv,
    heatmaps: Conv,
    /// Features and heatmaps back into the stream; the last stack has none.
    merge: Option<(Conv, Conv)>,
}

/// The whole net.
#[derive(Clone, Debug)]
pub struct StackedHourglass {
    stem: (Conv, Conv, Bottleneck),
    stacks: Vec<Stack>,
}

impl StackedHourglass {
    /// Reads the weights; batch norms are folded here.
    pub fn new(config: HourglassConfig, vb: &VarBuilder<'_>) -> Result<Self> {
        let HourglassConfig {
            stacks,
            features,
            stem,
            joints,
        } = config;
        let norm = Conv::with_batch_norm;
        let stem_vb = vb.pp("stem");
        let stem_blocks = (
            norm(ConvShape::spatial(3, stem, 2), &stem_vb.pp(0))?,
            norm(ConvShape::spatial(stem, features, 2), &stem_vb.pp(1))?,
            Bottleneck::new(features, features, &stem_vb.pp(2))?,
        );
        let linear = |inputs, outputs, name: &str, idx: usize| {
            let shape = ConvShape::pointwise(inputs, outputs).linear();
            Conv::with_bias(shape, &vb.pp(name).pp(idx))
        };
        let stacks = (0..stacks)
            .map(|idx| {
                let is_last = idx + 1 == stacks;
                Ok(Stack {
                    hourglass: Hourglass::new(DEPTH, features, &vb.pp("hourglasses").pp(idx))?,
                    features: norm(
                        ConvShape::pointwise(features, features),
                        &vb.pp("features").pp(idx),
                    )?,
                    heatmaps: linear(features, joints, "heatmaps", idx)?,
                    merge: (!is_last)
                        .then(|| {
                            Ok::<_, candle_core::Error>((
                                linear(features, features, "merge_features", idx)?,
                                linear(joints, features, "merge_heatmaps", idx)?,
                            ))
                        })
                        .transpose()?,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            stem: stem_blocks,
            stacks,
        })
    }

    /// How many stacks can answer.
    pub fn n_stacks(&self) -> usize {
        self.stacks.len()
    }

    /// The answer of the stack number `stacks` (from 1; later ones are not computed).
    ///
    /// `x` is `[n, 3, height, width]`, RGB / 255 - 0.45; the answer `[n, joints, height / 4, width / 4]`.
    pub fn forward(&self, x: &Tensor, stacks: usize) -> Result<Tensor> {
        let (first, second, block) = &self.stem;
        let mut x = block.forward(&second.forward(&first.forward(x)?)?)?;
        let wanted = stacks.clamp(1, self.stacks.len());
        for (idx, stack) in self.stacks.iter().enumerate() {
            let features = stack.features.forward(&stack.hourglass.forward(&x)?)?;
            let heatmaps = stack.heatmaps.forward(&features)?;
            match &stack.merge {
                Some((merge_features, merge_heatmaps)) if idx + 1 < wanted => {
                    let merged = (merge_features.forward(&features)?
                        + merge_heatmaps.forward(&heatmaps)?)?;
                    x = (x + merged)?;
                }
                _ => return Ok(heatmaps),
            }
        }
        candle_core::bail!("a stacked hourglass needs at least one stack")
    }
}
