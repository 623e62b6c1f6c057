//! `poseglass bench`: where the time goes, stage by stage.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;

use crate::base::timing::Stopwatch;
use crate::base::worker::StopFlag;
use crate::cli::args::BenchArgs;
use crate::cli::bench_net::bench_net;
use crate::cli::frames::Frames;
use crate::cli::output;
use crate::cli::stages::{StageFigures, StageLog, table};
use crate::geom::{BBox, Image};
use crate::nn::{self, CandleDetector, Nets};
use crate::pipeline::{Pipeline, PoseEstimator};
use crate::seam::{NetError, PersonDetector as _, PoseNet};
use crate::types::{Frame, StageTimes};
use crate::whole_run::warn_of_less;

/// Frames before the measuring begins: caches fill, threads start.
const WARM_UP: u64 = 10;

/// Works on a frame; gives the times and how many people were looked at.
type Work = Box<dyn FnMut(Frame) -> Result<(StageTimes, usize), NetError>>;

/// What is printed.
#[derive(Debug, Serialize)]
struct BenchReport {
    source: String,
    size: [usize; 2],
    backend: String,
    model: String,
    stacks: usize,
    detect_every: u32,
    frames: u64,
    /// Poses estimated, over all measured frames.
    poses: u64,
    frames_per_second: f64,
    /// Without reading the source: what inference alone could keep up with.
    inference_frames_per_second: f64,
    /// Of a live source: frames that came while another was worked on.
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped_frames: Option<u64>,
    stages: Vec<StageFigures>,
}

/// Runs the source through the pipeline and prints the times.
pub(super) fn bench(args: &BenchArgs) -> anyhow::Result<()> {
    let source = args.pictures.source(args.source.clone())?;
    if let Some(net) = &args.net {
        return bench_net(net, args);
    }
    let choice = args.choice();
    let Nets {
        detector,
        pose,
        reidentifier,
        description,
        pose_loader: _,
    } = nn::load(&choice)?;
    warn_of_less(&choice, &description);
    let params = args.pipeline.params();
    let detect_every = params.detect_every;
    let mut work: Work = if let Some(n) = args.people {
        fixed_people(detector, pose, n as usize, detect_every)
    } else {
        let mut pipeline = Pipeline::new(Box::new(detector), pose, params)
            .with_reidentifier(reidentifier.map(|net| Box::new(net) as _));
        Box::new(move |frame| {
            let result = pipeline.process(frame)?;
            Ok((result.times, result.people.len()))
        })
    };
    let stop = StopFlag::default();
    let mut frames_in = if args.live {
        Frames::live(&source, stop)?
    } else {
        Frames::open(&source, stop)?
    };
    let is_live = frames_in.is_live();
    let mut log = StageLog::new();
    let mut stopwatch = Stopwatch::start();
    let mut began = Instant::now();
    let mut inference = Duration::ZERO;
    let (mut frames, mut poses, mut warmed_up) = (0, 0, 0);
    while frames < args.frames {
        stopwatch.lap();
        let Some(frame) = frames_in.source().next_frame()? else {
            break;
        };
        let source_time = stopwatch.lap();
        let captured_at = frame.captured_at;
        let (times, n_people) = work(frame)?;
        let age = captured_at.elapsed();
        if warmed_up < WARM_UP {
            warmed_up += 1;
            began = Instant::now();
            continue;
        }
        frames += 1;
        poses += n_people as u64;
        inference += times.total();
        // waiting for a camera is no work
        let source_time = if is_live { Duration::ZERO } else { source_time };
        log.push(source_time, &times, None);
        if is_live {
            log.push_age(age);
        }
    }
    anyhow::ensure!(
        0 < frames,
        "{source} has too few frames to measure: more than {WARM_UP} are needed"
    );
    let per_second = |elapsed: Duration| {
        (frames as f64 / elapsed.as_secs_f64().max(1e-9) * 100.0).round() / 100.0
    };
    let report = BenchReport {
        source: source.to_string(),
        size: frames_in.source().info().size,
        backend: description.backend,
        model: description.pose,
        stacks: description.stacks,
        detect_every,
        frames,
        poses,
        frames_per_second: per_second(began.elapsed()),
        inference_frames_per_second: per_second(inference),
        dropped_frames: is_live.then(|| frames_in.dropped()),
        stages: log.figures(),
    };
    let text = if args.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else {
        let dropped = report
            .dropped_frames
            .map_or_else(String::new, |n| format!(", {n} dropped"));
        format!(
            "{} ({}x{}) on {}; {}, {} stacks; detector every {} frames\n{}\
             {} frames, {} poses: {} frames per second, inference alone {}{dropped}\n",
            report.source,
            report.size[0],
            report.size[1],
            report.backend,
            report.model,
            report.stacks,
            report.detect_every,
            table(&report.stages),
            report.frames,
            report.poses,
            report.frames_per_second,
            report.inference_frames_per_second,
        )
    };
    output::print(&text).context("cannot write to standard output")
}

/// The cost of `n` people in every frame, whoever is there: boxes side by side, the detector every few frames.
fn fixed_people(
    mut detector: CandleDetector,
    pose: Box<dyn PoseNet>,
    n: usize,
    detect_every: u32,
) -> Work {
    let mut estimator = PoseEstimator::new(pose);
    // as a pipeline does it
    detector.set_mirror(estimator.has_mirror());
    let mut frames_left = 0;
    Box::new(move |frame| {
        let mut times = StageTimes::default();
        if frames_left == 0 {
            frames_left = detect_every;
            let mut stopwatch = Stopwatch::start();
            detector.detect(&frame.image)?;
            times.detect = Some(stopwatch.lap());
        }
        frames_left -= 1;
        let [width, height] = frame.image.size().map(|side| side as f32);
        let box_width = width / n as f32;
        let boxes: Vec<BBox<Image>> = (0..n)
            .map(|idx| BBox::from_xywh([idx as f32 * box_width, 0.0, box_width, height]))
            .collect();
        let estimate = estimator.poses(&frame.image, &boxes)?;
        times.crop = estimate.crop_time;
        times.pose = estimate.net_time;
        times.decode = estimate.decode_time;
        Ok((times, n))
    })
}
