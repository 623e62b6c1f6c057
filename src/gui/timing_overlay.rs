//! Rates and times in the corner of the picture.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{self, Align2, Color32, Pos2, Rect, TextStyle, lerp, pos2, vec2};

use super::overlay::ui_rect;
use super::state::{GuiState, Nets};
use super::timings::STAGES;
use crate::kernels::Precision;

/// One line: what it is, its value, and for stages the share of the whole time.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it is.
    pub name: &'static str,
    /// Its value with the unit.
    pub value: String,
    /// In [0, 1].
    pub share: Option<f32>,
    /// Whether a little room is left above it.
    pub starts_group: bool,
}

/// Where a value is not known or means nothing.
const NOTHING: &str = "–";

/// What is shown at `now`.
pub fn lines(state: &GuiState, now: Instant) -> Vec<Line> {
    let Some(source) = &state.session.source else {
        return Vec::new();
    };
    let Some(update) = &source.update else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let mut add = |name, value, share, starts_group| {
        lines.push(Line {
            name,
            value,
            share,
            starts_group,
        });
    };
    let rate = |fps: f64| {
        if source.is_running() && 0.0 < fps {
            format!("{fps:.1} fps")
        } else {
            NOTHING.to_owned()
        }
    };
    let timings = &source.timings;
    add("Capture", rate(update.stats.capture_fps), None, false);
    add("Inference", rate(update.stats.inference_fps), None, false);
    add("Display", rate(timings.display_fps(now)), None, false);
    add("Frame age", time(timings.age()), None, true);
    add(
        "Dropped frames",
        update.stats.dropped.to_string(),
        None,
        false,
    );
    let total = timings.total();
    for (stage_idx, (name, _)) in STAGES.into_iter().enumerate() {
        let stage = timings.stage(stage_idx);
        let longest = STAGES
            .iter()
            .enumerate()
            .filter_map(|(stage_idx, _)| timings.stage(stage_idx))
            .max()
            .filter(|longest| !longest.is_zero());
        let share = stage
            .zip(longest)
            .map(|(stage, longest)| stage.as_secs_f32() / longest.as_secs_f32());
        add(name, time(stage), share, stage_idx == 0);
    }
    add("All stages", time(total), None, false);
    if let Some(effort) = update.result.effort {
        let mut stacks = format!("{} of {}", effort.stacks, effort.n_stacks);
        if effort.precision != Precision::Full {
            stacks += &format!(", {}", effort.precision);
        }
        if effort.mirror {
            stacks += ", twice";
        }
        add("Pose stacks", stacks, None, true);
        let interval = format!("every {}", effort.detect_every);
        add("Detector", interval, None, false);
    }
    if let Nets::Ready { backend, .. } = &state.nets {
        add("", backend.clone(), None, true);
    }
    lines
}

/// Milliseconds, and seconds from one on.
pub fn time(duration: Option<Duration>) -> String {
    match duration.map(|duration| duration.as_secs_f64()) {
        None => NOTHING.to_owned(),
        Some(secs) if secs < 1.0 => format!("{:.1} ms", 1e3 * secs),
        Some(secs) => format!("{secs:.2} s"),
    }
}

const WIDTH: f32 = 200.0;
const LINE_HEIGHT: f32 = 17.0;
const GROUP_GAP: f32 = 6.0;
const MARGIN: f32 = 10.0;

/// How dark the card is, of 255, and how dark where somebody below it is to be seen.
const CARD_ALPHA: [f32; 2] = [205.0, 85.0];

/// How light names, values and the last line are on either card: lighter where the picture shines through.
const NAME_GRAY: [f32; 2] = [185.0, 225.0];
const VALUE_GRAY: [f32; 2] = [245.0, 255.0];
const FOOTER_GRAY: [f32; 2] = [200.0, 225.0];

/// How dark the shade of letters is on either card: the lighter one alone would not set them off from a white wall.
const SHADE_ALPHA: [f32; 2] = [0.0, 170.0];

/// Between the two of a pair.
fn mixed([from, to]: [f32; 2], share: f32) -> u8 {
    lerp(from..=to, share).round() as u8
}

/// Whether somebody is below `card`, as the picture is shown.
fn is_over_somebody(state: &GuiState, stage: Rect, card: Rect) -> bool {
    state.session.result().is_some_and(|result| {
        let size = result.frame.image.size();
        let view = state.viewpoint.view(stage, size, state.overlay.mirror);
        let mut people = result.people.iter();
        people.any(|person| ui_rect(&view, person.bbox).intersects(card))
    })
}

/// Draws the lines in the left upper corner of `stage`; who is below them can be seen.
pub fn timing_overlay_ui(ui: &egui::Ui, stage: Rect, state: &GuiState, now: Instant) {
    let lines = lines(state, now);
    if lines.is_empty() || !state.shows_timings {
        return;
    }
    let painter = ui.painter_at(stage);
    let n_gaps = lines.iter().filter(|line| line.starts_group).count();
    let font = TextStyle::Small.resolve(ui.style());
    let text_width = WIDTH - 2.0 * MARGIN;
    let last_line = lines.last().filter(|line| line.name.is_empty());
    let footer = last_line.map(|line| {
        // its color is known once its height is
        let color = Color32::PLACEHOLDER;
        painter.layout(line.value.clone(), font.clone(), color, text_width)
    });
    let n_rows = lines.len() - usize::from(footer.is_some());
    let footer_height = footer.as_ref().map_or(0.0, |galley| galley.size().y);
    let height =
        n_rows as f32 * LINE_HEIGHT + n_gaps as f32 * GROUP_GAP + footer_height + 2.0 * MARGIN
            - 2.0;
    let card = Rect::from_min_size(stage.min + vec2(12.0, 12.0), vec2(WIDTH, height));
    // faded: a box that trembles at its edge would make it flicker
    let seen_through = ui.ctx().animate_bool(
        egui::Id::unique("rates over somebody"),
        is_over_somebody(state, stage, card),
    );
    let gray = |ends| Color32::from_gray(mixed(ends, seen_through));
    let black = |ends| Color32::from_black_alpha(mixed(ends, seen_through));
    let shade_offset = vec2(1.0, 1.0);
    let write = |at: Pos2, align: Align2, text: &str, color: Color32| {
        if 0.0 < seen_through {
            let shaded_at = at + shade_offset;
            painter.text(shaded_at, align, text, font.clone(), black(SHADE_ALPHA));
        }
        painter.text(at, align, text, font.clone(), color);
    };
    // dark in both themes, as it lies on the picture
    painter.rect_filled(card, 6.0, black(CARD_ALPHA));

    let mut y = card.min.y + MARGIN;
    let (left, right) = (card.min.x + MARGIN, card.max.x - MARGIN);
    for line in lines.iter().take(n_rows) {
        if line.starts_group {
            y += GROUP_GAP;
        }
        let middle = y + 0.5 * LINE_HEIGHT - 1.0;
        let (name_at, value_at) = (pos2(left, middle), pos2(right, middle));
        write(name_at, Align2::LEFT_CENTER, line.name, gray(NAME_GRAY));
        write(
            value_at,
            Align2::RIGHT_CENTER,
            &line.value,
            gray(VALUE_GRAY),
        );
        if let Some(share) = line.share {
            const BAR_WIDTH: f32 = 44.0;
            let bar = Rect::from_min_size(
                pos2(right - 62.0 - BAR_WIDTH, middle - 1.5),
                vec2(BAR_WIDTH * share, 3.0),
            );
            painter.rect_filled(bar, 1.5, Color32::from_rgb(92, 167, 245));
        }
        y += LINE_HEIGHT;
    }
    if let Some(footer) = footer {
        let at = pos2(left, y + GROUP_GAP - 1.0);
        if 0.0 < seen_through {
            let shade = Arc::clone(&footer);
            painter.galley(at + shade_offset, shade, black(SHADE_ALPHA));
        }
        painter.galley(at, footer, gray(FOOTER_GRAY));
    }
}

/// A while after the last frame the rates have to be looked at again, to fall to nothing.
pub const RATES_FADE: Duration = Duration::from_millis(2100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_change_their_unit_at_a_second() {
        assert_eq!(time(None), "–");
        assert_eq!(time(Some(Duration::from_micros(31_250))), "31.2 ms");
        assert_eq!(time(Some(Duration::from_millis(4341))), "4.34 s");
    }
}
