//! The system's dialog for choosing a file or a folder, without holding up the window.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::base::worker::Wake;

/// What a dialog is to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A video, a picture or results.
    File,
    /// A folder of pictures.
    Folder,
    /// A folder for the files of an export.
    ExportFolder,
}

/// What became of a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This was chosen.
    Chosen(PathBuf),
    /// The user thought better of it.
    Cancelled,
    /// No dialog appeared: the desktop has none to offer.
    Unavailable,
}

/// Asks for files; a trait, because tests cannot click in the system's dialog.
pub trait FileDialog {
    /// Opens the dialog, unless it is open; `wake` is called when the answer is there.
    fn open(&mut self, wanted: Wanted, wake: &Wake);

    /// The answer, once.
    fn take_answer(&mut self) -> Option<Answer>;
}

type Choice = Pin<Box<dyn Future<Output = Option<rfd::FileHandle>> + Send>>;

/// The dialog of the desktop.
#[derive(Default)]
pub struct SystemFileDialog {
    open: Option<OpenDialog>,
}

struct OpenDialog {
    choice: Choice,
    waker: Waker,
    opened_at: Instant,
}

/// No person cancels faster than this; without a portal the dialog "cancels" at once.
const QUICKEST_CANCEL: Duration = Duration::from_millis(250);

const VIDEO_ENDINGS: [&str; 18] = [
    "mp4", "mov", "m4v", "mkv", "webm", "avi", "gif", "mts", "m2ts", "ts", "mpg", "mpeg", "wmv",
    "3gp", "flv", "ogv", "dv", "mxf",
];

const PICTURE_ENDINGS: [&str; 7] = ["png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff"];

/// Of poseglass and of other programs.
const RESULT_ENDINGS: [&str; 3] = ["jsonl", "json", "trc"];

/// Desktops tell small letters from capital ones, in which cameras and phones write them.
fn in_both_cases<'a>(endings: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    endings
        .into_iter()
        .flat_map(|ending| [ending.to_owned(), ending.to_uppercase()])
        .collect()
}

/// Lets a future wake the window.
struct WakeWindow(Wake);

impl std::task::Wake for WakeWindow {
    fn wake(self: Arc<Self>) {
        (self.0)();
    }
}

impl FileDialog for SystemFileDialog {
    fn open(&mut self, wanted: Wanted, wake: &Wake) {
        if self.open.is_some() {
            return;
        }
        let dialog = rfd::AsyncFileDialog::new();
        let choice: Choice = match wanted {
            Wanted::File => {
                let media = VIDEO_ENDINGS.into_iter().chain(PICTURE_ENDINGS);
                let all_of_them = media.clone().chain(RESULT_ENDINGS);
                // the first one is chosen when the dialog opens: it hides nothing that the title speaks of
                let dialog = dialog
                    .set_title("Open a video, a picture or results")
                    .add_filter("Videos, pictures and results", &in_both_cases(all_of_them))
                    .add_filter("Videos and pictures", &in_both_cases(media))
                    .add_filter("Results", &in_both_cases(RESULT_ENDINGS))
                    .add_filter("All files", &["*"]);
                Box::pin(dialog.pick_file())
            }
            Wanted::Folder => {
                let dialog = dialog.set_title("Open a folder of pictures");
                Box::pin(dialog.pick_folder())
            }
            Wanted::ExportFolder => {
                let dialog = dialog
                    .set_title("Choose a folder for the files")
                    .set_can_create_directories(true);
                Box::pin(dialog.pick_folder())
            }
        };
        self.open = Some(OpenDialog {
            choice,
            waker: Arc::new(WakeWindow(Arc::clone(wake))).into(),
            opened_at: Instant::now(),
        });
        // the first poll registers the waker
        wake();
    }

    fn take_answer(&mut self) -> Option<Answer> {
        let dialog = self.open.as_mut()?;
        let mut context = Context::from_waker(&dialog.waker);
        let Poll::Ready(choice) = dialog.choice.as_mut().poll(&mut context) else {
            return None;
        };
        let answer = match choice {
            Some(file) => Answer::Chosen(file.path().to_owned()),
            None if dialog.opened_at.elapsed() < QUICKEST_CANCEL => Answer::Unavailable,
            None => Answer::Cancelled,
        };
        self.open = None;
        Some(answer)
    }
}
