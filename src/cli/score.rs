//! `poseglass score`: the figures of a results file that any program wrote.

use std::path::PathBuf;

use anyhow::Context as _;

use super::output;
use crate::eval::{GroundTruth, Results, evaluate, report};

/// `poseglass score`
#[derive(Clone, Debug, clap::Args)]
pub struct ScoreArgs {
    /// Labeled people, in the format of COCO's `person_keypoints_val2017.json`
    #[arg(long, value_name = "COCO.json")]
    pub annotations: PathBuf,

    /// Poses to judge, in the format of COCO keypoint results
    #[arg(long, value_name = "RESULTS.json")]
    pub results: PathBuf,

    /// Print the figures as JSON
    #[arg(long)]
    pub json: bool,
}

/// Compares the two files and prints the figures.
pub fn score(args: &ScoreArgs) -> anyhow::Result<()> {
    let ground_truth = GroundTruth::read(&args.annotations)?;
    let results = Results::read(&args.results)?;
    let figures = evaluate(&ground_truth, &results).with_context(|| {
        format!(
            "{} does not fit {}",
            args.results.display(),
            args.annotations.display()
        )
    })?;
    let text = if args.json {
        report::json(&figures)?
    } else {
        report::table(&figures)
    };
    output::print(&text).context("cannot write to standard output")
}
