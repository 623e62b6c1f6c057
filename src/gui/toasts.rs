//! Short messages in the corner: what was saved, what fell back, what went wrong.

use std::time::Duration;

use eframe::egui::{self, Align2, Color32, Margin, RichText, Stroke, vec2};

use super::action::Action;
use super::icons::{Icon, icon_button};
use super::theme;

/// How serious a message is, the least serious first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ToastKind {
    /// It went as asked.
    Done,
    /// It goes on, but not as asked.
    Warning,
    /// It did not work.
    Error,
}

impl ToastKind {
    /// How long it stays: long enough to read two lines; what went wrong stays longer.
    const fn lifetime_secs(self) -> f64 {
        match self {
            Self::Done => 6.0,
            Self::Warning => 12.0,
            Self::Error => 20.0,
        }
    }

    const fn color(self, colors: &theme::Colors) -> Color32 {
        match self {
            Self::Done => colors.good,
            Self::Warning => colors.warning,
            Self::Error => colors.error,
        }
    }
}

/// What there is one message about at a time, the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// What is wrong with the source that is open.
    Source,
}

/// One message.
#[derive(Clone, Debug)]
pub struct Toast {
    /// Counts up.
    pub number: u64,
    /// How serious.
    pub kind: ToastKind,
    /// One sentence.
    pub text: String,
    topic: Option<Topic>,
    /// When it goes, in egui's seconds.
    until_secs: f64,
}

/// The messages that are on screen, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Toasts {
    shown: Vec<Toast>,
    next_number: u64,
}

/// More would cover the picture.
const MOST_TOASTS: usize = 4;

impl Toasts {
    /// Shows a message from `now_secs` on; one that is on screen already is shown afresh instead of twice.
    pub fn add(&mut self, kind: ToastKind, text: impl Into<String>, now_secs: f64) {
        self.show(None, kind, text.into(), now_secs);
    }

    /// Shows a message from `now_secs` on in place of the one about the same.
    pub fn replace(
        &mut self,
        topic: Topic,
        kind: ToastKind,
        text: impl Into<String>,
        now_secs: f64,
    ) {
        self.shown.retain(|toast| toast.topic != Some(topic));
        self.show(Some(topic), kind, text.into(), now_secs);
    }

    fn show(&mut self, topic: Option<Topic>, kind: ToastKind, text: String, now_secs: f64) {
        self.shown.retain(|toast| toast.text != text);
        if MOST_TOASTS <= self.shown.len() {
            // the oldest of the least serious ones
            let places = self.shown.iter().enumerate();
            if let Some((place, _)) = places.min_by_key(|(_, toast)| toast.kind) {
                self.shown.remove(place);
            }
        }
        self.shown.push(Toast {
            number: self.next_number,
            kind,
            text,
            topic,
            until_secs: now_secs + kind.lifetime_secs(),
        });
        self.next_number += 1;
    }

    /// Takes a message away.
    pub fn dismiss(&mut self, number: u64) {
        self.shown.retain(|toast| toast.number != number);
    }

    /// Takes away what is over; tells when the next one will be.
    pub fn expire(&mut self, now_secs: f64) -> Option<Duration> {
        self.shown.retain(|toast| now_secs < toast.until_secs);
        let next_secs = self
            .shown
            .iter()
            .map(|toast| toast.until_secs)
            .min_by(f64::total_cmp)?;
        Duration::try_from_secs_f64(next_secs - now_secs).ok()
    }

    /// What is on screen, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Toast> {
        self.shown.iter()
    }
}

/// Draws the messages in the right lower corner of `area`.
pub fn toasts_ui(ctx: &egui::Context, area: egui::Rect, toasts: &Toasts, out: &mut Vec<Action>) {
    if toasts.shown.is_empty() {
        return;
    }
    let width = 340.0_f32.min(area.width() - 24.0);
    egui::Area::new(egui::Id::unique("toasts"))
        .order(egui::Order::Foreground)
        .pivot(Align2::RIGHT_BOTTOM)
        .fixed_pos(area.right_bottom() - vec2(12.0, 12.0))
        .show(ctx, |ui| {
            ui.set_width(width);
            for toast in &toasts.shown {
                toast_ui(ui, toast, out);
            }
        });
}

fn toast_ui(ui: &mut egui::Ui, toast: &Toast, out: &mut Vec<Action>) {
    let colors = theme::colors(ui);
    let color = toast.kind.color(colors);
    let frame = egui::Frame::NONE
        .fill(colors.raised)
        .stroke(Stroke::new(1.0, color))
        .corner_radius(theme::CORNER)
        .inner_margin(Margin {
            left: 14,
            right: 8,
            top: 8,
            bottom: 8,
        });
    let shown = frame.show(ui, |ui| {
        ui.horizontal_top(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Min), |ui| {
                if icon_button(ui, Icon::Close, "Dismiss message", true).clicked() {
                    out.push(Action::DismissToast(toast.number));
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Min), |ui| {
                    ui.set_width(ui.available_width());
                    ui.add(
                        egui::Label::new(RichText::new(&toast.text).color(colors.strong)).wrap(),
                    );
                });
            });
        });
    });
    // the kind once more as a bar, for those who do not see the difference of two borders
    let rect = shown.response.rect;
    let bar = egui::Rect::from_min_max(
        rect.min + vec2(4.0, 6.0),
        egui::pos2(rect.min.x + 7.0, rect.max.y - 6.0),
    );
    ui.painter().rect_filled(bar, 2.0, color);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_in_time() {
        let mut toasts = Toasts::default();
        toasts.add(ToastKind::Done, "Saved", 10.0);
        toasts.add(ToastKind::Error, "Failed", 10.0);
        assert_eq!(toasts.expire(10.0), Some(Duration::from_secs(6)));
        assert_eq!(toasts.expire(16.0), Some(Duration::from_secs(14)));
        assert_eq!(toasts.iter().count(), 1);
        assert_eq!(toasts.expire(30.0), None);
    }

    #[test]
    fn the_same_message_is_shown_once_and_the_oldest_makes_room() {
        let mut toasts = Toasts::default();
        toasts.add(ToastKind::Done, "a", 0.0);
        toasts.add(ToastKind::Done, "a", 1.0);
        assert_eq!(toasts.iter().count(), 1);
        for text in ["b", "c", "d", "e"] {
            toasts.add(ToastKind::Done, text, 2.0);
        }
        assert!(toasts.iter().all(|toast| toast.text != "a"));
        assert_eq!(toasts.iter().count(), MOST_TOASTS);
    }

    #[test]
    fn what_went_wrong_is_not_pushed_away_by_what_went_well() {
        let mut toasts = Toasts::default();
        toasts.add(ToastKind::Error, "lost", 0.0);
        for text in ["a", "b", "c", "d", "e"] {
            toasts.add(ToastKind::Done, text, 1.0);
        }
        let texts: Vec<&str> = toasts.iter().map(|toast| toast.text.as_str()).collect();
        assert_eq!(texts, ["lost", "c", "d", "e"]);
    }

    #[test]
    fn of_one_topic_the_newest_message_is_shown() {
        let mut toasts = Toasts::default();
        toasts.add(ToastKind::Done, "saved", 0.0);
        for text in ["1 picture is missing", "2 pictures are missing"] {
            toasts.replace(Topic::Source, ToastKind::Warning, text, 0.0);
        }
        let texts: Vec<&str> = toasts.iter().map(|toast| toast.text.as_str()).collect();
        assert_eq!(texts, ["saved", "2 pictures are missing"]);
    }
}
