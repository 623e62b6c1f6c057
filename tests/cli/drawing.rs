//! Annotated videos and pictures.

use super::*;

#[test]
fn a_picture_becomes_an_annotated_picture() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("in.png");
    image::RgbImage::from_pixel(200, 300, image::Rgb([90, 120, 90]))
        .save(&picture)
        .unwrap();
    let annotated = folder.path().join("out.png");
    let output = track(&[picture.as_ref(), "--video".as_ref(), annotated.as_ref()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(image::image_dimensions(&annotated).unwrap(), (200, 300));
}

#[test]
fn kinds_of_pictures_that_are_not_written_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("in.png");
    image::RgbImage::new(64, 48).save(&picture).unwrap();
    for (source, name, words) in [
        (&picture, "out.webp", ["out.webp", "OUT.png"]),
        (&clip(), "out.GIF", ["out.GIF", "OUT.mp4"]),
        (&clip(), "out.jpg", ["out.jpg", "many frames"]),
    ] {
        let out = folder.path().join(name);
        let output = track(&[source.as_ref(), "--video".as_ref(), out.as_ref()]);
        refused(&output, &words);
        assert!(!out.exists());
    }
}

#[test]
fn results_of_a_single_picture_are_drawn_into_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/media/plain.mp4");
    std::fs::copy(media, folder.path().join("walk.mp4")).unwrap();
    let picture = image::RgbImage::from_pixel(200, 300, image::Rgb([90, 120, 90]));
    picture.save(folder.path().join("in.png")).unwrap();
    std::fs::write(folder.path().join("a.json"), coco_of(&[1])).unwrap();
    let draw = |out: &str, recording: &str| {
        poseglass()
            .current_dir(folder.path())
            .args(["draw", "a.json", out, "--recording", recording])
            .output()
            .unwrap()
    };
    for out in ["out.png", "out.JPG"] {
        let output = draw(out, "in.png");
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(
            text(&output.stdout),
            format!("1 frames, 1 of them with people, written to {out}\n")
        );
        // fails where the content is not what the name says
        let drawn = image::open(folder.path().join(out)).unwrap().into_rgb8();
        assert_eq!(drawn.dimensions(), picture.dimensions());
        assert!(drawn != picture, "nobody is drawn on {out}");
    }
    for (out, recording, words) in [
        ("walk.png", "walk.mp4", ["walk.png", "many frames"]),
        ("walk.gif", "walk.mp4", ["walk.gif", "OUT.mp4"]),
        ("out.webp", "in.png", ["out.webp", "OUT.png"]),
        ("out.bmp", "in.png", ["out.bmp", "OUT.png"]),
        ("out.tif", "in.png", ["out.tif", "OUT.png"]),
        ("out.TIFF", "in.png", ["out.TIFF", "OUT.png"]),
    ] {
        refused(&draw(out, recording), &words);
        assert!(!folder.path().join(out).exists(), "{out}");
    }
}

#[test]
fn a_drawing_is_finished_where_the_recording_breaks_off() {
    let folder = tempfile::tempdir().unwrap();
    broken_recording(folder.path());
    std::fs::write(folder.path().join("a.json"), coco_of(&[1])).unwrap();
    let run = |arguments: &[&str]| {
        poseglass()
            .current_dir(folder.path())
            .args(arguments)
            .output()
            .unwrap()
    };
    let converted = run(&["convert", "a.json", "jsonl=a.jsonl", "--fps", "25"]);
    assert!(converted.status.success(), "{}", text(&converted.stderr));
    let drawn = run(&["draw", "a.jsonl", "out.mp4", "--recording", "broken.mp4"]);
    refused(&drawn, &["broken.mp4", "breaks off"]);
    let said = text(&drawn.stdout);
    assert!(
        said.contains(" of them with people, written to out.mp4"),
        "{said}"
    );
    // one index for all, as only a finished video has
    let bytes = std::fs::read(folder.path().join("out.mp4")).unwrap();
    let count = |name: &[u8]| bytes.windows(4).filter(|window| *window == name).count();
    assert_eq!([count(b"moov"), count(b"moof")], [1, 0]);
}

#[test]
fn results_are_drawn_over_their_recording_again() {
    let folder = tempfile::tempdir().unwrap();
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/standing-and-leaving.mp4");
    let results = folder.path().join("results.jsonl");
    let output = poseglass()
        .arg("track")
        .arg(&clip)
        .args(["--end", "0.5", "--export"])
        .arg(format!("jsonl={}", results.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let with_people = std::fs::read_to_string(&results)
        .unwrap()
        .matches("\"id\"")
        .count();
    let video = folder.path().join("drawn.mp4");
    let draw = |video: &Path| {
        poseglass()
            .arg("draw")
            .args([results.as_path(), video])
            .output()
            .unwrap()
    };
    let output = draw(&video);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(
        said.contains(&format!(" frames, {with_people} of them with people")),
        "{with_people}: {said}"
    );
    assert!(0 < std::fs::metadata(&video).unwrap().len());
    refused(&draw(&folder.path().join("nowhere/out.mp4")), &["nowhere"]);
}
