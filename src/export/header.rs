//! The first line of the native file: what was worked on, and how.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::export::rows::rounded;
use crate::pipeline::PipelineParams;
use crate::refine::RefineParams;
use crate::skeleton::{JOINT_NAMES, LIMBS, NAME};
use crate::source::{PictureNames, SourceInfo, SourceKind};
use crate::track::Selection;

/// The layout that this program writes and reads.
pub const SCHEMA: &str = "poseglass/1";

/// The kind of source that headers state for a folder of pictures.
pub(super) const FOLDER: &str = SourceKind::Folder(PictureNames::Stems).name();

/// First line of a native file: what was worked on, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: String,
    /// Where the frames came from.
    pub source: SourceRow,
    /// What the joints are.
    pub skeleton: SkeletonRow,
    /// The nets.
    pub model: ModelRow,
    /// The settings.
    pub params: ParamsRow,
}

/// Where the frames came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceRow {
    /// Path of the recording, or the camera's name.
    pub path: String,
    /// `video`, `picture`, `folder`, `camera` or `synthetic`; `results` of another program where the recording is unknown.
    pub kind: String,
    /// Pixels of the frames as displayed; 0 where it is unknown.
    pub width: usize,
    /// Pixels of the frames as displayed; 0 where it is unknown.
    pub height: usize,
    /// Degrees clockwise by which the recording was turned for display.
    pub rotation: u32,
    /// As the recording or camera states it, or of a folder of pictures the user; times are in the frames.
    pub fps_nominal: Option<f64>,
    /// What tells the pictures of a folder apart by their names: `coco` for the numbers of COCO, `stems` for what stands
    /// before the endings, `whole` where some differ in these alone. Absent for other sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture_names: Option<String>,
}

impl SourceRow {
    /// What is known about an open source.
    pub fn of(source: &SourceInfo) -> Self {
        Self {
            path: source.name.clone(),
            kind: source.kind.name().to_owned(),
            width: source.size[0],
            height: source.size[1],
            rotation: source.rotation,
            fps_nominal: source.fps_nominal,
            picture_names: match source.kind {
                SourceKind::Folder(names) => Some(names.name().to_owned()),
                _ => None,
            },
        }
    }

    /// What tells the pictures of a folder apart; `None` for other sources, and for folders in files of earlier versions.
    pub fn picture_names(&self) -> Option<PictureNames> {
        PictureNames::named(self.picture_names.as_deref()?)
    }

    /// `[width, height]` in pixels of all frames; 0 where that is not known, as of pictures of a folder that nobody calls the
    /// frames of a video: the first one says nothing about the others.
    pub fn size_of_all(&self) -> [usize; 2] {
        if self.kind == FOLDER && self.fps_nominal.is_none() {
            [0; 2]
        } else {
            [self.width, self.height]
        }
    }

    /// The recording's name without folder and ending, for names of files and sequences.
    pub fn stem(&self) -> String {
        Path::new(&self.path)
            .file_stem()
            .map_or_else(|| "frames".into(), |stem| stem.to_string_lossy())
            .into_owned()
    }
}

/// What the joints are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkeletonRow {
    /// `coco17`.
    pub name: String,
    /// Names of the joints, in the order of the keypoints.
    pub joints: Vec<String>,
    /// Pairs of joint indices.
    pub limbs: Vec<[usize; 2]>,
}

impl SkeletonRow {
    /// The joints of this program.
    fn coco() -> Self {
        Self {
            name: NAME.to_owned(),
            joints: JOINT_NAMES.map(str::to_owned).to_vec(),
            limbs: LIMBS.to_vec(),
        }
    }
}

/// The nets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRow {
    /// Name of the person detector.
    pub detector: String,
    /// Name of the pose net: `fast` or `accurate`.
    pub pose: String,
    /// Stacks of the pose net that were run; under a time budget (`ParamsRow::budget_ms`) at most so many, and less of all
    /// that follows, as the machine allows.
    pub stacks: usize,
    /// Whether the pose net looked at everyone in a mirror too. Absent where it did not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flip_test: bool,
    /// What the nets computed in, `int16`. Absent for full precision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
    /// Checksum of the pose net's weights.
    pub weights_sha256: String,
}

/// The settings that results depend on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ParamsRow {
    /// The detector ran on every N-th frame.
    pub detect_every: u32,
    /// Milliseconds that the work on a frame was kept under; results then depend on the machine. Absent without a budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_ms: Option<f64>,
    /// At most this many people were followed.
    pub max_people: usize,
    /// Whom the results are about, as typed after `--follow`. Absent where they are about everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow: Option<String>,
    /// Whether joints were smoothed.
    pub smoothing: bool,
    /// Whether people were known by their looks.
    #[serde(default)]
    pub reidentification: bool,
    /// How the smoothed joints were refined afterwards. Absent where they are those of the run itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refine: Option<RefineRow>,
}

/// How smoothed joints were made from those that the net saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefineRow {
    /// Whether left and right were put in order.
    pub swap_repair: bool,
    /// Whether joints that a body cannot have reached were taken out.
    pub outlier_gate: bool,
    /// Joints less sure were taken out; 0 in files of earlier versions, which took out none.
    #[serde(default)]
    pub min_confidence: f64,
    /// Holes up to this length were filled.
    pub max_gap_secs: f64,
    /// `steady`, `butterworth`, `median`, `gaussian`, `spline` or `none`.
    pub filter: String,
    /// Where half the power passes, for the filters that have a cutoff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cutoff_hz: Option<f64>,
    /// Length of the window, for the median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_secs: Option<f64>,
}

impl RefineRow {
    /// What the file says about these settings.
    pub fn new(params: &RefineParams) -> Self {
        Self {
            swap_repair: params.swap_repair,
            outlier_gate: params.outlier_gate,
            min_confidence: rounded(f64::from(params.min_confidence), 1e3),
            max_gap_secs: params.max_gap_secs,
            filter: params.filter.name().to_owned(),
            cutoff_hz: params.filter.cutoff_hz(),
            window_secs: params.filter.window_secs(),
        }
    }
}

impl Header {
    /// What this program writes for a source, nets and settings.
    pub fn new(source: &SourceInfo, model: ModelRow, params: &PipelineParams) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            source: SourceRow::of(source),
            skeleton: SkeletonRow::coco(),
            model,
            params: ParamsRow {
                detect_every: params.detect_every,
                budget_ms: params.budget.map(|budget| 1e3 * budget.as_secs_f64()),
                max_people: params.max_people,
                follow: (params.selection != Selection::Everyone)
                    .then(|| params.selection.to_string()),
                smoothing: params.tracker.smoothing,
                reidentification: params.tracker.reidentification,
                refine: None,
            },
        }
    }

    /// What stands above results of another program, whose nets and settings are not known: 0 or empty.
    pub fn of_other_program(program: &str, source: SourceRow) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            source,
            skeleton: SkeletonRow::coco(),
            model: ModelRow {
                pose: program.to_owned(),
                ..ModelRow::default()
            },
            params: ParamsRow::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_pictures_that_are_no_video_the_first_says_nothing_about_the_others() {
        let of = |kind: &str, fps_nominal: Option<f64>| SourceRow {
            path: String::new(),
            kind: kind.to_owned(),
            width: 640,
            height: 480,
            rotation: 0,
            fps_nominal,
            picture_names: None,
        };
        assert_eq!(of("folder", None).size_of_all(), [0, 0]);
        assert_eq!(of("folder", Some(25.0)).size_of_all(), [640, 480]);
        assert_eq!(of("video", None).size_of_all(), [640, 480]);
    }
}
