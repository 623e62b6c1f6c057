//! Joints that a body cannot have reached, or that the net doubts, are taken out, and no others.

mod movers;

use movers::{HEIGHT_PX, Motion, Random, Seen};
use poseglass::geom::Point;
use poseglass::refine::{RefineParams, outliers, refine};
use poseglass::skeleton::joint::{LEFT_ANKLE, LEFT_ELBOW, LEFT_KNEE, LEFT_WRIST, NOSE};

const SEEN: Seen = Seen {
    fps: 30.0,
    uneven: false,
    scatter_px: 0.005 * HEIGHT_PX,
    holes: 0.0,
};

#[test]
fn a_jump_away_and_back_is_taken_out_and_nothing_else() {
    let (mut n_jumps, mut n_found, mut n_others) = (0, 0, 0);
    for seed in 0..30 {
        for motion in [Motion::Walking, Motion::Turning, Motion::JumpingJacks] {
            let mut random = Random::new(seed);
            let seen = Seen {
                uneven: seed % 2 == 1,
                ..SEEN
            };
            let clean = movers::series(motion, &seen, 200, &mut random);
            let mut spoiled = clean.clone();
            let mut jumps = Vec::new();
            for joint_idx in [NOSE, LEFT_WRIST, LEFT_ANKLE] {
                let frame = 10 + random.below(180);
                let jumped = spoiled.poses[frame].keypoints[joint_idx].as_mut().unwrap();
                jumped.at.x += (1.2 * HEIGHT_PX) as f32;
                jumps.push((frame, joint_idx));
            }
            let (kept, _) = outliers::without_too_fast(&spoiled);
            n_jumps += jumps.len();
            for (frame, pose) in kept.poses.iter().enumerate() {
                for (joint_idx, keypoint) in pose.keypoints.iter().enumerate() {
                    let is_gone = usize::from(keypoint.is_none());
                    if jumps.contains(&(frame, joint_idx)) {
                        n_found += is_gone;
                    } else {
                        n_others += is_gone;
                        assert!(
                            is_gone == 1 || *keypoint == clean.poses[frame].keypoints[joint_idx]
                        );
                    }
                }
            }
        }
    }
    assert_eq!((n_found, n_others), (n_jumps, 0));
}

#[test]
fn bones_that_grow_lose_their_outer_joint_and_others_lose_none() {
    for motion in [Motion::Walking, Motion::Turning, Motion::JumpingJacks] {
        let mut random = Random::new(3);
        let clean = movers::series(motion, &SEEN, 240, &mut random);
        assert_eq!(
            outliers::without_too_long(&clean),
            (clean.clone(), 0),
            "{motion:?}"
        );
        for (joint_idx, frames) in [(LEFT_WRIST, 50..80), (LEFT_ANKLE, 100..101)] {
            let mut spoiled = clean.clone();
            for pose in &mut spoiled.poses[frames.clone()] {
                pose.keypoints[joint_idx].as_mut().unwrap().at.y += (0.6 * HEIGHT_PX) as f32;
            }
            let (kept, n_gated) = outliers::without_too_long(&spoiled);
            assert_eq!(n_gated, frames.len(), "{motion:?}");
            assert!(
                kept.poses[frames]
                    .iter()
                    .all(|pose| pose.keypoints[joint_idx].is_none())
            );
        }
        // the joint between two bones that are both too long
        for joint_idx in [LEFT_ELBOW, LEFT_KNEE] {
            let mut spoiled = clean.clone();
            spoiled.poses[60].keypoints[joint_idx]
                .as_mut()
                .unwrap()
                .at
                .x += HEIGHT_PX as f32;
            let (kept, n_gated) = outliers::without_too_long(&spoiled);
            assert_eq!(n_gated, 1);
            assert_eq!(kept.poses[60].keypoints[joint_idx], None);
        }
    }
}

#[test]
fn someone_who_walks_up_to_the_camera_keeps_their_bones() {
    let mut random = Random::new(4);
    let mut series = movers::series(Motion::Walking, &SEEN, 240, &mut random);
    for (frame, pose) in series.poses.iter_mut().enumerate() {
        let scale = 1.0 + frame as f32 / 60.0;
        for keypoint in pose.keypoints.iter_mut().flatten() {
            keypoint.at = Point::new(scale * keypoint.at.x, scale * keypoint.at.y);
        }
    }
    assert_eq!(outliers::without_too_long(&series).1, 0);
    assert_eq!(outliers::without_too_fast(&series).1, 0);
}

#[test]
fn joints_that_the_net_doubts_do_not_pull_the_frames_beside_them() {
    let mut random = Random::new(5);
    let clean = movers::series(Motion::Walking, &SEEN, 120, &mut random);
    let (mut doubted, mut hidden) = (clean.clone(), clean);
    // a hand behind the body, found somewhere on it: in the first frames for too long to be filled
    for frame in (40..50).chain(80..82) {
        let hand = &mut doubted.poses[frame].keypoints[LEFT_WRIST];
        let hand = hand.as_mut().unwrap();
        hand.at.x += (0.15 * HEIGHT_PX) as f32;
        hand.confidence = 0.06;
        hidden.poses[frame].keypoints[LEFT_WRIST] = None;
    }
    let params = RefineParams {
        swap_repair: false,
        outlier_gate: false,
        ..RefineParams::default()
    };
    let (expected, _) = refine(&hidden, &params);
    let (refined, counts) = refine(&doubted, &params);
    assert_eq!((counts.n_unsure, counts.n_filled), (12, 2));
    assert_eq!(refined, expected);

    // with them the hand is elsewhere before it is hidden
    let all = RefineParams {
        min_confidence: 0.0,
        ..params
    };
    let (smeared, counts) = refine(&doubted, &all);
    assert_eq!(counts.n_unsure, 0);
    let [before, pulled] =
        [&expected, &smeared].map(|series| series.poses[39].keypoints[LEFT_WRIST].unwrap().at);
    assert!(5.0 < before.distance(pulled));
}
