//! Written videos, as ffprobe and the program's own reader see them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use poseglass::export::ExportError;
use poseglass::export::video::{TIMESCALE, VideoWriter};
use poseglass::image::RgbImage;
use poseglass::source::{self, SourceSpec, synthetic};
use poseglass::types::Frame;

/// Lines that ffprobe prints about the video stream.
fn probe(path: &Path, entries: &str) -> Vec<String> {
    let answer = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-select_streams",
            "v",
            "-show_entries",
            entries,
        ])
        .args(["-of", "default=noprint_wrappers=1:nokey=1"])
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        answer.status.success(),
        "{}",
        String::from_utf8_lossy(&answer.stderr)
    );
    assert!(
        answer.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&answer.stderr)
    );
    String::from_utf8(answer.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

fn probed_ticks(path: &Path) -> Vec<i64> {
    probe(path, "frame=pts")
        .iter()
        .map(|line| line.parse().unwrap())
        .collect()
}

fn read_back(path: &Path) -> Vec<Frame> {
    let mut source = source::open(&SourceSpec::Path(path.to_owned())).unwrap();
    std::iter::from_fn(|| source.next_frame().unwrap()).collect()
}

fn ticks(time: Duration) -> i64 {
    (time.as_secs_f64() * f64::from(TIMESCALE)).round() as i64
}

/// Peak signal-to-noise ratio in decibels.
fn psnr(a: &RgbImage, b: &RgbImage) -> f64 {
    assert_eq!(a.size(), b.size());
    let squares: f64 = a
        .pixels()
        .iter()
        .zip(b.pixels())
        .map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2))
        .sum();
    10.0 * (255.0_f64.powi(2) * a.pixels().len() as f64 / squares.max(1e-9)).log10()
}

/// Times such as a busy camera gives: 7 to 33 frames a second, beginning anywhere.
fn irregular_times(n: u32) -> Vec<Duration> {
    let mut time = Duration::from_micros(12_345_678);
    (0..n)
        .map(|i| {
            let now = time;
            time += Duration::from_micros(30_000 + u64::from(i * i * 7919 % 110_000));
            now
        })
        .collect()
}

#[test]
fn times_and_pictures_are_those_that_were_given() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vidéo 测试.mp4");
    let times = irregular_times(60);
    let mut writer = VideoWriter::create(&path, None).unwrap();
    for time in &times {
        writer.write(&synthetic::picture_at(*time), *time).unwrap();
    }
    writer.finish().unwrap();

    let first = times[0];
    let wanted: Vec<_> = times
        .iter()
        .map(|time| ticks(time.saturating_sub(first)))
        .collect();
    let written = probed_ticks(&path);
    assert_eq!(written.len(), wanted.len());
    for (written, wanted) in written.iter().zip(&wanted) {
        assert!(
            (written - wanted).abs() <= 1,
            "{written} instead of {wanted}"
        );
    }
    // the last picture stays as long as the one before it
    let last_two = times[59].saturating_sub(times[58]);
    let duration = (times[59].saturating_sub(first) + last_two).as_secs_f64();
    for entry in ["stream=duration", "format=duration"] {
        let probed: f64 = probe(&path, entry)[0].parse().unwrap();
        assert!(
            (probed - duration).abs() < 0.002,
            "{entry}: {probed}, {duration}"
        );
    }
    assert_eq!(probe(&path, "stream=nb_frames"), ["60"]);
    assert_eq!(probe(&path, "stream=profile"), ["High"]);

    let frames = read_back(&path);
    assert_eq!(frames.len(), 60);
    for (frame, time) in frames.iter().zip(&times) {
        assert!((ticks(frame.time) - ticks(time.saturating_sub(first))).abs() <= 1);
        let psnr = psnr(&frame.image, &synthetic::picture_at(*time));
        assert!(34.0 < psnr, "frame {}: {psnr} dB", frame.index);
    }
}

#[test]
fn finished_file_can_be_searched_and_has_one_index() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.mp4");
    let mut writer = VideoWriter::create(&path, Some(25.0)).unwrap();
    let time_of = |i: u32| Duration::from_millis(40) * i;
    for i in 0..100 {
        writer
            .write(&synthetic::picture_at(time_of(i)), time_of(i))
            .unwrap();
    }
    writer.finish().unwrap();
    let bytes = fs::read(&path).unwrap();
    let count = |name: &[u8]| bytes.windows(4).filter(|window| *window == name).count();
    assert_eq!(count(b"moov"), 1);
    assert_eq!(count(b"moof"), 0);
    let mut source = source::open(&SourceSpec::Path(path)).unwrap();
    assert_eq!(source.info().n_frames, Some(100));
    for wanted in [99, 3, 57] {
        source.seek(time_of(wanted)).unwrap();
        let frame = source.next_frame().unwrap().unwrap();
        assert_eq!(frame.index, u64::from(wanted));
        assert!(34.0 < psnr(&frame.image, &synthetic::picture_at(time_of(wanted))));
    }
}

/// In a process of its own: writes 3.5 s, says so, and waits to be killed.
#[expect(clippy::print_stdout, reason = "the other process waits for the line")]
fn write_and_hang(path: &Path) {
    let mut writer = VideoWriter::create(path, Some(30.0)).unwrap();
    for i in 0..105 {
        let time = Duration::from_secs(1) * i / 30;
        writer.write(&synthetic::picture_at(time), time).unwrap();
    }
    println!("written");
    // until it is killed, or the process that would kill it is gone
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn recording_of_a_killed_process_plays_to_its_last_second() {
    if let Some(path) = std::env::var_os("VIDEO_TO_BREAK_OFF") {
        return write_and_hang(Path::new(&path));
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("broken off.mp4");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "recording_of_a_killed_process_plays_to_its_last_second",
            "--nocapture",
        ])
        .env("VIDEO_TO_BREAK_OFF", &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let is_written = output
        .lines()
        .any(|line| line.unwrap().ends_with("written"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(is_written);

    let written = probed_ticks(&path);
    let wanted: Vec<i64> = (0..90).map(|i| 3000 * i).collect();
    assert_eq!(written, wanted);
    let frames = read_back(&path);
    assert_eq!(frames.len(), 90);
    assert_eq!(frames[89].time, Duration::from_nanos(2_966_666_667));

    // not even a fragment that was written in part does harm
    let mut bytes = fs::read(&path).unwrap();
    bytes.truncate(bytes.len() - 500);
    fs::write(&path, bytes).unwrap();
    assert!(60 <= read_back(&path).len());
}

#[test]
fn odd_and_changing_sizes_fit_the_first_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("odd.mp4");
    let mut writer = VideoWriter::create(&path, None).unwrap();
    let gray = RgbImage::filled([101, 75], [120; 3]);
    let wide = RgbImage::filled([400, 100], [220, 40, 40]);
    for (i, picture) in [&gray, &wide, &gray].into_iter().enumerate() {
        writer
            .write(picture, Duration::from_millis(100 * i as u64))
            .unwrap();
    }
    writer.finish().unwrap();
    let frames = read_back(&path);
    assert_eq!(frames[0].image.size(), [102, 76]);
    let near = |frame: usize, x: usize, y: usize, color: [u8; 3]| {
        let found = frames[frame].image.get(x, y).unwrap();
        let is_near = found
            .iter()
            .zip(color)
            .all(|(found, color)| found.abs_diff(color) < 12);
        assert!(is_near, "frame {frame} at ({x}, {y}): {found:?}");
    };
    near(0, 101, 75, [120; 3]);
    near(1, 51, 5, [0; 3]);
    near(1, 51, 38, [220, 40, 40]);
    near(1, 51, 70, [0; 3]);
    near(2, 51, 5, [120; 3]);
}

#[test]
fn single_picture_lasts_a_frame() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("one.mp4");
    let mut writer = VideoWriter::create(&path, Some(10.0)).unwrap();
    let picture = RgbImage::filled([64, 64], [9, 99, 199]);
    writer.write(&picture, Duration::from_secs(5)).unwrap();
    assert_eq!(writer.finish().unwrap(), Some(path.clone()));
    assert_eq!(probed_ticks(&path), [0]);
    let duration: f64 = probe(&path, "format=duration")[0].parse().unwrap();
    assert!((duration - 0.1).abs() < 1e-3);
}

#[test]
fn times_that_stand_still_do_not_stop_the_recording() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("still.mp4");
    let mut writer = VideoWriter::create(&path, None).unwrap();
    let picture = RgbImage::filled([64, 64], [50; 3]);
    for millis in [100, 200, 200, 150, 300] {
        writer
            .write(&picture, Duration::from_millis(millis))
            .unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(probed_ticks(&path), [0, 9000, 9001, 9002, 18_000]);
}

#[test]
fn without_pictures_no_file_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("none.mp4");
    let written = VideoWriter::create(&path, None).unwrap().finish().unwrap();
    assert_eq!(written, None);
    assert!(!path.exists());
}

#[test]
fn path_that_cannot_be_written_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("no such folder").join("out.mp4");
    let error = VideoWriter::create(&path, None).err().unwrap();
    assert!(matches!(error, ExportError::Create { .. }));
    let message = error.to_string();
    assert!(message.contains("no such folder"), "{message}");
}
