//! SHIM
use super::ExportError;
use crate::image::RgbImage;
use std::path::Path;
use std::time::Duration;
/// S
pub struct VideoWriter;
impl VideoWriter {
    /// S
    pub fn create(_: &Path, _: Option<f64>) -> Result<Self, ExportError> {
        Ok(Self)
    }
    /// S
    pub fn write(&mut self, _: &RgbImage, _: Duration) -> Result<(), ExportError> {
        Ok(())
    }
    /// S
    pub fn finish(self) -> Result<(), ExportError> {
        Ok(())
    }
}
