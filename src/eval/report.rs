//! Figures as text for people and as JSON for programs.

use serde::Serialize;

use super::figures::{KeypointFigures, Measure, NOBODY, Strictness};
use super::matching::PersonSize;
use super::mot::TrackFigures;
use super::pck::JointFigures;
use crate::skeleton::JOINT_NAMES;

/// A table, a line a figure, with a note when a figure has nobody to speak of.
pub fn table(figures: &KeypointFigures) -> String {
    let mut text = line(["figure", "average", "OKS", "people", "value"]);
    for (figure, value) in figures.iter() {
        let measure = match figure.measure {
            Measure::Precision => "precision",
            Measure::Recall => "recall",
        };
        let oks = match figure.strictness {
            Strictness::Mean => "0.50:0.95",
            Strictness::Half => "0.50",
            Strictness::ThreeQuarters => "0.75",
        };
        let people = match figure.size {
            PersonSize::All => "all",
            PersonSize::Medium => "medium",
            PersonSize::Large => "large",
        };
        text += &line([figure.name, measure, oks, people, &format!("{value:.6}")]);
    }
    if figures.values.contains(&NOBODY) {
        text += "-1 means that the annotations have nobody of that size to be found\n";
    }
    text
}

fn line([name, measure, oks, people, value]: [&str; 5]) -> String {
    format!("{name:<6} {measure:<10} {oks:<10} {people:<8} {value:>9}\n")
}

/// How well identities were followed, a line a figure with what it means.
pub fn track_table(figures: &TrackFigures) -> String {
    let share = |value: f64| {
        if value.is_finite() {
            format!("{value:.6}")
        } else {
            "-".to_owned()
        }
    };
    [
        (
            "MOTA",
            share(figures.mota),
            "1 - (misses + false positives + switches) / boxes",
        ),
        (
            "MOTP",
            share(figures.motp),
            "mean of 1 - IoU over pairs, lower is better",
        ),
        (
            "IDF1",
            share(figures.idf1),
            "identities, precision and recall together",
        ),
        (
            "IDP",
            share(figures.id_precision),
            "results with the right identity",
        ),
        (
            "IDR",
            share(figures.id_recall),
            "boxes with the right identity",
        ),
        ("precision", share(figures.precision), "results in a pair"),
        ("recall", share(figures.recall), "boxes in a pair"),
        (
            "switches",
            figures.switches.to_string(),
            "a box got another identity",
        ),
        (
            "fragmentations",
            figures.fragmentations.to_string(),
            "a track was interrupted",
        ),
        ("misses", figures.misses.to_string(), "boxes without a pair"),
        (
            "false positives",
            figures.false_positives.to_string(),
            "results without a pair",
        ),
        (
            "mostly tracked",
            figures.mostly_tracked.to_string(),
            "identities in a pair for 80 % or more",
        ),
        (
            "mostly lost",
            figures.mostly_lost.to_string(),
            "identities in a pair for less than 20 %",
        ),
        (
            "identities",
            figures.identities.to_string(),
            "in the annotations",
        ),
        ("boxes", figures.boxes.to_string(), "in the annotations"),
        (
            "frames",
            figures.frames.to_string(),
            "that either file has lines for",
        ),
    ]
    .map(|(name, value, meaning)| format!("{name:<16} {value:>10}  {meaning}\n"))
    .concat()
}

/// Shares of correct joints, a line a joint and a line for all together.
pub fn joint_table(figures: &JointFigures) -> String {
    let row = |name: &str, share: Option<f64>, n_labeled: usize| {
        let share = share.map_or("-".to_owned(), |share| format!("{share:.6}"));
        format!("{name:<16} {share:>9} {n_labeled:>9}\n")
    };
    let mut text = format!("{:<16} {:>9} {:>9}\n", "joint", figures.name(), "labeled");
    for (name, joint) in JOINT_NAMES.iter().zip(&figures.joints) {
        text += &row(name, joint.share(), joint.n_labeled);
    }
    let all = figures.all();
    text += &row("all joints", all.share(), all.n_labeled);
    text + &format!(
        "{} people, {} of them without any result\n",
        figures.n_people, figures.n_missed_people
    )
}

/// One object from name to value, in the order of the table.
pub fn json(figures: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(figures)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIGURES: KeypointFigures = KeypointFigures {
        values: [0.5, 0.75, 0.25, NOBODY, 0.5, 0.625, 1.0, 0.0, NOBODY, 0.5],
    };

    #[test]
    fn table_has_a_line_for_each_figure_and_explains_minus_one() {
        let expected = "\
figure average    OKS        people       value
AP     precision  0.50:0.95  all       0.500000
AP50   precision  0.50       all       0.750000
AP75   precision  0.75       all       0.250000
APm    precision  0.50:0.95  medium   -1.000000
APl    precision  0.50:0.95  large     0.500000
AR     recall     0.50:0.95  all       0.625000
AR50   recall     0.50       all       1.000000
AR75   recall     0.75       all       0.000000
ARm    recall     0.50:0.95  medium   -1.000000
ARl    recall     0.50:0.95  large     0.500000
-1 means that the annotations have nobody of that size to be found
";
        assert_eq!(table(&FIGURES), expected);
    }

    #[test]
    fn json_names_the_figures_in_order() {
        let text = json(&FIGURES).unwrap();
        let compact: String = text.split_whitespace().collect();
        let expected = r#"{"AP":0.5,"AP50":0.75,"AP75":0.25,"APm":-1.0,"APl":0.5,"AR":0.625,"AR50":1.0,"AR75":0.0,"ARm":-1.0,"ARl":0.5}"#;
        assert_eq!(compact, expected);
    }
}
