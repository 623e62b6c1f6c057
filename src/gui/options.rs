//! What is drawn on the picture; nothing here changes any data.

use serde::{Deserialize, Serialize};

use crate::export::annotate::AnnotationStyle;

/// The overlay's switches. The names of the fields stand in the window's file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OverlayOptions {
    /// Limbs and joints.
    pub skeletons: bool,
    /// A box around each person.
    pub boxes: bool,
    /// Each person's number.
    pub identities: bool,
    /// Joints colored by confidence rather than by identity.
    pub confidence_colors: bool,
    /// The name beside each joint.
    pub joint_names: bool,
    /// The picture as in a mirror; that of cameras alone is kept.
    #[serde(rename = "mirror_cameras")]
    pub mirror: bool,
    /// Joints less sure than this are not drawn, and limbs that end there are dotted; in [0, 1].
    pub min_confidence: f32,
}

impl Default for OverlayOptions {
    fn default() -> Self {
        Self {
            skeletons: true,
            boxes: true,
            identities: true,
            confidence_colors: true,
            // seventeen names on each person hide the person
            joint_names: false,
            // recordings are not mirrored; who stands before a camera can switch it on, and that is kept for cameras
            mirror: false,
            // as in saved pictures
            min_confidence: AnnotationStyle::default().min_confidence,
        }
    }
}

/// Which panel is open on the right. The names in small letters stand in the window's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SidePanel {
    /// Everyone in the picture.
    People,
    /// The settings.
    Settings,
}
