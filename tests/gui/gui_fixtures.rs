//! A scripted engine, a drawn picture of two people, and the window around them.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui;
use egui_kittest::Harness;
use poseglass::base::worker::Wake;
use poseglass::engine::{EngineCommand, EngineEvent, Epoch, LiveStats, PoseNetSetting, Update};
use poseglass::geom::Point;
use poseglass::gui::action::Action;
use poseglass::gui::app::App;
use poseglass::gui::file_dialog::{Answer, FileDialog, Wanted};
use poseglass::gui::{EngineHandle, StartOptions};
use poseglass::image::RgbImage;
use poseglass::kernels::Precision;
use poseglass::skeleton::LIMBS;
use poseglass::skeleton::joint::{RIGHT_ELBOW, RIGHT_SHOULDER, RIGHT_WRIST};
use poseglass::source::{SourceInfo, SourceKind, SourceSpec};
use poseglass::types::{
    Effort, Frame, FrameResult, Keypoint, Pose, StageTimes, TrackId, TrackedPose,
};

use crate::gui_renderer::SoftwareRenderer;

/// The pose net that is in use at first.
pub fn fast() -> PoseNetSetting {
    PoseNetSetting {
        model: "fast".to_owned(),
        flip_test: false,
    }
}

/// What the test and the window share of the engine.
#[derive(Default)]
pub struct Script {
    /// All that the window asked for.
    pub sent: Vec<EngineCommand>,
    events: Vec<EngineEvent>,
    update: Option<Update>,
}

/// The window's end of the script.
struct ScriptedEngine(Rc<RefCell<Script>>);

impl EngineHandle for ScriptedEngine {
    fn send(&mut self, command: EngineCommand) {
        self.0.borrow_mut().sent.push(command);
    }

    fn take_update(&mut self) -> Option<Update> {
        self.0.borrow_mut().update.take()
    }

    fn take_events(&mut self) -> Vec<EngineEvent> {
        std::mem::take(&mut self.0.borrow_mut().events)
    }
}

/// Answers as the test says.
#[derive(Clone, Default)]
pub struct ScriptedDialog {
    /// The next answer.
    pub answer: Rc<RefCell<Option<Answer>>>,
    /// How often it was opened.
    pub n_opened: Rc<RefCell<usize>>,
    /// What it was asked for last.
    pub wanted: Rc<RefCell<Option<Wanted>>>,
}

impl FileDialog for ScriptedDialog {
    fn open(&mut self, wanted: Wanted, _wake: &Wake) {
        *self.n_opened.borrow_mut() += 1;
        *self.wanted.borrow_mut() = Some(wanted);
    }

    fn take_answer(&mut self) -> Option<Answer> {
        self.answer.borrow_mut().take()
    }
}

/// The window with a scripted engine behind it.
pub struct Window {
    /// The window itself.
    pub harness: Harness<'static, App>,
    /// The engine's script.
    pub script: Rc<RefCell<Script>>,
    /// The file dialog's script.
    pub dialog: ScriptedDialog,
}

impl Window {
    /// A window of this size in which nothing is open.
    pub fn new(size: [f32; 2]) -> Self {
        Self::with_options(size, StartOptions::default())
    }

    /// A window that was started with options.
    pub fn with_options(size: [f32; 2], start: StartOptions) -> Self {
        let script = Rc::new(RefCell::new(Script::default()));
        let dialog = ScriptedDialog::default();
        let engine = ScriptedEngine(Rc::clone(&script));
        let window_dialog = dialog.clone();
        let harness = Harness::builder()
            .with_size(size)
            .with_max_steps(12)
            // dark otherwise, whatever the window began with
            .with_theme(start.settings.theme())
            .renderer(SoftwareRenderer::default())
            .build_eframe(move |cc| {
                App::new(
                    &cc.egui_ctx,
                    start,
                    Box::new(engine),
                    Box::new(window_dialog),
                )
            });
        Self {
            harness,
            script,
            dialog,
        }
    }

    /// The engine tells something.
    pub fn tell(&mut self, event: EngineEvent) {
        self.script.borrow_mut().events.push(event);
        self.harness.run();
    }

    /// The nets are there.
    pub fn tell_ready(&mut self) {
        self.tell(EngineEvent::NetsReady {
            backend: "CPU, 2 threads; fast, 2 stacks".to_owned(),
            fallback: None,
            pose_net: fast(),
            pose_nets: vec!["fast".to_owned(), "accurate".to_owned()],
        });
    }

    /// Opens a source as a user who types its name, and lets the engine answer.
    pub fn open(&mut self, epoch: Epoch, spec: SourceSpec, info: SourceInfo) {
        self.handle(Action::Open(spec));
        self.tell(EngineEvent::SourceOpened { epoch, info });
        self.script.borrow_mut().sent.clear();
    }

    /// A view asks for something.
    pub fn handle(&mut self, action: Action) {
        let ctx = self.harness.ctx.clone();
        let mut engine = ScriptedEngine(Rc::clone(&self.script));
        let state = &mut self.harness.state_mut().state;
        state.handle(action, &mut engine, &ctx);
    }

    /// A result comes, after all that was asked for.
    pub fn show(&mut self, epoch: Epoch, result: FrameResult) {
        self.show_after(u64::MAX, epoch, result);
    }

    /// A result comes that was under way when only so many seeks had been obeyed.
    pub fn show_after(&mut self, n_seeks: u64, epoch: Epoch, result: FrameResult) {
        self.script.borrow_mut().update = Some(Update {
            epoch,
            result: Arc::new(result),
            stats: LiveStats {
                capture_fps: 30.0,
                inference_fps: 14.2,
                dropped: 12,
                processed: 97,
            },
            n_seeks,
        });
        self.harness.run();
    }

    /// Presses a key.
    pub fn press(&mut self, modifiers: egui::Modifiers, key: egui::Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run();
    }

    /// What the window asked for since the last call.
    pub fn take_sent(&self) -> Vec<EngineCommand> {
        std::mem::take(&mut self.script.borrow_mut().sent)
    }

    /// Opens a recording of 12 seconds and shows a frame of it.
    pub fn open_recording(&mut self) {
        self.tell_ready();
        self.open(Epoch(1), recording_spec(), recording_info());
        self.show(Epoch(1), two_people(Duration::from_millis(3240)));
    }

    /// Opens a camera and shows a frame of it.
    pub fn open_camera(&mut self) {
        self.tell_ready();
        self.open(Epoch(1), SourceSpec::Camera(0), camera_info());
        self.show(Epoch(1), two_people(Duration::from_millis(3240)));
    }
}

/// Where the recording is said to be.
pub fn recording_spec() -> SourceSpec {
    SourceSpec::Path(PathBuf::from("/recordings/stretching.mp4"))
}

/// A recording that can be searched.
pub fn recording_info() -> SourceInfo {
    SourceInfo {
        name: "/recordings/stretching.mp4".to_owned(),
        kind: SourceKind::Video,
        size: [640, 360],
        rotation: 0,
        fps_nominal: Some(29.97),
        n_frames: Some(360),
        duration: Some(Duration::from_secs(12)),
        can_seek: true,
        decoder: "openh264".to_owned(),
    }
}

/// A live camera.
pub fn camera_info() -> SourceInfo {
    SourceInfo {
        name: "Integrated camera".to_owned(),
        kind: SourceKind::Camera,
        n_frames: None,
        duration: None,
        can_seek: false,
        fps_nominal: Some(30.0),
        decoder: "MJPEG 640x360 at 30".to_owned(),
        ..recording_info()
    }
}

/// A frame at `time` with two people and steady times.
pub fn two_people(time: Duration) -> FrameResult {
    let people = vec![
        person(1, [200.0, 190.0], 0.93, &ARMS_UP),
        person(2, [440.0, 196.0], 0.86, &STEPPING),
    ];
    let ms = Duration::from_millis;
    FrameResult {
        frame: Frame {
            index: 97,
            time,
            file: None,
            // from the future, so that its age is 0 in every run
            captured_at: Instant::now() + Duration::from_mins(10),
            image: Arc::new(picture_of(&people)),
        },
        people,
        times: StageTimes {
            detect: Some(ms(9)),
            crop: ms(1),
            pose: ms(31),
            decode: Duration::from_micros(400),
            track: Duration::from_micros(100),
        },
        effort: Some(Effort {
            stacks: 2,
            n_stacks: 2,
            precision: Precision::Full,
            mirror: false,
            detect_every: 8,
        }),
    }
}

/// The same frame with the second person's right elbow bent by so many degrees, the hand going forward and up.
pub fn with_bent_elbow(time: Duration, bent_deg: f32) -> FrameResult {
    let mut result = two_people(time);
    let person = &mut result.people[1];
    let [shoulder, elbow] =
        [RIGHT_SHOULDER, RIGHT_ELBOW].map(|joint_idx| person.pose.keypoints[joint_idx].unwrap().at);
    // straight on from the upper arm, then turned against the clock: this person looks to the right
    let (sin, cos) = (-bent_deg.to_radians()).sin_cos();
    let [along, down] = [elbow.x - shoulder.x, elbow.y - shoulder.y];
    person.pose.keypoints[RIGHT_WRIST] = Some(Keypoint {
        at: Point::new(
            elbow.x + cos * along - sin * down,
            elbow.y + sin * along + cos * down,
        ),
        confidence: 0.9,
    });
    person.smoothed = Some(person.pose);
    result
}

/// The same frame without anybody.
pub fn nobody(time: Duration) -> FrameResult {
    let mut result = two_people(time);
    result.people.clear();
    result.frame.image = Arc::new(picture_of(&[]));
    result
}

/// Joints about the middle of the body in units of a third of its height, and their confidence.
type Figure = [[f32; 3]; 17];

const ARMS_UP: Figure = [
    [0.0, -1.12, 0.97],
    [0.05, -1.17, 0.95],
    [-0.05, -1.17, 0.94],
    [0.11, -1.14, 0.81],
    [-0.11, -1.14, 0.78],
    [0.24, -0.82, 0.93],
    [-0.24, -0.82, 0.95],
    [0.50, -1.10, 0.88],
    [-0.50, -1.10, 0.86],
    [0.46, -1.48, 0.74],
    [-0.46, -1.48, 0.71],
    [0.16, -0.05, 0.90],
    [-0.16, -0.05, 0.91],
    [0.20, 0.62, 0.83],
    [-0.20, 0.62, 0.85],
    [0.22, 1.25, 0.62],
    [-0.22, 1.25, 0.58],
];

const STEPPING: Figure = [
    [0.14, -1.12, 0.92],
    [0.15, -1.18, 0.90],
    [0.10, -1.18, 0.35],
    [0.06, -1.14, 0.82],
    [0.0, -1.14, 0.12],
    [0.05, -0.84, 0.90],
    [-0.04, -0.84, 0.66],
    [-0.22, -0.50, 0.79],
    [0.20, -0.46, 0.52],
    [-0.10, -0.14, 0.64],
    [0.42, -0.22, 0.44],
    [0.02, -0.06, 0.88],
    [-0.06, -0.06, 0.71],
    [0.30, 0.52, 0.81],
    [-0.24, 0.58, 0.60],
    [0.40, 1.18, 0.72],
    [-0.62, 1.06, 0.31],
];

fn person(id: u32, middle: [f32; 2], score: f32, figure: &Figure) -> TrackedPose {
    const UNIT_PX: f32 = 96.0;
    let mut pose = Pose::EMPTY;
    for (keypoint, [x, y, confidence]) in pose.keypoints.iter_mut().zip(figure) {
        *keypoint = Some(Keypoint {
            at: Point::new(middle[0] + UNIT_PX * x, middle[1] + UNIT_PX * y),
            confidence: *confidence,
        });
    }
    let bounds = pose.bounds(0.0).unwrap();
    TrackedPose {
        id: TrackId(id),
        bbox: bounds.scaled(1.12),
        score,
        pose,
        smoothed: Some(pose),
    }
}

/// A room with a floor, and figures of thick limbs where people are.
fn picture_of(people: &[TrackedPose]) -> RgbImage {
    const SIZE: [usize; 2] = [640, 360];
    let mut pixels = Vec::with_capacity(3 * SIZE[0] * SIZE[1]);
    for y in 0..SIZE[1] {
        for x in 0..SIZE[0] {
            let at = [x as f32 + 0.5, y as f32 + 0.5];
            let wall = if y < 280 {
                [112, 118, 126]
            } else {
                [92, 82, 72]
            };
            let is_body = people.iter().any(|person| is_on_body(at, person));
            pixels.extend(if is_body { [58, 66, 84] } else { wall });
        }
    }
    RgbImage::from_rgb(SIZE, pixels).unwrap()
}

fn is_on_body(at: [f32; 2], person: &TrackedPose) -> bool {
    let joint = |joint_idx: usize| person.pose.keypoints[joint_idx].map(|keypoint| keypoint.at);
    let is_near = |a: Point<_>, b: Point<_>, radius: f32| {
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let length2 = (dx * dx + dy * dy).max(1e-6);
        let t = (((at[0] - a.x) * dx + (at[1] - a.y) * dy) / length2).clamp(0.0, 1.0);
        (at[0] - a.x - t * dx).hypot(at[1] - a.y - t * dy) < radius
    };
    let nose = joint(0);
    nose.is_some_and(|nose| is_near(nose, nose, 19.0))
        || LIMBS.iter().any(|&[a, b]| match (joint(a), joint(b)) {
            (Some(a), Some(b)) => is_near(a, b, 11.0),
            _ => false,
        })
}
