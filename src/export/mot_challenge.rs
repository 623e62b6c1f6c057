//! MOTChallenge results: a line of ten numbers for each person of each frame.
//!
//! `frame,id,bb_left,bb_top,bb_width,bb_height,conf,-1,-1,-1`, frames and pixels counted
//! from 1: the picture's first corner is 1, 1.

use std::path::{Path, PathBuf};

use crate::export::rows::FrameRow;
use crate::export::text_file::TextFile;
use crate::export::{ExportError, ResultWriter};

/// Writes a results file.
#[derive(Debug)]
pub struct MotChallengeWriter {
    file: TextFile,
}

impl MotChallengeWriter {
    /// Makes the file.
    pub fn create(path: &Path) -> Result<Self, ExportError> {
        Ok(Self {
            file: TextFile::create(path)?,
        })
    }
}

impl ResultWriter for MotChallengeWriter {
    fn write(&mut self, row: &FrameRow) -> Result<(), ExportError> {
        let mut text = String::new();
        for person in &row.people {
            let [left, top, width, height] = person.bbox;
            let [left, top] = [left + 1.0, top + 1.0];
            text.push_str(&format!(
                "{},{},{left:.2},{top:.2},{width:.2},{height:.2},{},-1,-1,-1\n",
                row.frame.saturating_add(1),
                person.id,
                person.score,
            ));
        }
        self.file.write(&text)
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<PathBuf>, ExportError> {
        self.file.finish()?;
        Ok(vec![self.file.path().to_owned()])
    }
}
