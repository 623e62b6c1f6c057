//! Text that is written piece by piece.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crate::export::ExportError;
use crate::export::whole_file::sync;

/// Makes a file, in place of an older one of that name.
pub(super) fn create_file(path: &Path) -> Result<File, ExportError> {
    File::create(path).map_err(|reason| ExportError::Create {
        path: path.to_owned(),
        reason,
    })
}

/// A file that names itself in its errors; what was written is in the file when it is dropped.
#[derive(Debug)]
pub(super) struct TextFile {
    path: PathBuf,
    file: BufWriter<File>,
}

impl TextFile {
    /// Makes the file, in place of an older one of that name.
    pub(super) fn create(path: &Path) -> Result<Self, ExportError> {
        let file = create_file(path)?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
        })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds text.
    pub(super) fn write(&mut self, text: &str) -> Result<(), ExportError> {
        self.file
            .write_all(text.as_bytes())
            .map_err(|reason| self.broke_off(reason))
    }

    /// Brings everything onto the disk.
    pub(super) fn finish(&mut self) -> Result<(), ExportError> {
        let flushed = self.file.flush();
        flushed
            .and_then(|()| sync(self.file.get_ref()))
            .map_err(|reason| self.broke_off(reason))
    }

    fn broke_off(&self, reason: io::Error) -> ExportError {
        ExportError::Write {
            path: self.path.clone(),
            reason,
        }
    }
}

/// A file that holds one JSON array, an item a line; closed even when it is given up in the middle.
#[derive(Debug)]
pub(super) struct JsonArrayFile {
    file: TextFile,
    is_empty: bool,
    is_closed: bool,
}

impl JsonArrayFile {
    pub(super) fn create(path: &Path) -> Result<Self, ExportError> {
        let mut file = TextFile::create(path)?;
        file.write("[")?;
        Ok(Self {
            file,
            is_empty: true,
            is_closed: false,
        })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Adds an item.
    pub(super) fn push(&mut self, item: &impl serde::Serialize) -> Result<(), ExportError> {
        let item =
            serde_json::to_string(item).map_err(|error| self.file.broke_off(error.into()))?;
        let separator = if self.is_empty { "\n" } else { ",\n" };
        self.is_empty = false;
        self.file.write(&format!("{separator}{item}"))
    }

    /// Closes the array.
    pub(super) fn finish(&mut self) -> Result<(), ExportError> {
        if self.is_closed {
            return Ok(());
        }
        self.is_closed = true;
        self.file.write("\n]\n")?;
        self.file.finish()
    }
}

impl Drop for JsonArrayFile {
    fn drop(&mut self) {
        if let Err(error) = self.finish() {
            tracing::error!("{error}");
        }
    }
}
