//! What training needs besides: a convolution with batch normalization, forward and backward, a batch at a time.
//!
//! Not part of the program: the package in `training/native` compiles it for PyTorch, whose own operations take about twice
//! the time on a processor. Batches are pixel after pixel, `[n, height, width, channels]`.

mod backward;
mod layer;
pub(in crate::kernels) mod passes;
mod set;
#[cfg(test)]
mod tests;

pub(in crate::kernels) use set::{TrainingSet, training_set};

pub use layer::{Layer, LayerError, Normalization};
