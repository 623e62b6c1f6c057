//! The source that is open: what is known of it, the newest result, and where playing stands.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::engine::{Epoch, Update};
use crate::source::{SourceInfo, SourceKind, SourceSpec};
use crate::types::FrameResult;

use super::recent_poses::RecentPoses;
use super::timings::Timings;

/// After so many frames without anybody it is said; fewer would flicker while someone walks in.
const FRAMES_TILL_NOBODY: u32 = 8;

/// Follows what the engine tells about sources.
#[derive(Debug, Default)]
pub struct Session {
    /// What is being opened. What is open stays until then.
    pub opening: Option<SourceSpec>,
    /// What is open.
    pub source: Option<OpenSource>,
    /// Why what is open broke off; where nothing is open, why the last source could not be opened.
    pub failure: Option<String>,
}

/// A source that could not be opened.
#[derive(Clone, Debug, PartialEq)]
pub struct NotOpened {
    /// Which one.
    pub spec: SourceSpec,
    /// Why, where another one is open still; otherwise it is [`Session::failure`].
    pub reason: Option<String>,
}

/// Speeds that a recording can be played at, as shares of its own.
const SPEEDS: [f64; 6] = [0.1, 0.25, 0.5, 1.0, 1.5, 2.0];

/// To the next frame, or to the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The next one.
    Forward,
    /// The one before.
    Backward,
}

/// A source that is open, or was until it broke off.
#[derive(Debug)]
pub struct OpenSource {
    /// Its results carry it.
    epoch: Epoch,
    /// How it was asked for.
    pub spec: SourceSpec,
    /// What the engine knows of it.
    pub info: SourceInfo,
    /// The newest result.
    pub update: Option<Update>,
    /// Whether playing is halted, as far as was asked.
    pub paused: bool,
    /// How fast it is played, as a share of its own speed.
    pub speed: f64,
    /// Whether the last frame has been reached.
    pub ended: bool,
    /// Index of the last frame, once it has been reached.
    last_index: Option<u64>,
    /// Why the camera was lost, and when that was said, while it is looked for.
    reconnecting: Option<(Instant, String)>,
    /// Where the seek bar was last asked to go, until the frame of it comes.
    seeking: Option<(Duration, Instant)>,
    /// Seeks that were asked for.
    n_seeks: u64,
    /// When a step forward or back was asked for, until a frame comes.
    stepping: Option<(Step, Instant)>,
    /// The newest results in a row without anybody.
    n_frames_without_people: u32,
    /// Rates and times of the newest results.
    pub timings: Timings,
    /// The poses before the newest ones.
    pub recent: RecentPoses,
}

impl Session {
    /// A source was asked for. What is open stays until the other one is, unless the engine closes it at once.
    pub fn open(&mut self, spec: SourceSpec) {
        if (self.source.as_ref()).is_some_and(|source| !source.spec.can_stay_beside(&spec)) {
            self.source = None;
        }
        if self.source.is_none() {
            self.failure = None;
        }
        self.opening = Some(spec);
    }

    /// The source was closed, and one that was being opened is given up.
    pub fn close(&mut self) {
        self.source = None;
        self.failure = None;
        self.opening = None;
    }

    /// The engine opened a source, or found a lost camera again. Tells whether it is another one than before.
    pub fn opened(&mut self, epoch: Epoch, info: SourceInfo) -> bool {
        if let Some(source) = self.source_of(epoch) {
            source.info = info;
            source.reconnecting = None;
            self.failure = None;
            return false;
        }
        if self.is_late(epoch) {
            return false;
        }
        // closed again before it was open
        let Some(spec) = self.opening.take() else {
            return false;
        };
        self.failure = None;
        self.source = Some(OpenSource::new(epoch, spec, info));
        true
    }

    /// The engine could not open a source, which comes back then, or it broke off.
    pub fn failed(&mut self, epoch: Epoch, reason: String) -> Option<NotOpened> {
        if let Some(source) = self.source_of(epoch) {
            source.reconnecting = None;
            source.seeking = None;
            source.paused = true;
            self.failure = Some(reason);
            return None;
        }
        if self.is_late(epoch) {
            return None;
        }
        let spec = self.opening.take()?;
        let reason = if self.source.is_some() {
            Some(reason)
        } else {
            self.failure = Some(reason);
            None
        };
        Some(NotOpened { spec, reason })
    }

    /// Whether the engine means a source that was open before this one.
    fn is_late(&self, epoch: Epoch) -> bool {
        (self.source.as_ref()).is_some_and(|source| epoch < source.epoch)
    }

    /// The last frame of a recording has come.
    pub fn ended(&mut self, epoch: Epoch, last: Option<u64>) {
        if let Some(source) = self.source_of(epoch) {
            source.ended = true;
            source.last_index = last;
            source.paused = true;
        }
    }

    /// A lost camera is being looked for.
    pub fn reconnecting(&mut self, epoch: Epoch, message: String, now: Instant) {
        if let Some(source) = self.source_of(epoch) {
            source.reconnecting = Some((now, message));
        }
    }

    /// Whether the engine means the source that is open.
    pub fn concerns(&self, epoch: Epoch) -> bool {
        self.source
            .as_ref()
            .is_some_and(|source| source.epoch == epoch)
    }

    /// A result has come. Late ones of other sources are dropped.
    pub fn update(&mut self, update: Update, now: Instant) {
        if let Some(source) = self.source_of(update.epoch) {
            source.take(update, now);
        }
    }

    fn source_of(&mut self, epoch: Epoch) -> Option<&mut OpenSource> {
        self.source.as_mut().filter(|source| source.epoch == epoch)
    }

    /// The newest result, when there is one.
    pub fn result(&self) -> Option<&Arc<FrameResult>> {
        Some(&self.source.as_ref()?.update.as_ref()?.result)
    }
}

impl OpenSource {
    fn new(epoch: Epoch, spec: SourceSpec, info: SourceInfo) -> Self {
        Self {
            epoch,
            spec,
            info,
            update: None,
            paused: false,
            speed: 1.0,
            ended: false,
            last_index: None,
            reconnecting: None,
            seeking: None,
            n_seeks: 0,
            stepping: None,
            n_frames_without_people: 0,
            timings: Timings::default(),
            recent: RecentPoses::default(),
        }
    }

    fn take(&mut self, update: Update, now: Instant) {
        if let Some((lost_at, _)) = &self.reconnecting
            && *lost_at < update.result.frame.captured_at
        {
            self.reconnecting = None;
        }
        // a frame that was under way before is no answer, but one that comes much later says that there will be none
        if self.n_seeks <= update.n_seeks || !self.still_hopes_for_seek(now) {
            self.seeking = None;
        }
        self.stepping = None;
        // the user may have gone elsewhere before the end was said, or it was said before the last frame came
        self.ended = self.paused && self.last_index == Some(update.result.frame.index);
        if update.result.people.is_empty() {
            self.n_frames_without_people += 1;
        } else {
            self.n_frames_without_people = 0;
        }
        self.timings.add(&update.result, now);
        self.recent.add(&update.result);
        self.update = Some(update);
    }

    /// Whether it is played slower or faster than it was recorded.
    pub fn has_other_speed(&self) -> bool {
        f64::EPSILON < (self.speed - 1.0).abs()
    }

    /// The next lower speed, or the lowest.
    pub fn slower(&self) -> f64 {
        let lower = SPEEDS.into_iter().rfind(|speed| *speed < self.speed);
        lower.unwrap_or(self.speed)
    }

    /// The next higher speed, or the highest.
    pub fn faster(&self) -> f64 {
        let higher = SPEEDS.into_iter().find(|speed| self.speed < *speed);
        higher.unwrap_or(self.speed)
    }

    /// Where the newest frame is, or where the seek bar was asked to go.
    pub fn position(&self) -> Duration {
        match (&self.seeking, &self.update) {
            (Some((target, _)), _) => *target,
            (None, Some(update)) => update.result.frame.time,
            (None, None) => Duration::ZERO,
        }
    }

    /// Whether it is a file of results, so that the nets are not asked: what is known is then of their recording.
    pub fn is_of_results(&self) -> bool {
        (self.spec.path()).is_some_and(|path| path.display().to_string() != self.info.name)
    }

    /// Whether it is a folder of pictures.
    pub fn is_folder(&self) -> bool {
        matches!(self.info.kind, SourceKind::Folder(_)) && !self.is_of_results()
    }

    /// Of a folder of pictures that are the frames of a video, how many there are in a second.
    pub fn rate_hz(&self) -> Option<f64> {
        match self.spec {
            SourceSpec::Pictures { rate_hz, .. } => Some(rate_hz),
            SourceSpec::Path(_) | SourceSpec::Camera(_) | SourceSpec::Synthetic => None,
        }
    }

    /// Whether it is a recording in which one can go forward and back, be its length known or not.
    pub fn can_be_searched(&self) -> bool {
        self.info.can_seek && self.info.kind != SourceKind::Picture
    }

    /// Whether it is a camera whose pictures come.
    pub fn can_be_recorded(&self) -> bool {
        self.info.kind.is_live() && self.update.is_some() && self.reconnecting.is_none()
    }

    /// How long the recording is; `None` where that is not known or has no meaning.
    pub fn length(&self) -> Option<Duration> {
        if !self.info.can_seek {
            return None;
        }
        let stated = self.info.duration.or_else(|| {
            let fps = self.info.fps_nominal.filter(|fps| 0.0 < *fps)?;
            let last_frame = self.info.n_frames?.checked_sub(1)?;
            Duration::try_from_secs_f64(last_frame as f64 / fps).ok()
        })?;
        // files that were joined state the length of the first one
        let newest =
            (self.update.as_ref()).map_or(Duration::ZERO, |update| update.result.frame.time);
        Some(stated.max(newest))
    }

    /// Notes that the seek bar was asked to go to `target`.
    pub fn note_seek(&mut self, target: Duration, now: Instant) {
        self.seeking = Some((target, now));
        self.n_seeks += 1;
        self.ended = false;
    }

    /// Notes that a step was asked for; `false` where the picture of the same step before is still to come:
    /// a key that is held down must not ask for more than can be shown.
    pub fn note_step(&mut self, step: Step, now: Instant) -> bool {
        // at either end no picture comes
        const PATIENCE: Duration = Duration::from_secs(2);
        let is_waiting = self.stepping.is_some_and(|(last, asked_at)| {
            last == step && now.saturating_duration_since(asked_at) < PATIENCE
        });
        if is_waiting {
            return false;
        }
        self.stepping = Some((step, now));
        self.paused = true;
        if step == Step::Backward {
            self.ended = false;
        }
        true
    }

    /// Whether frames of before are taken for what they are: on its way to a far place a slow reader needs its time.
    fn still_hopes_for_seek(&self, now: Instant) -> bool {
        const HOPE: Duration = Duration::from_secs(10);
        (self.seeking).is_some_and(|(_, asked_at)| now.saturating_duration_since(asked_at) < HOPE)
    }

    /// Whether a frame that was asked for is still to come; after a while it is not believed in any more.
    pub fn is_seeking(&self, now: Instant) -> bool {
        const PATIENCE: Duration = Duration::from_millis(400);
        self.seeking
            .as_ref()
            .is_some_and(|(_, asked_at)| now.saturating_duration_since(*asked_at) < PATIENCE)
    }

    /// Why the camera was lost, while it is looked for.
    pub fn lost_because(&self) -> Option<&str> {
        self.reconnecting
            .as_ref()
            .map(|(_, reason)| reason.as_str())
    }

    /// Whether it should be said that there is nobody: at once in a picture that stands still.
    pub fn is_without_people(&self) -> bool {
        let at_least = if self.paused { 1 } else { FRAMES_TILL_NOBODY };
        at_least <= self.n_frames_without_people
    }

    /// Whether frames keep coming, so that rates mean something.
    pub fn is_running(&self) -> bool {
        !self.paused && self.reconnecting.is_none()
    }
}
