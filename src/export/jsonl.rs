//! The native file: a header line, then a line of JSON for each frame; writer and reader.

use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::export::header::{Header, SCHEMA};
use crate::export::reader::BYTE_ORDER_MARK;
use crate::export::rows::FrameRow;
use crate::export::text_file::create_file;
use crate::export::whole_file::sync;
use crate::export::{ExportError, ReadError, ResultWriter};

/// A crash loses at most what happened in this time…
const FLUSH_AFTER: Duration = Duration::from_secs(1);
/// …and at most this many frames, where frames come faster than their times say.
const FLUSH_AFTER_FRAMES: usize = 60;

/// Writes a native file; lines reach the file whole, at least once in a second of frames.
#[derive(Debug)]
pub struct JsonlWriter {
    path: PathBuf,
    file: File,
    /// Whole lines that are not in the file yet.
    pending: Vec<u8>,
    n_pending_frames: usize,
    flushed_at: Duration,
}

impl JsonlWriter {
    /// Makes the file, in place of an older one of that name, and writes its header.
    pub fn create(path: &Path, header: &Header) -> Result<Self, ExportError> {
        let file = create_file(path)?;
        let mut writer = Self {
            path: path.to_owned(),
            file,
            pending: Vec::new(),
            n_pending_frames: 0,
            flushed_at: Duration::ZERO,
        };
        writer.push_line(header)?;
        writer.flush()?;
        Ok(writer)
    }

    fn push_line(&mut self, row: &impl serde::Serialize) -> Result<(), ExportError> {
        serde_json::to_writer(&mut self.pending, row).map_err(|error| ExportError::Write {
            path: self.path.clone(),
            reason: error.into(),
        })?;
        self.pending.push(b'\n');
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ExportError> {
        let written = self.file.write_all(&self.pending);
        // after a failure a part of it is in the file: writing it again would spoil the file
        self.pending.clear();
        self.n_pending_frames = 0;
        written.map_err(|reason| ExportError::Write {
            path: self.path.clone(),
            reason,
        })
    }
}

impl ResultWriter for JsonlWriter {
    fn write(&mut self, row: &FrameRow) -> Result<(), ExportError> {
        self.push_line(row)?;
        self.n_pending_frames += 1;
        let time = Duration::try_from_secs_f64(row.time_s).unwrap_or_default();
        // after a jump back the difference says nothing
        let is_due = FLUSH_AFTER <= time.abs_diff(self.flushed_at)
            || FLUSH_AFTER_FRAMES <= self.n_pending_frames;
        if is_due {
            self.flush()?;
            self.flushed_at = time;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<PathBuf>, ExportError> {
        self.flush()?;
        sync(&self.file).map_err(|reason| ExportError::Write {
            path: self.path.clone(),
            reason,
        })?;
        Ok(vec![self.path.clone()])
    }
}

impl Drop for JsonlWriter {
    /// Whoever gives up in the middle keeps what was written.
    fn drop(&mut self) {
        if let Err(error) = self.flush() {
            tracing::error!("{error}");
        }
    }
}

/// Only what has to be known to refuse a file in the right words.
#[derive(serde::Deserialize)]
struct SchemaOnly {
    schema: String,
}

/// Reads a native file frame by frame; fields that it does not know are ignored.
#[derive(Debug)]
pub struct JsonlReader {
    path: PathBuf,
    lines: BufReader<File>,
    header: Header,
    line: usize,
    is_cut_off: bool,
}

impl JsonlReader {
    /// Opens a file and reads its header.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let unreadable = |reason| ReadError::Unreadable {
            path: path.to_owned(),
            reason,
        };
        let not_native = |reason: String| ReadError::NotNative {
            path: path.to_owned(),
            reason,
        };
        let file = File::open(path).map_err(unreadable)?;
        let mut lines = BufReader::new(file);
        let mut first = Vec::new();
        read_line(&mut lines, &mut first).map_err(unreadable)?;
        let first = first.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&first);
        if first.is_empty() {
            return Err(not_native("it is empty".to_owned()));
        }
        let schema = serde_json::from_slice::<SchemaOnly>(first)
            .map_err(|_not_even_json| not_native("its first line is no header".to_owned()))?
            .schema;
        if schema != SCHEMA {
            return Err(ReadError::OtherSchema {
                path: path.to_owned(),
                schema,
            });
        }
        let header =
            serde_json::from_slice(first).map_err(|error| not_native(error.to_string()))?;
        Ok(Self {
            path: path.to_owned(),
            lines,
            header,
            line: 1,
            is_cut_off: false,
        })
    }

    /// What was worked on, and how.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Whether the last line turned out to be cut off, as after a crash; what came before is whole.
    pub const fn is_cut_off(&self) -> bool {
        self.is_cut_off
    }

    fn next_row(&mut self) -> Result<Option<FrameRow>, ReadError> {
        let mut text = Vec::new();
        loop {
            text.clear();
            read_line(&mut self.lines, &mut text).map_err(|reason| ReadError::Unreadable {
                path: self.path.clone(),
                reason,
            })?;
            if text.is_empty() {
                return Ok(None);
            }
            self.line += 1;
            if text.trim_ascii().is_empty() {
                continue;
            }
            return match serde_json::from_slice(text.trim_ascii_end()) {
                Ok(row) => Ok(Some(row)),
                Err(error) if error.is_eof() && !text.ends_with(b"\n") => {
                    self.is_cut_off = true;
                    tracing::warn!(
                        "line {} of {} is cut off: the file was not finished, that frame is left out",
                        self.line,
                        self.path.display()
                    );
                    Ok(None)
                }
                Err(error) => Err(ReadError::BrokenLine {
                    path: self.path.clone(),
                    line: self.line,
                    // the line is known already
                    reason: error
                        .to_string()
                        .replace(" at line 1 column ", " at column "),
                }),
            };
        }
    }
}

impl Iterator for JsonlReader {
    type Item = Result<FrameRow, ReadError>;

    /// The next frame; a broken line is an error, and the lines after it can still be read.
    fn next(&mut self) -> Option<Self::Item> {
        self.next_row().transpose()
    }
}

fn read_line(lines: &mut impl BufRead, text: &mut Vec<u8>) -> std::io::Result<()> {
    lines.read_until(b'\n', text).map(|_n_bytes| ())
}
