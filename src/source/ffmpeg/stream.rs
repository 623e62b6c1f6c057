//! The pictures that a running `ffmpeg` writes, with their times.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::process::{Child, ChildStdout};
use std::time::Duration;

use super::clock::SteadyClock;
use super::program::{Ffmpeg, Input};
use crate::image::RgbImage;
use crate::source::mp4::boxes::{BoxName, MAX_HEADER_LEN, read_header};
use crate::source::mp4::fragments::{FragmentDefaults, read_fragment};
use crate::source::mp4::track::{Track, first_video};

/// A running `ffmpeg`; it is stopped when this is dropped.
pub struct RawFrames {
    child: Child,
    output: BufReader<ChildStdout>,
    /// Where it writes its complaints.
    log: File,
    track: Option<(Track, FragmentDefaults)>,
    /// Times in ticks of the pictures whose bytes come next.
    announced: VecDeque<i64>,
    /// Bytes left of the box that holds pictures.
    left_of_data: u64,
    n_given: u64,
    clock: SteadyClock,
    /// What it complained of, though it came to the end.
    complaint: Option<String>,
}

/// `ffmpeg` could not be started, or broke off.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The operating system says no.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The last line that it wrote.
    #[error("{0}")]
    Failed(String),
}

impl RawFrames {
    /// Starts decoding at a position, or at the start.
    pub fn start(
        ffmpeg: &Ffmpeg,
        input: &Input,
        start_secs: Option<f64>,
    ) -> Result<Self, StreamError> {
        // A file takes any number of complaints; a pipe would have to be emptied all the time.
        let log = tempfile::tempfile()?;
        let mut child = ffmpeg
            .decode_command(input, start_secs)
            .stderr(log.try_clone()?)
            .spawn()?;
        let output = child
            .stdout
            .take()
            .ok_or_else(|| io::Error::other("no pipe to ffmpeg"))?;
        Ok(Self {
            child,
            output: BufReader::new(output),
            log,
            track: None,
            announced: VecDeque::new(),
            left_of_data: 0,
            n_given: 0,
            clock: SteadyClock::default(),
            complaint: None,
        })
    }

    /// How many pictures were given so far.
    pub const fn n_given(&self) -> u64 {
        self.n_given
    }

    /// Whether the clock of the recording has jumped back so far, so that times had to be made up.
    pub const fn has_jumped(&self) -> bool {
        self.clock.has_jumped()
    }

    /// What it complained of, once it has come to the end.
    pub fn complaint(&self) -> Option<&str> {
        self.complaint.as_deref()
    }

    /// The next picture and its time; `None` at the end.
    pub fn next(&mut self) -> Result<Option<(Duration, RgbImage)>, StreamError> {
        loop {
            let Some(ticks) = self.announced.pop_front() else {
                if self.read_box()? {
                    continue;
                }
                return self.end().map(|()| None);
            };
            let Some((track, _)) = &self.track else {
                return Err(nonsense());
            };
            let timescale = track.timescale;
            let size = track.size.map(usize::from);
            let image = self.read_picture(size)?;
            self.n_given += 1;
            let stated = micros(ticks, timescale);
            let after_it = if self.clock.may_jump_at(stated) {
                self.time_announced()?
            } else {
                None
            };
            let time = self.clock.time_of(stated, after_it);
            return Ok(Some((Duration::from_micros(time.unsigned_abs()), image)));
        }
    }

    /// The time of the picture that comes next, in microseconds.
    fn time_announced(&mut self) -> Result<Option<i64>, StreamError> {
        if self.announced.is_empty() && !self.read_box()? {
            return Ok(None);
        }
        let track = self.track.as_ref();
        Ok(self
            .announced
            .front()
            .zip(track)
            .map(|(ticks, (track, _))| micros(*ticks, track.timescale)))
    }

    /// Reads up to the next bytes of pictures; false at the end.
    fn read_box(&mut self) -> Result<bool, StreamError> {
        self.skip(self.left_of_data)?;
        self.left_of_data = 0;
        loop {
            let Some((name, len)) = self.read_box_header()? else {
                return Ok(false);
            };
            match &name {
                b"moov" => {
                    let moov = self.read_content(len)?;
                    let (track, _) = first_video(&moov).map_err(|_not_understood| nonsense())?;
                    let defaults = FragmentDefaults::read(&moov, track.id);
                    self.track = Some((track, defaults));
                }
                b"moof" => {
                    let moof = self.read_content(len)?;
                    let (track, defaults) = self.track.as_ref().ok_or_else(nonsense)?;
                    let mut samples = Vec::new();
                    read_fragment(&moof, 0, u64::MAX, track.id, *defaults, &mut samples)
                        .ok_or_else(nonsense)?;
                    let times = samples
                        .iter()
                        .map(|sample| track.edits.shown_at(sample.composition_time).unwrap_or(0));
                    self.announced.extend(times);
                }
                b"mdat" => {
                    self.left_of_data = len;
                    return Ok(true);
                }
                _ => self.skip(len)?,
            }
        }
    }

    /// Name and length of the content of the next box; `None` at the end.
    fn read_box_header(&mut self) -> Result<Option<(BoxName, u64)>, StreamError> {
        let mut header = [0; MAX_HEADER_LEN];
        let mut len = 0;
        while len < 8 {
            match self.output.read(&mut header[len..8])? {
                0 if len == 0 => return Ok(None),
                0 => return Err(self.failure()),
                n => len += n,
            }
        }
        if header[..4] == [0, 0, 0, 1] {
            self.output.read_exact(&mut header[8..])?;
        }
        // an open size, which ffmpeg does not write to pipes, would end here
        let place = read_header(&header, 0, 0).ok_or_else(nonsense)?;
        Ok(Some((place.name, place.end - place.content_start)))
    }

    fn read_content(&mut self, len: u64) -> Result<Vec<u8>, StreamError> {
        let mut content = Vec::new();
        (&mut self.output).take(len).read_to_end(&mut content)?;
        if (content.len() as u64) < len {
            return Err(self.failure());
        }
        Ok(content)
    }

    fn skip(&mut self, len: u64) -> Result<(), StreamError> {
        io::copy(&mut (&mut self.output).take(len), &mut io::sink())?;
        Ok(())
    }

    fn read_picture(&mut self, [width, height]: [usize; 2]) -> Result<RgbImage, StreamError> {
        // rows of mov have an even number of bytes
        let row_len = 3 * width;
        let stored_row_len = row_len.next_multiple_of(2);
        let stored_len = stored_row_len * height;
        if self.left_of_data < stored_len as u64 {
            return Err(nonsense());
        }
        let mut pixels = vec![0; stored_len];
        if let Err(reason) = self.output.read_exact(&mut pixels) {
            return Err(match reason.kind() {
                io::ErrorKind::UnexpectedEof => self.failure(),
                _ => reason.into(),
            });
        }
        self.left_of_data -= stored_len as u64;
        if stored_row_len != row_len {
            for row in 0..height {
                pixels.copy_within(
                    row * stored_row_len..row * stored_row_len + row_len,
                    row * row_len,
                );
            }
            pixels.truncate(row_len * height);
        }
        RgbImage::from_rgb([width, height], pixels).map_err(|_wrong_size| nonsense())
    }

    /// Whether `ffmpeg` ended well.
    fn end(&mut self) -> Result<(), StreamError> {
        let status = self.child.wait()?;
        if !status.success() || self.n_given == 0 {
            return Err(self.failure());
        }
        self.complaint = self.last_complaint()?;
        if let Some(line) = &self.complaint {
            tracing::warn!("ffmpeg: {line}");
        }
        Ok(())
    }

    fn failure(&mut self) -> StreamError {
        match self.last_complaint() {
            Ok(line) => StreamError::Failed(line.unwrap_or_else(|| "it gave no reason".to_owned())),
            Err(reason) => reason.into(),
        }
    }

    /// The last line that `ffmpeg` wrote about errors.
    fn last_complaint(&mut self) -> io::Result<Option<String>> {
        let mut log = Vec::new();
        self.log.seek(SeekFrom::Start(0))?;
        self.log.read_to_end(&mut log)?;
        let log = String::from_utf8_lossy(&log);
        let last = log.lines().rev().find(|line| !line.trim().is_empty());
        Ok(last.map(|line| without_address(line).to_owned()))
    }
}

impl Drop for RawFrames {
    fn drop(&mut self) {
        // it has already ended, or nobody wants what it still has to say
        if self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}

/// Ticks as microseconds; nothing is shown before 0.
fn micros(ticks: i64, timescale: u32) -> i64 {
    let micros = i128::from(ticks) * 1_000_000 / i128::from(timescale);
    i64::try_from(micros).unwrap_or(0).max(0)
}

fn nonsense() -> StreamError {
    StreamError::Failed("it wrote something that is not understood".to_owned())
}

/// `[matroska @ 0x55d…] message` without the part in brackets.
fn without_address(line: &str) -> &str {
    match line.split_once("] ") {
        Some((start, message)) if start.starts_with('[') => message.trim(),
        _ => line.trim(),
    }
}
