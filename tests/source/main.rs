//! Sources against ffprobe's times and ffmpeg's pictures; clips of `tests/data/media` (made by
//! `tests/reference/make_media.sh`).
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod broken;
mod changed;
mod folders;
mod others;
mod streams;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use poseglass::image::RgbImage;
use poseglass::source::{
    self, FrameSource, PICTURE_DURATION, SourceError, SourceKind, SourceSpec, synthetic,
};
use poseglass::types::Frame;

/// Clips that are read without any help.
const OWN: [&str; 13] = [
    "plain.mp4",
    "bframes.mp4",
    "no-edit-list.mp4",
    "vfr.mp4",
    "open-gop.mp4",
    "full-range-709.mp4",
    "fragmented.mp4",
    "cut.mp4",
    "delayed.mp4",
    "rotated-90.mp4",
    "rotated-180.mp4",
    "rotated-270.mov",
    "animated.gif",
];

/// Clips that need the `ffmpeg` command.
const THROUGH_FFMPEG: [&str; 5] = [
    "vfr.mkv",
    "mpeg4.avi",
    "vp8.webm",
    "interlaced.mp4",
    "ten-bit.mp4",
];

fn media(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/media")
        .join(name)
}

fn open(path: &Path) -> Result<Box<dyn FrameSource>, SourceError> {
    source::open(&SourceSpec::Path(path.to_owned()))
}

fn read_on(source: &mut dyn FrameSource) -> (Vec<Frame>, Option<SourceError>) {
    let mut frames = Vec::new();
    loop {
        match source.next_frame() {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => return (frames, None),
            Err(error) => return (frames, Some(error)),
        }
    }
}

fn all_frames(name: &str) -> Vec<Frame> {
    let mut source = open(&media(name)).unwrap();
    let (frames, error) = read_on(source.as_mut());
    assert!(error.is_none(), "{name}: {error:?}");
    frames
}

/// What ffprobe said when the clip was made.
fn expected_times(name: &str) -> Vec<f64> {
    fs::read_to_string(media(&format!("{name}.times")))
        .unwrap()
        .lines()
        .map(|line| line.parse().unwrap())
        .collect()
}

fn assert_times(name: &str, start: f64) {
    let frames = all_frames(name);
    let times: Vec<_> = frames.iter().map(|f| f.time.as_secs_f64()).collect();
    let expected = expected_times(name);
    assert_eq!(times.len(), expected.len(), "{name}");
    for (index, (time, expected)) in times.iter().zip(&expected).enumerate() {
        // ffprobe rounds to microseconds
        assert!(
            (time - (expected - start)).abs() < 1.1e-6,
            "{name}, frame {index}: {time} instead of {expected}"
        );
        assert_eq!(frames[index].index, index as u64, "{name}");
    }
    if let Some(known) = open(&media(name)).unwrap().frame_times() {
        let times: Vec<_> = frames.iter().map(|frame| frame.time).collect();
        assert_eq!(known, times, "{name}");
    }
}

#[test]
fn times_are_those_of_ffprobe() {
    for name in OWN {
        assert_times(name, 0.0);
        let source = open(&media(name)).unwrap();
        let is_known = source.frame_times().is_some();
        assert_eq!(is_known, source.info().decoder == "openh264", "{name}");
    }
}

#[test]
fn times_through_ffmpeg_are_those_of_ffprobe() {
    for name in THROUGH_FFMPEG {
        assert_times(name, 0.0);
    }
}

#[test]
fn clock_of_a_broadcast_stream_starts_at_zero() {
    assert_times("stream.ts", expected_times("stream.ts")[0]);
}

fn assert_seeks(name: &str, step: usize) {
    let frames = all_frames(name);
    let mut source = open(&media(name)).unwrap();
    let n = frames.len();
    let assert_next = |source: &mut dyn FrameSource, wanted: usize, time: Duration| {
        source.seek(time).unwrap();
        let frame = source.next_frame().unwrap().unwrap();
        assert_eq!(frame.index, wanted as u64, "{name}, seek to {time:?}");
        assert_eq!(frame.time, frames[wanted].time, "{name}, seek to {time:?}");
        assert!(
            frame.image == frames[wanted].image,
            "{name}, seek to {time:?}: other pixels"
        );
    };
    // 7 has no factor in common with the lengths of the clips: every frame in a mixed-up order
    for i in (0..n).step_by(step) {
        let wanted = 7 * i % n;
        let time = frames[wanted].time;
        assert_next(source.as_mut(), wanted, time);
        let stays = match frames.get(wanted + 1) {
            Some(next) => next.time.saturating_sub(time),
            None => Duration::from_secs(1000),
        };
        assert_next(source.as_mut(), wanted, time + stays / 2);
        // reading goes on from there
        if let Some(next) = frames.get(wanted + 1) {
            let frame = source.next_frame().unwrap().unwrap();
            assert_eq!(frame.time, next.time, "{name}");
            assert!(frame.image == next.image, "{name}");
        } else {
            assert!(source.next_frame().unwrap().is_none(), "{name}");
        }
    }
    for wanted in 1..n.min(4) {
        let before = frames[wanted].time.saturating_sub(Duration::from_nanos(1));
        assert_next(source.as_mut(), wanted - 1, before);
    }
    assert_next(source.as_mut(), 0, Duration::ZERO);
    let (rest, error) = read_on(source.as_mut());
    assert!(error.is_none());
    assert_eq!(rest.len(), n - 1, "{name}");
}

#[test]
fn seek_finds_the_frame_that_is_shown_at_that_time() {
    for name in OWN {
        assert_seeks(name, 1);
    }
}

#[test]
fn seek_through_ffmpeg_finds_the_frame_that_is_shown_at_that_time() {
    for name in ["vfr.mkv", "mpeg4.avi", "interlaced.mp4"] {
        assert_seeks(name, 5);
    }
}

/// What `ffmpeg` decodes, one picture after the other.
fn pixels_of_ffmpeg(path: &Path) -> Vec<u8> {
    // what the option is called from ffmpeg 5.1 on, and what it was called before
    for each_picture_once in ["-fps_mode", "-vsync"] {
        let answer = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-i"])
            .arg(path)
            .args([each_picture_once, "passthrough"])
            .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        if answer.status.success() {
            return answer.stdout;
        }
    }
    panic!("ffmpeg does not decode {}", path.display());
}

fn mean_difference(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let sum: u64 = a
        .iter()
        .zip(b)
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / a.len() as f64
}

#[test]
fn pictures_are_those_of_ffmpeg() {
    for name in OWN.into_iter().chain(THROUGH_FFMPEG) {
        let expected = pixels_of_ffmpeg(&media(name));
        let frames = all_frames(name);
        let len = frames[0].image.pixels().len();
        assert_eq!(expected.len(), len * frames.len(), "{name}");
        for (frame, expected) in frames.iter().zip(expected.chunks(len)) {
            let difference = mean_difference(frame.image.pixels(), expected);
            // colors of half resolution are scaled up in different ways
            assert!(
                difference < 2.0,
                "{name}, frame {}: {difference}",
                frame.index
            );
        }
    }
}

#[test]
fn what_is_known_of_a_recording_is_right() {
    let source = open(&media("bframes.mp4")).unwrap();
    let info = source.info();
    assert_eq!(info.kind, SourceKind::Video);
    assert_eq!(info.size, [98, 66]);
    assert_eq!(info.n_frames, Some(30));
    assert_eq!(info.rotation, 0);
    assert!((info.fps_nominal.unwrap() - 30_000.0 / 1001.0).abs() < 1e-3);
    assert!((info.duration.unwrap().as_secs_f64() - 1.001).abs() < 1e-3);
    assert_eq!(info.decoder, "openh264");
    for (name, rotation, size) in [
        ("rotated-90.mp4", 90, [64, 96]),
        ("rotated-180.mp4", 180, [96, 64]),
        ("rotated-270.mov", 270, [64, 96]),
    ] {
        let source = open(&media(name)).unwrap();
        assert_eq!(source.info().rotation, rotation, "{name}");
        assert_eq!(source.info().size, size, "{name}");
    }
    let gif = open(&media("animated.gif")).unwrap();
    assert_eq!(gif.info().size, [64, 48]);
    assert_eq!(gif.info().n_frames, Some(10));
    let avi = open(&media("mpeg4.avi")).unwrap();
    assert_eq!(avi.info().size, [97, 65]);
    assert_eq!(avi.info().decoder, "ffmpeg (mpeg4)");
    assert!((avi.info().fps_nominal.unwrap() - 25.0).abs() < 1e-6);
}

#[test]
fn names_may_hold_spaces_and_any_letters() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["测试 vidéo.mp4", "-i.mp4", "file:a.mp4", "%d.mp4"] {
        let path = dir.path().join(name);
        fs::copy(media("plain.mp4"), &path).unwrap();
        let (frames, error) = read_on(open(&path).unwrap().as_mut());
        assert!(error.is_none());
        assert_eq!(frames.len(), 25, "{name}");
    }
    // the content decides, and ffmpeg is not confused by names either
    for name in [
        "测试 vidéo.avi",
        "-y.mkv",
        "concat:a|b.dat",
        "img%03d.png",
        "with 'quote'.mov",
    ] {
        let path = dir.path().join(name);
        fs::copy(media("vfr.mkv"), &path).unwrap();
        let mut source = open(&path).unwrap();
        assert_eq!(source.info().decoder, "ffmpeg (h264)");
        source.seek(Duration::from_millis(500)).unwrap();
        assert!(source.next_frame().unwrap().is_some(), "{name}");
    }
}
