//! The recording of a camera: how it begins and ends, and what is said of it.

use std::path::Path;
use std::time::Duration;

use crate::engine::{EngineCommand, Recorded, RecordingEvent, RecordingExtent};
use crate::source::SourceSpec;

use super::engine_handle::EngineHandle;
use super::saving;
use super::state::GuiState;
use super::toasts::ToastKind;

/// A recording that was asked for and is not complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunningRecording {
    /// How much is recorded.
    pub extent: RecordingExtent,
    /// Whether it is being completed.
    pub is_ending: bool,
}

impl GuiState {
    /// Begins to record the camera, or ends that. Whoever records a camera that is paused wants it to go on.
    pub(super) fn toggle_recording(&mut self, engine: &mut dyn EngineHandle) {
        if self.camera_recording.is_some() {
            self.note_recording_ends();
            engine.send(EngineCommand::StopRecording);
            return;
        }
        let Some(source) = &mut self.session.source else {
            return;
        };
        if source.paused {
            source.paused = false;
            engine.send(EngineCommand::SetPaused(false));
        }
        let order = saving::recording_order(&source.spec, &source.info);
        engine.send(EngineCommand::StartRecording(order));
        self.camera_recording = Some(RunningRecording::default());
    }

    /// The engine completes it: it was asked to, or the camera goes.
    pub(super) fn note_recording_ends(&mut self) {
        if let Some(running) = &mut self.camera_recording {
            running.is_ending = true;
        }
    }

    /// Takes in how the recording goes.
    pub(super) fn hear_of_recording(&mut self, event: RecordingEvent, now_secs: f64) {
        let (kind, text, recorded) = match event {
            RecordingEvent::Progressed(extent) => {
                if let Some(running) = &mut self.camera_recording {
                    running.extent = extent;
                }
                return;
            }
            RecordingEvent::Finished { recorded, reason } => {
                let (kind, text) = finished(recorded.as_ref(), reason);
                (kind, text, recorded)
            }
            RecordingEvent::Failed { message, recorded } => {
                let text = failed(&message, recorded.as_ref());
                (ToastKind::Error, text, recorded)
            }
        };
        self.camera_recording = None;
        // whoever records wants to look at it next
        if let Some(recorded) = recorded {
            let results = SourceSpec::Path(recorded.results);
            self.recent.note_opened(&results);
        }
        self.toasts.add(kind, text, now_secs);
    }
}

fn finished(recorded: Option<&Recorded>, reason: Option<String>) -> (ToastKind, String) {
    let Some(recorded) = recorded else {
        let text = "Nothing was recorded: no picture of the camera came".to_owned();
        return (ToastKind::Warning, text);
    };
    let extent = &recorded.extent;
    let mut text = format!(
        "Recorded {} to {}, its people to {}",
        elapsed(extent.length),
        recorded.video.display(),
        name_of(&recorded.results)
    );
    if let Some(reason) = &reason {
        text += &format!("; it ended as {reason}");
    }
    match extent.n_left_out {
        0 => {}
        1 => text += "; 1 frame was left out, as the disk or the processor was too slow",
        n => {
            text +=
                &format!("; {n} frames were left out, as the disk or the processor was too slow");
        }
    }
    let kind = if reason.is_some() || 0 < extent.n_left_out {
        ToastKind::Warning
    } else {
        ToastKind::Done
    };
    (kind, text)
}

fn failed(message: &str, recorded: Option<&Recorded>) -> String {
    match recorded {
        None => format!("The recording failed: {message}"),
        Some(recorded) => format!(
            "The recording broke off: {message}; what came before is in {}",
            recorded.video.display()
        ),
    }
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// `0:12`, and `1:02:03` from an hour on.
pub fn elapsed(time: Duration) -> String {
    let secs = time.as_secs();
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours == 0 {
        format!("{minutes}:{secs:02}")
    } else {
        format!("{hours}:{minutes:02}:{secs:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_and_why_it_ended_is_said() {
        let recorded = |n_left_out| Recorded {
            video: "/videos/camera-0.mp4".into(),
            results: "/videos/camera-0-poses.jsonl".into(),
            extent: RecordingExtent {
                n_frames: 300,
                length: Duration::from_millis(3_723_900),
                n_left_out,
            },
        };
        let whole = "Recorded 1:02:03 to /videos/camera-0.mp4, its people to camera-0-poses.jsonl";
        assert_eq!(
            finished(Some(&recorded(0)), None),
            (ToastKind::Done, whole.to_owned())
        );
        let (kind, text) = finished(Some(&recorded(2)), Some("the size changed".to_owned()));
        assert_eq!(kind, ToastKind::Warning);
        assert_eq!(
            text,
            format!(
                "{whole}; it ended as the size changed; 2 frames were left out, as the disk or the processor was too slow"
            )
        );
        let (kind, text) = finished(None, None);
        assert_eq!(kind, ToastKind::Warning);
        assert!(text.contains("Nothing was recorded"), "{text}");
    }
}
