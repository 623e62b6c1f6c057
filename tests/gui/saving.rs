//! Pictures that are saved.

use super::*;

#[test]
fn saved_pictures_are_told_of_and_nothing_is_overwritten() {
    let pictures = tempfile::tempdir().unwrap();
    let mut window = Window::with_options(
        LARGE,
        StartOptions {
            pictures_dir: Some(pictures.path().to_owned()),
            ..StartOptions::default()
        },
    );
    window.open_camera();
    for _ in 0..2 {
        press_command(&mut window, Command::SavePicture);
    }
    let n_files = std::fs::read_dir(pictures.path()).unwrap().count();
    assert_eq!(n_files, 2);
    assert!(window.harness.query_all_by_label_contains("Saved ").count() == 2);
}

#[test]
fn a_picture_that_cannot_be_saved_is_an_error_message() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, b"x").unwrap();
    let mut window = Window::with_options(
        LARGE,
        StartOptions {
            pictures_dir: Some(file),
            ..StartOptions::default()
        },
    );
    window.open_camera();
    press_command(&mut window, Command::SavePicture);
    window
        .harness
        .get_by_label_contains("The picture was not saved");
}
