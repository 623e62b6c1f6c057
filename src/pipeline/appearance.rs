//! From people's boxes to how they look: cut, ask the net.

use crate::geom::{BBox, Image, Similarity};
use crate::image::RgbImage;
use crate::image::warp::Cutter;
use crate::pipeline::estimate::image_from_fitting_crop;
use crate::seam::{NetError, Reidentifier};
use crate::types::{Embedding, PersonCrop};

/// The box just fits, as in training: what is around somebody is not part of their looks.
const CROP_MARGIN: f32 = 1.0;

/// Colors the crop outside the frame, as in training.
const OUTSIDE: [u8; 3] = [0; 3];

/// A net that tells people apart, and how it is asked.
pub struct AppearanceEstimator {
    net: Box<dyn Reidentifier>,
    cutter: Cutter,
    /// Memory that is kept from frame to frame: as many crops as were asked for at once.
    crops: Vec<PersonCrop>,
}

impl AppearanceEstimator {
    /// Asks `net`.
    pub fn new(net: Box<dyn Reidentifier>) -> Self {
        Self {
            net,
            cutter: Cutter::default(),
            crops: Vec::new(),
        }
    }

    /// How the people in these boxes of a frame look, all in one batch.
    pub fn looks(
        &mut self,
        image: &RgbImage,
        boxes: &[BBox<Image>],
    ) -> Result<Vec<Embedding>, NetError> {
        let size = self.net.input_size();
        while self.crops.len() < boxes.len() {
            self.crops.push(PersonCrop {
                image_from_crop: Similarity::new(1.0, [0.0, 0.0]),
                image: RgbImage::filled(size, OUTSIDE),
            });
        }
        let crops = &mut self.crops[..boxes.len()];
        for (crop, bbox) in crops.iter_mut().zip(boxes) {
            crop.image_from_crop = image_from_fitting_crop(*bbox, size, CROP_MARGIN);
            self.cutter
                .cut(image, &crop.image_from_crop, OUTSIDE, &mut crop.image);
        }
        self.net.embeddings(crops)
    }
}
