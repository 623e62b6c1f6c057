//! What `poseglass measure` prints for people.

use crate::cli::measure::JointKind;
use crate::cli::measure_gait::{GaitReport, SidedReport, SpreadReport};
use crate::cli::measure_report::{Outcome, PersonReport, RepetitionsReport, Report};

/// The whole report, person by person.
pub(super) fn text(report: &Report) -> String {
    let joints = match report.joints {
        JointKind::Raw => "raw",
        JointKind::Smoothed => "smoothed",
    };
    let mut text = format!(
        "{}: {joints} joints with a confidence of at least {}\n",
        report.file, report.min_confidence
    );
    for person in &report.people {
        text += &person_text(person);
    }
    let missing: Vec<&str> = report
        .not_measured
        .iter()
        .map(|missing| missing.angle)
        .collect();
    text += &format!(
        "\nnot measured, since the nets find no toes, heels, fingers or top of the head: {}\n",
        missing.join(", ")
    );
    if let Some(path) = &report.written {
        text += &format!("wrote {path}\n");
    }
    text
}

fn person_text(person: &PersonReport) -> String {
    let percent = |share: f64| 100.0 * share;
    let mut text = format!(
        "\nperson {} ({}): {} frames from {:.2} to {:.2} s, seen in {}\n\
         seen from the left in {:.0} %, from the right in {:.0} %, from neither side in {:.0} % of the frames\n",
        person.id,
        person.calibration,
        person.frames,
        person.start_s,
        person.end_s,
        person.frames_seen,
        percent(person.visible_side.left_share),
        percent(person.visible_side.right_share),
        percent(person.visible_side.none_share),
    );
    if let Some(note) = person.visible_side.note {
        text += &format!("{note}\n");
    }
    if let Some(body) = &person.body {
        text += &format!(
            "would stand {:.0} px tall (± {:.1} % from frame to frame)\n",
            body.height_px, body.spread_percent
        );
    }
    if let Some(scale) = &person.scale {
        text += &format!(
            "1 px is {:.2} mm by the {}: {}\n",
            1e3 * scale.meters_per_px,
            scale.source,
            scale.note
        );
    }
    match &person.floor {
        Some(Outcome::Measured(floor)) => {
            text += &format!("the floor rises by {:.1}° to the right", floor.rise_deg);
            if let (Some([x, y]), Some(n)) = (floor.origin_px, floor.standing_ankles) {
                text += &format!(" through ({x:.0}, {y:.0}), by {n} standing ankles");
            }
            text += "\n";
        }
        Some(Outcome::Refused { refused }) => {
            text += &format!("floor taken as level: {refused}\n");
        }
        None => {}
    }
    text += &angles_text(person);
    match &person.gait {
        Some(Outcome::Measured(gait)) => text += &gait_text(gait, person.calibration),
        Some(Outcome::Refused { refused }) => text += &format!("no gait: {refused}\n"),
        None => {}
    }
    match &person.repetitions {
        Some(Outcome::Measured(repetitions)) => text += &repetitions_text(repetitions),
        Some(Outcome::Refused { refused }) => text += &format!("no repetitions: {refused}\n"),
        None => {}
    }
    text
}

fn angles_text(person: &PersonReport) -> String {
    let mut text = format!(
        "{:>16} {:>7} {:>7} {:>7} {:>7} {:>7} {:>9}\n",
        "angle, degrees", "frames", "p5", "median", "p95", "range", "per s"
    );
    let cell = |number: Option<f64>| number.map_or("-".to_owned(), |number| format!("{number:.1}"));
    for angle in &person.angles {
        text += &format!(
            "{:>16} {:>7} {:>7} {:>7} {:>7} {:>7} {:>9}\n",
            angle.angle,
            angle.frames,
            cell(angle.p5_deg),
            cell(angle.median_deg),
            cell(angle.p95_deg),
            cell(angle.range_deg),
            cell(angle.p95_speed_deg_per_s),
        );
    }
    text
}

fn gait_text(gait: &GaitReport, calibration: &str) -> String {
    let mut text = format!(
        "gait ({calibration}): {} steps in {}, {:.1} steps a minute\n{:>22} {:>18} {:>18} {:>10}\n",
        gait.steps,
        if gait.walks == 1 {
            "one walk".to_owned()
        } else {
            format!("{} walks", gait.walks)
        },
        gait.cadence_per_min,
        "",
        "left",
        "right",
        "symmetry"
    );
    let mut row = |name: &str, sided: &SidedReport, decimals: usize| {
        let index = sided
            .symmetry_index_percent
            .map_or("-".to_owned(), |index| format!("{index:.1} %"));
        text += &format!(
            "{name:>22} {:>18} {:>18} {index:>10}\n",
            cell(sided.left, decimals),
            cell(sided.right, decimals),
        );
    };
    row("step time, s", &gait.step_time_s, 2);
    row("stride time, s", &gait.stride_time_s, 2);
    row("stance, % of a stride", &gait.stance_percent, 0);
    row("swing, % of a stride", &gait.swing_percent, 0);
    if let (Some(step), Some(stride)) = (&gait.step_length_m, &gait.stride_length_m) {
        row("step length, m", step, 2);
        row("stride length, m", stride, 2);
    } else {
        row("step length, px", &gait.step_length_px, 0);
        row("stride length, px", &gait.stride_length_px, 0);
    }
    let speed = if gait.speed_m_per_s.is_some() {
        format!("{} m/s", cell(gait.speed_m_per_s, 2))
    } else {
        format!("{} px/s", cell(gait.speed_px_per_s, 0))
    };
    text += &format!(
        "speed {speed}, both feet on the floor in {} % of a stride (less than 0: in the air)\n\
         symmetry is {}; {}\n",
        cell(gait.double_support_percent, 0),
        gait.symmetry_index,
        gait.note
    );
    if let Some(caution) = &gait.caution {
        text += &format!("{caution}\n");
    }
    text
}

/// Mean, scatter and number.
fn cell(spread: Option<SpreadReport>, decimals: usize) -> String {
    let Some(spread) = spread else {
        return "-".to_owned();
    };
    let sd = spread
        .sd
        .map_or_else(String::new, |sd| format!(" ± {sd:.decimals$}"));
    format!("{:.decimals$}{sd} ({})", spread.mean, spread.n)
}

fn repetitions_text(repetitions: &RepetitionsReport) -> String {
    let mut text = format!(
        "{} {} of {} between {:.0}° and {:.0}°, at rest at the {} end; {} more turned halfway\n",
        repetitions.count,
        if repetitions.count == 1 {
            "repetition"
        } else {
            "repetitions"
        },
        repetitions.angle,
        repetitions.low_threshold_deg,
        repetitions.high_threshold_deg,
        repetitions.rests,
        repetitions.partial.len()
    );
    for (k, repetition) in repetitions.counted.iter().enumerate() {
        text += &format!(
            "{:>4}: {:.2} to {:.2} s, turn at {:.2} s and {:.0}°, range {:.0}°\n",
            k + 1,
            repetition.start_s,
            repetition.end_s,
            repetition.turn_s,
            repetition.turn_deg,
            repetition.range_deg
        );
    }
    text
}
