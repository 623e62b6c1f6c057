//! The index of an mp4 file: its video track and all samples, read without the pictures themselves.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::time::Duration;

use super::boxes::{BoxPlace, MAX_HEADER_LEN, read_header};
use super::fragments::{FragmentDefaults, read_fragment};
use super::samples::{Sample, read_tables};
use super::track::{BadIndex, Track, first_video};

/// The most bytes of an index that are read: several days of sound and video have fewer, and a damaged file may claim that
/// all of it is its index.
const MOST_INDEX_LEN: u64 = 1 << 28;

/// The most bytes of a coded picture: the largest that H.264 knows, of 139,264 macroblocks (level 6.2), has 56 million with
/// nothing compressed. A file that is mostly holes may claim more without being any larger on the disk.
const MOST_PICTURE_LEN: u32 = 1 << 26;

/// What an mp4 file says about its video.
#[derive(Debug)]
pub struct Index {
    /// The track.
    pub track: Track,
    /// Its samples in decoding order.
    pub samples: Vec<Sample>,
    /// When each sample is shown, in ticks after the edit list; `None` when it is not shown.
    pub shown_at: Vec<Option<i64>>,
    /// All times of pictures that are shown, in order.
    pub times: Vec<i64>,
    /// Whether the pictures lie in fragments, so that an end that is missing loses nothing else.
    pub is_fragmented: bool,
    /// Whether a fragment cannot be understood, so that it and those after it are missing.
    pub is_broken: bool,
}

/// The index cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The operating system says no.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What is there makes no sense.
    #[error(transparent)]
    Bad(#[from] BadIndex),
}

impl Index {
    /// Reads the index; the file may lack its end as long as the index is there.
    pub fn read(file: &mut File) -> Result<Self, IndexError> {
        let file_len = file.seek(SeekFrom::End(0))?;
        let mut moov = None;
        let mut moofs = Vec::new();
        let mut at = 0;
        let mut is_broken = false;
        while let Some(place) = read_header_at(file, at, file_len)? {
            if file_len < place.end {
                is_broken = place.name == *b"moof";
                break;
            }
            match &place.name {
                b"moov" if moov.is_none() => moov = Some(read_content(file, place)?),
                b"moof" => moofs.push(place),
                _ => {}
            }
            at = place.end;
        }
        let moov = moov.ok_or(BadIndex::NoIndex)?;
        let (track, stbl) = first_video(&moov)?;
        let mut samples = read_tables(stbl, file_len)?;
        let is_fragmented = samples.is_empty() && !moofs.is_empty();
        let defaults = FragmentDefaults::read(&moov, track.id);
        for place in moofs {
            let moof = read_content(file, place)?;
            let whole = read_fragment(
                &moof,
                place.start,
                file_len,
                track.id,
                defaults,
                &mut samples,
            );
            if whole.is_none() {
                tracing::warn!("the fragment at byte {} is broken", place.start);
                is_broken = true;
                break;
            }
        }
        if samples.is_empty() {
            return Err(BadIndex::Broken("no pictures").into());
        }
        // where one lies beyond the end, the file breaks off before it; pictures of other codings are not read here
        let is_too_long =
            |sample: &Sample| MOST_PICTURE_LEN < sample.size && sample.end() <= file_len;
        if track.is_h264() && samples.iter().any(is_too_long) {
            return Err(BadIndex::Broken("a picture of more than 64 MB").into());
        }
        Ok(Self {
            is_broken,
            ..Self::with_times(track, samples, is_fragmented)
        })
    }

    fn with_times(track: Track, samples: Vec<Sample>, is_fragmented: bool) -> Self {
        let mut edits = track.edits;
        if is_fragmented {
            // the length was not known when the list was written
            edits.media_end = None;
        }
        let mut shown_at: Vec<_> = samples
            .iter()
            .map(|sample| edits.shown_at(sample.composition_time))
            .collect();
        let first = shown_at.iter().flatten().min().copied().unwrap_or(0);
        // Without a wait the first picture of an edited track is shown at 0, as ffmpeg has it;
        // times before 0 do not exist here.
        let shift = if edits.is_present && !is_fragmented {
            first.saturating_sub(edits.delay).max(0)
        } else {
            first.min(0)
        };
        for time in shown_at.iter_mut().flatten() {
            *time = time.saturating_sub(shift);
        }
        let mut times: Vec<_> = shown_at.iter().flatten().copied().collect();
        times.sort_unstable();
        Self {
            track,
            samples,
            shown_at,
            times,
            is_fragmented,
            is_broken: false,
        }
    }

    /// Ticks of the track as a time, to the nearest nanosecond.
    pub fn duration_of(&self, ticks: i64) -> Duration {
        const NANOS: u128 = 1_000_000_000;
        let timescale = u128::from(self.track.timescale);
        let nanos = (u128::from(ticks.max(0).cast_unsigned()) * NANOS + timescale / 2) / timescale;
        Duration::new((nanos / NANOS) as u64, (nanos % NANOS) as u32)
    }

    /// The time at which the last picture ends, in ticks.
    pub fn end(&self) -> Option<i64> {
        self.samples
            .iter()
            .zip(&self.shown_at)
            .filter_map(|(sample, shown_at)| {
                shown_at.map(|time| time.saturating_add(i64::from(sample.duration)))
            })
            .max()
    }

    /// The mean rate over the recording; `None` for a single picture.
    pub fn mean_fps(&self) -> Option<f64> {
        let ticks = self.end()? - self.times.first()?;
        (1 < self.times.len() && 0 < ticks)
            .then(|| self.times.len() as f64 * f64::from(self.track.timescale) / ticks as f64)
    }
}

fn read_header_at(file: &mut File, at: u64, file_len: u64) -> io::Result<Option<BoxPlace>> {
    let len = file_len.saturating_sub(at).min(MAX_HEADER_LEN as u64) as usize;
    if len == 0 {
        return Ok(None);
    }
    let mut bytes = [0; MAX_HEADER_LEN];
    let bytes = &mut bytes[..len];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(bytes)?;
    Ok(read_header(bytes, at, file_len))
}

/// The content of a box that lies in the file as a whole.
fn read_content(file: &mut File, place: BoxPlace) -> Result<Vec<u8>, IndexError> {
    let len = place.end - place.content_start;
    if MOST_INDEX_LEN < len {
        return Err(BadIndex::Broken("too long").into());
    }
    let mut content = vec![0; len as usize];
    file.seek(SeekFrom::Start(place.content_start))?;
    file.read_exact(&mut content)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_that_calls_all_of_itself_an_index_does_not_fill_the_memory() {
        let mut file = tempfile::tempfile().unwrap();
        // the size 0 stands for all the rest, here a gigabyte of nothing
        file.write_all(b"\0\0\0\0moov").unwrap();
        file.set_len(1 << 30).unwrap();
        let error = Index::read(&mut file).unwrap_err();
        assert!(
            matches!(error, IndexError::Bad(BadIndex::Broken("too long"))),
            "{error}"
        );
    }
}
