//! The person detector's net: dense, fully convolutional, one class, answers on three levels.
//!
//! Residual stages, a top-down pyramid (Lin et al. 2017) and heads that say for each cell a score and the
//! distances to a box's four sides (Tian et al. 2019).
//! The twin of `training/detector.py`; paths are the keys of the weights file.

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;
use serde::Deserialize;

use super::backbone::{Stage, Stem};
use super::blocks::{Bottleneck, Conv, linear, pointwise, spatial};
use super::compiled::{Compiled, Processor};
use super::graph::{Eager, Graph};

/// Levels of the pyramid.
pub const N_LEVELS: usize = 3;

/// The variant of the net, as the weights file's header gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct DetectorConfig {
    /// Channels after the first and the second convolution.
    pub stem: [usize; 2],
    /// Channels of the stages at strides 8, 16 and 32.
    pub stages: [usize; N_LEVELS],
    /// Bottlenecks in each stage.
    pub depths: [usize; N_LEVELS],
    /// Channels of pyramid and heads.
    pub neck: usize,
}

/// Input pixels per cell of each level.
pub const STRIDES: [usize; N_LEVELS] = [8, 16, 32];

/// One level's answers.
#[derive(Clone, Debug)]
pub struct LevelAnswer {
    /// Logits `[n, 1, height / stride, width / stride]`.
    pub scores: Tensor,
    /// Logarithms of distances in strides `[n, 4, height / stride, width / stride]`: left, top, right, bottom.
    pub boxes: Tensor,
}

#[derive(Clone, Debug)]
struct Level {
    stage: Stage,
    lateral: Conv,
    merge: Bottleneck,
    tower: Conv,
    /// Score, then box.
    answer: Conv,
}

/// The whole net.
#[derive(Clone, Debug)]
pub struct Detector {
    stem: Stem,
    levels: Vec<Level>,
    compiled: Compiled,
}

impl Detector {
    /// Reads the weights; batch norms are folded here. `processor` computes the net where its tensors are on the CPU.
    pub fn new(config: DetectorConfig, vb: &VarBuilder<'_>, processor: Processor) -> Result<Self> {
        let norm = Conv::with_batch_norm;
        let stem = Stem::new(config.stem, &vb.pp("stem"))?;
        let neck = config.neck;
        let [_, mut inputs] = config.stem;
        let mut levels = Vec::with_capacity(N_LEVELS);
        for (idx, (width, depth)) in config.stages.into_iter().zip(config.depths).enumerate() {
            let head_vb = vb.pp("heads").pp(idx);
            let answer = |name, outputs| {
                Conv::with_bias(linear(pointwise(neck, outputs)), &head_vb.pp(name))
            };
            levels.push(Level {
                stage: Stage::new(inputs, width, depth, &vb.pp("stages").pp(idx))?,
                lateral: norm(linear(pointwise(width, neck)), &vb.pp("laterals").pp(idx))?,
                merge: Bottleneck::new(neck, &vb.pp("merges").pp(idx))?,
                tower: norm(spatial(neck, neck, 1), &head_vb.pp("tower"))?,
                answer: answer("score", 1)?.beside(&answer("box", 4)?)?,
            });
            inputs = width;
        }
        Ok(Self {
            stem,
            levels,
            compiled: Compiled::new(processor),
        })
    }

    /// The answers of all levels, finest first.
    ///
    /// `x` is `[n, 3, height, width]`, RGB / 255 - 0.45, both sides multiples of 32. The answers lie in memory that the
    /// next call overwrites.
    pub fn forward(&self, x: &Tensor) -> Result<Vec<LevelAnswer>> {
        if !x.device().is_cpu() {
            return self.forward_eagerly(x);
        }
        let answers = self
            .compiled
            .run(x, 0, |recorder, input| self.trace(recorder, &input))?;
        split(&answers)
    }

    /// The same by candle's own operations, whatever the device.
    pub fn forward_eagerly(&self, x: &Tensor) -> Result<Vec<LevelAnswer>> {
        split(&self.trace(&mut Eager, x)?)
    }

    /// Score and box of each level, finest first.
    fn trace<G: Graph>(&self, graph: &mut G, x: &G::Map) -> Result<Vec<G::Map>> {
        let mut x = self.stem.trace(graph, x)?;
        let mut maps = Vec::with_capacity(N_LEVELS);
        for level in &self.levels {
            x = level.stage.trace(graph, &x)?;
            maps.push(x.clone());
        }
        let mut answers = Vec::with_capacity(N_LEVELS);
        let mut coarser: Option<G::Map> = None;
        for (level, map) in self.levels.iter().zip(maps).rev() {
            let mut merged = graph.conv(&map, &level.lateral, None)?;
            if let Some(coarser) = &coarser {
                merged = graph.add_enlarged(&merged, coarser)?;
            }
            let merged = graph.bottleneck(&merged, &level.merge, None)?;
            let tower = graph.conv(&merged, &level.tower, None)?;
            answers.push(graph.conv(&tower, &level.answer, None)?);
            coarser = Some(merged);
        }
        answers.reverse();
        Ok(answers)
    }
}

/// Takes the channels of each level's answer apart.
fn split(answers: &[Tensor]) -> Result<Vec<LevelAnswer>> {
    answers
        .iter()
        .map(|answer| {
            Ok(LevelAnswer {
                scores: answer.narrow(1, 0, 1)?,
                boxes: answer.narrow(1, 1, 4)?,
            })
        })
        .collect()
}
