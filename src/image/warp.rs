//! Cutting and scaling: from a frame to a net's input.
//!
//! The value of an output pixel is the frame's value at the place where the pixel's center lands, bilinear between
//! the four nearest pixel centers; pixels outside the frame have the color `outside`. Where the frame is shrunk by
//! two or more, blocks of pixels are averaged first, so that nothing is skipped.

use std::borrow::Cow;

use super::rgb::RgbImage;
use crate::geom::{Crop, Image, Point, Similarity};

/// So many rows can be summed up in 16 bits; a frame would need 49,000 pixels a side to be shrunk by more.
const LARGEST_BLOCK: usize = 257;

/// Cuts `size` (`[width, height]`) pixels out of a frame.
pub fn cut(
    image: &RgbImage,
    image_from_crop: &Similarity<Image, Crop>,
    size: [usize; 2],
    outside: [u8; 3],
) -> RgbImage {
    let block = (image_from_crop.scale as usize).clamp(1, LARGEST_BLOCK);
    let far_corner = Point::new(size[0] as f32, size[1] as f32);
    let (source, left_top_block) = if block == 1 {
        (Cow::Borrowed(image), [0, 0])
    } else {
        let min = image_from_crop.apply(Point::new(0.0, 0.0));
        let max = image_from_crop.apply(far_corner);
        let (averaged, left_top_block) =
            average_blocks(image, block, [min.x, min.y], [max.x, max.y]);
        (Cow::Owned(averaged), left_top_block)
    };
    let block = block as f32;
    let taps = |axis: usize| -> Vec<Tap> {
        (0..size[axis])
            .map(|out| {
                let center =
                    image_from_crop.scale * (out as f32 + 0.5) + image_from_crop.shift[axis];
                Tap::at(
                    center / block - 0.5 - left_top_block[axis] as f32,
                    source.size()[axis],
                )
            })
            .collect()
    };
    let (columns, rows) = (taps(0), taps(1));
    blend(&source, &columns, &rows, outside)
}

/// Where one output coordinate falls between two source pixels.
///
/// Pixels are counted from 1: 0 stands for everything before the source, its length plus 1 for everything behind.
#[derive(Clone, Copy, Debug)]
struct Tap {
    /// The pixel before and the pixel after.
    pixels: [usize; 2],
    /// Share of the second, in 1/256.
    share: u32,
}

impl Tap {
    /// `at` in source pixels, 0 being the first pixel's center; `len` pixels are there.
    fn at(at: f32, len: usize) -> Self {
        let first = at.floor();
        let share = ((at - first) * 256.0).round() as u32;
        let first = first as i64;
        let counted = |idx: i64| (idx.clamp(-1, len as i64) + 1) as usize;
        Self {
            pixels: [counted(first), counted(first.saturating_add(1))],
            share,
        }
    }
}

/// Blends lines first, which goes many numbers at a time, then the pixels of the blended line.
fn blend(source: &RgbImage, columns: &[Tap], rows: &[Tap], outside: [u8; 3]) -> RgbImage {
    let [width, height] = source.size();
    let bytes = source.pixels();
    // the part of a line that is asked for, counted like taps
    let asked = |end: usize| columns.iter().map(move |column| column.pixels[end]);
    let first = asked(0).min().unwrap_or(0);
    let last = asked(1).max().unwrap_or(0);
    let inside = first.max(1)..(last + 1).min(width + 1).max(first.max(1));
    let line_outside: Vec<u8> = outside.into_iter().cycle().take(3 * inside.len()).collect();
    // one line, 256 times its values, between two pixels of the color outside
    let mut line: Vec<u16> = outside
        .into_iter()
        .map(|value| 256 * u16::from(value))
        .cycle()
        .take(3 * (last - first + 1))
        .collect();
    let blended = 3 * (inside.start - first)..3 * (inside.end - first);
    let mut pixels = vec![0; 3 * columns.len() * rows.len()];
    for (row, out_row) in rows
        .iter()
        .zip(pixels.chunks_exact_mut((3 * columns.len()).max(1)))
    {
        let [upper, lower] = row.pixels.map(|y| {
            if (1..=height).contains(&y) {
                let start = (y - 1) * width;
                &bytes[3 * (start + inside.start - 1)..3 * (start + inside.end - 1)]
            } else {
                &line_outside[..]
            }
        });
        let share = row.share as u16;
        for ((value, upper), lower) in line[blended.clone()].iter_mut().zip(upper).zip(lower) {
            *value = u16::from(*upper) * (256 - share) + u16::from(*lower) * share;
        }
        for (column, out) in columns.iter().zip(out_row.chunks_exact_mut(3)) {
            let [before, after] = column.pixels.map(|x| 3 * (x - first));
            let before = &line[before..before + 3];
            let after = &line[after..after + 3];
            for channel in 0..3 {
                let [before, after] = [before, after].map(|pixel| u32::from(pixel[channel]));
                let sum = before * (256 - column.share) + after * column.share;
                // 2^16 parts, rounded; at most 255 again
                out[channel] = ((sum + (1 << 15)) >> 16) as u8;
            }
        }
    }
    RgbImage::from_rgb([columns.len(), rows.len()], pixels)
        .unwrap_or_else(|_wrong_size| RgbImage::filled([0, 0], outside))
}

/// Averages `block` x `block` pixels into one, for the blocks that touch the rectangle `min..max` and one more around.
///
/// Returns the small picture and the column and row of its first block.
fn average_blocks(
    image: &RgbImage,
    block: usize,
    min: [f32; 2],
    max: [f32; 2],
) -> (RgbImage, [usize; 2]) {
    let first = |axis: usize| ((min[axis] / block as f32).floor() - 1.0).max(0.0) as usize;
    let end = |axis: usize| {
        let n_blocks = image.size()[axis].div_ceil(block);
        (((max[axis] / block as f32).ceil() + 1.0).max(0.0) as usize).min(n_blocks)
    };
    let start = [first(0).min(end(0)), first(1).min(end(1))];
    let size = [end(0) - start[0], end(1) - start[1]];
    let mut pixels = Vec::with_capacity(3 * size[0] * size[1]);
    let width = image.width();
    let columns = start[0] * block..((start[0] + size[0]) * block).min(width);
    // rows are summed up first, which goes many numbers at a time
    let mut sums = vec![0_u16; 3 * columns.len()];
    for block_row in start[1]..start[1] + size[1] {
        sums.fill(0);
        let rows = block_row * block..((block_row + 1) * block).min(image.height());
        let n_rows = rows.len();
        for y in rows {
            let row =
                &image.pixels()[3 * (y * width + columns.start)..3 * (y * width + columns.end)];
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += u16::from(*value);
            }
        }
        match block {
            2 => average_columns::<2>(&sums, n_rows, &mut pixels),
            3 => average_columns::<3>(&sums, n_rows, &mut pixels),
            4 => average_columns::<4>(&sums, n_rows, &mut pixels),
            5 => average_columns::<5>(&sums, n_rows, &mut pixels),
            6 => average_columns::<6>(&sums, n_rows, &mut pixels),
            _ => sums
                .chunks(3 * block)
                .for_each(|sums| pixels.extend(average(sums, n_rows))),
        }
    }
    let averaged = RgbImage::from_rgb(size, pixels)
        .unwrap_or_else(|_wrong_size| RgbImage::filled([0, 0], [0; 3]));
    (averaged, start)
}

/// Averages blocks of a constant width, which goes several times faster, and what is left of the row.
fn average_columns<const BLOCK: usize>(sums: &[u16], n_rows: usize, pixels: &mut Vec<u8>) {
    let n = (n_rows * BLOCK) as u32;
    // n times a rounded 2^24 / n is off by less than n / 2, far less than a half after the shift
    let inverse = ((1_u32 << 24) + n / 2) / n;
    let mut blocks = sums.chunks_exact(3 * BLOCK);
    for block in &mut blocks {
        let mut total = [0_u32; 3];
        for column in 0..BLOCK {
            for channel in 0..3 {
                total[channel] += u32::from(block[3 * column + channel]);
            }
        }
        let rounded = |total: u32| (u64::from(total) * u64::from(inverse) + (1 << 23)) >> 24;
        pixels.extend(total.map(|total| rounded(total) as u8));
    }
    let rest = blocks.remainder();
    if !rest.is_empty() {
        pixels.extend(average(rest, n_rows));
    }
}

/// The average color of a block whose columns are summed up.
fn average(sums: &[u16], n_rows: usize) -> [u8; 3] {
    let n = (n_rows * sums.len() / 3) as u32;
    let mut total = [0; 3];
    for pixel in sums.chunks_exact(3) {
        for (total, sum) in total.iter_mut().zip(pixel) {
            *total += u32::from(*sum);
        }
    }
    total.map(|total| ((total + n / 2) / n) as u8)
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
