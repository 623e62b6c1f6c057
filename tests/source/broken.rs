//! Files that are broken in many ways, and a machine without ffmpeg.

use super::*;

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
    assert!(matches!(said(&empty), SourceError::NoneReadable { .. }));

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
fn a_picture_that_claims_more_bytes_than_any_has_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("with a hole.mp4");
    let open_before_a_hole = |clip: &[u8]| {
        fs::write(&path, clip).unwrap();
        // 256 MB of nothing, which take no room on the disk
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_len(1 << 28).unwrap();
        open(&path)
    };
    let plain = fs::read(media("plain.mp4")).unwrap();
    let (frames, error) = read_on(open_before_a_hole(&plain).unwrap().as_mut());
    assert!(error.is_none(), "{error:?}");
    assert_eq!(frames.len(), 25);
    let claims_much = changed::with_first_picture_of(1 << 27);
    let error = open_before_a_hole(&claims_much).err().unwrap();
    assert!(matches!(&error, SourceError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("more than 64 MB"), "{error}");
    // without room for it the file breaks off there
    fs::write(&path, &claims_much).unwrap();
    let (frames, error) = read_on(open(&path).unwrap().as_mut());
    assert!(frames.is_empty());
    let message = error.unwrap().to_string();
    assert!(message.contains("no picture"), "{message}");
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

#[test]
fn what_is_missing_is_told_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["animated.gif", "fragmented.mp4"] {
        let path = dir.path().join(name);
        let bytes = fs::read(media(name)).unwrap();
        for (len, expected) in [(bytes.len(), ""), (bytes.len() * 9 / 10, "breaks off")] {
            fs::write(&path, &bytes[..len]).unwrap();
            let mut source = open(&path).unwrap();
            let (frames, error) = read_on(source.as_mut());
            assert!(1 < frames.len() && error.is_none(), "{error:?}");
            let warning = source.warning().unwrap_or_default();
            assert_eq!(warning.is_empty(), expected.is_empty(), "{warning}");
            assert!(warning.contains(expected), "{warning}");
        }
    }
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

/// Runs one test again, in a process that finds no `ffmpeg`.
fn without_ffmpeg(test: &str) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("POSEGLASS_FFMPEG", "/nowhere/ffmpeg")
        .output()
        .unwrap();
    let [said, error] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{said}{error}");
    // a test that was renamed would not run, and so not fail
    assert!(said.contains("1 passed"), "{said}");
}

fn has_no_ffmpeg() -> bool {
    std::env::var_os("POSEGLASS_FFMPEG").is_some_and(|path| path == "/nowhere/ffmpeg")
}

#[test]
fn missing_ffmpeg_is_said_with_what_to_do() {
    if !has_no_ffmpeg() {
        return without_ffmpeg("broken::missing_ffmpeg_is_said_with_what_to_do");
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
        // an interlaced clip is an H.264 mp4 already
        assert!(message.contains("progressive 8-bit H.264 mp4"), "{message}");
    }
    let dir = tempfile::tempdir().unwrap();
    for (name, content, said) in [
        ("00001.MTS", changed::camcorder_stream(), "MPEG stream"),
        (
            "squeezed.mp4",
            changed::with_pixels("plain.mp4", [4, 3]),
            "not square",
        ),
        // RealMedia, which only ffmpeg knows
        ("clip.rm", b".RMF\0\0\0\x12".to_vec(), "no known kind"),
    ] {
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        let message = open(&path).err().unwrap().to_string();
        assert!(message.contains(said), "{message}");
        assert!(message.contains("install ffmpeg"), "{message}");
    }
    for name in OWN {
        assert_eq!(all_frames(name).len(), expected_times(name).len());
    }
    // of what does not begin with an IDR picture, the rest is better than nothing
    let mut late = open(&changed::beginning_late(dir.path())).unwrap();
    assert_eq!(late.info().decoder, "openh264");
    let (frames, error) = read_on(late.as_mut());
    assert!(error.is_none(), "{error:?}");
    assert!(!frames.is_empty());
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
