//! Nets that answer exactly: people are drawn as one colored square a joint, and read back from the colors.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses a part of it"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use poseglass::geom::{BBox, Image, Point};
use poseglass::image::RgbImage;
use poseglass::seam::{NetError, PersonDetector, PoseNet, Reidentifier};
use poseglass::skeleton::N_JOINTS;
use poseglass::types::{Detection, EMBEDDING_LEN, Embedding, Frame, Heatmaps, PersonCrop};

/// Half the side of a joint's square, in pixels.
const HALF_SQUARE: i32 = 4;

/// The red value of a joint's squares.
fn red_of(joint_idx: usize) -> u8 {
    60 + 10 * joint_idx as u8
}

/// The blue value of the people's squares, a person each.
fn blue_of(person: usize) -> u8 {
    100 + 40 * person as u8
}

/// A drawn person: joints on a ladder of five rows around `center`, 60 wide and 160 high.
pub fn joints_around(center: Point<Image>) -> [Point<Image>; N_JOINTS] {
    std::array::from_fn(|joint_idx| {
        let column = (joint_idx % 4) as f32;
        let row = (joint_idx / 4) as f32;
        Point::new(
            center.x - 30.0 + 20.0 * column,
            center.y - 80.0 + 40.0 * row,
        )
    })
}

/// A frame with people at `centers`; person `i` keeps her color.
pub fn draw(size: [usize; 2], centers: &[(usize, Point<Image>)]) -> RgbImage {
    let mut image = RgbImage::filled(size, [0; 3]);
    for (person, center) in centers {
        for (joint_idx, joint) in joints_around(*center).into_iter().enumerate() {
            for dy in -HALF_SQUARE..=HALF_SQUARE {
                for dx in -HALF_SQUARE..=HALF_SQUARE {
                    let (x, y) = (joint.x as i32 + dx, joint.y as i32 + dy);
                    if 0 <= x && (x as usize) < size[0] && 0 <= y && (y as usize) < size[1] {
                        let at = 3 * (y as usize * size[0] + x as usize);
                        image.pixels_mut()[at..at + 3].copy_from_slice(&[
                            red_of(joint_idx),
                            255,
                            blue_of(*person),
                        ]);
                    }
                }
            }
        }
    }
    image
}

/// A frame at a time, index and time together.
pub fn frame(index: u64, time: Duration, image: RgbImage) -> Frame {
    Frame {
        index,
        time,
        file: None,
        captured_at: Instant::now(),
        image: Arc::new(image),
    }
}

/// Finds every drawn person, counting how often it was asked.
#[derive(Clone, Default)]
pub struct ColorDetector {
    pub asked: Arc<AtomicUsize>,
    pub mirror: Arc<AtomicBool>,
}

impl PersonDetector for ColorDetector {
    fn set_mirror(&mut self, mirror: bool) {
        self.mirror.store(mirror, Ordering::SeqCst);
    }

    fn detect(&mut self, image: &RgbImage) -> Result<Vec<Detection>, NetError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut bounds: Vec<Option<BBox<Image>>> = vec![None; 4];
        for y in 0..image.height() {
            for x in 0..image.width() {
                let Some([_, 255, blue]) = image.get(x, y) else {
                    continue;
                };
                if let Some(person) = (0..4).find(|person| blue_of(*person) == blue) {
                    let pixel = BBox::from_xywh([x as f32, y as f32, 1.0, 1.0]);
                    bounds[person] = Some(bounds[person].map_or(pixel, |b| b.union(pixel)));
                }
            }
        }
        Ok(bounds
            .into_iter()
            .flatten()
            .map(|bbox| Detection { bbox, score: 0.9 })
            .collect())
    }
}

/// Heats the cells where a joint's color is, for the person whose color is nearest to the middle of the crop.
#[derive(Clone, Default)]
pub struct ColorPoseNet {
    pub crops_seen: Arc<AtomicUsize>,
    pub has_mirror: bool,
}

impl PoseNet for ColorPoseNet {
    fn has_mirror(&self) -> bool {
        self.has_mirror
    }

    fn input_size(&self) -> [usize; 2] {
        [192, 256]
    }

    fn heatmaps(&mut self, crops: &[PersonCrop], answer: &mut Heatmaps) -> Result<(), NetError> {
        self.crops_seen.fetch_add(crops.len(), Ordering::SeqCst);
        let mut values = Vec::new();
        for crop in crops {
            let mut maps = vec![0.0; N_JOINTS * 64 * 48];
            for y in 0..256 {
                for x in 0..192 {
                    // squares' borders are blends; the inside has the pure color
                    let Some([red, 255, _]) = crop.image.get(x, y) else {
                        continue;
                    };
                    if let Some(joint_idx) = (0..N_JOINTS).find(|j| red_of(*j) == red) {
                        maps[(joint_idx * 64 + y / 4) * 48 + x / 4] += 1.0 / 16.0;
                    }
                }
            }
            values.extend(maps);
        }
        *answer = Heatmaps {
            shape: [crops.len(), N_JOINTS, 64, 48],
            values,
        };
        Ok(())
    }
}

/// Looks are the blue of the pixel nearest to the middle of the crop that has one.
#[derive(Clone, Default)]
pub struct ColorReidentifier {
    pub crops_seen: Arc<AtomicUsize>,
}

impl Reidentifier for ColorReidentifier {
    fn input_size(&self) -> [usize; 2] {
        [64, 128]
    }

    fn embeddings(&mut self, crops: &[PersonCrop]) -> Result<Vec<Embedding>, NetError> {
        self.crops_seen.fetch_add(crops.len(), Ordering::SeqCst);
        let looks = crops.iter().map(|crop| {
            let mut numbers = [0.01; EMBEDDING_LEN];
            for y in 0..128 {
                for x in 0..64 {
                    if let Some([_, 255, blue]) = crop.image.get(x, y)
                        && let Some(person) = (0..4).find(|person| blue_of(*person) == blue)
                    {
                        numbers[person] += 1.0;
                    }
                }
            }
            Embedding::from_numbers(&numbers).expect("positive numbers have a direction")
        });
        Ok(looks.collect())
    }
}
