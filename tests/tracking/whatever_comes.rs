//! Properties that hold whatever the nets say.

use proptest::prelude::*;

use super::*;

fn any_number() -> impl Strategy<Value = f32> {
    prop_oneof![
        8 => 0f32..640.0,
        1 => prop::num::f32::ANY,
    ]
}

fn any_person() -> impl Strategy<Value = PersonPose> {
    (
        prop::array::uniform4(any_number()),
        prop_oneof![8 => 0f32..1.0, 1 => prop::num::f32::ANY],
        prop::collection::vec(prop::option::of(prop::array::uniform3(any_number())), 17),
        0f32..640.0,
        any::<bool>(),
    )
        .prop_map(|(corners, score, rows, x, is_sane)| {
            if is_sane {
                return standing(x, score);
            }
            PersonPose {
                bbox: BBox::from_corners(
                    Point::new(corners[0], corners[1]),
                    Point::new(corners[2], corners[3]),
                ),
                score,
                pose: Pose {
                    keypoints: std::array::from_fn(|joint_idx| {
                        rows[joint_idx].map(|[x, y, confidence]| Keypoint {
                            at: Point::new(x, y),
                            confidence: confidence / 640.0,
                        })
                    }),
                },
            }
        })
}

fn is_sane(person: &TrackedPose) -> bool {
    let poses = [Some(&person.pose), person.smoothed.as_ref()];
    person.bbox.is_finite()
        && (0.0..=1.0).contains(&person.score)
        && poses.into_iter().flatten().all(|pose| {
            pose.found().all(|(_, keypoint)| {
                keypoint.at.is_finite() && (0.0..=1.0).contains(&keypoint.confidence)
            })
        })
}

proptest! {
    #[test]
    fn whatever_comes_identities_are_unique(
        frames in prop::collection::vec((0u64..5000, prop::collection::vec(any_person(), 0..6), 0u32..30), 1..30)
    ) {
        let mut tracker = tracker();
        let mut largest = 0;
        for (millis, people, dice) in frames {
            if dice == 0 {
                tracker.reset();
            }
            let tracked = tracker.update(ms(millis), people);
            let given = ids(&tracked);
            prop_assert!(given.windows(2).all(|pair| pair[0] < pair[1]), "{given:?}");
            prop_assert!(given.iter().all(|id| *id != 0));
            prop_assert!(tracked.iter().all(is_sane), "{tracked:?}");
            for (_, region) in tracker.regions(ms(millis + 33), [640, 480]) {
                prop_assert!(region.is_finite() && region.clipped([640, 480]) == Some(region));
            }
            largest = largest.max(given.last().copied().unwrap_or(0));
        }
        prop_assert!(largest < 200);
    }

    #[test]
    fn who_was_given_up_does_not_come_back(
        frames in prop::collection::vec((1u64..400, prop::collection::vec(any_person(), 0..4)), 1..60)
    ) {
        let mut tracker = tracker();
        let mut seen_at: HashMap<u32, u64> = HashMap::new();
        let mut millis = 0;
        for (dt, people) in frames {
            millis += dt;
            for id in ids(&tracker.update(ms(millis), people)) {
                if let Some(before) = seen_at.insert(id, millis) {
                    // the frame after the second is over still finds them, the ones after it do not
                    prop_assert!(millis - before < 1000 + 400, "{id} is given again");
                }
            }
        }
    }
}
