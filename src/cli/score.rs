//! `poseglass score`: the figures of a results file that any program wrote.

use std::path::PathBuf;

use anyhow::Context as _;

use super::output;
use crate::eval::{
    GroundTruth, JointParams, Reach, Results, Tracks, evaluate, evaluate_joints, evaluate_tracks,
    report,
};

/// `poseglass score`
#[derive(Clone, Debug, clap::Args)]
pub struct ScoreArgs {
    /// What is right: labeled people in the format of COCO's `person_keypoints_val2017.json`, with its joints in its
    /// order; for `mot` a MOTChallenge file
    #[arg(long, value_name = "FILE")]
    pub annotations: PathBuf,

    /// What to judge: poses in the format of COCO keypoint results, for `mot` a MOTChallenge file
    #[arg(long, value_name = "FILE")]
    pub results: PathBuf,

    /// Which figures
    #[arg(long, default_value = "oks", value_enum)]
    pub metric: Metric,

    /// How far off a joint may be for `pck` (in longer sides of the box, 0.2 by default) and `pckh` (in heads, 0.5)
    #[arg(long, value_name = "SHARE", value_parser = parse_alpha)]
    pub alpha: Option<f64>,

    /// Print the figures as JSON
    #[arg(long)]
    pub json: bool,
}

/// Which figures `poseglass score` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Metric {
    /// COCO's ten keypoint figures, equal to pycocotools
    Oks,
    /// Share of joints within a share of the person's box
    Pck,
    /// Share of joints within a share of the head; annotations need `head_rect`
    Pckh,
    /// MOTA, IDF1 and more for tracks, equal to motmetrics
    Mot,
}

fn parse_alpha(typed: &str) -> Result<f64, String> {
    typed
        .parse::<f64>()
        .ok()
        .filter(|alpha| alpha.is_finite() && 0.0 < *alpha)
        .ok_or_else(|| format!("{typed:?} is no share, as in 0.2"))
}

/// Compares the two files and prints the figures.
pub fn score(args: &ScoreArgs) -> anyhow::Result<()> {
    let text = match args.metric {
        Metric::Oks => {
            refuse_alpha(args)?;
            let (ground_truth, results) = read_poses(args)?;
            let figures = evaluate(&ground_truth, &results).with_context(|| comparison(args))?;
            if args.json {
                report::json(&figures)?
            } else {
                report::table(&figures)
            }
        }
        Metric::Pck => score_joints(args, Reach::Box)?,
        Metric::Pckh => score_joints(args, Reach::Head)?,
        Metric::Mot => {
            refuse_alpha(args)?;
            let ground_truth = Tracks::read_ground_truth(&args.annotations)?;
            let results = Tracks::read_results(&args.results)?;
            let figures = evaluate_tracks(&ground_truth, &results);
            if args.json {
                report::json(&figures)?
            } else {
                report::track_table(&figures)
            }
        }
    };
    output::print(&text).context("cannot write to standard output")
}

fn score_joints(args: &ScoreArgs, reach: Reach) -> anyhow::Result<String> {
    let (ground_truth, results) = read_poses(args)?;
    let usual = JointParams::usual(reach);
    let params = JointParams {
        alpha: args.alpha.unwrap_or(usual.alpha),
        ..usual
    };
    let figures =
        evaluate_joints(&ground_truth, &results, &params).with_context(|| comparison(args))?;
    Ok(if args.json {
        report::json(&figures)?
    } else {
        report::joint_table(&figures)
    })
}

fn read_poses(args: &ScoreArgs) -> anyhow::Result<(GroundTruth, Results)> {
    Ok((
        GroundTruth::read(&args.annotations)?,
        Results::read(&args.results)?,
    ))
}

fn refuse_alpha(args: &ScoreArgs) -> anyhow::Result<()> {
    anyhow::ensure!(
        args.alpha.is_none(),
        "--alpha has a meaning for --metric pck and pckh only: leave it out"
    );
    Ok(())
}

fn comparison(args: &ScoreArgs) -> String {
    format!(
        "cannot judge {} by {}",
        args.results.display(),
        args.annotations.display()
    )
}
