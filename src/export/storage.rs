//! Angles over time in OpenSim's tables, one person a file: `.mot`, which OpenSim wants evenly sampled, and `.sto`, which
//! keeps the frames' own times.
//!
//! The angles are those of [`crate::measure`], in degrees; between stretches without gaps they may step, and within one
//! they go on beyond 180. Names have no spaces, where OpenSim ends a name. An angle that cannot be measured is `NaN`, as
//! OpenSim writes it. `nColumns` counts the time too; Sports2D leaves it out.

use std::path::Path;

use crate::export::person_files::{PersonFiles, resampled};
use crate::export::rows::{FrameRow, rounded};
use crate::export::{ExportError, ExportOptions, ResultWriter};
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

/// Writes angle files.
#[derive(Debug)]
pub struct StorageWriter {
    files: PersonFiles,
    options: ExportOptions,
    sampling: Sampling,
}

impl StorageWriter {
    /// Finds out whether the files can be made; they are written at the end.
    pub fn create(
        path: &Path,
        sampling: Sampling,
        options: &ExportOptions,
    ) -> Result<Self, ExportError> {
        Ok(Self {
            files: PersonFiles::create(path)?,
            options: *options,
            sampling,
        })
    }
}

impl ResultWriter for StorageWriter {
    fn write(&mut self, row: &FrameRow) -> Result<(), ExportError> {
        self.files.push(row);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), ExportError> {
        let Self {
            files,
            options,
            sampling,
        } = *self;
        files.write(|series, path| {
            let mut options = options;
            if sampling == Sampling::Even && options.resample_hz.is_none() {
                options.resample_hz = needed_rate_hz(&series.times_secs);
            }
            let series = resampled(series, &options, path)?;
            Ok(text_of(&angles_of(&series), path))
        })
    }
}

/// The rate to which times have to be brought to be even, that of the median interval; `None` where they are even.
fn needed_rate_hz(times_secs: &[f64]) -> Option<f64> {
    let mut intervals: Vec<f64> = times_secs
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .filter(|interval| 0.0 < *interval)
        .collect();
    intervals.sort_by(f64::total_cmp);
    let median = *intervals.get(intervals.len() / 2)?;
    let (first, last) = (times_secs.first()?, times_secs.last()?);
    let mean = (last - first) / (times_secs.len() - 1) as f64;
    let is_even = (times_secs.iter().enumerate())
        .all(|(i, time)| (time - first - i as f64 * mean).abs() <= EVEN_WITHIN_SECS);
    (!is_even).then_some(1.0 / median)
}

fn angles_of(series: &PoseSeries) -> AngleSeries {
    let params = AngleParams::default();
    let sides = VisibleSide::over_time(series, params.min_confidence);
    AngleSeries::new(series, &sides, &params)
}

fn text_of(angles: &AngleSeries, path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut text = format!(
        "{name}\nversion=1\nnRows={}\nnColumns={}\ninDegrees=yes\n\nendheader\ntime",
        angles.times_secs.len(),
        1 + ANGLES.len()
    );
    for angle in ANGLES {
        text.push_str(&format!("\t{}", angle.name));
    }
    text.push('\n');
    for (time_secs, row) in angles.times_secs.iter().zip(&angles.angles_deg) {
        text.push_str(&rounded(*time_secs, 1e6).to_string());
        for deg in row {
            match deg {
                // thousandths of a degree are far below what joints a hundredth of a pixel apart tell
                Some(deg) => text.push_str(&format!("\t{}", rounded(*deg, 1e3))),
                None => text.push_str("\tNaN"),
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

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
