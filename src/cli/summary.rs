//! What a run of `track` comes to.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::cli::stages::{StageFigures, StageLog, table};
use crate::nn::load::NetsDescription;
use crate::whole_run::FrameDone;

/// Counts while the run goes on.
pub(super) struct Tally {
    pub(super) stages: StageLog,
    frames: u64,
    people: u64,
    most_people: usize,
    identities: BTreeSet<u32>,
    first_time: Option<Duration>,
    last_time: Duration,
}

/// What is printed at the end.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    source: String,
    backend: String,
    model: String,
    stacks: usize,
    frames: u64,
    dropped_frames: u64,
    /// From the first to the last frame's presentation time.
    span_secs: f64,
    people: u64,
    most_people_at_once: usize,
    identities: usize,
    elapsed_secs: f64,
    frames_per_second: f64,
    stages: Vec<StageFigures>,
    written: Vec<String>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            stages: StageLog::new(),
            frames: 0,
            people: 0,
            most_people: 0,
            identities: BTreeSet::new(),
            first_time: None,
            last_time: Duration::ZERO,
        }
    }

    pub(super) fn push(&mut self, done: &FrameDone<'_>) {
        self.stages
            .push(done.source_time, &done.times, done.write_time);
        self.frames += 1;
        self.people += done.people.len() as u64;
        self.most_people = self.most_people.max(done.people.len());
        self.identities
            .extend(done.people.iter().map(|person| person.id.0));
        self.first_time.get_or_insert(done.time);
        self.last_time = done.time;
    }

    pub(super) const fn frames(&self) -> u64 {
        self.frames
    }

    pub(super) fn summary(
        &self,
        source: &str,
        nets: &NetsDescription,
        dropped_frames: u64,
        elapsed: Duration,
        written: &[PathBuf],
    ) -> Summary {
        let elapsed_secs = elapsed.as_secs_f64();
        let rounded = |value: f64| (value * 1e3).round() / 1e3;
        Summary {
            source: source.to_owned(),
            backend: nets.backend.clone(),
            model: nets.pose.clone(),
            stacks: nets.stacks,
            frames: self.frames,
            dropped_frames,
            span_secs: rounded(
                self.last_time
                    .saturating_sub(self.first_time.unwrap_or_default())
                    .as_secs_f64(),
            ),
            people: self.people,
            most_people_at_once: self.most_people,
            identities: self.identities.len(),
            elapsed_secs: rounded(elapsed_secs),
            frames_per_second: if 0.0 < elapsed_secs {
                rounded(self.frames as f64 / elapsed_secs)
            } else {
                0.0
            },
            stages: self.stages.figures(),
            written: written
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
        }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural =
            |n: u64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        writeln!(
            f,
            "{}: {} in {:.1} s ({:.1} frames per second) on {}; {}, {} stacks",
            self.source,
            plural(self.frames, "frame", "frames"),
            self.elapsed_secs,
            self.frames_per_second,
            self.backend,
            self.model,
            self.stacks,
        )?;
        if 0 < self.dropped_frames {
            writeln!(
                f,
                "{} live frames were dropped to stay current",
                self.dropped_frames
            )?;
        }
        writeln!(
            f,
            "{}, at most {} at once, {} seen in all",
            plural(self.identities as u64, "identity", "identities"),
            plural(self.most_people_at_once as u64, "person", "people"),
            plural(self.people, "pose", "poses"),
        )?;
        write!(f, "{}", table(&self.stages))?;
        for path in &self.written {
            writeln!(f, "wrote {path}")?;
        }
        Ok(())
    }
}
