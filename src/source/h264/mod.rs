//! H.264 as mp4 files hold it: parameter sets, NAL units, and the openh264 decoder.

mod bits;
mod color;
mod parameters;

use openh264::OpenH264API;
use openh264::decoder::{DecodeOptions, DecodedYUV, Decoder, DecoderConfig, Flush};
use openh264::formats::YUVSource as _;

use crate::image::RgbImage;

pub use color::{ColorCoding, is_high_definition};
pub use parameters::AvcConfig;

/// A coded picture could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum H264Error {
    /// A length inside the sample leads out of it.
    #[error("a coded picture is cut off")]
    CutOff,
    /// openh264 refuses it.
    #[error("openh264: {0}")]
    Decoder(#[from] openh264::Error),
}

/// Decodes the samples of one track.
pub struct H264Decoder {
    decoder: Decoder,
    config: AvcConfig,
    /// The sample with start codes in place of lengths, kept to save allocations.
    annex_b: Vec<u8>,
}

impl H264Decoder {
    /// A decoder for tracks with this configuration.
    pub fn new(config: AvcConfig) -> Result<Self, H264Error> {
        Ok(Self {
            decoder: new_decoder()?,
            config,
            annex_b: Vec::new(),
        })
    }

    /// Forgets all pictures: the next sample is the start of a sequence.
    pub fn reset(&mut self) -> Result<(), H264Error> {
        self.decoder = new_decoder()?;
        Ok(())
    }

    /// Whether decoding can begin with this sample: whether it holds an IDR picture.
    ///
    /// The sync flag of the file is not enough: it may also mark pictures after which older ones are needed.
    pub fn is_idr(&self, sample: &[u8]) -> bool {
        self.config
            .nal_units(sample)
            .any(|unit| unit.is_some_and(|unit| unit.first().is_some_and(|byte| byte & 31 == 5)))
    }

    /// Takes one sample; the picture that comes out, if any, is the next in order of presentation.
    pub fn decode(&mut self, sample: &[u8]) -> Result<Option<DecodedYUV<'_>>, H264Error> {
        self.annex_b.clear();
        if self.is_idr(sample) {
            for set in self.config.parameter_sets() {
                self.annex_b.extend([0, 0, 0, 1]);
                self.annex_b.extend_from_slice(set);
            }
        }
        for unit in self.config.nal_units(sample) {
            self.annex_b.extend([0, 0, 0, 1]);
            self.annex_b
                .extend_from_slice(unit.ok_or(H264Error::CutOff)?);
        }
        let options = DecodeOptions::new().flush_after_decode(Flush::NoFlush);
        Ok(self.decoder.decode_with_options(&self.annex_b, options)?)
    }

    /// The pictures that were held back, in order of presentation; a sequence ends here.
    pub fn flush(&mut self) -> Result<Vec<DecodedYUV<'_>>, H264Error> {
        Ok(self.decoder.flush_remaining()?)
    }
}

fn new_decoder() -> Result<Decoder, openh264::Error> {
    // Flushing after each sample would give pictures out of order.
    let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
    Decoder::with_api_config(OpenH264API::from_source(), config)
}

/// A decoded picture as RGB; `None` when its planes are smaller than its size claims.
pub fn rgb_image(picture: &DecodedYUV<'_>, color: ColorCoding) -> Option<RgbImage> {
    let (width, height) = picture.dimensions();
    let (y_stride, u_stride, v_stride) = picture.strides();
    let planes = yuv::YuvPlanarImage {
        y_plane: picture.y(),
        y_stride: y_stride as u32,
        u_plane: picture.u(),
        u_stride: u_stride as u32,
        v_plane: picture.v(),
        v_stride: v_stride as u32,
        width: width as u32,
        height: height as u32,
    };
    let mut image = RgbImage::filled([width, height], [0; 3]);
    let stride = 3 * width as u32;
    yuv::yuv420_to_rgb(
        &planes,
        image.pixels_mut(),
        stride,
        color.range(),
        color.matrix([width, height]),
    )
    .ok()?;
    Some(image)
}
