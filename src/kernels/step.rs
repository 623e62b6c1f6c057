//! The steps of a plan.

use std::sync::Arc;

use super::bottleneck::Bottleneck;
use super::convolve::Convolution;
use super::kernel_set::KernelSet;
use super::map::{Map, Pixels, Share};
use super::packed::PackedConv;

/// A step reads one or two maps and writes one other map.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The second map is the residual, if there is one.
    Convolution(Arc<PackedConv>),
    /// 1x1, 3x3, 1x1; the second map, twice as large, is added if there is one.
    Bottleneck([Arc<PackedConv>; 3]),
    /// Half the height and width, the largest of each four pixels.
    MaxPool,
    /// The second map, twice as large, is added.
    AddEnlarged,
}

/// A step and its maps.
#[derive(Clone, Debug)]
pub(super) struct PlannedStep {
    pub(super) step: Step,
    pub(super) input: Map,
    pub(super) second: Option<Map>,
    pub(super) output: Map,
}

impl PlannedStep {
    fn second(&self, arena: *mut f32) -> Option<Pixels> {
        self.second.map(|map| map.in_arena(arena))
    }

    fn convolution<'a>(&self, conv: &'a PackedConv, arena: *mut f32) -> Convolution<'a> {
        Convolution {
            conv,
            input: self.input.in_arena(arena),
            output: self.output.in_arena(arena),
            residual: self.second(arena),
        }
    }

    fn bottleneck<'a>(
        &self,
        [reduce, conv, expand]: &'a [Arc<PackedConv>; 3],
        arena: *mut f32,
    ) -> Bottleneck<'a> {
        Bottleneck {
            reduce,
            conv,
            expand,
            input: self.input.in_arena(arena),
            output: self.output.in_arena(arena),
            half: self.second(arena),
        }
    }

    /// Numbers that a thread needs beside the arena.
    pub(super) fn scratch_len(&self) -> usize {
        // lengths do not depend on where the maps are
        let nowhere = std::ptr::null_mut();
        match &self.step {
            Step::Convolution(conv) => self.convolution(conv, nowhere).scratch_len(),
            Step::Bottleneck(convs) => self.bottleneck(convs, nowhere).scratch_len(),
            Step::MaxPool | Step::AddEnlarged => 0,
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
        let input = self.input.in_arena(arena);
        let output = self.output.in_arena(arena);
        // SAFETY: handed on; pooling and adding touch whole rows of this share.
        unsafe {
            match &self.step {
                Step::Convolution(conv) => {
                    self.convolution(conv, arena).run(set, scratch, share);
                }
                Step::Bottleneck(convs) => {
                    self.bottleneck(convs, arena).run(set, scratch, share);
                }
                Step::MaxPool => {
                    for row in rows {
                        (set.max_pool)(
                            input.row_pointer(2 * row),
                            input.row_pointer(2 * row + 1),
                            output.row_pointer(row),
                            output.width,
                            output.pitch,
                        );
                    }
                }
                Step::AddEnlarged => {
                    // the builder gives it one
                    let half = self.second(arena).unwrap_or(input);
                    for row in rows {
                        (set.add_enlarged)(
                            input.row_pointer(row),
                            half.row_pointer(row / 2),
                            output.row_pointer(row),
                            output.width,
                            output.pitch,
                        );
                    }
                }
            }
        }
    }
}
