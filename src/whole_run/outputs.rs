//! Everything that a run writes while it goes on.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::export::{
    ExportError, ExportFormat, ExportOptions, FrameRow, Header, ResultWriter, check_exports,
    check_file, create_writer, finish_all,
};
use crate::source::SourceInfo;
use crate::types::FrameResult;
use crate::whole_run::annotated::{AnnotatedOutput, is_picture};
use crate::whole_run::error::OutputError;

/// What is to be written, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputPaths {
    /// Files of results; a format may be there more than once.
    pub exports: Vec<(ExportFormat, PathBuf)>,
    /// The annotated video, or of a single picture the annotated picture.
    pub video: Option<PathBuf>,
}

impl OutputPaths {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Path> {
        let exports = self.exports.iter().map(|(_, path)| path.as_path());
        exports.chain(self.video.as_deref())
    }

    /// Takes away what a run that was given up has made of them.
    ///
    /// Only for names that were free when it began: a folder goes with all that is in it.
    pub fn remove(&self) {
        for path in self.all() {
            let removed = if path.is_dir() {
                fs::remove_dir_all(path)
            } else {
                fs::remove_file(path)
            };
            // some are made at the end only
            if let Err(error) = removed
                && error.kind() != ErrorKind::NotFound
            {
                tracing::warn!("{} is not whole and stays: {error}", path.display());
            }
        }
    }
}

/// The files of a run.
pub struct Outputs {
    exports: Vec<Box<dyn ResultWriter>>,
    pub(super) annotated: Option<AnnotatedOutput>,
}

impl Outputs {
    /// Makes the files, or finds out that they can be made; nothing is touched where one of them cannot.
    pub fn create(
        paths: &OutputPaths,
        source: &SourceInfo,
        header: &Header,
        options: &ExportOptions,
    ) -> Result<Self, OutputError> {
        // its name may be refused, and no file is to be replaced then
        if let Some(path) = &paths.video {
            is_picture(path, source)?;
        }
        check_exports(&paths.exports)?;
        if let Some(path) = &paths.video {
            check_file(path)?;
        }
        let exports = paths
            .exports
            .iter()
            .map(|(format, path)| create_writer(*format, path, header, options))
            .collect::<Result<Vec<_>, ExportError>>()?;
        let annotated = paths
            .video
            .as_deref()
            .map(|path| AnnotatedOutput::create(path, source))
            .transpose()?;
        Ok(Self { exports, annotated })
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.exports.is_empty() && self.annotated.is_none()
    }

    /// Whether there are files of results.
    pub(super) fn has_results(&self) -> bool {
        !self.exports.is_empty()
    }

    /// Whether frames are drawn.
    pub fn has_annotated(&self) -> bool {
        self.annotated.is_some()
    }

    /// Adds a frame to all of them.
    pub fn write(&mut self, result: &FrameResult) -> Result<(), ExportError> {
        if self.has_results() {
            self.write_row(&FrameRow::from_result(result))?;
        }
        if let Some(annotated) = &mut self.annotated {
            let image = Arc::clone(&result.frame.image);
            annotated.write(image, &result.people, result.frame.time)?;
        }
        Ok(())
    }

    /// Adds a frame to the files of results.
    pub(super) fn write_row(&mut self, row: &FrameRow) -> Result<(), ExportError> {
        for export in &mut self.exports {
            export.write(row)?;
        }
        Ok(())
    }

    /// Completes every file and says which were written; the first failure is told after all have been tried.
    pub fn finish(self) -> Result<Vec<PathBuf>, ExportError> {
        let exported = finish_all(self.exports);
        let annotated = self.annotated.map_or(Ok(None), AnnotatedOutput::finish);
        let mut written = exported?;
        written.extend(annotated?);
        Ok(written)
    }
}
