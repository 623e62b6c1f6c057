//! Sources against ffprobe's times and ffmpeg's pictures; clips of `tests/data/media` (made by
//! `tests/reference/make_media.sh`), and files that are broken in many ways.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

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
}

#[test]
fn times_are_those_of_ffprobe() {
    for name in OWN {
        assert_times(name, 0.0);
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
    let answer = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(path)
        .args(["-vsync", "passthrough"])
        .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(answer.status.success());
    answer.stdout
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

#[test]
fn what_is_no_recording_is_said_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let said = |path: &Path| open(path).err().unwrap();

    let missing = dir.path().join("nothing.mp4");
    assert!(matches!(said(&missing), SourceError::NotFound(path) if path == missing));
    assert!(
        matches!(said(&file("empty.mp4", b"")), SourceError::NotMedia { reason, .. } if reason == "it is empty")
    );
    let text = file("text.mp4", "Grüße, just words\n".as_bytes());
    assert!(
        matches!(said(&text), SourceError::NotMedia { reason, .. } if reason == "it is a text file")
    );
    let noise: Vec<u8> = (0..5000_u32).map(|i| (i * i / 7 + 131) as u8).collect();
    assert!(matches!(
        said(&file("noise.mp4", &noise)),
        SourceError::NotMedia { .. }
    ));
    let sound = media("sound-only.mp4");
    assert!(
        matches!(said(&sound), SourceError::NotMedia { reason, .. } if reason == "it holds no video")
    );

    let empty = dir.path().join("empty folder");
    fs::create_dir(&empty).unwrap();
    assert!(matches!(said(&empty), SourceError::NoPictures(_)));
    fs::write(empty.join("broken.png"), b"\x89PNG\r\n\x1a\nnothing").unwrap();
    assert!(matches!(said(&empty), SourceError::NoPictures(_)));

    let png = file("cut.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    assert!(matches!(said(&png), SourceError::Damaged { .. }));
    let plain = fs::read(media("plain.mp4")).unwrap();
    // the index of this clip is at its end
    let cut = file("cut.mp4", &plain[..plain.len() / 2]);
    let error = said(&cut);
    assert!(matches!(&error, SourceError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("cut off"), "{error}");
}

#[test]
fn frames_before_the_break_are_given_and_then_the_break_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index first.mp4");
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(media("plain.mp4"))
        .args(["-c", "copy", "-movflags", "+faststart"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() * 3 / 4]).unwrap();
    let (frames, error) = read_on(open(&path).unwrap().as_mut());
    assert!(5 < frames.len() && frames.len() < 25, "{}", frames.len());
    let expected = all_frames("plain.mp4");
    for (frame, expected) in frames.iter().zip(&expected) {
        assert_eq!(frame.time, expected.time);
        assert!(frame.image == expected.image);
    }
    let message = error.unwrap().to_string();
    let wanted = format!("it breaks off after {} of 25 frames", frames.len());
    assert!(message.contains(&wanted), "{message}");
}

#[test]
fn recording_in_fragments_that_breaks_off_plays_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("crashed.mp4");
    let whole = fs::read(media("fragmented.mp4")).unwrap();
    fs::write(&path, &whole[..whole.len() * 3 / 4]).unwrap();
    let (frames, error) = read_on(open(&path).unwrap().as_mut());
    assert!(error.is_none(), "{error:?}");
    assert!(9 < frames.len() && frames.len() < 25, "{}", frames.len());
}

/// Reads all that can be read; only panics and endless loops count.
fn survive(path: &Path) {
    if let Ok(mut source) = open(path) {
        let (frames, _) = read_on(source.as_mut());
        assert!(frames.len() <= 10_000);
        drop(source.seek(Duration::from_millis(400)));
        drop(source.next_frame());
    }
}

#[test]
fn no_truncation_makes_a_reader_panic() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["plain.mp4", "fragmented.mp4", "cut.mp4", "animated.gif"] {
        let path = dir.path().join(name);
        let whole = fs::read(media(name)).unwrap();
        for i in 0..60 {
            fs::write(&path, &whole[..whole.len() * i / 60]).unwrap();
            survive(&path);
        }
    }
}

#[test]
fn no_changed_byte_makes_a_reader_panic() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["bframes.mp4", "fragmented.mp4", "cut.mp4", "animated.gif"] {
        let path = dir.path().join(name);
        let whole = fs::read(media(name)).unwrap();
        // indices lie at the end or at the start: those bytes are changed more often than the pictures
        let places = (0..whole.len())
            .filter(|at| at % 97 == 0 || ((*at < 60 || whole.len() < *at + 900) && at % 7 == 0));
        for at in places {
            for change in [0xff, 0x01] {
                let mut changed = whole.clone();
                changed[at] ^= change;
                fs::write(&path, &changed).unwrap();
                survive(&path);
            }
        }
    }
}

/// Runs one test of this file again, in a process that finds no `ffmpeg`.
fn without_ffmpeg(test: &str) {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("POSEGLASS_FFMPEG", "/nowhere/ffmpeg")
        .status()
        .unwrap();
    assert!(status.success());
}

fn has_no_ffmpeg() -> bool {
    std::env::var_os("POSEGLASS_FFMPEG").is_some_and(|path| path == "/nowhere/ffmpeg")
}

#[test]
fn missing_ffmpeg_is_said_with_what_to_do() {
    if !has_no_ffmpeg() {
        return without_ffmpeg("missing_ffmpeg_is_said_with_what_to_do");
    }
    for (name, format) in [
        ("vfr.mkv", "Matroska or WebM"),
        ("mpeg4.avi", "AVI"),
        ("stream.ts", "MPEG stream"),
        ("interlaced.mp4", "interlaced H.264"),
        ("ten-bit.mp4", "H.264 profile 110"),
    ] {
        let message = open(&media(name)).err().unwrap().to_string();
        assert!(message.contains(format), "{message}");
        assert!(message.contains("install ffmpeg"), "{message}");
    }
    for name in OWN {
        assert_eq!(all_frames(name).len(), expected_times(name).len());
    }
}

#[test]
fn broken_file_of_ffmpeg_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("broken.mkv");
    let mut broken = fs::read(media("vfr.mkv")).unwrap();
    broken.truncate(60);
    fs::write(&path, &broken).unwrap();
    let error = open(&path).err().unwrap();
    assert!(
        matches!(&error, SourceError::FfmpegFailed { .. }),
        "{error}"
    );
}

fn write_png(path: &Path, image: &RgbImage) {
    let [width, height] = image.size().map(|side| side as u32);
    image::RgbImage::from_raw(width, height, image.pixels().to_vec())
        .unwrap()
        .save(path)
        .unwrap();
}

#[test]
fn folder_gives_its_pictures_in_natural_order_without_the_broken_ones() {
    let dir = tempfile::tempdir().unwrap();
    for (name, color) in [("img10.png", 100), ("img2.PNG", 20), ("img1.png", 10)] {
        write_png(
            &dir.path().join("x.png"),
            &RgbImage::filled([4, 3], [color; 3]),
        );
        fs::rename(dir.path().join("x.png"), dir.path().join(name)).unwrap();
    }
    fs::write(dir.path().join("img3.jpg"), b"no picture at all").unwrap();
    fs::write(dir.path().join("notes.txt"), b"no picture either").unwrap();
    let mut source = open(dir.path()).unwrap();
    assert_eq!(source.info().kind, SourceKind::Folder);
    assert_eq!(source.info().size, [4, 3]);
    assert_eq!(source.info().fps_nominal, None);
    let (frames, error) = read_on(source.as_mut());
    assert!(error.is_none());
    let seen: Vec<_> = frames
        .iter()
        .map(|frame| (frame.index, frame.time, frame.image.get(0, 0).unwrap()[0]))
        .collect();
    assert_eq!(
        seen,
        [
            (0, Duration::ZERO, 10),
            (1, PICTURE_DURATION, 20),
            (3, 3 * PICTURE_DURATION, 100)
        ]
    );
    source.seek(3 * PICTURE_DURATION / 2).unwrap();
    assert_eq!(source.next_frame().unwrap().unwrap().index, 1);
}

#[test]
fn picture_is_turned_as_its_exif_data_says() {
    // a little-endian TIFF header and one entry: orientation (0x112), a short, is 6: a quarter turn clockwise
    const EXIF: &[u8] = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("upright.jpg");
    let mut picture = RgbImage::filled([64, 32], [0; 3]);
    for row in picture.pixels_mut().chunks_mut(3 * 64) {
        row[..3 * 32].fill(255);
    }
    let mut encoder = jpeg_encoder::Encoder::new_file(&path, 95).unwrap();
    encoder.add_app_segment(1, EXIF.to_vec()).unwrap();
    encoder
        .encode(picture.pixels(), 64, 32, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    let mut source = open(&path).unwrap();
    assert_eq!(source.info().kind, SourceKind::Picture);
    assert_eq!(source.info().size, [32, 64]);
    let frame = source.next_frame().unwrap().unwrap();
    // what was left is now above
    assert!(250 < frame.image.get(16, 8).unwrap()[0]);
    assert!(frame.image.get(16, 56).unwrap()[0] < 5);
    assert!(source.next_frame().unwrap().is_none());
}

#[test]
fn scene_is_the_same_each_time_and_its_people_are_inside() {
    let mut source = source::open(&SourceSpec::Synthetic).unwrap();
    let (frames, error) = read_on(source.as_mut());
    assert!(error.is_none());
    assert_eq!(frames.len() as u64, synthetic::N_FRAMES);
    let [width, height] = synthetic::SIZE.map(|side| side as f32);
    for frame in frames.iter().step_by(10) {
        let poses = synthetic::poses_at(frame.time);
        assert_eq!(poses.len(), 3);
        for (_, keypoint) in poses.iter().flat_map(|pose| pose.found()) {
            assert!(
                0.0 < keypoint.at.x && keypoint.at.x < width,
                "{}",
                frame.index
            );
            assert!(
                0.0 < keypoint.at.y && keypoint.at.y < height,
                "{}",
                frame.index
            );
        }
    }
    source.seek(frames[123].time).unwrap();
    let again = source.next_frame().unwrap().unwrap();
    assert_eq!((again.index, again.time), (123, frames[123].time));
    assert!(again.image == frames[123].image);
    assert!(again.image != frames[122].image);
}

#[test]
fn camera_that_is_not_there_is_said() {
    let error = source::open(&SourceSpec::Camera(987)).err().unwrap();
    let message = error.to_string();
    if cfg!(feature = "camera") {
        assert!(matches!(error, SourceError::NoCamera(_)), "{message}");
        assert!(message.contains("camera"), "{message}");
    } else {
        assert!(matches!(error, SourceError::NoCameraSupport), "{message}");
    }
}
