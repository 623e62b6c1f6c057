//! Reading TRC: this program's own files and those of Sports2D and Pose2Sim.
//!
//! Markers are joints by their names; those that COCO does not have, and Hip and Neck, which are derived, are passed
//! over. The format has no confidences: every marker that is there counts 1. The box is around the joints.

use std::collections::BTreeMap;
use std::path::Path;

use crate::export::ReadError;
use crate::export::foreign::{ForeignPerson, ForeignResults};
use crate::export::markers::joint_of;
use crate::export::person_files::{files_of, person_of};
use crate::export::reader::text_of;
use crate::export::rows::KeypointRow;
use crate::export::trc::{FIRST_CELL, PIXELS};
use crate::export::trc_people::number_alike;
use crate::skeleton::N_JOINTS;

const FORMAT: &str = "TRC file";

/// In the names of Sports2D's files that are in pixels, though they say `m`.
const PIXELS_IN_NAME: &str = "_px";

/// Lines above the rows: type, names of the facts, facts, markers, axes.
const HEAD_LINES: usize = 5;

/// A file's rows.
struct MarkerFile {
    unit: String,
    rows: Vec<MarkerRow>,
}

/// A frame of a file.
pub(super) struct MarkerRow {
    pub(super) frame: u64,
    pub(super) time_secs: f64,
    /// x and y of each joint that the file has, as they stand there.
    pub(super) joints: [Option<[f64; 2]>; N_JOINTS],
}

/// Reads a file, or where it is not there the files of several people that were written in its place.
///
/// A file in meters needs to know how large a pixel is.
pub(super) fn read(
    path: &Path,
    meters_per_pixel: Option<f64>,
) -> Result<ForeignResults, ReadError> {
    let mut files = files_of(path);
    if files.is_empty() {
        // so that the error names it
        files.push(path.to_owned());
    }
    let mut people = Vec::with_capacity(files.len());
    let mut scales = Vec::with_capacity(files.len());
    for path in &files {
        let file = MarkerFile::read(path)?;
        scales.push(scale_of(&file.unit, path, meters_per_pixel)?);
        people.push(file.rows);
    }
    let is_numbered_anew = number_alike(&mut people).map_err(|other_times| {
        let [one, other] = other_times.0.map(|place| files[place].clone());
        ReadError::OtherTimes { one, other }
    })?;
    if is_numbered_anew {
        tracing::warn!(
            "the files of the people of {} do not mean the same times by the same numbers, as those of earlier versions that \
             were brought to a constant rate: frames were numbered anew, by their times",
            path.display()
        );
    }
    let mut results = ForeignResults::default();
    for ((place, path), (rows, scale)) in
        (files.iter().enumerate()).zip(people.into_iter().zip(scales))
    {
        let id = person_of(path).unwrap_or(place as u32 + 1);
        for row in rows {
            results.add_frame(row.frame, Some(row.time_secs));
            let keypoints = row.joints.map(|joint| {
                let [x, y] = joint?;
                Some([x * scale[0], y * scale[1], 1.0])
            });
            if keypoints != [KeypointRow::None; N_JOINTS] {
                let person = ForeignPerson {
                    id: Some(id),
                    score: None,
                    bbox: None,
                    keypoints,
                };
                results.add_person(row.frame, person);
            }
        }
    }
    Ok(results)
}

/// Pixels in a unit of the file, along x and y.
fn scale_of(unit: &str, path: &Path, meters_per_pixel: Option<f64>) -> Result<[f64; 2], ReadError> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    if unit == PIXELS || name.contains(PIXELS_IN_NAME) {
        return Ok([1.0, 1.0]);
    }
    let meters_per_unit = match unit {
        "m" => Some(1.0),
        "cm" => Some(1e-2),
        "mm" => Some(1e-3),
        _ => None,
    };
    let pixels_per_unit = meters_per_unit
        .zip(meters_per_pixel)
        .map(|(per_unit, per_pixel)| per_unit / per_pixel);
    match pixels_per_unit {
        // y goes up there
        Some(pixels) => Ok([pixels, -pixels]),
        None => Err(ReadError::NotInPixels {
            path: path.to_owned(),
            unit: unit.to_owned(),
        }),
    }
}

impl MarkerFile {
    fn read(path: &Path) -> Result<Self, ReadError> {
        let text = text_of(path)?;
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<Vec<&str>> = text
            .lines()
            .map(|line| line.split('\t').map(str::trim).collect())
            .collect();
        let invalid = |line: usize, reason: String| ReadError::Invalid {
            path: path.to_owned(),
            format: FORMAT,
            place: format!("line {}", line + 1),
            reason,
        };
        let [kind, names, facts, markers, _axes] = lines
            .first_chunk::<HEAD_LINES>()
            .ok_or_else(|| invalid(lines.len(), "the head of five lines ends here".to_owned()))?;
        if kind.first() != Some(&FIRST_CELL) {
            return Err(invalid(0, format!("it does not begin with {FIRST_CELL}")));
        }
        let unit = names
            .iter()
            .position(|name| *name == "Units")
            .and_then(|place| facts.get(place))
            .ok_or_else(|| invalid(2, "it states no Units".to_owned()))?;
        // each name stands above the first of its three columns
        let columns: BTreeMap<usize, usize> = markers
            .iter()
            .enumerate()
            .filter_map(|(column, name)| Some((joint_of(name)?, column)))
            .collect();
        if columns.is_empty() {
            let reason = "none of its markers is a joint as Sports2D names them: RHip, LKnee, …";
            return Err(invalid(3, reason.to_owned()));
        }
        let rows = (lines.iter().enumerate().skip(HEAD_LINES))
            .filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()))
            .map(|(line, cells)| {
                MarkerRow::parse(cells, &columns).map_err(|reason| invalid(line, reason))
            })
            .collect::<Result<Vec<MarkerRow>, ReadError>>()?;
        let n_stated = (names.iter())
            .position(|name| *name == "NumFrames")
            .and_then(|place| facts.get(place)?.parse::<usize>().ok());
        if let Some(n_stated) = n_stated
            && rows.len() < n_stated
        {
            tracing::warn!(
                "{} says that it has {n_stated} frames and has {}: it may be cut off",
                path.display(),
                rows.len()
            );
        }
        Ok(Self {
            unit: (*unit).to_owned(),
            rows,
        })
    }
}

impl MarkerRow {
    /// `columns` holds the first column of each joint; the error is what is wrong with the row.
    fn parse(cells: &[&str], columns: &BTreeMap<usize, usize>) -> Result<Self, String> {
        let number = |column: usize| number_of(cells.get(column).copied().unwrap_or_default());
        let frame = number(0)?
            .filter(|frame| 0.0 <= *frame && frame.fract() == 0.0 && *frame < u64::MAX as f64)
            .ok_or("its first field is no frame number")?;
        let time_secs = number(1)?
            .filter(|secs| 0.0 <= *secs)
            .ok_or("its second field is no time")?;
        let mut joints = [None; N_JOINTS];
        for (joint, column) in columns {
            joints[*joint] = match (number(*column)?, number(column + 1)?) {
                (Some(x), Some(y)) => Some([x, y]),
                _ => None,
            };
        }
        Ok(Self {
            frame: frame as u64,
            time_secs,
            joints,
        })
    }
}

/// `None` is a missing value: an empty field, or `NaN`.
fn number_of(cell: &str) -> Result<Option<f64>, String> {
    if cell.is_empty() {
        return Ok(None);
    }
    match cell.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Some(number)),
        Ok(number) if number.is_nan() => Ok(None),
        _ => Err(format!("{cell:?} is no number")),
    }
}
