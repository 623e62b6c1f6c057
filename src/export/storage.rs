//! Angles over time in OpenSim's tables, one person a file: `.mot`, which OpenSim wants evenly sampled, and `.sto`, which
//! keeps the frames' own times.
//!
//! The angles are those of [`crate::measure`], in degrees; between stretches without gaps they may step, and within one
//! they go on beyond 180. Names have no spaces, where OpenSim ends a name. `nColumns` counts the time too; Sports2D leaves
//! it out.
//!
//! An angle that cannot be measured is `NaN` in a `.sto`, as OpenSim writes it. The reader behind OpenSim's tools for motions
//! (`Storage`, version 4.6) ends at the first `NaN`, so a `.mot` has none: short gaps are bridged, and an angle with longer
//! ones is left out. The log says which.

use std::path::Path;

use crate::base::samples::median_interval_secs;
use crate::export::person_files::{PersonFiles, resampled};
use crate::export::resample::LONGEST_BRIDGED_SECS;
use crate::export::rows::rounded;
use crate::export::{ExportError, ExportOptions};
use crate::measure::{ANGLES, AngleParams, AngleSeries, VisibleSide};
use crate::types::PoseSeries;

/// Times this near to even ones are even: some containers keep whole milliseconds.
const EVEN_WITHIN_SECS: f64 = 1e-3;

/// When the rows of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// `.mot`: at a constant rate.
    Even,
    /// `.sto`: when the frames were shown.
    AsShown,
}

/// Writes angle files; finds out whether they can be made, and makes them at the end.
pub(super) fn writer(
    path: &Path,
    sampling: Sampling,
    options: &ExportOptions,
) -> Result<PersonFiles, ExportError> {
    let options = *options;
    PersonFiles::create(path, move |series, path| {
        let mut options = options;
        if sampling == Sampling::Even && options.resample_hz.is_none() {
            options.resample_hz = needed_rate_hz(&series.times_secs);
        }
        let series = resampled(series, &options, path)?;
        let mut table = table_of(&series);
        if sampling == Sampling::Even {
            table.leave_out_gaps(path);
        }
        Ok(table.text(path))
    })
}

/// The rate to which times have to be brought to be even, that of the median interval; `None` where they are even.
fn needed_rate_hz(times_secs: &[f64]) -> Option<f64> {
    let median = median_interval_secs(times_secs)?;
    let (first, last) = (times_secs.first()?, times_secs.last()?);
    let mean = (last - first) / (times_secs.len() - 1) as f64;
    let is_even = (times_secs.iter().enumerate())
        .all(|(i, time)| (time - first - i as f64 * mean).abs() <= EVEN_WITHIN_SECS);
    (!is_even).then_some(1.0 / median)
}

/// A file's columns.
struct Table {
    times_secs: Vec<f64>,
    /// Name and degrees of each angle.
    angles: Vec<(&'static str, Vec<Option<f64>>)>,
}

fn table_of(series: &PoseSeries) -> Table {
    let params = AngleParams::default();
    let sides = VisibleSide::over_time(series, params.min_confidence);
    let measured = AngleSeries::new(series, &sides, &params);
    let angles = (ANGLES.iter().enumerate())
        .map(|(angle_idx, angle)| (angle.name, measured.angle_deg(angle_idx)))
        .collect();
    Table {
        times_secs: measured.times_secs,
        angles,
    }
}

impl Table {
    /// Keeps only angles that are there in every row, after short gaps were bridged.
    fn leave_out_gaps(&mut self, path: &Path) {
        let mut left_out = Vec::new();
        for (name, values) in &mut self.angles {
            bridge(&self.times_secs, values);
            if values.iter().any(Option::is_none) {
                left_out.push(*name);
            }
        }
        self.angles.retain(|(name, _)| !left_out.contains(name));
        if !left_out.is_empty() {
            tracing::warn!(
                "{}: OpenSim's motions have no gaps, so these angles were left out: {}; sto holds them",
                path.display(),
                left_out.join(", ")
            );
        }
    }

    fn text(&self, path: &Path) -> String {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut text = format!(
            "{name}\nversion=1\nnRows={}\nnColumns={}\ninDegrees=yes\n\nendheader\ntime",
            self.times_secs.len(),
            1 + self.angles.len()
        );
        for (name, _) in &self.angles {
            text.push_str(&format!("\t{name}"));
        }
        text.push('\n');
        for (row_idx, time_secs) in self.times_secs.iter().enumerate() {
            text.push_str(&rounded(*time_secs, 1e6).to_string());
            for (_, values) in &self.angles {
                match values[row_idx] {
                    // thousandths of a degree are far below what joints a hundredth of a pixel apart tell
                    Some(deg) => text.push_str(&format!("\t{}", rounded(deg, 1e3))),
                    None => text.push_str("\tNaN"),
                }
            }
            text.push('\n');
        }
        text
    }
}

/// Draws a line across each gap between two values that are near enough in time.
fn bridge(times_secs: &[f64], values: &mut [Option<f64>]) {
    let mut before: Option<(usize, f64)> = None;
    for i in 0..values.len() {
        let Some(after) = values[i] else {
            continue;
        };
        if let Some((start, from)) = before {
            let secs = times_secs[i] - times_secs[start];
            if secs <= LONGEST_BRIDGED_SECS {
                for k in start + 1..i {
                    let share = (times_secs[k] - times_secs[start]) / secs;
                    values[k] = Some(from + share * (after - from));
                }
            }
        }
        before = Some((i, after));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_gaps_are_bridged_and_others_stay() {
        let times = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
        let mut values = [None, Some(1.0), None, Some(3.0), None, None, Some(6.0)];
        bridge(&times, &mut values);
        let [first, .., a, b, last] = values;
        assert_eq!([first, a, b, last], [None, None, None, Some(6.0)]);
        assert!((values[2].unwrap() - 2.0).abs() < 1e-9);
    }

    #[test]
    fn times_in_whole_milliseconds_are_even_and_dropped_frames_are_not() {
        let thirtieths = [0.0, 0.033, 0.067, 0.1, 0.133, 0.167, 0.2];
        assert_eq!(needed_rate_hz(&thirtieths), None);
        let dropped = [0.0, 0.04, 0.08, 0.16, 0.2, 0.24];
        let rate_hz = needed_rate_hz(&dropped).unwrap();
        assert!((rate_hz - 25.0).abs() < 1e-9, "{rate_hz}");
        for few in [&[][..], &[1.0], &[1.0, 2.0], &[1.0, 1.0]] {
            assert_eq!(needed_rate_hz(few), None, "{few:?}");
        }
    }
}
