//! What the user may choose about files that hold numbers over time.

/// Choices for those formats to which they apply; the others leave them alone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ExportOptions {
    /// Meters in one pixel of the picture, more than 0: `trc` is then in meters. Without it, it stays in pixels.
    pub meters_per_pixel: Option<f64>,
    /// Samples per second, more than 0, to which `trc`, `trc-kinovea`, `mot` and `sto` are brought.
    /// Without it, rows stand at the frames' own times; those of `mot` and `trc-kinovea` only where these are even.
    pub resample_hz: Option<f64>,
    /// Whether `trc-kinovea` is for a video that has a picture for each row and no others, as `track` writes it.
    /// Without it, it is for the recording from frame 0 on; a camera's results have no video but that one anyway.
    pub one_picture_a_row: bool,
}
