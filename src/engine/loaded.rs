//! What the threads work with: a pipeline, and the pose nets that it may ask.

use std::sync::Arc;

use crate::engine::message::{EngineEvent, PoseNetSetting};
use crate::engine::outbox::Outbox;
use crate::export::header::ModelRow;
use crate::pipeline::{Pipeline, PipelineParams};
use crate::seam::PoseNet;
use crate::whole_run::RunPipeline;

/// A pipeline that is ready, and what it runs on.
pub struct LoadedPipeline {
    /// Ready to take frames.
    pub pipeline: Pipeline,
    /// Backend and nets, for people: `"CPU, 2 threads; fast, 2 stacks"`.
    pub backend: String,
    /// The nets, for files.
    pub model: ModelRow,
    /// A fallback and its reason, when there was one.
    pub fallback: Option<String>,
    /// The pose nets that it may ask.
    pub pose_nets: PoseNets,
}

/// Makes a pose net, in the inference thread.
pub type PoseNetLoader = Box<dyn Fn(&PoseNetSetting) -> anyhow::Result<LoadedPoseNet> + Send>;

/// The pose nets that may be chosen.
pub struct PoseNets {
    /// Their names.
    pub names: Vec<String>,
    /// The one in use.
    pub in_use: PoseNetSetting,
    /// Makes one of them.
    pub load: PoseNetLoader,
}

/// A pose net that is ready.
pub struct LoadedPoseNet {
    /// The net.
    pub net: Box<dyn PoseNet>,
    /// Backend and nets, for people, as [`LoadedPipeline::backend`].
    pub backend: String,
    /// All nets, for files, as [`LoadedPipeline::model`].
    pub model: ModelRow,
}

/// Makes the pipeline, in the inference thread: loading takes a while.
pub type Loader = Box<dyn FnOnce() -> anyhow::Result<LoadedPipeline> + Send>;

/// Makes a pipeline of its own for an export, in the export's thread; without a setting with the pose net of the beginning.
pub type RunLoader = Arc<
    dyn Fn(Option<&PoseNetSetting>, PipelineParams) -> anyhow::Result<RunPipeline> + Send + Sync,
>;

/// Makes the pipeline; tells what came of it.
pub(super) fn load(loader: Loader, outbox: &Outbox) -> Option<LoadedPipeline> {
    match loader() {
        Ok(loaded) => {
            outbox.event(EngineEvent::NetsReady {
                backend: loaded.backend.clone(),
                fallback: loaded.fallback.clone(),
                pose_net: loaded.pose_nets.in_use.clone(),
                pose_nets: loaded.pose_nets.names.clone(),
            });
            Some(loaded)
        }
        Err(error) => {
            outbox.event(EngineEvent::NetsFailed {
                message: format!("{error:#}"),
            });
            None
        }
    }
}

impl LoadedPipeline {
    /// Asks another pose net from now on, if it can be loaded; tells what came of it.
    pub(super) fn set_pose_net(&mut self, wanted: PoseNetSetting) -> EngineEvent {
        match (self.pose_nets.load)(&wanted) {
            Ok(LoadedPoseNet {
                net,
                backend,
                model,
            }) => {
                self.pipeline.set_pose_net(net);
                self.model = model;
                self.pose_nets.in_use = wanted.clone();
                self.backend.clone_from(&backend);
                EngineEvent::PoseNetChanged {
                    backend,
                    pose_net: wanted,
                }
            }
            Err(error) => EngineEvent::PoseNetFailed {
                message: format!("{error:#}"),
                pose_net: self.pose_nets.in_use.clone(),
            },
        }
    }
}
