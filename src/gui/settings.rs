//! The settings that are kept from one start of the window to the next, under the names that they have in its file.

use std::time::Duration;

use eframe::Storage;
use eframe::egui::Theme;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::pipeline::PipelineParams;
use crate::track::{Selection, TrackerParams};

use super::options::{OverlayOptions, SidePanel};
use super::settings_panel::{BUDGETS_MS, MOST_CHOSEN, MOST_DETECT_EVERY, MOST_PEOPLE};
use super::versioned;

/// Where they stand in the window's file.
const KEY: &str = "settings";

/// What a user chose in the window: the one list of what is kept. Numbers are as wide as what may stand in a file;
/// [`Settings::read`] brings them into the ranges that the settings panel offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Dark colors rather than light ones.
    pub dark: bool,
    /// What is drawn, in front of a camera.
    #[serde(flatten)]
    pub overlay: OverlayOptions,
    /// The panel on the right.
    pub side_panel: Option<SidePanel>,
    /// Rates and times are shown.
    pub timings: bool,
    /// Joints are smoothed over time.
    pub smoothing: bool,
    /// People are recognized by their looks.
    pub reidentification: bool,
    /// The detector runs on every N-th frame.
    pub detect_every: i64,
    /// What a frame's work may take.
    pub budget_ms: Option<f64>,
    /// At most so many people are followed.
    pub max_people: i64,
    /// Whom results are about, as it is typed; never one person, whom the next source does not know.
    pub selection: String,
    /// The pose net that was chosen, if one was.
    pub pose_net: Option<String>,
    /// Whether the pose net looks in a mirror too, if that was chosen.
    pub flip_test: Option<bool>,
}

impl Default for Settings {
    fn default() -> Self {
        Self::of(&PipelineParams::default())
    }
}

impl Settings {
    /// Frames are worked on like this, and all else is as it is at first.
    pub fn of(params: &PipelineParams) -> Self {
        let in_ms = |budget: Duration| budget.as_micros() as f64 / 1e3;
        Self {
            // video is judged best in dim surroundings
            dark: true,
            overlay: OverlayOptions::default(),
            // who comes first wants to see what is found
            side_panel: Some(SidePanel::People),
            timings: true,
            smoothing: params.tracker.smoothing,
            reidentification: params.tracker.reidentification,
            detect_every: params.detect_every.into(),
            budget_ms: params.budget.map(in_ms),
            max_people: params.max_people as i64,
            selection: params.selection.to_string(),
            // those of the program, which may become others
            pose_net: None,
            flip_test: None,
        }
    }

    /// Those that are kept; the default of each that is missing, unknown or broken.
    pub fn read(storage: &dyn Storage) -> Self {
        versioned::read(storage, KEY).map_or_else(Self::default, Self::read_fields)
    }

    /// Whether any were ever kept.
    pub(super) fn are_in(storage: &dyn Storage) -> bool {
        storage.get_string(KEY).is_some()
    }

    /// Keeps those that differ from the defaults: better defaults then reach everybody else.
    pub fn write(&self, storage: &mut dyn Storage) {
        let defaults = Self::default().fields();
        let mut fields = self.fields();
        fields.retain(|name, value| defaults.get(name) != Some(&*value));
        versioned::write(storage, KEY, &fields);
    }

    /// How frames are worked on.
    pub fn params(&self) -> PipelineParams {
        let from_ms = |ms: f64| Duration::from_micros((1e3 * ms).round() as u64);
        PipelineParams {
            detect_every: self.detect_every as u32,
            budget: self.budget_ms.map(from_ms),
            max_people: self.max_people as usize,
            selection: self.selection.parse().unwrap_or_default(),
            tracker: TrackerParams {
                smoothing: self.smoothing,
                reidentification: self.reidentification,
            },
        }
    }

    /// The colors.
    pub const fn theme(&self) -> Theme {
        if self.dark { Theme::Dark } else { Theme::Light }
    }

    /// The same, but for those settings of `other` that are taken by their names and values.
    pub(super) fn with_some_of(
        &self,
        other: &Self,
        is_taken: impl Fn(&str, &Value) -> bool,
    ) -> Self {
        let mut fields = self.fields();
        fields.extend(
            other
                .fields()
                .into_iter()
                .filter(|(name, value)| is_taken(name, value)),
        );
        // both are settings, and so is what is of either
        Self::of_fields(fields).unwrap_or_else(|_| self.clone())
    }

    /// Those that differ from `before`, over these.
    pub(super) fn with_changes(&self, before: &Self, now: &Self) -> Self {
        let before = before.fields();
        self.with_some_of(now, |name, value| before.get(name) != Some(value))
    }

    fn read_fields(kept: Map<String, Value>) -> Self {
        let mut settings = Self::default();
        for (name, value) in kept {
            let mut fields = settings.fields();
            if !fields.contains_key(&name) {
                tracing::debug!("the setting {name} that was kept is not known");
                continue;
            }
            fields.insert(name.clone(), value);
            match Self::of_fields(fields) {
                Ok(changed) => settings = changed.in_range(),
                Err(error) => {
                    tracing::warn!("the setting {name} that was kept has its default: {error}");
                }
            }
        }
        settings
    }

    fn of_fields(fields: Map<String, Value>) -> serde_json::Result<Self> {
        serde_json::from_value(Value::Object(fields))
    }

    fn fields(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            // no struct of plain fields is anything else
            Ok(_) | Err(_) => Map::new(),
        }
    }

    /// As the settings panel could have them.
    fn in_range(self) -> Self {
        let selection = match self.selection.parse::<Selection>() {
            Ok(Selection::Largest(n)) => Selection::Largest(n.min(MOST_CHOSEN)),
            Ok(Selection::FirstSeen(n)) => Selection::FirstSeen(n.min(MOST_CHOSEN)),
            Ok(Selection::LongestSeen(n)) => Selection::LongestSeen(n.min(MOST_CHOSEN)),
            Ok(Selection::Everyone | Selection::Only(_)) | Err(_) => Selection::Everyone,
        };
        let [least_ms, most_ms] = [*BUDGETS_MS.start(), *BUDGETS_MS.end()];
        let in_range = Self {
            overlay: OverlayOptions {
                min_confidence: self.overlay.min_confidence.clamp(0.0, 1.0),
                ..self.overlay
            },
            detect_every: self.detect_every.clamp(1, MOST_DETECT_EVERY.into()),
            budget_ms: self.budget_ms.map(|ms| ms.clamp(least_ms, most_ms)),
            max_people: self.max_people.clamp(1, MOST_PEOPLE as i64),
            selection: selection.to_string(),
            ..self.clone()
        };
        if in_range != self {
            tracing::debug!("settings that were kept are brought into their ranges");
        }
        in_range
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Settings {
        Settings::read_fields(serde_json::from_str(json).unwrap())
    }

    fn changed() -> Settings {
        Settings {
            dark: false,
            overlay: OverlayOptions {
                skeletons: false,
                boxes: false,
                identities: false,
                confidence_colors: false,
                joint_names: true,
                mirror: true,
                min_confidence: 0.45,
            },
            side_panel: None,
            timings: false,
            smoothing: false,
            reidentification: false,
            detect_every: 13,
            budget_ms: Some(33.0),
            max_people: 3,
            selection: "largest:2".to_owned(),
            pose_net: Some("fast".to_owned()),
            flip_test: Some(true),
        }
    }

    #[test]
    fn every_setting_is_read_as_it_was_written() {
        let fields = changed().fields();
        for (name, default) in Settings::default().fields() {
            assert_ne!(fields[&name], default, "{name} should be another one here");
        }
        assert_eq!(Settings::read_fields(fields), changed());
    }

    #[test]
    fn names_in_the_file_stay_what_they_are() {
        let kept = read(
            r#"{"dark":false,"skeletons":false,"boxes":false,"identities":false,"confidence_colors":false,
                "joint_names":true,"mirror_cameras":true,"min_confidence":0.45,"side_panel":null,"timings":false,
                "smoothing":false,"reidentification":false,"detect_every":13,"budget_ms":33.0,"max_people":3,
                "selection":"largest:2","pose_net":"fast","flip_test":true}"#,
        );
        assert_eq!(kept, changed());
    }

    #[test]
    fn params_come_back() {
        let settings = changed();
        let again = Settings {
            dark: settings.dark,
            overlay: settings.overlay,
            side_panel: settings.side_panel,
            timings: settings.timings,
            pose_net: settings.pose_net.clone(),
            flip_test: settings.flip_test,
            ..Settings::of(&settings.params())
        };
        assert_eq!(again, settings);
        assert_eq!(Settings::default().params(), PipelineParams::default());
    }

    #[test]
    fn what_was_not_changed_stays_as_it_was() {
        let in_file = Settings {
            max_people: 7,
            budget_ms: Some(50.0),
            ..Settings::default()
        };
        let before = changed();
        assert_eq!(in_file.with_changes(&before, &before), in_file);
        // what is gone has changed, too
        let now = Settings {
            timings: true,
            budget_ms: None,
            ..before.clone()
        };
        let expected = Settings {
            timings: true,
            budget_ms: None,
            ..in_file.clone()
        };
        assert_eq!(in_file.with_changes(&before, &now), expected);
    }

    #[test]
    fn a_broken_setting_has_its_default_and_leaves_the_others() {
        let defaults = Settings::default();
        for name in changed().fields().keys() {
            for broken in [r#"{"x":1}"#, "[[]]"] {
                let json = format!(r#"{{"{name}":{broken},"unknown":1}}"#);
                assert_eq!(read(&json), defaults, "{name}");
            }
        }
        let kept = read(r#"{"detect_every":"often","timings":false,"side_panel":"sideways"}"#);
        let timings = false;
        assert_eq!(
            kept,
            Settings {
                timings,
                ..defaults
            }
        );
    }

    #[test]
    fn numbers_are_brought_into_their_ranges() {
        let high = read(
            r#"{"detect_every":100000,"max_people":100000,"min_confidence":1e300,"budget_ms":1e30,"selection":"first:60000"}"#,
        );
        assert_eq!(high.params().detect_every, MOST_DETECT_EVERY);
        assert_eq!(high.params().max_people, MOST_PEOPLE);
        assert_eq!(high.overlay.min_confidence, 1.0);
        assert_eq!(high.params().budget, Some(Duration::from_millis(200)));
        assert_eq!(high.params().selection, Selection::FirstSeen(MOST_CHOSEN));
        let low = read(
            r#"{"detect_every":-7,"max_people":0,"min_confidence":-1,"budget_ms":-3,"selection":"first:0"}"#,
        );
        assert_eq!(low.params().detect_every, 1);
        assert_eq!(low.params().max_people, 1);
        assert_eq!(low.overlay.min_confidence, 0.0);
        assert_eq!(low.params().budget, Some(Duration::from_millis(10)));
        assert_eq!(low.params().selection, Selection::Everyone);
    }

    #[test]
    fn one_person_is_nobody_in_the_next_source() {
        assert_eq!(read(r#"{"selection":"id:3"}"#), Settings::default());
    }
}
