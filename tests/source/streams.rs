//! What only ffmpeg reads: streams that begin in the middle or were joined, and colors that a file leaves open.

use super::*;

fn output_of(command: &mut Command) -> Vec<u8> {
    let answer = command.stdin(Stdio::null()).output().unwrap();
    assert!(answer.status.success());
    answer.stdout
}

#[test]
fn numbers_after_a_jump_count_only_pictures_that_can_be_decoded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("middle.ts");
    let whole = fs::read(media("stream.ts")).unwrap();
    // without the first picture, which all up to the next whole one refer to
    fs::write(&path, &whole[10 * 188..]).unwrap();
    let mut source = open(&path).unwrap();
    let (frames, error) = read_on(source.as_mut());
    assert!(error.is_none(), "{error:?}");
    assert!(1 < frames.len() && frames.len() < 10, "{}", frames.len());
    for (index, frame) in frames.iter().enumerate() {
        source.seek(frame.time).unwrap();
        let again = source.next_frame().unwrap().unwrap();
        assert_eq!((again.index, again.time), (index as u64, frame.time));
    }
}

#[test]
fn clock_of_joined_streams_goes_on() {
    let once = all_frames("stream.ts");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("joined.ts");
    let stream = fs::read(media("stream.ts")).unwrap();
    fs::write(&path, stream.repeat(2)).unwrap();
    let mut source = open(&path).unwrap();
    let (frames, error) = read_on(source.as_mut());
    assert!(error.is_none(), "{error:?}");
    assert_eq!(frames.len(), 2 * once.len());
    let assert_frame = |frame: &Frame, index: usize| {
        let expected = Duration::from_millis(40 * index as u64);
        let difference = frame.time.abs_diff(expected);
        assert!(difference < Duration::from_micros(2), "{:?}", frame.time);
        assert_eq!(frame.index, index as u64);
        assert!(frame.image == once[index % once.len()].image, "{index}");
    };
    for (index, frame) in frames.iter().enumerate() {
        assert_frame(frame, index);
    }
    for index in [20, 3, 29, 14, 15] {
        source.seek(frames[index].time).unwrap();
        assert_frame(&source.next_frame().unwrap().unwrap(), index);
    }
}

#[test]
fn jump_behind_the_end_of_a_recording_of_unknown_length_ends_at_its_last_picture() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("of a browser.mkv");
    // written into a pipe, as browsers record, it does not say how long it is
    let written = output_of(
        Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-i"])
            .arg(media("vfr.mkv"))
            .args(["-map_metadata", "-1", "-c", "copy"])
            .args(["-f", "matroska", "pipe:1"]),
    );
    fs::write(&path, written).unwrap();
    let mut source = open(&path).unwrap();
    assert_eq!(source.info().duration, None);
    let (frames, error) = read_on(source.as_mut());
    assert!(error.is_none(), "{error:?}");
    source.seek(Duration::MAX).unwrap();
    let last = source.next_frame().unwrap().unwrap();
    let expected = frames.last().unwrap();
    assert_eq!((last.index, last.time), (expected.index, expected.time));
    assert!(last.image == expected.image);
}

#[test]
fn colors_of_high_definition_that_are_left_open_are_those_of_bt709() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wide.avi");
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-f", "lavfi"])
        .args(["-i", "testsrc2=size=1280x64:rate=25:duration=0.08"])
        .args(["-c:v", "mpeg4", "-q:v", "3"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    let expected = output_of(
        Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-i"])
            .arg(&path)
            .args(["-vf", "scale=in_color_matrix=bt709"])
            .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]),
    );
    let (frames, error) = read_on(open(&path).unwrap().as_mut());
    assert!(error.is_none(), "{error:?}");
    let len = frames[0].image.pixels().len();
    assert_eq!(expected.len(), len * frames.len());
    for (frame, expected) in frames.iter().zip(expected.chunks(len)) {
        // BT.601 would be wrong by 9
        let difference = mean_difference(frame.image.pixels(), expected);
        assert!(difference < 1.0, "frame {}: {difference}", frame.index);
    }
}
