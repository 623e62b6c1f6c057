//! A net as a list of steps over one arena of memory.
//!
//! A [`super::PlanBuilder`] records the steps for pictures of one size; its `finish` finds out how long each map lives and
//! lets maps that do not live at the same time share memory. [`Plan::run`] computes a batch of pictures
//! in memory that is kept from run to run.

use super::buffer::Buffer;
use super::kernel_set::KernelSet;
use super::map::{Map, Share};
use super::step::PlannedStep;
use super::team::{Barrier, Team};

/// A net for pictures of one size, ready to run.
#[derive(Debug)]
pub struct Plan {
    pub(super) set: &'static KernelSet,
    pub(super) input: Map,
    pub(super) outputs: Vec<Map>,
    pub(super) steps: Vec<PlannedStep>,
    /// Numbers that all maps take, and that a thread needs beside them.
    pub(super) arena_len: usize,
    pub(super) scratch_len: usize,
}

/// Memory for running plans; grows to what the largest needs and is kept.
#[derive(Debug, Default)]
pub struct Workspace {
    arenas: Vec<Buffer>,
    scratches: Vec<Buffer>,
}

impl Workspace {
    fn reserve(&mut self, plan: &Plan, n_arenas: usize, n_threads: usize) {
        for (buffers, count, len) in [
            (&mut self.arenas, n_arenas, plan.arena_len),
            (&mut self.scratches, n_threads, plan.scratch_len),
        ] {
            buffers.retain(|buffer| len <= buffer.len());
            while buffers.len() < count {
                buffers.push(Buffer::zeroed(len));
            }
        }
    }
}

/// Pointers that threads of one run share; each touches its own rows.
#[derive(Clone, Copy)]
struct SharedRun<'a> {
    arenas: &'a [*mut f32],
    scratches: &'a [*mut f32],
    outputs: *mut f32,
}

// SAFETY: the pointers come from exclusive borrows that last as long as the run; `Plan::run` gives each thread its own
// arena and output, or its own rows of them with barriers between writing and reading, and its own scratch.
unsafe impl Sync for SharedRun<'_> {}

impl Plan {
    /// Height, width and channels of a picture.
    pub fn input_shape(&self) -> [usize; 3] {
        [self.input.height, self.input.width, self.input.channels]
    }

    /// Channels, height and width of each output, in the order in which a picture's outputs are written.
    pub fn output_shapes(&self) -> Vec<[usize; 3]> {
        self.outputs
            .iter()
            .map(|map| [map.channels, map.height, map.width])
            .collect()
    }

    /// Numbers that all outputs of one picture take.
    pub fn output_len(&self) -> usize {
        self.output_shapes()
            .iter()
            .map(|shape| shape.iter().product::<usize>())
            .sum()
    }

    /// Computes a batch: `inputs` are pictures, pixel after pixel, `outputs` for each picture all outputs one after the
    /// other, each plane by plane.
    ///
    /// With as many pictures as threads each thread takes one, which needs no waiting; what is left over is done together.
    ///
    /// # Panics
    ///
    /// If the lengths of `inputs` and `outputs` are not those of the same number of pictures.
    pub fn run(&self, workspace: &mut Workspace, team: &Team, inputs: &[f32], outputs: &mut [f32]) {
        let input_len: usize = self.input_shape().iter().product();
        let output_len = self.output_len();
        let n_pictures = inputs.len() / input_len;
        assert_eq!(inputs.len(), n_pictures * input_len, "whole pictures");
        assert_eq!(
            outputs.len(),
            n_pictures * output_len,
            "outputs of all pictures"
        );
        let n_threads = team.n_threads();
        let n_alone = n_pictures / n_threads * n_threads;
        workspace.reserve(self, if 0 < n_alone { n_threads } else { 1 }, n_threads);
        let pointers = |buffers: &mut [Buffer]| -> Vec<*mut f32> {
            buffers.iter_mut().map(Buffer::as_mut_ptr).collect()
        };
        let arenas = pointers(&mut workspace.arenas);
        let scratches = pointers(&mut workspace.scratches);
        let run = SharedRun {
            arenas: &arenas,
            scratches: &scratches,
            outputs: outputs.as_mut_ptr(),
        };
        let barrier = Barrier::new(n_threads);
        team.run(|thread| {
            let _attendance = barrier.attend();
            let run = &run;
            let picture = |idx: usize| &inputs[idx * input_len..(idx + 1) * input_len];
            let scratch = run.scratches[thread];
            for idx in (thread..n_alone).step_by(n_threads) {
                // SAFETY: this thread's own arena, scratch and output.
                unsafe {
                    let output = run.outputs.add(idx * output_len);
                    let alone = Barrier::new(1);
                    self.run_picture(
                        picture(idx),
                        run.arenas[thread],
                        scratch,
                        output,
                        Share::WHOLE,
                        &alone,
                    );
                }
            }
            for idx in n_alone..n_pictures {
                barrier.wait();
                let share = Share {
                    idx: thread,
                    of: n_threads,
                };
                // SAFETY: all threads run the same picture, each its share, with the barrier between steps; nobody
                // uses the first arena otherwise, as the barrier above lets all finish before.
                unsafe {
                    let output = run.outputs.add(idx * output_len);
                    self.run_picture(
                        picture(idx),
                        run.arenas[0],
                        scratch,
                        output,
                        share,
                        &barrier,
                    );
                }
            }
        });
    }

    /// # Safety
    ///
    /// Arena, scratch and output are as long as the plan says; every share of `share.of` is run by one thread, all with the
    /// same arena, output and barrier.
    unsafe fn run_picture(
        &self,
        pixels: &[f32],
        arena: *mut f32,
        scratch: *mut f32,
        output: *mut f32,
        share: Share,
        barrier: &Barrier,
    ) {
        // SAFETY: handed on; the barrier separates the writing of a map from its reading.
        unsafe {
            let rows = share.of_range(self.input.height);
            let pixels = &pixels[rows.start * self.input.row()..rows.end * self.input.row()];
            self.input
                .in_arena(arena)
                .row_pointer(rows.start)
                .copy_from_nonoverlapping(pixels.as_ptr(), pixels.len());
            barrier.wait();
            for step in &self.steps {
                step.run(self.set, arena, scratch, share);
                barrier.wait();
            }
            let mut output = output;
            for map in &self.outputs {
                write_planes(map, arena, output, share);
                output = output.add(map.channels * map.height * map.width);
            }
        }
    }
}

/// From pixels to planes.
///
/// # Safety
///
/// The map belongs to `arena`, and `output` is valid for its channels.
unsafe fn write_planes(map: &Map, arena: *mut f32, output: *mut f32, share: Share) {
    for row in share.of_range(map.height) {
        let from = map.in_arena(arena).row_pointer(row);
        for channel in 0..map.channels {
            for column in 0..map.width {
                let to = (channel * map.height + row) * map.width + column;
                // SAFETY: a pixel of the map and its place in the planes.
                unsafe { *output.add(to) = *from.add(column * map.pitch + channel) };
            }
        }
    }
}
