//! A live source read in a thread of its own, so that whoever asks for a frame gets the newest one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::base::latest::{self, Sent};
use crate::base::worker::{StopFlag, Worker};
use crate::engine::handle::Opener;
use crate::source::{self, FrameSource, SourceError, SourceInfo, SourceSpec};
use crate::types::Frame;

/// A camera that gives nothing for so long is lost.
const MOST_SILENCE: Duration = Duration::from_secs(5);

/// A camera that gives no first frame for so long is used by somebody else. On a Mac the user may be asked for
/// permission first, for which the camera's source waits half a minute.
const MOST_SILENCE_AT_FIRST: Duration = if cfg!(target_os = "macos") {
    Duration::from_secs(40)
} else {
    Duration::from_secs(10)
};

/// How often the stop flag is looked at while waiting for a frame.
const PATIENCE: Duration = Duration::from_millis(100);

/// The newest frames of a camera; frames that come while nobody asks are dropped and counted.
pub struct LiveFrames {
    info: SourceInfo,
    frames: Receiver<Result<Frame, SourceError>>,
    first: Option<Frame>,
    dropped: Arc<AtomicU64>,
    stop: StopFlag,
    _thread: Worker,
}

impl LiveFrames {
    /// Opens a camera and waits for its first frame; raising `stop` ends the stream of frames.
    ///
    /// A recording is played at its own speed, as if a camera gave it.
    pub fn open(spec: SourceSpec, stop: StopFlag) -> anyhow::Result<Self> {
        let opener: Opener = Arc::new(source::open);
        Self::open_with(&opener, spec, stop, |_camera, _frame| {})
    }

    /// The same with another way to open sources. `each` sees each frame as soon as it comes, those among them that are dropped
    /// later; the thread that reads the camera waits for it.
    pub(super) fn open_with(
        opener: &Opener,
        spec: SourceSpec,
        stop: StopFlag,
        each: impl Fn(&SourceInfo, &Frame) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let opener = Arc::clone(opener);
        let (sender, frames) = latest::slot();
        let (info_sender, info) = crossbeam_channel::bounded(1);
        let dropped = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&dropped);
        let thread = Worker::spawn("capture", move |stop| {
            let mut source = match opener(&spec) {
                Ok(source) => source,
                Err(error) => {
                    sender.send(Err(error));
                    return;
                }
            };
            let began = Instant::now();
            while !stop.is_raised() {
                let frame = match source.next_frame() {
                    Ok(Some(frame)) if source.info().kind.is_live() => Ok(frame),
                    Ok(Some(frame)) => Ok(when_its_time_comes(frame, began)),
                    Ok(None) => return,
                    Err(error) => Err(error),
                };
                let is_last = frame.is_err();
                // one that was in the driver until now is nobody's any more
                if let Ok(frame) = &frame
                    && !stop.is_raised()
                {
                    each(source.info(), frame);
                }
                if info_sender.is_empty() && frame.is_ok() {
                    // only the first one is waited for; a full channel is no loss
                    info_sender
                        .try_send(source.info().clone())
                        .unwrap_or_default();
                }
                if sender.send(frame) == Sent::ReplacedStale {
                    count.fetch_add(1, Ordering::Relaxed);
                }
                if is_last {
                    return;
                }
            }
        })?;
        let began = Instant::now();
        let first = loop {
            match frames.recv_timeout(PATIENCE) {
                Ok(frame) => break frame?,
                Err(RecvTimeoutError::Timeout)
                    if began.elapsed() < MOST_SILENCE_AT_FIRST && !stop.is_raised() => {}
                Err(_silent) => {
                    anyhow::bail!("the camera gives no frames: is another program using it?")
                }
            }
        };
        let info = info.recv_timeout(MOST_SILENCE)?;
        Ok(Self {
            info,
            frames,
            first: Some(first),
            dropped,
            stop,
            _thread: thread,
        })
    }

    /// Frames that came while nobody asked.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// Waits until a recording that began to play at `began` shows this frame; that is when it is captured.
fn when_its_time_comes(mut frame: Frame, began: Instant) -> Frame {
    std::thread::sleep((began + frame.time).saturating_duration_since(Instant::now()));
    frame.captured_at = Instant::now();
    frame
}

impl FrameSource for LiveFrames {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        let mut silence = Duration::ZERO;
        while !self.stop.is_raised() {
            match self.frames.recv_timeout(PATIENCE) {
                Ok(frame) => return frame.map(Some),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => silence += PATIENCE,
            }
            if MOST_SILENCE <= silence {
                return Err(SourceError::CameraLost {
                    name: self.info.name.clone(),
                    reason: format!("no frame for {} seconds", MOST_SILENCE.as_secs()),
                });
            }
        }
        Ok(None)
    }

    fn seek(&mut self, _time: Duration) -> Result<(), SourceError> {
        Err(SourceError::CannotSeek(self.info.name.clone()))
    }
}
