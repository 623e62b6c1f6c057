//! `poseglass eval`: the nets on labeled pictures, judged as COCO does.

use std::path::Path;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::args::{Boxes, EvalArgs};
use crate::cli::convert::refuse_input_as_output;
use crate::cli::output;
use crate::eval::{GroundTruth, Results, evaluate, report};
use crate::export::check_file;
use crate::geom::{BBox, Image};
use crate::nn::{self, Nets};
use crate::pipeline::PoseEstimator;
use crate::seam::PersonDetector as _;
use crate::source::{self, SourceSpec};
use crate::track::without_duplicates;
use crate::types::PersonPose;
use crate::whole_run::warn_of_less;

/// Joints at least this sure make a person's score, as is usual for heatmap nets
/// (`HRNet`'s `tools/test.py` with `IN_VIS_THRE` 0.2).
const MIN_COUNTED_CONFIDENCE: f32 = 0.2;

/// The detector keeps boxes down to this score here: average precision wants unsure ones too. Those below 0.2 are four
/// times as many and change it by less than .001 (`training/RESULTS.md`, detector and pose net together).
const MIN_DETECTION_SCORE: f32 = 0.2;

/// Runs the nets on every picture and prints the figures.
pub(super) fn eval(args: &EvalArgs) -> anyhow::Result<()> {
    if let Some(results) = &args.results {
        refuse_input_as_output(&args.annotations, results)?;
        refuse_input_as_output(&args.images, results)?;
        check_file(results)?;
    }
    let ground_truth = GroundTruth::read(&args.annotations)?;
    let category = ground_truth.person_category()?.clone();
    check_pictures(&ground_truth, &args.images)?;
    let mut choice = args.nets.choice(false);
    choice.detector.min_score = MIN_DETECTION_SCORE;
    let Nets {
        mut detector,
        pose,
        description,
        ..
    } = nn::load(&choice)?;
    warn_of_less(&choice, &description);
    detector.set_mirror(description.flip_test);
    tracing::info!("{description}");
    let mut estimator = PoseEstimator::new(pose);
    let mut results = Results::default();
    let progress = ProgressBar::new(ground_truth.images().len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} pictures, {eta} left") {
        progress.set_style(style);
    }
    for image in ground_truth.images() {
        let path = image.path_in(&args.images)?;
        let frame = source::open(&SourceSpec::Path(path.clone()))?
            .next_frame()?
            .with_context(|| format!("{} holds no picture", path.display()))?;
        let boxes: Vec<(BBox<Image>, f32)> = match args.boxes {
            Boxes::Annotated => ground_truth
                .annotated_people(image)
                .map(|person| (person.bbox, 1.0))
                .collect(),
            Boxes::Detected => detector
                .detect(&frame.image)?
                .into_iter()
                .map(|detection| (detection.bbox, detection.score))
                .collect(),
        };
        let only_boxes: Vec<BBox<Image>> = boxes.iter().map(|(bbox, _)| *bbox).collect();
        let estimate = estimator.poses(&frame.image, &only_boxes)?;
        let people = boxes
            .iter()
            .zip(estimate.poses)
            .map(|((bbox, box_score), pose)| PersonPose {
                bbox: *bbox,
                score: box_score * pose.mean_found_confidence(MIN_COUNTED_CONFIDENCE),
                pose,
            })
            .collect();
        let people = match args.boxes {
            // each of them is somebody
            Boxes::Annotated => people,
            Boxes::Detected => without_duplicates(people),
        };
        for person in &people {
            results.push(&image.id, &category, &person.pose, person.score);
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    // where the results cannot be kept, their figures are told all the same
    let kept = args
        .results
        .as_deref()
        .map_or(Ok(()), |path| results.write(path));
    let figures = evaluate(&ground_truth, &results)?;
    let text = if args.json {
        report::json(&figures)?
    } else {
        report::table(&figures)
    };
    output::print(&text).context("cannot write to standard output")?;
    kept?;
    Ok(())
}

/// Finds out before the work whether all pictures are there.
fn check_pictures(ground_truth: &GroundTruth, folder: &Path) -> anyhow::Result<()> {
    let mut missing = Vec::new();
    for image in ground_truth.images() {
        let path = image.path_in(folder)?;
        if !path.is_file() {
            missing.push(path);
        }
    }
    if let Some(first) = missing.first() {
        anyhow::bail!(
            "{} of {} pictures are missing, {} is the first: check --images",
            missing.len(),
            ground_truth.images().len(),
            first.display()
        );
    }
    Ok(())
}
