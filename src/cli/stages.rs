//! Collects the times of all frames of a run, stage by stage.

use std::time::Duration;

use serde::Serialize;

use crate::base::timing::RollingDurations;
use crate::types::StageTimes;

/// Enough for the quantiles of a ten-minute video; of longer ones the end counts.
const KEPT: usize = 20_000;

/// Times of each stage over a run.
pub(super) struct StageLog {
    source: RollingDurations,
    detect: RollingDurations,
    crop: RollingDurations,
    pose: RollingDurations,
    decode: RollingDurations,
    track: RollingDurations,
    write: RollingDurations,
    frame: RollingDurations,
    age: RollingDurations,
}

/// Median and 95th percentile of one stage, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct StageFigures {
    pub(super) stage: &'static str,
    /// How many frames had this stage.
    pub(super) frames: usize,
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
}

impl StageLog {
    pub(super) fn new() -> Self {
        let log = || RollingDurations::with_capacity(KEPT);
        Self {
            source: log(),
            detect: log(),
            crop: log(),
            pose: log(),
            decode: log(),
            track: log(),
            write: log(),
            frame: log(),
            age: log(),
        }
    }

    /// Adds a frame: reading it, working on it, writing it.
    pub(super) fn push(&mut self, source: Duration, times: &StageTimes, write: Option<Duration>) {
        self.source.push(source);
        if let Some(detect) = times.detect {
            self.detect.push(detect);
        }
        self.crop.push(times.crop);
        self.pose.push(times.pose);
        self.decode.push(times.decode);
        self.track.push(times.track);
        if let Some(write) = write {
            self.write.push(write);
        }
        self.frame
            .push(source + times.total() + write.unwrap_or_default());
    }

    /// Adds how old a live frame was when its result was there.
    pub(super) fn push_age(&mut self, age: Duration) {
        self.age.push(age);
    }

    /// The stages that ran, in their order; `frame` is all of them together, `age` counts from the capture.
    pub(super) fn figures(&self) -> Vec<StageFigures> {
        [
            ("source", &self.source),
            ("detect", &self.detect),
            ("crop", &self.crop),
            ("pose", &self.pose),
            ("decode", &self.decode),
            ("track", &self.track),
            ("write", &self.write),
            ("frame", &self.frame),
            ("age", &self.age),
        ]
        .into_iter()
        .filter_map(|(stage, durations)| {
            let ms = |q| durations.quantile(q).map(milliseconds);
            Some(StageFigures {
                stage,
                frames: durations.len(),
                p50_ms: ms(0.5)?,
                p95_ms: ms(0.95)?,
            })
        })
        .collect()
    }
}

/// To a microsecond.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// The figures as a table for people.
pub(super) fn table(figures: &[StageFigures]) -> String {
    let mut text = format!("{:>10} {:>10} {:>10}\n", "stage", "p50 ms", "p95 ms");
    for figures in figures {
        text += &format!(
            "{:>10} {:>10.2} {:>10.2}\n",
            figures.stage, figures.p50_ms, figures.p95_ms
        );
    }
    text
}
