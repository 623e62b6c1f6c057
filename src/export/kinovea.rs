//! TRC as Kinovea's importer of Sports2D files takes it, one person a file.
//!
//! The importer multiplies x by 1000 and y by -1000 to get pixels, so positions are thousandths of pixels with y
//! upwards. It wants the 22 markers of Sports2D's Halpe26, a number in every field, and no empty line; and it stops five rows
//! before the end, so five more repeat the last row. The format cannot hold a missing value, therefore others
//! stand in: toes and heels, which the nets do not know, are at the ankle, and the top of the
//! head is at the nose. A joint that was not found stays where it was last (or will be first), and one that is never found is where the
//! joint before it on the way to the hips is. In frames that the results pass over joints go straight, up to a quarter of a
//! second. The log says how many are held.
//!
//! It leaves numbers and times of the rows alone (`MetadataImporterSports2D`): row n is drawn n mean intervals of the video
//! after its first picture, which is on picture n only where pictures come evenly. So there is a row for every picture from
//! the first one on, before the first sight and where the results pass a frame over too; and where pictures come unevenly,
//! there are as many rows, each with what is seen n mean intervals after the first picture. The video is the recording, or
//! the one that `track` writes, which has a picture for each row: a camera's results have no other, and after `--start` it
//! begins later. At a rate that the user states row n is n intervals of that rate after the first picture.

use std::path::Path;

use crate::export::every_picture::{from_first_picture, rate_of_uneven_hz, without_holes};
use crate::export::markers::{HIP, Marker, NECK};
use crate::export::person_files::{PersonFiles, check_rate};
use crate::export::resample::{LONGEST_BRIDGED_SECS, SAME_TIME_SHARE, SampleOrigin, samples};
use crate::export::series::SeenFrame;
use crate::export::trc::{Row, Table, stated_rate_hz};
use crate::export::{ExportError, ExportOptions, Header};
use crate::measure::landmarks::MIN_CONFIDENCE;
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
    PersonFiles::create(path, header, move |series, frames, path| {
        let rows = VideoRows::new(series, frames, &options, one_picture_a_row, path)?;
        tracing::info!(
            "{}: Kinovea wants a number in every field: toes and heels stand at the ankles, the top of the head at \
             the nose, and {} positions that were not found are held from other frames or joints; {} rows come \
             before the first sight, since row 1 is the first picture of {}",
            path.display(),
            rows.n_held,
            rows.n_unseen,
            if one_picture_a_row {
                "the video that track writes"
            } else {
                "the recording"
            }
        );
        let rate_hz = stated_rate_hz(&rows.times_secs, fps_nominal);
        Ok(Some(table_of(&rows, rate_hz).text(path)))
    })
}

/// A position in every row for every marker.
struct VideoRows {
    /// The number of each row.
    frames: Vec<u64>,
    /// When it is, in the video's times.
    times_secs: Vec<f64>,
    /// `[marker][row]`, x and y in pixels.
    columns: Vec<Vec<[f64; 2]>>,
    /// How many rows come before the first sight.
    n_unseen: usize,
    /// How many positions COCO's joints could have given in the frames since then and did not.
    n_held: usize,
}

impl VideoRows {
    fn new(
        series: &PoseSeries,
        frames: &[SeenFrame],
        options: &ExportOptions,
        one_picture_a_row: bool,
        path: &Path,
    ) -> Result<Self, ExportError> {
        let series = from_first_picture(series, frames, one_picture_a_row);
        let first_secs = series.times_secs.first().copied().unwrap_or_default();
        let rate_hz = options
            .resample_hz
            .or_else(|| rate_of_uneven_hz(first_secs, frames, one_picture_a_row));
        match rate_hz {
            Some(rate_hz) => {
                let origin = SampleOrigin::FirstFrame;
                check_rate(&series.times_secs, rate_hz, origin, path)?;
                Ok(Self::of_frames(&series).at_rate(rate_hz, origin))
            }
            None if one_picture_a_row => Ok(Self::of_frames(&series)),
            None => Ok(Self::of_frames(&without_holes(&series, path)?)),
        }
    }

    /// A row for each frame.
    fn of_frames(series: &PoseSeries) -> Self {
        let is_seen = |pose: &Pose| pose.bounds(MIN_CONFIDENCE).is_some();
        let n_unseen = series.poses.iter().position(is_seen).unwrap_or_default();
        let (columns, n_held) = filled(series, n_unseen);
        Self {
            frames: series.frames.clone(),
            times_secs: series.times_secs.clone(),
            columns,
            n_unseen,
            n_held,
        }
    }

    /// Rows at a constant rate. Gaps are filled before, so that whoever is seen between two rows only is not lost.
    fn at_rate(self, rate_hz: f64, origin: SampleOrigin) -> Self {
        let (frames, times_secs) = samples(&self.times_secs, rate_hz, origin);
        let same_secs = SAME_TIME_SHARE / rate_hz;
        let columns: Vec<Vec<[f64; 2]>> = (self.columns.iter())
            .map(|column| {
                (times_secs.iter())
                    .map(|secs| position_at(&self.times_secs, column, *secs, same_secs))
                    .collect()
            })
            .collect();
        let first_seen_secs = self.times_secs.get(self.n_unseen).copied();
        let n_unseen = times_secs
            .iter()
            .take_while(|secs| first_seen_secs.is_some_and(|first| **secs + same_secs < first))
            .count();
        Self {
            frames,
            times_secs,
            columns,
            n_unseen,
            n_held: self.n_held,
        }
    }
}

/// Where a marker is at a time: between two frames in proportion, or as in the earlier one where they are further apart
/// than a quarter of a second. A frame that comes up to `same_secs` later is there already.
fn position_at(times_secs: &[f64], column: &[[f64; 2]], secs: f64, same_secs: f64) -> [f64; 2] {
    let after_idx = times_secs.partition_point(|at| *at <= secs + same_secs);
    let place = |frame_idx: usize| Some((*times_secs.get(frame_idx)?, *column.get(frame_idx)?));
    let before = after_idx.checked_sub(1).and_then(place);
    match (before, place(after_idx)) {
        (Some((from, a)), Some((to, b))) if to - from <= LONGEST_BRIDGED_SECS => {
            let share = ((secs - from) / (to - from)).clamp(0.0, 1.0);
            [0, 1].map(|axis: usize| a[axis] + share * (b[axis] - a[axis]))
        }
        (Some((_, at)), _) | (None, Some((_, at))) => at,
        (None, None) => [0.0; 2],
    }
}

/// The columns of a series in which nobody is seen in the first `n_unseen` frames, and how many positions are held since.
fn filled(series: &PoseSeries, n_unseen: usize) -> (Vec<Vec<[f64; 2]>>, usize) {
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
            let center = pose.bounds(MIN_CONFIDENCE)?.center();
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
    (columns.into_iter().flatten().collect(), n_held)
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

fn table_of(rows: &VideoRows, rate_hz: f64) -> Table<'static> {
    let mut table_rows: Vec<Row> = (rows.frames.iter().zip(&rows.times_secs))
        .enumerate()
        .map(|(row_idx, (frame, time_secs))| Row {
            frame: *frame,
            time_secs: *time_secs,
            positions: (rows.columns.iter())
                .map(|column| {
                    let [x, y] = column[row_idx];
                    // + 0.0 makes 0 of -0
                    Some([x / 1e3, y / -1e3 + 0.0, 0.0])
                })
                .collect(),
        })
        .collect();
    for _ in 0..UNREAD_ROWS {
        let Some(last) = table_rows.last() else {
            break;
        };
        let repeated = Row {
            frame: last.frame.saturating_add(1),
            time_secs: last.time_secs + 1.0 / rate_hz,
            positions: last.positions.clone(),
        };
        table_rows.push(repeated);
    }
    Table {
        rate_hz,
        // what Sports2D writes, though it is none
        unit: "m",
        markers: MARKERS.map(|(name, _, _)| name).to_vec(),
        rows: table_rows,
        // hundredths of a pixel
        decimals: 5,
    }
}
