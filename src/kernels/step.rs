//! The steps of a plan.

use std::sync::Arc;

use super::bottleneck::Bottleneck;
use super::convolve::Convolution;
use super::kernel_set::KernelSet;
use super::map::{Map, Share};
use super::packed::PackedConv;

/// A step reads maps and writes one other map.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Convolution {
        conv: Arc<PackedConv>,
        residual: Option<Map>,
    },
    Bottleneck {
        /// 1x1, 3x3, 1x1.
        convs: [Arc<PackedConv>; 3],
        half: Option<Map>,
    },
    /// Half the height and width, the largest of each four pixels.
    MaxPool,
    /// The second map, twice as large, is added.
    AddEnlarged { half: Map },
}

/// A step and its maps.
#[derive(Clone, Debug)]
pub(super) struct PlannedStep {
    pub(super) step: Step,
    pub(super) input: Map,
    pub(super) output: Map,
}

impl PlannedStep {
    fn convolution<'a>(&self, conv: &'a PackedConv, residual: Option<Map>) -> Convolution<'a> {
        Convolution {
            conv,
            input: self.input,
            output: self.output,
            residual,
        }
    }

    fn bottleneck<'a>(&self, convs: &'a [Arc<PackedConv>; 3], half: Option<Map>) -> Bottleneck<'a> {
        let [reduce, conv, expand] = convs;
        Bottleneck {
            reduce,
            conv,
            expand,
            input: self.input,
            output: self.output,
            half,
        }
    }

    /// Numbers that a thread needs beside the arena.
    pub(super) fn scratch_len(&self) -> usize {
        match &self.step {
            Step::Convolution { conv, residual } => self.convolution(conv, *residual).scratch_len(),
            Step::Bottleneck { convs, half } => self.bottleneck(convs, *half).scratch_len(),
            Step::MaxPool | Step::AddEnlarged { .. } => 0,
        }
    }

    /// Does this thread's share.
    ///
    /// # Safety
    ///
    /// The maps belong to `arena`, every share is done by one thread, nobody writes the maps that are read, and `scratch`
    /// holds [`Self::scratch_len`] numbers of this thread's own.
    pub(super) unsafe fn run(
        &self,
        set: &KernelSet,
        arena: *mut f32,
        scratch: *mut f32,
        share: Share,
    ) {
        let rows = share.of_range(self.output.height);
        // SAFETY: handed on; pooling and adding touch whole rows of this share.
        unsafe {
            match &self.step {
                Step::Convolution { conv, residual } => {
                    self.convolution(conv, *residual)
                        .run(set, arena, scratch, share);
                }
                Step::Bottleneck { convs, half } => {
                    self.bottleneck(convs, *half)
                        .run(set, arena, scratch, share);
                }
                Step::MaxPool => {
                    for row in rows {
                        (set.max_pool)(
                            self.input.row_pointer(arena, 2 * row),
                            self.input.row_pointer(arena, 2 * row + 1),
                            self.output.row_pointer(arena, row),
                            self.output.width,
                            self.output.pitch,
                        );
                    }
                }
                Step::AddEnlarged { half } => {
                    for row in rows {
                        (set.add_enlarged)(
                            self.input.row_pointer(arena, row),
                            half.row_pointer(arena, row / 2),
                            self.output.row_pointer(arena, row),
                            self.output.width,
                            self.output.pitch,
                        );
                    }
                }
            }
        }
    }
}
