//! Folders of pictures: which files count, their order, names, places and times.

use image::{ImageBuffer, Luma, LumaA, Rgba};
use poseglass::source::PictureNames;

use super::others::write_png;
use super::*;

/// Pictures of these names; that at place n is of the color 10 (n + 1).
fn pictures(names: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (place, name) in names.iter().enumerate() {
        let made = dir.path().join("made.png");
        write_png(
            &made,
            &RgbImage::filled([4, 3], [10 * (place as u8 + 1); 3]),
        );
        fs::rename(made, dir.path().join(name)).unwrap();
    }
    dir
}

fn open_at(path: &Path, rate_hz: f64) -> Result<Box<dyn FrameSource>, SourceError> {
    source::open(&SourceSpec::Path(path.to_owned()).at_rate(rate_hz)?)
}

/// Places and names of all frames.
fn shown(source: &mut dyn FrameSource) -> Vec<(u64, String)> {
    let (frames, error) = read_on(source);
    assert!(error.is_none());
    let name = |frame: &Frame| frame.file.as_deref().unwrap().to_owned();
    frames
        .iter()
        .map(|frame| (frame.index, name(frame)))
        .collect()
}

#[test]
fn pictures_of_a_video_come_at_its_rate() {
    let dir = pictures(&["a1.png", "a2.png", "a3.png", "a10.png"]);
    let mut source = open_at(dir.path(), 25.0).unwrap();
    assert_eq!(source.info().fps_nominal, Some(25.0));
    assert_eq!(source.info().duration, Some(Duration::from_millis(160)));
    let known = source.frame_times().unwrap();
    let (frames, error) = read_on(source.as_mut());
    assert!(error.is_none());
    let times: Vec<Duration> = frames.iter().map(|frame| frame.time).collect();
    assert_eq!(times, [0, 40, 80, 120].map(Duration::from_millis));
    assert_eq!(known, times);
    for (millis, wanted) in [(100, 2), (119, 2), (120, 3), (9000, 3), (0, 0)] {
        source.seek(Duration::from_millis(millis)).unwrap();
        let frame = source.next_frame().unwrap().unwrap();
        assert_eq!(frame.index, wanted, "{millis} ms");
    }
}

#[test]
fn a_rate_of_anything_but_a_folder_is_refused() {
    for path in [media("plain.mp4"), media("animated.gif")] {
        let error = open_at(&path, 25.0).err().unwrap();
        assert!(matches!(error, SourceError::HasOwnTimes(_)), "{error}");
        assert!(error.to_string().contains("--fps"), "{error}");
    }
    let error = open_at(Path::new("nowhere"), 25.0).err().unwrap();
    assert!(matches!(error, SourceError::NotFound(_)), "{error}");
}

#[test]
fn a_picture_that_cannot_be_read_leaves_a_hole_wherever_it_is() {
    let names = ["1.png", "2.png", "3.png", "4.png"];
    for broken in 0..names.len() {
        let dir = pictures(&names);
        fs::write(dir.path().join(names[broken]), b"no picture").unwrap();
        let mut source = open_at(dir.path(), 10.0).unwrap();
        let whole: Vec<(u64, String)> = (0..)
            .zip(names)
            .filter(|(place, _)| *place != broken as u64)
            .map(|(place, name)| (place, name.to_owned()))
            .collect();
        assert_eq!(shown(source.as_mut()), whole);
        // all have a place and a time
        let times: Vec<Duration> = [0, 100, 200, 300].map(Duration::from_millis).to_vec();
        assert_eq!(source.frame_times(), Some(times));
        assert_eq!(source.picture_names().unwrap(), names);
    }
}

#[test]
fn a_folder_whose_pictures_cannot_be_read_says_why() {
    let dir = pictures(&["1.png", "2.png"]);
    for name in ["1.png", "2.png"] {
        fs::write(dir.path().join(name), b"\x89PNG\r\n\x1a\nnothing").unwrap();
    }
    let error = open(dir.path()).err().unwrap();
    assert!(
        matches!(&error, SourceError::NoneReadable { n_pictures: 2, .. }),
        "{error}"
    );
    let said = error.to_string();
    assert!(said.contains("none of the 2 pictures"), "{said}");
    assert!(said.contains("1.png"), "{said}");
}

#[test]
fn hidden_files_and_folders_are_no_pictures() {
    let dir = pictures(&["1.png", "2.JPG", "10.Tiff"]);
    // what a Mac puts beside a picture on other disks
    fs::write(dir.path().join("._1.png"), b"notes").unwrap();
    fs::write(dir.path().join("0.txt"), b"notes").unwrap();
    fs::create_dir(dir.path().join("0.png")).unwrap();
    let mut source = open(dir.path()).unwrap();
    assert_eq!(source.info().n_frames, Some(3));
    let names = ["1.png", "2.JPG", "10.Tiff"].map(str::to_owned);
    let expected: Vec<(u64, String)> = (0..).zip(names).collect();
    assert_eq!(shown(source.as_mut()), expected);
}

#[cfg(unix)]
#[test]
fn links_are_pictures_and_keep_their_places_where_they_lead_nowhere() {
    use std::os::unix::fs::symlink;
    let dir = pictures(&["1.png", "4.png"]);
    let elsewhere = pictures(&["a.png"]);
    symlink(elsewhere.path().join("a.png"), dir.path().join("2.png")).unwrap();
    symlink("gone.png", dir.path().join("3.png")).unwrap();
    symlink(elsewhere.path(), dir.path().join("5.png")).unwrap();
    let mut source = open(dir.path()).unwrap();
    let expected = [(0, "1.png"), (1, "2.png"), (3, "4.png")];
    let expected = expected.map(|(place, name)| (place, name.to_owned()));
    assert_eq!(shown(source.as_mut()), expected);
    assert_eq!(source.info().n_frames, Some(4));
}

#[test]
fn a_folder_says_what_tells_its_pictures_apart() {
    for (names, told_by) in [
        (
            ["000000000139.png", "000000000285.png"],
            PictureNames::CocoNumbers,
        ),
        (["1.png", "2.png"], PictureNames::Stems),
        (["1.png", "1.jpg"], PictureNames::WholeNames),
    ] {
        let dir = pictures(&names);
        let source = open(dir.path()).unwrap();
        assert_eq!(source.info().kind, SourceKind::Folder(told_by));
    }
    // a picture alone needs no name
    let dir = pictures(&["000000000139.png"]);
    let mut source = open(&dir.path().join("000000000139.png")).unwrap();
    assert_eq!(source.picture_names(), None);
    assert_eq!(source.next_frame().unwrap().unwrap().file, None);
}

#[test]
fn gray_deep_and_transparent_pictures_become_colors() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    ImageBuffer::from_pixel(3, 2, Luma([0x8000_u16]))
        .save(path("1.png"))
        .unwrap();
    ImageBuffer::from_pixel(3, 2, Luma([200_u8]))
        .save(path("2.png"))
        .unwrap();
    ImageBuffer::from_pixel(3, 2, LumaA([0_u8, 0]))
        .save(path("3.png"))
        .unwrap();
    ImageBuffer::from_pixel(3, 2, Rgba([0_u16, 0, 0, 0x8000]))
        .save(path("4.png"))
        .unwrap();
    let (frames, error) = read_on(open(dir.path()).unwrap().as_mut());
    assert!(error.is_none());
    assert_eq!(frames.len(), 4);
    // white shines through
    for (frame, wanted) in frames.iter().zip([128, 200, 255, 127_u8]) {
        for color in frame.image.get(1, 1).unwrap() {
            assert!(color.abs_diff(wanted) <= 1, "{}: {color}", frame.index);
        }
    }
}

#[test]
fn of_an_animation_in_a_folder_the_first_picture_counts() {
    let dir = pictures(&["2.png"]);
    fs::copy(media("animated.gif"), dir.path().join("1.gif")).unwrap();
    let mut source = open(dir.path()).unwrap();
    assert_eq!(source.info().size, [64, 48]);
    let one = "1 of 2 pictures is animated: only its first picture is read";
    assert_eq!(source.warning().as_deref(), Some(one));
    let expected = [(0, "1.gif"), (1, "2.png")].map(|(place, name)| (place, name.to_owned()));
    assert_eq!(shown(source.as_mut()), expected);
    // come to once more it does not count again
    source.seek(Duration::ZERO).unwrap();
    shown(source.as_mut());
    assert_eq!(source.warning().as_deref(), Some(one));
}

#[test]
fn what_is_wrong_with_a_folder_is_said_in_one_text_that_grows() {
    let dir = pictures(&["2.png"]);
    for name in ["1.gif", "3.gif"] {
        fs::copy(media("animated.gif"), dir.path().join(name)).unwrap();
    }
    fs::write(dir.path().join("4.png"), b"no picture at all").unwrap();
    let mut source = open(dir.path()).unwrap();
    shown(source.as_mut());
    let warning = source.warning().unwrap();
    let animated = "2 of 4 pictures are animated: of each only the first picture is read";
    assert!(
        warning.starts_with("1 of 4 pictures cannot be read") && warning.ends_with(animated),
        "{warning}"
    );
}
