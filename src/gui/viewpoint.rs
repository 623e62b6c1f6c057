//! Which part of the picture is seen, and the way between picture and window.

use eframe::egui::{Pos2, Rect, Vec2, pos2, vec2};

use crate::geom::{Image, Point};

/// How far the picture is magnified over fitting into the window.
pub const MOST_ZOOM: f32 = 16.0;

/// Zoom and pan, independent of the size of picture and window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewpoint {
    /// 1 fits the picture into the stage.
    pub zoom: f32,
    /// The share of the picture, as displayed, that is in the middle of the stage; each in [0, 1].
    pub center: Vec2,
}

impl Default for Viewpoint {
    fn default() -> Self {
        Self {
            zoom: 1.0,
            center: vec2(0.5, 0.5),
        }
    }
}

/// The picture as it lies on the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureView {
    /// Where the whole picture lies, also the part of it that is outside of the stage.
    pub rect: Rect,
    /// `[width, height]` of the picture in pixels.
    pub size: [usize; 2],
    /// Whether left and right are swapped.
    pub mirrored: bool,
}

impl Viewpoint {
    /// Where a picture of `[width, height]` lies on `stage`.
    pub fn view(&self, stage: Rect, [width, height]: [usize; 2], mirrored: bool) -> PictureView {
        let size = vec2(width.max(1) as f32, height.max(1) as f32);
        let fit = (stage.width() / size.x)
            .min(stage.height() / size.y)
            .max(0.0);
        let shown = size * fit * self.zoom;
        // nothing but picture where the picture is larger than the stage, and centered where it is smaller
        let middle = |stage_len: f32, shown_len: f32, center: f32| {
            if shown_len <= stage_len {
                0.5
            } else {
                let half = 0.5 * stage_len / shown_len;
                center.clamp(half, 1.0 - half)
            }
        };
        let center = vec2(
            middle(stage.width(), shown.x, self.center.x),
            middle(stage.height(), shown.y, self.center.y),
        );
        PictureView {
            rect: Rect::from_min_size(stage.center() - center * shown, shown),
            size: [width, height],
            mirrored,
        }
    }

    /// Zoomed by `factor` so that what is under `pointer` stays there.
    #[must_use]
    pub fn zoomed(&self, factor: f32, pointer: Pos2, stage: Rect, size: [usize; 2]) -> Self {
        let zoom = (self.zoom * factor).clamp(1.0, MOST_ZOOM);
        let before = self.view(stage, size, false).rect;
        if zoom == 1.0 || before.width() <= 0.0 || before.height() <= 0.0 {
            return Self {
                zoom,
                ..Self::default()
            };
        }
        let under_pointer = (pointer - before.min) / before.size();
        let shown = before.size() * (zoom / self.zoom);
        Self {
            zoom,
            center: under_pointer + (stage.center() - pointer) / shown,
        }
        .clamped()
    }

    /// Moved so that the picture follows a pointer that went by `delta`.
    #[must_use]
    pub fn panned(&self, delta: Vec2, stage: Rect, size: [usize; 2]) -> Self {
        let shown = self.view(stage, size, false).rect;
        if shown.width() <= 0.0 || shown.height() <= 0.0 {
            return *self;
        }
        // from where the picture really is, so that no dragging against the edge has to be undone
        let center = (stage.center() - shown.min) / shown.size();
        Self {
            zoom: self.zoom,
            center: center - delta / shown.size(),
        }
        .clamped()
    }

    fn clamped(self) -> Self {
        Self {
            zoom: self.zoom,
            center: self.center.clamp(Vec2::ZERO, Vec2::splat(1.0)),
        }
    }
}

impl PictureView {
    /// From a position in the picture to the window.
    pub fn ui_from_image(&self, point: Point<Image>) -> Pos2 {
        let x = point.x / self.size[0].max(1) as f32;
        let y = point.y / self.size[1].max(1) as f32;
        let x = if self.mirrored { 1.0 - x } else { x };
        pos2(
            self.rect.min.x + x * self.rect.width(),
            self.rect.min.y + y * self.rect.height(),
        )
    }

    /// From the window to a position in the picture, which may be outside of it.
    pub fn image_from_ui(&self, at: Pos2) -> Point<Image> {
        let x = (at.x - self.rect.min.x) / self.rect.width().max(f32::EPSILON);
        let y = (at.y - self.rect.min.y) / self.rect.height().max(f32::EPSILON);
        let x = if self.mirrored { 1.0 - x } else { x };
        Point::new(x * self.size[0] as f32, y * self.size[1] as f32)
    }

    /// Points of the window per pixel of the picture.
    pub fn scale(&self) -> f32 {
        self.rect.width() / self.size[0].max(1) as f32
    }

    /// The part of the texture to draw at [`Self::rect`]; left and right swapped for a mirror.
    pub fn uv(&self) -> Rect {
        if self.mirrored {
            Rect::from_min_max(pos2(1.0, 0.0), pos2(0.0, 1.0))
        } else {
            Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STAGE: Rect = Rect {
        min: pos2(10.0, 20.0),
        max: pos2(650.0, 380.0),
    };

    #[test]
    fn fitting_shows_the_whole_picture_in_the_middle() {
        let view = Viewpoint::default().view(STAGE, [1280, 720], false);
        assert_eq!(view.rect, STAGE);
        let tall = Viewpoint::default().view(STAGE, [100, 200], false);
        assert_eq!(tall.rect.height(), STAGE.height());
        assert_eq!(tall.rect.center(), STAGE.center());
    }

    #[test]
    fn a_mirror_swaps_left_and_right_only() {
        let view = Viewpoint::default().view(STAGE, [640, 360], true);
        assert_eq!(view.ui_from_image(Point::new(0.0, 0.0)), pos2(650.0, 20.0));
        assert_eq!(
            view.ui_from_image(Point::new(640.0, 360.0)),
            pos2(10.0, 380.0)
        );
    }

    proptest! {
        #[test]
        fn window_and_picture_agree(zoom in 1f32..16.0, cx in 0f32..1.0, cy in 0f32..1.0, x in 0f32..1280.0, y in 0f32..720.0, mirrored: bool) {
            let viewpoint = Viewpoint { zoom, center: vec2(cx, cy) };
            let view = viewpoint.view(STAGE, [1280, 720], mirrored);
            let point = Point::new(x, y);
            let back = view.image_from_ui(view.ui_from_image(point));
            prop_assert!(back.distance(point) < 0.05, "{back:?} {point:?}");
        }

        #[test]
        fn zooming_keeps_what_is_under_the_pointer(px in 10f32..650.0, py in 20f32..380.0, first in 1.5f32..4.0, second in 1.01f32..3.0) {
            let size = [1280, 720];
            let before = Viewpoint::default().zoomed(first, STAGE.center(), STAGE, size);
            let pointer = pos2(px, py);
            let after = before.zoomed(second, pointer, STAGE, size);
            let kept = before.view(STAGE, size, false).image_from_ui(pointer);
            let now = after.view(STAGE, size, false).image_from_ui(pointer);
            prop_assert!(kept.distance(now) < 0.5, "{kept:?} {now:?}");
        }

        #[test]
        fn a_zoomed_picture_leaves_no_gap(zoom in 1f32..16.0, dx in -3000f32..3000.0, dy in -3000f32..3000.0) {
            let viewpoint = Viewpoint { zoom, ..Viewpoint::default() }.panned(vec2(dx, dy), STAGE, [1280, 720]);
            let rect = viewpoint.view(STAGE, [1280, 720], false).rect;
            prop_assert!(rect.expand(0.01).contains_rect(STAGE));
        }
    }
}
