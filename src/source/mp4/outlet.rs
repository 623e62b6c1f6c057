//! Where pictures come out of the decoder: each gets its time, and is thrown away or made ready.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use openh264::decoder::DecodedYUV;

use super::orientation::Orientation;
use crate::image::RgbImage;
use crate::source::h264::{ColorCoding, rgb_image};

/// A sample whose picture has not come out yet; they come out by composition time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InDecoder {
    /// Its order, in ticks before the edit list.
    pub composition_time: i64,
    /// Its time, in ticks after the edit list; `None` when it is not shown.
    pub shown_at: Option<i64>,
}

/// Gives times to pictures.
///
/// The decoder knows no times, and gives pictures in order of presentation; so each picture that comes out
/// takes the earliest time among the samples that went in and have not come out yet.
pub struct Outlet {
    color: ColorCoding,
    orientation: Orientation,
    /// The samples in the decoder, the earliest on top.
    pub inside: BinaryHeap<Reverse<InDecoder>>,
    /// Pictures to be given, with their times.
    pub ready: VecDeque<(i64, RgbImage)>,
    /// Pictures before this composition time were decoded only on the way to where the user jumped.
    pub give_from: i64,
    /// Composition time of the last picture that came out.
    pub last_out: Option<i64>,
}

impl Outlet {
    /// An outlet that gives pictures as they are shown.
    pub const fn new(color: ColorCoding, orientation: Orientation) -> Self {
        Self {
            color,
            orientation,
            inside: BinaryHeap::new(),
            ready: VecDeque::new(),
            give_from: i64::MIN,
            last_out: None,
        }
    }

    /// A sample went into the decoder.
    pub fn expect(&mut self, sample: InDecoder) {
        self.inside.push(Reverse(sample));
    }

    /// A picture came out of it.
    pub fn take(&mut self, picture: &DecodedYUV<'_>) {
        let Some(Reverse(sample)) = self.inside.pop() else {
            tracing::debug!("openh264 gave a picture too many");
            return;
        };
        self.last_out = Some(sample.composition_time);
        let Some(time) = sample.shown_at else {
            return;
        };
        if sample.composition_time < self.give_from {
            return;
        }
        let Some(image) = rgb_image(picture, self.color) else {
            return;
        };
        let image = self.orientation.upright(image);
        self.ready.push_back((time, image));
    }

    /// Forgets everything but the pictures that will be wanted.
    pub fn restart(&mut self) {
        self.inside.clear();
        self.ready.clear();
        self.last_out = None;
    }
}
