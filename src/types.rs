//! The values that travel from a source to the screen and to files.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::geom::{BBox, Crop, Image, Point, Similarity};
use crate::image::RgbImage;
use crate::kernels::Precision;
use crate::skeleton::N_JOINTS;

/// One picture of a source.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Counts the frames that the source gave, from 0; after a seek it is the frame's place in the recording. In a folder of
    /// pictures it always is the picture's place, whether those before it can be read or not.
    pub index: u64,
    /// Presentation time: position in the recording, or time since the camera's first whole frame.
    pub time: Duration,
    /// What the picture's file is called, where the source is a folder of pictures.
    pub file: Option<Arc<str>>,
    /// When the camera delivered it or the decoder finished it: the start of the frame's age.
    pub captured_at: Instant,
    /// The picture as it is displayed: turned and mirrored as the recording says, its pixels made square.
    pub image: Arc<RgbImage>,
}

/// A person found by the detector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Around the visible part of the person.
    pub bbox: BBox<Image>,
    /// Confidence in [0, 1].
    pub score: f32,
}

/// What the pose net is asked about, and the way back.
#[derive(Clone, Debug)]
pub struct PersonCrop {
    /// From the net's input pixels to the frame.
    pub image_from_crop: Similarity<Image, Crop>,
    /// The cut picture, in the net's input size; black outside the frame.
    pub image: RgbImage,
}

/// What the pose net answers: for each crop and joint a map that peaks where the joint is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heatmaps {
    /// `[n, joints, height, width]`.
    pub shape: [usize; 4],
    /// Row by row; a peak near 1 is a joint that is surely there.
    pub values: Vec<f32>,
}

impl Heatmaps {
    /// The map of one joint of one crop, `height * width` values.
    pub fn map(&self, crop_idx: usize, joint_idx: usize) -> &[f32] {
        let [_, n_joints, height, width] = self.shape;
        let len = height * width;
        let start = (crop_idx * n_joints + joint_idx) * len;
        &self.values[start..start + len]
    }
}

/// Numbers in an [`Embedding`].
pub const EMBEDDING_LEN: usize = 128;

/// How a person looks: a direction, near that of other pictures of the same person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Embedding {
    /// Of unit length.
    numbers: [f32; EMBEDDING_LEN],
}

impl Embedding {
    /// The direction of `numbers`; `None` unless they are [`EMBEDDING_LEN`] finite ones, not all 0.
    pub fn from_numbers(numbers: &[f32]) -> Option<Self> {
        let mut numbers: [f32; EMBEDDING_LEN] = numbers.try_into().ok()?;
        let length = numbers
            .iter()
            .map(|number| number * number)
            .sum::<f32>()
            .sqrt();
        let is_usable = length.is_finite() && 0.0 < length;
        is_usable.then(|| {
            for number in &mut numbers {
                *number /= length;
            }
            Self { numbers }
        })
    }

    /// The numbers, of unit length.
    pub const fn numbers(&self) -> &[f32; EMBEDDING_LEN] {
        &self.numbers
    }

    /// Cosine of the angle between two, in [-1, 1]: 1 for equal looks, about 0 for strangers.
    pub fn cosine(&self, other: &Self) -> f32 {
        let products = self.numbers.iter().zip(&other.numbers);
        products.map(|(a, b)| a * b).sum()
    }

    /// The direction between two, `share` of the way to `other`.
    pub fn toward(&self, other: &Self, share: f32) -> Self {
        let numbers: [f32; EMBEDDING_LEN] = std::array::from_fn(|idx| {
            self.numbers[idx] + share * (other.numbers[idx] - self.numbers[idx])
        });
        // opposite ones have nothing between them
        Self::from_numbers(&numbers).unwrap_or(*self)
    }
}

/// A joint of one person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keypoint {
    /// Where it is in the frame.
    pub at: Point<Image>,
    /// How sure the net is, in [0, 1].
    pub confidence: f32,
}

/// The joints of one person in the order of [`crate::skeleton`]; `None` is a joint that was not found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// The joints.
    pub keypoints: [Option<Keypoint>; N_JOINTS],
}

impl Pose {
    /// No joint found.
    pub const EMPTY: Self = Self {
        keypoints: [None; N_JOINTS],
    };

    /// The joints that were found, with their indices.
    pub fn found(&self) -> impl Iterator<Item = (usize, Keypoint)> + '_ {
        self.keypoints
            .iter()
            .enumerate()
            .filter_map(|(joint_idx, keypoint)| keypoint.map(|keypoint| (joint_idx, keypoint)))
    }

    /// Mean confidence over all joints, those not found counting 0; in [0, 1].
    pub fn mean_confidence(&self) -> f32 {
        self.found()
            .map(|(_, keypoint)| keypoint.confidence)
            .sum::<f32>()
            / N_JOINTS as f32
    }

    /// Mean confidence of the joints with at least `min_confidence`; 0 when there are none.
    pub fn mean_found_confidence(&self, min_confidence: f32) -> f32 {
        let (sum, n) = self
            .found()
            .map(|(_, keypoint)| keypoint.confidence)
            .filter(|confidence| min_confidence <= *confidence)
            .fold((0.0, 0_u32), |(sum, n), confidence| {
                (sum + confidence, n + 1)
            });
        if n == 0 { 0.0 } else { sum / n as f32 }
    }

    /// The smallest box around the joints with at least `min_confidence`.
    pub fn bounds(&self, min_confidence: f32) -> Option<BBox<Image>> {
        BBox::around(
            self.found()
                .filter(|(_, keypoint)| min_confidence <= keypoint.confidence)
                .map(|(_, keypoint)| keypoint.at),
        )
    }
}

/// A person of one frame before identities are given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PersonPose {
    /// The detector's box; where it did not run, one round the joints, or else the region that was followed.
    pub bbox: BBox<Image>,
    /// Confidence in the person, in [0, 1].
    pub score: f32,
    /// The joints.
    pub pose: Pose,
}

/// Stays with a person while the tracker can follow or recognize them; never 0, never somebody else's in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackId(pub u32);

/// A person with an identity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackedPose {
    /// Who it is.
    pub id: TrackId,
    /// The detector's box; where it did not run, one round the joints, or else the region that was followed.
    pub bbox: BBox<Image>,
    /// Confidence in the person, in [0, 1].
    pub score: f32,
    /// The joints as the net sees them.
    pub pose: Pose,
    /// The joints after smoothing over time; `None` when smoothing is off.
    pub smoothed: Option<Pose>,
}

impl TrackedPose {
    /// The joints to show: smoothed where there is smoothing.
    pub fn shown_pose(&self) -> &Pose {
        self.smoothed.as_ref().unwrap_or(&self.pose)
    }
}

/// One person's poses over a recording, in the order of time: what filters and measurements work on.
///
/// There is a pose for every frame from the first to the last that shows the person; it is [`Pose::EMPTY`]
/// where the person was not seen.
#[derive(Clone, Debug, PartialEq)]
pub struct PoseSeries {
    /// Who it is.
    pub id: TrackId,
    /// Index of each frame, ascending.
    pub frames: Vec<u64>,
    /// Presentation time of each frame, not descending; intervals may differ.
    pub times_secs: Vec<f64>,
    /// Pose in each frame.
    pub poses: Vec<Pose>,
}

/// Where the time of one frame went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageTimes {
    /// Person detector with its letterbox; `None` when it did not run on this frame.
    pub detect: Option<Duration>,
    /// Cutting the people out.
    pub crop: Duration,
    /// The pose net, all people together.
    pub pose: Duration,
    /// Heatmaps to joints.
    pub decode: Duration,
    /// Identities, the net that recognizes people among it, and smoothing.
    pub track: Duration,
}

impl StageTimes {
    /// All stages together.
    pub fn total(&self) -> Duration {
        self.detect.unwrap_or_default() + self.crop + self.pose + self.decode + self.track
    }
}

/// How much of the nets a frame gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Stacks of the pose net that run.
    pub stacks: usize,
    /// Stacks that it has, or that may run.
    pub n_stacks: usize,
    /// What the pose net computes in.
    pub precision: Precision,
    /// The nets look in a mirror too: the detector at the frame, the pose net at everyone.
    pub mirror: bool,
    /// The detector runs on every N-th frame, more often where these come slowly.
    pub detect_every: u32,
}

/// All that is known about one frame: what the window draws and what exports write.
#[derive(Clone, Debug)]
pub struct FrameResult {
    /// The frame itself.
    pub frame: Frame,
    /// Everyone in it, by identity.
    pub people: Vec<TrackedPose>,
    /// Where the time went.
    pub times: StageTimes,
    /// What the nets did for it; `None` where no net has looked.
    pub effort: Option<Effort>,
}
