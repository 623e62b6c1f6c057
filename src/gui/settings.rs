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

/// What a user chose in the window. Numbers are as wide as what may stand in a file; [`Settings::read`] brings them
/// into the ranges that the settings panel offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Dark colors rather than light ones.
    pub dark: bool,
    /// Limbs and joints are drawn.
    pub skeletons: bool,
    /// Boxes are drawn.
    pub boxes: bool,
    /// Numbers of people are drawn.
    pub identities: bool,
    /// Joints are colored by confidence.
    pub confidence_colors: bool,
    /// Names of joints are drawn.
    pub joint_names: bool,
    /// Joints less sure than this are not drawn; in [0, 1].
    pub min_confidence: f32,
    /// Cameras are shown as in a mirror; what is done to a recording is not kept.
    pub mirror_cameras: bool,
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
        Self::new(&OverlayOptions::default(), &PipelineParams::default())
    }
}

impl Settings {
    /// With these options, and all others as they are at first.
    pub fn new(overlay: &OverlayOptions, params: &PipelineParams) -> Self {
        let in_ms = |budget: Duration| budget.as_micros() as f64 / 1e3;
        Self {
            // video is judged best in dim surroundings
            dark: true,
            skeletons: overlay.skeletons,
            boxes: overlay.boxes,
            identities: overlay.identities,
            confidence_colors: overlay.confidence_colors,
            joint_names: overlay.joint_names,
            min_confidence: overlay.min_confidence,
            mirror_cameras: overlay.mirror,
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
        versioned::read(storage, KEY).map_or_else(Self::default, Self::from_fields)
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

    /// What is drawn, in front of a camera.
    pub fn overlay(&self) -> OverlayOptions {
        OverlayOptions {
            skeletons: self.skeletons,
            boxes: self.boxes,
            identities: self.identities,
            confidence_colors: self.confidence_colors,
            joint_names: self.joint_names,
            mirror: self.mirror_cameras,
            min_confidence: self.min_confidence,
        }
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

    fn from_fields(kept: Map<String, Value>) -> Self {
        let mut settings = Self::default();
        let known = settings.fields();
        for (name, value) in kept {
            if !known.contains_key(&name) {
                tracing::debug!("the setting {name} that was kept is not known");
                continue;
            }
            match settings.with(&name, value) {
                Ok(changed) => settings = changed.in_range(),
                Err(error) => {
                    tracing::warn!("the setting {name} that was kept has its default: {error}");
                }
            }
        }
        settings
    }

    /// The same with one setting as it stands in a file.
    fn with(&self, name: &str, value: Value) -> serde_json::Result<Self> {
        let mut fields = self.fields();
        fields.insert(name.to_owned(), value);
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
            min_confidence: self.min_confidence.clamp(0.0, 1.0),
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
        Settings::from_fields(serde_json::from_str(json).unwrap())
    }

    fn changed() -> Settings {
        Settings {
            dark: false,
            skeletons: false,
            boxes: false,
            identities: false,
            confidence_colors: false,
            joint_names: true,
            min_confidence: 0.45,
            mirror_cameras: true,
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
        assert_eq!(Settings::from_fields(fields), changed());
    }

    #[test]
    fn options_and_params_come_back() {
        let settings = changed();
        let again = Settings {
            dark: false,
            side_panel: None,
            timings: false,
            pose_net: settings.pose_net.clone(),
            flip_test: settings.flip_test,
            ..Settings::new(&settings.overlay(), &settings.params())
        };
        assert_eq!(again, settings);
        assert_eq!(Settings::default().params(), PipelineParams::default());
        assert_eq!(Settings::default().overlay(), OverlayOptions::default());
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
        assert_eq!(high.overlay().min_confidence, 1.0);
        assert_eq!(high.params().budget, Some(Duration::from_millis(200)));
        assert_eq!(high.params().selection, Selection::FirstSeen(MOST_CHOSEN));
        let low = read(
            r#"{"detect_every":-7,"max_people":0,"min_confidence":-1,"budget_ms":-3,"selection":"first:0"}"#,
        );
        assert_eq!(low.params().detect_every, 1);
        assert_eq!(low.params().max_people, 1);
        assert_eq!(low.overlay().min_confidence, 0.0);
        assert_eq!(low.params().budget, Some(Duration::from_millis(10)));
        assert_eq!(low.params().selection, Selection::Everyone);
    }

    #[test]
    fn one_person_is_nobody_in_the_next_source() {
        assert_eq!(read(r#"{"selection":"id:3"}"#), Settings::default());
    }
}
