//! Tables of joints: tidy with a row a joint, or wide with a row a person.
//!
//! RFC 4180 with a decimal point and plain line feeds; a joint that was not found has empty fields. Positions are the
//! smoothed ones where there are any.

use std::path::{Path, PathBuf};

use crate::export::rows::{FrameRow, KeypointRow, PersonRow};
use crate::export::text_file::TextFile;
use crate::export::{ExportError, ResultWriter};
use crate::skeleton::JOINT_NAMES;

/// How a table is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `frame,time_s,track_id,person_score,joint,x_px,y_px,confidence,valid`, 17 rows a person.
    Tidy,
    /// `frame,time_s,track_id,score,nose_x,nose_y,nose_c,…`, a row a person.
    Wide,
}

/// Writes a table.
#[derive(Debug)]
pub struct CsvWriter {
    file: TextFile,
    layout: Layout,
}

impl CsvWriter {
    /// Makes the file and writes its head.
    pub fn create(path: &Path, layout: Layout) -> Result<Self, ExportError> {
        let mut file = TextFile::create(path)?;
        let head = match layout {
            Layout::Tidy => {
                "frame,time_s,track_id,person_score,joint,x_px,y_px,confidence,valid".to_owned()
            }
            Layout::Wide => {
                let joints = JOINT_NAMES.map(|name| format!(",{name}_x,{name}_y,{name}_c"));
                format!("frame,time_s,track_id,score{}", joints.concat())
            }
        };
        file.write(&(head + "\n"))?;
        Ok(Self { file, layout })
    }
}

impl ResultWriter for CsvWriter {
    fn write(&mut self, row: &FrameRow) -> Result<(), ExportError> {
        let mut text = String::new();
        for person in &row.people {
            let start = format!(
                "{},{},{},{}",
                row.frame, row.time_s, person.id, person.score
            );
            match self.layout {
                Layout::Tidy => push_tidy(&mut text, &start, person),
                Layout::Wide => push_wide(&mut text, &start, person),
            }
        }
        self.file.write(&text)
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<PathBuf>, ExportError> {
        self.file.finish()?;
        Ok(vec![self.file.path().to_owned()])
    }
}

fn push_tidy(text: &mut String, start: &str, person: &PersonRow) {
    for (name, joint) in JOINT_NAMES.iter().zip(person.positions()) {
        let valid = u8::from(joint.is_some());
        text.push_str(&format!("{start},{name}{},{valid}\n", fields(*joint)));
    }
}

fn push_wide(text: &mut String, start: &str, person: &PersonRow) {
    text.push_str(start);
    for joint in person.positions() {
        text.push_str(&fields(*joint));
    }
    text.push('\n');
}

/// `,x,y,confidence`; nothing between the commas where the joint was not found.
fn fields(joint: KeypointRow) -> String {
    joint.map_or_else(|| ",,,".to_owned(), |[x, y, c]| format!(",{x},{y},{c}"))
}
