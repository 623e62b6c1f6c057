//! Clips of `tests/data/media` with a few bytes changed: pictures that are squeezed, mirrored, described twice or in
//! other ways than usual, and the packets of a camcorder.

use super::*;

fn clip(name: &str) -> Vec<u8> {
    fs::read(media(name)).unwrap()
}

/// Where `wanted` begins.
pub fn find(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
        .unwrap()
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn set_number(bytes: &mut [u8], at: usize, number: u32) {
    bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
}

/// A clip that states this width and height of its pixels.
pub fn with_pixels(name: &str, [width, height]: [u32; 2]) -> Vec<u8> {
    let mut bytes = clip(name);
    let pasp = find(&bytes, b"pasp") + 4;
    set_number(&mut bytes, pasp, width);
    set_number(&mut bytes, pasp + 4, height);
    bytes
}

/// A clip in which two matrices, of the track and then of the movie, take a point (x, y) to (a x + c y, b x + d y).
fn with_matrices(of_track: [i32; 4], of_movie: [i32; 4]) -> Vec<u8> {
    let mut bytes = clip("plain.mp4");
    for (name, matrix, [a, b, c, d]) in [(b"tkhd", 40, of_track), (b"mvhd", 36, of_movie)] {
        let matrix = find(&bytes, name) + 4 + matrix;
        for (at, factor) in [(0, a), (4, b), (12, c), (16, d)] {
            set_number(&mut bytes, matrix + at, (factor << 16) as u32);
        }
    }
    bytes
}

/// A clip with sizes of samples in 16 bits instead of 32, in a box that is longer than it has to be.
fn with_short_sizes() -> Vec<u8> {
    let mut bytes = clip("plain.mp4");
    let name = find(&bytes, b"stsz");
    // version and flags, the size of all samples or how many bits each size has, the count, then the sizes
    let count = number(&bytes, name + 12);
    let sizes: Vec<_> = (0..count as usize)
        .map(|place| number(&bytes, name + 16 + 4 * place))
        .collect();
    bytes[name..name + 4].copy_from_slice(b"stz2");
    set_number(&mut bytes, name + 8, 16);
    for (place, size) in sizes.iter().enumerate() {
        let at = name + 16 + 2 * place;
        bytes[at..at + 2].copy_from_slice(&(*size as u16).to_be_bytes());
    }
    bytes
}

/// A clip without an edit list whose first pictures are due before 0: their shifts are below it, as in files of Apple.
fn due_before_zero() -> Vec<u8> {
    let mut bytes = clip("no-edit-list.mp4");
    // version and flags, the count, then how many pictures are shifted by how much
    let count = find(&bytes, b"ctts") + 8;
    for entry in 0..number(&bytes, count) as usize {
        let shift = count + 8 + 8 * entry;
        // four pictures earlier; the first one was due after two
        let earlier = number(&bytes, shift).wrapping_sub(4 * 512);
        set_number(&mut bytes, shift, earlier);
    }
    bytes
}

/// A clip whose first picture claims to have so many bytes.
pub fn with_first_picture_of(n_bytes: u32) -> Vec<u8> {
    let mut bytes = clip("plain.mp4");
    // version and flags, the size of all samples, the count, then the sizes
    let sizes = find(&bytes, b"stsz") + 4 + 12;
    set_number(&mut bytes, sizes, n_bytes);
    bytes
}

/// A clip whose stream says that it needs level 6.
fn of_level_six() -> Vec<u8> {
    let mut bytes = clip("plain.mp4");
    let sequence_set = find(&bytes, b"\x67\x64\x00\x0a");
    bytes[sequence_set + 3] = 60;
    bytes
}

/// A recording that was cut out of a longer one: it begins with a whole picture that is no IDR picture, and has one
/// only later.
pub fn beginning_late(dir: &Path) -> PathBuf {
    let line = format!("file '{}'\n", media("open-gop.mp4").display());
    let list = dir.join("list.txt");
    fs::write(&list, format!("{line}inpoint 0.33\n{line}")).unwrap();
    let path = dir.join("late.mp4");
    let made = Command::new("ffmpeg")
        .args([
            "-nostdin", "-v", "error", "-f", "concat", "-safe", "0", "-i",
        ])
        .arg(&list)
        .args(["-c", "copy"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    path
}

/// A clip whose description of its samples stands there twice.
fn with_two_descriptions() -> Vec<u8> {
    let bytes = clip("plain.mp4");
    // version and flags, the count, then the descriptions
    let count = find(&bytes, b"stsd") + 8;
    let description = count + 4;
    let len = number(&bytes, description);
    let (before, after) = bytes.split_at(description);
    // the index of this clip is at its end, so its pictures stay where they are
    let mut twice = [before, &after[..len as usize], after].concat();
    set_number(&mut twice, count, 2);
    for name in [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"] {
        let start = find(&twice, name) - 4;
        let longer = number(&twice, start) + len;
        set_number(&mut twice, start, longer);
    }
    twice
}

/// A broadcast stream as a camcorder stores it, with four bytes before each packet.
pub fn camcorder_stream() -> Vec<u8> {
    clip("stream.ts")
        .chunks(188)
        .flat_map(|packet| [&[0; 4][..], packet].concat())
        .collect()
}

/// The picture in another size, each color taken from the nearest place.
fn stretched(image: &RgbImage, size: [usize; 2]) -> RgbImage {
    let from = |place: usize, axis: usize| (2 * place + 1) * image.size()[axis] / (2 * size[axis]);
    let pixels = (0..size[0] * size[1])
        .flat_map(|at| {
            let [x, y] = [at % size[0], at / size[0]];
            image.get(from(x, 0), from(y, 1)).unwrap()
        })
        .collect();
    RgbImage::from_rgb(size, pixels).unwrap()
}

#[test]
fn pixels_that_are_not_square_become_square() {
    let dir = tempfile::tempdir().unwrap();
    for (name, pixels, size) in [
        ("plain.mp4", [4, 3], [128, 64]),
        // pixels are turned with their picture
        ("rotated-90.mp4", [4, 3], [48, 96]),
        // an odd number of bytes in a row
        ("interlaced.mp4", [8, 9], [85, 64]),
    ] {
        let path = dir.path().join(name);
        fs::write(&path, with_pixels(name, pixels)).unwrap();
        let mut source = open(&path).unwrap();
        assert_eq!(source.info().decoder, "ffmpeg (h264)", "{name}");
        assert_eq!(source.info().size, size, "{name}");
        let (frames, error) = read_on(source.as_mut());
        assert!(error.is_none(), "{name}: {error:?}");
        let stored = all_frames(name);
        assert_eq!(frames.len(), stored.len(), "{name}");
        for (frame, stored) in frames.iter().zip(&stored) {
            assert_eq!(frame.time, stored.time, "{name}");
            let expected = stretched(&stored.image, size);
            let difference = mean_difference(frame.image.pixels(), expected.pixels());
            // about 10, since ffmpeg mixes colors where this takes the nearest; a picture that is sheared has 70
            assert!(
                difference < 20.0,
                "{name}, frame {}: {difference}",
                frame.index
            );
        }
    }
}

#[test]
fn pixels_that_are_square_but_for_rounding_or_a_mistake_stay() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("square.mp4");
    for pixels in [[136, 135], [0, 3], [254, 1]] {
        fs::write(&path, with_pixels("plain.mp4", pixels)).unwrap();
        let source = open(&path).unwrap();
        assert_eq!(source.info().decoder, "openh264", "{pixels:?}");
        assert_eq!(source.info().size, [96, 64], "{pixels:?}");
    }
    // the same through ffmpeg
    fs::write(&path, with_pixels("interlaced.mp4", [254, 1])).unwrap();
    assert_eq!(open(&path).unwrap().info().size, [96, 64]);
}

#[test]
fn container_has_the_last_word_about_the_shape_of_pixels() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("told twice.mp4");
    let mut bytes = clip("plain.mp4");
    // the parameter set of the stream now says 4:3 instead of 1:1
    let shape = find(&bytes, b"\x0c\x4d\x80\x88") + 2;
    bytes[shape..shape + 2].copy_from_slice(&[0x87, 0x08]);
    fs::write(&path, &bytes).unwrap();
    let source = open(&path).unwrap();
    assert_eq!(source.info().decoder, "openh264");
    assert_eq!(source.info().size, [96, 64]);

    let pasp = find(&bytes, b"pasp");
    bytes[pasp..pasp + 4].copy_from_slice(b"free");
    fs::write(&path, &bytes).unwrap();
    let source = open(&path).unwrap();
    assert_eq!(source.info().decoder, "ffmpeg (h264)");
    assert_eq!(source.info().size, [128, 64]);
}

#[test]
fn matrix_that_mirrors_gives_the_pictures_of_ffmpeg() {
    const AS_IT_IS: [i32; 4] = [1, 0, 0, 1];
    const QUARTER_TURN: [i32; 4] = [0, 1, -1, 0];
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mirrored.mp4");
    for (matrix, of_movie, size, rotation) in [
        ([-1, 0, 0, 1], AS_IT_IS, [96, 64], 0),
        ([1, 0, 0, -1], AS_IT_IS, [96, 64], 180),
        ([0, 1, 1, 0], AS_IT_IS, [64, 96], 90),
        ([0, -1, -1, 0], AS_IT_IS, [64, 96], 270),
        (AS_IT_IS, QUARTER_TURN, [64, 96], 90),
        (QUARTER_TURN, QUARTER_TURN, [96, 64], 180),
        ([-1, 0, 0, 1], QUARTER_TURN, [64, 96], 270),
    ] {
        fs::write(&path, with_matrices(matrix, of_movie)).unwrap();
        let mut source = open(&path).unwrap();
        assert_eq!(source.info().decoder, "openh264", "{matrix:?}");
        assert_eq!(source.info().size, size, "{matrix:?}");
        assert_eq!(source.info().rotation, rotation, "{matrix:?}");
        let (frames, error) = read_on(source.as_mut());
        assert!(error.is_none(), "{matrix:?}: {error:?}");
        let expected = pixels_of_ffmpeg(&path);
        let len = frames[0].image.pixels().len();
        assert_eq!(expected.len(), len * frames.len(), "{matrix:?}");
        for (frame, expected) in frames.iter().zip(expected.chunks(len)) {
            let difference = mean_difference(frame.image.pixels(), expected);
            assert!(
                difference < 2.0,
                "{matrix:?}, frame {}: {difference}",
                frame.index
            );
        }
    }
}

#[test]
fn samples_with_several_descriptions_are_left_to_ffmpeg() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("two.mp4");
    fs::write(&path, with_two_descriptions()).unwrap();
    let mut source = open(&path).unwrap();
    assert_eq!(source.info().decoder, "ffmpeg (h264)");
    let (frames, error) = read_on(source.as_mut());
    assert!(error.is_none(), "{error:?}");
    assert_eq!(frames.len(), 25);
}

#[test]
fn what_is_unusual_but_whole_is_left_to_ffmpeg() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("unusual.mp4");
    let expected = all_frames("plain.mp4");
    for (name, bytes) in [
        ("short sizes", with_short_sizes()),
        ("level 6", of_level_six()),
    ] {
        fs::write(&path, bytes).unwrap();
        let mut source = open(&path).unwrap();
        assert_eq!(source.info().decoder, "ffmpeg (h264)", "{name}");
        let (frames, error) = read_on(source.as_mut());
        assert!(error.is_none(), "{name}: {error:?}");
        assert_eq!(frames.len(), expected.len(), "{name}");
    }
    // a configuration that this program cannot read is not called damaged before ffmpeg has seen it
    let mut bytes = clip("plain.mp4");
    let n_sequence_sets = find(&bytes, b"avcC") + 4 + 5;
    bytes[n_sequence_sets] |= 31;
    fs::write(&path, &bytes).unwrap();
    match open(&path) {
        Ok(source) => assert_eq!(source.info().decoder, "ffmpeg (h264)"),
        Err(error) => assert!(
            matches!(&error, SourceError::FfmpegFailed { .. }),
            "{error}"
        ),
    }
}

#[test]
fn pictures_that_are_due_before_zero_are_shown_and_begin_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("before.mp4");
    fs::write(&path, due_before_zero()).unwrap();
    let mut source = open(&path).unwrap();
    assert_eq!(source.info().decoder, "openh264");
    let (frames, error) = read_on(source.as_mut());
    assert!(error.is_none(), "{error:?}");
    let expected = all_frames("no-edit-list.mp4");
    assert_eq!(frames.len(), expected.len());
    for (frame, of_clip) in frames.iter().zip(&expected) {
        assert_eq!(frame.time, of_clip.time.saturating_sub(expected[0].time));
        assert!(frame.image == of_clip.image, "frame {}", frame.index);
    }
}

#[test]
fn recording_that_does_not_begin_with_an_idr_picture_is_left_to_ffmpeg() {
    let dir = tempfile::tempdir().unwrap();
    let mut source = open(&beginning_late(dir.path())).unwrap();
    assert_eq!(source.info().decoder, "ffmpeg (h264)");
    let (frames, error) = read_on(source.as_mut());
    assert!(error.is_none(), "{error:?}");
    // more than from the IDR picture on
    assert!(all_frames("open-gop.mp4").len() < frames.len());
    assert_eq!(frames[0].time, Duration::ZERO);
}

#[test]
fn stream_of_a_camcorder_is_that_of_a_broadcast() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("00001.MTS");
    fs::write(&path, camcorder_stream()).unwrap();
    let (frames, error) = read_on(open(&path).unwrap().as_mut());
    assert!(error.is_none(), "{error:?}");
    let expected = all_frames("stream.ts");
    assert_eq!(frames.len(), expected.len());
    for (frame, expected) in frames.iter().zip(&expected) {
        assert_eq!(frame.time, expected.time);
        assert!(frame.image == expected.image, "frame {}", frame.index);
    }
}
