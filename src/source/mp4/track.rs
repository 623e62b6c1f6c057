//! What the index of an mp4 says about its first video track.

use super::boxes::{BoxName, Fields, child, children, descendant};
use super::edits::Edits;
use super::orientation::Orientation;
use crate::source::pixel_aspect::PixelAspect;

/// The index cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadIndex {
    /// No `moov` box.
    #[error("it has no index (moov box), so it was cut off or never finished")]
    NoIndex,
    /// Sound or subtitles alone.
    #[error("it holds no video")]
    NoVideo,
    /// A box that has to be there is missing or too short.
    #[error("its index is broken ({0})")]
    Broken(&'static str),
    /// What is there may make sense, but not to this program.
    #[error("it has {0}")]
    Unusual(&'static str),
}

/// A video track as the index describes it, without its samples.
#[derive(Clone, Debug)]
pub struct Track {
    /// Fragments name the track by it.
    pub id: u32,
    /// Ticks per second of the track.
    pub timescale: u32,
    /// How the picture asks to be turned and mirrored.
    pub orientation: Orientation,
    /// `[width, height]` of the coded picture as the index states it, before rotation.
    pub size: [u16; 2],
    /// Name of the coding, `avc1` or `avc3` for H.264.
    pub coding: BoxName,
    /// The coding's configuration (`avcC`), where there is one.
    pub avc_config: Option<Vec<u8>>,
    /// The shape of a pixel, where the index states it.
    pub pixel_aspect: Option<PixelAspect>,
    /// Whether some samples may have another coding or configuration: more than this program understands.
    pub has_more_descriptions: bool,
    /// What the edit list says, in ticks of the track.
    pub edits: Edits,
}

impl Track {
    /// Whether its pictures are H.264.
    pub fn is_h264(&self) -> bool {
        matches!(&self.coding, b"avc1" | b"avc3")
    }
}

/// The first video track of the `moov` box, and the content of its `stbl` box.
pub fn first_video(moov: &[u8]) -> Result<(Track, &[u8]), BadIndex> {
    let mut has_tracks = false;
    for (name, trak) in children(moov) {
        if &name != b"trak" {
            continue;
        }
        has_tracks = true;
        let handler = descendant(trak, &[b"mdia", b"hdlr"]).and_then(|hdlr| hdlr.get(8..12));
        if handler == Some(b"vide") {
            return video_track(moov, trak);
        }
    }
    Err(if has_tracks {
        BadIndex::NoVideo
    } else if child(moov, b"cmov").is_some() {
        BadIndex::Unusual("a compressed index (cmov)")
    } else {
        BadIndex::Broken("no track")
    })
}

fn video_track<'a>(moov: &[u8], trak: &'a [u8]) -> Result<(Track, &'a [u8]), BadIndex> {
    let broken = BadIndex::Broken;
    let mvhd = child(moov, b"mvhd").ok_or(broken("mvhd"))?;
    let movie_timescale = timescale_of_header(mvhd).ok_or(broken("mvhd"))?;
    let timescale = descendant(trak, &[b"mdia", b"mdhd"])
        .and_then(timescale_of_header)
        .ok_or(broken("mdhd"))?;
    let (id, matrix) = child(trak, b"tkhd")
        .and_then(id_and_matrix)
        .ok_or(broken("tkhd"))?;
    // the whole movie may be turned, too
    let matrix = product(matrix, matrix_of_movie(mvhd).unwrap_or(IDENTITY));
    let orientation = Orientation::of_matrix(matrix);
    let stbl = descendant(trak, &[b"mdia", b"minf", b"stbl"]).ok_or(broken("stbl"))?;
    // stsd: version and flags, count, then the descriptions as boxes
    let descriptions = child(stbl, b"stsd")
        .and_then(|stsd| stsd.get(8..))
        .ok_or(broken("stsd"))?;
    let mut descriptions = children(descriptions);
    let (coding, description) = descriptions.next().ok_or(broken("stsd"))?;
    let has_more_descriptions = descriptions.next().is_some();
    // 24 bytes of other fields come before the size
    let mut fields = Fields(description.get(24..).ok_or(broken("stsd"))?);
    let size = fields.u16().zip(fields.u16()).ok_or(broken("stsd"))?;
    // a video description has 78 bytes of fields before its own boxes
    let extensions = description.get(78..).unwrap_or_default();
    let avc_config = child(extensions, b"avcC").map(<[u8]>::to_vec);
    let pixel_aspect = child(extensions, b"pasp").and_then(stated_aspect);
    let edits = match descendant(trak, &[b"edts", b"elst"]) {
        Some(elst) => Edits::read(elst, timescale, movie_timescale).ok_or(broken("elst"))?,
        None => Edits::default(),
    };
    let track = Track {
        id,
        timescale,
        orientation,
        size: size.into(),
        coding,
        avc_config,
        pixel_aspect,
        has_more_descriptions,
        edits,
    };
    Ok((track, stbl))
}

/// `mvhd` and `mdhd` begin alike; a timescale of 0 is refused.
fn timescale_of_header(header: &[u8]) -> Option<u32> {
    let mut fields = Fields(header);
    let (version, _) = fields.version_and_flags()?;
    fields.skip(if version == 1 { 16 } else { 8 })?;
    fields.u32().filter(|timescale| *timescale != 0)
}

/// `pasp` holds the distances of columns and of rows.
fn stated_aspect(pasp: &[u8]) -> Option<PixelAspect> {
    let mut fields = Fields(pasp);
    PixelAspect::stated(fields.u32()?, fields.u32()?)
}

/// The part of a matrix that turns and mirrors, row by row, in steps of 1/65,536.
type Matrix = [[i32; 2]; 2];

const IDENTITY: Matrix = [[1 << 16, 0], [0, 1 << 16]];

fn read_matrix(fields: &mut Fields<'_>) -> Option<Matrix> {
    let first_row = [fields.i32()?, fields.i32()?];
    // the third number of a row is for perspective, which nobody uses
    fields.skip(4)?;
    let second_row = [fields.i32()?, fields.i32()?];
    Some([first_row, second_row])
}

/// The matrix that takes a point where `then` takes it after `first`.
fn product(first: Matrix, then: Matrix) -> Matrix {
    first.map(|row| {
        [0_usize, 1].map(|column| {
            let parts = row.iter().zip(&then);
            let sum: i64 = parts
                .map(|(factor, of_row)| (i64::from(*factor) * i64::from(of_row[column])) >> 16)
                .sum();
            sum.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
        })
    })
}

fn matrix_of_movie(mvhd: &[u8]) -> Option<Matrix> {
    let mut fields = Fields(mvhd);
    let (version, _) = fields.version_and_flags()?;
    // times, timescale and duration, then rate, volume, reserved
    fields.skip(16 + if version == 1 { 28 } else { 16 })?;
    read_matrix(&mut fields)
}

fn id_and_matrix(tkhd: &[u8]) -> Option<(u32, Matrix)> {
    let mut fields = Fields(tkhd);
    let (version, _) = fields.version_and_flags()?;
    let is_long = version == 1;
    fields.skip(if is_long { 16 } else { 8 })?;
    let id = fields.u32()?;
    // reserved, duration, reserved, layer, group, volume, reserved
    fields.skip(4 + if is_long { 8 } else { 4 } + 16)?;
    Some((id, read_matrix(&mut fields)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrix_of_a_track_says_how_its_picture_lies() {
        let mut tkhd = vec![0; 84];
        tkhd[15] = 1;
        let mut orientation = |[a, b, c, d]: [i32; 4]| {
            for (at, value) in [(40, a), (44, b), (52, c), (56, d)] {
                tkhd[at..at + 4].copy_from_slice(&(value << 16).to_be_bytes());
            }
            let (id, matrix) = id_and_matrix(&tkhd).unwrap();
            assert_eq!(id, 1);
            let orientation = Orientation::of_matrix(matrix);
            (orientation.quarter_turns, orientation.is_mirrored)
        };
        // a phone held upright, and the other way around
        assert_eq!(orientation([0, 1, -1, 0]), (1, false));
        assert_eq!(orientation([0, -1, 1, 0]), (3, false));
        assert_eq!(orientation([-1, 0, 0, -1]), (2, false));
        // its camera at the front
        assert_eq!(orientation([-1, 0, 0, 1]), (0, true));
        assert_eq!(orientation([0, 1, 1, 0]), (1, true));
    }

    #[test]
    fn matrices_of_track_and_movie_work_one_after_the_other() {
        const ONE: i32 = 1 << 16;
        let mut mvhd = vec![0; 100];
        for (at, value) in [(40, ONE), (48, -ONE)] {
            mvhd[at..at + 4].copy_from_slice(&value.to_be_bytes());
        }
        let quarter_turn = matrix_of_movie(&mvhd).unwrap();
        assert_eq!(quarter_turn, [[0, ONE], [-ONE, 0]]);
        assert_eq!(product(IDENTITY, quarter_turn), quarter_turn);
        let half_turn = product(quarter_turn, quarter_turn);
        assert_eq!(half_turn, [[-ONE, 0], [0, -ONE]]);
        // mirrored first, then turned
        let mirror = [[-ONE, 0], [0, ONE]];
        assert_eq!(product(mirror, quarter_turn), [[0, -ONE], [-ONE, 0]]);
        let most = [[i32::MIN; 2]; 2];
        assert_eq!(product(most, most), [[i32::MAX; 2]; 2]);
    }

    #[test]
    fn index_without_tracks_is_broken_unless_it_is_compressed() {
        assert_eq!(first_video(&[]).unwrap_err(), BadIndex::Broken("no track"));
        let compressed = first_video(b"\0\0\0\x08cmov").unwrap_err();
        assert!(matches!(compressed, BadIndex::Unusual(_)), "{compressed}");
    }
}
