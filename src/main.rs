//! The poseglass program: reads the command line, then runs a command or opens the window.

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};
use poseglass::base::log;
use poseglass::cli;
use poseglass::cli::args::Cli;

fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let args = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    log::to_stderr("info");
    let outcome = match &args.command {
        Some(command) => cli::run(command),
        None => open_window(args, &matches),
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
use with_window::open_window;

#[cfg(not(feature = "gui"))]
fn open_window(_args: Cli, _matches: &clap::ArgMatches) -> anyhow::Result<()> {
    anyhow::bail!(
        "this build has no window: use `poseglass track`, or build it with `--features gui`"
    )
}

#[cfg(feature = "gui")]
mod with_window {
    use std::sync::Arc;

    use clap::ArgMatches;
    use clap::parser::ValueSource;
    use poseglass::cli::args::Cli;
    use poseglass::engine::{
        Engine, LoadedPipeline, LoadedPoseNet, Loader, PoseNetSetting, PoseNets, RunLoader,
    };
    use poseglass::gui::kept::TypedOptions;
    use poseglass::gui::{self, StartOptions};
    use poseglass::nn::{self, LoadError, NetChoice, Nets};
    use poseglass::pipeline::Pipeline;
    use poseglass::whole_run;

    /// Opens the window with what was typed.
    pub fn open_window(args: Cli, matches: &ArgMatches) -> anyhow::Result<()> {
        let choice = args.nets.choice(true);
        // nobody waits for each frame of an export: its nets look in a mirror where those of `track` do
        let flip_in_exports = args.nets.choice(false).flip_test;
        let start = StartOptions {
            params: args.pipeline.params(),
            source: args.pictures.source_of_window(args.source)?,
            pose_net: Some(PoseNetSetting {
                model: choice.model.clone(),
                flip_test: choice.flip_test,
            }),
            typed: typed_options(matches),
            without_drop: gui::cannot_drop(),
            ..StartOptions::default()
        };
        gui::run(start, move |wake, start| {
            let at_start = with_pose_net(&choice, start.pose_net.as_ref());
            let for_exports = run_loader(at_start.clone(), flip_in_exports);
            let engine = Engine::start(loader(at_start, choice.model, start), wake)?;
            Ok(Box::new(engine.with_run_loader(for_exports)))
        })
    }

    /// What stands on the command line, as opposed to what has its default.
    fn typed_options(matches: &ArgMatches) -> TypedOptions {
        let is_typed = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        TypedOptions {
            detect_every: is_typed("detect_every"),
            budget: is_typed("budget"),
            max_people: is_typed("max_people"),
            selection: is_typed("follow"),
            smoothing: is_typed("no_smoothing"),
            reidentification: is_typed("no_reid"),
            // other weights have nets of their own
            pose_net: is_typed("model") || is_typed("weights"),
            flip_test: is_typed("flip_test"),
        }
    }

    /// The same nets, but for the pose net.
    fn with_pose_net(choice: &NetChoice, pose_net: Option<&PoseNetSetting>) -> NetChoice {
        let mut choice = choice.clone();
        if let Some(PoseNetSetting { model, flip_test }) = pose_net {
            choice.model.clone_from(model);
            choice.flip_test = *flip_test;
        }
        choice
    }

    /// Loads what an export works with, with the flip test at least where `flip_test` says so.
    fn run_loader(choice: NetChoice, flip_test: bool) -> RunLoader {
        Arc::new(move |pose_net, params| {
            let mut choice = with_pose_net(&choice, pose_net);
            choice.flip_test |= flip_test;
            let (pipeline, _) = whole_run::load(&choice, params)?;
            Ok(pipeline)
        })
    }

    /// Loads what the window begins with; `typed_model` is the pose net of the command line, or its default.
    fn loader(choice: NetChoice, typed_model: String, start: &StartOptions) -> Loader {
        let params = start.params.clone();
        Box::new(move || {
            let (nets, choice) = load_nets(choice, typed_model)?;
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
                        model: whole_run::model_row(&description),
                    })
                }),
            };
            Ok(LoadedPipeline {
                backend: nets.description.to_string(),
                model: whole_run::model_row(&nets.description),
                fallback: nets.description.fallback,
                pose_nets,
                pipeline: Pipeline::new(Box::new(nets.detector), nets.pose, params)
                    .with_reidentifier(nets.reidentifier.map(|net| Box::new(net) as _)),
            })
        })
    }

    /// The nets, and what was loaded: where the pose net that was chosen in the window the last time does not go with
    /// what the command line says now, the one of the command line.
    fn load_nets(choice: NetChoice, typed_model: String) -> Result<(Nets, NetChoice), LoadError> {
        match nn::load(&choice) {
            Ok(nets) => Ok((nets, choice)),
            Err(error) if choice.model != typed_model => {
                tracing::warn!(
                    "the pose net {} that was chosen last is not used: {error}",
                    choice.model
                );
                let choice = NetChoice {
                    model: typed_model,
                    ..choice
                };
                Ok((nn::load(&choice)?, choice))
            }
            Err(error) => Err(error),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use clap::CommandFactory as _;

        fn typed(options: &[&str]) -> TypedOptions {
            let typed = ["poseglass"].iter().chain(options);
            typed_options(&Cli::command().try_get_matches_from(typed).unwrap())
        }

        #[test]
        fn what_is_typed_is_told_from_what_has_its_default() {
            let none = TypedOptions::default();
            assert_eq!(typed(&[]), none);
            assert_eq!(typed(&["--threads", "2", "clip.mp4"]), none);
            let detect_every = TypedOptions {
                detect_every: true,
                ..none
            };
            // the same as the default
            assert_eq!(typed(&["--detect-every", "8"]), detect_every);
            let pose_net = TypedOptions {
                pose_net: true,
                ..none
            };
            assert_eq!(typed(&["--model", "accurate"]), pose_net);
            assert_eq!(typed(&["--weights", "folder"]), pose_net);
            let others = TypedOptions {
                budget: true,
                max_people: true,
                selection: true,
                smoothing: true,
                reidentification: true,
                flip_test: true,
                ..none
            };
            let options = [
                "--budget=33",
                "--max-people=3",
                "--follow=largest",
                "--no-smoothing",
                "--no-reid",
                "--flip-test",
            ];
            assert_eq!(typed(&options), others);
        }
    }
}
