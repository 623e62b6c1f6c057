//! Angles over time in OpenSim's tables, one person a file: `.mot`, which OpenSim wants evenly sampled, and `.sto`, which
//! keeps the frames' own times.
//!
//! The angles are those of [`crate::measure`], in degrees. Names have no spaces, where OpenSim ends a name. `nColumns`
//! counts the time too; Sports2D leaves it out.
//!
//! No column says which side of a person is seen, by which the sign of flexion goes: where that cannot be told, the last
//! known side counts. An angle that goes round takes the shorter way from each value to the next one within a quarter of
//! a second, whether values are missing between them or another side is seen, and counts on beyond 180 as long as its joints
//! are sure; after a longer gap, and where joints are doubted, it stays near the direction that it usually has. An angle that
//! cannot go round stays in the one turn that all of its values have.
//!
//! An angle that cannot be measured is `NaN` in a `.sto`, as OpenSim writes it. The reader behind OpenSim's tools for motions
//! (`Storage`, version 4.6) ends at the first `NaN`, so a `.mot` has none. It holds the longest stretch of time in which some
//! angle is known, never more than a quarter of a second without any: the person may come late, leave early, or be away
//! for a while. In it gaps of up to a quarter of a second are bridged, at its ends the nearest value is held, and an angle
//! with longer gaps is left out. Where none remains there is no file. The log says what is left out.

use std::ops::Range;
use std::path::Path;

use crate::base::samples::median_interval_secs;
use crate::export::person_files::{PersonFiles, resampled};
use crate::export::resample::{EVEN_WITHIN_SECS, LONGEST_BRIDGED_SECS, SampleOrigin};
use crate::export::rows::rounded;
use crate::export::{ExportError, ExportOptions, Header};
use crate::measure::{ANGLES, AngleParams, AngleSeries, VisibleSide};
use crate::types::PoseSeries;

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
    header: &Header,
    sampling: Sampling,
    options: &ExportOptions,
) -> Result<PersonFiles, ExportError> {
    let options = *options;
    PersonFiles::create(path, header, move |series, _frames, path| {
        let mut options = options;
        if sampling == Sampling::Even && options.resample_hz.is_none() {
            options.resample_hz = needed_rate_hz(&series.times_secs);
        }
        let series = resampled(series, &options, SampleOrigin::FirstFrame, path)?;
        let table = table_of(&series).with_ascending_times();
        let table = match sampling {
            Sampling::Even => table.into_motion(path),
            Sampling::AsShown => Some(table),
        };
        Ok(table.map(|table| table.text(path)))
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
    name: &'static str,
    degs: Vec<Option<f64>>,
}

fn table_of(series: &PoseSeries) -> Table {
    let params = AngleParams::default();
    let sides = VisibleSide::over_time(series, params.min_confidence);
    let sides = VisibleSide::carried(&sides);
    let measured = AngleSeries::new(series, &sides, &params);
    let angles = (ANGLES.iter().enumerate())
        .map(|(angle_idx, angle)| Column {
            name: angle.name,
            degs: measured.joined_deg(angle_idx, LONGEST_BRIDGED_SECS),
        })
        .collect();
    Table {
        times_secs: measured.times_secs,
        angles,
    }
}

impl Table {
    /// Without rows whose time does not come after that of the row before: OpenSim reads no table that has some.
    fn with_ascending_times(mut self) -> Self {
        let mut last_secs = f64::NEG_INFINITY;
        let mut kept = Vec::with_capacity(self.times_secs.len());
        for (row_idx, secs) in self.times_secs.iter().enumerate() {
            if last_secs < *secs {
                last_secs = *secs;
                kept.push(row_idx);
            }
        }
        if kept.len() < self.times_secs.len() {
            self.times_secs = kept.iter().map(|row| self.times_secs[*row]).collect();
            for column in &mut self.angles {
                column.degs = kept.iter().map(|row| column.degs[*row]).collect();
            }
        }
        self
    }

    /// What a motion can hold of it, which has no gaps; `None` where that is nothing. The log says what is left out.
    fn into_motion(mut self, path: &Path) -> Option<Self> {
        let stretches = self.known_stretches();
        let secs_of =
            |rows: &Range<usize>| self.times_secs[rows.end - 1] - self.times_secs[rows.start];
        // of equal ones `max_by` gives the last
        let longest = (stretches.iter().rev())
            .max_by(|a, b| secs_of(a).total_cmp(&secs_of(b)))
            .cloned()
            .unwrap_or_default();
        let n_left_out = self.times_secs.len() - longest.len();
        self.keep_rows(longest);
        if let (Some(first), Some(last)) = (self.times_secs.first(), self.times_secs.last())
            && 1 < stretches.len()
        {
            tracing::warn!(
                "{}: OpenSim's motions have no gaps, so of {} stretches in which angles are known only the longest was \
                 written, from {first:.3} to {last:.3} s; sto holds the others",
                path.display(),
                stretches.len()
            );
        } else if 0 < n_left_out {
            tracing::info!(
                "{}: {n_left_out} rows in which no angle is known were left out",
                path.display()
            );
        }
        let mut left_out = Vec::new();
        self.angles.retain(|column| {
            let is_whole = column.degs.iter().all(Option::is_some);
            if !is_whole {
                left_out.push(column.name);
            }
            is_whole
        });
        if self.times_secs.is_empty() || self.angles.is_empty() {
            tracing::warn!(
                "{} was not written: OpenSim's motions have no gaps, and every angle has some; sto holds them",
                path.display()
            );
            return None;
        }
        if !left_out.is_empty() {
            tracing::warn!(
                "{}: OpenSim's motions have no gaps, so these angles were left out: {}; sto holds them",
                path.display(),
                left_out.join(", ")
            );
        }
        Some(self)
    }

    /// Where rows in which some angle is known follow each other within a quarter of a second.
    fn known_stretches(&self) -> Vec<Range<usize>> {
        let mut stretches: Vec<Range<usize>> = Vec::new();
        for (row_idx, secs) in self.times_secs.iter().enumerate() {
            if (self.angles.iter()).all(|column| column.degs[row_idx].is_none()) {
                continue;
            }
            match stretches.last_mut() {
                // neighbors belong together, however far apart pictures are
                Some(last)
                    if last.end == row_idx
                        || secs - self.times_secs[last.end - 1] <= LONGEST_BRIDGED_SECS =>
                {
                    last.end = row_idx + 1;
                }
                _ => stretches.push(row_idx..row_idx + 1),
            }
        }
        stretches
    }

    /// Keeps these rows only, and fills their short gaps.
    fn keep_rows(&mut self, rows: Range<usize>) {
        self.times_secs = self.times_secs[rows.clone()].to_vec();
        for column in &mut self.angles {
            column.degs = column.degs[rows.clone()].to_vec();
            column.bridge(&self.times_secs);
            column.hold_ends(&self.times_secs);
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
            text.push_str(&format!("\t{}", column.name));
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

    /// Holds the first value before it and the last one after it, as far as they are near enough in time.
    fn hold_ends(&mut self, times_secs: &[f64]) {
        let ends = (self.degs.iter().position(Option::is_some))
            .zip(self.degs.iter().rposition(Option::is_some))
            .zip(times_secs.first().zip(times_secs.last()));
        let Some(((first, last), (start_secs, end_secs))) = ends else {
            return;
        };
        if times_secs[first] - start_secs <= LONGEST_BRIDGED_SECS {
            let held = self.degs[first];
            self.degs[..first].fill(held);
        }
        if end_secs - times_secs[last] <= LONGEST_BRIDGED_SECS {
            let held = self.degs[last];
            self.degs[last..].fill(held);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An angle with these values every tenth of a second, with its short gaps filled; NaN where there is none.
    fn filled(degs: &[f64]) -> Vec<f64> {
        let times_secs: Vec<f64> = (0..degs.len()).map(|i| 0.1 * i as f64).collect();
        let mut table = table(&times_secs, &[degs]);
        table.keep_rows(0..degs.len());
        let degs = table.angles[0].degs.iter();
        degs.map(|deg| deg.unwrap_or(GAP)).collect()
    }

    /// Angles over time; NaN where there is none.
    fn table(times_secs: &[f64], angles: &[&[f64]]) -> Table {
        let angles = (angles.iter().zip(["right_knee", "left_knee"]))
            .map(|(degs, name)| Column {
                name,
                degs: (degs.iter())
                    .map(|deg| Some(*deg).filter(|deg| !deg.is_nan()))
                    .collect(),
            })
            .collect();
        Table {
            times_secs: times_secs.to_vec(),
            angles,
        }
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
        let found = filled(&[0.0, GAP, 2.0, 3.0, GAP, GAP, 6.0]);
        assert_near(&found, &[0.0, 1.0, 2.0, 3.0, GAP, GAP, 6.0]);
    }

    #[test]
    fn short_gaps_at_the_ends_are_held_and_others_stay() {
        let found = filled(&[GAP, GAP, 2.0, 3.0, GAP]);
        assert_near(&found, &[2.0, 2.0, 2.0, 3.0, 3.0]);
        let found = filled(&[GAP, GAP, GAP, 3.0, GAP, GAP, GAP]);
        assert_near(&found, &[GAP, GAP, GAP, 3.0, GAP, GAP, GAP]);
        assert_near(&filled(&[GAP, GAP]), &[GAP, GAP]);
    }

    #[test]
    fn a_motion_is_the_longest_stretch_in_which_some_angle_is_known() {
        let secs: Vec<f64> = (0..12).map(|i| 0.1 * i as f64).collect();
        let table_of_two = |left_knee: f64| {
            let right = [GAP, 1.0, 1.0, GAP, GAP, GAP, 6.0, 7.0, GAP, 9.0, GAP, GAP];
            let mut left = right;
            left[7] = left_knee;
            left[9] = left_knee;
            left[6] = left_knee;
            table(&secs, &[&right, &left])
        };
        let path = Path::new("walk.mot");
        let motion = table_of_two(5.0).into_motion(path).unwrap();
        assert_eq!(motion.times_secs, secs[6..10]);
        assert_eq!(motion.angles.len(), 2);
        // an angle that is there at other times only
        let motion = table_of_two(GAP).into_motion(path).unwrap();
        assert_eq!(motion.times_secs, secs[6..10]);
        let names: Vec<&str> = motion.angles.iter().map(|column| column.name).collect();
        assert_eq!(names, ["right_knee"]);
    }

    #[test]
    fn of_frames_at_the_same_time_the_first_counts() {
        let times_secs = [0.0, 0.04, 0.04, 0.02, 0.08];
        let table = table(&times_secs, &[&[1.0, 2.0, 3.0, 4.0, 5.0]]).with_ascending_times();
        assert_eq!(table.times_secs, [0.0, 0.04, 0.08]);
        assert_eq!(table.angles[0].degs, [Some(1.0), Some(2.0), Some(5.0)]);
    }

    #[test]
    fn pictures_far_apart_are_one_stretch() {
        let motion = table(&[0.0, 1.0, 2.0], &[&[1.0, 2.0, 3.0]]);
        let motion = motion.into_motion(Path::new("walk.mot")).unwrap();
        assert_eq!(motion.times_secs, [0.0, 1.0, 2.0]);
    }

    #[test]
    fn there_is_no_motion_where_every_angle_has_a_gap() {
        let path = Path::new("walk.mot");
        let secs = [0.0, 0.2, 0.4, 0.6, 0.8];
        let right = [1.0, 1.0, GAP, GAP, GAP];
        let left = [GAP, GAP, 1.0, 1.0, 1.0];
        assert!(table(&secs, &[&right, &left]).into_motion(path).is_none());
        assert!(table(&secs, &[&[GAP; 5]]).into_motion(path).is_none());
        assert!(table(&[], &[&[]]).into_motion(path).is_none());
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
