//! TRC as Kinovea's importer of Sports2D files takes it, one person a file.
//!
//! The importer multiplies x by 1000 and y by -1000 to get pixels, so positions are thousandths of pixels with y
//! upwards. It wants the 22 markers of Sports2D's Halpe26, a number in every field, and no empty line; and it stops five rows
//! before the end, so five more repeat the last row. The format cannot hold a missing value, therefore others
//! stand in: toes and heels, which the nets do not know, are at the ankle, and the top of the
//! head is at the nose. A joint that was not found stays where it was last (or will be first), and one that is never found is where the
//! joint before it on the way to the hips is. The log says how many.
//!
//! It leaves numbers and times of the rows alone: row n is shown on the video's picture n (`MetadataImporterSports2D`).
//! So there is a row for every picture from the first one on, before the first sight and where the results pass a
//! frame over too. The video is the recording, or the one that `track` writes, which has a picture for each row: a
//! camera's results have no other, and after `--start` it begins later. At a constant rate row n is n intervals after
//! the first picture.

use std::path::Path;

use crate::export::every_picture::{from_first_picture, without_holes};
use crate::export::markers::{HIP, Marker, NECK};
use crate::export::person_files::{PersonFiles, resampled};
use crate::export::trc::{Row, Table, stated_rate_hz};
use crate::export::{ExportError, ExportOptions, Header};
use crate::skeleton::joint;
use crate::source::SourceKind;
use crate::types::{Pose, PoseSeries};

/// What a marker is called, where it sits if COCO's joints can tell, and where in the list the marker is that stands in
/// if they cannot.
type HalpeMarker = (&'static str, Option<Marker>, usize);

const R_ANKLE: usize = 3;
const L_ANKLE: usize = 9;

/// Sports2D's markers in its order.
const MARKERS: [HalpeMarker; 22] = [
    ("Hip", Some(HIP), 0),
    ("RHip", Some(Marker::Joint(joint::RIGHT_HIP)), 0),
    ("RKnee", Some(Marker::Joint(joint::RIGHT_KNEE)), 1),
    ("RAnkle", Some(Marker::Joint(joint::RIGHT_ANKLE)), 2),
    ("RBigToe", None, R_ANKLE),
    ("RSmallToe", None, R_ANKLE),
    ("RHeel", None, R_ANKLE),
    ("LHip", Some(Marker::Joint(joint::LEFT_HIP)), 0),
    ("LKnee", Some(Marker::Joint(joint::LEFT_KNEE)), 7),
    ("LAnkle", Some(Marker::Joint(joint::LEFT_ANKLE)), 8),
    ("LBigToe", None, L_ANKLE),
    ("LSmallToe", None, L_ANKLE),
    ("LHeel", None, L_ANKLE),
    ("Neck", Some(NECK), 0),
    ("Head", None, 15),
    ("Nose", Some(Marker::Joint(joint::NOSE)), 13),
    ("RShoulder", Some(Marker::Joint(joint::RIGHT_SHOULDER)), 13),
    ("RElbow", Some(Marker::Joint(joint::RIGHT_ELBOW)), 16),
    ("RWrist", Some(Marker::Joint(joint::RIGHT_WRIST)), 17),
    ("LShoulder", Some(Marker::Joint(joint::LEFT_SHOULDER)), 13),
    ("LElbow", Some(Marker::Joint(joint::LEFT_ELBOW)), 19),
    ("LWrist", Some(Marker::Joint(joint::LEFT_WRIST)), 20),
];

/// How many rows at the end the importer does not read.
const UNREAD_ROWS: usize = 5;

/// Writes marker files for Kinovea; finds out whether they can be made, and makes them at the end.
pub(super) fn writer(
    path: &Path,
    header: &Header,
    options: &ExportOptions,
) -> Result<PersonFiles, ExportError> {
    let (options, fps_nominal) = (*options, header.source.fps_nominal);
    let one_picture_a_row =
        options.one_picture_a_row || header.source.kind == SourceKind::Camera.name();
    PersonFiles::create(path, move |series, rows, path| {
        let series = from_first_picture(series, rows, one_picture_a_row);
        let series = if options.resample_hz.is_none() && !one_picture_a_row {
            without_holes(&series, path)?
        } else {
            resampled(&series, &options, path)?
        };
        let rate_hz = stated_rate_hz(&series.times_secs, fps_nominal);
        let Filled {
            columns,
            n_unseen,
            n_held,
        } = filled(&series);
        tracing::info!(
            "{}: Kinovea wants a number in every field: toes and heels stand at the ankles, the top of the head at \
             the nose, and {n_held} positions that were not found are held from other frames or joints; {n_unseen} \
             rows come before the first sight, since row 1 is the first picture of {}",
            path.display(),
            if one_picture_a_row {
                "the video that track writes"
            } else {
                "the recording"
            }
        );
        Ok(table_of(&series, &columns, rate_hz).text(path))
    })
}

/// A position in every frame for every marker.
struct Filled {
    /// `[marker][frame]`, x and y in pixels.
    columns: Vec<Vec<[f64; 2]>>,
    /// How many frames come before the first sight.
    n_unseen: usize,
    /// How many positions COCO's joints could have given since then and did not.
    n_held: usize,
}

fn filled(series: &PoseSeries) -> Filled {
    let is_seen = |pose: &Pose| pose.found().next().is_some();
    let n_unseen = series.poses.iter().position(is_seen).unwrap_or_default();
    let mut n_held = 0;
    let mut columns: Vec<Option<Vec<[f64; 2]>>> = MARKERS
        .iter()
        .map(|(_, marker, _)| {
            let marker = (*marker)?;
            let found: Vec<Option<[f64; 2]>> = series
                .poses
                .iter()
                .map(|pose| {
                    let at = marker.position(pose)?;
                    Some([f64::from(at.x), f64::from(at.y)])
                })
                .collect();
            n_held += found[n_unseen..].iter().filter(|at| at.is_none()).count();
            held(&found)
        })
        .collect();
    // the root of all stand-ins: the middle of the body, which is somewhere or there would be no file
    let middles: Vec<Option<[f64; 2]>> = series
        .poses
        .iter()
        .map(|pose| {
            let center = pose.bounds(0.0)?.center();
            Some([f64::from(center.x), f64::from(center.y)])
        })
        .collect();
    if columns[0].is_none() {
        columns[0] = held(&middles);
    }
    // a marker stands in only once it has a place itself; the way to the hips has at most four steps
    while columns.iter().any(Option::is_none) {
        let before = columns.clone();
        for (column, (_, _, stand_in)) in columns.iter_mut().zip(MARKERS) {
            if column.is_none() {
                column.clone_from(&before[stand_in]);
            }
        }
        if columns == before {
            break;
        }
    }
    Filled {
        columns: columns.into_iter().flatten().collect(),
        n_unseen,
        n_held,
    }
}

/// Each gap filled with the value before it, the first one with the value after it; `None` where there is no value.
fn held(found: &[Option<[f64; 2]>]) -> Option<Vec<[f64; 2]>> {
    let mut last = found.iter().flatten().next().copied()?;
    let filled = found.iter().map(|at| {
        last = at.unwrap_or(last);
        last
    });
    Some(filled.collect())
}

fn table_of(series: &PoseSeries, columns: &[Vec<[f64; 2]>], rate_hz: f64) -> Table<'static> {
    let mut rows: Vec<Row> = (series.frames.iter().zip(&series.times_secs))
        .enumerate()
        .map(|(row_idx, (frame, time_secs))| Row {
            frame: *frame,
            time_secs: *time_secs,
            positions: columns
                .iter()
                .map(|column| {
                    let [x, y] = column[row_idx];
                    // + 0.0 makes 0 of -0
                    Some([x / 1e3, y / -1e3 + 0.0, 0.0])
                })
                .collect(),
        })
        .collect();
    for _ in 0..UNREAD_ROWS {
        let Some(last) = rows.last() else {
            break;
        };
        let repeated = Row {
            frame: last.frame + 1,
            time_secs: last.time_secs + 1.0 / rate_hz,
            positions: last.positions.clone(),
        };
        rows.push(repeated);
    }
    Table {
        rate_hz,
        // what Sports2D writes, though it is none
        unit: "m",
        markers: MARKERS.map(|(name, _, _)| name).to_vec(),
        rows,
        // hundredths of a pixel
        decimals: 5,
    }
}
