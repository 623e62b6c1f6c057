//! A net alone, without what surrounds it, to measure it.

use candle_core::{Device, Result, Tensor};

use super::detector::Detector;
use super::device::Backend;
use super::hourglass::StackedHourglass;
use super::load::{self, LoadError, NetChoice};
use super::person_detector::DetectorParams;
use super::person_reidentifier;
use super::pose_net::INPUT_SIZE;
use super::reidentifier::SiameseNet;
use crate::seam::NetError;

enum Kind {
    Pose {
        net: StackedHourglass,
        stacks: usize,
    },
    Detector(Detector),
    Reidentifier(SiameseNet),
}

/// One net and a batch of pictures for it.
pub struct BareNet {
    kind: Kind,
    name: &'static str,
    input: Tensor,
    /// Where it is computed.
    pub backend: String,
}

impl BareNet {
    /// Loads the detector and makes a batch of `n` pictures.
    pub fn detector(choice: &NetChoice, n: usize) -> std::result::Result<Self, BareNetError> {
        let (net, backend) = load::bare_detector(choice)?;
        // a square picture is its largest input
        let size = [DetectorParams::default().input_side; 2];
        Self::new(Kind::Detector(net), "person detector", &backend, n, size)
    }

    /// Loads the pose net of `choice` and makes a batch of `n` crops.
    pub fn pose(choice: &NetChoice, n: usize) -> std::result::Result<Self, BareNetError> {
        let (net, stacks, backend) = load::bare_pose_net(choice)?;
        Self::new(
            Kind::Pose { net, stacks },
            "pose net",
            &backend,
            n,
            INPUT_SIZE,
        )
    }

    /// Loads the re-identification net and makes a batch of `n` crops.
    pub fn reidentifier(choice: &NetChoice, n: usize) -> std::result::Result<Self, BareNetError> {
        let (net, backend) = load::bare_reidentifier(choice)?;
        let name = "re-identification net";
        Self::new(
            Kind::Reidentifier(net),
            name,
            &backend,
            n,
            person_reidentifier::INPUT_SIZE,
        )
    }

    fn new(
        kind: Kind,
        name: &'static str,
        backend: &Backend,
        n: usize,
        [width, height]: [usize; 2],
    ) -> std::result::Result<Self, BareNetError> {
        let fail = |error: candle_core::Error| NetError {
            net: name,
            reason: error.to_string(),
        };
        let input = stripes(n, height, width)
            .and_then(|stripes| stripes.to_device(&backend.device))
            .map_err(fail)?;
        Ok(Self {
            kind,
            name,
            input,
            backend: backend.description.clone(),
        })
    }

    /// Channels, height and width of each picture, and how many there are.
    pub fn input_shape(&self) -> &[usize] {
        self.input.dims()
    }

    /// Computes the batch and waits for the answer.
    pub fn run(&self) -> std::result::Result<(), NetError> {
        self.answer().map_err(|error| NetError {
            net: self.name,
            reason: error.to_string(),
        })
    }

    fn answer(&self) -> Result<()> {
        let last = match &self.kind {
            Kind::Pose { net, stacks } => net.forward(&self.input, *stacks)?,
            Kind::Reidentifier(net) => return net.forward(&self.input).map(drop),
            Kind::Detector(net) => match net.forward(&self.input)?.pop() {
                Some(level) => level.boxes,
                None => candle_core::bail!("the detector has no levels"),
            },
        };
        // a GPU answers when the numbers are asked for
        last.to_device(&Device::Cpu).map(drop)
    }
}

/// A batch of pictures that are no constant.
fn stripes(n: usize, height: usize, width: usize) -> Result<Tensor> {
    let values: Vec<f32> = (0..n * 3 * height * width)
        .map(|at| (at as f32 * 0.37).sin() * 0.45)
        .collect();
    Tensor::from_vec(values, (n, height, width, 3), &Device::Cpu)?.permute((0, 3, 1, 2))
}

/// A net cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum BareNetError {
    /// It does not load.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its device does not take the pictures.
    #[error(transparent)]
    Net(#[from] NetError),
}
