//! `poseglass measure`: angles, gait and repetitions from results that were exported before.

use anyhow::Context as _;

use crate::cli::convert::refuse_input_as_output;
use crate::cli::measure_args::{FloorArg, MeasureArgs, VisibleSideArg};
use crate::cli::measure_report::{FloorReport, Outcome, PersonReport, Report};
use crate::cli::{measure_text, output};
use crate::export::angles_csv::write_angles;
use crate::export::open_results;
use crate::export::rows::{FrameRow, PersonRow};
use crate::export::series::pose_series;
use crate::measure::landmarks::within_picture;
use crate::measure::repetitions::LONGEST_GAP_SECS;
use crate::measure::{
    AngleParams, AngleSeries, BodyHeight, Floor, Gait, Repetitions, Scale, VisibleSide,
};
use crate::types::PoseSeries;

/// Why nothing is known of somebody's size.
const NO_BODY: &str = "no frame shows ankle, knee, hip and shoulder together";

/// Measures what was asked for and prints it.
pub(super) fn measure(args: &MeasureArgs) -> anyhow::Result<()> {
    if let Some(angles) = &args.angles {
        refuse_input_as_output(&args.input, angles)?;
        if let Some(video) = &args.reading.video {
            refuse_input_as_output(video, angles)?;
        }
    }
    let (reading, _) = args.reading.options(&args.input, args.meters_per_pixel)?;
    let results = open_results(&args.input, &reading)?;
    let picture = results.header().source.size_of_all();
    let rows: Vec<FrameRow> = results.collect::<Result<_, _>>()?;
    let joints = JointKind::of_rows(&rows, args)?;
    let mut people = match joints {
        JointKind::Raw => pose_series(&rows, |person| &person.keypoints),
        JointKind::Smoothed => pose_series(&rows, PersonRow::positions),
    };
    // of a long recording they take most of the memory
    drop(rows);
    for pose in people.iter_mut().flat_map(|series| &mut series.poses) {
        *pose = within_picture(pose, picture);
    }
    anyhow::ensure!(
        !people.is_empty(),
        "{} shows nobody: there is nothing to measure",
        args.input.display()
    );
    if let Some(id) = args.person {
        let ids = ids(&people);
        people.retain(|series| series.id.0 == id);
        anyhow::ensure!(
            !people.is_empty(),
            "{} shows no person {id}: choose one of {ids}",
            args.input.display()
        );
    }
    anyhow::ensure!(
        args.height_m.is_none() || people.len() <= 1,
        "it is not clear who is {} m tall: add --person with one of {}",
        args.height_m.unwrap_or_default(),
        ids(&people)
    );
    let mut angles = Vec::new();
    let mut reports = Vec::new();
    for series in &people {
        let (person_angles, report) = measure_person(series, args)?;
        angles.push(person_angles);
        reports.push(report);
    }
    if let Some(path) = &args.angles {
        write_angles(path, &angles)?;
    }
    let report = Report::new(args, joints, reports);
    let text = if args.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else {
        measure_text::text(&report)
    };
    output::print(&text).context("cannot write to standard output")
}

/// Which joints of the file are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum JointKind {
    /// As the net saw them.
    Raw,
    /// After smoothing over time.
    Smoothed,
}

impl JointKind {
    /// What was asked for; without that, smoothed joints where the file has some.
    fn of_rows(rows: &[FrameRow], args: &MeasureArgs) -> anyhow::Result<Self> {
        let mut people = rows.iter().flat_map(|row| &row.people);
        let has_smoothed = people.any(|person| person.smoothed.is_some());
        anyhow::ensure!(
            !args.smoothed || has_smoothed,
            "{} holds no smoothed joints: leave --smoothed out, or track again with smoothing",
            args.input.display()
        );
        Ok(if args.raw || !has_smoothed {
            Self::Raw
        } else {
            Self::Smoothed
        })
    }
}

fn ids(people: &[PoseSeries]) -> String {
    let ids: Vec<String> = people
        .iter()
        .map(|series| series.id.0.to_string())
        .collect();
    ids.join(", ")
}

fn measure_person(
    series: &PoseSeries,
    args: &MeasureArgs,
) -> anyhow::Result<(AngleSeries, PersonReport)> {
    let min_confidence = args.min_confidence;
    let all = |side| vec![side; series.poses.len()];
    let sides = match args.visible_side {
        VisibleSideArg::Auto => VisibleSide::over_time(series, min_confidence),
        VisibleSideArg::Left => all(VisibleSide::Left),
        VisibleSideArg::Right => all(VisibleSide::Right),
        VisibleSideArg::None => all(VisibleSide::Neither),
    };
    let body = BodyHeight::of_series(series, min_confidence);
    let scale = match (args.known_length(), args.height_m) {
        (Some(known), _) => Some(Scale::from_known_length(
            known.from,
            known.to,
            known.length_m,
        )?),
        (None, Some(height_m)) => Some(Scale::from_height(body.as_ref(), height_m)?),
        (None, None) => None,
    };
    let found_floor = match args.floor {
        None => None,
        Some(FloorArg::Given(floor)) => Some(Ok(floor)),
        Some(FloorArg::Auto) => Some(
            body.as_ref()
                .ok_or_else(|| format!("{NO_BODY}: give the floor as an angle or two points"))
                .and_then(|body| {
                    Floor::from_contacts(series, body, min_confidence)
                        .map_err(|error| error.to_string())
                }),
        ),
    };
    let floor = match &found_floor {
        Some(Ok(floor)) => *floor,
        _ => Floor::LEVEL,
    };
    let params = AngleParams {
        min_confidence,
        floor_deg: floor.rise_deg,
    };
    let angles = AngleSeries::new(series, &sides, &params);
    let mut report = PersonReport::new(series, &angles, body);
    if let Some(scale) = &scale {
        report.add_scale(scale);
    }
    report.floor = found_floor.map(|found| Outcome::of(&found, FloorReport::new));
    if args.gait {
        let gait = body
            .as_ref()
            .ok_or_else(|| format!("{NO_BODY}: gait needs the body from the shoulders down"))
            .and_then(|body| {
                Gait::new(series, &sides, &floor, body, min_confidence)
                    .map_err(|error| error.to_string())
            });
        report.add_gait(&gait, scale.as_ref());
    }
    if let Some(angle_idx) = args.repetitions {
        // a flexion that changes its sign while the side is not known would be two motions
        let sides = VisibleSide::carried(&sides);
        let steady = AngleSeries::new(series, &sides, &params);
        let counted = Repetitions::count(
            &steady.times_secs,
            &steady.joined_deg(angle_idx, LONGEST_GAP_SECS),
            args.thresholds,
        );
        report.add_repetitions(angle_idx, &counted.map_err(|error| error.to_string()));
    }
    Ok((angles, report))
}
