//! What `poseglass measure` found out, with units in the names.

use serde::Serialize;

use crate::cli::measure::JointKind;
use crate::cli::measure_args::MeasureArgs;
use crate::cli::measure_gait::GaitReport;
use crate::measure::angle_table::AngleKind;
use crate::measure::calibration::ScaleSource;
use crate::measure::repetitions::{LONGEST_GAP_SECS, Repetition};
use crate::measure::spread::quantile;
use crate::measure::{
    ANGLES, AngleSeries, BodyHeight, Floor, Gait, NOT_MEASURED, Repetitions, Scale, VisibleSide,
};
use crate::types::{Pose, PoseSeries};

/// What angles mean where the person is seen from the front or from behind.
const FRONTAL_NOTE: &str = "where neither side is seen, angles are those of the picture, and the sign of a joint's angle says nothing";

/// A measurement, or the sentence that says why there is none.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Outcome<T> {
    Measured(T),
    Refused { refused: String },
}

impl<T> Outcome<T> {
    pub(super) fn of<U>(outcome: &Result<U, String>, report: impl FnOnce(&U) -> T) -> Self {
        match outcome {
            Ok(measured) => Self::Measured(report(measured)),
            Err(reason) => Self::Refused {
                refused: reason.clone(),
            },
        }
    }
}

/// The whole of it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) file: String,
    pub(super) joints: JointKind,
    pub(super) min_confidence: f32,
    pub(super) not_measured: Vec<MissingAngle>,
    /// The table that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) written: Option<String>,
    pub(super) people: Vec<PersonReport>,
}

/// An angle that the joints do not allow.
#[derive(Debug, Serialize)]
pub(super) struct MissingAngle {
    pub(super) angle: &'static str,
    pub(super) needs: &'static str,
}

/// One person.
#[derive(Debug, Serialize)]
pub(super) struct PersonReport {
    pub(super) id: u32,
    pub(super) frames: usize,
    /// Frames in which at least one joint was found.
    pub(super) frames_seen: usize,
    pub(super) start_s: f64,
    pub(super) end_s: f64,
    /// What the figures are good for.
    pub(super) calibration: &'static str,
    pub(super) visible_side: SideShares,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<BodyReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scale: Option<ScaleReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) floor: Option<Outcome<FloorReport>>,
    pub(super) angles: Vec<AngleReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) gait: Option<Outcome<GaitReport>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) repetitions: Option<Outcome<RepetitionsReport>>,
}

/// In which share of the frames which side is seen.
#[derive(Debug, Serialize)]
pub(super) struct SideShares {
    pub(super) left_share: f64,
    pub(super) right_share: f64,
    pub(super) none_share: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<&'static str>,
}

/// How tall the person is in the picture.
#[derive(Debug, Serialize)]
pub(super) struct BodyReport {
    pub(super) height_px: f64,
    pub(super) spread_percent: f64,
    pub(super) frames: usize,
}

/// Meters per pixel.
#[derive(Debug, Serialize)]
pub(super) struct ScaleReport {
    pub(super) meters_per_px: f64,
    pub(super) source: &'static str,
    /// How unsteady it is from frame to frame; how far the person is from the average body comes on top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) spread_percent: Option<f64>,
    pub(super) note: &'static str,
}

/// The floor.
#[derive(Debug, Serialize)]
pub(super) struct FloorReport {
    pub(super) rise_deg: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) origin_px: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) standing_ankles: Option<usize>,
}

/// One angle over all frames; numbers are missing where it was never there.
#[derive(Debug, Serialize)]
pub(super) struct AngleReport {
    pub(super) angle: &'static str,
    pub(super) kind: &'static str,
    pub(super) frames: usize,
    pub(super) p5_deg: Option<f64>,
    pub(super) median_deg: Option<f64>,
    pub(super) p95_deg: Option<f64>,
    /// From the 5th to the 95th percentile.
    pub(super) range_deg: Option<f64>,
    /// 95th percentile of the speed in either direction.
    pub(super) p95_speed_deg_per_s: Option<f64>,
}

/// Repetitions of an exercise.
#[derive(Debug, Serialize)]
pub(super) struct RepetitionsReport {
    pub(super) angle: &'static str,
    pub(super) low_threshold_deg: f64,
    pub(super) high_threshold_deg: f64,
    /// `low` or `high`: the end of the angle at which the person rests.
    pub(super) rests: &'static str,
    pub(super) count: usize,
    pub(super) counted: Vec<RepetitionReport>,
    /// Those that turned before the far threshold.
    pub(super) partial: Vec<RepetitionReport>,
}

/// One repetition.
#[derive(Debug, Serialize)]
pub(super) struct RepetitionReport {
    pub(super) start_s: f64,
    pub(super) turn_s: f64,
    pub(super) end_s: f64,
    pub(super) duration_s: f64,
    pub(super) turn_deg: f64,
    pub(super) range_deg: f64,
}

impl Report {
    pub(super) fn new(args: &MeasureArgs, joints: JointKind, people: Vec<PersonReport>) -> Self {
        Self {
            file: args.input.display().to_string(),
            joints,
            min_confidence: args.min_confidence,
            not_measured: NOT_MEASURED
                .map(|(angle, needs)| MissingAngle { angle, needs })
                .into(),
            written: args.angles.as_ref().map(|path| path.display().to_string()),
            people,
        }
    }
}

impl PersonReport {
    pub(super) fn new(series: &PoseSeries, angles: &AngleSeries, body: Option<BodyHeight>) -> Self {
        let share = |side: VisibleSide| {
            let n = angles.sides.iter().filter(|seen| **seen == side).count();
            rounded(n as f64 / angles.sides.len().max(1) as f64, 3)
        };
        let none_share = share(VisibleSide::Neither);
        let is_seen = |pose: &&Pose| **pose != Pose::EMPTY;
        Self {
            id: series.id.0,
            frames: series.frames.len(),
            frames_seen: series.poses.iter().filter(is_seen).count(),
            start_s: series.times_secs.first().copied().unwrap_or_default(),
            end_s: series.times_secs.last().copied().unwrap_or_default(),
            calibration: "2D, uncalibrated",
            visible_side: SideShares {
                left_share: share(VisibleSide::Left),
                right_share: share(VisibleSide::Right),
                none_share,
                note: (0.0 < none_share).then_some(FRONTAL_NOTE),
            },
            body: body.map(|body| BodyReport {
                height_px: rounded(body.height_px, 1),
                spread_percent: rounded(100.0 * body.spread_share, 1),
                frames: body.n_frames,
            }),
            scale: None,
            floor: None,
            angles: (0..ANGLES.len())
                .map(|angle_idx| AngleReport::new(angles, angle_idx))
                .collect(),
            gait: None,
            repetitions: None,
        }
    }

    pub(super) fn add_scale(&mut self, scale: &Scale) {
        self.calibration = "2D, calibrated in one plane";
        self.scale = Some(ScaleReport::new(scale));
    }

    pub(super) fn add_gait(&mut self, gait: &Result<Gait, String>, scale: Option<&Scale>) {
        self.gait = Some(Outcome::of(gait, |gait| GaitReport::new(gait, scale)));
    }

    pub(super) fn add_repetitions(
        &mut self,
        angle_idx: usize,
        repetitions: &Result<Repetitions, String>,
    ) {
        self.repetitions = Some(Outcome::of(repetitions, |found| {
            RepetitionsReport::new(ANGLES[angle_idx].name, found)
        }));
    }
}

impl ScaleReport {
    fn new(scale: &Scale) -> Self {
        let (source, spread_percent, note) = match scale.source {
            ScaleSource::KnownLength => (
                "known length",
                None,
                "right in the plane of the known length only",
            ),
            ScaleSource::PersonHeight { spread_share, .. } => (
                "person's height",
                Some(rounded(100.0 * spread_share, 1)),
                "from ankles to shoulders, 0.779 of an average body's height (Winter 2009); no person is average, \
                 expect a few percent",
            ),
        };
        Self {
            meters_per_px: rounded(scale.meters_per_px, 8),
            source,
            spread_percent,
            note,
        }
    }
}

impl FloorReport {
    pub(super) fn new(floor: &Floor) -> Self {
        Self {
            rise_deg: rounded(floor.rise_deg, 2),
            origin_px: floor
                .origin
                .map(|origin| [origin.x, origin.y].map(|number| rounded(f64::from(number), 1))),
            standing_ankles: floor.n_contacts,
        }
    }
}

impl AngleReport {
    fn new(angles: &AngleSeries, angle_idx: usize) -> Self {
        let sorted = |values: Vec<f64>| {
            let mut values = values;
            values.sort_by(f64::total_cmp);
            values
        };
        let degs = angles.joined_deg(angle_idx, LONGEST_GAP_SECS);
        let degs = sorted(degs.into_iter().flatten().collect());
        let speeds = sorted(
            angles
                .speed_deg_per_sec(angle_idx)
                .into_iter()
                .flatten()
                .map(f64::abs)
                .collect(),
        );
        let share = |values: &[f64], q| quantile(values, q).map(|value| rounded(value, 1));
        let (low, high) = (share(&degs, 0.05), share(&degs, 0.95));
        Self {
            angle: ANGLES[angle_idx].name,
            kind: match ANGLES[angle_idx].kind {
                AngleKind::Joint => "joint",
                AngleKind::Segment => "segment",
            },
            frames: degs.len(),
            p5_deg: low,
            median_deg: share(&degs, 0.5),
            p95_deg: high,
            range_deg: low.zip(high).map(|(low, high)| rounded(high - low, 1)),
            p95_speed_deg_per_s: share(&speeds, 0.95),
        }
    }
}

impl RepetitionsReport {
    fn new(angle: &'static str, found: &Repetitions) -> Self {
        let rows = |repetitions: &[Repetition]| {
            repetitions
                .iter()
                .map(|repetition| RepetitionReport {
                    start_s: rounded(repetition.start_secs, 3),
                    turn_s: rounded(repetition.turn_secs, 3),
                    end_s: rounded(repetition.end_secs, 3),
                    duration_s: rounded(repetition.duration_secs(), 3),
                    turn_deg: rounded(repetition.turn_deg, 1),
                    range_deg: rounded(repetition.range_deg, 1),
                })
                .collect()
        };
        Self {
            angle,
            low_threshold_deg: rounded(found.thresholds.low_deg, 1),
            high_threshold_deg: rounded(found.thresholds.high_deg, 1),
            rests: if found.rests_low { "low" } else { "high" },
            count: found.counted.len(),
            counted: rows(&found.counted),
            partial: rows(&found.partial),
        }
    }
}

/// To so many decimals.
pub(super) fn rounded(number: f64, decimals: i32) -> f64 {
    let steps = 10_f64.powi(decimals);
    // + 0.0 makes 0 of -0
    (number * steps).round() / steps + 0.0
}
