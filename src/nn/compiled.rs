//! Nets on the processor: recorded once as a plan for each input size, then run as one operation.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use candle_core::{CpuStorage, DType, Device, InplaceOp2, Layout, Result, Tensor};

use super::batch::written;
use super::blocks::{Bottleneck, Conv};
use super::graph::Graph;
use crate::kernels::{
    ConvSource, InstructionSet, MapId, PackedConv, Plan, PlanBuilder, PlanError, Precision, Team,
    Workspace,
};

/// The threads, the instructions and the precision that nets on the processor use.
#[derive(Clone, Debug)]
pub struct Processor {
    /// The instructions.
    pub isa: InstructionSet,
    /// What convolutions round to.
    pub precision: Precision,
    /// The threads, shared by all nets.
    pub team: Arc<Team>,
}

/// Maps of so few pixels are computed with plain 3x3 weights: those of Winograd are four times as many numbers, and there
/// they are what is waited for.
const SMALL_MAP_PIXELS: usize = 48;

/// Records a net's operations as steps of a plan.
pub(super) struct Recorder {
    builder: PlanBuilder,
    processor: Processor,
    input: MapId,
}

impl Recorder {
    fn packed(&self, conv: &Conv, x: MapId) -> Result<Arc<PackedConv>> {
        let source = if x == self.input {
            ConvSource::Picture
        } else if self.is_small(x) {
            ConvSource::SmallMap
        } else {
            ConvSource::Map
        };
        conv.packed(source, &self.processor)
    }

    fn is_small(&self, map: MapId) -> bool {
        let (height, width) = self.builder.size(map);
        height * width <= SMALL_MAP_PIXELS
    }
}

fn wrapped(planned: std::result::Result<MapId, PlanError>) -> Result<MapId> {
    planned.map_err(candle_core::Error::wrap)
}

impl Graph for Recorder {
    type Map = MapId;

    fn conv(&mut self, x: &MapId, conv: &Conv, residual: Option<&MapId>) -> Result<MapId> {
        let packed = self.packed(conv, *x)?;
        wrapped(self.builder.conv(*x, &packed, residual.copied()))
    }

    fn bottleneck(&mut self, x: &MapId, block: &Bottleneck, half: Option<&MapId>) -> Result<MapId> {
        if self.is_small(*x) {
            let [reduce, conv, expand] = block.convs();
            let middle = self.conv(x, reduce, None)?;
            let middle = self.conv(&middle, conv, None)?;
            let y = self.conv(&middle, expand, Some(x))?;
            return half.map_or(Ok(y), |half| self.add_enlarged(&y, half));
        }
        let [reduce, conv, expand] = block.convs().map(|each| self.packed(each, *x));
        let packed = [&reduce?, &conv?, &expand?];
        wrapped(self.builder.bottleneck(*x, packed, half.copied()))
    }

    fn max_pool(&mut self, x: &MapId) -> Result<MapId> {
        wrapped(self.builder.max_pool(*x))
    }

    fn add_enlarged(&mut self, whole: &MapId, half: &MapId) -> Result<MapId> {
        wrapped(self.builder.add_enlarged(*whole, *half))
    }
}

/// A net's plans and the memory in which they run.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    processor: Processor,
    /// One for each input size and variant that was asked for, in the order of first use.
    plans: Arc<Mutex<Vec<KnownPlan>>>,
    workspace: Arc<Mutex<Workspace>>,
    /// The answer of the last run; grows to the largest.
    answer: Arc<Mutex<Option<Tensor>>>,
}

/// What a plan was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PlanKey {
    /// Channels, height, width.
    input: [usize; 3],
    /// What the net computes, where it has a choice: its number of stacks.
    variant: usize,
    precision: Precision,
}

/// A plan and what it was made for.
#[derive(Debug)]
struct KnownPlan {
    key: PlanKey,
    plan: Arc<Plan>,
}

/// Sizes change when a video is opened; more than these few are not kept.
const MOST_PLANS: usize = 8;

impl Compiled {
    pub(super) fn new(processor: Processor) -> Self {
        Self {
            processor,
            plans: Arc::default(),
            workspace: Arc::default(),
            answer: Arc::default(),
        }
    }

    /// Rounds to this from now on; plans of other precisions are kept.
    pub(super) const fn set_precision(&mut self, precision: Precision) {
        self.processor.precision = precision;
    }

    /// Runs a batch `[n, channels, height, width]`, best made as `[n, height, width, channels]` and permuted; `record` is asked for the outputs of a plan when there is none yet.
    ///
    /// Gives one tensor `[n, channels, height, width]` for each output. They lie in memory that the next run overwrites.
    pub(super) fn run(
        &self,
        x: &Tensor,
        variant: usize,
        record: impl FnOnce(&mut Recorder, MapId) -> Result<Vec<MapId>>,
    ) -> Result<Vec<Tensor>> {
        let (n, channels, height, width) = x.dims4()?;
        let key = PlanKey {
            input: [channels, height, width],
            variant,
            precision: self.processor.precision,
        };
        let plan = self.plan(key, record)?;
        let shapes = plan.output_shapes();
        let op = PlanOp {
            plan,
            processor: self.processor.clone(),
            workspace: Arc::clone(&self.workspace),
        };
        // free where the batch was made pixel by pixel
        let pixels = x.permute((0, 2, 3, 1))?.contiguous()?;
        let together = self.memory(n * op.plan.output_len())?;
        let together = together.reshape((n, op.plan.output_len()))?;
        together.inplace_op2(&pixels, &op)?;
        let mut from = 0;
        shapes
            .into_iter()
            .map(|[channels, height, width]| {
                let len = channels * height * width;
                let part = together.narrow(1, from, len)?;
                from += len;
                part.reshape((n, channels, height, width))
            })
            .collect()
    }

    /// `len` numbers for an answer, not cleared.
    fn memory(&self, len: usize) -> Result<Tensor> {
        let mut kept = lock(&self.answer);
        let answer = match kept.take().filter(|answer| len <= answer.elem_count()) {
            Some(answer) => answer,
            None => Tensor::zeros(len, DType::F32, &Device::Cpu)?,
        };
        let part = answer.narrow(0, 0, len)?;
        *kept = Some(answer);
        Ok(part)
    }

    fn plan(
        &self,
        key: PlanKey,
        record: impl FnOnce(&mut Recorder, MapId) -> Result<Vec<MapId>>,
    ) -> Result<Arc<Plan>> {
        let mut plans = lock(&self.plans);
        if let Some(known) = plans.iter().find(|known| known.key == key) {
            return Ok(Arc::clone(&known.plan));
        }
        let [channels, height, width] = key.input;
        let isa = self.processor.isa;
        let Some((builder, input)) = PlanBuilder::new(isa, channels, height, width) else {
            candle_core::bail!("this processor has no {}", isa.name())
        };
        let mut recorder = Recorder {
            builder,
            processor: self.processor.clone(),
            input,
        };
        let outputs = record(&mut recorder, input)?;
        let plan = Arc::new(recorder.builder.finish(&outputs));
        if plans.len() == MOST_PLANS {
            plans.remove(0);
        }
        plans.push(KnownPlan {
            key,
            plan: Arc::clone(&plan),
        });
        Ok(plan)
    }
}

/// A lock is poisoned only after a panic of ours; what it guards is rebuilt or overwritten by each run.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A plan as one operation of candle: `[n, height, width, channels]` over a tensor `[n, numbers of all outputs]`.
struct PlanOp {
    plan: Arc<Plan>,
    processor: Processor,
    workspace: Arc<Mutex<Workspace>>,
}

impl InplaceOp2 for PlanOp {
    fn name(&self) -> &'static str {
        "convolutional net"
    }

    fn cpu_fwd(
        &self,
        answer: &mut CpuStorage,
        answer_layout: &Layout,
        storage: &CpuStorage,
        layout: &Layout,
    ) -> Result<()> {
        let Some((start, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("the input of a net must be contiguous")
        };
        let inputs = &storage.as_slice::<f32>()?[start..end];
        let outputs = written(answer, answer_layout)?;
        let mut workspace = lock(&self.workspace);
        self.plan
            .run(&mut workspace, &self.processor.team, inputs, outputs);
        Ok(())
    }
}
