//! Drawing on pictures: anti-aliased lines, discs and rectangles, clipped at the border.
//!
//! A shape covers a pixel by how far the pixel's center lies inside of the shape's outline, from 0 half a pixel
//! outside to 1 half a pixel inside: the usual approximation of the covered area.
//! Shapes with coordinates that are not finite are not drawn.

use crate::geom::{BBox, Image, Point};
use crate::image::RgbImage;

/// What a shape is filled with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paint {
    /// Its color.
    pub color: [u8; 3],
    /// From 0, invisible, to 1, hiding what is below.
    pub opacity: f32,
}

impl Paint {
    /// Hides what is below.
    pub const fn opaque(color: [u8; 3]) -> Self {
        Self {
            color,
            opacity: 1.0,
        }
    }

    /// Lets the share `1 - opacity` of what is below through.
    pub const fn translucent(color: [u8; 3], opacity: f32) -> Self {
        Self { color, opacity }
    }
}

/// A line with round ends; `width_px` below one pixel gets fainter instead of thinner.
pub fn line(
    image: &mut RgbImage,
    from: Point<Image>,
    to: Point<Image>,
    width_px: f32,
    paint: Paint,
) {
    if !(from.is_finite() && to.is_finite()) {
        return;
    }
    let (width_px, paint) = at_least_a_pixel(width_px, paint);
    let radius = 0.5 * width_px;
    let reach = radius + 0.5;
    let along = [to.x - from.x, to.y - from.y];
    let length = along[0].hypot(along[1]);
    let rows = pixels_between(
        from.y.min(to.y) - reach,
        from.y.max(to.y) + reach,
        image.height(),
    );
    let segment = Segment::new(from, to);
    let x_bounds = [from.x.min(to.x) - reach, from.x.max(to.x) + reach];
    for y in rows {
        let center_y = y as f32 + 0.5;
        let [mut start, mut end] = x_bounds;
        // a steep line covers a small part of each row
        if 1e-3 < along[1].abs() {
            let middle = from.x + (center_y - from.y) * along[0] / along[1];
            let half = reach * length / along[1].abs();
            start = start.max(middle - half);
            end = end.min(middle + half);
        }
        let columns = pixels_between(start, end, image.width());
        shade_row(image, y, columns, paint, |x| {
            let at = Point::new(x, center_y);
            coverage(segment.distance_to(at) - radius)
        });
    }
}

/// A line of round dots, each `width_px` wide, two widths from middle to middle.
pub fn dotted_line(
    image: &mut RgbImage,
    from: Point<Image>,
    to: Point<Image>,
    width_px: f32,
    paint: Paint,
) {
    let step = 2.0 * width_px.max(1.0);
    let length = from.distance(to);
    // dots are counted, so the line must not lead to infinity
    let longest = (4 * (image.width() + image.height())) as f32;
    if length.is_nan() || longest < length {
        return;
    }
    let n_steps = (length / step).round().max(1.0) as u32;
    for dot in 0..=n_steps {
        let center = from.lerp(to, dot as f32 / n_steps as f32);
        disc(image, center, 0.5 * width_px, paint);
    }
}

/// A filled circle.
pub fn disc(image: &mut RgbImage, center: Point<Image>, radius_px: f32, paint: Paint) {
    if !(center.is_finite() && radius_px.is_finite()) {
        return;
    }
    let reach = radius_px.max(0.0) + 0.5;
    let columns = pixels_between(center.x - reach, center.x + reach, image.width());
    for y in pixels_between(center.y - reach, center.y + reach, image.height()) {
        let dy = y as f32 + 0.5 - center.y;
        shade_row(image, y, columns.clone(), paint, |x| {
            let distance = ((x - center.x) * (x - center.x) + dy * dy).sqrt();
            coverage(distance - radius_px)
        });
    }
}

/// A filled rectangle.
pub fn filled_rect(image: &mut RgbImage, bbox: BBox<Image>, paint: Paint) {
    if !bbox.is_finite() {
        return;
    }
    let rows = pixels_between(bbox.min.y - 0.5, bbox.max.y + 0.5, image.height());
    let columns = pixels_between(bbox.min.x - 0.5, bbox.max.x + 0.5, image.width());
    for y in rows {
        let covered_y = overlap(y as f32, bbox.min.y, bbox.max.y);
        shade_row(image, y, columns.clone(), paint, |x| {
            covered_y * overlap(x - 0.5, bbox.min.x, bbox.max.x)
        });
    }
}

/// The outline of a rectangle, `width_px` wide, half of it on each side of the border.
pub fn rect(image: &mut RgbImage, bbox: BBox<Image>, width_px: f32, paint: Paint) {
    if !bbox.is_finite() {
        return;
    }
    let half = 0.5 * width_px.max(0.0);
    let outer = [bbox.min.x - half, bbox.max.x + half];
    let inner = [bbox.min.x + half, bbox.max.x - half];
    let rows = pixels_between(
        bbox.min.y - half - 0.5,
        bbox.max.y + half + 0.5,
        image.height(),
    );
    let columns = pixels_between(outer[0] - 0.5, outer[1] + 0.5, image.width());
    for y in rows {
        let outer_y = overlap(y as f32, bbox.min.y - half, bbox.max.y + half);
        let inner_y = overlap(y as f32, bbox.min.y + half, bbox.max.y - half);
        // between the sides there is nothing to paint
        let mut hollow = pixels_between(inner[0] + 0.5, inner[1] - 0.5, image.width());
        if inner_y < 1.0 || hollow.is_empty() {
            hollow = columns.end..columns.end;
        }
        for part in [columns.start..hollow.start, hollow.end..columns.end] {
            shade_row(image, y, part, paint, |x| {
                outer_y * overlap(x - 0.5, outer[0], outer[1])
                    - inner_y * overlap(x - 0.5, inner[0], inner[1])
            });
        }
    }
}

/// Thinner than a pixel would break up: fainter looks the same and does not.
fn at_least_a_pixel(width_px: f32, paint: Paint) -> (f32, Paint) {
    if width_px < 1.0 {
        let opacity = paint.opacity * width_px.max(0.0);
        (1.0, Paint { opacity, ..paint })
    } else {
        (width_px, paint)
    }
}

/// How much of a pixel lies inside, from the signed distance of its center to the outline (inside is negative).
pub(super) fn coverage(outside_px: f32) -> f32 {
    (0.5 - outside_px).clamp(0.0, 1.0)
}

/// The part of the pixel that begins at `start` and lies between `low` and `high`.
fn overlap(start: f32, low: f32, high: f32) -> f32 {
    ((start + 1.0).min(high) - start.max(low)).max(0.0)
}

/// A straight piece of a line, made ready for many distances.
///
/// `hypot` would guard against overflow at several times the cost of all the rest;
/// here an overflow only leaves something far outside of the picture out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    from: Point<Image>,
    along: [f32; 2],
    /// 1 / length², 0 for a single point.
    inverse_squared_length: f32,
}

impl Segment {
    pub(super) fn new(from: Point<Image>, to: Point<Image>) -> Self {
        let along = [to.x - from.x, to.y - from.y];
        let squared_length = along[0] * along[0] + along[1] * along[1];
        Self {
            from,
            along,
            inverse_squared_length: if squared_length <= 0.0 {
                0.0
            } else {
                1.0 / squared_length
            },
        }
    }

    /// Squared distance from a point to the nearest one of the segment.
    pub(super) fn squared_distance_to(&self, at: Point<Image>) -> f32 {
        let [dx, dy] = [at.x - self.from.x, at.y - self.from.y];
        let t = (dx * self.along[0] + dy * self.along[1]) * self.inverse_squared_length;
        let t = t.clamp(0.0, 1.0);
        let [x, y] = [dx - t * self.along[0], dy - t * self.along[1]];
        x * x + y * y
    }

    fn distance_to(&self, at: Point<Image>) -> f32 {
        self.squared_distance_to(at).sqrt()
    }
}

/// Indices of the pixels of a row or column of `n` whose centers lie between the two positions.
pub(super) fn pixels_between(start: f32, end: f32, n: usize) -> std::ops::Range<usize> {
    // casts saturate: left of the picture becomes 0, NaN too
    let first = (start - 0.5).ceil() as usize;
    let behind_last = ((end - 0.5).floor() + 1.0) as usize;
    first.min(n)..behind_last.min(n)
}

/// Mixes the paint into a part of a row; `covered` gets the x of a pixel's center and says how much of it is hit.
pub(super) fn shade_row(
    image: &mut RgbImage,
    y: usize,
    columns: std::ops::Range<usize>,
    paint: Paint,
    covered: impl Fn(f32) -> f32,
) {
    let width = image.width();
    let opacity = paint.opacity.clamp(0.0, 1.0);
    let color = paint.color.map(i32::from);
    let start = y * width + columns.start;
    let end = y * width + columns.end;
    let Some(pixels) = image.pixels_mut().get_mut(3 * start..3 * end) else {
        return;
    };
    for (pixel, x) in pixels.chunks_exact_mut(3).zip(columns) {
        // in 1/256, where 256 is all
        let share = (256.0 * opacity * covered(x as f32 + 0.5)).round() as i32;
        if share == 0 {
            continue;
        }
        for (channel, wanted) in pixel.iter_mut().zip(color) {
            let below = i32::from(*channel);
            *channel = (below + (((wanted - below) * share + 128) >> 8)) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WHITE: Paint = Paint::opaque([255; 3]);

    fn black(width: usize, height: usize) -> RgbImage {
        RgbImage::filled([width, height], [0; 3])
    }

    /// Sum of the picture in covered pixels.
    fn painted_area(image: &RgbImage) -> f64 {
        image.pixels().iter().map(|v| f64::from(*v)).sum::<f64>() / (3.0 * 255.0)
    }

    #[test]
    fn areas_are_those_of_geometry() {
        let mut image = black(60, 60);
        disc(&mut image, Point::new(30.2, 29.7), 10.0, WHITE);
        assert!((painted_area(&image) - 314.16).abs() < 2.0);

        let mut image = black(60, 60);
        let (from, to) = (Point::new(10.0, 12.0), Point::new(40.0, 52.0));
        line(&mut image, from, to, 4.0, WHITE);
        assert!((painted_area(&image) - (4.0 * 50.0 + 12.57)).abs() < 2.0);

        let mut image = black(60, 60);
        let bbox = BBox::from_xywh([10.25, 20.5, 15.5, 10.25]);
        filled_rect(&mut image, bbox, WHITE);
        assert!((painted_area(&image) - 158.9).abs() < 0.5);

        let mut image = black(60, 60);
        rect(&mut image, bbox, 2.0, WHITE);
        assert!((painted_area(&image) - 2.0 * 2.0 * 25.75).abs() < 0.5);
    }

    #[test]
    fn a_disc_on_a_pixel_center_is_symmetric() {
        let mut image = black(9, 9);
        disc(&mut image, Point::new(4.5, 4.5), 2.7, WHITE);
        assert_eq!(image, image.rotated(1));
        assert_eq!(image.get(4, 4), Some([255; 3]));
        assert_eq!(image.get(0, 4), Some([0; 3]));
    }

    #[test]
    fn whole_pixels_are_covered_exactly() {
        let mut image = black(4, 3);
        filled_rect(
            &mut image,
            BBox::from_xywh([1.0, 1.0, 2.0, 1.0]),
            Paint::translucent([200, 100, 0], 0.5),
        );
        assert_eq!(image.get(1, 1), Some([100, 50, 0]));
        assert_eq!(image.get(0, 1), Some([0; 3]));
        assert_eq!(image.get(3, 1), Some([0; 3]));
        assert_eq!(image.get(1, 2), Some([0; 3]));
    }

    #[test]
    fn dots_leave_gaps() {
        let (from, to) = (Point::new(5.0, 10.0), Point::new(55.0, 10.0));
        let mut dotted = black(60, 20);
        dotted_line(&mut dotted, from, to, 4.0, WHITE);
        let mut solid = black(60, 20);
        line(&mut solid, from, to, 4.0, WHITE);
        assert!(painted_area(&dotted) < 0.5 * painted_area(&solid));
        assert_eq!(dotted.get(5, 10), Some([255; 3]));
    }

    proptest! {
        #[test]
        fn any_numbers_are_survived(values in prop::array::uniform5(prop::num::f32::ANY), width in 0usize..20, height in 0usize..20) {
            let mut image = black(width, height);
            let [a, b, c, d, e] = values;
            let (from, to) = (Point::new(a, b), Point::new(c, d));
            line(&mut image, from, to, e, WHITE);
            dotted_line(&mut image, from, to, e, WHITE);
            disc(&mut image, from, e, WHITE);
            filled_rect(&mut image, BBox::from_corners(from, to), Paint::translucent([1, 2, 3], e));
            rect(&mut image, BBox::from_corners(from, to), e, WHITE);
        }

        #[test]
        fn a_clipped_line_is_the_visible_part(ax in -30f32..50.0, ay in -30f32..50.0, bx in -30f32..50.0, by in -30f32..50.0) {
            let mut small = black(20, 20);
            line(&mut small, Point::new(ax, ay), Point::new(bx, by), 3.0, WHITE);
            let mut large = black(100, 100);
            line(&mut large, Point::new(ax + 40.0, ay + 40.0), Point::new(bx + 40.0, by + 40.0), 3.0, WHITE);
            for y in 0..20 {
                for x in 0..20 {
                    let (clipped, whole) = (small.get(x, y).unwrap(), large.get(x + 40, y + 40).unwrap());
                    // the shift rounds
                    prop_assert!(clipped[0].abs_diff(whole[0]) <= 2, "{x} {y}");
                }
            }
        }
    }
}
