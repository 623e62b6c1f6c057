//! What the parameter sets of H.264 say (ITU-T H.264 section 7.3.2 and annex E, ISO/IEC 14496-15).

use super::bits::Bits;
use super::color::ColorCoding;
use crate::source::mp4::boxes::Fields;
use crate::source::pixel_aspect::PixelAspect;

/// The configuration of a track (`avcC`).
#[derive(Clone, Debug)]
pub struct AvcConfig {
    /// Bytes of the length before each NAL unit: 1 to 4.
    length_len: usize,
    sequence_sets: Vec<Vec<u8>>,
    picture_sets: Vec<Vec<u8>>,
}

impl AvcConfig {
    /// Reads an `avcC` box; `None` when it breaks off.
    pub fn read(avc_config: &[u8]) -> Option<Self> {
        let mut fields = Fields(avc_config);
        // version, profile, compatibility, level
        fields.skip(4)?;
        let length_len = usize::from(fields.u8()? & 3) + 1;
        let n_sequence_sets = fields.u8()? & 31;
        let sequence_sets = sets(&mut fields, n_sequence_sets)?;
        let n_picture_sets = fields.u8()?;
        let picture_sets = sets(&mut fields, n_picture_sets)?;
        Some(Self {
            length_len,
            sequence_sets,
            picture_sets,
        })
    }

    /// All parameter sets, those of the sequence first.
    pub fn parameter_sets(&self) -> impl Iterator<Item = &[u8]> {
        self.sequence_sets
            .iter()
            .chain(&self.picture_sets)
            .map(Vec::as_slice)
    }

    /// What the first sequence parameter set says; `None` when there is none or it cannot be read.
    pub fn stream_parameters(&self) -> Option<StreamParameters> {
        StreamParameters::read(self.sequence_sets.first()?)
    }

    /// The NAL units of a sample; `None` once, at the end, when a length leads out of it.
    pub fn nal_units<'a>(
        &self,
        sample: &'a [u8],
    ) -> impl Iterator<Item = Option<&'a [u8]>> + use<'a> {
        let length_len = self.length_len;
        let mut rest = sample;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let mut fields = Fields(rest);
            let unit = fields.bytes(length_len).and_then(|length| {
                let length = length
                    .iter()
                    .fold(0_usize, |length, byte| (length << 8) | usize::from(*byte));
                fields.bytes(length)
            });
            rest = if unit.is_some() { fields.0 } else { &[] };
            Some(unit)
        })
    }
}

fn sets(fields: &mut Fields<'_>, count: u8) -> Option<Vec<Vec<u8>>> {
    (0..count)
        .map(|_| {
            let len = fields.u16()?;
            fields.bytes(usize::from(len)).map(<[u8]>::to_vec)
        })
        .collect()
}

/// Why openh264 is not asked at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// High 10, High 4:2:2, High 4:4:4 and scalable profiles.
    #[error("H.264 profile {0}")]
    Profile(u8),
    /// More or less color than 4:2:0, or more than 8 bits.
    #[error("H.264 with {bits} bits, chroma format {chroma_format}")]
    Samples {
        /// Bits of a sample.
        bits: u32,
        /// 0 gray, 1 4:2:0, 2 4:2:2, 3 4:4:4.
        chroma_format: u32,
    },
    /// Fields instead of frames.
    #[error("interlaced H.264")]
    Interlaced,
    /// A level above 5.2, or one that the standard does not have.
    #[error("H.264 with level_idc {0}")]
    Level(u8),
    /// Pictures larger than level 5.2 allows.
    #[error("H.264 with pictures of {0} x {1} macroblocks")]
    Size(u32, u32),
}

/// What a sequence parameter set says, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamParameters {
    profile: u8,
    chroma_format: u32,
    bits: u32,
    is_interlaced: bool,
    /// Ten times the level, as a rule.
    level: u8,
    /// `[width, height]` in macroblocks, before cropping.
    size_blocks: [u32; 2],
    /// `[width, height]` after cropping, before rotation.
    pub size: [usize; 2],
    /// The shape of a pixel, where the stream states it.
    pub pixel_aspect: Option<PixelAspect>,
    /// How YCbCr becomes RGB.
    pub color: ColorCoding,
}

impl StreamParameters {
    /// Whether openh264 decodes such a stream.
    pub const fn check_supported(&self) -> Result<(), Unsupported> {
        // levels and sizes are as openh264 has them, in `ParseSps` and `GetLevelLimits` of its au_parser.cpp
        const MOST_BLOCKS: u64 = 36_864;
        if !matches!(self.profile, 66 | 77 | 88 | 100) {
            return Err(Unsupported::Profile(self.profile));
        }
        if self.chroma_format != 1 || self.bits != 8 {
            return Err(Unsupported::Samples {
                bits: self.bits,
                chroma_format: self.chroma_format,
            });
        }
        if self.is_interlaced {
            return Err(Unsupported::Interlaced);
        }
        if !matches!(self.level, 9..=13 | 20..=22 | 30..=32 | 40..=42 | 50..=52) {
            return Err(Unsupported::Level(self.level));
        }
        let [width, height] = self.size_blocks;
        let (columns, rows) = (width as u64, height as u64);
        let longest = if columns < rows { rows } else { columns };
        if MOST_BLOCKS < columns * rows || 8 * MOST_BLOCKS < longest * longest {
            return Err(Unsupported::Size(width, height));
        }
        Ok(())
    }

    /// Reads a sequence parameter set with its NAL header.
    pub fn read(sequence_set: &[u8]) -> Option<Self> {
        let payload = without_emulation_prevention(sequence_set.get(1..)?);
        let mut bits = Bits::new(&payload);
        let profile = bits.take(8)? as u8;
        // constraints come before the level
        bits.take(8)?;
        let level = bits.take(8)? as u8;
        bits.unsigned()?;
        let mut chroma_format = 1;
        let mut depth = 8;
        if matches!(
            profile,
            100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135
        ) {
            chroma_format = bits.unsigned()?;
            if chroma_format == 3 {
                bits.take(1)?;
            }
            depth = bits.unsigned()?.checked_add(8)?;
            // depth of chroma, lossless flag
            bits.unsigned()?;
            bits.take(1)?;
            if bits.flag()? {
                skip_scaling_lists(&mut bits, if chroma_format == 3 { 12 } else { 8 })?;
            }
        }
        skip_picture_order(&mut bits)?;
        // reference frames, gaps allowed
        bits.unsigned()?;
        bits.take(1)?;
        let width = bits.unsigned()?.checked_add(1)?.checked_mul(16)?;
        let rows = bits.unsigned()?.checked_add(1)?.checked_mul(16)?;
        let is_interlaced = !bits.flag()?;
        let height = rows.checked_mul(if is_interlaced { 2 } else { 1 })?;
        if is_interlaced {
            bits.take(1)?;
        }
        bits.take(1)?;
        let mut crop = [0; 4];
        if bits.flag()? {
            for side in &mut crop {
                *side = bits.unsigned()?;
            }
        }
        let unit_x = if matches!(chroma_format, 1 | 2) { 2 } else { 1 };
        let unit_y = if chroma_format == 1 { 2 } else { 1 } * if is_interlaced { 2 } else { 1 };
        let [left, right, top, bottom] = crop;
        let cropped = |len: u32, from: u32, to: u32, unit: u32| {
            len.checked_sub(from.checked_add(to)?.checked_mul(unit)?)
                .filter(|len| 0 < *len)
        };
        let mut pixel_aspect = None;
        let mut color = ColorCoding::default();
        if bits.flag()? {
            pixel_aspect = read_pixel_aspect(&mut bits);
            color = ColorCoding::read(&mut bits).unwrap_or_default();
        }
        Some(Self {
            profile,
            chroma_format,
            bits: depth,
            is_interlaced,
            level,
            size_blocks: [width / 16, height / 16],
            size: [
                cropped(width, left, right, unit_x)? as usize,
                cropped(height, top, bottom, unit_y)? as usize,
            ],
            pixel_aspect,
            color,
        })
    }
}

fn skip_scaling_lists(bits: &mut Bits<'_>, n_lists: u32) -> Option<()> {
    for list_idx in 0..n_lists {
        if !bits.flag()? {
            continue;
        }
        let (mut last, mut next) = (8_i64, 8_i64);
        for _ in 0..if list_idx < 6 { 16 } else { 64 } {
            if next != 0 {
                next = (last + i64::from(bits.signed()?)).rem_euclid(256);
            }
            last = if next == 0 { last } else { next };
        }
    }
    Some(())
}

/// Frame number length and everything about picture order.
fn skip_picture_order(bits: &mut Bits<'_>) -> Option<()> {
    bits.unsigned()?;
    match bits.unsigned()? {
        0 => {
            bits.unsigned()?;
        }
        1 => {
            bits.take(1)?;
            bits.signed()?;
            bits.signed()?;
            for _ in 0..bits.unsigned()?.min(255) {
                bits.signed()?;
            }
        }
        _ => {}
    }
    Some(())
}

/// The first part of the usability information (annex E.1.1).
fn read_pixel_aspect(bits: &mut Bits<'_>) -> Option<PixelAspect> {
    const EXTENDED: u32 = 255;
    if !bits.flag()? {
        return None;
    }
    match bits.take(8)? {
        EXTENDED => PixelAspect::stated(bits.take(16)?, bits.take(16)?),
        number => PixelAspect::numbered(number),
    }
}

/// Takes out the 3 of each 0 0 3 (section 7.4.1).
fn without_emulation_prevention(unit: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(unit.len());
    let mut n_zeros = 0;
    for byte in unit {
        if 2 <= n_zeros && *byte == 3 {
            n_zeros = 0;
            continue;
        }
        n_zeros = if *byte == 0 { n_zeros + 1 } else { 0 };
        payload.push(*byte);
    }
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The end of the sequence parameter sets below: how many pictures a second.
    const TIMES: [u8; 14] = [
        0x00, 0x00, 0x03, 0x00, 0x08, 0x00, 0x00, 0x03, 0x01, 0x90, 0x78, 0x91, 0x32, 0x40,
    ];

    /// What the set of `tests/data/media/plain.mp4` says with these bytes for the shape, as ffmpeg's `h264_metadata`
    /// writes them.
    fn pixel_aspect(shape: &[u8]) -> Option<PixelAspect> {
        let start = [0x67, 0x64, 0x00, 0x0a, 0xac, 0xb2, 0x0c, 0x4d];
        let set = [&start[..], shape, &TIMES[..]].concat();
        let parameters = StreamParameters::read(&set).unwrap();
        assert_eq!(parameters.size, [96, 64]);
        assert_eq!(parameters.color, ColorCoding::default());
        parameters.pixel_aspect
    }

    #[test]
    fn what_openh264_refuses_is_known_before_it_is_asked() {
        let start = [0x67, 0x64, 0x00, 0x0a, 0xac, 0xb2, 0x0c, 0x4d, 0x80, 0x88];
        let read = StreamParameters::read(&[&start[..], &TIMES[..]].concat()).unwrap();
        assert_eq!((read.level, read.size_blocks), (10, [6, 4]));
        assert_eq!(read.check_supported(), Ok(()));
        let level = |level| StreamParameters { level, ..read }.check_supported();
        assert_eq!(level(52), Ok(()));
        assert_eq!(level(60), Err(Unsupported::Level(60)));
        let size = |size_blocks| {
            StreamParameters {
                size_blocks,
                ..read
            }
            .check_supported()
        };
        assert_eq!(size([256, 144]), Ok(()));
        assert_eq!(size([257, 144]), Err(Unsupported::Size(257, 144)));
        assert_eq!(size([544, 2]), Err(Unsupported::Size(544, 2)));
    }

    #[test]
    fn shape_of_pixels_is_read_by_its_number_and_by_its_parts() {
        assert_eq!(pixel_aspect(&[0x80, 0x88]), PixelAspect::stated(1, 1));
        assert_eq!(pixel_aspect(&[0x87, 0x08]), PixelAspect::stated(4, 3));
        let extended = [0xff, 0x80, 0x20, 0x00, 0x16, 0x88];
        assert_eq!(pixel_aspect(&extended), PixelAspect::stated(64, 45));
    }
}
