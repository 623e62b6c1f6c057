//! Boxes of ISO/IEC 14496-12 (mp4, mov): finding them and reading their fields, with nothing trusted.

/// The four letters that name a box.
pub type BoxName = [u8; 4];

/// Big-endian fields, read one after the other; `None` past the end.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    /// The next `n` bytes.
    pub fn bytes(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    /// Passes over `n` bytes.
    pub fn skip(&mut self, n: usize) -> Option<()> {
        self.bytes(n).map(|_| ())
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    /// One byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Two bytes.
    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// Four bytes with a sign.
    pub fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// Eight bytes with a sign.
    pub fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    /// Four or eight bytes, as the version of a box says.
    pub fn u32_or_u64(&mut self, is_long: bool) -> Option<u64> {
        if is_long {
            self.u64()
        } else {
            self.u32().map(u64::from)
        }
    }

    /// The start of a "full box": its version and its flags.
    pub fn version_and_flags(&mut self) -> Option<(u8, u32)> {
        self.u32()
            .map(|word| ((word >> 24) as u8, word & 0xff_ffff))
    }
}

/// Where a box of the file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoxPlace {
    /// Its name.
    pub name: BoxName,
    /// Byte of the file at which its header begins.
    pub start: u64,
    /// Byte of the file at which its content begins.
    pub content_start: u64,
    /// First byte after it, as the header claims; may lie past the end of the file.
    pub end: u64,
}

/// The longest header: size, name, long size.
pub const MAX_HEADER_LEN: usize = 16;

/// Reads the header at `start` from its first bytes (up to [`MAX_HEADER_LEN`]); `None` when it makes no sense.
///
/// A size of 0 means "to the end of the file", a size of 1 that the true size follows in eight bytes.
pub fn read_header(bytes: &[u8], start: u64, file_len: u64) -> Option<BoxPlace> {
    let mut fields = Fields(bytes);
    let short_size = fields.u32()?;
    let name = fields.array()?;
    let (header_len, size) = match short_size {
        0 => (8, file_len.checked_sub(start)?),
        1 => (16, fields.u64()?),
        size => (8, u64::from(size)),
    };
    (header_len <= size).then_some(BoxPlace {
        name,
        start,
        content_start: start + header_len,
        end: start.checked_add(size)?,
    })
}

/// The boxes inside a box, with their contents; ends where one does not fit.
pub fn children(content: &[u8]) -> impl Iterator<Item = (BoxName, &[u8])> {
    let mut at = 0_usize;
    std::iter::from_fn(move || {
        let rest = content.get(at..)?;
        let place = read_header(rest, 0, rest.len() as u64)?;
        let inner = rest.get(place.content_start as usize..usize::try_from(place.end).ok()?)?;
        at += place.end as usize;
        Some((place.name, inner))
    })
}

/// The content of the first box of that name.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "byte string literals are references"
)]
pub fn child<'a>(content: &'a [u8], name: &BoxName) -> Option<&'a [u8]> {
    children(content)
        .find(|(found, _)| found == name)
        .map(|(_, inner)| inner)
}

/// The content of a box that lies some levels deeper.
pub fn descendant<'a>(content: &'a [u8], path: &[&BoxName]) -> Option<&'a [u8]> {
    path.iter()
        .try_fold(content, |inner, name| child(inner, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_found_and_a_lying_size_ends_the_list() {
        let mut content = Vec::new();
        content.extend(12_u32.to_be_bytes());
        content.extend(b"aaaa1234");
        content.extend(8_u32.to_be_bytes());
        content.extend(b"bbbb");
        content.extend(900_u32.to_be_bytes());
        content.extend(b"cccc");
        let found: Vec<_> = children(&content).collect();
        assert_eq!(
            found,
            vec![(*b"aaaa", b"1234".as_slice()), (*b"bbbb", b"".as_slice())]
        );
        assert_eq!(child(&content, b"bbbb"), Some(b"".as_slice()));
        assert_eq!(child(&content, b"cccc"), None);
    }

    #[test]
    fn long_and_open_sizes_are_understood() {
        let mut long = 1_u32.to_be_bytes().to_vec();
        long.extend(b"mdat");
        long.extend(5_000_000_000_u64.to_be_bytes());
        let place = read_header(&long, 100, 200).unwrap();
        assert_eq!((place.content_start, place.end), (116, 5_000_000_100));
        let open = [0, 0, 0, 0, b'm', b'd', b'a', b't'];
        assert_eq!(read_header(&open, 100, 200).unwrap().end, 200);
        let nonsense = [0, 0, 0, 7, b'm', b'd', b'a', b't'];
        assert_eq!(read_header(&nonsense, 0, 200), None);
    }
}
