//! From one start to the next: what the command line says counts for one start, what is changed in the window is kept.

use eframe::Storage;
use eframe::egui::{self, Theme};

use crate::engine::{EngineCommand, PoseNetSetting};
use crate::nn::NetChoice;
use crate::source::SourceSpec;
use crate::track::Selection;

use super::app::StartOptions;
use super::engine_handle::EngineHandle;
use super::options::OverlayOptions;
use super::recent_files::RecentFiles;
use super::settings::Settings;
use super::state::GuiState;

/// What was kept before this start, and with what the start began.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    in_file: Settings,
    at_start: Settings,
}

impl StartOptions {
    /// The same with what is kept, where the command line does not say something else.
    pub fn with_kept(mut self, storage: Option<&dyn Storage>) -> Self {
        let Some(storage) = storage else {
            return self;
        };
        let kept = Settings::read(storage);
        let begins_with = kept.with_some_of(&self.given(), |name, _| self.typed.contains(name));
        self.params = begins_with.params();
        if let Some(pose_net) = &mut self.pose_net {
            // without a choice that of the program stays
            if let Some(model) = begins_with.pose_net {
                pose_net.model = model;
            }
            if let Some(flip_test) = begins_with.flip_test {
                pose_net.flip_test = flip_test;
            }
        }
        self.settings = kept;
        self.recent = RecentFiles::read(storage);
        self
    }

    /// What the command line says, or would without a word.
    fn given(&self) -> Settings {
        Settings {
            pose_net: self.pose_net.as_ref().map(|it| it.model.clone()),
            flip_test: self.pose_net.as_ref().map(|it| it.flip_test),
            ..Settings::of(&self.params)
        }
    }
}

impl Kept {
    /// The engine began with this pose net, whoever chose it.
    pub(super) fn began_with_pose_net(&mut self, pose_net: &PoseNetSetting) {
        self.at_start.pose_net = Some(pose_net.model.clone());
        self.at_start.flip_test = Some(pose_net.flip_test);
    }

    /// What is kept from now on: what is as it was at the start stays kept as it was, be it typed or not.
    fn changed_to(&self, now: &Settings) -> Settings {
        self.in_file.with_changes(&self.at_start, now)
    }
}

impl GuiState {
    /// Begins as the window was left; how frames are worked on is known already.
    pub(super) fn begin_with(&mut self, settings: Settings, recent: RecentFiles) {
        self.overlay = settings.overlay;
        self.mirrors_cameras = settings.overlay.mirror;
        self.side_panel = settings.side_panel;
        self.shows_timings = settings.timings;
        self.recent = recent;
        self.kept.at_start = self.settings(settings.theme());
        self.kept.in_file = settings;
    }

    /// What is to be kept of what the window shows now.
    pub fn settings_to_keep(&self, theme: Theme) -> Settings {
        let mut to_keep = self.kept.changed_to(&self.settings(theme));
        let at_start = self.kept.at_start.params().selection;
        // everyone is shown again by itself when the person is gone whom the command line named
        let is_by_itself =
            matches!(at_start, Selection::Only(_)) && self.params.selection == Selection::Everyone;
        if self.follows_one_person() || is_by_itself {
            to_keep.selection.clone_from(&self.kept.in_file.selection);
        }
        to_keep
    }

    /// A camera's mirror is kept, as whoever stands before it wants it the next time too; a recording's is not.
    pub(super) fn note_mirror(&mut self) {
        let opened = self.session.source.as_ref().map(|source| &source.spec);
        if let None | Some(SourceSpec::Camera(_)) = opened.or(self.session.opening.as_ref()) {
            self.mirrors_cameras = self.overlay.mirror;
        }
    }

    /// Puts everything in the settings panel back and keeps nothing of it, whatever the command line said.
    pub(super) fn reset_settings(&mut self, engine: &mut dyn EngineHandle, ctx: &egui::Context) {
        let defaults = Settings::default();
        self.overlay = defaults.overlay;
        self.mirrors_cameras = defaults.overlay.mirror;
        self.shows_timings = defaults.timings;
        ctx.set_theme(defaults.theme());
        let params = defaults.params();
        if params != self.params {
            self.params = params.clone();
            engine.send(EngineCommand::SetParams(params));
        }
        let choice = NetChoice::default();
        let pose_net = PoseNetSetting {
            model: choice.model,
            flip_test: choice.flip_test,
        };
        // other weights may have other nets
        if self.pose_net.as_ref().is_some_and(|it| *it != pose_net)
            && self.pose_nets.contains(&pose_net.model)
        {
            self.pose_net = Some(pose_net.clone());
            engine.send(EngineCommand::SetPoseNet(pose_net));
        }
        self.kept.at_start = Settings {
            // the panel that the button is in may stay
            side_panel: defaults.side_panel,
            ..self.settings(defaults.theme())
        };
        self.kept.in_file = defaults;
    }

    /// What the window shows now.
    fn settings(&self, theme: Theme) -> Settings {
        Settings {
            dark: theme == Theme::Dark,
            overlay: OverlayOptions {
                mirror: self.mirrors_cameras,
                ..self.overlay
            },
            side_panel: self.side_panel,
            timings: self.shows_timings,
            pose_net: self.pose_net.as_ref().map(|it| it.model.clone()),
            flip_test: self.pose_net.as_ref().map(|it| it.flip_test),
            ..Settings::of(&self.params)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::time::Duration;

    use crate::pipeline::PipelineParams;
    use crate::track::TrackerParams;
    use crate::types::TrackId;

    fn given() -> PipelineParams {
        PipelineParams {
            detect_every: 3,
            budget: None,
            max_people: 4,
            selection: Selection::Largest(5),
            tracker: TrackerParams {
                smoothing: true,
                reidentification: false,
            },
        }
    }

    fn kept() -> PipelineParams {
        PipelineParams {
            detect_every: 30,
            budget: Some(Duration::from_millis(40)),
            max_people: 50,
            selection: Selection::FirstSeen(6),
            tracker: TrackerParams {
                smoothing: false,
                reidentification: true,
            },
        }
    }

    #[derive(Default)]
    struct MemoryStorage(BTreeMap<String, String>);

    impl Storage for MemoryStorage {
        fn get_string(&self, key: &str) -> Option<String> {
            self.0.get(key).cloned()
        }

        fn set_string(&mut self, key: &str, value: String) {
            self.0.insert(key.to_owned(), value);
        }

        fn remove_string(&mut self, key: &str) {
            self.0.remove(key);
        }

        fn flush(&mut self) {}
    }

    /// With what the window begins where these settings are typed.
    fn begins_with<const N: usize>(typed: [&'static str; N]) -> PipelineParams {
        let mut storage = MemoryStorage::default();
        Settings::of(&kept()).write(&mut storage);
        let options = StartOptions {
            params: given(),
            typed: typed.into(),
            ..StartOptions::default()
        };
        options.with_kept(Some(&storage)).params
    }

    #[test]
    fn each_typed_option_wins_alone() {
        assert_eq!(begins_with([]), kept());
        let expected = PipelineParams {
            max_people: 4,
            ..kept()
        };
        assert_eq!(begins_with(["max_people"]), expected);
        let tracker = begins_with(["smoothing"]).tracker;
        assert!(tracker.smoothing && tracker.reidentification);
        let all = [
            "detect_every",
            "budget_ms",
            "max_people",
            "selection",
            "smoothing",
            "reidentification",
        ];
        assert_eq!(begins_with(all), given());
    }

    #[test]
    fn one_person_may_be_typed_though_nobody_is_kept() {
        let options = StartOptions {
            params: PipelineParams {
                selection: Selection::Only(TrackId(3)),
                ..given()
            },
            typed: ["selection"].into(),
            ..StartOptions::default()
        };
        let started = options.with_kept(Some(&MemoryStorage::default()));
        assert_eq!(started.params.selection, Selection::Only(TrackId(3)));
    }
}
