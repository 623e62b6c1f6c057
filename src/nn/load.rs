//! From names to nets that answer.

use std::path::PathBuf;

use candle_core::DType;
use candle_nn::VarBuilder;

use super::detector::{Detector, DetectorConfig};
use super::device::{Backend, DeviceChoice, DeviceError, ProcessorChoice};
use super::flip_test::FlipTest;
use super::hourglass::{HourglassConfig, StackedHourglass};
use super::person_detector::{CandleDetector, DetectorParams, ScoreScale};
use super::person_reidentifier::SiameseReidentifier;
use super::pose_net::{HourglassPoseNet, OutputKind};
use super::reidentifier::{SiameseConfig, SiameseNet};
use super::weights::{NetFile, NetRole, WeightSet, WeightsError};
use crate::geom::Similarity;
use crate::image::RgbImage;
use crate::kernels::Precision;
use crate::seam::{NetError, PoseNet};
use crate::skeleton::N_JOINTS;
use crate::types::{EMBEDDING_LEN, Heatmaps, PersonCrop};

/// Which nets to load and where to compute them.
#[derive(Clone, Debug)]
pub struct NetChoice {
    /// Where to compute.
    pub device: DeviceChoice,
    /// What may be used of the processor.
    pub processor: ProcessorChoice,
    /// The pose net's name in the manifest.
    pub model: String,
    /// How many stacks of it to run; `None` runs all.
    pub stacks: Option<usize>,
    /// Whether the pose net looks at everyone in a mirror too; the detector does it in a pipeline then, too.
    pub flip_test: bool,
    /// A folder with other weights than those inside the binary.
    pub weights: Option<PathBuf>,
    /// How the detector's answers are read.
    pub detector: DetectorParams,
}

impl Default for NetChoice {
    fn default() -> Self {
        Self {
            device: DeviceChoice::Auto,
            processor: ProcessorChoice::default(),
            // a person takes 4 ms on two cores with AVX-512, 8 with AVX2 (`bench --net accurate`)
            model: "accurate".to_owned(),
            stacks: None,
            flip_test: false,
            weights: None,
            detector: DetectorParams::default(),
        }
    }
}

/// The nets cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The weights are missing or wrong.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The device does not work.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// More stacks were asked for than the net has.
    #[error("the model {model} has {has} stacks, {wanted} cannot be run")]
    Stacks {
        /// The net.
        model: String,
        /// How many it has.
        has: usize,
        /// How many were asked for.
        wanted: usize,
    },
}

/// The nets, ready to answer.
pub struct Nets {
    /// Finds people.
    pub detector: CandleDetector,
    /// Finds their joints.
    pub pose: Box<dyn PoseNet>,
    /// Tells people apart; `None` where the weights have no such net.
    pub reidentifier: Option<SiameseReidentifier>,
    /// What is in use.
    pub description: NetsDescription,
    /// Loads other pose nets in place of this one.
    pub pose_loader: PoseNetLoader,
}

/// Loads pose nets of one set of weights, onto the threads or the device that the other nets use.
pub struct PoseNetLoader {
    weights: WeightSet,
    backend: Backend,
    /// All but the model and the flip test is as it was at the start.
    choice: NetChoice,
    detector: String,
}

impl PoseNetLoader {
    /// Names of the pose nets that can be loaded.
    pub fn names(&self) -> Vec<String> {
        self.weights.names(NetRole::Pose)
    }

    /// The pose net of that name, and what is in use with it.
    pub fn load(
        &self,
        model: &str,
        flip_test: bool,
    ) -> Result<(Box<dyn PoseNet>, NetsDescription), LoadError> {
        let choice = NetChoice {
            model: model.to_owned(),
            flip_test,
            ..self.choice.clone()
        };
        let file = self.weights.pose_net(model)?;
        let (net, output) = load_hourglass(&file, &self.backend)?;
        let stacks = stacks_to_run(&choice, &net)?;
        let description = NetsDescription {
            backend: self.backend.description.clone(),
            fallback: self.backend.fallback.clone(),
            detector: self.detector.clone(),
            pose: file.entry.name.clone(),
            stacks,
            flip_test,
            precision: self.backend.processor.precision,
            pose_sha256: file.entry.sha256.clone(),
        };
        let net = HourglassPoseNet::new(net, self.backend.clone(), stacks, output);
        let net: Box<dyn PoseNet> = if flip_test {
            Box::new(FlipTest::new(net))
        } else {
            Box::new(net)
        };
        Ok((net, description))
    }
}

/// What is in use, for headers of files, the window and the summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetsDescription {
    /// `"CPU, 2 threads"`.
    pub backend: String,
    /// Why it is not the backend hoped for.
    pub fallback: Option<String>,
    /// The detector's name.
    pub detector: String,
    /// The pose net's name.
    pub pose: String,
    /// Stacks that are run.
    pub stacks: usize,
    /// Whether people are looked at in a mirror too.
    pub flip_test: bool,
    /// What the nets compute in on the processor.
    pub precision: Precision,
    /// SHA-256 of the pose net's file.
    pub pose_sha256: String,
}

impl std::fmt::Display for NetsDescription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = if self.stacks == 1 { "" } else { "s" };
        write!(
            f,
            "{}; {}, {} stack{plural}{}",
            self.backend,
            self.pose,
            self.stacks,
            if self.flip_test { ", flip test" } else { "" }
        )
    }
}

fn open(choice: &NetChoice) -> Result<(WeightSet, Backend), LoadError> {
    let weights = match &choice.weights {
        Some(folder) => WeightSet::from_folder(folder)?,
        None => WeightSet::bundled()?,
    };
    Ok((weights, Backend::open(choice.device, choice.processor)?))
}

fn stacks_to_run(choice: &NetChoice, net: &StackedHourglass) -> Result<usize, LoadError> {
    let has = net.n_stacks();
    let wanted = choice.stacks.unwrap_or(has);
    if (1..=has).contains(&wanted) {
        Ok(wanted)
    } else {
        Err(LoadError::Stacks {
            model: choice.model.clone(),
            has,
            wanted,
        })
    }
}

/// The detector's net without what reads its answers.
pub(super) fn bare_detector(choice: &NetChoice) -> Result<(Detector, Backend), LoadError> {
    let (weights, backend) = open(choice)?;
    Ok((load_detector(&weights.detector()?, &backend)?, backend))
}

/// The pose net, and how many stacks of it to run.
pub(super) fn bare_pose_net(
    choice: &NetChoice,
) -> Result<(StackedHourglass, usize, Backend), LoadError> {
    let (weights, backend) = open(choice)?;
    let (net, _) = load_hourglass(&weights.pose_net(&choice.model)?, &backend)?;
    let stacks = stacks_to_run(choice, &net)?;
    Ok((net, stacks, backend))
}

/// The re-identification net without what cuts for it.
pub(super) fn bare_reidentifier(choice: &NetChoice) -> Result<(SiameseNet, Backend), LoadError> {
    let (weights, backend) = open(choice)?;
    let file = weights
        .reidentifier()?
        .ok_or_else(|| WeightsError::NoSuchNet {
            wanted: "reidentifier".to_owned(),
            offered: weights.names(NetRole::Pose),
        })?;
    Ok((load_siamese(&file, &backend)?, backend))
}

/// Loads the nets.
pub fn load(choice: &NetChoice) -> Result<Nets, LoadError> {
    let (weights, backend) = open(choice)?;
    let detector_file = weights.detector()?;
    let detector = CandleDetector::new(
        load_detector(&detector_file, &backend)?,
        backend.clone(),
        choice.detector.clone(),
        ScoreScale::with_threshold(detector_file.threshold()?),
    );
    let reidentifier = match weights.reidentifier()? {
        Some(file) => Some(SiameseReidentifier::new(
            load_siamese(&file, &backend)?,
            backend.clone(),
        )),
        None => None,
    };
    let pose_loader = PoseNetLoader {
        weights,
        backend,
        choice: choice.clone(),
        detector: detector_file.entry.name,
    };
    let (pose, description) = pose_loader.load(&choice.model, choice.flip_test)?;
    Ok(Nets {
        detector,
        pose,
        reidentifier,
        description,
        pose_loader,
    })
}

/// Answers that differ by less are the same: backends add up in different orders.
pub const SAME_ANSWER: f32 = 1e-3;

/// What the pose net of a backend answers to a fixed picture.
pub struct SelfCheck {
    /// The backend's description.
    pub backend: String,
    answer: Vec<f32>,
}

impl SelfCheck {
    /// The largest difference between two answers; infinite where one of them is no number, or missing.
    pub fn largest_difference(&self, other: &Self) -> f32 {
        largest_difference(&self.answer, &other.answer)
    }
}

fn largest_difference(one: &[f32], other: &[f32]) -> f32 {
    if one.len() != other.len() {
        return f32::INFINITY;
    }
    let differences = one
        .iter()
        .zip(other)
        .map(|(one, other)| (one - other).abs());
    differences.fold(0.0, |largest, difference| {
        if difference.is_nan() {
            f32::INFINITY
        } else {
            largest.max(difference)
        }
    })
}

/// A backend's answer cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SelfCheckError {
    /// The nets do not load.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// They load and do not answer.
    #[error(transparent)]
    Net(#[from] NetError),
}

/// Loads the nets and asks the pose net about a fixed picture of stripes.
pub fn self_check(choice: &NetChoice) -> Result<SelfCheck, SelfCheckError> {
    let mut nets = load(choice)?;
    let size = nets.pose.input_size();
    let mut image = RgbImage::filled(size, [0; 3]);
    for (at, value) in image.pixels_mut().iter_mut().enumerate() {
        *value = (at * 37 % 251) as u8;
    }
    let crop = PersonCrop {
        image_from_crop: Similarity::new(1.0, [0.0, 0.0]),
        image,
    };
    let mut heatmaps = Heatmaps::default();
    nets.pose.heatmaps(&[crop], &mut heatmaps)?;
    Ok(SelfCheck {
        answer: heatmaps.values,
        backend: nets.description.backend,
    })
}

fn tensors<'a>(file: &'a NetFile, backend: &Backend) -> Result<VarBuilder<'a>, WeightsError> {
    VarBuilder::from_slice_safetensors(&file.bytes, DType::F32, &backend.device)
        .map_err(|error| file.bad(error.to_string()))
}

fn load_detector(file: &NetFile, backend: &Backend) -> Result<Detector, WeightsError> {
    let config: DetectorConfig = serde_json::from_str(file.text("config")?)
        .map_err(|error| file.bad(format!("its config cannot be read: {error}")))?;
    Detector::new(config, &tensors(file, backend)?, backend.processor.clone())
        .map_err(|error| file.bad(error.to_string()))
}

fn load_siamese(file: &NetFile, backend: &Backend) -> Result<SiameseNet, WeightsError> {
    let config: SiameseConfig = serde_json::from_str(file.text("config")?)
        .map_err(|error| file.bad(format!("its config cannot be read: {error}")))?;
    if config.numbers != EMBEDDING_LEN {
        return Err(file.bad(format!(
            "it answers {} numbers, the program compares {EMBEDDING_LEN}",
            config.numbers
        )));
    }
    SiameseNet::new(config, &tensors(file, backend)?, backend.processor.clone())
        .map_err(|error| file.bad(error.to_string()))
}

fn load_hourglass(
    file: &NetFile,
    backend: &Backend,
) -> Result<(StackedHourglass, OutputKind), WeightsError> {
    let features = file.number("features")?;
    let config = HourglassConfig {
        stacks: file.number("stacks")?,
        features,
        // nets of before have neither
        deep_middle: file.number_if_any("deep_middle")?.unwrap_or(features / 2),
        deep_blocks: file.number_if_any("deep_blocks")?.unwrap_or(0),
        stem: file.number("stem")?,
        joints: file.number("joints")?,
    };
    if config.joints != N_JOINTS {
        return Err(file.bad(format!(
            "it finds {} joints, the program knows {N_JOINTS}",
            config.joints
        )));
    }
    let output = match file.text("output")? {
        "heatmap" => OutputKind::Heatmap,
        "logits" => OutputKind::Logits,
        other => return Err(file.bad(format!("the output kind {other:?} is unknown"))),
    };
    let net = StackedHourglass::new(config, &tensors(file, backend)?, backend.processor.clone())
        .map_err(|error| file.bad(error.to_string()))?;
    Ok((net, output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_numbers_is_as_far_off_as_can_be() {
        assert_eq!(largest_difference(&[0.5, 0.25], &[0.5, 0.75]), 0.5);
        assert_eq!(
            largest_difference(&[0.5, f32::NAN], &[0.5, 0.75]),
            f32::INFINITY
        );
        assert_eq!(largest_difference(&[0.5], &[]), f32::INFINITY);
    }
}
