//! Cutting and scaling: from a frame to a net's input.
//!
//! The value of an output pixel is the frame's value at the place where the pixel's center lands, bilinear between
//! the four nearest pixel centers; pixels outside the frame have the color `outside`. Where the frame is shrunk by
//! two or more, blocks of pixels are averaged first, so that nothing is skipped.

use std::ops::Range;

use super::rgb::RgbImage;
use crate::geom::{Crop, Image, Point, Similarity};
use crate::kernels::{LINE_PARTS, LineTap, average_line, mix_line};

/// So many rows can be summed up in 16 bits; a frame would need 16,000 pixels a side to be shrunk by more.
const LARGEST_BLOCK: usize = 257;

/// Cuts pieces out of frames, in memory that is kept from cut to cut.
#[derive(Clone, Debug, Default)]
pub struct Cutter {
    columns: Vec<Tap>,
    rows: Vec<Tap>,
    blending: Blending,
    /// One row of blocks, its rows summed up.
    sums: Vec<u16>,
    averaged: Vec<u8>,
}

/// A picture, whoever owns it.
#[derive(Clone, Copy, Debug)]
struct Source<'a> {
    size: [usize; 2],
    pixels: &'a [u8],
}

impl Cutter {
    /// Fills `out` with the part of a frame that lies behind it.
    pub fn cut(
        &mut self,
        image: &RgbImage,
        image_from_crop: &Similarity<Image, Crop>,
        outside: [u8; 3],
        out: &mut RgbImage,
    ) {
        let size = out.size();
        let block = (image_from_crop.scale as usize).clamp(1, LARGEST_BLOCK);
        let mut source = Source {
            size: image.size(),
            pixels: image.pixels(),
        };
        let mut left_top_block = [0, 0];
        if 1 < block {
            let min = image_from_crop.apply(Point::new(0.0, 0.0));
            let max = image_from_crop.apply(Point::new(size[0] as f32, size[1] as f32));
            let blocks = [
                blocks_touched(image.width(), block, min.x, max.x),
                blocks_touched(image.height(), block, min.y, max.y),
            ];
            left_top_block = [blocks[0].start, blocks[1].start];
            source.size = [blocks[0].len(), blocks[1].len()];
            average_blocks(image, block, blocks, &mut self.sums, &mut self.averaged);
            source.pixels = &self.averaged;
        }
        for (axis, taps) in [&mut self.columns, &mut self.rows].into_iter().enumerate() {
            taps.clear();
            taps.extend((0..size[axis]).map(|out| {
                let center =
                    image_from_crop.scale * (out as f32 + 0.5) + image_from_crop.shift[axis];
                Tap::at(
                    center / block as f32 - 0.5 - left_top_block[axis] as f32,
                    source.size[axis],
                )
            }));
        }
        self.blending
            .blend(source, &self.columns, &self.rows, outside, out);
    }
}

/// Cuts `size` (`[width, height]`) pixels out of a frame, where it happens once.
pub fn cut(
    image: &RgbImage,
    image_from_crop: &Similarity<Image, Crop>,
    size: [usize; 2],
    outside: [u8; 3],
) -> RgbImage {
    let mut out = RgbImage::filled(size, outside);
    Cutter::default().cut(image, image_from_crop, outside, &mut out);
    out
}

/// Where one output coordinate falls between two source pixels.
///
/// Pixels are counted from 1: 0 stands for everything before the source, its length plus 1 for everything behind.
#[derive(Clone, Copy, Debug)]
struct Tap {
    /// The pixel before and the pixel after.
    pixels: [usize; 2],
    /// Their shares, as in [`LineTap`].
    shares: [u16; 2],
}

impl Tap {
    /// `at` in source pixels, 0 being the first pixel's center; `len` pixels are there.
    fn at(at: f32, len: usize) -> Self {
        let first = at.floor();
        let share = ((at - first) * f32::from(LineTap::PARTS)).round() as u16;
        let first = first as i64;
        let counted = |idx: i64| (idx.clamp(-1, len as i64) + 1) as usize;
        Self {
            pixels: [counted(first), counted(first.saturating_add(1))],
            shares: [LineTap::PARTS.saturating_sub(share), share],
        }
    }
}

/// Blends lines first, which goes many numbers at a time, then the pixels of the blended line.
#[derive(Clone, Debug, Default)]
struct Blending {
    /// One line, its values times [`LINE_PARTS`], and a number that ends the last pixel's four.
    line: Vec<u16>,
    taps: Vec<LineTap>,
    /// What a line outside the source is like.
    line_outside: Vec<u8>,
}

impl Blending {
    fn blend(
        &mut self,
        source: Source<'_>,
        columns: &[Tap],
        rows: &[Tap],
        outside: [u8; 3],
        out: &mut RgbImage,
    ) {
        if columns.is_empty() {
            return;
        }
        let [width, height] = source.size;
        // the part of a line that is asked for, counted like taps
        let asked = |end: usize| columns.iter().map(move |column| column.pixels[end]);
        let first = asked(0).min().unwrap_or(0);
        let last = asked(1).max().unwrap_or(0);
        let inside = first.max(1)..(last + 1).min(width + 1).max(first.max(1));
        self.line_outside.clear();
        self.line_outside
            .extend(outside.into_iter().cycle().take(3 * inside.len()));
        // what the source does not reach keeps the color outside
        let n_numbers = 3 * (last - first + 1) + 1;
        let parts_outside = outside.map(|value| LINE_PARTS * u16::from(value));
        self.line.clear();
        self.line
            .extend(parts_outside.into_iter().cycle().take(n_numbers));
        let blended = 3 * (inside.start - first)..3 * (inside.end - first);
        self.taps.clear();
        self.taps.extend(columns.iter().map(|column| LineTap {
            starts: column.pixels.map(|x| (3 * (x - first)) as u32),
            shares: column.shares,
        }));
        let out_rows = out.pixels_mut().chunks_exact_mut(3 * columns.len());
        for (row, out_row) in rows.iter().zip(out_rows) {
            let [upper, lower] = row.pixels.map(|y| {
                if (1..=height).contains(&y) {
                    let start = (y - 1) * width + inside.start - 1;
                    &source.pixels[3 * start..3 * (start + inside.len())]
                } else {
                    &self.line_outside[..]
                }
            });
            let [upper_share, lower_share] = row.shares;
            let values = self.line[blended.clone()].iter_mut();
            for ((value, upper), lower) in values.zip(upper).zip(lower) {
                let sum = u16::from(*upper) * upper_share + u16::from(*lower) * lower_share;
                *value = sum / (LineTap::PARTS / LINE_PARTS);
            }
            mix_line(&self.line, &self.taps, out_row);
        }
    }
}

/// The blocks that touch `min..max` along an axis of `len` pixels, and one more on each side, of those that there are.
fn blocks_touched(len: usize, block: usize, min: f32, max: f32) -> Range<usize> {
    let end = ((max / block as f32).ceil() + 1.0).max(0.0) as usize;
    let end = end.min(len.div_ceil(block));
    let start = ((min / block as f32).floor() - 1.0).max(0.0) as usize;
    start.min(end)..end
}

/// Averages `block` x `block` pixels into one, for a rectangle of blocks (columns, rows).
fn average_blocks(
    image: &RgbImage,
    block: usize,
    [block_columns, block_rows]: [Range<usize>; 2],
    sums: &mut Vec<u16>,
    averaged: &mut Vec<u8>,
) {
    let [width, height] = image.size();
    let n_averaged = 3 * block_columns.len();
    averaged.clear();
    averaged.resize(n_averaged * block_rows.len(), 0);
    if averaged.is_empty() {
        return;
    }
    let columns = block_columns.start * block..(block_columns.end * block).min(width);
    let part = |y: usize| &image.pixels()[3 * (y * width + columns.start)..][..3 * columns.len()];
    for (block_row, averaged) in block_rows.zip(averaged.chunks_exact_mut(n_averaged)) {
        let rows = block_row * block..((block_row + 1) * block).min(height);
        let n_rows = rows.len();
        // rows are summed up first, which goes many numbers at a time, two rows at a time for less memory traffic;
        // average_line wants a number more
        sums.clear();
        sums.resize(3 * columns.len() + 1, 0);
        let mut parts = rows.map(part);
        while let Some(upper) = parts.next() {
            match parts.next() {
                Some(lower) => {
                    for ((sum, upper), lower) in sums.iter_mut().zip(upper).zip(lower) {
                        *sum += u16::from(*upper) + u16::from(*lower);
                    }
                }
                None => {
                    for (sum, value) in sums.iter_mut().zip(upper) {
                        *sum += u16::from(*value);
                    }
                }
            }
        }
        average_line(sums, block, n_rows, averaged);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient(size: [usize; 2]) -> RgbImage {
        let pixels = (0..size[1])
            .flat_map(|y| (0..size[0]).flat_map(move |x| [x as u8, y as u8, 7]))
            .collect();
        RgbImage::from_rgb(size, pixels).unwrap()
    }

    #[test]
    fn identity_changes_nothing() {
        let image = gradient([20, 10]);
        let same = cut(&image, &Similarity::new(1.0, [0.0, 0.0]), [20, 10], [0; 3]);
        assert_eq!(same, image);
    }

    #[test]
    fn whole_shifts_move_pixels_and_show_the_outside() {
        let image = gradient([20, 10]);
        let shifted = cut(&image, &Similarity::new(1.0, [-2.0, 3.0]), [20, 10], [9; 3]);
        assert_eq!(shifted.get(1, 0), Some([9; 3]));
        assert_eq!(shifted.get(5, 2), Some([3, 5, 7]));
        assert_eq!(shifted.get(5, 8), Some([9; 3]));
    }

    #[test]
    fn shrinking_averages_instead_of_skipping() {
        // columns alternate between black and white
        let pixels = (0..64 * 64)
            .flat_map(|i| [if i % 2 == 0 { 0 } else { 255 }; 3])
            .collect();
        let stripes = RgbImage::from_rgb([64, 64], pixels).unwrap();
        let small = cut(
            &stripes,
            &Similarity::new(4.0, [0.0, 0.0]),
            [16, 16],
            [0; 3],
        );
        for y in 1..15 {
            for x in 1..15 {
                let [gray, _, _] = small.get(x, y).unwrap();
                assert!((127..=128).contains(&gray), "{gray} at {x}, {y}");
            }
        }
    }

    #[test]
    fn shrinking_keeps_positions() {
        let image = gradient([200, 120]);
        let image_from_crop = Similarity::new(2.6, [10.0, 6.0]);
        let small = cut(&image, &image_from_crop, [40, 30], [0; 3]);
        for (x, y) in [(3, 4), (20, 15), (36, 28)] {
            let at = image_from_crop.apply(Point::new(x as f32 + 0.5, y as f32 + 0.5));
            let [red, green, _] = small.get(x, y).unwrap();
            // the gradient's value is the coordinate of the pixel's left top
            assert!((f32::from(red) - (at.x - 0.5)).abs() <= 1.0);
            assert!((f32::from(green) - (at.y - 0.5)).abs() <= 1.0);
        }
    }

    #[test]
    fn far_outside_is_all_outside() {
        let image = gradient([20, 10]);
        for shift in [-1e6, 1e6] {
            for scale in [0.5, 3.0] {
                let far = cut(
                    &image,
                    &Similarity::new(scale, [shift, shift]),
                    [4, 4],
                    [5; 3],
                );
                assert_eq!(far, RgbImage::filled([4, 4], [5; 3]));
            }
        }
    }
}
