//! The poseglass program: reads the command line, then runs a command or opens the window.

use std::process::ExitCode;

use clap::Parser as _;
use poseglass::base::log;
use poseglass::cli;
use poseglass::cli::args::Cli;

fn main() -> ExitCode {
    let args = Cli::parse();
    log::to_stderr("info");
    let outcome = match &args.command {
        Some(command) => cli::run(command),
        None => open_window(args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(feature = "gui")]
fn open_window(args: Cli) -> anyhow::Result<()> {
    use poseglass::engine::{
        Engine, LoadedPipeline, LoadedPoseNet, Loader, PoseNetSetting, PoseNets,
    };
    use poseglass::gui::{self, StartOptions};
    use poseglass::nn;
    use poseglass::pipeline::Pipeline;

    let choice = args.nets.choice(true);
    let params = args.pipeline.params();
    let start = StartOptions {
        source: args.source,
        params: params.clone(),
        without_drop: gui::cannot_drop(),
        ..StartOptions::default()
    };
    let loader: Loader = Box::new(move || {
        let nets = nn::load(&choice)?;
        let pose_loader = nets.pose_loader;
        let pose_nets = PoseNets {
            names: pose_loader.names(),
            in_use: PoseNetSetting {
                model: choice.model,
                flip_test: choice.flip_test,
            },
            load: Box::new(move |setting| {
                let (net, description) = pose_loader.load(&setting.model, setting.flip_test)?;
                Ok(LoadedPoseNet {
                    net,
                    backend: description.to_string(),
                })
            }),
        };
        Ok(LoadedPipeline {
            backend: nets.description.to_string(),
            fallback: nets.description.fallback,
            pose_nets,
            pipeline: Pipeline::new(Box::new(nets.detector), nets.pose, params)
                .with_reidentifier(nets.reidentifier.map(|net| Box::new(net) as _)),
        })
    });
    gui::run(start, |wake| Ok(Box::new(Engine::start(loader, wake)?)))
}

#[cfg(not(feature = "gui"))]
fn open_window(_args: Cli) -> anyhow::Result<()> {
    anyhow::bail!(
        "this build has no window: use `poseglass track`, or build it with `--features gui`"
    )
}
