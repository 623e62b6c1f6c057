//! Somebody who walks, and files of markers made of it.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses a part of it"
)]
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

use std::fs;
use std::path::{Path, PathBuf};

use poseglass::export::header::{ModelRow, SourceRow};
use poseglass::export::rows::{FrameRow, KeypointRow, PersonRow};
use poseglass::export::{ExportError, ExportFormat, ExportOptions, Header, create_writer};

/// Times of the frames, of which the third was dropped.
pub const TIMES_SECS: [f64; 4] = [0.5, 0.533, 0.6, 0.633333];
pub const FRAMES: [u64; 4] = [15, 16, 18, 19];

pub fn header() -> Header {
    let source = SourceRow {
        path: "walk.mp4".to_owned(),
        kind: "video".to_owned(),
        width: 640,
        height: 480,
        rotation: 0,
        fps_nominal: Some(30.0),
        picture_names: None,
    };
    let mut header = Header::of_other_program("test", source);
    header.model = ModelRow::default();
    header
}

/// Joint `j` at (100 + 10 j + frame, 20 + j), moving right by 30 pixels a second; all but those in `missing`.
pub fn person(id: u32, time_secs: f64, missing: &[usize]) -> PersonRow {
    let dx = 30.0 * (time_secs - TIMES_SECS[0]);
    let keypoints: [KeypointRow; 17] = std::array::from_fn(|joint| {
        let at = [100.0 + 10.0 * joint as f64 + dx, 20.0 + joint as f64, 0.9];
        (!missing.contains(&joint)).then_some(at)
    });
    PersonRow {
        id,
        score: 0.75,
        bbox: [90.0, 10.0, 200.0, 50.0],
        keypoints,
        smoothed: None,
    }
}

/// One person whose left wrist (9) is missing in the second frame and whose nose is never found.
pub fn walk() -> Vec<FrameRow> {
    TIMES_SECS
        .iter()
        .zip(FRAMES)
        .enumerate()
        .map(|(place, (time_s, frame))| {
            let missing: &[usize] = if place == 1 { &[0, 9] } else { &[0] };
            FrameRow {
                frame,
                time_s: *time_s,
                file: None,
                people: vec![person(3, *time_s, missing)],
            }
        })
        .collect()
}

pub fn write(
    format: ExportFormat,
    path: &Path,
    options: &ExportOptions,
    rows: &[FrameRow],
) -> Result<Vec<PathBuf>, ExportError> {
    write_for(&header(), format, path, options, rows)
}

pub fn write_for(
    header: &Header,
    format: ExportFormat,
    path: &Path,
    options: &ExportOptions,
    rows: &[FrameRow],
) -> Result<Vec<PathBuf>, ExportError> {
    let mut writer = create_writer(format, path, header, options)?;
    for row in rows {
        writer.write(row)?;
    }
    writer.finish()
}

pub fn written(format: ExportFormat, options: &ExportOptions, rows: &[FrameRow]) -> Vec<String> {
    written_for(&header(), format, options, rows)
}

pub fn written_for(
    header: &Header,
    format: ExportFormat,
    options: &ExportOptions,
    rows: &[FrameRow],
) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("走 walk.trc");
    write_for(header, format, &path, options, rows).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    text.lines().map(str::to_owned).collect()
}
