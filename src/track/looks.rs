//! How a person looked so far.

use crate::types::Embedding;

/// Share of the newest look in the mean at least: clothes stay, light and side seen do not,
/// so the last ten count most.
const LEAST_SHARE: f32 = 0.1;

/// The mean of a person's embeddings: one picture may show a turned back or half a body, several rarely do.
#[derive(Clone, Debug)]
pub struct Looks {
    mean: Embedding,
    n: u32,
}

impl Looks {
    /// Seen once.
    pub const fn new(first: Embedding) -> Self {
        Self { mean: first, n: 1 }
    }

    /// Takes another look.
    pub fn learn(&mut self, look: &Embedding) {
        self.n = self.n.saturating_add(1);
        let share = (1.0 / self.n as f32).max(LEAST_SHARE);
        self.mean = self.mean.toward(look, share);
    }

    /// Cosine between the mean and a look, in [-1, 1].
    pub fn likeness(&self, look: &Embedding) -> f32 {
        self.mean.cosine(look)
    }
}
