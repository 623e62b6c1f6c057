//! A net as a list of steps over one arena of memory.
//!
//! A [`PlanBuilder`] records the steps for pictures of one size; [`PlanBuilder::finish`] finds out how long each map
//! lives and lets maps that do not live at the same time share memory. [`Plan::run`] computes a batch of pictures
//! without taking memory.

use std::sync::Arc;

use super::buffer::Buffer;
use super::isa::InstructionSet;
use super::kernel_set::KernelSet;
use super::map::{Map, Share};
use super::packed::PackedConv;
use super::step::{PlannedStep, Step};
use super::team::{Barrier, Team};

/// Names a map while a plan is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapId(usize);

/// A step was recorded with maps that do not fit together.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the net does not fit together: {0}")]
pub struct PlanError(String);

/// Records the steps of a net.
pub struct PlanBuilder {
    set: &'static KernelSet,
    /// Without offsets.
    maps: Vec<Map>,
    /// Step, its inputs (the second is that of the step itself), its output.
    steps: Vec<(Step, Vec<MapId>, MapId)>,
}

impl PlanBuilder {
    /// Begins with a picture of `channels` planes. `None` where the processor lacks the instruction set.
    pub fn new(
        isa: InstructionSet,
        channels: usize,
        height: usize,
        width: usize,
    ) -> Option<(Self, MapId)> {
        let mut builder = Self {
            set: KernelSet::of(isa)?,
            maps: Vec::new(),
            steps: Vec::new(),
        };
        builder.maps.push(Map {
            offset: 0,
            height,
            width,
            channels,
            pitch: channels,
        });
        Some((builder, MapId(0)))
    }

    /// Height and width of a map.
    pub fn size(&self, map: MapId) -> (usize, usize) {
        let map = self.maps[map.0];
        (map.height, map.width)
    }

    fn push(
        &mut self,
        step: Step,
        inputs: Vec<MapId>,
        (height, width): (usize, usize),
        channels: usize,
    ) -> MapId {
        let output = MapId(self.maps.len());
        self.maps.push(Map {
            offset: 0,
            height,
            width,
            channels,
            pitch: channels.next_multiple_of(self.set.width),
        });
        self.steps.push((step, inputs, output));
        output
    }

    fn check(&self, is_right: bool, what: impl FnOnce(&Self) -> String) -> Result<(), PlanError> {
        if is_right {
            Ok(())
        } else {
            Err(PlanError(what(self)))
        }
    }

    fn check_conv(&self, conv: &PackedConv, input: MapId) -> Result<(), PlanError> {
        let map = self.maps[input.0];
        let fits = map.channels == conv.size.inputs && map.pitch == conv.input_pitch;
        self.check(fits && conv.isa == self.set.isa, |_| {
            format!("{:?} cannot read {map:?}", conv.size)
        })
    }

    /// A convolution; `residual` is added before its ReLU.
    pub fn conv(
        &mut self,
        input: MapId,
        conv: &Arc<PackedConv>,
        residual: Option<MapId>,
    ) -> Result<MapId, PlanError> {
        self.check_conv(conv, input)?;
        let (height, width) = self.size(input);
        let stride = conv.size.stride;
        let size = (height.div_ceil(stride), width.div_ceil(stride));
        if let Some(residual) = residual {
            let fits =
                self.size(residual) == size && self.maps[residual.0].pitch == conv.output_pitch;
            self.check(fits, |_| "a residual differs in size".to_owned())?;
        }
        let step = Step::Convolution {
            conv: Arc::clone(conv),
            residual: residual.map(|map| self.maps[map.0]),
        };
        let inputs = std::iter::once(input).chain(residual).collect();
        Ok(self.push(step, inputs, size, conv.size.outputs))
    }

    /// A residual block of 1x1, 3x3 and 1x1 with as many channels at the end as at the start; `half`, twice enlarged, is
    /// added at last.
    pub fn bottleneck(
        &mut self,
        input: MapId,
        convs: [&Arc<PackedConv>; 3],
        half: Option<MapId>,
    ) -> Result<MapId, PlanError> {
        let [reduce, conv, expand] = convs;
        self.check_conv(reduce, input)?;
        let map = self.maps[input.0];
        let fits = [reduce, conv, expand].map(|each| (each.size.kernel, each.size.stride))
            == [(1, 1), (3, 1), (1, 1)]
            && conv.layout == super::packed::Layout::Winograd
            && reduce.output_pitch == conv.input_pitch
            && conv.output_pitch == expand.input_pitch
            && expand.output_pitch == map.pitch
            && [conv, expand].iter().all(|each| each.isa == self.set.isa);
        self.check(fits, |_| "a residual block's convolutions".to_owned())?;
        if let Some(half) = half {
            self.check_half(half, input)?;
        }
        let step = Step::Bottleneck {
            convs: convs.map(Arc::clone),
            half: half.map(|map| self.maps[map.0]),
        };
        let inputs = std::iter::once(input).chain(half).collect();
        Ok(self.push(step, inputs, (map.height, map.width), expand.size.outputs))
    }

    fn check_half(&self, half: MapId, whole: MapId) -> Result<(), PlanError> {
        let (height, width) = self.size(half);
        let fits = self.size(whole) == (2 * height, 2 * width)
            && self.maps[half.0].pitch == self.maps[whole.0].pitch;
        self.check(fits, |_| "a map is not half as large as another".to_owned())
    }

    /// Halves height and width, which must be even.
    pub fn max_pool(&mut self, input: MapId) -> Result<MapId, PlanError> {
        let map = self.maps[input.0];
        let (height, width) = (map.height, map.width);
        let fits = height % 2 == 0 && width % 2 == 0 && map.pitch.is_multiple_of(self.set.width);
        self.check(fits, |_| format!("{map:?} cannot be halved"))?;
        Ok(self.push(
            Step::MaxPool,
            vec![input],
            (height / 2, width / 2),
            map.channels,
        ))
    }

    /// `whole` plus `half` twice enlarged, nearest pixels.
    pub fn add_enlarged(&mut self, whole: MapId, half: MapId) -> Result<MapId, PlanError> {
        self.check_half(half, whole)?;
        let step = Step::AddEnlarged {
            half: self.maps[half.0],
        };
        let channels = self.maps[whole.0].channels;
        Ok(self.push(step, vec![whole, half], self.size(whole), channels))
    }

    /// Lays the maps out in memory.
    pub fn finish(mut self, outputs: &[MapId]) -> Plan {
        let arena_len = self.lay_out(outputs);
        let steps: Vec<PlannedStep> = self
            .steps
            .iter()
            .map(|(step, inputs, output)| PlannedStep {
                step: with_maps(step, inputs.get(1).map(|map| self.maps[map.0])),
                input: self.maps[inputs[0].0],
                output: self.maps[output.0],
            })
            .collect();
        let scratch_len = steps.iter().map(PlannedStep::scratch_len).max();
        Plan {
            set: self.set,
            input: self.maps[0],
            outputs: outputs.iter().map(|map| self.maps[map.0]).collect(),
            steps,
            arena_len,
            scratch_len: scratch_len.unwrap_or(0),
        }
    }

    /// Gives every map an offset; maps that live at the same time do not overlap. Returns the arena's length.
    fn lay_out(&mut self, outputs: &[MapId]) -> usize {
        const LINE: usize = 16;
        let mut last_use = vec![0; self.maps.len()];
        for (idx, (_, inputs, output)) in self.steps.iter().enumerate() {
            last_use[output.0] = idx;
            for input in inputs {
                last_use[input.0] = idx;
            }
        }
        for output in outputs {
            last_use[output.0] = usize::MAX;
        }
        let born = |map: usize| {
            let writes = |(_, _, output): &(Step, Vec<MapId>, MapId)| output.0 == map;
            self.steps.iter().position(writes).unwrap_or(0)
        };
        let lives: Vec<(usize, usize)> = (0..self.maps.len())
            .map(|map| (born(map), last_use[map]))
            .collect();
        // the largest first, each at the lowest place that is free as long as it lives
        let mut order: Vec<usize> = (0..self.maps.len()).collect();
        order.sort_by_key(|map| std::cmp::Reverse(self.maps[*map].len()));
        let mut placed: Vec<usize> = Vec::new();
        let mut arena_len = 0;
        for map in order {
            let (from, to) = lives[map];
            let len = self.maps[map].len().next_multiple_of(LINE);
            let mut taken: Vec<(usize, usize)> = placed
                .iter()
                .filter(|other| lives[**other].0 <= to && from <= lives[**other].1)
                .map(|other| {
                    let other = self.maps[*other];
                    (
                        other.offset,
                        other.offset + other.len().next_multiple_of(LINE),
                    )
                })
                .collect();
            taken.sort_unstable();
            let mut offset = 0;
            for (start, end) in taken {
                if offset + len <= start {
                    break;
                }
                offset = offset.max(end);
            }
            self.maps[map].offset = offset;
            arena_len = arena_len.max(offset + len);
            placed.push(map);
        }
        arena_len
    }
}

/// The step with its second input where the arena has it.
fn with_maps(step: &Step, second: Option<Map>) -> Step {
    match step {
        Step::Convolution { conv, .. } => Step::Convolution {
            conv: Arc::clone(conv),
            residual: second,
        },
        Step::Bottleneck { convs, .. } => Step::Bottleneck {
            convs: convs.each_ref().map(Arc::clone),
            half: second,
        },
        Step::MaxPool => Step::MaxPool,
        Step::AddEnlarged { half } => Step::AddEnlarged {
            half: second.unwrap_or(*half),
        },
    }
}

/// A net for pictures of one size, ready to run.
#[derive(Debug)]
pub struct Plan {
    set: &'static KernelSet,
    input: Map,
    outputs: Vec<Map>,
    steps: Vec<PlannedStep>,
    arena_len: usize,
    scratch_len: usize,
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
    /// Planes of the picture, height, width.
    pub fn input_shape(&self) -> [usize; 3] {
        [self.input.channels, self.input.height, self.input.width]
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

    /// Numbers of working memory for one picture.
    pub const fn arena_len(&self) -> usize {
        self.arena_len
    }

    /// Computes a batch: `inputs` are pictures of planes, `outputs` for each picture all outputs one after the other, each
    /// plane by plane.
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
        planes: &[f32],
        arena: *mut f32,
        scratch: *mut f32,
        output: *mut f32,
        share: Share,
        barrier: &Barrier,
    ) {
        // SAFETY: handed on; the barrier separates the writing of a map from its reading.
        unsafe {
            self.interleave(planes, arena, share);
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

    /// From planes to pixels.
    unsafe fn interleave(&self, planes: &[f32], arena: *mut f32, share: Share) {
        let Map {
            height,
            width,
            channels,
            pitch,
            ..
        } = self.input;
        for row in share.of_range(height) {
            let target = self.input.row_pointer(arena, row);
            for channel in 0..channels {
                let from = (channel * height + row) * width;
                for (column, value) in planes[from..from + width].iter().enumerate() {
                    // SAFETY: pixel `column` of a row of the input.
                    unsafe { *target.add(column * pitch + channel) = *value };
                }
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
        let from = map.row_pointer(arena, row);
        for channel in 0..map.channels {
            for column in 0..map.width {
                let to = (channel * map.height + row) * map.width + column;
                // SAFETY: a pixel of the map and its place in the planes.
                unsafe { *output.add(to) = *from.add(column * map.pitch + channel) };
            }
        }
    }
}
