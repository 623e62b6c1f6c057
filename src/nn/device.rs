//! Where the nets are computed, and why there.

use std::panic::{AssertUnwindSafe, UnwindSafe};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{DType, Device, Tensor};

use super::compiled::Processor;
use crate::kernels::{InstructionSet, Precision, Team, TeamError};

/// What a user asks for with `--device`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The fastest that works, with a sentence when that is not the hoped-for one.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The N-th NVIDIA GPU.
    Cuda(usize),
    /// The Apple GPU.
    Metal,
}

/// `--device` was followed by something else.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no device: write auto, cpu, cuda, cuda:1 or metal")]
pub struct BadDevice(String);

impl std::str::FromStr for DeviceChoice {
    type Err = BadDevice;

    fn from_str(text: &str) -> Result<Self, BadDevice> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "metal" => Ok(Self::Metal),
            other => other
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| BadDevice(other.to_owned())),
        }
    }
}

/// A device that was asked for by name does not work here.
#[derive(Debug, thiserror::Error)]
#[error("{device} cannot be used: {reason}")]
pub struct DeviceError {
    device: String,
    reason: String,
}

/// What the processor may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessorChoice {
    /// Threads; `None` takes what suits the machine.
    pub n_threads: Option<usize>,
    /// Instructions; `None` takes the best.
    pub isa: Option<InstructionSet>,
    /// What convolutions round to.
    pub precision: Precision,
}

/// Beyond so many threads a small net waits more than it computes.
const MOST_THREADS: usize = 8;

impl ProcessorChoice {
    /// All cores of a small machine; on a larger one all but one, which is left to the window.
    fn n_threads(self) -> usize {
        self.n_threads.unwrap_or_else(|| {
            let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
            let free = if 2 < n_cores { n_cores - 1 } else { n_cores };
            free.min(MOST_THREADS)
        })
    }

    /// Starts the threads.
    pub fn open(self) -> Result<Processor, DeviceError> {
        let fail = |reason: String| DeviceError {
            device: "the processor".to_owned(),
            reason,
        };
        let isa = self.isa.unwrap_or_else(InstructionSet::best);
        if !isa.is_available() {
            return Err(fail(format!("it has no {}", isa.name())));
        }
        let team =
            Team::new(self.n_threads()).map_err(|error: TeamError| fail(error.to_string()))?;
        Ok(Processor {
            isa,
            precision: self.precision,
            team: Arc::new(team),
        })
    }
}

/// A device that works.
#[derive(Clone, Debug)]
pub struct Backend {
    pub(super) device: Device,
    pub(super) processor: Processor,
    /// For people: `"CPU, 2 threads, avx2"`.
    pub description: String,
    /// Why it is not the one hoped for; `None` when it is.
    pub fallback: Option<String>,
}

impl Backend {
    /// Opens what was asked for. `Auto` is content with the processor.
    pub fn open(choice: DeviceChoice, processor: ProcessorChoice) -> Result<Self, DeviceError> {
        let processor = processor.open()?;
        let gpu = match choice {
            DeviceChoice::Cuda(ordinal) => Some(Self::cuda(ordinal, &processor)),
            DeviceChoice::Metal => Some(Self::metal(&processor)),
            DeviceChoice::Auto if cfg!(feature = "cuda") => Some(Self::cuda(0, &processor)),
            DeviceChoice::Auto if cfg!(feature = "metal") => Some(Self::metal(&processor)),
            DeviceChoice::Auto | DeviceChoice::Cpu => None,
        };
        match gpu {
            None => Ok(Self::cpu(processor, None)),
            Some(Err(error)) if choice == DeviceChoice::Auto => {
                Ok(Self::cpu(processor, Some(error.to_string())))
            }
            Some(opened) => opened,
        }
    }

    fn cpu(processor: Processor, fallback: Option<String>) -> Self {
        let n_threads = processor.team.n_threads();
        let plural = if n_threads == 1 { "" } else { "s" };
        let isa = processor.isa.name();
        let precision = processor.precision;
        Self {
            device: Device::Cpu,
            description: format!("CPU, {n_threads} thread{plural}, {isa}, {precision}"),
            processor,
            fallback,
        }
    }

    fn cuda(ordinal: usize, processor: &Processor) -> Result<Self, DeviceError> {
        let fail = |reason: String| DeviceError {
            device: format!("CUDA GPU {ordinal}"),
            reason,
        };
        if !cfg!(feature = "cuda") {
            return Err(fail(
                "this build has no CUDA, build it with `--features cuda`".to_owned(),
            ));
        }
        let device = open_cuda(ordinal).map_err(fail)?;
        try_out(&device).map_err(fail)?;
        Ok(Self::gpu(device, processor, format!("CUDA, GPU {ordinal}")))
    }

    fn metal(processor: &Processor) -> Result<Self, DeviceError> {
        let fail = |reason: String| DeviceError {
            device: "the Metal GPU".to_owned(),
            reason,
        };
        if !cfg!(feature = "metal") {
            return Err(fail(
                "this build has no Metal, build it on a Mac with `--features metal`".to_owned(),
            ));
        }
        let device = Device::new_metal(0).map_err(|error| fail(error.to_string()))?;
        try_out(&device).map_err(fail)?;
        Ok(Self::gpu(device, processor, "Metal".to_owned()))
    }

    /// Only the kernels round; results of a GPU must not be said to be rounded.
    fn gpu(device: Device, processor: &Processor, description: String) -> Self {
        Self {
            device,
            processor: Processor {
                precision: Precision::Full,
                ..processor.clone()
            },
            description,
            fallback: None,
        }
    }
}

/// Computes what the nets are made of, on a small picture: a driver older than the program is opened and fails only here.
fn try_out(device: &Device) -> Result<(), String> {
    let computed = || -> candle_core::Result<Vec<f32>> {
        let picture = Tensor::ones((1, 3, 8, 8), DType::F32, device)?;
        let weights = Tensor::ones((4, 3, 3, 3), DType::F32, device)?;
        let convolved = picture.conv2d(&weights, 1, 1, 1, 1)?.relu()?;
        let smaller = convolved.max_pool2d(2)?;
        let again = (smaller.upsample_nearest2d(8, 8)? + convolved)?;
        again.flatten_all()?.to_vec1()
    };
    match quietly(AssertUnwindSafe(computed)) {
        Ok(Ok(_numbers)) => Ok(()),
        Ok(Err(error)) => Err(format!("it does not compute: {error}")),
        Err(_panicked) => Err("it does not compute".to_owned()),
    }
}

/// Opens a GPU; where the driver's libraries are loaded at run time, missing ones make candle panic.
fn open_cuda(ordinal: usize) -> Result<Device, String> {
    if cfg!(target_os = "linux") && !NVIDIA_DRIVERS.iter().any(|path| Path::new(path).exists()) {
        return Err("this machine has no NVIDIA driver".to_owned());
    }
    let opened = quietly(|| Device::new_cuda(ordinal));
    match opened {
        Ok(device) => device.map_err(|error| error.to_string()),
        Err(panicked) => Err(panicked
            .downcast_ref::<String>()
            .map_or("its libraries cannot be loaded", String::as_str)
            .to_owned()),
    }
}

/// One of them is there as soon as the kernel has the driver; the second one where Linux runs under Windows (WSL 2).
const NVIDIA_DRIVERS: [&str; 2] = ["/dev/nvidiactl", "/dev/dxg"];

/// Catches a panic and keeps its message from the terminal.
///
/// What tells of panics belongs to all threads: two that took it away at once, the window's and an export's, might put back
/// the silence of each other.
fn quietly<T>(work: impl FnOnce() -> T + UnwindSafe) -> std::thread::Result<T> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = std::panic::catch_unwind(work);
    std::panic::set_hook(hook);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_as_the_help_says() {
        assert_eq!("auto".parse(), Ok(DeviceChoice::Auto));
        assert_eq!("cuda:1".parse(), Ok(DeviceChoice::Cuda(1)));
        assert!("gpu".parse::<DeviceChoice>().is_err());
        assert!("cuda:x".parse::<DeviceChoice>().is_err());
    }

    #[test]
    fn a_device_that_computes_passes() {
        assert_eq!(try_out(&Device::Cpu), Ok(()));
    }

    #[test]
    fn a_gpu_computes_in_full_precision_whatever_is_asked_of_the_processor() {
        let rounding = ProcessorChoice {
            precision: Precision::Int16,
            ..ProcessorChoice::default()
        };
        let processor = rounding.open().unwrap();
        let gpu = Backend::gpu(Device::Cpu, &processor, "a GPU".to_owned());
        assert_eq!(gpu.processor.precision, Precision::Full);
        assert!(Backend::cpu(processor, None).description.ends_with("int16"));
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_device_that_is_not_built_in_says_how_to_get_it() {
        let open = |choice| Backend::open(choice, ProcessorChoice::default());
        let error = open(DeviceChoice::Cuda(0)).unwrap_err();
        assert!(error.to_string().contains("--features cuda"), "{error}");
        assert!(open(DeviceChoice::Auto).is_ok());
    }
}
