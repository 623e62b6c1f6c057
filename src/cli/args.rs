//! What can be typed on the command line, and nothing else.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand};

use crate::cli::convert::ConvertArgs;
use crate::cli::draw::DrawArgs;
use crate::cli::export_args::{ExportOptionArgs, export_parser};
use crate::cli::measure_args::MeasureArgs;
use crate::cli::net_args::NetArgs;
use crate::cli::refine::RefineArgs;
use crate::cli::score::ScoreArgs;
use crate::cli::source_args::PictureArgs;
use crate::export::ExportFormat;
use crate::kernels::InstructionSet;
use crate::nn::NetChoice;
use crate::pipeline::PipelineParams;
use crate::source::SourceSpec;
use crate::track::{Selection, TrackerParams};

/// What helps where something does not work.
const AFTER_HELP: &str = "`poseglass doctor` says what works on this machine. \
    Variables of the environment: POSEGLASS_LOG=debug says more on standard error, \
    POSEGLASS_FFMPEG=PATH names another ffmpeg than the one on the search path.";

/// Follows people's poses in live and recorded video.
///
/// Without a command it opens the window. SOURCE is a video, a picture, a folder of pictures, camera or
/// camera:N, or synthetic (a drawn test scene). What is chosen in the window is kept for the next start; what is given
/// here wins over it, for one start.
#[derive(Debug, Parser)]
#[command(
    name = "poseglass",
    version,
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    after_help = AFTER_HELP
)]
pub struct Cli {
    /// What to do instead of opening the window
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What the window shows first
    #[arg(value_parser = source_parser())]
    pub source: Option<SourceSpec>,
    /// What a folder of pictures does not say
    #[command(flatten)]
    pub pictures: PictureArgs,
    /// The nets
    #[command(flatten)]
    pub nets: NetArgs,
    /// The pipeline, as the window begins
    #[command(flatten)]
    pub pipeline: PipelineArgs,
}

/// A command that works without a window.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Follow the people of a source to its end and write what is asked for
    Track(Box<TrackArgs>),
    /// Run the nets on labeled pictures and print COCO's ten keypoint figures
    Eval(EvalArgs),
    /// Print the figures of a results file: COCO's keypoint figures, PCK, PCKh or those of tracks
    Score(ScoreArgs),
    /// Write results of poseglass or of other programs in other file formats
    Convert(ConvertArgs),
    /// Draw results that are there already over their recording, without the nets
    Draw(DrawArgs),
    /// Put left and right in order, take out outliers and unsure joints, fill short holes and steady the joints of
    /// recorded results
    Refine(RefineArgs),
    /// Measure angles, gait and repetitions in results of poseglass or of other programs
    Measure(Box<MeasureArgs>),
    /// Measure the time of each stage
    Bench(BenchArgs),
    /// Check the machine, the nets, the cameras and what else is needed
    Doctor(DoctorArgs),
    /// List the cameras
    Cameras(CamerasArgs),
}

/// How frames are worked on.
#[derive(Clone, Debug, Args)]
pub struct PipelineArgs {
    /// Look for new people on every N-th frame (below 15 frames per second as often as at 15), and whenever somebody is lost
    /// or nobody is there; joints are followed on all
    #[arg(long, default_value_t = PipelineParams::default().detect_every, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub detect_every: u32,
    /// Keep the work on a frame under so many milliseconds: the pose net in int16, the detector more rarely, no flip test,
    /// fewer stacks; results then depend on how fast the machine is
    #[arg(long, value_name = "MS", value_parser = parse_budget, conflicts_with = "detect_every")]
    pub budget: Option<Duration>,
    /// Follow at most N people, the surest first
    #[arg(long, default_value_t = PipelineParams::default().max_people, value_name = "N", value_parser = clap::value_parser!(u16).range(1..).map(usize::from))]
    pub max_people: usize,
    /// Give results of some people only: everyone, largest, first, longest (seen), id:3, or largest:2 for the two
    /// largest, and so on; chosen anew at each moment, of those seen in the ten seconds before
    #[arg(long, default_value_t = PipelineParams::default().selection, value_name = "WHOM")]
    pub follow: Selection,
    /// Leave the joints as the net sees them
    #[arg(long)]
    pub no_smoothing: bool,
    /// Do not recognize people by their looks after crossing or coming back
    #[arg(long)]
    pub no_reid: bool,
}

/// Milliseconds, at least a tenth of one and less than a minute.
fn parse_budget(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|ms| (0.1..60_000.0).contains(ms))
        .map(|ms| Duration::from_micros((1e3 * ms) as u64))
        .ok_or_else(|| format!("{text:?} is no time of 0.1 to 60000 milliseconds, as 33 is"))
}

impl PipelineArgs {
    /// The same as the pipeline's own settings.
    pub fn params(&self) -> PipelineParams {
        PipelineParams {
            detect_every: self.detect_every,
            budget: self.budget,
            max_people: self.max_people,
            selection: self.follow,
            tracker: TrackerParams {
                smoothing: !self.no_smoothing,
                reidentification: !self.no_reid,
            },
        }
    }
}

/// `poseglass track`
#[derive(Debug, Args)]
pub struct TrackArgs {
    /// A video, a picture, a folder of pictures, camera, camera:N or synthetic
    #[arg(value_parser = source_parser())]
    pub source: SourceSpec,
    /// What a folder of pictures does not say
    #[command(flatten)]
    pub pictures: PictureArgs,
    /// Write an annotated H.264 video without sound, whose times count from its first picture; for a single picture OUT
    /// may also be a .png or .jpg
    #[arg(long, value_name = "OUT.mp4")]
    pub video: Option<PathBuf>,
    /// Write results as FORMAT=PATH; may be given several times. Formats: jsonl, csv (a row a joint), csv-wide,
    /// coco, openpose (a folder), mot-challenge, posetrack18, and with a file a person (PATH for one, PATH with
    /// _person1, _person2, … before its ending for several) trc, trc-kinovea, mot and sto (angles for OpenSim)
    #[arg(long, value_name = "FORMAT=PATH", value_parser = export_parser())]
    pub export: Vec<(ExportFormat, PathBuf)>,
    /// How numbers over time are written
    #[command(flatten)]
    pub export_options: ExportOptionArgs,
    /// Begin at this time of the recording: seconds, m:ss or h:mm:ss; cameras cannot be searched
    #[arg(long, value_name = "T", value_parser = parse_time)]
    pub start: Option<Duration>,
    /// End before this time, counted as for --start; of a camera from its first frame on
    #[arg(long, value_name = "T", value_parser = parse_time)]
    pub end: Option<Duration>,
    /// Print the summary as JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// The nets
    #[command(flatten)]
    pub nets: NetArgs,
    /// The pipeline
    #[command(flatten)]
    pub pipeline: PipelineArgs,
}

/// `poseglass eval`
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// COCO keypoint annotations
    #[arg(long, value_name = "COCO.json")]
    pub annotations: PathBuf,
    /// The folder of the pictures that the annotations name
    #[arg(long, value_name = "DIR")]
    pub images: PathBuf,
    /// Whose boxes the pose net is given
    #[arg(long, default_value = "annotated", value_enum)]
    pub boxes: Boxes,
    /// Keep the results as a COCO results file
    #[arg(long, value_name = "OUT.json")]
    pub results: Option<PathBuf>,
    /// Print the figures as JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// The nets
    #[command(flatten)]
    pub nets: NetArgs,
}

/// Where the boxes of people come from in `poseglass eval`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Boxes {
    /// From the annotations: judges the pose net alone.
    Annotated,
    /// From the detector: judges both nets together.
    Detected,
}

/// `poseglass bench`
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// What to run on
    #[arg(value_parser = source_parser(), default_value = "synthetic")]
    pub source: SourceSpec,
    /// What a folder of pictures does not say
    #[command(flatten)]
    pub pictures: PictureArgs,
    /// Look at N people in every frame, whoever is there, instead of those found
    #[arg(long, value_name = "N", conflicts_with = "budget", value_parser = clap::value_parser!(u32).range(1..))]
    pub people: Option<u32>,
    /// Run one net alone, `detector`, `reidentifier` or a pose net's name, on pictures of its input size
    #[arg(long, value_name = "NAME", conflicts_with_all = ["source", "people", "budget"])]
    pub net: Option<String>,
    /// How many pictures `--net` gets at once
    #[arg(long, default_value_t = 1, value_name = "N", requires = "net", value_parser = clap::value_parser!(u16).range(1..=64).map(usize::from))]
    pub batch: usize,
    /// Instructions for the nets: portable, avx2, avx2-vnni, avx512, avx512-vnni or neon; the best of the processor by default
    #[arg(long, value_name = "SET")]
    pub isa: Option<InstructionSet>,
    /// Play a recording at its own speed, as a camera would, and measure how old its frames get; frames that come
    /// too fast are dropped
    #[arg(long, conflicts_with = "net")]
    pub live: bool,
    /// Measure at most N frames, after ten that warm up; of --net N runs, after six
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub frames: u64,
    /// Print the figures as JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// The nets
    #[command(flatten)]
    pub nets: NetArgs,
    /// The pipeline
    #[command(flatten)]
    pub pipeline: PipelineArgs,
}

impl BenchArgs {
    /// The nets with the instructions that were asked for.
    pub fn choice(&self) -> NetChoice {
        // as the window and cameras do it
        let mut choice = self.nets.choice(true);
        choice.processor.isa = self.isa;
        choice
    }
}

/// `poseglass doctor`
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Check these weights instead of those inside the program
    #[arg(long, value_name = "DIR")]
    pub weights: Option<PathBuf>,
    /// Print the findings as JSON on standard output
    #[arg(long)]
    pub json: bool,
}

/// `poseglass cameras`
#[derive(Debug, Args)]
pub struct CamerasArgs {
    /// Print the list as JSON on standard output
    #[arg(long)]
    pub json: bool,
}

fn source_parser() -> impl clap::builder::TypedValueParser<Value = SourceSpec> {
    OsStringValueParser::new().try_map(|typed| SourceSpec::parse(&typed))
}

/// `12.5`, `1:02.5` or `1:00:02` as a duration.
fn parse_time(typed: &str) -> Result<Duration, String> {
    let wrong = || format!("{typed:?} is no time: write seconds, m:ss or h:mm:ss");
    let parts: Vec<&str> = typed.split(':').collect();
    if 3 < parts.len() {
        return Err(wrong());
    }
    let mut secs = 0.0;
    for part in parts {
        let value: f64 = part.parse().map_err(|_no_number| wrong())?;
        if !value.is_finite() || value < 0.0 {
            return Err(wrong());
        }
        secs = 60.0 * secs + value;
    }
    Duration::try_from_secs_f64(secs).map_err(|_too_long| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_are_read() {
        assert_eq!(parse_time("12.5"), Ok(Duration::from_millis(12_500)));
        assert_eq!(parse_time("1:02.5"), Ok(Duration::from_millis(62_500)));
        assert_eq!(parse_time("1:00:02"), Ok(Duration::from_secs(3602)));
        for wrong in ["", "x", "-1", "1:2:3:4", "nan", "inf", "1e300"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_source_alone_opens_the_window() {
        let cli = Cli::try_parse_from(["poseglass", "clip.mp4"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.source, Some(SourceSpec::Path("clip.mp4".into())));
    }
}
