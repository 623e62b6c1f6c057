//! The one place that writes to standard output.

use std::io;
use std::io::Write as _;

/// Writes `text` as it is.
///
/// A reader that has gone away, as in `poseglass score … | head -1`, is no error.
pub fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
