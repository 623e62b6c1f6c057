//! From a camera's bytes to RGB.

use yuv::{
    YuvBiPlanarImage, YuvConversionMode, YuvError, YuvPackedImage, YuvRange, YuvStandardMatrix,
};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;

use super::jpeg::with_huffman_tables;
use crate::image::RgbImage;
use crate::source::PixelCoding;

/// A frame cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Spoilt {
    /// Fewer bytes than the size needs.
    #[error("{got} bytes instead of {needed}")]
    TooShort {
        /// Bytes that came.
        got: usize,
        /// Bytes of a whole frame.
        needed: usize,
    },
    /// The JPEG is broken.
    #[error("{0:?}")]
    Jpeg(#[from] DecodeErrors),
    /// The planes do not fit the size.
    #[error("{0:?}")]
    Planes(#[from] YuvError),
}

/// Cameras that give YCbCr mean BT.601 with narrow range, unless they say otherwise where nobody can hear it.
const RANGE: YuvRange = YuvRange::Limited;
const MATRIX: YuvStandardMatrix = YuvStandardMatrix::Bt601;

/// The picture in a buffer, which may be longer than the picture.
pub fn rgb_image(coding: PixelCoding, size: [usize; 2], bytes: &[u8]) -> Result<RgbImage, Spoilt> {
    let [width, height] = size;
    let rows = match coding {
        PixelCoding::Mjpeg => return jpeg_image(bytes),
        PixelCoding::Nv12 => height + height.div_ceil(2),
        _ => height,
    };
    let row_len = match coding {
        PixelCoding::Yuyv => 4 * width.div_ceil(2),
        PixelCoding::Rgb | PixelCoding::Bgr => 3 * width,
        PixelCoding::Mjpeg | PixelCoding::Nv12 | PixelCoding::Gray => width,
    };
    let stride = stride(bytes.len(), rows, row_len)?;
    // drivers give whole pages, and yuv takes packed pixels only without anything behind them
    let bytes = &bytes[..stride * rows];
    let mut image = RgbImage::filled(size, [0; 3]);
    let rgb_stride = 3 * width as u32;
    match coding {
        PixelCoding::Yuyv => {
            let packed = YuvPackedImage {
                yuy: bytes,
                yuy_stride: stride as u32,
                width: width as u32,
                height: height as u32,
            };
            yuv::yuyv422_to_rgb(&packed, image.pixels_mut(), rgb_stride, RANGE, MATRIX)?;
        }
        PixelCoding::Nv12 => {
            let (y_plane, uv_plane) = bytes.split_at(stride * height);
            let planes = YuvBiPlanarImage {
                y_plane,
                y_stride: stride as u32,
                uv_plane,
                uv_stride: stride as u32,
                width: width as u32,
                height: height as u32,
            };
            yuv::yuv_nv12_to_rgb(
                &planes,
                image.pixels_mut(),
                rgb_stride,
                RANGE,
                MATRIX,
                YuvConversionMode::Balanced,
            )?;
        }
        PixelCoding::Rgb | PixelCoding::Bgr | PixelCoding::Gray | PixelCoding::Mjpeg => {
            let from_rows = bytes.chunks(stride);
            let to_rows = image.pixels_mut().chunks_exact_mut(3 * width);
            for (from, to) in from_rows.zip(to_rows) {
                copy_row(coding, from, to);
            }
        }
    }
    Ok(image)
}

fn copy_row(coding: PixelCoding, from: &[u8], to: &mut [u8]) {
    if coding == PixelCoding::Gray {
        for (luma, pixel) in from.iter().zip(to.chunks_exact_mut(3)) {
            pixel.fill(*luma);
        }
        return;
    }
    for (source, pixel) in from.chunks_exact(3).zip(to.chunks_exact_mut(3)) {
        pixel.copy_from_slice(source);
        if coding == PixelCoding::Bgr {
            pixel.reverse();
        }
    }
}

/// Bytes from one row to the next, of which `rows` fit into `len`: some systems pad each row, others the end of the
/// buffer.
fn stride(len: usize, rows: usize, row_len: usize) -> Result<usize, Spoilt> {
    const PAGE: usize = 4096;
    let needed = rows * row_len;
    if needed == 0 || len < needed {
        return Err(Spoilt::TooShort { got: len, needed });
    }
    let is_padded_at_end = len - needed < PAGE.min(rows);
    if is_padded_at_end || !len.is_multiple_of(rows) {
        Ok(row_len)
    } else {
        Ok(len / rows)
    }
}

fn jpeg_image(bytes: &[u8]) -> Result<RgbImage, Spoilt> {
    let jpeg = with_huffman_tables(bytes);
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg.as_ref()), options);
    let pixels = decoder.decode()?;
    let (width, height) = decoder.dimensions().unwrap_or_default();
    let got = pixels.len();
    RgbImage::from_rgb([width, height], pixels).map_err(|_wrong_size| Spoilt::TooShort {
        got,
        needed: 3 * width * height,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_told_from_longer_rows() {
        assert_eq!(stride(640 * 480 * 2, 480, 1280).unwrap(), 1280);
        assert_eq!(stride(640 * 480 * 2 + 100, 480, 1280).unwrap(), 1280);
        assert_eq!(stride(1344 * 480, 480, 1280).unwrap(), 1344);
        assert!(stride(1279, 1, 1280).is_err());
    }

    #[test]
    fn colors_of_each_coding_come_out_right() {
        let white = |coding, bytes: &[u8]| rgb_image(coding, [2, 2], bytes).unwrap().get(1, 1);
        assert_eq!(
            white(PixelCoding::Yuyv, &[235, 128, 235, 128, 235, 128, 235, 128]),
            Some([255; 3])
        );
        assert_eq!(
            white(PixelCoding::Nv12, &[235, 235, 235, 235, 128, 128]),
            Some([255; 3])
        );
        assert_eq!(white(PixelCoding::Gray, &[1, 2, 3, 4]), Some([4; 3]));
        let colors = [0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 20, 30];
        assert_eq!(white(PixelCoding::Rgb, &colors), Some([10, 20, 30]));
        assert_eq!(white(PixelCoding::Bgr, &colors), Some([30, 20, 10]));
        assert!(rgb_image(PixelCoding::Nv12, [2, 2], &[0; 5]).is_err());
    }

    #[test]
    fn bytes_behind_the_picture_are_left_out() {
        for (coding, needed) in [
            (PixelCoding::Yuyv, 2 * 8 * 8),
            (PixelCoding::Nv12, 8 * 12),
            (PixelCoding::Rgb, 3 * 8 * 8),
            (PixelCoding::Gray, 8 * 8),
        ] {
            let picture: Vec<u8> = (0..needed).map(|i| i as u8).collect();
            let mut buffer = picture.clone();
            buffer.extend([255; 3]);
            assert_eq!(
                rgb_image(coding, [8, 8], &buffer).unwrap(),
                rgb_image(coding, [8, 8], &picture).unwrap(),
                "{coding:?}"
            );
        }
    }

    /// A JPEG of a smooth picture, whose encoder uses the tables that cameras leave out.
    fn jpeg() -> Vec<u8> {
        let pixels: Vec<u8> = (0..3 * 64 * 48_u32).map(|i| (i / 40) as u8).collect();
        let mut jpeg = Vec::new();
        jpeg_encoder::Encoder::new(&mut jpeg, 90)
            .encode(&pixels, 64, 48, jpeg_encoder::ColorType::Rgb)
            .unwrap();
        jpeg
    }

    /// Without the segments that define Huffman tables, as many cameras send their frames.
    fn without_tables(jpeg: &[u8]) -> Vec<u8> {
        let mut short = jpeg[..2].to_vec();
        let mut at = 2;
        while jpeg[at + 1] != 0xda {
            let end = at + 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
            if jpeg[at + 1] != 0xc4 {
                short.extend_from_slice(&jpeg[at..end]);
            }
            at = end;
        }
        short.extend_from_slice(&jpeg[at..]);
        short
    }

    #[test]
    fn camera_jpeg_without_huffman_tables_decodes_like_the_whole_one() {
        let whole = jpeg();
        let short = without_tables(&whole);
        assert!(short.len() < whole.len());
        let expected = rgb_image(PixelCoding::Mjpeg, [64, 48], &whole).unwrap();
        assert_eq!(
            rgb_image(PixelCoding::Mjpeg, [64, 48], &short).unwrap(),
            expected
        );
        // a driver's buffer is longer than the picture in it
        let mut padded = short;
        padded.resize(padded.len() + 5000, 0);
        assert_eq!(
            rgb_image(PixelCoding::Mjpeg, [64, 48], &padded).unwrap(),
            expected
        );
    }

    #[test]
    fn broken_jpegs_are_errors() {
        let whole = jpeg();
        assert!(rgb_image(PixelCoding::Mjpeg, [64, 48], &[]).is_err());
        assert!(rgb_image(PixelCoding::Mjpeg, [64, 48], &whole[..40]).is_err());
        assert!(rgb_image(PixelCoding::Mjpeg, [64, 48], &[7; 300]).is_err());
    }
}
