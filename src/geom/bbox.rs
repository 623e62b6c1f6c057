//! Axis-parallel boxes.

use super::space::Point;

/// A rectangle in the space `S`; `min` is never right of or below `max`.
#[derive(PartialEq)]
pub struct BBox<S> {
    /// Left top corner.
    pub min: Point<S>,
    /// Right bottom corner.
    pub max: Point<S>,
}

impl<S> Clone for BBox<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for BBox<S> {}

impl<S> std::fmt::Debug for BBox<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}..{:?}", self.min, self.max)
    }
}

impl<S> BBox<S> {
    /// The box with these corners, in either order.
    pub fn from_corners(a: Point<S>, b: Point<S>) -> Self {
        Self {
            min: Point::new(a.x.min(b.x), a.y.min(b.y)),
            max: Point::new(a.x.max(b.x), a.y.max(b.y)),
        }
    }

    /// The box of COCO's `[x, y, width, height]`.
    pub fn from_xywh([x, y, width, height]: [f32; 4]) -> Self {
        Self::from_corners(Point::new(x, y), Point::new(x + width, y + height))
    }

    /// COCO's `[x, y, width, height]`.
    pub fn xywh(&self) -> [f32; 4] {
        [self.min.x, self.min.y, self.width(), self.height()]
    }

    /// The smallest box around all points; `None` without points.
    pub fn around(points: impl IntoIterator<Item = Point<S>>) -> Option<Self> {
        points
            .into_iter()
            .map(|point| Self {
                min: point,
                max: point,
            })
            .reduce(Self::union)
    }

    /// Pixels from left to right.
    pub fn width(&self) -> f32 {
        self.max.x - self.min.x
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> f32 {
        self.max.y - self.min.y
    }

    /// Square pixels.
    pub fn area(&self) -> f32 {
        self.width() * self.height()
    }

    /// The point in the middle.
    pub fn center(&self) -> Point<S> {
        self.min.lerp(self.max, 0.5)
    }

    /// Whether the point lies inside or on the border.
    pub fn contains(&self, point: Point<S>) -> bool {
        self.min.x <= point.x
            && point.x <= self.max.x
            && self.min.y <= point.y
            && point.y <= self.max.y
    }

    /// The smallest box around both.
    pub fn union(self, other: Self) -> Self {
        Self {
            min: Point::new(self.min.x.min(other.min.x), self.min.y.min(other.min.y)),
            max: Point::new(self.max.x.max(other.max.x), self.max.y.max(other.max.y)),
        }
    }

    /// The common part; `None` when there is none or it has no area.
    pub fn intersection(self, other: Self) -> Option<Self> {
        let min = Point::new(self.min.x.max(other.min.x), self.min.y.max(other.min.y));
        let max = Point::new(self.max.x.min(other.max.x), self.max.y.min(other.max.y));
        (min.x < max.x && min.y < max.y).then_some(Self { min, max })
    }

    /// Area of the common part over area of both together, in [0, 1].
    pub fn iou(&self, other: &Self) -> f32 {
        let Some(common) = self.intersection(*other) else {
            return 0.0;
        };
        let common = common.area();
        let both = self.area() + other.area() - common;
        if both <= 0.0 { 0.0 } else { common / both }
    }

    /// The box grown (or shrunk) by `factor` about its middle.
    pub fn scaled(&self, factor: f32) -> Self {
        let center = self.center();
        let half = [0.5 * factor * self.width(), 0.5 * factor * self.height()];
        Self::from_corners(
            Point::new(center.x - half[0], center.y - half[1]),
            Point::new(center.x + half[0], center.y + half[1]),
        )
    }

    /// The part inside a picture of `[width, height]`; `None` when nothing is left.
    pub fn clipped(self, [width, height]: [usize; 2]) -> Option<Self> {
        let picture = Self::from_xywh([0.0, 0.0, width as f32, height as f32]);
        self.intersection(picture)
    }

    /// Whether all four numbers are finite.
    pub fn is_finite(&self) -> bool {
        self.min.is_finite() && self.max.is_finite()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::Image;

    fn bbox(xywh: [f32; 4]) -> BBox<Image> {
        BBox::from_xywh(xywh)
    }

    #[test]
    fn iou_of_half_overlap_is_a_third() {
        let iou = bbox([0.0, 0.0, 2.0, 1.0]).iou(&bbox([1.0, 0.0, 2.0, 1.0]));
        assert!((iou - 1.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn boxes_without_area_have_no_overlap() {
        let flat = bbox([1.0, 1.0, 0.0, 5.0]);
        assert_eq!(flat.iou(&flat), 0.0);
    }

    #[test]
    fn scaling_keeps_the_middle() {
        let scaled = bbox([10.0, 20.0, 4.0, 8.0]).scaled(1.5);
        assert_eq!(scaled.xywh(), [9.0, 18.0, 6.0, 12.0]);
    }

    #[test]
    fn clipping_keeps_the_inside() {
        let clipped = bbox([-5.0, 90.0, 20.0, 20.0]).clipped([100, 100]);
        assert_eq!(clipped.map(|b| b.xywh()), Some([0.0, 90.0, 15.0, 10.0]));
        assert_eq!(bbox([200.0, 0.0, 5.0, 5.0]).clipped([100, 100]), None);
    }
}
