//! The net that tells people apart by their looks: residual stages, a mean over the picture, one linear layer.
//!
//! Siamese in use (Bromley et al. 1993): one net looks at every picture, and only its answers are compared.
//! The twin of `training/reidentifier.py`; paths are the keys of the weights file.

use candle_core::{Device, Result, Tensor};
use candle_nn::VarBuilder;
use serde::Deserialize;

use super::backbone::{Stage, Stem};
use super::batch::append_numbers;
use super::blocks::{Conv, numbers, pointwise};
use super::compiled::{Compiled, Processor};
use super::graph::{Eager, Graph};

/// Stages behind the stem, at strides 8 and 16.
const N_STAGES: usize = 2;

/// The variant of the net, as the weights file's header gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct SiameseConfig {
    /// Channels after the first and the second convolution.
    pub stem: [usize; 2],
    /// Channels of the stages at strides 8 and 16.
    pub stages: [usize; N_STAGES],
    /// Bottlenecks in each stage.
    pub depths: [usize; N_STAGES],
    /// Channels that are averaged over the picture.
    pub wide: usize,
    /// Numbers of the answer.
    pub numbers: usize,
}

/// The whole net.
#[derive(Clone, Debug)]
pub struct SiameseNet {
    stem: Stem,
    stages: Vec<Stage>,
    widen: Conv,
    /// `[numbers, wide]`, row by row.
    embed_weight: Vec<f32>,
    embed_bias: Vec<f32>,
    compiled: Compiled,
}

impl SiameseNet {
    /// Reads the weights; batch norms are folded here. `processor` computes the net where its tensors are on the CPU.
    pub fn new(config: SiameseConfig, vb: &VarBuilder<'_>, processor: Processor) -> Result<Self> {
        let stem = Stem::new(config.stem, &vb.pp("stem"))?;
        let [_, mut inputs] = config.stem;
        let mut stages = Vec::with_capacity(N_STAGES);
        for (idx, (width, depth)) in config.stages.into_iter().zip(config.depths).enumerate() {
            stages.push(Stage::new(inputs, width, depth, &vb.pp("stages").pp(idx))?);
            inputs = width;
        }
        let embed = vb.pp("embed");
        Ok(Self {
            stem,
            stages,
            widen: Conv::with_batch_norm(pointwise(inputs, config.wide), &vb.pp("widen"))?,
            embed_weight: numbers(&embed, (config.numbers, config.wide), "weight")?,
            embed_bias: numbers(&embed, config.numbers, "bias")?,
            compiled: Compiled::new(processor),
        })
    }

    /// How each picture looks: as many numbers as the variant has, not yet of unit length.
    ///
    /// `x` is `[n, 3, height, width]`, RGB / 255 - 0.45, both sides multiples of 16.
    pub fn forward(&self, x: &Tensor) -> Result<Vec<Vec<f32>>> {
        if !x.device().is_cpu() {
            return self.forward_eagerly(x);
        }
        let maps = self.compiled.run(x, 0, |recorder, input| {
            Ok(vec![self.trace(recorder, &input)?])
        })?;
        match maps.first() {
            Some(map) => self.embed(map),
            None => candle_core::bail!("the net has no answer"),
        }
    }

    /// The same by candle's own operations, whatever the device.
    pub fn forward_eagerly(&self, x: &Tensor) -> Result<Vec<Vec<f32>>> {
        let map = self.trace(&mut Eager, x)?;
        self.embed(&map.to_device(&Device::Cpu)?)
    }

    /// The widest map, `[n, wide, height / 16, width / 16]`.
    fn trace<G: Graph>(&self, graph: &mut G, x: &G::Map) -> Result<G::Map> {
        let mut x = self.stem.trace(graph, x)?;
        for stage in &self.stages {
            x = stage.trace(graph, &x)?;
        }
        graph.conv(&x, &self.widen, None)
    }

    /// The mean of each channel over a picture, then the linear layer.
    fn embed(&self, map: &Tensor) -> Result<Vec<Vec<f32>>> {
        let (n, wide, rows, columns) = map.dims4()?;
        let n_cells = rows * columns;
        if n_cells == 0 || wide == 0 {
            candle_core::bail!("a picture without pixels has no looks")
        }
        let mut cells = Vec::with_capacity(n * wide * n_cells);
        append_numbers(map, &mut cells)?;
        Ok(cells
            .chunks_exact(wide * n_cells)
            .map(|picture| {
                let means: Vec<f32> = picture
                    .chunks_exact(n_cells)
                    .map(|channel| channel.iter().sum::<f32>() / n_cells as f32)
                    .collect();
                self.embed_weight
                    .chunks_exact(wide)
                    .zip(&self.embed_bias)
                    .map(|(row, bias)| {
                        bias + row.iter().zip(&means).map(|(w, x)| w * x).sum::<f32>()
                    })
                    .collect()
            })
            .collect())
    }
}
