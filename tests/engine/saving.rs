//! Pictures that are asked for.

use poseglass::engine::PictureOrder;
use poseglass::export::annotate::AnnotationStyle;

use super::*;

fn order(update: &Update, dir: &std::path::Path) -> EngineCommand {
    EngineCommand::SavePicture(PictureOrder {
        result: Arc::clone(&update.result),
        style: AnnotationStyle::default(),
        stem: "walk".to_owned(),
        beside: None,
        pictures_dir: Some(dir.to_owned()),
    })
}

#[test]
fn where_a_picture_lies_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut watched = Watched::playing(2);
    let update = watched.next_update();
    watched.engine.send(order(&update, dir.path()));
    let saved = watched.wait_for_event("the picture", |event| {
        matches!(event, EngineEvent::PictureSaved { .. })
    });
    let EngineEvent::PictureSaved { outcome } = saved else {
        unreachable!("filtered above");
    };
    assert_eq!(outcome, Ok(dir.path().join("walk.png")));
    let size = image::image_dimensions(dir.path().join("walk.png")).unwrap();
    assert_eq!(size, (320, 240));
}

#[test]
fn a_window_that_closes_at_once_loses_no_picture() {
    let dir = tempfile::tempdir().unwrap();
    let mut watched = Watched::playing(2);
    let update = watched.next_update();
    for _ in 0..4 {
        watched.engine.send(order(&update, dir.path()));
    }
    drop(watched);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 4);
}
