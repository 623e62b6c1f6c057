//! Animated GIFs: videos whose pictures each state how long they stay.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::codecs::gif::GifDecoder;
use image::{AnimationDecoder as _, DynamicImage, Frames, ImageResult};

use super::mp4::boxes::Fields;
use super::picture_file::{limit, picture_error, rgb_over_white};
use super::{FrameSource, SourceError, SourceInfo, SourceKind};
use crate::types::Frame;

/// What to say of a file that ends too early.
const CUT_OFF: &str =
    "the file breaks off inside of a picture, which is left out with all that came after it";

/// An animated GIF.
pub struct GifSource {
    path: PathBuf,
    info: SourceInfo,
    /// When each picture begins.
    starts: Vec<Duration>,
    frames: Frames<'static>,
    next: usize,
    has_ended: bool,
    /// Whether the file ends inside of a picture, which is left out then.
    is_cut_off: bool,
}

impl GifSource {
    /// Opens a GIF with more than one picture; `None` when it has only one.
    pub fn open(path: &Path) -> Result<Option<Self>, SourceError> {
        let bytes = fs::read(path).map_err(|reason| SourceError::Unreadable {
            path: path.to_owned(),
            reason,
        })?;
        let Delays { delays, is_cut_off } = Delays::read(&bytes);
        if delays.len() < 2 {
            return Ok(None);
        }
        let mut end = Duration::ZERO;
        let mut starts = Vec::with_capacity(delays.len());
        for delay in &delays {
            starts.push(end);
            end += *delay;
        }
        let mut fields = Fields(bytes.get(6..).unwrap_or_default());
        let mut side = || {
            fields
                .bytes(2)
                .map_or(0, |low| usize::from(low[0]) | usize::from(low[1]) << 8)
        };
        let info = SourceInfo {
            name: path.display().to_string(),
            kind: SourceKind::Video,
            size: [side(), side()],
            rotation: 0,
            fps_nominal: Some(delays.len() as f64 / end.as_secs_f64()),
            n_frames: Some(delays.len() as u64),
            duration: Some(end),
            can_seek: true,
            decoder: "gif".to_owned(),
        };
        let frames = decoded(path)?;
        if is_cut_off {
            tracing::warn!("{}: {CUT_OFF}", path.display());
        }
        Ok(Some(Self {
            path: path.to_owned(),
            info,
            starts,
            frames,
            next: 0,
            has_ended: false,
            is_cut_off,
        }))
    }

    fn damaged(&self, reason: String) -> SourceError {
        SourceError::Damaged {
            path: self.path.clone(),
            reason,
        }
    }
}

impl FrameSource for GifSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        if self.has_ended {
            return Ok(None);
        }
        let Some(time) = self.starts.get(self.next).copied() else {
            self.has_ended = true;
            return Ok(None);
        };
        let index = self.next;
        self.next += 1;
        let picture = self.frames.next();
        self.has_ended = !matches!(picture, Some(Ok(_)));
        let picture = match picture {
            Some(Ok(picture)) => picture,
            Some(Err(error)) => return Err(picture_error(&self.path, error)),
            None => {
                return Err(self.damaged(format!(
                    "it breaks off after {index} of {} frames",
                    self.starts.len()
                )));
            }
        };
        let image = rgb_over_white(DynamicImage::ImageRgba8(picture.into_buffer()))
            .ok_or_else(|| self.damaged("it has no pixels".to_owned()))?;
        Ok(Some(Frame {
            index: index as u64,
            time,
            file: None,
            captured_at: Instant::now(),
            image: Arc::new(image),
        }))
    }

    fn warning(&self) -> Option<String> {
        self.is_cut_off.then(|| CUT_OFF.to_owned())
    }

    fn seek(&mut self, time: Duration) -> Result<(), SourceError> {
        let target = self
            .starts
            .partition_point(|start| *start <= time)
            .saturating_sub(1);
        if target < self.next || self.has_ended {
            self.frames = decoded(&self.path)?;
            self.next = 0;
            self.has_ended = false;
        }
        // each picture is a change of the one before
        while self.next < target && self.next_frame()?.is_some() {}
        Ok(())
    }
}

fn decoded(path: &Path) -> Result<Frames<'static>, SourceError> {
    let file = File::open(path).map_err(|reason| SourceError::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    let decode = || -> ImageResult<Frames<'static>> {
        let mut decoder = GifDecoder::new(BufReader::new(file))?;
        limit(&mut decoder)?;
        Ok(decoder.into_frames())
    };
    decode().map_err(|error| picture_error(path, error))
}

/// How long each picture stays, read from the blocks without decoding.
struct Delays {
    /// Of the pictures that are whole.
    delays: Vec<Duration>,
    is_cut_off: bool,
}

impl Delays {
    fn read(bytes: &[u8]) -> Self {
        let mut delays = Vec::new();
        let is_cut_off = collect_delays(Fields(bytes), &mut delays).is_none();
        Self { delays, is_cut_off }
    }
}

/// The format is described in the `GIF89a` specification, sections 18 to 27; `None` where the file breaks off in a block.
///
/// Many files lack the byte that says that they end there.
fn collect_delays(mut fields: Fields<'_>, delays: &mut Vec<Duration>) -> Option<()> {
    const EXTENSION: u8 = 0x21;
    const GRAPHIC_CONTROL: u8 = 0xf9;
    const PICTURE: u8 = 0x2c;
    // signature, size
    fields.skip(10)?;
    let flags = fields.u8()?;
    fields.skip(2 + color_table_len(flags))?;
    let mut delay = shown_delay(0);
    loop {
        let Some(block) = fields.u8() else {
            return Some(());
        };
        match block {
            EXTENSION => {
                if fields.u8()? == GRAPHIC_CONTROL {
                    // its length and its flags come before the delay, low byte first
                    let mut control = fields;
                    control.skip(2)?;
                    let centisecs = u16::from_be_bytes(control.bytes(2)?.try_into().ok()?);
                    delay = shown_delay(centisecs.swap_bytes());
                }
                skip_sub_blocks(&mut fields)?;
            }
            PICTURE => {
                fields.skip(8)?;
                let flags = fields.u8()?;
                // the color table, then the code size of the pixels
                fields.skip(color_table_len(flags) + 1)?;
                skip_sub_blocks(&mut fields)?;
                delays.push(delay);
                delay = shown_delay(0);
            }
            // the end, or what nobody knows
            _ => return Some(()),
        }
    }
}

const fn color_table_len(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

fn skip_sub_blocks(fields: &mut Fields<'_>) -> Option<()> {
    loop {
        match fields.u8()? {
            0 => return Some(()),
            len => fields.skip(usize::from(len))?,
        }
    }
}

/// Browsers and ffmpeg show pictures that ask for less than 2/100 s for 10/100 s.
const fn shown_delay(centisecs: u16) -> Duration {
    let centisecs = if centisecs < 2 { 10 } else { centisecs };
    Duration::from_millis(10 * centisecs as u64)
}
