//! Where the coded pictures of a track lie in the file, and when each is due.

use super::boxes::{Fields, child};
use super::track::BadIndex;

/// A coded picture, in decoding order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// First byte in the file.
    pub offset: u64,
    /// Bytes.
    pub size: u32,
    /// When it is decoded, in ticks of the track.
    pub decode_time: i64,
    /// When it is shown, in ticks of the track, before the edit list.
    pub composition_time: i64,
    /// Ticks until the next one is decoded.
    pub duration: u32,
    /// Whether the file says that decoding can begin here.
    pub is_sync: bool,
}

impl Sample {
    /// First byte after it.
    pub const fn end(&self) -> u64 {
        self.offset.saturating_add(self.size as u64)
    }
}

/// The most pictures of a recording, 38 hours with 60 in a second: a few bytes can claim any number of them.
pub const MOST_SAMPLES: usize = 1 << 23;

/// Samples of the tables in `stbl`: how a file that was finished is written.
///
/// Tables that are shorter than the others end the list; what they promise beyond cannot be found anyway.
pub fn read_tables(stbl: &[u8], file_len: u64) -> Result<Vec<Sample>, BadIndex> {
    let broken = BadIndex::Broken;
    let Some(stsz) = child(stbl, b"stsz") else {
        return Err(if child(stbl, b"stz2").is_some() {
            BadIndex::Unusual("sizes of samples in a short form (stz2)")
        } else {
            broken("stsz")
        });
    };
    let sizes = Sizes::read(stsz, file_len).ok_or(broken("stsz"))?;
    if sizes.count() == 0 {
        return Ok(Vec::new());
    }
    if MOST_SAMPLES < sizes.count() {
        return Err(BadIndex::Unusual("more than 8 million pictures"));
    }
    let chunk_offsets = chunk_offsets(stbl).ok_or(broken("stco"))?;
    let chunk_runs = child(stbl, b"stsc")
        .and_then(|stsc| pairs_after_count(stsc, 12))
        .ok_or(broken("stsc"))?;
    let mut durations = child(stbl, b"stts")
        .and_then(|stts| pairs_after_count(stts, 8))
        .map(Runs::new)
        .ok_or(broken("stts"))?;
    let mut shifts = child(stbl, b"ctts")
        .and_then(|ctts| pairs_after_count(ctts, 8))
        .map(Runs::new);
    let sync_numbers = child(stbl, b"stss").and_then(numbers_after_count);

    let mut samples = Vec::with_capacity(sizes.count());
    let mut decode_time = 0_i64;
    let mut runs = chunk_runs.iter().peekable();
    let mut samples_per_chunk = 0;
    for (chunk_idx, chunk_offset) in chunk_offsets.iter().enumerate() {
        while let Some(&(_, count)) = runs.next_if(|(first, _)| *first as usize <= chunk_idx + 1) {
            samples_per_chunk = count;
        }
        let mut offset = *chunk_offset;
        for _ in 0..samples_per_chunk {
            let sample_idx = samples.len();
            let Some(size) = sizes.get(sample_idx) else {
                return Ok(samples);
            };
            let duration = durations.next();
            // the shift is unsigned in version 0 of the box, but everybody writes and reads it with a sign
            let shift = shifts.as_mut().map_or(0, |shifts| shifts.next() as i32);
            samples.push(Sample {
                offset,
                size,
                decode_time,
                composition_time: decode_time.saturating_add(i64::from(shift)),
                duration,
                is_sync: sync_numbers
                    .as_ref()
                    .is_none_or(|numbers| numbers.binary_search(&(sample_idx as u32 + 1)).is_ok()),
            });
            offset = offset.saturating_add(u64::from(size));
            decode_time = decode_time.saturating_add(i64::from(duration));
        }
    }
    Ok(samples)
}

/// The size of each sample: one for all, or a table.
enum Sizes {
    Same { size: u32, count: usize },
    Each(Vec<u32>),
}

impl Sizes {
    fn read(stsz: &[u8], file_len: u64) -> Option<Self> {
        let mut fields = Fields(stsz);
        fields.version_and_flags()?;
        let size = fields.u32()?;
        let count = fields.u32()?;
        if size == 0 {
            let table = fields.0.chunks_exact(4).take(count as usize);
            return Some(Self::Each(
                table.filter_map(|entry| Fields(entry).u32()).collect(),
            ));
        }
        // no more samples than the file has room for, whatever the count says
        let room = file_len / u64::from(size);
        Some(Self::Same {
            size,
            count: u64::from(count).min(room) as usize,
        })
    }

    fn count(&self) -> usize {
        match self {
            Self::Same { count, .. } => *count,
            Self::Each(sizes) => sizes.len(),
        }
    }

    fn get(&self, sample_idx: usize) -> Option<u32> {
        match self {
            Self::Same { size, count } => (sample_idx < *count).then_some(*size),
            Self::Each(sizes) => sizes.get(sample_idx).copied(),
        }
    }
}

/// Values that are stored as "so many times this one"; the last goes on for ever.
struct Runs {
    rest: std::vec::IntoIter<(u32, u32)>,
    left: u32,
    value: u32,
}

impl Runs {
    fn new(runs: Vec<(u32, u32)>) -> Self {
        Self {
            rest: runs.into_iter(),
            left: 0,
            value: 0,
        }
    }

    fn next(&mut self) -> u32 {
        while self.left == 0 {
            match self.rest.next() {
                Some((count, value)) => (self.left, self.value) = (count, value),
                None => return self.value,
            }
        }
        self.left -= 1;
        self.value
    }
}

fn chunk_offsets(stbl: &[u8]) -> Option<Vec<u64>> {
    if let Some(stco) = child(stbl, b"stco") {
        return Some(
            numbers_after_count(stco)?
                .into_iter()
                .map(u64::from)
                .collect(),
        );
    }
    let mut fields = Fields(child(stbl, b"co64")?);
    fields.version_and_flags()?;
    let count = fields.u32()? as usize;
    let entries = fields.0.chunks_exact(8).take(count);
    Some(entries.filter_map(|entry| Fields(entry).u64()).collect())
}

/// The numbers of a table that begins with version, flags and count.
fn numbers_after_count(table: &[u8]) -> Option<Vec<u32>> {
    let mut fields = Fields(table);
    fields.version_and_flags()?;
    let count = fields.u32()? as usize;
    let entries = fields.0.chunks_exact(4).take(count);
    Some(entries.filter_map(|entry| Fields(entry).u32()).collect())
}

/// The first two numbers of each entry of such a table.
fn pairs_after_count(table: &[u8], entry_len: usize) -> Option<Vec<(u32, u32)>> {
    let mut fields = Fields(table);
    fields.version_and_flags()?;
    let count = fields.u32()? as usize;
    let entries = fields.0.chunks_exact(entry_len).take(count);
    Some(
        entries
            .filter_map(|entry| {
                let mut fields = Fields(entry);
                Some((fields.u32()?, fields.u32()?))
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_in_a_short_form_are_unusual_and_no_sizes_are_broken() {
        let unusual = read_tables(b"\0\0\0\x08stz2", 1000).unwrap_err();
        assert!(matches!(unusual, BadIndex::Unusual(_)), "{unusual}");
        let broken = read_tables(b"\0\0\0\x08stts", 1000).unwrap_err();
        assert_eq!(broken, BadIndex::Broken("stsz"));
    }

    #[test]
    fn a_count_without_bytes_behind_it_does_not_fill_the_memory() {
        let stsz = |count: u32| {
            // version and flags, one size for all, how many there are
            let fields = [0, 1, count].map(u32::to_be_bytes).concat();
            [&b"\0\0\0\x14stsz"[..], &fields[..]].concat()
        };
        let error = read_tables(&stsz(u32::MAX), 1 << 40).unwrap_err();
        assert!(matches!(error, BadIndex::Unusual(_)), "{error}");
        // as many as there may be: what is missing then is where they lie
        let error = read_tables(&stsz(MOST_SAMPLES as u32), 1 << 40).unwrap_err();
        assert_eq!(error, BadIndex::Broken("stco"));
    }
}
