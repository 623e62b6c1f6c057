//! From one start to the next: what the command line says counts for one start, what is changed in the window is kept.

use eframe::Storage;
use eframe::egui::{self, Theme};

use crate::engine::{EngineCommand, PoseNetSetting};
use crate::nn::NetChoice;
use crate::pipeline::PipelineParams;
use crate::source::SourceSpec;
use crate::track::{Selection, TrackerParams};

use super::app::StartOptions;
use super::engine_handle::EngineHandle;
use super::recent_files::RecentFiles;
use super::settings::Settings;
use super::state::GuiState;

/// Which of the settings the command line says: they win over those that were kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TypedOptions {
    /// How often the detector looks.
    pub detect_every: bool,
    /// What a frame's work may take.
    pub budget: bool,
    /// How many people are followed.
    pub max_people: bool,
    /// Whom results are about.
    pub selection: bool,
    /// Whether joints are smoothed.
    pub smoothing: bool,
    /// Whether people are known by their looks.
    pub reidentification: bool,
    /// The pose net.
    pub pose_net: bool,
    /// Whether the pose net looks in a mirror too.
    pub flip_test: bool,
}

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
        let settings = Settings::read(storage);
        self.params = self.typed.over(&self.params, settings.params());
        if let Some(pose_net) = &mut self.pose_net {
            if let Some(model) = &settings.pose_net
                && !self.typed.pose_net
            {
                pose_net.model.clone_from(model);
            }
            if let Some(flip_test) = settings.flip_test
                && !self.typed.flip_test
            {
                pose_net.flip_test = flip_test;
            }
        }
        self.settings = settings;
        self.recent = RecentFiles::read(storage);
        self
    }
}

impl TypedOptions {
    /// Those of `given` that were typed, over those that were kept.
    fn over(self, given: &PipelineParams, kept: PipelineParams) -> PipelineParams {
        const fn either<T: Copy>(is_typed: bool, given: T, kept: T) -> T {
            if is_typed { given } else { kept }
        }
        PipelineParams {
            detect_every: either(self.detect_every, given.detect_every, kept.detect_every),
            // a budget decides how often the detector looks: a kept one would take back what was typed
            budget: either(self.budget || self.detect_every, given.budget, kept.budget),
            max_people: either(self.max_people, given.max_people, kept.max_people),
            selection: either(self.selection, given.selection, kept.selection),
            tracker: TrackerParams {
                smoothing: either(
                    self.smoothing,
                    given.tracker.smoothing,
                    kept.tracker.smoothing,
                ),
                reidentification: either(
                    self.reidentification,
                    given.tracker.reidentification,
                    kept.tracker.reidentification,
                ),
            },
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
    fn changed_to(&self, now: Settings) -> Settings {
        fn newer<T: PartialEq + Clone>(now: T, at_start: &T, in_file: &T) -> T {
            if now == *at_start {
                in_file.clone()
            } else {
                now
            }
        }
        let Self { in_file, at_start } = self;
        Settings {
            dark: newer(now.dark, &at_start.dark, &in_file.dark),
            skeletons: newer(now.skeletons, &at_start.skeletons, &in_file.skeletons),
            boxes: newer(now.boxes, &at_start.boxes, &in_file.boxes),
            identities: newer(now.identities, &at_start.identities, &in_file.identities),
            confidence_colors: newer(
                now.confidence_colors,
                &at_start.confidence_colors,
                &in_file.confidence_colors,
            ),
            joint_names: newer(now.joint_names, &at_start.joint_names, &in_file.joint_names),
            min_confidence: newer(
                now.min_confidence,
                &at_start.min_confidence,
                &in_file.min_confidence,
            ),
            mirror_cameras: newer(
                now.mirror_cameras,
                &at_start.mirror_cameras,
                &in_file.mirror_cameras,
            ),
            side_panel: newer(now.side_panel, &at_start.side_panel, &in_file.side_panel),
            timings: newer(now.timings, &at_start.timings, &in_file.timings),
            smoothing: newer(now.smoothing, &at_start.smoothing, &in_file.smoothing),
            reidentification: newer(
                now.reidentification,
                &at_start.reidentification,
                &in_file.reidentification,
            ),
            detect_every: newer(
                now.detect_every,
                &at_start.detect_every,
                &in_file.detect_every,
            ),
            budget_ms: newer(now.budget_ms, &at_start.budget_ms, &in_file.budget_ms),
            max_people: newer(now.max_people, &at_start.max_people, &in_file.max_people),
            selection: newer(now.selection, &at_start.selection, &in_file.selection),
            pose_net: newer(now.pose_net, &at_start.pose_net, &in_file.pose_net),
            flip_test: newer(now.flip_test, &at_start.flip_test, &in_file.flip_test),
        }
    }
}

impl GuiState {
    /// Begins as the window was left; how frames are worked on is known already.
    pub(super) fn begin_with(&mut self, settings: Settings, recent: RecentFiles) {
        self.overlay = settings.overlay();
        self.mirrors_cameras = settings.mirror_cameras;
        self.side_panel = settings.side_panel;
        self.shows_timings = settings.timings;
        self.recent = recent;
        self.kept.at_start = self.settings(settings.theme());
        self.kept.in_file = settings;
    }

    /// What is to be kept of what the window shows now.
    pub fn settings_to_keep(&self, theme: Theme) -> Settings {
        let mut to_keep = self.kept.changed_to(self.settings(theme));
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
        self.overlay = defaults.overlay();
        self.mirrors_cameras = defaults.mirror_cameras;
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
            mirror_cameras: self.mirrors_cameras,
            side_panel: self.side_panel,
            timings: self.shows_timings,
            pose_net: self.pose_net.as_ref().map(|it| it.model.clone()),
            flip_test: self.pose_net.as_ref().map(|it| it.flip_test),
            ..Settings::new(&self.overlay, &self.params)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

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

    #[test]
    fn each_typed_option_wins_alone() {
        let over = |typed: TypedOptions| typed.over(&given(), kept());
        let none = TypedOptions::default();
        assert_eq!(over(none), kept());
        let max_people = TypedOptions {
            max_people: true,
            ..none
        };
        let expected = PipelineParams {
            max_people: 4,
            ..kept()
        };
        assert_eq!(over(max_people), expected);
        let smoothing = TypedOptions {
            smoothing: true,
            ..none
        };
        assert!(over(smoothing).tracker.smoothing);
        assert!(over(smoothing).tracker.reidentification);
        let all = TypedOptions {
            detect_every: true,
            budget: true,
            max_people: true,
            selection: true,
            smoothing: true,
            reidentification: true,
            pose_net: true,
            flip_test: true,
        };
        assert_eq!(over(all), given());
    }

    #[test]
    fn a_typed_interval_of_the_detector_leaves_a_kept_budget_aside() {
        let typed = TypedOptions {
            detect_every: true,
            ..TypedOptions::default()
        };
        let params = typed.over(&given(), kept());
        assert_eq!(params.detect_every, 3);
        assert_eq!(params.budget, None);
    }

    #[test]
    fn what_was_not_changed_stays_kept_as_it_was() {
        let with_people = |max_people| Settings {
            max_people,
            ..Settings::default()
        };
        let kept = Kept {
            in_file: with_people(7),
            at_start: with_people(3),
        };
        assert_eq!(kept.changed_to(with_people(3)), with_people(7));
        assert_eq!(kept.changed_to(with_people(5)), with_people(5));
    }
}
