//! Maps between coordinate spaces.

use std::marker::PhantomData;

use super::bbox::BBox;
use super::space::Point;

/// Uniform scale and shift that takes a point of `From` to `To`.
///
/// Values are named `to_from`: `image_from_crop.apply(point_in_crop)` is a point in the image.
pub struct Similarity<To, From> {
    /// Pixels of `To` per pixel of `From`.
    pub scale: f32,
    /// Where the origin of `From` lies in `To`.
    pub shift: [f32; 2],
    spaces: PhantomData<(To, From)>,
}

impl<To, From> Clone for Similarity<To, From> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<To, From> Copy for Similarity<To, From> {}

impl<To, From> std::fmt::Debug for Similarity<To, From> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p * {} + {:?}", self.scale, self.shift)
    }
}

impl<To, From> Similarity<To, From> {
    /// `to = scale * from + shift`; `scale` must not be 0.
    pub const fn new(scale: f32, shift: [f32; 2]) -> Self {
        Self {
            scale,
            shift,
            spaces: PhantomData,
        }
    }

    /// Maps a point.
    pub fn apply(&self, point: Point<From>) -> Point<To> {
        Point::new(
            self.scale * point.x + self.shift[0],
            self.scale * point.y + self.shift[1],
        )
    }

    /// Maps a box.
    pub fn apply_bbox(&self, bbox: BBox<From>) -> BBox<To> {
        BBox::from_corners(self.apply(bbox.min), self.apply(bbox.max))
    }

    /// The way back.
    pub fn inverse(&self) -> Similarity<From, To> {
        let scale = 1.0 / self.scale;
        Similarity::new(scale, [-self.shift[0] * scale, -self.shift[1] * scale])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::{Crop, Image};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn inverse_leads_back(scale in 0.05f32..20.0, dx in -500f32..500.0, dy in -500f32..500.0, x in -2000f32..2000.0, y in -2000f32..2000.0) {
            let image_from_crop = Similarity::<Image, Crop>::new(scale, [dx, dy]);
            let point = Point::<Crop>::new(x, y);
            let back = image_from_crop.inverse().apply(image_from_crop.apply(point));
            // one rounding of 1 / scale on numbers up to 40,000
            prop_assert!(back.distance(point) < 0.1);
        }
    }
}
