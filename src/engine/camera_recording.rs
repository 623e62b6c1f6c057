//! The recording thread: a camera's frames and their people on their way into files, while the window shows them.

use crate::base::worker::StopFlag;
use crate::engine::camera_files::{CameraFiles, RecordingSettings};
use crate::engine::job::{Job, Reporter};
use crate::engine::message::{EngineEvent, Epoch};
use crate::engine::outbox::Outbox;
use crate::engine::recording_message::{RecordingEvent, RecordingOrder};
use crate::engine::recording_queue::{FrameFeed, PeopleFeed, RecordingQueue, Take, queue};
use crate::types::Frame;

/// Begins in a thread of its own to record what the feeds are given, of the source that `epoch` says. It ends where the job is
/// stopped or the second feed is dropped, after the frames that have come until then, and whom the nets see in the last of
/// them a moment later.
pub(super) fn start(
    order: RecordingOrder,
    epoch: Epoch,
    outbox: Outbox,
) -> std::io::Result<(Job, FrameFeed, PeopleFeed)> {
    let stop = StopFlag::default();
    let (frames, people, queue) = queue(epoch, &stop);
    let fault = EngineEvent::Recording(RecordingEvent::Failed {
        message: "this is a fault of the program, and its end is lost".to_owned(),
        recorded: None,
    });
    let job = Job::start("recording", fault, stop, outbox, move |reporter| {
        let recorder = Recorder {
            order,
            settings: None,
            files: None,
            reporter,
        };
        let event = recorder.record(queue);
        if let RecordingEvent::Finished {
            recorded: Some(recorded),
            ..
        } = &event
        {
            tracing::info!("recorded {}", recorded.video.display());
        }
        EngineEvent::Recording(event)
    })?;
    Ok((job, frames, people))
}

/// Writes what it is given.
struct Recorder {
    order: RecordingOrder,
    /// `None` until inference says them.
    settings: Option<RecordingSettings>,
    /// `None` before the first frame.
    files: Option<CameraFiles>,
    reporter: Reporter,
}

/// Why a recording ends before anybody asks for it.
struct Ending {
    message: String,
    /// Whether something went wrong, as opposed to the camera having changed.
    is_failure: bool,
}

impl Ending {
    fn failure(error: impl Into<anyhow::Error>) -> Self {
        let error: anyhow::Error = error.into();
        Self {
            message: format!("{error:#}"),
            is_failure: true,
        }
    }
}

impl Recorder {
    /// Records until it is stopped, until the source is closed, or until it cannot go on; then the files are completed.
    fn record(mut self, queue: RecordingQueue) -> RecordingEvent {
        let mut ending = None;
        while ending.is_none()
            && !self.is_complete(&queue)
            && let Some(take) = queue.next()
        {
            ending = self.take(take, queue.n_left_out()).err();
        }
        let n_left_out = queue.n_left_out();
        // frames that still come are not wanted
        drop(queue);
        complete(self.files, ending, n_left_out)
    }

    /// Whether no frame comes any more, and no people of those that came: what the nets see goes on coming.
    fn is_complete(&self, queue: &RecordingQueue) -> bool {
        let awaits_people = self.files.as_ref().is_some_and(CameraFiles::awaits_people);
        queue.is_past_last_frame() && !awaits_people
    }

    fn take(&mut self, take: Take, n_left_out: u64) -> Result<(), Ending> {
        match take {
            Take::Settings(settings) => {
                if let Some(files) = &mut self.files {
                    files.begin_results(&settings).map_err(Ending::failure)?;
                }
                self.settings = Some(*settings);
                Ok(())
            }
            Take::Frame { frame, n_losses } => self.add(&frame, n_losses, n_left_out),
            Take::People { key, people } => match &mut self.files {
                Some(files) => files.add_people(key, &people).map_err(Ending::failure),
                // of a frame that came before the first one that is recorded
                None => Ok(()),
            },
        }
    }

    fn add(&mut self, frame: &Frame, n_losses: u32, n_left_out: u64) -> Result<(), Ending> {
        let size = frame.image.size();
        if self.files.is_none() {
            let files = CameraFiles::begin(&self.order, size).map_err(Ending::failure)?;
            let files = self.files.insert(files);
            if let Some(settings) = &self.settings {
                files.begin_results(settings).map_err(Ending::failure)?;
            }
        }
        let Some(files) = &mut self.files else {
            return Ok(());
        };
        if files.size() != size {
            return Err(Ending {
                message: format!(
                    "the camera's pictures have {}x{} pixels now in place of {}x{}",
                    size[0],
                    size[1],
                    files.size()[0],
                    files.size()[1]
                ),
                is_failure: false,
            });
        }
        files.add_frame(frame, n_losses).map_err(Ending::failure)?;
        let extent = files.extent(n_left_out);
        self.reporter
            .report(|| EngineEvent::Recording(RecordingEvent::Progressed(extent)));
        Ok(())
    }
}

/// What came before is completed, whatever the reason.
fn complete(files: Option<CameraFiles>, ending: Option<Ending>, n_left_out: u64) -> RecordingEvent {
    let (recorded, completed) = match files {
        Some(files) => files.finish(n_left_out),
        None => (None, Ok(())),
    };
    match (ending, completed) {
        (
            Some(Ending {
                message,
                is_failure: true,
            }),
            completed,
        ) => {
            // why it broke off comes first, though its files could not be completed either
            if let Err(incomplete) = completed {
                tracing::warn!("{incomplete}");
            }
            RecordingEvent::Failed { message, recorded }
        }
        (_, Err(error)) => RecordingEvent::Failed {
            message: error.to_string(),
            recorded,
        },
        (ending, Ok(())) => RecordingEvent::Finished {
            recorded,
            reason: ending.map(|ending| ending.message),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::latest;
    use crate::engine::recording_queue::tests::result;
    use crate::export::jsonl::JsonlReader;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    /// Longer than anything here takes.
    const LIMIT: Duration = Duration::from_secs(20);

    #[test]
    fn a_stopped_recording_ends_though_the_nets_see_more() {
        let dir = tempfile::tempdir().unwrap();
        let order = RecordingOrder {
            stem: "camera-0".to_owned(),
            folder: Some(dir.path().to_owned()),
            fps_nominal: None,
        };
        let (updates, _none) = latest::slot();
        let (events, _heard) = crossbeam_channel::bounded(8);
        let outbox = Outbox::new(Arc::new(updates), events, Arc::new(|| {}));
        let (mut job, frames, people) = start(order, Epoch(1), outbox).unwrap();
        people.begin(RecordingSettings::default());
        frames.add(&result(0).frame, 0);
        people.add(&result(0), 0);
        job.stop();
        let mut index = 1;
        let began = Instant::now();
        while people.add(&result(index), 0) {
            assert!(began.elapsed() < LIMIT, "it goes on");
            index += 1;
            std::thread::sleep(Duration::from_millis(1));
        }
        let recorded = loop {
            match job.take_news() {
                Some(EngineEvent::Recording(RecordingEvent::Finished {
                    recorded: Some(recorded),
                    reason: None,
                })) => break recorded,
                Some(EngineEvent::Recording(RecordingEvent::Progressed(_))) | None => {
                    assert!(began.elapsed() < LIMIT, "no end is told");
                    std::thread::sleep(Duration::from_millis(1));
                }
                Some(other) => panic!("{other:?}"),
            }
        };
        assert_eq!(recorded.extent.n_frames, 1);
        let rows = JsonlReader::open(&recorded.results).unwrap();
        let seen: Vec<u64> = rows.map(|row| row.map(|row| row.frame).unwrap()).collect();
        assert_eq!(seen, [0]);
    }
}
