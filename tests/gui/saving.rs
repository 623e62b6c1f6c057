//! Pictures that are saved.

use poseglass::engine::PictureOrder;

use super::*;

/// What the window asks for where pictures go to `/pictures`.
fn asked_for(open: impl Fn(&mut Window)) -> PictureOrder {
    let mut window = Window::with_options(
        LARGE,
        StartOptions {
            pictures_dir: Some("/pictures".into()),
            ..StartOptions::default()
        },
    );
    open(&mut window);
    window.take_sent();
    press_command(&mut window, Command::SavePicture);
    let sent = window.take_sent();
    let [EngineCommand::SavePicture(order)] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    let shown = window.harness.state().state.session.result().unwrap();
    assert!(std::sync::Arc::ptr_eq(shown, &order.result));
    order.clone()
}

#[test]
fn a_picture_is_asked_for_where_it_belongs() {
    let of_recording = asked_for(Window::open_recording);
    assert_eq!(of_recording.stem, "stretching-00m03.240s-poses");
    assert_eq!(of_recording.beside, Some("/recordings".into()));
    assert_eq!(of_recording.pictures_dir, Some("/pictures".into()));
    let of_camera = asked_for(Window::open_camera);
    assert_eq!(of_camera.stem, "camera-0-00m03.240s-poses");
    assert_eq!(of_camera.beside, None);
}

#[test]
fn what_became_of_a_picture_is_told() {
    let mut window = Window::new(LARGE);
    window.open_camera();
    window.tell(EngineEvent::PictureSaved {
        outcome: Ok("/pictures/a.png".into()),
    });
    window.harness.get_by_label("Saved /pictures/a.png");
    window.tell(EngineEvent::PictureSaved {
        outcome: Err("the disk is full".to_owned()),
    });
    window
        .harness
        .get_by_label("The picture was not saved: the disk is full");
}
