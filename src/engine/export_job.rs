//! The export thread: a whole recording through a source and nets of its own, results to files.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};

use crate::base::latest::{self, LatestSender};
use crate::base::worker::{StopFlag, Worker};
use crate::engine::capture::open_recorded;
use crate::engine::handle::Opener;
use crate::engine::loaded::RunLoader;
use crate::engine::message::{EngineEvent, ExportEvent, ExportProgress, ExportRequest};
use crate::engine::outbox::Outbox;
use crate::export::{ExportOptions, RecordedResults, is_taken, recorded};
use crate::pipeline::Pipeline;
use crate::source::{FrameSource, SourceSpec};
use crate::track::Selection;
use crate::whole_run::{self, FrameDone, Outputs, RunError, RunWatcher};

/// More often nobody reads how far it is.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// A window that closes waits so long for an export to take away what it has made: a frame of many people may need
/// seconds on a slow machine.
const FAREWELL: Duration = Duration::from_secs(10);

/// An export that runs, or has run. Dropping it cancels it, and waits until its files are left alone.
pub(super) struct ExportJob {
    cancel: StopFlag,
    progress: Receiver<ExportProgress>,
    /// Gets nothing; closed when the files are left alone.
    at_work: Receiver<()>,
    _thread: Worker,
}

/// What an export works on.
pub(super) struct ExportTask {
    pub(super) request: ExportRequest,
    pub(super) opener: Opener,
    /// `None` where only results can be exported.
    pub(super) loader: Option<RunLoader>,
    /// The recording that was open last: results that name none belong to it.
    pub(super) beside: Option<SourceSpec>,
}

impl ExportJob {
    /// Begins in a thread of its own; the outbox gets how it ends.
    pub(super) fn start(task: ExportTask, outbox: Outbox) -> std::io::Result<Self> {
        let cancel = StopFlag::default();
        let (progress_sender, progress) = latest::slot();
        let (working, at_work) = crossbeam_channel::bounded::<()>(1);
        let mut reporter = Reporter {
            cancel: cancel.clone(),
            progress: progress_sender,
            outbox,
            began: Instant::now(),
            reported_at: None,
            n_done: 0,
            n_frames: None,
            length: None,
        };
        let thread = Worker::spawn("export", move |_has_its_own_flag| {
            let event = export(&task, &mut reporter);
            // whoever is told may begin the next one at once
            drop(working);
            reporter.outbox.event(EngineEvent::Export(event));
        })?;
        Ok(Self {
            cancel,
            progress,
            at_work,
            _thread: thread,
        })
    }

    /// Whether it still works on its files.
    pub(super) fn is_running(&self) -> bool {
        self.at_work.try_recv() == Err(TryRecvError::Empty)
    }

    /// Gives it up after the frame in work.
    pub(super) fn cancel(&self) {
        self.cancel.raise();
    }

    /// How far it is, if there is something new to say.
    pub(super) fn take_progress(&self) -> Option<ExportProgress> {
        self.progress.try_recv().ok()
    }
}

impl Drop for ExportJob {
    fn drop(&mut self) {
        self.cancel();
        if self.at_work.recv_timeout(FAREWELL) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the export does not end: its files are not whole");
        }
    }
}

/// Where the people come from.
enum People {
    /// The nets find them.
    Found(Box<Pipeline>),
    /// They were found before.
    Recorded(Box<RecordedResults>),
}

/// An export whose source is open and whose files are made.
struct Begun {
    source: Box<dyn FrameSource>,
    people: People,
    outputs: Outputs,
}

/// Runs to the end, or until it is canceled.
///
/// As after Ctrl+C in `track` what was written is completed where the recording or the disk breaks off; where the user
/// gives it up, it is taken away.
fn export(task: &ExportTask, reporter: &mut Reporter) -> ExportEvent {
    let paths = &task.request.outputs;
    let failed = |message, written| ExportEvent::Failed { message, written };
    // neither written over nor taken away afterwards
    if let Some(taken) = paths.all().find(|path| is_taken(path)) {
        let message = format!("{} is there already: choose another name", taken.display());
        return failed(message, Vec::new());
    }
    let mut begun = match begin(task) {
        Ok(begun) => begun,
        Err(error) => {
            paths.remove();
            return failed(format!("{error:#}"), Vec::new());
        }
    };
    let outcome = begun.run(task.request.params.selection, reporter);
    if !reporter.goes_on() {
        drop(begun);
        paths.remove();
        return ExportEvent::Canceled;
    }
    match (outcome, begun.outputs.finish()) {
        (Ok(()), Ok(written)) => ExportEvent::Finished { written },
        (Ok(()), Err(error)) => failed(error.to_string(), Vec::new()),
        (Err(error), Ok(written)) => failed(error.to_string(), written),
        // why it broke off comes first, though its files could not be completed either
        (Err(error), Err(incomplete)) => {
            tracing::warn!("{incomplete}");
            failed(error.to_string(), Vec::new())
        }
    }
}

/// Opens the source, loads the nets where they are asked, and makes the files.
fn begin(task: &ExportTask) -> anyhow::Result<Begun> {
    let ExportRequest {
        spec,
        pose_net,
        params,
        outputs: paths,
    } = &task.request;
    anyhow::ensure!(
        !matches!(spec, SourceSpec::Camera(_)),
        "{spec} has no end: open a recording, or use `poseglass track {spec}`"
    );
    if let SourceSpec::Path(path) = spec {
        // the window has begun to read it
        let is_pipe = |facts: std::fs::Metadata| !facts.is_file() && !facts.is_dir();
        anyhow::ensure!(
            !path.metadata().is_ok_and(is_pipe),
            "{spec} can be read once only: use `poseglass track {spec}` in place of the window"
        );
    }
    if let SourceSpec::Path(path) = spec
        && recorded::is_results(path)
    {
        let (source, results) = open_recorded(&task.opener, path, task.beside.as_ref())?;
        // as `convert` does it: rows are those of the file, pictures those of the recording
        let options = ExportOptions::default();
        let outputs = Outputs::create(paths, source.info(), results.header(), &options)?;
        return Ok(Begun {
            source,
            people: People::Recorded(Box::new(results)),
            outputs,
        });
    }
    let source = (task.opener)(spec)?;
    let Some(loader) = &task.loader else {
        anyhow::bail!("this window has no nets for exports: use `poseglass track`");
    };
    let nets = loader(pose_net.as_ref(), params.clone())?;
    // as `track` does it
    let options = ExportOptions {
        one_picture_a_row: paths.video.is_some(),
        ..ExportOptions::default()
    };
    let header = nets.header(source.info());
    let outputs = Outputs::create(paths, source.info(), &header, &options)?;
    Ok(Begun {
        source,
        people: People::Found(Box::new(nets.pipeline)),
        outputs,
    })
}

impl Begun {
    fn run(&mut self, selection: Selection, reporter: &mut Reporter) -> Result<(), RunError> {
        let info = self.source.info();
        let is_drawn = self.outputs.has_annotated();
        match &mut self.people {
            People::Found(pipeline) => {
                reporter.begin(info.n_frames, info.duration);
                let source = self.source.as_mut();
                whole_run::run(source, pipeline, &mut self.outputs, None, reporter)
            }
            People::Recorded(results) => {
                if is_drawn {
                    reporter.begin(info.n_frames, info.duration);
                } else {
                    reporter.begin(Some(results.rows().len() as u64), None);
                }
                let source = self.source.as_mut();
                whole_run::run_recorded(source, results, selection, &mut self.outputs, reporter)
            }
        }
    }
}

/// Tells the window how far an export is, and the export whether it is still wanted.
struct Reporter {
    cancel: StopFlag,
    /// A window that is slow sees the newest.
    progress: LatestSender<ExportProgress>,
    outbox: Outbox,
    began: Instant,
    reported_at: Option<Instant>,
    n_done: u64,
    n_frames: Option<u64>,
    /// The time of the last frame, nearly, where their number is not known.
    length: Option<Duration>,
}

impl Reporter {
    /// The first frame is next.
    fn begin(&mut self, n_frames: Option<u64>, length: Option<Duration>) {
        self.began = Instant::now();
        self.n_frames = n_frames;
        self.length = length;
    }

    /// What there is to say when the frame at `time` is done, `elapsed` after the beginning.
    fn progress(&self, time: Duration, elapsed: Duration) -> ExportProgress {
        let of = |done: f64, whole: f64| (0.0 < whole).then(|| (done / whole).min(1.0));
        let share = match (self.n_frames, self.length) {
            (Some(n_frames), _) => of(self.n_done as f64, n_frames as f64),
            (None, Some(length)) => of(time.as_secs_f64(), length.as_secs_f64()),
            (None, None) => None,
        };
        let left_secs = share
            .filter(|share| 0.0 < *share)
            .map(|share| elapsed.as_secs_f64() * (1.0 - share) / share);
        ExportProgress {
            n_done: self.n_done,
            n_frames: self.n_frames,
            share: share.map(|share| share as f32),
            left: left_secs.and_then(|secs| Duration::try_from_secs_f64(secs).ok()),
        }
    }
}

impl Drop for Reporter {
    /// The window would wait for ever for the end of an export that no longer runs.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.outbox.event(EngineEvent::Export(ExportEvent::Failed {
                message: "this is a fault of the program, and its files are not whole".to_owned(),
                written: Vec::new(),
            }));
        }
    }
}

impl RunWatcher for Reporter {
    fn goes_on(&mut self) -> bool {
        !self.cancel.is_raised()
    }

    fn frame_done(&mut self, done: &FrameDone<'_>) {
        self.n_done += 1;
        let now = Instant::now();
        let is_due = |last: Instant| PROGRESS_EVERY <= now.saturating_duration_since(last);
        if self.reported_at.is_none_or(is_due) {
            self.reported_at = Some(now);
            let elapsed = now.saturating_duration_since(self.began);
            self.progress.send(self.progress(done.time, elapsed));
            self.outbox.wake();
        }
    }
}
