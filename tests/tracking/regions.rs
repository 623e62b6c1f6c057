//! Where the pose net is to look next.

use super::*;

#[test]
fn regions_move_with_the_people() {
    let mut tracker = tracker();
    for k in 0..10 {
        tracker.update(ms(100 * k), vec![standing(100.0 + 20.0 * k as f32, 0.9)]);
    }
    let regions = tracker.regions(ms(1000), [640, 480]);
    let [(id, region)] = regions[..] else {
        panic!("{regions:?}");
    };
    assert_eq!(id, TrackId(1));
    // joints' bounds are symmetric about x; the next frame's person stands at 300
    assert!((region.center().x - 300.0).abs() < 4.0, "{region:?}");
    let next = standing(300.0, 0.9);
    let joints = next.pose.bounds(0.3);
    assert!(
        joints.is_some_and(|joints| region.contains(joints.min) && region.contains(joints.max)),
        "{region:?}"
    );
    assert!(region.height() < 1.4 * next.bbox.height());
}

#[test]
fn regions_of_people_at_rest_do_not_tremble() {
    let mut tracker = tracker();
    let mut regions = Vec::new();
    for k in 0..10 {
        let tremble_px = if k % 2 == 0 { 1.5 } else { -1.5 };
        tracker.update(ms(100 * k), vec![standing(300.0 + tremble_px, 0.9)]);
        regions.extend(tracker.regions(ms(100 * (k + 1)), [640, 480]));
    }
    assert!(regions.iter().all(|region| *region == regions[0]));
    // until they go
    for k in 10..13 {
        tracker.update(
            ms(100 * k),
            vec![standing(300.0 + 30.0 * (k - 9) as f32, 0.9)],
        );
    }
    assert_ne!(tracker.regions(ms(1300), [640, 480])[0], regions[0]);
}

#[test]
fn regions_are_the_boxes_where_joints_are_few() {
    let mut tracker = tracker();
    let mut person = standing(100.0, 0.9);
    for keypoint in &mut person.pose.keypoints[5..] {
        *keypoint = None;
    }
    tracker.update(ms(0), vec![person]);
    assert_eq!(
        tracker.regions(ms(0), [640, 480]),
        [(TrackId(1), person.bbox)]
    );
}

#[test]
fn regions_end_at_the_picture() {
    let mut tracker = tracker();
    tracker.update(ms(0), vec![standing(10.0, 0.9)]);
    let regions = tracker.regions(ms(33), [640, 480]);
    assert_eq!(regions[0].1.min.x, 0.0);
    tracker.reset();
    tracker.update(ms(0), vec![standing(-500.0, 0.9)]);
    assert!(tracker.regions(ms(33), [640, 480]).is_empty());
}
