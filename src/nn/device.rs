//! Where the nets are computed, and why there.

use candle_core::Device;

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

/// The number of processor threads was set too late.
#[derive(Debug, thiserror::Error)]
#[error("the number of threads cannot be changed once the nets have run: {0}")]
pub struct ThreadsError(#[from] rayon::ThreadPoolBuildError);

/// Lets the nets use only so many processor threads; to be called before anything is computed.
pub fn limit_threads(n_threads: usize) -> Result<(), ThreadsError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(n_threads)
        .build_global()?;
    Ok(())
}

/// A device that works.
#[derive(Clone, Debug)]
pub struct Backend {
    pub(super) device: Device,
    /// For people: `"CPU, 2 threads"`.
    pub description: String,
    /// Why it is not the one hoped for; `None` when it is.
    pub fallback: Option<String>,
}

impl Backend {
    /// Opens what was asked for. `Auto` never fails: the processor is always there.
    pub fn open(choice: DeviceChoice) -> Result<Self, DeviceError> {
        match choice {
            DeviceChoice::Cuda(ordinal) => Self::cuda(ordinal),
            DeviceChoice::Metal => Self::metal(),
            DeviceChoice::Auto if cfg!(feature = "cuda") => {
                Ok(Self::cuda(0).unwrap_or_else(|error| Self::cpu(Some(error.to_string()))))
            }
            DeviceChoice::Auto if cfg!(feature = "metal") => {
                Ok(Self::metal().unwrap_or_else(|error| Self::cpu(Some(error.to_string()))))
            }
            DeviceChoice::Auto | DeviceChoice::Cpu => Ok(Self::cpu(None)),
        }
    }

    /// The processor, always there.
    pub fn cpu(fallback: Option<String>) -> Self {
        let n_threads = rayon::current_num_threads();
        let plural = if n_threads == 1 { "" } else { "s" };
        Self {
            device: Device::Cpu,
            description: format!("CPU, {n_threads} thread{plural}"),
            fallback,
        }
    }

    fn cuda(ordinal: usize) -> Result<Self, DeviceError> {
        let fail = |reason: String| DeviceError {
            device: format!("CUDA GPU {ordinal}"),
            reason,
        };
        if !cfg!(feature = "cuda") {
            return Err(fail(
                "this build has no CUDA, build it with `--features cuda`".to_owned(),
            ));
        }
        let device = Device::new_cuda(ordinal).map_err(|error| fail(error.to_string()))?;
        Ok(Self {
            device,
            description: format!("CUDA, GPU {ordinal}"),
            fallback: None,
        })
    }

    fn metal() -> Result<Self, DeviceError> {
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
        Ok(Self {
            device,
            description: "Metal".to_owned(),
            fallback: None,
        })
    }
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

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_device_that_is_not_built_in_says_how_to_get_it() {
        let error = Backend::open(DeviceChoice::Cuda(0)).unwrap_err();
        assert!(error.to_string().contains("--features cuda"), "{error}");
        assert!(Backend::open(DeviceChoice::Auto).is_ok());
    }
}
