//! Frames are worked on in memory that is kept from frame to frame.

use std::path::Path;

use poseglass::nn::{NetChoice, load};
use poseglass::pipeline::{Pipeline, PipelineParams};
use poseglass::source::{SourceSpec, open};
use poseglass::types::Frame;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Less than the smallest buffer of a frame: a person's crop has 147 kB, the heatmaps 209 kB. Reading out what the detector
/// says of a look takes 60 kB, in the mirror once more, on every second frame here.
const MOST_BYTES_A_FRAME: u64 = 100_000;

/// After these frames every buffer has its size.
const N_FIRST: usize = 12;

const N_MEASURED: usize = 20;

#[test]
fn a_frame_in_the_steady_state_takes_no_new_buffers() {
    for flip_test in [false, true] {
        let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/standing-and-leaving.mp4");
        let mut source = open(&SourceSpec::Path(clip)).unwrap();
        let frames: Vec<Frame> = (0..N_FIRST + N_MEASURED)
            .map(|_| source.next_frame().unwrap().unwrap())
            .collect();
        let nets = load(&NetChoice {
            flip_test,
            ..NetChoice::default()
        })
        .unwrap();
        let params = PipelineParams {
            detect_every: 2,
            ..PipelineParams::default()
        };
        let mut pipeline = Pipeline::new(Box::new(nets.detector), nets.pose, params);
        let mut frames = frames.into_iter();
        for frame in frames.by_ref().take(N_FIRST) {
            pipeline.process(frame).unwrap();
        }
        let profiler = dhat::Profiler::builder().testing().build();
        let mut n_people = 0;
        for frame in frames {
            n_people += pipeline.process(frame).unwrap().people.len();
        }
        let bytes = dhat::HeapStats::get().total_bytes / N_MEASURED as u64;
        drop(profiler);
        assert!(
            N_MEASURED <= n_people,
            "somebody is in every frame: {n_people}"
        );
        assert!(
            bytes < MOST_BYTES_A_FRAME,
            "{bytes} bytes a frame, flip test {flip_test}"
        );
    }
}
