//! The pose net: a stacked hourglass of bottleneck blocks.
//!
//! Newell, Yang and Deng, "Stacked Hourglass Networks for Human Pose Estimation", ECCV 2016.
//! The twin of `training/hourglass.py`; paths are the keys of the weights file.

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

use super::backbone::Stem;
use super::blocks::{Bottleneck, Conv, linear, pointwise};
use super::compiled::{Compiled, Processor};
use super::graph::{Eager, Graph};
use crate::kernels::Precision;

/// Halvings inside each hourglass; with the stem's two, input sides must divide by 64.
const DEPTH: usize = 4;

/// The variant of the net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourglassConfig {
    /// Hourglasses one after the other; each can answer.
    pub stacks: usize,
    /// Channels inside the hourglasses.
    pub features: usize,
    /// Channels in the middle of the blocks after the last two halvings (of an input of 256x192, 8x6 and 4x3 cells);
    /// elsewhere half of the features.
    pub deep_middle: usize,
    /// Further blocks on the way down and on the way up after each of the last three halvings.
    pub deep_blocks: usize,
    /// Channels after the first convolution.
    pub stem: usize,
    /// Heatmaps.
    pub joints: usize,
}

/// One hourglass: halves the picture [`DEPTH`] times and comes back, a branch going past each halving.
#[derive(Clone, Debug)]
struct Hourglass {
    skip: Bottleneck,
    down: Vec<Bottleneck>,
    inner: Inner,
    up: Vec<Bottleneck>,
}

/// What is between going down and coming up.
#[derive(Clone, Debug)]
enum Inner {
    Hourglass(Box<Hourglass>),
    Lowest(Box<Bottleneck>),
}

impl Hourglass {
    /// `depth` halvings of a net of this variant.
    fn new(depth: usize, config: HourglassConfig, vb: &VarBuilder<'_>) -> Result<Self> {
        let features = config.features;
        // all but the branch past a halving come after it
        let middle_after = |halvings_left| {
            if halvings_left < 2 {
                config.deep_middle
            } else {
                features / 2
            }
        };
        let middle = middle_after(depth - 1);
        let n_more = if depth < 4 { config.deep_blocks } else { 0 };
        let block = |name, middle| Bottleneck::with_middle(features, middle, &vb.pp(name));
        let blocks = |name, more: &str| {
            let more = vb.pp(more);
            let first = std::iter::once(vb.pp(name));
            first
                .chain((0..n_more).map(|idx| more.pp(idx)))
                .map(|vb| Bottleneck::with_middle(features, middle, &vb))
                .collect::<Result<Vec<Bottleneck>>>()
        };
        Ok(Self {
            skip: block("skip", middle_after(depth))?,
            down: blocks("down", "down_more")?,
            inner: if 1 < depth {
                let inner = Self::new(depth - 1, config, &vb.pp("inner"))?;
                Inner::Hourglass(Box::new(inner))
            } else {
                Inner::Lowest(Box::new(block("inner", middle)?))
            },
            up: blocks("up", "up_more")?,
        })
    }
}

impl Hourglass {
    fn trace<G: Graph>(&self, graph: &mut G, x: &G::Map) -> Result<G::Map> {
        let mut low = graph.max_pool(x)?;
        for block in &self.down {
            low = graph.bottleneck(&low, block, None)?;
        }
        low = match &self.inner {
            Inner::Hourglass(hourglass) => hourglass.trace(graph, &low)?,
            Inner::Lowest(block) => graph.bottleneck(&low, block, None)?,
        };
        for block in &self.up {
            low = graph.bottleneck(&low, block, None)?;
        }
        graph.bottleneck(x, &self.skip, Some(&low))
    }
}

/// One hourglass, its answer, and what it hands to the next.
#[derive(Clone, Debug)]
struct Stack {
    hourglass: Hourglass,
    features: Conv,
    heatmaps: Conv,
    /// Features and heatmaps back into the stream, in one convolution; the last stack has none.
    merge: Option<Conv>,
}

/// The whole net.
#[derive(Clone, Debug)]
pub struct StackedHourglass {
    stem: Stem,
    stacks: Vec<Stack>,
    compiled: Compiled,
}

impl StackedHourglass {
    /// Reads the weights; batch norms are folded here. `processor` computes the net where its tensors are on the CPU.
    pub fn new(config: HourglassConfig, vb: &VarBuilder<'_>, processor: Processor) -> Result<Self> {
        let HourglassConfig {
            stacks,
            features,
            stem,
            joints,
            ..
        } = config;
        let norm = Conv::with_batch_norm;
        let biased = |inputs, outputs, name: &str, idx: usize| {
            Conv::with_bias(linear(pointwise(inputs, outputs)), &vb.pp(name).pp(idx))
        };
        let stacks = (0..stacks)
            .map(|idx| {
                let heatmaps = biased(features, joints, "heatmaps", idx)?;
                let merge = if idx + 1 == stacks {
                    None
                } else {
                    // all three are linear in the features, so one convolution does the same
                    let from_features = biased(features, features, "merge_features", idx)?;
                    let from_heatmaps = biased(joints, features, "merge_heatmaps", idx)?;
                    Some(from_features.plus(&heatmaps.then(&from_heatmaps)?)?)
                };
                Ok(Stack {
                    hourglass: Hourglass::new(DEPTH, config, &vb.pp("hourglasses").pp(idx))?,
                    features: norm(pointwise(features, features), &vb.pp("features").pp(idx))?,
                    heatmaps,
                    merge,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            stem: Stem::new([stem, features], &vb.pp("stem"))?,
            stacks,
            compiled: Compiled::new(processor),
        })
    }

    /// How many stacks can answer.
    pub fn n_stacks(&self) -> usize {
        self.stacks.len()
    }

    /// Computes on the processor in this precision from now on.
    pub fn set_precision(&mut self, precision: Precision) {
        self.compiled.set_precision(precision);
    }

    /// The answer of the stack number `stacks` (from 1; later ones are not computed).
    ///
    /// `x` is `[n, 3, height, width]`, RGB / 255 - 0.45; the answer `[n, joints, height / 4, width / 4]`, in memory that
    /// the next call overwrites.
    pub fn forward(&self, x: &Tensor, stacks: usize) -> Result<Tensor> {
        if x.device().is_cpu() {
            let answers = self.compiled.run(x, stacks, |recorder, input| {
                Ok(vec![self.trace(recorder, &input, stacks)?])
            })?;
            only(answers)
        } else {
            self.forward_eagerly(x, stacks)
        }
    }

    /// The same by candle's own operations, whatever the device.
    pub fn forward_eagerly(&self, x: &Tensor, stacks: usize) -> Result<Tensor> {
        self.trace(&mut Eager, x, stacks)
    }

    fn trace<G: Graph>(&self, graph: &mut G, x: &G::Map, stacks: usize) -> Result<G::Map> {
        let mut x = self.stem.trace(graph, x)?;
        let wanted = stacks.clamp(1, self.stacks.len());
        for (idx, stack) in self.stacks.iter().enumerate() {
            let features = stack.hourglass.trace(graph, &x)?;
            let features = graph.conv(&features, &stack.features, None)?;
            match &stack.merge {
                Some(merge) if idx + 1 < wanted => {
                    x = graph.conv(&features, merge, Some(&x))?;
                }
                _ => return graph.conv(&features, &stack.heatmaps, None),
            }
        }
        candle_core::bail!("a stacked hourglass needs at least one stack")
    }
}

/// The answer of a net that gives one.
fn only(answers: Vec<Tensor>) -> Result<Tensor> {
    match <[Tensor; 1]>::try_from(answers) {
        Ok([answer]) => Ok(answer),
        Err(answers) => candle_core::bail!("{} answers instead of one", answers.len()),
    }
}
