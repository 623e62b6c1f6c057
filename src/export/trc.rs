//! TRC: a table of markers over time for OpenSim, Sports2D and Pose2Sim, one person a file; what writes it.
//!
//! In pixels it is as Sports2D's `_px` files are: x right, y down, z 0. In meters y goes up, as OpenSim wants it, from
//! the top edge of the picture, so that y is negative. Hip and Neck are derived, as the middles of hips and shoulders.
//! A marker that was not found, or of which the net was not sure, has empty fields. At a constant rate rows are at
//! multiples of the interval since time 0 and have their numbers: a number is the same time in everyone's file. OpenSim's
//! documentation has an empty line before the first row; its reader does without, and so do Sports2D and Kinovea, so it is
//! left out.

use std::path::Path;

use crate::export::markers::MARKERS;
use crate::export::person_files::{PersonFiles, resampled};
use crate::export::resample::{SampleOrigin, mean_rate_hz};
use crate::export::{ExportError, ExportOptions, Header};
use crate::types::PoseSeries;

/// What begins every TRC file.
pub(super) const FIRST_CELL: &str = "PathFileType";

/// The unit that pixel files name; Sports2D calls its pixels `m`.
pub(super) const PIXELS: &str = "px";

/// The rate that a single frame states where the source has none: any would do.
const RATE_OF_ONE_FRAME_HZ: f64 = 1.0;

/// A file's table.
pub(super) struct Table<'a> {
    /// Frames per second that the head states; rows have their own times.
    pub(super) rate_hz: f64,
    /// Unit of the positions.
    pub(super) unit: &'static str,
    /// Names of the markers.
    pub(super) markers: Vec<&'a str>,
    /// Frame, time in seconds and a position for each marker.
    pub(super) rows: Vec<Row>,
    /// Digits after the decimal point of positions.
    pub(super) decimals: usize,
}

/// A line of a table.
pub(super) struct Row {
    /// Index of the frame.
    pub(super) frame: u64,
    /// Presentation time.
    pub(super) time_secs: f64,
    /// x, y, z of each marker; `None` is an empty field.
    pub(super) positions: Vec<Option<[f64; 3]>>,
}

impl Table<'_> {
    /// The file's text; `path` gives the name that stands in it.
    ///
    /// Where fields are empty all lines of the table end in a tab: OpenSim 4.6 loses the last field of a line that
    /// ends in an empty one, and pandas wants all lines alike.
    pub(super) fn text(&self, path: &Path) -> String {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (n_rows, n_markers) = (self.rows.len(), self.markers.len());
        let (rate_hz, unit) = (self.rate_hz, self.unit);
        let first_frame = self.rows.first().map_or(0, |row| row.frame);
        let is_full = (self.rows.iter()).all(|row| row.positions.iter().all(Option::is_some));
        let line_end = if is_full { "\n" } else { "\t\n" };
        let mut text = format!(
            "{FIRST_CELL}\t4\t(X/Y/Z)\t{name}\n\
             DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n\
             {rate_hz}\t{rate_hz}\t{n_rows}\t{n_markers}\t{unit}\t{rate_hz}\t{first_frame}\t{n_rows}\n\
             Frame#\tTime"
        );
        for marker in &self.markers {
            text.push_str(&format!("\t{marker}\t\t"));
        }
        text.push_str(line_end);
        text.push('\t');
        for number in 1..=n_markers {
            text.push_str(&format!("\tX{number}\tY{number}\tZ{number}"));
        }
        text.push_str(line_end);
        for row in &self.rows {
            text.push_str(&format!(
                "{}\t{}",
                row.frame,
                in_microseconds(row.time_secs)
            ));
            for position in &row.positions {
                let decimals = self.decimals;
                match position {
                    Some([x, y, z]) => {
                        text.push_str(&format!("\t{x:.decimals$}\t{y:.decimals$}\t{z:.decimals$}"));
                    }
                    None => text.push_str("\t\t\t"),
                }
            }
            text.push_str(line_end);
        }
        text
    }
}

/// Frames per second for the head: the mean of the rows, or what the source states for a single row.
pub(super) fn stated_rate_hz(times_secs: &[f64], fps_nominal: Option<f64>) -> f64 {
    let rate_hz = mean_rate_hz(times_secs)
        .or(fps_nominal.filter(|rate_hz| rate_hz.is_finite() && 0.0 < *rate_hz))
        .unwrap_or(RATE_OF_ONE_FRAME_HZ);
    // no more than times in microseconds can tell
    let rounded_hz = (1e3 * rate_hz).round() / 1e3;
    // readers divide by it, and more than half an hour may lie between two frames of a time-lapse
    if 0.0 < rounded_hz {
        rounded_hz
    } else {
        rate_hz
    }
}

fn in_microseconds(secs: f64) -> f64 {
    (1e6 * secs).round() / 1e6
}

/// Writes marker files; finds out whether they can be made, and makes them at the end.
pub(super) fn writer(
    path: &Path,
    header: &Header,
    options: &ExportOptions,
) -> Result<PersonFiles, ExportError> {
    let (options, fps_nominal) = (*options, header.source.fps_nominal);
    PersonFiles::create(path, header, move |series, _frames, path| {
        let series = resampled(series, &options, SampleOrigin::TimeZero, path)?;
        let rate_hz = stated_rate_hz(&series.times_secs, fps_nominal);
        let table = table_of(&series, options.meters_per_pixel, rate_hz);
        Ok(Some(table.text(path)))
    })
}

fn table_of(series: &PoseSeries, meters_per_pixel: Option<f64>, rate_hz: f64) -> Table<'static> {
    // hundredths of a pixel are what results keep, micrometers are less than that
    let (unit, scale, decimals) = match meters_per_pixel {
        None => (PIXELS, [1.0, 1.0], 2),
        Some(meters) => ("m", [meters, -meters], 6),
    };
    let rows = (series.frames.iter().zip(&series.times_secs))
        .zip(&series.poses)
        .map(|((frame, time_secs), pose)| Row {
            frame: *frame,
            time_secs: *time_secs,
            positions: MARKERS
                .map(|(_, marker)| {
                    let at = marker.position(pose)?;
                    // + 0.0 makes 0 of -0
                    let along = |pixels, scale| f64::from(pixels) * scale + 0.0;
                    Some([along(at.x, scale[0]), along(at.y, scale[1]), 0.0])
                })
                .to_vec(),
        })
        .collect();
    Table {
        rate_hz,
        unit,
        markers: MARKERS.map(|(name, _)| name).to_vec(),
        rows,
        decimals,
    }
}
