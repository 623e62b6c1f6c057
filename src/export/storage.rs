//! Angles over time in OpenSim's tables, one person a file: `.mot`, which OpenSim wants evenly sampled, and `.sto`, which
//! keeps the frames' own times.
//!
//! The angles are those of [`crate::measure`], in degrees. Names have no spaces, where OpenSim ends a name. `nColumns`
//! counts the time too; Sports2D leaves it out.
//!
//! No column says which side of a person is seen, by which the sign of flexion goes: where that cannot be told, the last
//! known side counts. An angle that goes round takes the shorter way from each value to the next one within a quarter of
//! a second, whether values are missing between them or another side is seen, and counts on beyond 180; after a longer
//! gap turns are counted anew. An angle that cannot go round stays in the one turn that all of its values have.
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
use crate::measure::angle_table::AngleDefinition;
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
    PersonFiles::create(path, move |series, _rows, path| {
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
    angles: Vec<Column>,
}

/// An angle over time.
struct Column {
    angle: AngleDefinition,
    degs: Vec<Option<f64>>,
}

fn table_of(series: &PoseSeries) -> Table {
    let params = AngleParams::default();
    let sides = VisibleSide::over_time(series, params.min_confidence);
    let sides = VisibleSide::carried(&sides);
    let measured = AngleSeries::new(series, &sides, &params);
    let angles = (ANGLES.iter().enumerate())
        .map(|(angle_idx, angle)| {
            let mut column = Column {
                angle: *angle,
                degs: measured.angle_deg(angle_idx),
            };
            column.join_turns(&measured.times_secs);
            column
        })
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
        for column in &mut self.angles {
            column.bridge(&self.times_secs);
            if column.degs.iter().any(Option::is_none) {
                left_out.push(column.angle.name);
            }
        }
        self.angles
            .retain(|column| !left_out.contains(&column.angle.name));
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
        for column in &self.angles {
            text.push_str(&format!("\t{}", column.angle.name));
        }
        text.push('\n');
        for (row_idx, time_secs) in self.times_secs.iter().enumerate() {
            text.push_str(&rounded(*time_secs, 1e6).to_string());
            for column in &self.angles {
                match column.degs[row_idx] {
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

impl Column {
    /// Brings the values into turns that go on from one to the next, for they were measured stretch by stretch: each
    /// gap and each change of the visible side begins a new one.
    fn join_turns(&mut self, times_secs: &[f64]) {
        if !self.angle.goes_round {
            self.gather();
            return;
        }
        let period_deg = self.angle.period_deg;
        let mut before: Option<(f64, f64)> = None;
        for (deg, secs) in self.degs.iter_mut().zip(times_secs) {
            let Some(deg) = deg else {
                continue;
            };
            if let Some((from_secs, from)) = before
                && secs - from_secs <= LONGEST_BRIDGED_SECS
            {
                *deg += ((from - *deg) / period_deg).round() * period_deg;
            }
            before = Some((*secs, *deg));
        }
    }

    /// Draws a line across each gap between two values that are near enough in time.
    fn bridge(&mut self, times_secs: &[f64]) {
        let mut before: Option<(usize, f64)> = None;
        for i in 0..self.degs.len() {
            let Some(to) = self.degs[i] else {
                continue;
            };
            if let Some((start, from)) = before
                && times_secs[i] - times_secs[start] <= LONGEST_BRIDGED_SECS
            {
                let secs = times_secs[i] - times_secs[start];
                for k in start + 1..i {
                    let share = (times_secs[k] - times_secs[start]) / secs;
                    self.degs[k] = Some(from + share * (to - from));
                }
            }
            before = Some((i, to));
        }
    }

    /// Brings each run of values without a jump into the turn about the direction that all values have on average.
    ///
    /// Joined as those that go round, errors of a hinge would add up to turns.
    fn gather(&mut self) {
        let period_deg = self.angle.period_deg;
        let (sin, cos) = (self.degs.iter().flatten()).fold((0.0, 0.0), |(sin, cos), deg| {
            let (s, c) = deg.to_radians().sin_cos();
            (sin + s, cos + c)
        });
        let middle = f64::atan2(sin, cos).to_degrees();
        // where another side is seen, a run goes on in another turn without any gap
        let runs = self.degs.chunk_by_mut(|a, b| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() <= 0.5 * period_deg,
            _ => a.is_some() == b.is_some(),
        });
        for run in runs {
            let mean = run.iter().flatten().sum::<f64>() / run.len() as f64;
            let shift = ((middle - mean) / period_deg).round() * period_deg;
            for deg in run.iter_mut().flatten() {
                *deg += shift;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An angle with these values every tenth of a second, joined and bridged; NaN where there is none.
    fn bridged(name: &str, degs: &[f64]) -> Vec<f64> {
        let times_secs: Vec<f64> = (0..degs.len()).map(|i| 0.1 * i as f64).collect();
        let mut column = Column {
            angle: *ANGLES.iter().find(|angle| angle.name == name).unwrap(),
            degs: degs
                .iter()
                .map(|deg| Some(*deg).filter(|deg| !deg.is_nan()))
                .collect(),
        };
        column.join_turns(&times_secs);
        column.bridge(&times_secs);
        column
            .degs
            .into_iter()
            .map(|deg| deg.unwrap_or(f64::NAN))
            .collect()
    }

    fn assert_near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            let is_near = (found - expected).abs() < 1e-9;
            assert!(
                is_near || (found.is_nan() && expected.is_nan()),
                "{found}, {expected}"
            );
        }
    }

    const GAP: f64 = f64::NAN;

    #[test]
    fn short_gaps_are_bridged_and_others_stay() {
        for name in ["right_arm", "right_knee"] {
            let found = bridged(name, &[GAP, 1.0, GAP, 3.0, GAP, GAP, 6.0]);
            assert_near(&found, &[GAP, 1.0, 2.0, 3.0, GAP, GAP, 6.0]);
        }
    }

    #[test]
    fn what_goes_round_takes_the_shorter_way_across_a_gap_and_counts_on() {
        let found = bridged("right_arm", &[-178.0, GAP, 178.0, 170.0, GAP, 90.0, 80.0]);
        assert_near(
            &found,
            &[-178.0, -180.0, -182.0, -190.0, -230.0, -270.0, -280.0],
        );
        // a line without direction
        let found = bridged("pelvis", &[85.0, GAP, -85.0, GAP, 85.0]);
        assert_near(&found, &[85.0, 90.0, 95.0, 90.0, 85.0]);
    }

    #[test]
    fn what_goes_round_counts_on_without_a_gap_and_anew_after_a_long_one() {
        let found = bridged("right_arm", &[170.0, 175.0, -175.0, -100.0, 10.0]);
        assert_near(&found, &[170.0, 175.0, 185.0, 260.0, 370.0]);
        let found = bridged("right_arm", &[175.0, -175.0, GAP, GAP, -175.0]);
        assert_near(&found, &[175.0, 185.0, GAP, GAP, -175.0]);
    }

    #[test]
    fn a_hinge_stays_in_one_turn_where_a_stretch_ends_without_a_gap() {
        let found = bridged("right_knee", &[178.0, 178.0, -179.0, 178.0]);
        assert_near(&found, &[178.0, 178.0, 181.0, 178.0]);
        // but folded as far as that, it is no jump
        let found = bridged("right_knee", &[0.0, 60.0, 120.0, 190.0, 120.0, 60.0, 0.0]);
        assert_near(&found, &[0.0, 60.0, 120.0, 190.0, 120.0, 60.0, 0.0]);
    }

    #[test]
    fn a_hinge_stays_in_one_turn_however_many_gaps_it_has() {
        let found = bridged("right_knee", &[-178.0, GAP, 178.0, GAP, 178.0]);
        assert_near(&found, &[182.0, 180.0, 178.0, 178.0, 178.0]);
        // found elsewhere again and again, always round the same way
        let elsewhere = [10.0, GAP, 130.0, GAP, -110.0, GAP].repeat(20);
        let found = bridged("right_elbow", &[elsewhere, vec![10.0]].concat());
        assert!(found.iter().all(|deg| deg.abs() < 180.0));
        assert_near(&found[120..], &[10.0]);
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
