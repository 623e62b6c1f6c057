//! What the nets are written in: a few operations on feature maps, computed now or recorded for later.

use candle_core::{Result, Tensor};

use super::blocks::{Bottleneck, Conv, upsample_twice};

/// Takes a net's operations one by one.
pub(super) trait Graph {
    /// A feature map.
    type Map: Clone;

    /// A convolution; `residual` is added before its ReLU.
    fn conv(
        &mut self,
        x: &Self::Map,
        conv: &Conv,
        residual: Option<&Self::Map>,
    ) -> Result<Self::Map>;

    /// A residual block; `half`, enlarged twice, is added to its answer.
    fn bottleneck(
        &mut self,
        x: &Self::Map,
        block: &Bottleneck,
        half: Option<&Self::Map>,
    ) -> Result<Self::Map>;

    /// Half the height and width, the largest of each four.
    fn max_pool(&mut self, x: &Self::Map) -> Result<Self::Map>;

    /// `whole` plus `half` enlarged twice, each value repeated.
    fn add_enlarged(&mut self, whole: &Self::Map, half: &Self::Map) -> Result<Self::Map>;
}

/// Computes each operation at once with candle's own: on GPUs, and to compare with.
pub(super) struct Eager;

impl Graph for Eager {
    type Map = Tensor;

    fn conv(&mut self, x: &Tensor, conv: &Conv, residual: Option<&Tensor>) -> Result<Tensor> {
        let y = conv.forward_linear(x)?;
        let y = match residual {
            Some(residual) => (y + residual)?,
            None => y,
        };
        if conv.size().relu { y.relu() } else { Ok(y) }
    }

    fn bottleneck(
        &mut self,
        x: &Tensor,
        block: &Bottleneck,
        half: Option<&Tensor>,
    ) -> Result<Tensor> {
        let [reduce, conv, expand] = block.convs();
        let middle = self.conv(x, reduce, None)?;
        let middle = self.conv(&middle, conv, None)?;
        let y = self.conv(&middle, expand, Some(x))?;
        match half {
            Some(half) => self.add_enlarged(&y, half),
            None => Ok(y),
        }
    }

    fn max_pool(&mut self, x: &Tensor) -> Result<Tensor> {
        x.max_pool2d(2)
    }

    fn add_enlarged(&mut self, whole: &Tensor, half: &Tensor) -> Result<Tensor> {
        whole + upsample_twice(half)?
    }
}
