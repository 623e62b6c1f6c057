//! Results to write and to read, and other programs' files made by hand after their documentation.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses a part of it"
)]
#![expect(clippy::unwrap_used, reason = "a test should panic where it fails")]

use std::fs;
use std::path::{Path, PathBuf};

use poseglass::export::header::SourceRow;
use poseglass::export::reader::{ReadOptions, TimeSource};
use poseglass::export::rows::{FrameRow, KeypointRow, PersonRow};
use poseglass::export::{ExportFormat, ExportOptions, Header, create_writer, open_results};
use serde_json::json;

pub fn header() -> Header {
    let source = SourceRow {
        path: "walk.mp4".to_owned(),
        kind: "video".to_owned(),
        width: 640,
        height: 480,
        rotation: 0,
        fps_nominal: Some(25.0),
        picture_names: None,
    };
    Header::of_other_program("test", source)
}

/// A body of 17 joints at `x`, each with its own confidence.
pub fn joints(x: f64) -> [KeypointRow; 17] {
    std::array::from_fn(|joint| {
        let confidence = 0.4 + 0.03 * joint as f64;
        let at = [x + 1.25 * joint as f64, 50.0 + 7.5 * joint as f64];
        Some([at[0], at[1], (1e3 * confidence).round() / 1e3])
    })
}

/// Two people over four frames at 25 frames per second; one leaves, and some joints are missing.
pub fn rows() -> Vec<FrameRow> {
    let person = |id: u32, x: f64, missing: usize| {
        let mut keypoints = joints(x);
        keypoints[missing] = None;
        PersonRow {
            id,
            score: 0.75,
            bbox: [x - 5.0, 40.0, 40.0, 140.25],
            keypoints,
            smoothed: None,
        }
    };
    (0..4)
        .map(|frame| FrameRow {
            frame,
            time_s: 0.04 * frame as f64,
            file: None,
            people: if frame < 3 {
                vec![
                    person(2, 100.0 + frame as f64, 9),
                    person(5, 300.0, frame as usize),
                ]
            } else {
                vec![person(2, 103.0, 16)]
            },
        })
        .collect()
}

pub fn write(format: ExportFormat, path: &Path, options: &ExportOptions) {
    let mut writer = create_writer(format, path, &header(), options).unwrap();
    for row in rows() {
        writer.write(&row).unwrap();
    }
    writer.finish().unwrap();
}

pub fn read(path: &Path, options: &ReadOptions) -> Vec<FrameRow> {
    open_results(path, options)
        .unwrap()
        .map(|row| row.unwrap())
        .collect()
}

pub fn at_25() -> ReadOptions {
    ReadOptions {
        times: TimeSource::Rate(25.0),
        ..ReadOptions::default()
    }
}

pub fn refusal(path: &Path, options: &ReadOptions) -> String {
    match open_results(path, options) {
        Ok(_) => panic!("{} was read", path.display()),
        Err(error) => error.to_string(),
    }
}

/// A file or folder of this name with this text.
pub fn file_with(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path
}

/// A frame of OpenPose's with people of `numbers` numbers each, joint `j` of the format at (x + j, 10 j).
pub fn openpose_frame(numbers: usize, xs: &[f64]) -> String {
    let people: Vec<serde_json::Value> = xs
        .iter()
        .map(|x| {
            let keypoints: Vec<f64> = (0..numbers / 3)
                .flat_map(|joint| [x + joint as f64, 10.0 * joint as f64 + 1.0, 0.8])
                .collect();
            json!({"person_id": [-1], "pose_keypoints_2d": keypoints, "face_keypoints_2d": []})
        })
        .collect();
    json!({"version": 1.3, "people": people}).to_string()
}

pub fn openpose_folder(dir: &Path, frames: &[(u64, String)]) -> PathBuf {
    let folder = dir.join("out 输出");
    fs::create_dir(&folder).unwrap();
    for (frame, text) in frames {
        let name = format!("my_clip_{frame:012}_keypoints.json");
        fs::write(folder.join(name), text).unwrap();
    }
    folder
}

/// A file as Sports2D lays it out: two of its markers that COCO has, one that is derived, one that COCO has not.
pub fn sports2d(unit: &str) -> String {
    format!(
        "PathFileType\t4\t(X/Y/Z)\tclip_Sports2D_px_person00.trc\n\
         DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n\
         30\t30\t3\t4\t{unit}\t30\t0\t3\n\
         Frame#\tTime\tHip\t\t\tRKnee\t\t\tRBigToe\t\t\tLWrist\t\t\t\n\
         \t\tX1\tY1\tZ1\tX2\tY2\tZ2\tX3\tY3\tZ3\tX4\tY4\tZ4\n\
         0\t0.0\t10.5\t20.5\t0.0\t30.25\t40.5\t0.0\t1\t1\t0.0\t50.75\t60.5\t0.0\n\
         1\t0.0333\t10.5\t20.5\t0.0\t\t\t0.0\t1\t1\t0.0\t51\t61\t0.0\n\
         2\t0.0667\t\t\t\t\t\t\t\t\t\t\t\t\n"
    )
}
