//! What the index of an mp4 says about its first video track.

use super::boxes::{BoxName, Fields, child, children, descendant};
use super::edits::Edits;

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
}

/// A video track as the index describes it, without its samples.
#[derive(Clone, Debug)]
pub struct Track {
    /// Fragments name the track by it.
    pub id: u32,
    /// Ticks per second of the track.
    pub timescale: u32,
    /// Quarter turns clockwise that the picture asks for.
    pub quarter_turns: u8,
    /// `[width, height]` of the coded picture as the index states it, before rotation.
    pub size: [u16; 2],
    /// Name of the coding, `avc1` or `avc3` for H.264.
    pub coding: BoxName,
    /// The coding's configuration (`avcC`), where there is one.
    pub avc_config: Option<Vec<u8>>,
    /// What the edit list says, in ticks of the track.
    pub edits: Edits,
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
    } else {
        BadIndex::Broken("no track")
    })
}

fn video_track<'a>(moov: &[u8], trak: &'a [u8]) -> Result<(Track, &'a [u8]), BadIndex> {
    let broken = BadIndex::Broken;
    let movie_timescale = child(moov, b"mvhd")
        .and_then(timescale_of_header)
        .ok_or(broken("mvhd"))?;
    let timescale = descendant(trak, &[b"mdia", b"mdhd"])
        .and_then(timescale_of_header)
        .ok_or(broken("mdhd"))?;
    let (id, quarter_turns) = child(trak, b"tkhd")
        .and_then(id_and_turns)
        .ok_or(broken("tkhd"))?;
    let stbl = descendant(trak, &[b"mdia", b"minf", b"stbl"]).ok_or(broken("stbl"))?;
    // stsd: version and flags, count, then the descriptions as boxes
    let (coding, description) = child(stbl, b"stsd")
        .and_then(|stsd| stsd.get(8..))
        .and_then(|entries| children(entries).next())
        .ok_or(broken("stsd"))?;
    // 24 bytes of other fields come before the size
    let mut fields = Fields(description.get(24..).ok_or(broken("stsd"))?);
    let size = fields.u16().zip(fields.u16()).ok_or(broken("stsd"))?;
    // a video description has 78 bytes of fields before its own boxes
    let avc_config = description
        .get(78..)
        .and_then(|extensions| child(extensions, b"avcC"))
        .map(<[u8]>::to_vec);
    let edits = match descendant(trak, &[b"edts", b"elst"]) {
        Some(elst) => Edits::read(elst, timescale, movie_timescale).ok_or(broken("elst"))?,
        None => Edits::default(),
    };
    let track = Track {
        id,
        timescale,
        quarter_turns,
        size: size.into(),
        coding,
        avc_config,
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

fn id_and_turns(tkhd: &[u8]) -> Option<(u32, u8)> {
    let mut fields = Fields(tkhd);
    let (version, _) = fields.version_and_flags()?;
    let is_long = version == 1;
    fields.skip(if is_long { 16 } else { 8 })?;
    let id = fields.u32()?;
    // reserved, duration, reserved, layer, group, volume, reserved
    fields.skip(4 + if is_long { 8 } else { 4 } + 16)?;
    let [a, b] = [fields.i32()?, fields.i32()?];
    // The matrix takes a point (x, y) to (a x + c y, b x + d y): its first row is where the x axis goes.
    let quarter_turns = if a.unsigned_abs() >= b.unsigned_abs() {
        if a < 0 { 2 } else { 0 }
    } else if b < 0 {
        3
    } else {
        1
    };
    Some((id, quarter_turns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrix_of_a_phone_held_upright_is_a_quarter_turn() {
        let mut tkhd = vec![0; 84];
        tkhd[15] = 1;
        tkhd[40..44].copy_from_slice(&0_i32.to_be_bytes());
        tkhd[44..48].copy_from_slice(&0x1_0000_i32.to_be_bytes());
        assert_eq!(id_and_turns(&tkhd), Some((1, 1)));
        tkhd[44..48].copy_from_slice(&(-0x1_0000_i32).to_be_bytes());
        assert_eq!(id_and_turns(&tkhd), Some((1, 3)));
        tkhd[40..44].copy_from_slice(&(-0x1_0000_i32).to_be_bytes());
        tkhd[44..48].copy_from_slice(&0_i32.to_be_bytes());
        assert_eq!(id_and_turns(&tkhd), Some((1, 2)));
    }

    #[test]
    fn index_without_tracks_is_broken() {
        assert_eq!(
            first_video(&[]).unwrap_err(),
            BadIndex::Broken("no track")
        );
    }
}
