//! The nets of a run, and what files say of them.

use crate::export::Header;
use crate::export::header::ModelRow;
use crate::kernels::Precision;
use crate::nn::load::NetsDescription;
use crate::nn::{self, LoadError, NetChoice, Nets, PoseNetLoader};
use crate::pipeline::{Pipeline, PipelineParams};
use crate::source::SourceInfo;

/// A pipeline that has seen nothing yet, and the row about its nets.
pub struct RunPipeline {
    /// Works on the frames.
    pub pipeline: Pipeline,
    /// What headers say of its nets.
    pub model: ModelRow,
}

impl RunPipeline {
    /// The first line of results of this source.
    pub fn header(&self, source: &SourceInfo) -> Header {
        Header::new(source, self.model.clone(), self.pipeline.params())
    }
}

/// A pipeline of nets that were just loaded.
pub struct LoadedRun {
    /// The pipeline, and the row about its nets.
    pub nets: RunPipeline,
    /// What is in use.
    pub description: NetsDescription,
    /// Loads other pose nets in place of the pipeline's.
    pub pose_loader: PoseNetLoader,
}

/// Loads the nets and makes a pipeline of them; where they are less than was asked for, the log says so.
pub fn load(choice: &NetChoice, mut params: PipelineParams) -> Result<LoadedRun, LoadError> {
    let Nets {
        detector,
        pose,
        reidentifier,
        description,
        pose_loader,
    } = nn::load(choice)?;
    warn_of_less(choice, &description);
    if reidentifier.is_none() && params.tracker.reidentification {
        tracing::warn!(
            "these weights hold no net that recognizes people: identities come from motion alone"
        );
        params.tracker.reidentification = false;
    }
    let model = model_row(&description);
    let pipeline = Pipeline::new(Box::new(detector), pose, params)
        .with_reidentifier(reidentifier.map(|net| Box::new(net) as _));
    Ok(LoadedRun {
        nets: RunPipeline { pipeline, model },
        description,
        pose_loader,
    })
}

/// Says in the log where the nets that were loaded are less than was asked for.
pub fn warn_of_less(choice: &NetChoice, nets: &NetsDescription) {
    if let Some(reason) = &nets.fallback {
        tracing::warn!("running on {}: {reason}", nets.backend);
    }
    if let Some(sentence) = unused_precision(choice, nets) {
        tracing::warn!("{sentence}");
    }
}

/// What there is to say of a precision that the nets do not compute in though it was asked for.
fn unused_precision(choice: &NetChoice, nets: &NetsDescription) -> Option<String> {
    let asked = choice.processor.precision;
    (asked != nets.precision).then(|| {
        format!(
            "{} computes in {}: --precision {asked} is for the processor (--device cpu)",
            nets.backend, nets.precision
        )
    })
}

/// What headers say of these nets.
pub fn model_row(nets: &NetsDescription) -> ModelRow {
    ModelRow {
        detector: nets.detector.clone(),
        pose: nets.pose.clone(),
        stacks: nets.stacks,
        flip_test: nets.flip_test,
        precision: (nets.precision != Precision::Full).then(|| nets.precision.to_string()),
        weights_sha256: nets.pose_sha256.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::device::ProcessorChoice;

    #[test]
    fn a_precision_that_is_not_computed_in_is_told() {
        let told = |asked, used| {
            let choice = NetChoice {
                processor: ProcessorChoice {
                    precision: asked,
                    ..ProcessorChoice::default()
                },
                ..NetChoice::default()
            };
            let nets = NetsDescription {
                backend: "CUDA, GPU 0".to_owned(),
                fallback: None,
                detector: "detector".to_owned(),
                pose: "accurate".to_owned(),
                stacks: 2,
                flip_test: false,
                precision: used,
                pose_sha256: String::new(),
            };
            unused_precision(&choice, &nets)
        };
        let sentence = told(Precision::Int16, Precision::Full).unwrap();
        for words in ["CUDA", "in f32", "--precision int16", "--device cpu"] {
            assert!(sentence.contains(words), "{words} is not in {sentence}");
        }
        for precision in Precision::ALL {
            assert_eq!(told(precision, precision), None);
        }
    }
}
