//! Pictures that the window asks for, written in a thread of their own: a large one takes a while.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use crossbeam_channel::{Receiver, Sender};

use crate::base::free_name::{first_free, unless_taken};
use crate::base::worker::{StopFlag, Worker};
use crate::engine::message::EngineEvent;
use crate::engine::outbox::Outbox;
use crate::export::annotate::AnnotationStyle;
use crate::export::picture::save_annotated;
use crate::types::FrameResult;

/// Pictures that may wait to be written: a key that is held down asks for them faster, and each keeps its frame in memory.
const MOST_WAITING: usize = 8;

/// More pictures of one frame than anybody wants.
const MOST_TRIES: u32 = 10_000;

/// A picture that is to be written as a PNG file.
#[derive(Clone)]
pub struct PictureOrder {
    /// The frame and its people.
    pub result: Arc<FrameResult>,
    /// What is drawn of them.
    pub style: AnnotationStyle,
    /// The file's name without its ending; where it is taken a number is put behind it, and nothing is overwritten.
    pub stem: String,
    /// The folder that the recording lies in, which is tried first.
    pub beside: Option<PathBuf>,
    /// The folder for pictures, which is made where it is missing.
    pub pictures_dir: Option<PathBuf>,
}

impl std::fmt::Debug for PictureOrder {
    /// The frame is no matter of a line of text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PictureOrder")
            .field("style", &self.style)
            .field("stem", &self.stem)
            .field("beside", &self.beside)
            .field("pictures_dir", &self.pictures_dir)
            .finish_non_exhaustive()
    }
}

/// The thread that writes pictures. Dropping it waits until all that were asked for are written.
pub(super) struct PictureWriter {
    /// `None` once no more can be asked for.
    orders: Option<Sender<PictureOrder>>,
    thread: Option<Worker>,
    outbox: Outbox,
}

impl PictureWriter {
    /// Starts the thread; what becomes of each picture is an event.
    pub(super) fn start(outbox: Outbox) -> std::io::Result<Self> {
        let (orders, waiting) = crossbeam_channel::bounded(MOST_WAITING);
        let thread_outbox = outbox.clone();
        let thread = Worker::spawn("pictures", move |stop| {
            run(&waiting, &thread_outbox, stop);
        })?;
        Ok(Self {
            orders: Some(orders),
            thread: Some(thread),
            outbox,
        })
    }

    /// Asks for a picture; never blocks.
    pub(super) fn write(&self, order: PictureOrder) {
        let is_taken = self
            .orders
            .as_ref()
            .is_some_and(|orders| orders.try_send(order).is_ok());
        if !is_taken {
            let message = "others are still being written: try again in a moment".to_owned();
            self.outbox.event(EngineEvent::PictureSaved {
                outcome: Err(message),
            });
        }
    }
}

impl Drop for PictureWriter {
    fn drop(&mut self) {
        // the thread returns after the last one that waits
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            thread.finish();
        }
    }
}

/// Writes until no more can be asked for; `stop` tells only that nobody listens any more.
fn run(orders: &Receiver<PictureOrder>, outbox: &Outbox, stop: &StopFlag) {
    for order in orders {
        match save(&order).map_err(|error| format!("{error:#}")) {
            outcome if !stop.is_raised() => outbox.event(EngineEvent::PictureSaved { outcome }),
            Ok(path) => tracing::info!("saved {}", path.display()),
            Err(message) => tracing::error!("the picture was not saved: {message}"),
        }
    }
}

/// Writes a picture where that is possible, and tells where.
fn save(order: &PictureOrder) -> anyhow::Result<PathBuf> {
    let beside = order.beside.as_ref().map(|dir| save_in(dir, order));
    match (beside, &order.pictures_dir) {
        (Some(Ok(path)), _) => Ok(path),
        (_, Some(dir)) => {
            std::fs::create_dir_all(dir)
                .with_context(|| format!("the folder {} cannot be made", dir.display()))?;
            save_in(dir, order)
        }
        (Some(Err(error)), None) => Err(error),
        (None, None) => {
            anyhow::bail!("no folder for pictures was found: set HOME or XDG_PICTURES_DIR")
        }
    }
}

/// Takes a name that is free and writes there.
fn save_in(dir: &Path, order: &PictureOrder) -> anyhow::Result<PathBuf> {
    let path = reserve(dir, &order.stem)?;
    if let Err(error) = save_annotated(&path, &order.result, &order.style) {
        // the name was taken by an empty file; if even this fails there is nothing more to say
        drop(std::fs::remove_file(&path));
        return Err(error.into());
    }
    Ok(path)
}

/// Makes an empty file of a name that was free until now, so that nothing is ever overwritten.
fn reserve(dir: &Path, stem: &str) -> anyhow::Result<PathBuf> {
    let reserved = first_free(stem, MOST_TRIES, |name| {
        let path = dir.join(format!("{name}.png"));
        let made = unless_taken(File::create_new(&path)).with_context(|| {
            format!(
                "{} cannot be written: choose a folder that you may write to",
                path.display()
            )
        })?;
        anyhow::Ok(made.map(|_empty| path))
    })?;
    reserved.with_context(|| {
        format!(
            "{} holds {MOST_TRIES} pictures of this name: move some away",
            dir.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::latest;
    use crate::image::RgbImage;
    use crate::types::{Frame, StageTimes};
    use std::time::{Duration, Instant};

    fn order(beside: Option<&Path>, pictures_dir: Option<&Path>) -> PictureOrder {
        let result = FrameResult {
            frame: Frame {
                index: 97,
                time: Duration::from_millis(63_240),
                file: None,
                captured_at: Instant::now(),
                image: Arc::new(RgbImage::filled([32, 24], [10, 20, 30])),
            },
            people: Vec::new(),
            times: StageTimes::default(),
            effort: None,
        };
        PictureOrder {
            result: Arc::new(result),
            style: AnnotationStyle::default(),
            stem: "测试 walk".to_owned(),
            beside: beside.map(Path::to_owned),
            pictures_dir: pictures_dir.map(Path::to_owned),
        }
    }

    #[test]
    fn nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let order = order(None, Some(&dir.path().join("made for it")));
        let first = save(&order).unwrap();
        let bytes = std::fs::read(&first).unwrap();
        let second = save(&order).unwrap();
        assert_eq!(first.file_name().unwrap(), "测试 walk.png");
        assert_eq!(second.file_name().unwrap(), "测试 walk-2.png");
        assert_eq!(std::fs::read(&first).unwrap(), bytes);
        let size = image::image_dimensions(&second).unwrap();
        assert_eq!(size, (32, 24));
    }

    #[test]
    fn pictures_lie_beside_their_recording_where_that_can_be() {
        let (beside, pictures) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let gone = beside.path().join("gone");
        for (dir, expected) in [
            (beside.path(), beside.path()),
            (gone.as_path(), pictures.path()),
        ] {
            let path = save(&order(Some(dir), Some(pictures.path()))).unwrap();
            assert_eq!(path.parent(), Some(expected));
        }
        assert!(!gone.exists(), "a disk that was taken out is not imitated");
    }

    #[test]
    fn failing_leaves_nothing_and_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, b"x").unwrap();
        for (order, expected) in [
            (order(None, Some(&file)), "cannot be made"),
            (order(Some(&file), None), "cannot be written"),
            (order(None, None), "set HOME"),
        ] {
            let error = format!("{:#}", save(&order).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn all_that_was_asked_for_is_written_before_the_writer_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let (updates, _none) = latest::slot();
        let (events, _heard) = crossbeam_channel::bounded(8);
        let outbox = Outbox::new(Arc::new(updates), events, Arc::new(|| {}));
        let writer = PictureWriter::start(outbox).unwrap();
        for _ in 0..3 {
            writer.write(order(None, Some(dir.path())));
        }
        drop(writer);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
    }
}
