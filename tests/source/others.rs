//! Pictures, folders of them, the drawn scene and cameras.

use super::*;

pub(super) fn write_png(path: &Path, image: &RgbImage) {
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
    assert!(matches!(source.info().kind, SourceKind::Folder(_)));
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
    let warning = source.warning().unwrap();
    assert!(warning.starts_with("1 of 4 pictures"), "{warning}");
    assert!(warning.contains("img3.jpg"), "{warning}");
    source.seek(3 * PICTURE_DURATION / 2).unwrap();
    assert_eq!(source.next_frame().unwrap().unwrap().index, 1);
    // come to once more it does not count again
    read_on(source.as_mut());
    assert_eq!(source.warning(), Some(warning));
}

#[test]
fn jump_to_a_broken_picture_ends_at_the_last_whole_one_before_it() {
    let dir = tempfile::tempdir().unwrap();
    for (name, color) in [("2.png", 20), ("3.png", 30), ("6.png", 60)] {
        write_png(
            &dir.path().join(name),
            &RgbImage::filled([4, 3], [color; 3]),
        );
    }
    for name in ["1.png", "4.png", "5.png", "7.png"] {
        fs::write(dir.path().join(name), b"no picture at all").unwrap();
    }
    let mut source = open(dir.path()).unwrap();
    for (place, wanted) in [(5, 5), (4, 2), (2, 2), (1, 1), (6, 5), (3, 2), (99, 5)] {
        source.seek(PICTURE_DURATION * place).unwrap();
        let frame = source.next_frame().unwrap().unwrap();
        assert_eq!(frame.index, wanted, "jump to {place}");
        assert_eq!(frame.image.get(0, 0), Some([10 * (wanted as u8 + 1); 3]));
    }
    // nothing before it: the first one that is whole
    source.seek(Duration::ZERO).unwrap();
    assert_eq!(source.next_frame().unwrap().unwrap().index, 1);
    // reading goes on from there
    source.seek(4 * PICTURE_DURATION).unwrap();
    let (frames, error) = read_on(source.as_mut());
    assert!(error.is_none());
    let places: Vec<_> = frames.iter().map(|frame| frame.index).collect();
    assert_eq!(places, [2, 5]);
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
    // times at which the number of a frame would be too large for 64 bits
    for time in [Duration::from_secs(1 << 63), Duration::MAX] {
        source.seek(time).unwrap();
        let last = source.next_frame().unwrap().unwrap();
        assert_eq!(last.index, synthetic::N_FRAMES - 1);
    }
}

#[test]
fn picture_that_would_fill_the_memory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let said = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        let error = open(&path).err().unwrap();
        assert!(matches!(error, SourceError::TooLarge { .. }), "{error}");
        assert!(error.to_string().contains("is too large"), "{error}");
    };
    let path = dir.path().join("small.jpg");
    let picture = RgbImage::filled([16, 16], [0; 3]);
    jpeg_encoder::Encoder::new_file(&path, 90)
        .unwrap()
        .encode(picture.pixels(), 16, 16, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    let mut jpeg = fs::read(&path).unwrap();
    // marker, length, bits, then rows and columns: 65,000 of each
    let frame = changed::find(&jpeg, b"\xff\xc0");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xfd, 0xe8, 0xfd, 0xe8]);
    said("large.jpg", &jpeg);
    let mut gif = fs::read(media("animated.gif")).unwrap();
    gif[6..10].fill(0xff);
    said("large.gif", &gif);
}

#[test]
fn path_of_a_camera_is_answered_with_how_cameras_are_named() {
    let error = open(Path::new("/dev/video987")).err().unwrap();
    let message = error.to_string();
    assert!(matches!(error, SourceError::CameraNode(_)), "{message}");
    assert!(message.contains("camera:N"), "{message}");
    assert!(message.contains("`poseglass cameras`"), "{message}");
    let error = open(Path::new("/dev/videos")).err().unwrap();
    assert!(matches!(error, SourceError::NotFound(_)), "{error}");
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
