//! Which coordinate space a point is in.
//!
//! In every space x goes right, y goes down, and the center of the first pixel is at (0.5, 0.5).
//! A heatmap cell `c` therefore stands for the crop position `(c + 0.5) * stride`.

use std::marker::PhantomData;

/// What is to be taken from a position to get COCO's numbers, and those of formats and tools that follow it: they count
/// pixels from 0, so that a joint in the middle of the first pixel is at (0, 0).
///
/// Measured, since the format's documents do not say it: of a net that learned from COCO's labels on pictures and on
/// their mirror images alike, as if they were positions, the joints lay half a pixel beside the labels in x and not in y.
pub const FIRST_PIXEL_CENTER_PX: f64 = 0.5;

/// Pixels of the frame as it is displayed (turned and mirrored as the recording says, before the window's mirror).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Image {}

/// Pixels of a net's input picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crop {}

/// A position in the space `S`.
pub struct Point<S> {
    /// Pixels to the right of the left edge.
    pub x: f32,
    /// Pixels below the top edge.
    pub y: f32,
    space: PhantomData<S>,
}

impl<S> Clone for Point<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Point<S> {}

impl<S> PartialEq for Point<S> {
    fn eq(&self, other: &Self) -> bool {
        self.x == other.x && self.y == other.y
    }
}

impl<S> std::fmt::Debug for Point<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "({}, {})", self.x, self.y)
    }
}

impl<S> Point<S> {
    /// The point (x, y).
    pub const fn new(x: f32, y: f32) -> Self {
        Self {
            x,
            y,
            space: PhantomData,
        }
    }

    /// Euclidean distance in pixels.
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The point at the share `t` of the way to `other`.
    pub fn lerp(self, other: Self, t: f32) -> Self {
        Self::new(
            self.x + t * (other.x - self.x),
            self.y + t * (other.y - self.y),
        )
    }

    /// Whether both coordinates are finite.
    pub fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite()
    }
}
