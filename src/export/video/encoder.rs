//! From RGB to coded pictures.

use openh264::encoder::{
    Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, Profile, QpRange,
    RateControlMode, VuiConfig,
};
use openh264::formats::YUVSlices;
use openh264::{OpenH264API, Timestamp};
use yuv::{
    YuvChromaSubsampling, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix,
};

use super::TIMESCALE;
use crate::image::RgbImage;

/// Quantizers of pictures that build on others; key pictures always have 26, openh264's own.
///
/// 24 gives 41 dB (1080x1920 at 60 frames per second: 5 Mbit/s), at which nobody sees blocks; a rate that is held
/// instead starves busy scenes. Below 18 nobody sees a difference.
const QUANTIZERS: [u8; 2] = [18, 24];

/// A picture as it is stored in mp4.
pub struct CodedPicture {
    /// NAL units, each after its length in four bytes.
    pub data: Vec<u8>,
    /// Whether decoding can begin with it.
    pub is_key: bool,
    /// The parameter sets that came with it.
    pub sequence_sets: Vec<Vec<u8>>,
    /// The parameter sets that came with it.
    pub picture_sets: Vec<Vec<u8>>,
}

/// A picture could not be coded.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// openh264 refuses.
    #[error("openh264: {0}")]
    Encoder(#[from] openh264::Error),
    /// The colors could not be converted.
    #[error("{0:?}")]
    Colors(#[from] yuv::YuvError),
    /// openh264 left a picture out.
    #[error("openh264 gave nothing for a picture")]
    Nothing,
}

/// Codes pictures of one size.
pub struct VideoEncoder {
    encoder: Encoder,
    planes: YuvPlanarImageMut<'static, u8>,
    matrix: YuvStandardMatrix,
}

impl VideoEncoder {
    /// An encoder for pictures of `[width, height]`, both even, that come about so often.
    pub fn new([width, height]: [usize; 2], fps: f64) -> Result<Self, EncodeError> {
        // what players assume where they do not look at what the stream says, which says the same
        let is_high_definition = 1280 <= width.max(height) || 576 < width.min(height);
        let (vui, matrix) = if is_high_definition {
            (VuiConfig::bt709(), YuvStandardMatrix::Bt709)
        } else {
            (VuiConfig::bt601(), YuvStandardMatrix::Bt601)
        };
        let config = EncoderConfig::new()
            .profile(Profile::High)
            // the quality stays the same, not the rate
            .rate_control_mode(RateControlMode::Off)
            .max_frame_rate(FrameRate::from_hz(fps as f32))
            .qp(QpRange::new(QUANTIZERS[0], QUANTIZERS[1]))
            .skip_frames(false)
            // key pictures are asked for where fragments begin
            .intra_frame_period(IntraFramePeriod::from_num_frames(0))
            // threads are the engine's
            .num_threads(1)
            .vui(vui);
        Ok(Self {
            encoder: Encoder::with_api_config(OpenH264API::from_source(), config)?,
            planes: YuvPlanarImageMut::alloc(
                width as u32,
                height as u32,
                YuvChromaSubsampling::Yuv420,
            ),
            matrix,
        })
    }

    /// Codes a picture that is shown at `ticks`.
    pub fn encode(
        &mut self,
        image: &RgbImage,
        ticks: u64,
        must_be_key: bool,
    ) -> Result<CodedPicture, EncodeError> {
        let [width, height] = image.size();
        yuv::rgb_to_yuv420(
            &mut self.planes,
            image.pixels(),
            3 * width as u32,
            YuvRange::Limited,
            self.matrix,
            YuvConversionMode::Balanced,
        )?;
        let planes = &self.planes;
        let source = YUVSlices::new(
            (
                planes.y_plane.borrow(),
                planes.u_plane.borrow(),
                planes.v_plane.borrow(),
            ),
            (width, height),
            (
                planes.y_stride as usize,
                planes.u_stride as usize,
                planes.v_stride as usize,
            ),
        );
        if must_be_key && 0 < ticks {
            self.encoder.force_intra_frame();
        }
        let millis = ticks.saturating_mul(1000) / u64::from(TIMESCALE);
        let stream = self
            .encoder
            .encode_at(&source, Timestamp::from_millis(millis))?;
        let mut picture = CodedPicture {
            data: Vec::new(),
            is_key: stream.frame_type() == FrameType::IDR,
            sequence_sets: Vec::new(),
            picture_sets: Vec::new(),
        };
        for layer_idx in 0..stream.num_layers() {
            let Some(layer) = stream.layer(layer_idx) else {
                continue;
            };
            for unit_idx in 0..layer.nal_count() {
                if let Some(unit) = layer.nal_unit(unit_idx) {
                    picture.add_unit(without_start_code(unit));
                }
            }
        }
        if picture.data.is_empty() {
            return Err(EncodeError::Nothing);
        }
        Ok(picture)
    }
}

impl CodedPicture {
    fn add_unit(&mut self, unit: &[u8]) {
        const SEQUENCE_SET: u8 = 7;
        const PICTURE_SET: u8 = 8;
        match unit.first().map(|header| header & 31) {
            Some(SEQUENCE_SET) => self.sequence_sets.push(unit.to_vec()),
            Some(PICTURE_SET) => self.picture_sets.push(unit.to_vec()),
            Some(_) => {
                self.data.extend((unit.len() as u32).to_be_bytes());
                self.data.extend_from_slice(unit);
            }
            None => {}
        }
    }
}

fn without_start_code(unit: &[u8]) -> &[u8] {
    unit.strip_prefix(&[0, 0, 0, 1])
        .or_else(|| unit.strip_prefix(&[0, 0, 1]))
        .unwrap_or(unit)
}
