//! The export thread: a whole recording through a source and nets of its own, results to files.

use std::time::{Duration, Instant};

use crate::base::worker::StopFlag;
use crate::engine::capture::open_recorded;
use crate::engine::handle::Opener;
use crate::engine::job::{Job, Reporter};
use crate::engine::loaded::RunLoader;
use crate::engine::message::{EngineEvent, ExportEvent, ExportProgress, ExportRequest};
use crate::engine::outbox::Outbox;
use crate::export::{ExportOptions, RecordedResults, is_taken, recorded};
use crate::pipeline::Pipeline;
use crate::source::{FrameSource, SourceSpec};
use crate::track::Selection;
use crate::whole_run::{self, FrameDone, Outputs, RunError, RunWatcher};

/// What an export works on.
pub(super) struct ExportTask {
    pub(super) request: ExportRequest,
    pub(super) opener: Opener,
    /// `None` where only results can be exported.
    pub(super) loader: Option<RunLoader>,
    /// The recording that was open last: results that name none belong to it.
    pub(super) beside: Option<SourceSpec>,
}

/// Begins in a thread of its own. A canceled one is over after the frame in work.
pub(super) fn start(task: ExportTask, outbox: Outbox) -> std::io::Result<Job> {
    let fault = EngineEvent::Export(ExportEvent::Failed {
        message: "this is a fault of the program, and its files are not whole".to_owned(),
        written: Vec::new(),
    });
    Job::start("export", fault, StopFlag::default(), outbox, move |job| {
        let mut watcher = Watcher::new(job);
        EngineEvent::Export(export(&task, &mut watcher))
    })
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
fn export(task: &ExportTask, watcher: &mut Watcher) -> ExportEvent {
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
    let outcome = begun.run(task.request.params.selection, watcher);
    if !watcher.goes_on() {
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
    fn run(&mut self, selection: Selection, watcher: &mut Watcher) -> Result<(), RunError> {
        let info = self.source.info();
        let is_drawn = self.outputs.has_annotated();
        match &mut self.people {
            People::Found(pipeline) => {
                watcher.begin(info.n_frames, info.duration);
                let source = self.source.as_mut();
                whole_run::run(source, pipeline, &mut self.outputs, None, watcher)
            }
            People::Recorded(results) => {
                if is_drawn {
                    watcher.begin(info.n_frames, info.duration);
                } else {
                    watcher.begin(Some(results.rows().len() as u64), None);
                }
                let source = self.source.as_mut();
                whole_run::run_recorded(source, results, selection, &mut self.outputs, watcher)
            }
        }
    }
}

/// Tells the window how far an export is, and the export whether it is still wanted.
struct Watcher {
    job: Reporter,
    done: Share,
}

/// How much of a recording is done.
struct Share {
    began: Instant,
    n_done: u64,
    n_frames: Option<u64>,
    /// The time of the last frame, nearly, where their number is not known.
    length: Option<Duration>,
}

impl Watcher {
    fn new(job: Reporter) -> Self {
        Self {
            job,
            done: Share::nothing_of(None, None),
        }
    }

    /// The first frame is next.
    fn begin(&mut self, n_frames: Option<u64>, length: Option<Duration>) {
        self.done = Share::nothing_of(n_frames, length);
    }
}

impl Share {
    fn nothing_of(n_frames: Option<u64>, length: Option<Duration>) -> Self {
        Self {
            began: Instant::now(),
            n_done: 0,
            n_frames,
            length,
        }
    }

    /// What there is to say when the frame at `time` is done.
    fn progress(&self, time: Duration) -> ExportProgress {
        let of = |done: f64, whole: f64| (0.0 < whole).then(|| (done / whole).min(1.0));
        let share = match (self.n_frames, self.length) {
            (Some(n_frames), _) => of(self.n_done as f64, n_frames as f64),
            (None, Some(length)) => of(time.as_secs_f64(), length.as_secs_f64()),
            (None, None) => None,
        };
        let elapsed_secs = self.began.elapsed().as_secs_f64();
        let left_secs = share
            .filter(|share| 0.0 < *share)
            .map(|share| elapsed_secs * (1.0 - share) / share);
        ExportProgress {
            n_done: self.n_done,
            n_frames: self.n_frames,
            share: share.map(|share| share as f32),
            left: left_secs.and_then(|secs| Duration::try_from_secs_f64(secs).ok()),
        }
    }
}

impl RunWatcher for Watcher {
    fn goes_on(&mut self) -> bool {
        self.job.is_wanted()
    }

    fn frame_done(&mut self, frame: &FrameDone<'_>) {
        self.done.n_done += 1;
        let done = &self.done;
        self.job.report(|| {
            let progress = done.progress(frame.time);
            EngineEvent::Export(ExportEvent::Progressed(progress))
        });
    }
}
