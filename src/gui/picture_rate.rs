//! How fast the pictures of a folder follow each other, which no folder says: the settings panel asks for it.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use eframe::egui::{self, DragValue, Id};

use crate::engine::EngineCommand;
use crate::source::{PICTURE_DURATION, SourceSpec};

use super::action::Action;
use super::engine_handle::EngineHandle;
use super::settings_panel::{section_ui, setting_ui};
use super::state::GuiState;
use super::viewpoint::Viewpoint;

/// Most videos that are cut into pictures were taken by phones and webcams.
const FIRST_RATE_HZ: f64 = 30.0;

/// From a picture in ten seconds to what the fastest cameras take.
const RATES_HZ: RangeInclusive<f64> = 0.1..=10_000.0;

/// So many decimals are shown: 23.976 needs them.
const N_DECIMALS: usize = 3;

/// Rates that look the same.
const SAME_RATE_HZ: f64 = 0.0005;

/// What stays as it is when a folder is opened at another rate.
pub(super) struct KeptView {
    /// Which picture is shown; `None` where the folder begins anew.
    place: Option<u64>,
    is_paused: bool,
    speed: f64,
    viewpoint: Viewpoint,
    mirror: bool,
}

/// Draws what there is to say of the folder that is open; nothing where none is.
pub fn picture_rate_ui(ui: &mut egui::Ui, state: &GuiState, out: &mut Vec<Action>) {
    let source = state.session.source.as_ref();
    let Some(source) = source.filter(|source| source.is_folder()) else {
        return;
    };
    let rate_hz = source.rate_hz();
    let mut wanted_hz = rate_hz;
    section_ui(ui, "Pictures of this folder");
    // until it is open anew
    let is_open = state.session.opening.is_none();
    ui.add_enabled_ui(is_open, |ui| {
        let mut are_frames = rate_hz.is_some();
        ui.checkbox(&mut are_frames, "They are the frames of a video")
            .on_hover_text(
                "Otherwise each is shown for a second, as pictures that have nothing to do with each other",
            );
        if are_frames != rate_hz.is_some() {
            wanted_hz = are_frames.then_some(FIRST_RATE_HZ);
        }
        if let Some(rate_hz) = rate_hz.filter(|_| are_frames) {
            wanted_hz = Some(rate_ui(ui, &source.spec, rate_hz));
        }
    });
    if is_open && wanted_hz != rate_hz {
        out.push(Action::SetPictureRate(wanted_hz));
    }
}

/// A number that can be typed or dragged; the folder is opened anew once it is let go.
fn rate_ui(ui: &mut egui::Ui, spec: &SourceSpec, rate_hz: f64) -> f64 {
    let dragged = Id::unique("dragged picture rate");
    let so_far: Option<(SourceSpec, f64)> = ui.data(|data| data.get_temp(dragged));
    // a key may close the panel, or open something else, before the number is let go
    let so_far = so_far.filter(|(dragged_of, _)| dragged_of == spec);
    let mut shown_hz = so_far.map_or(rate_hz, |(_, dragged_hz)| dragged_hz);
    let mut is_dragged = false;
    setting_ui(ui, "Pictures in a second", |ui| {
        let number = DragValue::new(&mut shown_hz)
            .range(RATES_HZ)
            // what the command line said stays as it is until somebody changes it
            .clamp_existing_to_range(false)
            .max_decimals(N_DECIMALS)
            .update_while_editing(false);
        let response = ui
            .add(number)
            .on_hover_text("Drag the number, or click on it and type another one");
        is_dragged = response.dragged();
        response
    });
    if is_dragged {
        ui.data_mut(|data| data.insert_temp(dragged, (spec.clone(), shown_hz)));
        return rate_hz;
    }
    ui.data_mut(|data| data.remove::<(SourceSpec, f64)>(dragged));
    // whoever clicks on a number and leaves it has changed nothing
    if (shown_hz - rate_hz).abs() < SAME_RATE_HZ {
        rate_hz
    } else {
        shown_hz
    }
}

impl GuiState {
    /// Opens the folder of pictures anew, as the frames of a video or each for a second.
    pub(super) fn set_picture_rate(&mut self, rate_hz: Option<f64>, engine: &mut dyn EngineHandle) {
        let source = self.session.source.as_ref();
        let Some(folder) = source
            .filter(|source| source.is_folder())
            .and_then(|source| source.spec.path())
        else {
            return;
        };
        let folder = folder.to_owned();
        let spec = match rate_hz {
            Some(rate_hz) => SourceSpec::Pictures { folder, rate_hz },
            None => SourceSpec::Path(folder),
        };
        self.open(spec, engine);
    }

    /// What stays of a folder that is being opened at another rate. Whoever has seen it to its end wants to see it from the
    /// beginning.
    pub(super) fn view_to_keep(&self) -> Option<KeptView> {
        let source = self.session.source.as_ref()?;
        let opening = self.session.opening.as_ref()?;
        let is_other_rate = *opening != source.spec && opening.path() == source.spec.path();
        if !is_other_rate || !source.is_folder() {
            return None;
        }
        let shown = source.update.as_ref().filter(|_| !source.ended);
        Some(KeptView {
            place: shown.map(|update| update.result.frame.index),
            is_paused: source.paused && !source.ended,
            speed: source.speed,
            viewpoint: self.viewpoint,
            mirror: self.overlay.mirror,
        })
    }

    /// Shows the folder that was just opened as it was shown before.
    pub(super) fn go_on_with(&mut self, kept: &KeptView, engine: &mut dyn EngineHandle) {
        self.viewpoint = kept.viewpoint;
        self.overlay.mirror = kept.mirror;
        let Some(source) = &mut self.session.source else {
            return;
        };
        source.speed = kept.speed;
        if source.has_other_speed() {
            engine.send(EngineCommand::SetSpeed(kept.speed));
        }
        let rate_hz = source
            .rate_hz()
            .unwrap_or_else(|| PICTURE_DURATION.as_secs_f64().recip());
        // as the source computes it: a nanosecond less would be the picture before
        if let Some(place) = kept.place
            && let Ok(time) = Duration::try_from_secs_f64(place as f64 / rate_hz)
        {
            source.note_seek(time, Instant::now());
            engine.send(EngineCommand::Seek(time));
        }
        if kept.is_paused {
            source.paused = true;
            engine.send(EngineCommand::SetPaused(true));
        }
    }
}
