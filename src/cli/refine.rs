//! `poseglass refine`: recorded joints steadied with what came before and after.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::base::samples::median_interval_secs;
use crate::cli::convert::refuse_input_as_output;
use crate::cli::measure_args::parse_confidence;
use crate::cli::output;
use crate::export::header::RefineRow;
use crate::export::jsonl::{JsonlReader, JsonlWriter};
use crate::export::series::{pose_series, put_smoothed};
use crate::export::{FrameRow, ResultWriter as _};
use crate::refine::{
    Filter, MIN_CONFIDENCE, RefineCounts, RefineParams, filter, gaps, refine as refined,
};

/// `poseglass refine`
///
/// Works on the joints as the net saw them, and writes them unchanged beside the refined ones ("smoothed" in the
/// file). A joint that is null as the net saw it and not null as smoothed was filled; it is as sure as the less sure
/// end of its hole. A joint that is null as smoothed only was taken out: a body cannot have reached it, or the net was
/// not sure of it; where that leaves a short hole, it is filled too. In frames that do not show a person at all, nothing
/// is filled.
#[derive(Clone, Debug, clap::Args)]
pub struct RefineArgs {
    /// Results of poseglass, written with `--export jsonl=…`
    #[arg(value_name = "IN.jsonl")]
    pub input: PathBuf,
    /// Where the refined results go
    #[arg(value_name = "OUT.jsonl")]
    pub output: PathBuf,
    /// What takes the trembling away; none of them lags
    #[arg(long, default_value = "steady", value_enum)]
    pub filter: FilterKind,
    /// What is faster goes: where all but the median let half the power through; less than half of the frames per
    /// second [default: 6, or 0.4 times the frames per second where these are fewer than 15]
    #[arg(long, value_name = "HZ", value_parser = parse_cutoff)]
    pub cutoff_hz: Option<f64>,
    /// Seconds that the window of the median is long, at least twice the time between frames [default: 0.167]
    #[arg(long, value_name = "SECS", value_parser = parse_window)]
    pub window: Option<f64>,
    /// Take out joints of which the net was less sure, before holes are filled and joints are filtered; 0 keeps all
    #[arg(long, default_value_t = MIN_CONFIDENCE, value_name = "C", value_parser = parse_confidence)]
    pub min_confidence: f32,
    /// Fill holes of a joint up to this many seconds; 0 fills none
    #[arg(long, default_value_t = gaps::MAX_GAP_SECS, value_name = "SECS", value_parser = parse_gap)]
    pub max_gap: f64,
    /// Leave left and right as the net called them, as is always done below 7 frames per second: legs pass each other
    /// unseen there
    #[arg(long)]
    pub no_swap_repair: bool,
    /// Keep joints that a body cannot have reached
    #[arg(long)]
    pub no_outlier_gate: bool,
}

/// A filter without its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FilterKind {
    /// As butterworth where a joint moves, firmer where it rests
    Steady,
    /// Low-pass of order 4, forward and backward, as in biomechanics
    Butterworth,
    /// Takes single errors away and keeps edges
    Median,
    /// Low-pass that never swings over
    Gaussian,
    /// Smoothing spline, for very uneven times
    Spline,
    /// Leaves positions as they are
    None,
}

fn parse_within(typed: &str, least: f64, most: f64, example: &str) -> Result<f64, String> {
    typed
        .parse::<f64>()
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("{typed:?} is not between {least} and {most}, as {example} is"))
}

fn parse_cutoff(typed: &str) -> Result<f64, String> {
    parse_within(typed, 0.01, 1000.0, "6")
}

fn parse_window(typed: &str) -> Result<f64, String> {
    parse_within(typed, 0.001, 10.0, "0.2")
}

fn parse_gap(typed: &str) -> Result<f64, String> {
    parse_within(typed, 0.0, 60.0, "0.2")
}

impl RefineArgs {
    /// For results of so many frames per second.
    fn params(&self, rate_hz: Option<f64>) -> anyhow::Result<RefineParams> {
        anyhow::ensure!(
            self.cutoff_hz.is_none()
                || !matches!(self.filter, FilterKind::Median | FilterKind::None),
            "--cutoff-hz has no meaning for the median and for none: leave it out"
        );
        anyhow::ensure!(
            self.filter == FilterKind::Median || self.window.is_none(),
            "--window has a meaning for the median only: leave it out"
        );
        let possible_hz = rate_hz.map_or(f64::INFINITY, |rate_hz| {
            (100.0 * filter::MOST_CUTOFF_A_FRAME * rate_hz).round() / 100.0
        });
        let cutoff_hz = self.cutoff_hz.unwrap_or(filter::CUTOFF_HZ.min(possible_hz));
        let window_secs = self.window.unwrap_or(filter::WINDOW_SECS);
        Ok(RefineParams {
            swap_repair: !self.no_swap_repair,
            outlier_gate: !self.no_outlier_gate,
            min_confidence: self.min_confidence,
            max_gap_secs: self.max_gap,
            filter: match self.filter {
                FilterKind::Steady => Filter::Steady { cutoff_hz },
                FilterKind::Butterworth => Filter::Butterworth { cutoff_hz },
                FilterKind::Median => Filter::Median { window_secs },
                FilterKind::Gaussian => Filter::Gaussian { cutoff_hz },
                FilterKind::Spline => Filter::Spline { cutoff_hz },
                FilterKind::None => Filter::None,
            },
        })
    }
}

/// Reads the file, refines each person and writes the other file.
pub(super) fn refine(args: &RefineArgs) -> anyhow::Result<()> {
    args.params(None)?;
    let mut reader = JsonlReader::open(&args.input)?;
    refuse_input_as_output(&args.input, &args.output)?;
    let mut header = reader.header().clone();
    let mut rows = (&mut reader).collect::<Result<Vec<FrameRow>, _>>()?;
    let times_secs: Vec<f64> = rows.iter().map(|row| row.time_s).collect();
    let params = args.params(median_interval_secs(&times_secs).map(f64::recip))?;
    let mut counts = RefineCounts::default();
    let mut all_series = pose_series(&rows, |person| &person.keypoints);
    for series in &mut all_series {
        let (better, of_series) = refined(series, &params);
        *series = better;
        counts += of_series;
    }
    let n_without_place = put_smoothed(&mut rows, &all_series);
    header.params.smoothing = true;
    header.params.refine = Some(RefineRow::new(&params));
    let mut writer = Box::new(JsonlWriter::create(&args.output, &header)?);
    for row in &rows {
        writer.write(row)?;
    }
    writer.finish()?;
    let text = format!(
        "{} frames, {} people, written to {}\n{}",
        rows.len(),
        all_series.len(),
        args.output.display(),
        summary(&params, &counts, n_without_place),
    );
    output::print(&text).context("cannot write to standard output")
}

/// What was done, a line a step.
fn summary(params: &RefineParams, counts: &RefineCounts, n_without_place: usize) -> String {
    let mut text = String::new();
    if params.swap_repair {
        text += &format!("left and right exchanged: {} joints\n", counts.n_renamed);
    }
    if params.outlier_gate {
        text += &format!(
            "taken out: {} joints too fast for a body, {} at the end of bones too long\n",
            counts.n_too_fast, counts.n_too_long
        );
    }
    if 0.0 < params.min_confidence {
        text += &format!(
            "taken out: {} joints less sure than {}\n",
            counts.n_unsure, params.min_confidence
        );
    }
    text += &format!(
        "filled: {} joints in holes up to {} s\n",
        counts.n_filled.saturating_sub(n_without_place),
        params.max_gap_secs
    );
    text += &match (params.filter.cutoff_hz(), params.filter.window_secs()) {
        (Some(cutoff_hz), _) => format!("filter: {}, {cutoff_hz} Hz", params.filter.name()),
        (_, Some(window_secs)) => format!("filter: {}, {window_secs:.3} s", params.filter.name()),
        _ => "filter: none".to_owned(),
    };
    if 0 < counts.n_unfiltered {
        let n = counts.n_unfiltered;
        text += &match params.filter {
            Filter::Steady { cutoff_hz } | Filter::Butterworth { cutoff_hz } => format!(
                "; {n} joints left as the net saw them, in stretches too short for it or of {} frames per second or fewer \
                 (--cutoff-hz: less than half of the frames per second)",
                2.0 * cutoff_hz
            ),
            Filter::Median { .. } => format!(
                "; {n} joints left as the net saw them, in stretches of fewer than three frames or of frames further apart \
                 than half of the window (--window)"
            ),
            Filter::Gaussian { .. } | Filter::Spline { .. } | Filter::None => {
                format!("; {n} joints left as the net saw them, in stretches too short for it")
            }
        };
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::{Filter, RefineCounts, RefineParams, summary};
    use crate::cli::args::{Cli, Command};
    use clap::Parser as _;

    #[test]
    fn joints_that_no_filter_reached_come_with_what_would_help() {
        let counts = RefineCounts {
            n_unfiltered: 7,
            ..RefineCounts::default()
        };
        let said = |filter| {
            let params = RefineParams {
                filter,
                ..RefineParams::default()
            };
            summary(&params, &counts, 0)
        };
        let cutoff_hz = 6.0;
        let butterworth = said(Filter::Butterworth { cutoff_hz });
        assert!(butterworth.contains("of 12 frames per second or fewer"));
        let median = said(Filter::Median { window_secs: 0.2 });
        assert!(median.contains("7 joints left") && median.contains("(--window)"));
        // any rate will do for these
        for filter in [Filter::Gaussian { cutoff_hz }, Filter::Spline { cutoff_hz }] {
            let said = said(filter);
            assert!(said.contains("7 joints left") && !said.contains("frames per second"));
        }
    }

    #[test]
    fn the_cutoff_is_one_that_the_frames_allow() {
        let cutoff_hz = |options: &[&str], rate_hz: f64| {
            let typed = ["poseglass", "refine", "a.jsonl", "b.jsonl"];
            let cli = Cli::try_parse_from(typed.iter().chain(options)).unwrap();
            let Some(Command::Refine(args)) = cli.command else {
                unreachable!("it was typed");
            };
            args.params(Some(rate_hz)).unwrap().filter.cutoff_hz()
        };
        assert_eq!(cutoff_hz(&[], 30.0), Some(6.0));
        assert_eq!(cutoff_hz(&[], 10.0), Some(4.0));
        assert_eq!(cutoff_hz(&["--cutoff-hz", "3"], 10.0), Some(3.0));
    }
}
