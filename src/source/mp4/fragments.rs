//! Samples of fragments (`moof`): how a file is written that must survive a crash.

use super::boxes::{Fields, child, children};
use super::samples::{MOST_SAMPLES, Sample};

/// What a track's samples are when a fragment does not say (`trex`, then `tfhd`).
#[derive(Clone, Copy, Debug, Default)]
pub struct FragmentDefaults {
    duration: u32,
    size: u32,
    flags: u32,
}

impl FragmentDefaults {
    /// The defaults of one track, from the `mvex` box inside `moov`.
    pub fn read(moov: &[u8], track_id: u32) -> Self {
        let defaults = child(moov, b"mvex").and_then(|mvex| {
            children(mvex)
                .filter(|(name, _)| name == b"trex")
                .find_map(|(_, trex)| {
                    let mut fields = Fields(trex);
                    fields.version_and_flags()?;
                    if fields.u32()? != track_id {
                        return None;
                    }
                    fields.skip(4)?;
                    Some(Self {
                        duration: fields.u32()?,
                        size: fields.u32()?,
                        flags: fields.u32()?,
                    })
                })
        });
        defaults.unwrap_or_default()
    }
}

/// Adds the samples of one fragment.
///
/// `None` when the box breaks off; the samples before that are kept.
pub fn read_fragment(
    moof: &[u8],
    moof_start: u64,
    file_len: u64,
    track_id: u32,
    defaults: FragmentDefaults,
    samples: &mut Vec<Sample>,
) -> Option<()> {
    for (_, traf) in children(moof).filter(|(name, _)| name == b"traf") {
        let mut fields = Fields(child(traf, b"tfhd")?);
        let (_, flags) = fields.version_and_flags()?;
        if fields.u32()? != track_id {
            continue;
        }
        let mut base = moof_start;
        let mut of_fragment = defaults;
        if flags & 0x1 != 0 {
            base = fields.u64()?;
        }
        if flags & 0x2 != 0 {
            fields.skip(4)?;
        }
        if flags & 0x8 != 0 {
            of_fragment.duration = fields.u32()?;
        }
        if flags & 0x10 != 0 {
            of_fragment.size = fields.u32()?;
        }
        if flags & 0x20 != 0 {
            of_fragment.flags = fields.u32()?;
        }
        let stated_time = child(traf, b"tfdt").and_then(|tfdt| {
            let mut fields = Fields(tfdt);
            let (version, _) = fields.version_and_flags()?;
            fields.u32_or_u64(version == 1)
        });
        let mut next = Next {
            offset: base,
            decode_time: match stated_time {
                Some(time) => i64::try_from(time).ok()?,
                None => samples.last().map_or(0, |last| {
                    last.decode_time.saturating_add(i64::from(last.duration))
                }),
            },
        };
        for (_, trun) in children(traf).filter(|(name, _)| name == b"trun") {
            read_run(trun, base, file_len, of_fragment, &mut next, samples)?;
        }
    }
    Some(())
}

/// Where the next sample of a fragment lies unless its run says otherwise.
struct Next {
    offset: u64,
    decode_time: i64,
}

fn read_run(
    trun: &[u8],
    base: u64,
    file_len: u64,
    defaults: FragmentDefaults,
    next: &mut Next,
    samples: &mut Vec<Sample>,
) -> Option<()> {
    let mut fields = Fields(trun);
    let (_, flags) = fields.version_and_flags()?;
    let count = fields.u32()?;
    if flags & 0x1 != 0 {
        next.offset = base.checked_add_signed(i64::from(fields.i32()?))?;
    }
    let first_flags = if flags & 0x4 != 0 {
        Some(fields.u32()?)
    } else {
        None
    };
    for sample_idx in 0..count {
        let mut own = defaults;
        if flags & 0x100 != 0 {
            own.duration = fields.u32()?;
        }
        if flags & 0x200 != 0 {
            own.size = fields.u32()?;
        }
        if flags & 0x400 != 0 {
            own.flags = fields.u32()?;
        } else if sample_idx == 0 {
            own.flags = first_flags.unwrap_or(own.flags);
        }
        let shift = if flags & 0x800 != 0 { fields.i32()? } else { 0 };
        // a count without bytes behind it must not fill the memory
        if own.size == 0 || file_len < next.offset || MOST_SAMPLES <= samples.len() {
            return None;
        }
        samples.push(Sample {
            offset: next.offset,
            size: own.size,
            decode_time: next.decode_time,
            composition_time: next.decode_time.saturating_add(i64::from(shift)),
            duration: own.duration,
            // bit 16 marks samples that decoding cannot begin with
            is_sync: own.flags & 0x1_0000 == 0,
        });
        next.offset = next.offset.saturating_add(u64::from(own.size));
        next.decode_time = next.decode_time.saturating_add(i64::from(own.duration));
    }
    Some(())
}
