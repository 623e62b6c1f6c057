//! Feature maps in memory: pixel after pixel, all channels of a pixel side by side.

/// A map of the arena. Rows of pixels follow each other without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Map {
    /// First number in the arena.
    pub(super) offset: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    /// Channels that mean something.
    pub(super) channels: usize,
    /// Numbers a pixel; those behind `channels` are zero.
    pub(super) pitch: usize,
}

impl Map {
    /// Numbers a row.
    pub(super) const fn row(&self) -> usize {
        self.width * self.pitch
    }

    /// Numbers in all.
    pub(super) const fn len(&self) -> usize {
        self.height * self.row()
    }

    /// The map's pixels in the arena of the plan to which it belongs.
    pub(super) fn in_arena(&self, arena: *mut f32) -> Pixels {
        Pixels {
            first: arena.wrapping_add(self.offset),
            height: self.height,
            width: self.width,
            pitch: self.pitch,
        }
    }
}

/// A map's memory; it is read or written only by who knows that it is there and that nobody else writes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pixels {
    pub(super) first: *mut f32,
    pub(super) height: usize,
    pub(super) width: usize,
    /// Numbers a pixel.
    pub(super) pitch: usize,
}

impl Pixels {
    /// Numbers a row.
    pub(super) const fn row(&self) -> usize {
        self.width * self.pitch
    }

    /// Where a row begins.
    pub(super) const fn row_pointer(&self, row: usize) -> *mut f32 {
        self.first.wrapping_add(row * self.row())
    }
}

/// One of several threads that do a step together, and its share of rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    pub(super) idx: usize,
    pub(super) of: usize,
}

impl Share {
    /// All of it.
    pub(super) const WHOLE: Self = Self { idx: 0, of: 1 };

    /// This thread's part of `0..count`: neighbors in order, sizes that differ by one at most.
    pub(super) const fn of_range(self, count: usize) -> std::ops::Range<usize> {
        count * self.idx / self.of..count * (self.idx + 1) / self.of
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_cover_everything_once() {
        for count in 0..20 {
            for of in 1..5 {
                let all: Vec<usize> = (0..of)
                    .flat_map(|idx| Share { idx, of }.of_range(count))
                    .collect();
                assert_eq!(all, (0..count).collect::<Vec<_>>());
            }
        }
    }
}
