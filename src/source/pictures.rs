//! One picture, or a folder of pictures in the order of their names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::left_out::LeftOut;
use super::picture_file::{is_animated, read_picture};
use super::picture_folder::{name_of, pictures_in};
use super::picture_names::PictureNames;
use super::{FrameSource, SourceError, SourceInfo, SourceKind};
use crate::image::RgbImage;
use crate::types::Frame;

/// How long each picture of a folder is shown where nobody says it.
///
/// A folder says nothing about time. A second is too long for anything to be smoothed from one picture to the
/// next, which is right for pictures that have nothing to do with each other.
pub const PICTURE_DURATION: Duration = Duration::from_secs(1);

/// Pictures, each of them a frame.
pub struct PictureSource {
    info: SourceInfo,
    paths: Vec<PathBuf>,
    /// Pictures that are shown in a second.
    rate_hz: f64,
    next: usize,
    /// Pictures of the folder that could not be read since the start or the last jump.
    n_unreadable: u64,
    /// The same since the start, for the window.
    left_out: LeftOut,
    /// What is not shown of a single picture's file, for the window.
    note: Option<&'static str>,
    /// Pictures of the folder that are the first of several in their file, since the start or the last jump.
    n_animated: u64,
    /// The same since the start, by their places, for the window.
    animated: BTreeSet<usize>,
    /// The picture that was read to learn the size, or to find where a jump ends, with its place.
    read_ahead: Option<(usize, RgbImage)>,
}

impl PictureSource {
    /// Opens one picture.
    pub fn open_picture(path: &Path) -> Result<Self, SourceError> {
        const ANIMATED: &str = "of its animation only the first picture is read: convert it to a GIF or a video for the others";
        let image = read_picture(path)?;
        let note = is_animated(path).then_some(ANIMATED);
        if let Some(note) = note {
            tracing::warn!("{}: {note}", path.display());
        }
        let mut source = Self::of(path, SourceKind::Picture, vec![path.to_owned()], None);
        source.note = note;
        source.read_first(image, 0);
        Ok(source)
    }

    /// Opens the pictures of a folder, not of the folders inside it: frames of a video at `rate_hz`, above 0, in frames per
    /// second, or where that is not given each for [`PICTURE_DURATION`].
    pub fn open_folder(path: &Path, rate_hz: Option<f64>) -> Result<Self, SourceError> {
        let paths = pictures_in(path).map_err(|reason| SourceError::Unreadable {
            path: path.to_owned(),
            reason,
        })?;
        let names: Vec<String> = paths.iter().map(|path| name_of(path)).collect();
        let kind = SourceKind::Folder(PictureNames::of(&names));
        let mut source = Self::of(path, kind, paths, rate_hz);
        match source.read_next() {
            Some((place, image)) => {
                source.read_first(image, place);
                Ok(source)
            }
            None => Err(source.without_pictures(path)),
        }
    }

    /// Before any picture is read.
    fn of(path: &Path, kind: SourceKind, paths: Vec<PathBuf>, rate_hz: Option<f64>) -> Self {
        let info = SourceInfo {
            name: path.display().to_string(),
            kind,
            // known as soon as a picture is read
            size: [0, 0],
            rotation: 0,
            fps_nominal: rate_hz,
            n_frames: Some(paths.len() as u64),
            duration: None,
            can_seek: true,
            decoder: "image".to_owned(),
        };
        let mut source = Self {
            info,
            paths,
            rate_hz: rate_hz.unwrap_or_else(|| PICTURE_DURATION.as_secs_f64().recip()),
            next: 0,
            n_unreadable: 0,
            left_out: LeftOut::default(),
            note: None,
            n_animated: 0,
            animated: BTreeSet::new(),
            read_ahead: None,
        };
        source.info.duration = Some(source.time_of(source.paths.len()));
        source
    }

    /// Begins with this picture, whose size stands for all.
    fn read_first(&mut self, image: RgbImage, place: usize) {
        self.info.size = image.size();
        self.read_ahead = Some((place, image));
        self.next = place;
    }

    /// Why no picture of the folder can be shown.
    fn without_pictures(&self, folder: &Path) -> SourceError {
        let folder = folder.to_owned();
        match self.paths.first().map(|first| read_picture(first)) {
            Some(Err(reason)) => SourceError::NoneReadable {
                folder,
                n_pictures: self.paths.len(),
                reason: Box::new(reason),
            },
            _ => SourceError::NoPictures(folder),
        }
    }

    fn is_folder(&self) -> bool {
        matches!(self.info.kind, SourceKind::Folder(_))
    }

    fn time_of(&self, place: usize) -> Duration {
        // later than a time can say is never
        Duration::try_from_secs_f64(place as f64 / self.rate_hz).unwrap_or(Duration::MAX)
    }

    /// The place of the picture that is shown at `time`.
    fn place_at(&self, time: Duration) -> usize {
        let last = self.paths.len().saturating_sub(1);
        // what is too large for a place becomes the largest one
        let mut place = ((time.as_secs_f64() * self.rate_hz) as usize).min(last);
        // times are whole nanoseconds, so that this may be one off
        while place < last && self.time_of(place + 1) <= time {
            place += 1;
        }
        while 0 < place && time < self.time_of(place) {
            place -= 1;
        }
        place
    }

    /// The next picture that can be read, with its place in the folder.
    fn read_next(&mut self) -> Option<(usize, RgbImage)> {
        if let Some(found) = self.read_ahead.take_if(|(place, _)| *place == self.next) {
            self.next += 1;
            return Some(found);
        }
        while let Some(path) = self.paths.get(self.next) {
            let place = self.next;
            self.next += 1;
            match read_picture(path) {
                Ok(image) => {
                    self.note_animated(place);
                    return Some((place, image));
                }
                Err(error) => {
                    self.n_unreadable += 1;
                    tracing::warn!("left out: {error}");
                    self.left_out.note(place, &error);
                }
            }
        }
        self.tell_at_end();
        None
    }

    /// Notes where a picture of the folder is the first of several in its file.
    fn note_animated(&mut self, place: usize) {
        let path = self.paths.get(place).filter(|_| self.is_folder());
        if path.is_some_and(|path| is_animated(path)) {
            self.n_animated += 1;
            self.animated.insert(place);
        }
    }

    /// What is to be said of the animated pictures of a folder; nothing where there is none.
    fn animated_sentence(&self) -> Option<String> {
        let n_pictures = self.paths.len();
        match self.animated.len() {
            0 => None,
            1 => Some(format!(
                "1 of {n_pictures} pictures is animated: only its first picture is read"
            )),
            n => Some(format!(
                "{n} of {n_pictures} pictures are animated: of each only the first picture is read"
            )),
        }
    }

    /// What is not shown of a folder that was read to its end.
    fn tell_at_end(&mut self) {
        let n_unreadable = std::mem::take(&mut self.n_unreadable);
        if 0 < n_unreadable {
            tracing::warn!(
                "{} of {} pictures of {} cannot be read and are left out",
                n_unreadable,
                self.paths.len(),
                self.info.name
            );
        }
        let n_animated = std::mem::take(&mut self.n_animated);
        if 0 < n_animated {
            tracing::warn!(
                "{} of {} pictures of {} are animated: of each only the first picture is read",
                n_animated,
                self.paths.len(),
                self.info.name
            );
        }
    }

    /// The last place up to `place` whose picture can be read.
    ///
    /// What cannot be read on the way is not told here: reading on comes to it again.
    fn last_readable(&mut self, place: usize) -> Option<usize> {
        for candidate in (0..=place).rev() {
            if self
                .read_ahead
                .as_ref()
                .is_some_and(|(known, _)| *known == candidate)
            {
                // it counts anew since the jump
                self.note_animated(candidate);
                return Some(candidate);
            }
            if let Some(path) = self.paths.get(candidate)
                && let Ok(image) = read_picture(path)
            {
                // reading on takes it as it is
                self.note_animated(candidate);
                self.read_ahead = Some((candidate, image));
                return Some(candidate);
            }
        }
        None
    }
}

impl FrameSource for PictureSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        let Some((place, image)) = self.read_next() else {
            return Ok(None);
        };
        let file = self.paths.get(place).filter(|_| self.is_folder());
        Ok(Some(Frame {
            index: place as u64,
            time: self.time_of(place),
            file: file.map(|path| name_of(path).into()),
            captured_at: Instant::now(),
            image: Arc::new(image),
        }))
    }

    /// Of all pictures, be they readable or not: a hole in the numbers has a time, too.
    fn frame_times(&self) -> Option<Vec<Duration>> {
        let places = 0..self.paths.len();
        Some(places.map(|place| self.time_of(place)).collect())
    }

    fn picture_names(&self) -> Option<Vec<String>> {
        self.is_folder()
            .then(|| self.paths.iter().map(|path| name_of(path)).collect())
    }

    fn warning(&self) -> Option<String> {
        let note = self.note.map(|note| format!("{}: {note}", self.info.name));
        let warnings: Vec<String> = (self.left_out.sentence(self.paths.len()).into_iter())
            .chain(self.animated_sentence())
            .chain(note)
            .collect();
        (!warnings.is_empty()).then(|| warnings.join("; "))
    }

    fn seek(&mut self, time: Duration) -> Result<(), SourceError> {
        let place = self.place_at(time);
        self.n_unreadable = 0;
        self.n_animated = 0;
        self.next = self.last_readable(place).unwrap_or(place);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_of_a_picture_leads_back_to_it_at_any_rate() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..50 {
            image::RgbImage::new(1, 1)
                .save(dir.path().join(format!("{number}.bmp")))
                .unwrap();
        }
        for rate_hz in [1e-6, 0.3, 1.0, 23.976, 25.0, 30_000.0 / 1001.0, 1e6] {
            let source = PictureSource::open_folder(dir.path(), Some(rate_hz)).unwrap();
            for place in 0..50 {
                let time = source.time_of(place);
                assert_eq!(source.place_at(time), place, "{rate_hz}");
                let before = time.saturating_sub(Duration::from_nanos(1));
                assert_eq!(
                    source.place_at(before),
                    place.saturating_sub(1),
                    "{rate_hz}"
                );
            }
            assert_eq!(source.place_at(Duration::MAX), 49, "{rate_hz}");
        }
    }
}
