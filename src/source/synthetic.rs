//! A drawn scene with people in it whose joints are known: for trying the program without a camera, and for tests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{FrameSource, SourceError, SourceInfo, SourceKind};
use crate::geom::{Image, Point};
use crate::image::RgbImage;
use crate::image::draw::{self, Paint};
use crate::skeleton::{N_JOINTS, joint};
use crate::types::{Frame, Keypoint, Pose};

/// `[width, height]` of the scene.
pub const SIZE: [usize; 2] = [640, 480];

/// Frames per second.
pub const FPS: u32 = 30;

/// How many frames there are: ten seconds.
pub const N_FRAMES: u64 = 300;

const WALL: [u8; 3] = [201, 205, 199];
const FLOOR: [u8; 3] = [139, 126, 110];
/// The row at which the floor meets the wall.
const HORIZON: usize = 300;

/// Everything that tells one person of the scene from another.
struct Walker {
    /// From the crown to the sole, in pixels.
    height: f32,
    /// The row of the ground under the feet.
    ground: f32,
    /// Column at the start of the recording.
    start: f32,
    /// Pixels per second to the right.
    speed: f32,
    /// Share of a step that is done at the start.
    phase: f32,
    /// Whether the left arm waves instead of swinging.
    waves: bool,
    skin: [u8; 3],
    hair: [u8; 3],
    shirt: [u8; 3],
    trousers: [u8; 3],
}

/// The farthest first, so that the nearer hide them.
const WALKERS: [Walker; 3] = [
    Walker {
        height: 215.0,
        ground: 385.0,
        start: 560.0,
        speed: -38.0,
        phase: 0.35,
        waves: false,
        skin: [141, 96, 68],
        hair: [28, 22, 20],
        shirt: [196, 158, 60],
        trousers: [52, 60, 72],
    },
    Walker {
        height: 255.0,
        ground: 420.0,
        start: 330.0,
        speed: 6.0,
        phase: 0.0,
        waves: true,
        skin: [222, 178, 148],
        hair: [96, 62, 36],
        shirt: [150, 52, 54],
        trousers: [58, 78, 122],
    },
    Walker {
        height: 300.0,
        ground: 465.0,
        start: 70.0,
        speed: 46.0,
        phase: 0.6,
        waves: false,
        skin: [196, 144, 112],
        hair: [60, 44, 34],
        shirt: [66, 110, 84],
        trousers: [44, 44, 50],
    },
];

/// The joints of everyone in the scene at a time after its start, the farthest person first.
///
/// Everyone looks at the viewer: the left side of a body is on the right of the picture.
pub fn poses_at(time: Duration) -> Vec<Pose> {
    WALKERS.iter().map(|walker| walker.pose(time)).collect()
}

/// The picture at a time after the start of the scene.
pub fn picture_at(time: Duration) -> RgbImage {
    let mut image = RgbImage::filled(SIZE, WALL);
    let floor_start = 3 * SIZE[0] * HORIZON;
    if let Some(floor) = image.pixels_mut().get_mut(floor_start..) {
        for pixel in floor.chunks_exact_mut(3) {
            pixel.copy_from_slice(&FLOOR);
        }
    }
    for walker in &WALKERS {
        walker.draw(&mut image, time);
    }
    image
}

impl Walker {
    fn pose(&self, time: Duration) -> Pose {
        let secs = time.as_secs_f32();
        let height = self.height;
        // 1.9 half steps in a second is an unhurried walk
        let step = std::f32::consts::PI * (1.9 * secs + self.phase);
        let middle = self.start + self.speed * secs;
        // the body is highest when the legs pass each other
        let rise = 0.008 * height * (2.0 * step).cos();
        let up = |share: f32| self.ground - share * height + rise;
        let at = |side: f32, share: f32| Point::<Image>::new(middle + side * height, up(share));

        let mut joints = [Point::new(0.0, 0.0); N_JOINTS];
        let mut set = |joint_idx: usize, point: Point<Image>| joints[joint_idx] = point;
        set(joint::NOSE, at(0.0, 0.915));
        for (side, eye, ear, shoulder, hip) in [
            (
                1.0,
                joint::LEFT_EYE,
                joint::LEFT_EAR,
                joint::LEFT_SHOULDER,
                joint::LEFT_HIP,
            ),
            (
                -1.0,
                joint::RIGHT_EYE,
                joint::RIGHT_EAR,
                joint::RIGHT_SHOULDER,
                joint::RIGHT_HIP,
            ),
        ] {
            set(eye, at(0.018 * side, 0.935));
            set(ear, at(0.042 * side, 0.925));
            set(shoulder, at(0.105 * side, 0.82));
            set(hip, at(0.06 * side, 0.52));
        }
        for (side, knee, ankle) in [
            (1.0, joint::LEFT_KNEE, joint::LEFT_ANKLE),
            (-1.0, joint::RIGHT_KNEE, joint::RIGHT_ANKLE),
        ] {
            // seen from the front a leg that swings comes nearer and is lifted
            let swing = side * step.sin();
            let lift = swing.max(0.0);
            let stride = 0.03 * swing * self.speed.signum();
            set(knee, at(0.062 * side + 0.5 * stride, 0.285 + 0.03 * lift));
            let ankle_at = Point::new(
                middle + (0.062 * side + stride) * height,
                self.ground - (0.045 + 0.055 * lift) * height,
            );
            set(ankle, ankle_at);
        }
        for (side, elbow, wrist) in [
            (1.0, joint::LEFT_ELBOW, joint::LEFT_WRIST),
            (-1.0, joint::RIGHT_ELBOW, joint::RIGHT_WRIST),
        ] {
            if self.waves && 0.0 < side {
                let wave = (2.0 * std::f32::consts::TAU * 0.6 * secs).sin();
                set(elbow, at(0.215, 0.80));
                set(wrist, at(0.235 + 0.055 * wave, 0.95));
            } else {
                // arms swing against the legs
                let swing = -side * step.sin();
                set(elbow, at((0.145 + 0.01 * swing) * side, 0.655));
                set(
                    wrist,
                    at((0.155 - 0.025 * swing) * side, 0.50 + 0.025 * swing),
                );
            }
        }
        Pose {
            keypoints: joints.map(|at| {
                Some(Keypoint {
                    at,
                    confidence: 1.0,
                })
            }),
        }
    }

    fn draw(&self, image: &mut RgbImage, time: Duration) {
        let pose = self.pose(time);
        let at = |joint_idx: usize| {
            pose.keypoints
                .get(joint_idx)
                .copied()
                .flatten()
                .map_or(Point::<Image>::new(0.0, 0.0), |keypoint| keypoint.at)
        };
        let between = |a: usize, b: usize| at(a).lerp(at(b), 0.5);
        let height = self.height;
        let mut limb = |from: Point<Image>, to: Point<Image>, width: f32, color: [u8; 3]| {
            draw::line(image, from, to, width * height, Paint::opaque(color));
        };
        let darker = |color: [u8; 3]| color.map(|channel| channel - channel / 6);
        for (hip, knee, ankle, trousers) in [
            (
                joint::RIGHT_HIP,
                joint::RIGHT_KNEE,
                joint::RIGHT_ANKLE,
                darker(self.trousers),
            ),
            (
                joint::LEFT_HIP,
                joint::LEFT_KNEE,
                joint::LEFT_ANKLE,
                self.trousers,
            ),
        ] {
            let toe = Point::new(at(ankle).x, at(ankle).y + 0.03 * height);
            limb(at(ankle), toe, 0.05, [38, 34, 32]);
            limb(at(hip), at(knee), 0.088, trousers);
            limb(at(knee), at(ankle), 0.06, trousers);
        }
        let neck = between(joint::LEFT_SHOULDER, joint::RIGHT_SHOULDER);
        limb(neck, at(joint::NOSE), 0.055, darker(self.skin));
        for (shoulder, hip) in [
            (joint::LEFT_SHOULDER, joint::LEFT_HIP),
            (joint::RIGHT_SHOULDER, joint::RIGHT_HIP),
            (joint::LEFT_SHOULDER, joint::RIGHT_HIP),
            (joint::RIGHT_SHOULDER, joint::LEFT_HIP),
        ] {
            limb(at(shoulder).lerp(neck, 0.25), at(hip), 0.11, self.shirt);
        }
        for (shoulder, elbow, wrist) in [
            (
                joint::RIGHT_SHOULDER,
                joint::RIGHT_ELBOW,
                joint::RIGHT_WRIST,
            ),
            (joint::LEFT_SHOULDER, joint::LEFT_ELBOW, joint::LEFT_WRIST),
        ] {
            limb(at(shoulder), at(elbow), 0.062, darker(self.shirt));
            limb(at(elbow), at(wrist), 0.042, self.skin);
            let hand = at(elbow).lerp(at(wrist), 1.18);
            limb(at(wrist), hand, 0.046, self.skin);
        }
        let crown = between(joint::LEFT_EAR, joint::RIGHT_EAR);
        let scalp = Point::new(crown.x, crown.y - 0.02 * height);
        draw::disc(image, scalp, 0.056 * height, Paint::opaque(self.hair));
        let chin = Point::new(crown.x, crown.y + 0.022 * height);
        draw::line(image, crown, chin, 0.092 * height, Paint::opaque(self.skin));
        for eye in [joint::LEFT_EYE, joint::RIGHT_EYE] {
            draw::disc(image, at(eye), 0.007 * height, Paint::opaque([30, 26, 26]));
        }
        let nose = Paint::opaque(darker(self.skin));
        draw::disc(image, at(joint::NOSE), 0.008 * height, nose);
        let mouth = Point::<Image>::new(crown.x, crown.y + 0.035 * height);
        let corner = 0.014 * height;
        draw::line(
            image,
            Point::new(mouth.x - corner, mouth.y),
            Point::new(mouth.x + corner, mouth.y),
            0.008 * height,
            Paint::opaque([150, 80, 78]),
        );
    }
}

/// The scene as a source.
pub struct SyntheticSource {
    info: SourceInfo,
    next: u64,
}

impl SyntheticSource {
    /// The scene from its start.
    pub fn new() -> Self {
        Self {
            info: SourceInfo {
                name: "synthetic".to_owned(),
                kind: SourceKind::Synthetic,
                size: SIZE,
                rotation: 0,
                fps_nominal: Some(f64::from(FPS)),
                n_frames: Some(N_FRAMES),
                duration: Some(time_of_frame(N_FRAMES)),
                can_seek: true,
                decoder: "drawn".to_owned(),
            },
            next: 0,
        }
    }
}

impl Default for SyntheticSource {
    fn default() -> Self {
        Self::new()
    }
}

impl FrameSource for SyntheticSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        if N_FRAMES <= self.next {
            return Ok(None);
        }
        let index = self.next;
        self.next += 1;
        let time = time_of_frame(index);
        Ok(Some(Frame {
            index,
            time,
            file: None,
            captured_at: Instant::now(),
            image: Arc::new(picture_at(time)),
        }))
    }

    fn seek(&mut self, time: Duration) -> Result<(), SourceError> {
        let place = time.as_nanos() * u128::from(FPS) / 1_000_000_000;
        let mut place = place.min(N_FRAMES.into()) as u64;
        // the time of a frame is rounded down to a nanosecond
        if time_of_frame(place + 1) <= time {
            place += 1;
        }
        self.next = place.min(N_FRAMES - 1);
        Ok(())
    }
}

/// When a frame is shown.
fn time_of_frame(index: u64) -> Duration {
    Duration::from_nanos(index.saturating_mul(1_000_000_000) / u64::from(FPS))
}
