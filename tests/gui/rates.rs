//! The card with rates and times: it lies on the picture, and hides nobody.

use eframe::egui::{Color32, Shape};

use super::*;

/// Narrow, so that the first person is below the card.
const NARROW: [f32; 2] = [960.0, 600.0];

/// How dark the card is, of 255; it is the one black rectangle of its width.
fn darkness(window: &Window) -> u8 {
    let mut shapes = window.harness.output().shapes.iter();
    let card = shapes.find_map(|clipped| match &clipped.shape {
        Shape::Rect(shape) if (shape.rect.width() - 200.0).abs() < 0.1 => Some(shape.fill),
        _ => None,
    });
    let fill = card.expect("the card");
    assert_eq!(fill, Color32::from_black_alpha(fill.a()));
    fill.a()
}

#[test]
fn who_is_below_the_rates_can_be_seen() {
    let mut window = Window::new(NARROW);
    window.open_recording();
    let over_somebody = darkness(&window);
    window.show(Epoch(1), nobody(Duration::from_millis(3280)));
    let over_nobody = darkness(&window);
    assert!(
        over_somebody <= over_nobody / 2,
        "{over_somebody} of {over_nobody}"
    );
    window.show(Epoch(1), two_people(Duration::from_millis(3320)));
    assert_eq!(darkness(&window), over_somebody);
}

#[test]
fn whether_somebody_is_below_the_rates_is_told_by_what_the_window_shows() {
    let mut window = Window::new(LARGE);
    window.open_recording();
    let beside_everyone = darkness(&window);
    press_command(&mut window, Command::ZoomIn);
    let over_somebody = darkness(&window);
    assert!(
        over_somebody < beside_everyone,
        "{over_somebody} of {beside_everyone}"
    );
    press_command(&mut window, Command::ZoomToFit);
    assert_eq!(darkness(&window), beside_everyone);
}
