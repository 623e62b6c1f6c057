//! The person detector's net: dense, fully convolutional, one class, answers on three levels.
//!
//! Residual stages, a top-down pyramid (Lin et al. 2017) and heads that say for each cell a score and the
//! distances to a box's four sides (Tian et al. 2019).
//! The twin of `training/detector.py`; paths are the keys of the weights file.

use candle_core::{Module, Result, Tensor};
use candle_nn::VarBuilder;
use serde::Deserialize;

use super::blocks::{Bottleneck, Conv, ConvShape, upsample_twice};

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
struct Stage {
    shrink: Conv,
    blocks: Vec<Bottleneck>,
}

impl Module for Stage {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.blocks
            .iter()
            .try_fold(self.shrink.forward(x)?, |x, block| block.forward(&x))
    }
}

#[derive(Clone, Debug)]
struct Level {
    stage: Stage,
    lateral: Conv,
    merge: Bottleneck,
    tower: Conv,
    score: Conv,
    bbox: Conv,
}

/// The whole net.
#[derive(Clone, Debug)]
pub struct Detector {
    stem: (Conv, Conv, Bottleneck),
    levels: Vec<Level>,
}

impl Detector {
    /// Reads the weights; batch norms are folded here.
    pub fn new(config: DetectorConfig, vb: &VarBuilder<'_>) -> Result<Self> {
        let norm = Conv::with_batch_norm;
        let [first, second] = config.stem;
        let stem_vb = vb.pp("stem");
        let stem = (
            norm(ConvShape::spatial(3, first, 2), &stem_vb.pp(0))?,
            norm(ConvShape::spatial(first, second, 2), &stem_vb.pp(1))?,
            Bottleneck::new(second, second, &stem_vb.pp(2))?,
        );
        let neck = config.neck;
        let mut inputs = second;
        let mut levels = Vec::with_capacity(N_LEVELS);
        for (idx, (width, depth)) in config.stages.into_iter().zip(config.depths).enumerate() {
            let stage_vb = vb.pp("stages").pp(idx);
            let head_vb = vb.pp("heads").pp(idx);
            let answer = |name, outputs| {
                let shape = ConvShape::pointwise(neck, outputs).linear();
                Conv::with_bias(shape, &head_vb.pp(name))
            };
            levels.push(Level {
                stage: Stage {
                    shrink: norm(ConvShape::spatial(inputs, width, 2), &stage_vb.pp(0))?,
                    blocks: (1..=depth)
                        .map(|block| Bottleneck::new(width, width, &stage_vb.pp(block)))
                        .collect::<Result<_>>()?,
                },
                lateral: norm(
                    ConvShape::pointwise(width, neck).linear(),
                    &vb.pp("laterals").pp(idx),
                )?,
                merge: Bottleneck::new(neck, neck, &vb.pp("merges").pp(idx))?,
                tower: norm(ConvShape::spatial(neck, neck, 1), &head_vb.pp("tower"))?,
                score: answer("score", 1)?,
                bbox: answer("box", 4)?,
            });
            inputs = width;
        }
        Ok(Self { stem, levels })
    }

    /// The answers of all levels, finest first.
    ///
    /// `x` is `[n, 3, height, width]`, RGB / 255 - 0.45, both sides multiples of 32.
    pub fn forward(&self, x: &Tensor) -> Result<Vec<LevelAnswer>> {
        let (first, second, block) = &self.stem;
        let mut x = block.forward(&second.forward(&first.forward(x)?)?)?;
        let mut maps = Vec::with_capacity(N_LEVELS);
        for level in &self.levels {
            x = level.stage.forward(&x)?;
            maps.push(x.clone());
        }
        let mut answers = Vec::with_capacity(N_LEVELS);
        let mut coarser: Option<Tensor> = None;
        for (level, map) in self.levels.iter().zip(maps).rev() {
            let mut merged = level.lateral.forward(&map)?;
            if let Some(coarser) = &coarser {
                merged = (merged + upsample_twice(coarser)?)?;
            }
            let merged = level.merge.forward(&merged)?;
            let tower = level.tower.forward(&merged)?;
            answers.push(LevelAnswer {
                scores: level.score.forward(&tower)?,
                boxes: level.bbox.forward(&tower)?,
            });
            coarser = Some(merged);
        }
        answers.reverse();
        Ok(answers)
    }
}
