//! The angles of one person: their numbers now, and how they went in the last seconds.

use eframe::egui::{self, Rect, RichText, Sense, Shape, Stroke, TextStyle, WidgetInfo, pos2, vec2};

use crate::measure::angle_table::{AngleDefinition, AngleKind};
use crate::measure::{ANGLES, AngleSeries, VisibleSide};

use super::recent_poses::KEPT_SECS;
use super::theme;

const ROW_HEIGHT: f32 = 19.0;
const CURVE_WIDTH: f32 = 92.0;
const NUMBER_WIDTH: f32 = 46.0;

/// A curve spans so many degrees at least: the trembling of a still joint would look like a motion otherwise.
const LEAST_SPAN_DEG: f64 = 30.0;

/// Draws the list; the last frame of the series is the one that is shown.
pub fn angles_list_ui(ui: &mut egui::Ui, series: &AngleSeries) {
    let colors = theme::colors(ui);
    let side = series.sides.last().copied();
    let hint = match side {
        Some(VisibleSide::Left) => "Seen from the left",
        Some(VisibleSide::Right) => "Seen from the right",
        // from the front or back, or it cannot be told
        Some(VisibleSide::Neither) | None => {
            "No side is clearly seen: bending may have either sign"
        }
    };
    ui.add(egui::Label::new(RichText::new(hint).small().color(colors.weak)).wrap());
    for (kind, title) in [
        (AngleKind::Joint, "At joints"),
        (AngleKind::Segment, "Of segments, to the horizontal"),
    ] {
        ui.add_space(4.0);
        ui.label(RichText::new(title).small().color(colors.strong));
        ui.spacing_mut().item_spacing.y = 1.0;
        for (angle_idx, angle) in ANGLES.iter().enumerate() {
            if angle.kind == kind {
                row_ui(ui, angle, &series.times_secs, &series.angle_deg(angle_idx));
            }
        }
    }
}

fn row_ui(
    ui: &mut egui::Ui,
    angle: &AngleDefinition,
    times_secs: &[f64],
    angle_deg: &[Option<f64>],
) {
    let colors = theme::colors(ui);
    let name = angle.name.replace('_', " ");
    let size = vec2(ui.available_width(), ROW_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let now = angle_deg.last().copied().flatten();
    let number = now.map_or_else(|| "–".to_owned(), |deg| format!("{deg:.0}°"));
    response.widget_info(|| {
        let value = now.map_or_else(|| "not measured".to_owned(), |deg| format!("{deg:.0}°"));
        WidgetInfo::labeled(egui::Role::Label, true, format!("{name} angle: {value}"))
    });
    let color = if now.is_some() {
        colors.text
    } else {
        colors.weak
    };
    let font = TextStyle::Small.resolve(ui.style());
    let painter = ui.painter();
    painter.text(
        pos2(rect.min.x + 4.0, rect.center().y),
        egui::Align2::LEFT_CENTER,
        name,
        font.clone(),
        color,
    );
    painter.text(
        rect.right_center() - vec2(8.0, 0.0),
        egui::Align2::RIGHT_CENTER,
        number,
        font,
        color,
    );
    let right = rect.max.x - 8.0 - NUMBER_WIDTH;
    let place = Rect::from_min_max(
        pos2(right - CURVE_WIDTH, rect.min.y + 2.0),
        pos2(right, rect.max.y - 2.0),
    );
    let stroke = Stroke::new(1.5, colors.accent);
    for line in curve(place, times_secs, angle_deg) {
        painter.add(Shape::line(line, stroke));
    }
    let meaning = angle.meaning;
    response.on_hover_text(match range(angle_deg) {
        Some((low, high)) => {
            format!("{meaning}\n{low:.0}° to {high:.0}° in the last {KEPT_SECS:.0} seconds")
        }
        None => meaning.to_owned(),
    });
}

/// The smallest and the largest of the angles that are there.
fn range(angle_deg: &[Option<f64>]) -> Option<(f64, f64)> {
    let mut known = angle_deg.iter().flatten().copied();
    let first = known.next()?;
    Some(known.fold((first, first), |(low, high), deg| {
        (low.min(deg), high.max(deg))
    }))
}

/// Lines through the known angles, broken where one is missing; the newest at the right end.
fn curve(place: Rect, times_secs: &[f64], angle_deg: &[Option<f64>]) -> Vec<Vec<egui::Pos2>> {
    let (Some(now_secs), Some((low, high))) = (times_secs.last(), range(angle_deg)) else {
        return Vec::new();
    };
    let middle = 0.5 * (low + high);
    let span = (high - low).max(LEAST_SPAN_DEG);
    let point = |(secs, deg): (&f64, f64)| {
        pos2(
            place.max.x - ((now_secs - secs) / KEPT_SECS) as f32 * place.width(),
            place.center().y - ((deg - middle) / span) as f32 * place.height(),
        )
    };
    let samples: Vec<(&f64, &Option<f64>)> = times_secs.iter().zip(angle_deg).collect();
    samples
        .split(|(_, deg)| deg.is_none())
        .filter(|known| 1 < known.len())
        .map(|known| {
            known
                .iter()
                .filter_map(|(secs, deg)| Some(point((secs, (**deg)?))))
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_ends_at_the_right_and_breaks_where_nothing_is_known() {
        let place = Rect::from_min_size(pos2(100.0, 10.0), vec2(50.0, 20.0));
        let times = [7.5, 8.0, 8.5, 9.0, 10.0];
        let lines = curve(
            place,
            &times,
            &[Some(0.0), Some(60.0), None, Some(30.0), Some(30.0)],
        );
        assert_eq!(
            lines,
            [
                vec![pos2(125.0, 30.0), pos2(130.0, 10.0)],
                vec![pos2(140.0, 20.0), pos2(150.0, 20.0)],
            ]
        );
        assert!(curve(place, &times, &[None; 5]).is_empty());
        assert!(curve(place, &[], &[]).is_empty());
    }
}
