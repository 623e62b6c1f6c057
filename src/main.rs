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
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use clap::ArgMatches;
    use clap::parser::ValueSource;
    use poseglass::cli::args::Cli;
    use poseglass::engine::{
        Engine, LoadedPipeline, LoadedPoseNet, Loader, PoseNetSetting, PoseNets, RunLoader,
    };
    use poseglass::gui::{self, StartOptions};
    use poseglass::nn::{LoadError, NetChoice};
    use poseglass::pipeline::PipelineParams;
    use poseglass::whole_run::{self, LoadedRun};

    /// Options of the command line, and which of the window's settings they are.
    const SETTINGS_OF_OPTIONS: [(&str, &str); 10] = [
        ("detect_every", "detect_every"),
        // a budget decides how often the detector looks: a kept one would take back what was typed
        ("detect_every", "budget_ms"),
        ("budget", "budget_ms"),
        ("max_people", "max_people"),
        ("follow", "selection"),
        ("no_smoothing", "smoothing"),
        ("no_reid", "reidentification"),
        ("model", "pose_net"),
        // other weights have nets of their own
        ("weights", "pose_net"),
        ("flip_test", "flip_test"),
    ];

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
            typed: typed_settings(matches),
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

    /// The settings that the command line says, as opposed to those whose options have their defaults.
    fn typed_settings(matches: &ArgMatches) -> BTreeSet<&'static str> {
        let is_typed =
            |option: &str| matches.value_source(option) == Some(ValueSource::CommandLine);
        SETTINGS_OF_OPTIONS
            .into_iter()
            .filter(|(option, _)| is_typed(option))
            .map(|(_, setting)| setting)
            .collect()
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
            Ok(whole_run::load(&choice, params)?.nets)
        })
    }

    /// Loads what the window begins with; `typed_model` is the pose net of the command line, or its default.
    fn loader(choice: NetChoice, typed_model: String, start: &StartOptions) -> Loader {
        let params = start.params.clone();
        Box::new(move || {
            let (loaded, choice) = load_nets(choice, typed_model, &params)?;
            let LoadedRun {
                nets,
                description,
                pose_loader,
            } = loaded;
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
                pipeline: nets.pipeline,
                backend: description.to_string(),
                model: nets.model,
                fallback: description.fallback,
                pose_nets,
            })
        })
    }

    /// The nets, and what was loaded: where the pose net that was chosen in the window the last time does not go with
    /// what the command line says now, the one of the command line.
    fn load_nets(
        choice: NetChoice,
        typed_model: String,
        params: &PipelineParams,
    ) -> Result<(LoadedRun, NetChoice), LoadError> {
        match whole_run::load(&choice, params.clone()) {
            Ok(loaded) => Ok((loaded, choice)),
            Err(error) if choice.model != typed_model => {
                tracing::warn!(
                    "the pose net {} that was chosen last is not used: {error}",
                    choice.model
                );
                let choice = NetChoice {
                    model: typed_model,
                    ..choice
                };
                Ok((whole_run::load(&choice, params.clone())?, choice))
            }
            Err(error) => Err(error),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use clap::CommandFactory as _;
        use poseglass::gui::settings::Settings;

        fn typed(options: &[&str]) -> Vec<&'static str> {
            let typed = ["poseglass"].iter().chain(options);
            let matches = Cli::command().try_get_matches_from(typed).unwrap();
            typed_settings(&matches).into_iter().collect()
        }

        #[test]
        fn what_is_typed_is_told_from_what_has_its_default() {
            assert!(typed(&[]).is_empty());
            assert!(typed(&["--threads", "2", "clip.mp4"]).is_empty());
            // the same as the default; and a budget that was kept would take it back
            let detect_every = typed(&["--detect-every", "8"]);
            assert_eq!(detect_every, ["budget_ms", "detect_every"]);
            assert_eq!(typed(&["--model", "accurate"]), ["pose_net"]);
            assert_eq!(typed(&["--weights", "folder"]), ["pose_net"]);
            let options = [
                "--budget=33",
                "--max-people=3",
                "--follow=largest",
                "--no-smoothing",
                "--no-reid",
                "--flip-test",
            ];
            let others = [
                "budget_ms",
                "flip_test",
                "max_people",
                "reidentification",
                "selection",
                "smoothing",
            ];
            assert_eq!(typed(&options), others);
        }

        #[test]
        fn options_are_settings_by_their_names_in_the_file() {
            let settings = serde_json::to_value(Settings::default()).unwrap();
            for (option, setting) in SETTINGS_OF_OPTIONS {
                assert!(settings.get(setting).is_some(), "{option}");
            }
        }
    }
}
