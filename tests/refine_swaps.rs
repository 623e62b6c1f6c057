//! Left and right are put in order again, and nobody who really crosses their legs is touched.

mod movers;

use movers::{HEIGHT_PX, Motion, Random, Seen};
use poseglass::refine::swaps;
use poseglass::skeleton::joint::{
    LEFT_ANKLE, LEFT_EAR, LEFT_ELBOW, LEFT_EYE, LEFT_HIP, LEFT_KNEE, LEFT_SHOULDER, LEFT_WRIST,
};
use poseglass::skeleton::{MIRRORED, N_JOINTS};
use poseglass::types::{Keypoint, PoseSeries};

const N_FRAMES: usize = 240;
const MOTIONS: [Motion; 3] = [Motion::Walking, Motion::Turning, Motion::JumpingJacks];

/// Deviation of every coordinate: a hundredth of the height, about what COCO's annotators scatter.
const SCATTER_PX: f64 = 0.005 * HEIGHT_PX;

/// Twins nearer to each other than this cannot be told apart by their scatter, and need not be.
const TELLING_PX: f64 = 4.0 * SCATTER_PX;

/// Left joints of what is exchanged: the whole body, both legs, both arms, lower legs, single pairs.
const EXCHANGES: [&[usize]; 8] = [
    &[
        LEFT_EYE,
        LEFT_EAR,
        LEFT_SHOULDER,
        LEFT_ELBOW,
        LEFT_WRIST,
        LEFT_HIP,
        LEFT_KNEE,
        LEFT_ANKLE,
    ],
    &[LEFT_HIP, LEFT_KNEE, LEFT_ANKLE],
    &[LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST],
    &[LEFT_KNEE, LEFT_ANKLE],
    &[LEFT_KNEE],
    &[LEFT_ANKLE],
    &[LEFT_ELBOW],
    &[LEFT_WRIST],
];

fn seen(seed: u64) -> Seen {
    Seen {
        fps: [25.0, 30.0, 50.0][(seed % 3) as usize],
        uneven: seed % 2 == 1,
        scatter_px: SCATTER_PX,
        holes: if seed % 4 < 2 { 0.0 } else { 0.005 },
    }
}

/// What was exchanged in which frames.
struct Swap {
    frames: std::ops::Range<usize>,
    joints: &'static [usize],
}

/// Exchanges names in about an eighth of the frames, each time for up to 20 frames.
fn inject(series: &mut PoseSeries, random: &mut Random) -> Vec<Swap> {
    let mut swaps = Vec::new();
    let mut begin = 5 + random.below(30);
    loop {
        let end = begin + 1 + random.below(20);
        if series.poses.len() < end + 5 {
            return swaps;
        }
        let joints = EXCHANGES[random.below(EXCHANGES.len())];
        for pose in &mut series.poses[begin..end] {
            for left in joints {
                pose.keypoints.swap(*left, MIRRORED[*left]);
            }
        }
        swaps.push(Swap {
            frames: begin..end,
            joints,
        });
        begin = end + 20 + random.below(80);
    }
}

/// Whether a joint bears another name than in truth and is so far from its twin that it matters.
fn is_wrong(truth: &PoseSeries, repaired: &PoseSeries, frame: usize, joint_idx: usize) -> bool {
    let at = |series: &PoseSeries, joint_idx: usize| series.poses[frame].keypoints[joint_idx];
    let far = |a: Keypoint, b: Keypoint| TELLING_PX < f64::from(a.at.distance(b.at));
    match (at(truth, joint_idx), at(repaired, joint_idx)) {
        (Some(truth), Some(repaired)) => far(truth, repaired),
        (None, None) => false,
        // seen without its twin: it has the other's name
        _ => true,
    }
}

/// Sums over many series; joints are counted once a frame, where they can be told from their twins.
#[derive(Clone, Copy, Default, Debug)]
#[expect(clippy::struct_field_names, reason = "counts are called so everywhere")]
struct Tally {
    n_swaps: usize,
    /// Swaps of which nothing is left.
    n_repaired: usize,
    n_joints: usize,
    n_joints_repaired: usize,
    /// Joints outside of the swaps.
    n_others: usize,
    n_invented: usize,
}

fn share(n: usize, of: usize) -> f64 {
    n as f64 / of as f64
}

fn repair_many(motion: Motion, n_seeds: u64) -> Tally {
    let mut tally = Tally::default();
    for seed in 0..n_seeds {
        let mut random = Random::new(seed);
        let truth = movers::series(motion, &seen(seed), N_FRAMES, &mut random);
        let mut swapped = truth.clone();
        let swaps = inject(&mut swapped, &mut random);
        let (repaired, _) = swaps::repair(&swapped);
        let mut is_injected = vec![[false; N_JOINTS]; N_FRAMES];
        for swap in swaps {
            let mut places = Vec::new();
            for frame in swap.frames.clone() {
                for left in swap.joints {
                    places.push((frame, *left));
                    places.push((frame, MIRRORED[*left]));
                }
            }
            for (frame, joint_idx) in &places {
                is_injected[*frame][*joint_idx] = true;
            }
            places.retain(|(frame, joint_idx)| is_wrong(&truth, &swapped, *frame, *joint_idx));
            let n_left = places
                .iter()
                .filter(|(frame, joint_idx)| is_wrong(&truth, &repaired, *frame, *joint_idx))
                .count();
            tally.n_joints += places.len();
            tally.n_joints_repaired += places.len() - n_left;
            if !places.is_empty() {
                tally.n_swaps += 1;
                tally.n_repaired += usize::from(n_left == 0);
            }
        }
        for frame in 0..N_FRAMES {
            for joint_idx in 0..N_JOINTS {
                if !is_injected[frame][joint_idx] {
                    tally.n_others += 1;
                    tally.n_invented += usize::from(is_wrong(&truth, &repaired, frame, joint_idx));
                }
            }
        }
    }
    tally
}

#[test]
fn swaps_are_repaired_and_hardly_anything_else_is_touched() {
    for motion in MOTIONS {
        let tally = repair_many(motion, 40);
        println!("{motion:?}: {tally:?}");
        assert!(120 <= tally.n_swaps, "{motion:?}: {tally:?}");
        let of_swaps = share(tally.n_repaired, tally.n_swaps);
        assert!(
            0.95 <= of_swaps,
            "{motion:?}: {of_swaps} of the swaps, {tally:?}"
        );
        let of_joints = share(tally.n_joints_repaired, tally.n_joints);
        assert!(
            0.98 <= of_joints,
            "{motion:?}: {of_joints} of the joints, {tally:?}"
        );
        // ends of swaps that fall into the moment in which twins pass each other
        let invented = share(tally.n_invented, tally.n_others);
        assert!(
            invented < 0.001,
            "{motion:?}: {invented} of the others, {tally:?}"
        );
    }
}

#[test]
fn nobody_who_crosses_legs_and_arms_is_touched() {
    for motion in MOTIONS {
        for seed in 1000..1100 {
            let mut random = Random::new(seed);
            let truth = movers::series(motion, &seen(seed), N_FRAMES, &mut random);
            let (repaired, n_renamed) = swaps::repair(&truth);
            assert!(
                repaired == truth && n_renamed == 0,
                "{motion:?}, seed {seed}: {n_renamed}"
            );
        }
    }
}

#[test]
fn a_swap_of_the_whole_body_is_counted_joint_by_joint() {
    let mut random = Random::new(5);
    let seen = Seen {
        uneven: false,
        holes: 0.0,
        ..seen(0)
    };
    let truth = movers::series(Motion::JumpingJacks, &seen, 60, &mut random);
    let mut swapped = truth.clone();
    for pose in &mut swapped.poses[20..23] {
        for left in EXCHANGES[0] {
            pose.keypoints.swap(*left, MIRRORED[*left]);
        }
    }
    let (repaired, n_renamed) = swaps::repair(&swapped);
    assert!(repaired == truth);
    assert_eq!(n_renamed, 3 * 16);
}

#[test]
fn a_lone_joint_gets_the_name_of_the_path_that_it_lies_on() {
    let mut random = Random::new(6);
    let seen = Seen {
        uneven: false,
        holes: 0.0,
        ..seen(0)
    };
    let mut truth = movers::series(Motion::JumpingJacks, &seen, 60, &mut random);
    truth.poses[30].keypoints[MIRRORED[LEFT_ANKLE]] = None;
    let mut swapped = truth.clone();
    swapped.poses[30]
        .keypoints
        .swap(LEFT_ANKLE, MIRRORED[LEFT_ANKLE]);
    let (repaired, n_renamed) = swaps::repair(&swapped);
    assert!(repaired == truth);
    assert_eq!(n_renamed, 1);
}

#[test]
fn broken_times_and_short_series_are_survived() {
    let mut random = Random::new(7);
    let whole = movers::series(Motion::Walking, &seen(1), 12, &mut random);
    for n_frames in 0..4 {
        let mut short = whole.clone();
        short.frames.truncate(n_frames);
        short.times_secs.truncate(n_frames);
        short.poses.truncate(n_frames);
        assert_eq!(swaps::repair(&short), (short.clone(), 0));
    }
    for times in [[0.0; 12], std::array::from_fn(|k| 1e300 * (k % 5) as f64)] {
        let mut broken = whole.clone();
        broken.times_secs = times.to_vec();
        assert_eq!(swaps::repair(&broken), (broken.clone(), 0));
    }
}
