//! The three places where the pipeline meets the nets, and where tests put fakes.

use std::sync::Arc;

use crate::image::RgbImage;
use crate::kernels::{Precision, Team};
use crate::types::{Detection, Embedding, Heatmaps, PersonCrop};

/// A net did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the {net} failed: {reason}")]
pub struct NetError {
    /// Which net, as a user would call it.
    pub net: &'static str,
    /// What the backend says.
    pub reason: String,
}

/// Finds people in a picture.
pub trait PersonDetector: Send {
    /// Everyone in the picture, best first, overlapping answers already merged.
    fn detect(&mut self, image: &RgbImage) -> Result<Vec<Detection>, NetError>;

    /// Looks at pictures in a mirror too from now on, or does not.
    fn set_mirror(&mut self, _mirror: bool) {}
}

/// Finds the joints of people that were cut out.
pub trait PoseNet: Send {
    /// How many stacks it runs at most; each can answer.
    fn n_stacks(&self) -> usize {
        1
    }

    /// Runs only the first `stacks` from now on, between 1 and [`Self::n_stacks`].
    fn set_stacks(&mut self, _stacks: usize) {}

    /// In what it can compute, best first and each faster than the one before.
    fn precisions(&self) -> &[Precision] {
        &[Precision::Full]
    }

    /// Computes in one of [`Self::precisions`] from now on.
    fn set_precision(&mut self, _precision: Precision) {}

    /// Whether it looks at everyone in a mirror too, unless it is told not to.
    fn has_mirror(&self) -> bool {
        false
    }

    /// With a mirror, looks into it from now on, or does not.
    fn set_mirror(&mut self, _mirror: bool) {}

    /// `[width, height]` of the crops that the net wants.
    fn input_size(&self) -> [usize; 2];

    /// The threads that it works with, for whoever prepares its crops; `None` when it has none.
    fn team(&self) -> Option<Arc<Team>> {
        None
    }

    /// Puts the heatmaps `[crops, joints, height, width]` of a batch into `answer`; an empty batch gives an empty answer.
    fn heatmaps(&mut self, crops: &[PersonCrop], answer: &mut Heatmaps) -> Result<(), NetError>;
}

/// Says in numbers how people look who were cut out, so that they are known again.
pub trait Reidentifier: Send {
    /// `[width, height]` of the crops that the net wants; a person's box just fits into one.
    fn input_size(&self) -> [usize; 2];

    /// The looks of each crop, in their order.
    fn embeddings(&mut self, crops: &[PersonCrop]) -> Result<Vec<Embedding>, NetError>;
}
