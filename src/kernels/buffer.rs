//! Numbers in memory that begin at a cache line.

/// One cache line.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Line([f32; Self::LENGTH]);

impl Line {
    const LENGTH: usize = 16;
}

/// A fixed number of `f32`, zero at first, aligned to 64 bytes.
#[derive(Clone, Debug)]
pub(super) struct Buffer {
    lines: Vec<Line>,
}

impl Buffer {
    /// At least `length` numbers.
    pub(super) fn zeroed(length: usize) -> Self {
        Self {
            lines: vec![Line([0.0; Line::LENGTH]); length.div_ceil(Line::LENGTH)],
        }
    }

    /// How many numbers there are.
    pub(super) fn len(&self) -> usize {
        self.lines.len() * Line::LENGTH
    }

    /// The first number; valid for [`Self::len`] numbers, as lines lie side by side without gaps.
    pub(super) fn as_ptr(&self) -> *const f32 {
        self.lines.as_ptr().cast()
    }

    /// The first number, to write.
    pub(super) fn as_mut_ptr(&mut self) -> *mut f32 {
        self.lines.as_mut_ptr().cast()
    }

    /// All numbers.
    pub(super) fn as_mut_slice(&mut self) -> &mut [f32] {
        // SAFETY: lines are arrays of numbers without padding (`repr(C)`, 64 bytes of 16 numbers), and the borrow of the
        // result is that of `self`.
        unsafe { std::slice::from_raw_parts_mut(self.as_mut_ptr(), self.len()) }
    }

    /// The same memory as words, two to a number, to write.
    pub(super) fn as_mut_words(&mut self) -> &mut [i16] {
        // SAFETY: any bits are a word, two of them are as large as a number and less strictly aligned, and the borrow of
        // the result is that of `self`.
        unsafe { std::slice::from_raw_parts_mut(self.as_mut_ptr().cast(), 2 * self.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_at_a_cache_line() {
        let mut buffer = Buffer::zeroed(17);
        assert_eq!(buffer.len(), 32);
        assert_eq!(buffer.as_ptr().align_offset(64), 0);
        buffer.as_mut_slice()[31] = 1.0;
        assert_eq!(buffer.as_mut_slice().iter().sum::<f32>(), 1.0);
    }
}
