//! What the nets begin with: the stem that all of them have, and the stages behind it.

use candle_core::Result;
use candle_nn::VarBuilder;

use super::blocks::{Bottleneck, Conv, spatial};
use super::graph::Graph;

/// Two strided convolutions and a bottleneck: from a picture to a map of a quarter of its sides.
#[derive(Clone, Debug)]
pub(super) struct Stem {
    first: Conv,
    second: Conv,
    block: Bottleneck,
}

impl Stem {
    /// Reads `0`, `1` and `2`; `first` and `second` are the channels after each convolution.
    pub(super) fn new([first, second]: [usize; 2], vb: &VarBuilder<'_>) -> Result<Self> {
        Ok(Self {
            first: Conv::with_batch_norm(spatial(3, first, 2), &vb.pp(0))?,
            second: Conv::with_batch_norm(spatial(first, second, 2), &vb.pp(1))?,
            block: Bottleneck::new(second, &vb.pp(2))?,
        })
    }

    /// `x` is `[n, 3, height, width]`.
    pub(super) fn trace<G: Graph>(&self, graph: &mut G, x: &G::Map) -> Result<G::Map> {
        let x = graph.conv(x, &self.first, None)?;
        let x = graph.conv(&x, &self.second, None)?;
        graph.bottleneck(&x, &self.block, None)
    }
}

/// A strided convolution that halves the sides, and bottlenecks.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    shrink: Conv,
    blocks: Vec<Bottleneck>,
}

impl Stage {
    /// Reads `0`, the convolution, and `1` to `depth`, the bottlenecks.
    pub(super) fn new(
        inputs: usize,
        outputs: usize,
        depth: usize,
        vb: &VarBuilder<'_>,
    ) -> Result<Self> {
        Ok(Self {
            shrink: Conv::with_batch_norm(spatial(inputs, outputs, 2), &vb.pp(0))?,
            blocks: (1..=depth)
                .map(|block| Bottleneck::new(outputs, &vb.pp(block)))
                .collect::<Result<_>>()?,
        })
    }

    /// Half the height and width of `x`.
    pub(super) fn trace<G: Graph>(&self, graph: &mut G, x: &G::Map) -> Result<G::Map> {
        let mut x = graph.conv(x, &self.shrink, None)?;
        for block in &self.blocks {
            x = graph.bottleneck(&x, block, None)?;
        }
        Ok(x)
    }
}
