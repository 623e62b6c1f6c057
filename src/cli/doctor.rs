//! `poseglass doctor`: what works here, and what to do about what does not.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde::Serialize;

use crate::cli::args::DoctorArgs;
use crate::cli::output;
use crate::kernels::InstructionSet;
use crate::nn::{self, DeviceChoice, NetChoice, NetRole, WeightSet, WeightsError};
use crate::source;

/// How a finding is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    /// Works.
    Good,
    /// Not there, and the program does without it.
    Missing,
    /// Broken: the program cannot do its work.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    what: String,
    verdict: Verdict,
    detail: String,
    /// What to do, where something can be done.
    advice: Option<String>,
}

impl Finding {
    fn new(what: &str, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            verdict,
            detail: detail.into(),
            advice: None,
        }
    }

    fn advise(mut self, advice: &str) -> Self {
        self.advice = Some(advice.to_owned());
        self
    }
}

/// Looks at everything and prints what was found; fails when something is broken.
pub(super) fn doctor(args: &DoctorArgs) -> anyhow::Result<()> {
    let mut findings = vec![machine()];
    let set = match &args.weights {
        Some(folder) => WeightSet::from_folder(folder),
        None => WeightSet::bundled(),
    };
    let model = tried_model(&set);
    findings.extend(weights(set));
    findings.extend(backends(args, &model));
    findings.push(cameras());
    findings.push(ffmpeg());
    findings.push(ffprobe());
    findings.push(window());
    let text = if args.json {
        serde_json::to_string_pretty(&findings)? + "\n"
    } else {
        findings.iter().map(as_text).collect()
    };
    output::print(&text).context("cannot write to standard output")?;
    let n_bad = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Bad)
        .count();
    anyhow::ensure!(n_bad == 0, "{n_bad} of {} findings are bad", findings.len());
    Ok(())
}

fn as_text(finding: &Finding) -> String {
    let mark = match finding.verdict {
        Verdict::Good => "ok     ",
        Verdict::Missing => "missing",
        Verdict::Bad => "BAD    ",
    };
    let advice = finding
        .advice
        .as_ref()
        .map_or_else(String::new, |advice| format!("\n          {advice}"));
    format!("{mark}   {}: {}{advice}\n", finding.what, finding.detail)
}

fn machine() -> Finding {
    let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
    let detail = format!(
        "{} {}, {n_cores} processor threads{}",
        std::env::consts::OS,
        std::env::consts::ARCH,
        instruction_sets()
    );
    Finding::new("machine", Verdict::Good, detail)
}

/// Those that the nets can use, as `--isa` takes them.
fn instruction_sets() -> String {
    let names: Vec<&str> = InstructionSet::ALL
        .into_iter()
        .filter(|isa| *isa != InstructionSet::Portable && isa.is_available())
        .map(InstructionSet::name)
        .collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(" with {}", names.join(", "))
    }
}

fn weights(set: Result<WeightSet, WeightsError>) -> Vec<Finding> {
    match set {
        Ok(set) => set
            .entries()
            .iter()
            .map(|entry| {
                let what = format!("weights of {}", entry.name);
                match set.check(entry) {
                    Ok(_) => Finding::new(
                        &what,
                        Verdict::Good,
                        format!(
                            "{}, sha256 {} as it should be",
                            entry.architecture, entry.sha256
                        ),
                    ),
                    Err(error) => Finding::new(&what, Verdict::Bad, error.to_string()),
                }
            })
            .collect(),
        Err(error) => vec![Finding::new("weights", Verdict::Bad, error.to_string())],
    }
}

/// The pose net that is tried: the one that is used where none is named, or the first of weights without it.
fn tried_model(set: &Result<WeightSet, WeightsError>) -> String {
    let usual = NetChoice::default().model;
    let mut names = set
        .as_ref()
        .map_or_else(|_| Vec::new(), |set| set.names(NetRole::Pose));
    if names.contains(&usual) || names.is_empty() {
        usual
    } else {
        names.swap_remove(0)
    }
}

/// Runs each backend that was built in and compares its answer with the processor's.
fn backends(args: &DoctorArgs, model: &str) -> Vec<Finding> {
    let choice = |device| NetChoice {
        device,
        model: model.to_owned(),
        weights: args.weights.clone(),
        ..NetChoice::default()
    };
    let reference = match nn::load::self_check(&choice(DeviceChoice::Cpu)) {
        Ok(reference) => reference,
        Err(error) => return vec![Finding::new("CPU", Verdict::Bad, error.to_string())],
    };
    let mut findings = vec![Finding::new(
        "CPU",
        Verdict::Good,
        format!("{}, the nets answer", reference.backend),
    )];
    for (name, device, is_built_in) in [
        ("CUDA", DeviceChoice::Cuda(0), cfg!(feature = "cuda")),
        ("Metal", DeviceChoice::Metal, cfg!(feature = "metal")),
    ] {
        if !is_built_in {
            continue;
        }
        findings.push(match nn::load::self_check(&choice(device)) {
            Ok(check) => {
                let difference = check.largest_difference(&reference);
                if difference < nn::load::SAME_ANSWER {
                    Finding::new(
                        name,
                        Verdict::Good,
                        format!("answers as the CPU does, within {difference:.1e}"),
                    )
                } else {
                    Finding::new(
                        name,
                        Verdict::Bad,
                        format!("answers differ from the CPU's by {difference:.1e}"),
                    )
                    .advise("update the driver, or run with --device cpu")
                }
            }
            Err(error) => Finding::new(name, Verdict::Missing, error.to_string())
                .advise("the CPU is used instead; update the driver to use the GPU"),
        });
    }
    findings
}

fn cameras() -> Finding {
    match source::cameras() {
        Ok(cameras) if cameras.is_empty() => {
            Finding::new("cameras", Verdict::Missing, "none was found")
                .advise("connect one, and check that you may read /dev/video*")
        }
        Ok(cameras) => Finding::new(
            "cameras",
            Verdict::Good,
            cameras
                .iter()
                .map(|camera| camera.name.clone())
                .collect::<Vec<_>>()
                .join(", "),
        ),
        Err(error) => Finding::new("cameras", Verdict::Missing, error.to_string()),
    }
}

fn ffmpeg() -> Finding {
    of_ffmpeg(
        "ffmpeg",
        &source::ffmpeg_command(),
        "H.264 mp4 and pictures work without it; install ffmpeg for every other format",
    )
}

fn ffprobe() -> Finding {
    of_ffmpeg(
        "ffprobe",
        &source::ffprobe_command(),
        "it comes with ffmpeg: install it beside that; without it the lengths of recordings that \
         ffmpeg reads are unknown, and some of their times, colors and frame numbers are off",
    )
}

/// A command of ffmpeg's, each of which tells its name and version when it is asked.
fn of_ffmpeg(name: &str, command: &Path, advice: &str) -> Finding {
    let missing = |detail: String| Finding::new(name, Verdict::Missing, detail).advise(advice);
    let beginning = format!("{name} version");
    match Command::new(command).arg("-version").output() {
        // another program of that name would be of no use
        Ok(answer) if answer.stdout.starts_with(beginning.as_bytes()) => {
            let text = String::from_utf8_lossy(&answer.stdout);
            let first_line = text.lines().next().unwrap_or("it answers").to_owned();
            Finding::new(name, Verdict::Good, first_line)
        }
        Ok(_) => missing(format!(
            "{} is another program, or does not work",
            command.display()
        )),
        Err(_) => missing("the command was not found".to_owned()),
    }
}

fn window() -> Finding {
    let has_display = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if !cfg!(feature = "gui") {
        Finding::new("window", Verdict::Missing, "this build has none")
            .advise("build it with `--features gui`")
    } else if has_display || !cfg!(target_os = "linux") {
        Finding::new("window", Verdict::Good, "there is a display")
    } else {
        Finding::new("window", Verdict::Missing, "there is no display")
            .advise("`poseglass track` works without one")
    }
}
