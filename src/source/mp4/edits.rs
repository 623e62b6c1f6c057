//! The edit list of a track: which part of it is shown, and from when on.

use super::boxes::Fields;

/// An edit list of the usual form: an optional wait, then one part of the track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Whether the file has an edit list.
    pub is_present: bool,
    /// Ticks of the track to wait before the first picture.
    pub delay: i64,
    /// The first composition time that is shown, in ticks of the track.
    pub media_start: i64,
    /// The first composition time that is not shown any more.
    pub media_end: Option<i64>,
    /// Whether there are more parts: more than this program understands.
    pub has_more: bool,
}

impl Edits {
    /// Reads an `elst` box; its lengths count in the movie's timescale, its positions in the track's.
    pub fn read(elst: &[u8], timescale: u32, movie_timescale: u32) -> Option<Self> {
        let mut fields = Fields(elst);
        let (version, _) = fields.version_and_flags()?;
        let is_long = version == 1;
        let n_entries = fields.u32()?;
        let mut edits = Self {
            is_present: 0 < n_entries,
            ..Self::default()
        };
        let mut has_part = false;
        for _ in 0..n_entries {
            let length = fields.u32_or_u64(is_long)?;
            let media_time = if is_long {
                fields.i64()?
            } else {
                i64::from(fields.i32()?)
            };
            fields.skip(4)?;
            let length = rescaled(length, timescale, movie_timescale)?;
            if has_part {
                edits.has_more |= 0 < length;
            } else if media_time < 0 {
                edits.delay = edits.delay.checked_add(length)?;
            } else {
                has_part = true;
                edits.media_start = media_time;
                // a length of 0 stands for all the rest, as fragmented files have it
                edits.media_end = if length == 0 {
                    None
                } else {
                    Some(media_time.checked_add(length)?)
                };
            }
        }
        Some(edits)
    }

    /// When a picture is shown, in ticks, without a list possibly below 0; `None` when it is not.
    pub fn shown_at(&self, composition_time: i64) -> Option<i64> {
        if !self.is_present {
            return Some(composition_time);
        }
        let is_shown = self.media_start <= composition_time
            && self.media_end.is_none_or(|end| composition_time < end);
        is_shown
            .then(|| composition_time.checked_sub(self.media_start))
            .flatten()
            .and_then(|time| time.checked_add(self.delay))
    }
}

/// `length * to / from`, rounded to the nearest.
fn rescaled(length: u64, to: u32, from: u32) -> Option<i64> {
    let from = u128::from(from);
    let product = u128::from(length) * u128::from(to);
    i64::try_from((product + from / 2) / from).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elst(entries: &[(u32, i32)]) -> Vec<u8> {
        let mut bytes = vec![0; 4];
        bytes.extend((entries.len() as u32).to_be_bytes());
        for (length, media_time) in entries {
            bytes.extend(length.to_be_bytes());
            bytes.extend(media_time.to_be_bytes());
            bytes.extend([0, 1, 0, 0]);
        }
        bytes
    }

    #[test]
    fn wait_and_start_shift_the_times() {
        let edits = Edits::read(&elst(&[(500, -1), (2000, 1024)]), 15360, 1000).unwrap();
        assert_eq!(edits.shown_at(1024), Some(7680));
        assert_eq!(edits.shown_at(1023), None);
        assert_eq!(edits.shown_at(1024 + 30719), Some(7680 + 30719));
        assert_eq!(edits.shown_at(1024 + 30720), None);
        assert!(!edits.has_more);
    }

    #[test]
    fn without_a_list_all_is_shown() {
        let edits = Edits::read(&elst(&[]), 15360, 1000).unwrap();
        for composition_time in [i64::MIN, -1024, 0, 1024] {
            assert_eq!(edits.shown_at(composition_time), Some(composition_time));
        }
    }

    #[test]
    fn second_part_is_noticed() {
        let edits = Edits::read(&elst(&[(500, 0), (500, 9000)]), 15360, 1000).unwrap();
        assert!(edits.has_more);
    }

    #[test]
    fn list_that_breaks_off_is_refused() {
        let whole = elst(&[(500, 0)]);
        assert_eq!(Edits::read(&whole[..whole.len() - 1], 15360, 1000), None);
    }
}
