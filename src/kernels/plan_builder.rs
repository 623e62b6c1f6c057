//! Recording a plan, and laying its maps out in memory.

use std::sync::Arc;

use super::isa::InstructionSet;
use super::kernel_set::KernelSet;
use super::map::Map;
use super::packed::{Layout, PackedConv};
use super::plan::Plan;
use super::step::{PlannedStep, Step};

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
    steps: Vec<RecordedStep>,
}

/// A step and its maps, which have no place in memory yet.
struct RecordedStep {
    step: Step,
    input: MapId,
    second: Option<MapId>,
    output: MapId,
}

impl PlanBuilder {
    /// Begins with a picture. `None` where the processor lacks the instruction set.
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
        (input, second): (MapId, Option<MapId>),
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
        self.steps.push(RecordedStep {
            step,
            input,
            second,
            output,
        });
        output
    }

    fn check_conv(&self, conv: &PackedConv, input: MapId) -> Result<(), PlanError> {
        let map = self.maps[input.0];
        let fits = map.channels == conv.size.inputs && map.pitch == conv.input_pitch;
        check(fits && conv.isa == self.set.isa, || {
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
            check(fits, || "a residual differs in size".to_owned())?;
        }
        let step = Step::Convolution(Arc::clone(conv));
        Ok(self.push(step, (input, residual), size, conv.size.outputs))
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
            && conv.layout == Layout::Winograd
            && reduce.output_pitch == conv.input_pitch
            && conv.output_pitch == expand.input_pitch
            && expand.output_pitch == map.pitch
            && [conv, expand].iter().all(|each| each.isa == self.set.isa);
        check(fits, || "a residual block's convolutions".to_owned())?;
        if let Some(half) = half {
            self.check_half(half, input)?;
        }
        let step = Step::Bottleneck(convs.map(Arc::clone));
        Ok(self.push(
            step,
            (input, half),
            (map.height, map.width),
            expand.size.outputs,
        ))
    }

    fn check_half(&self, half: MapId, whole: MapId) -> Result<(), PlanError> {
        let (height, width) = self.size(half);
        let fits = self.size(whole) == (2 * height, 2 * width)
            && self.maps[half.0].pitch == self.maps[whole.0].pitch;
        check(fits, || "a map is not half as large as another".to_owned())
    }

    /// Halves height and width, which must be even.
    pub fn max_pool(&mut self, input: MapId) -> Result<MapId, PlanError> {
        let map = self.maps[input.0];
        let (height, width) = (map.height, map.width);
        let fits = height % 2 == 0 && width % 2 == 0 && map.pitch.is_multiple_of(self.set.width);
        check(fits, || format!("{map:?} cannot be halved"))?;
        Ok(self.push(
            Step::MaxPool,
            (input, None),
            (height / 2, width / 2),
            map.channels,
        ))
    }

    /// `whole` plus `half` twice enlarged, nearest pixels.
    pub fn add_enlarged(&mut self, whole: MapId, half: MapId) -> Result<MapId, PlanError> {
        self.check_half(half, whole)?;
        let channels = self.maps[whole.0].channels;
        let size = self.size(whole);
        Ok(self.push(Step::AddEnlarged, (whole, Some(half)), size, channels))
    }

    /// Lays the maps out in memory.
    pub fn finish(mut self, outputs: &[MapId]) -> Plan {
        let arena_len = self.lay_out(outputs);
        let steps: Vec<PlannedStep> = self
            .steps
            .into_iter()
            .map(|recorded| PlannedStep {
                step: recorded.step,
                input: self.maps[recorded.input.0],
                second: recorded.second.map(|map| self.maps[map.0]),
                output: self.maps[recorded.output.0],
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
        for (idx, step) in self.steps.iter().enumerate() {
            let maps = [Some(step.output), Some(step.input), step.second];
            for map in maps.into_iter().flatten() {
                last_use[map.0] = idx;
            }
        }
        for output in outputs {
            last_use[output.0] = usize::MAX;
        }
        let born = |map: usize| {
            let writes = |step: &RecordedStep| step.output.0 == map;
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

fn check(is_right: bool, what: impl FnOnce() -> String) -> Result<(), PlanError> {
    if is_right {
        Ok(())
    } else {
        Err(PlanError(what()))
    }
}
