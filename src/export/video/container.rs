//! The mp4 file: fragments while it is written, an ordinary mp4 once it is complete.
//!
//! Each fragment brings its own index, so a file that is cut off plays up to its last whole fragment. But many
//! programs search, or show a length, only in files with one index for all. So at the end such an index is
//! appended, which points to the pictures where they are, and what belonged to the fragments is declared free
//! space by changing four letters of each. Nothing is moved, and there is no moment at which the file is worth less
//! than before.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::num::{NonZeroU16, NonZeroU32};
use std::path::Path;

use shiguredo_mp4::boxes::{Avc1Box, AvccBox, MoovBox, SampleEntry, VisualSampleEntryFields};
use shiguredo_mp4::mux::{Fmp4SegmentMuxer, Mp4FileMuxer, MuxError, Sample};
use shiguredo_mp4::{Encode as _, FixedPointNumber, TrackKind, Uint};

use super::encoder::CodedPicture;
use super::{TIMESCALE, encoding_error};
use crate::export::ExportError;

/// A file that pictures are added to.
pub struct Recording {
    file: File,
    size: [usize; 2],
    /// Bytes that were written.
    len: u64,
    /// Pictures of the fragment that is not written yet, with their durations.
    pending: Vec<(CodedPicture, u64)>,
    /// Makes the index of each fragment.
    fragments: Option<Fmp4SegmentMuxer>,
    /// Every picture in the file.
    written: Vec<Written>,
    entry: Option<SampleEntry>,
    /// Where the boxes begin that belong to fragments only.
    fragment_boxes: Vec<u64>,
    /// Whether a fragment could not be written: what came after it would not be found by any player.
    is_broken: bool,
}

/// A picture that is in the file.
#[derive(Clone, Copy)]
struct Written {
    offset: u64,
    len: usize,
    ticks: u32,
    is_key: bool,
}

/// The file could not be written, or its index not be made.
enum Trouble {
    Io(io::Error),
    Index(String),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<MuxError> for Trouble {
    fn from(error: MuxError) -> Self {
        Self::Index(error.to_string())
    }
}

impl From<shiguredo_mp4::Error> for Trouble {
    fn from(error: shiguredo_mp4::Error) -> Self {
        Self::Index(error.to_string())
    }
}

impl Trouble {
    fn at(self, path: &Path) -> ExportError {
        match self {
            Self::Io(reason) => ExportError::Write {
                path: path.to_owned(),
                reason,
            },
            Self::Index(reason) => encoding_error(path, reason),
        }
    }
}

impl Recording {
    /// A recording of pictures of `[width, height]` in an empty file.
    pub const fn new(file: File, size: [usize; 2]) -> Self {
        Self {
            file,
            size,
            len: 0,
            pending: Vec::new(),
            fragments: None,
            written: Vec::new(),
            entry: None,
            fragment_boxes: Vec::new(),
            is_broken: false,
        }
    }

    /// Adds a picture that is shown for so many ticks.
    pub fn push(&mut self, picture: CodedPicture, ticks: u64) {
        self.pending.push((picture, ticks));
    }

    /// Writes the pictures that were added since the last time.
    pub fn close_fragment(&mut self, path: &Path) -> Result<(), ExportError> {
        self.try_close_fragment()
            .map_err(|trouble| trouble.at(path))
    }

    /// Whether the file holds nothing that could be played.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Turns the fragments into one ordinary mp4.
    pub fn finish(mut self, path: &Path) -> Result<(), ExportError> {
        self.try_finish().map_err(|trouble| trouble.at(path))
    }

    fn try_close_fragment(&mut self) -> Result<(), Trouble> {
        if self.pending.is_empty() || self.is_broken {
            return Ok(());
        }
        let is_first = self.fragments.is_none();
        if is_first {
            self.fragments = Some(Fmp4SegmentMuxer::new()?);
            self.entry = self
                .pending
                .first()
                .and_then(|(picture, _)| sample_entry(picture, self.size));
        }
        let pending = std::mem::take(&mut self.pending);
        let mut payload = Vec::new();
        let mut places = Vec::with_capacity(pending.len());
        for (picture, ticks) in &pending {
            places.push(Written {
                offset: payload.len() as u64,
                len: picture.data.len(),
                ticks: u32::try_from(*ticks).unwrap_or(u32::MAX),
                is_key: picture.is_key,
            });
            payload.extend_from_slice(&picture.data);
        }
        let mut samples: Vec<_> = places.iter().map(Written::sample).collect();
        if is_first && let Some(first) = samples.first_mut() {
            first.sample_entry.clone_from(&self.entry);
        }
        let Some(fragments) = &mut self.fragments else {
            return Ok(());
        };
        let index = fragments.create_media_segment_metadata(&samples)?;
        let mut bytes = Vec::new();
        if is_first {
            bytes = fragments.init_segment_bytes()?;
            self.fragment_boxes.push(place_of_box(&bytes, MOOV)?);
        }
        self.fragment_boxes
            .push(self.len + bytes.len() as u64 + place_of_box(&index, MOOF)?);
        bytes.extend(index);
        let payload_start = self.len + bytes.len() as u64;
        bytes.extend(payload);
        if let Err(error) = self.file.write_all(&bytes) {
            self.is_broken = true;
            self.cut_off();
            return Err(error.into());
        }
        self.len += bytes.len() as u64;
        self.written.extend(places.into_iter().map(|place| Written {
            offset: payload_start + place.offset,
            ..place
        }));
        Ok(())
    }

    /// Takes away what was written by half. Where that fails, too, players stop there.
    fn cut_off(&self) {
        if let Err(error) = self.file.set_len(self.len) {
            tracing::debug!("half a box stays at the end: {error}");
        }
    }

    fn try_finish(&mut self) -> Result<(), Trouble> {
        if self.is_broken {
            return Ok(());
        }
        let moov = self.whole_index()?.encode_to_vec()?;
        if let Err(error) = self.file.write_all(&moov) {
            self.cut_off();
            return Err(error.into());
        }
        // the index has to be there before what it replaces goes
        self.file.sync_data()?;
        for start in &self.fragment_boxes {
            // size first, then the name
            self.file.seek(SeekFrom::Start(start + 4))?;
            self.file.write_all(b"free")?;
        }
        self.file.sync_all()?;
        Ok(())
    }

    /// The index of all pictures.
    fn whole_index(&self) -> Result<MoovBox, Trouble> {
        let mut muxer = Mp4FileMuxer::new()?;
        let mut at = muxer.initial_boxes_bytes().len() as u64;
        for (picture_idx, written) in self.written.iter().enumerate() {
            let gap = written
                .offset
                .checked_sub(at)
                .ok_or_else(|| Trouble::Index("pictures overlap".to_owned()))?;
            if 0 < gap {
                muxer.advance_position(gap)?;
            }
            let mut sample = written.sample();
            if picture_idx == 0 {
                sample.sample_entry.clone_from(&self.entry);
            }
            muxer.append_sample(&sample)?;
            at = written.offset + written.len as u64;
        }
        Ok(muxer.finalize()?.moov_box().clone())
    }
}

impl Written {
    fn sample(&self) -> Sample {
        Sample {
            track_kind: TrackKind::Video,
            sample_entry: None,
            keyframe: self.is_key,
            timescale: NonZeroU32::new(TIMESCALE).unwrap_or(NonZeroU32::MIN),
            duration: self.ticks,
            composition_time_offset: None,
            data_offset: self.offset,
            data_size: self.len,
        }
    }
}

const MOOV: [u8; 4] = *b"moov";
const MOOF: [u8; 4] = *b"moof";

/// Where the first box of this name begins among the boxes in `bytes`.
fn place_of_box(bytes: &[u8], name: [u8; 4]) -> Result<u64, Trouble> {
    let mut at = 0;
    while let Some([a, b, c, d, found @ ..]) = bytes.get(at..at + 8) {
        if found == name {
            return Ok(at as u64);
        }
        at += u32::from_be_bytes([*a, *b, *c, *d]).max(8) as usize;
    }
    Err(Trouble::Index("a fragment lacks its index".to_owned()))
}

/// How the pictures are coded (`avc1` with `avcC`); `None` for a picture without parameter sets.
fn sample_entry(picture: &CodedPicture, [width, height]: [usize; 2]) -> Option<SampleEntry> {
    const HIGH_PROFILE: u8 = 100;
    let set = picture.sequence_sets.first()?;
    let [profile, compatibility, level] = set.get(1..4)?.try_into().ok()?;
    let is_high = profile == HIGH_PROFILE;
    let dots_per_inch = FixedPointNumber::new(72, 0);
    Some(SampleEntry::Avc1(Avc1Box {
        visual: VisualSampleEntryFields {
            data_reference_index: NonZeroU16::MIN,
            width: width as u16,
            height: height as u16,
            horizresolution: dots_per_inch,
            vertresolution: dots_per_inch,
            frame_count: 1,
            compressorname: [0; 32],
            depth: 24,
        },
        avcc_box: AvccBox {
            avc_profile_indication: profile,
            profile_compatibility: compatibility,
            avc_level_indication: level,
            length_size_minus_one: Uint::new(3),
            sps_list: picture.sequence_sets.clone(),
            pps_list: picture.picture_sets.clone(),
            chroma_format: is_high.then(|| Uint::new(1)),
            bit_depth_luma_minus8: is_high.then(|| Uint::new(0)),
            bit_depth_chroma_minus8: is_high.then(|| Uint::new(0)),
            sps_ext_list: Vec::new(),
        },
        unknown_boxes: Vec::new(),
    }))
}
