//! The detector gives PyTorch's numbers, with and without a mirror.
#![expect(
    clippy::unwrap_used,
    reason = "a golden file that cannot be read should fail the test"
)]

mod golden;

use std::collections::HashMap;

use candle_core::{Device, Result, Tensor};
use candle_nn::VarBuilder;
use golden::{
    INT16_TOLERANCE, TOLERANCE, assert_near, assert_same, golden, normalized, processors,
    processors_with, shipped, values, weights,
};
use poseglass::geom::{BBox, Crop};
use poseglass::image::RgbImage;
use poseglass::kernels::Precision;
use poseglass::nn::detector::{Detector, DetectorConfig, LevelAnswer};
use poseglass::nn::{DetectorParams, Processor, person_detector};

fn detector(
    vb: &VarBuilder<'_>,
    facts: &HashMap<String, String>,
    processor: Processor,
) -> Detector {
    let config: DetectorConfig = serde_json::from_str(&facts["config"]).unwrap();
    Detector::new(config, vb, processor).unwrap()
}

/// The boxes equal, best first, to a hundredth of a pixel.
fn assert_same_boxes(what: &str, ours: Result<Vec<(BBox<Crop>, f32)>>, theirs: &Tensor) {
    let ours = ours.unwrap();
    let theirs: Vec<Vec<f32>> = theirs.to_vec2().unwrap();
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for ((bbox, score), theirs) in ours.iter().zip(&theirs) {
        let ours = [bbox.min.x, bbox.min.y, bbox.max.x, bbox.max.y, *score];
        for (a, b) in ours.iter().zip(theirs) {
            assert!((a - b).abs() < 0.01, "{what}: {ours:?} {theirs:?}");
        }
    }
}

#[test]
fn random_detector_equals_pytorch() {
    let (tensors, facts) = golden("detector.safetensors");
    let threshold = facts["threshold"].parse().unwrap();
    let content = BBox::from_xywh([0.0, 0.0, 96.0, 64.0]);
    let max_iou = DetectorParams::default().max_iou;
    for processor in processors() {
        let net = detector(&weights(&tensors, "net."), &facts, processor);
        let input = &tensors["input"];
        for answers in [net.forward(input), net.forward_eagerly(input)] {
            let answers = answers.unwrap();
            for (level, answer) in answers.iter().enumerate() {
                for (kind, ours) in [("score", &answer.scores), ("box", &answer.boxes)] {
                    let name = format!("{kind}.{level}");
                    assert_same(&name, &values(ours), &values(&tensors[&name]));
                }
            }
            for picture in 0..2 {
                let name = format!("decoded.{picture}");
                let ours = person_detector::decode(&answers, picture, content, threshold, max_iou);
                assert_same_boxes(&name, ours, &tensors[&name]);
            }
        }
    }
}

/// Checks the cells of a shipped detector's answers of which `golden_detector.py` took a sample.
fn assert_sampled_cells(
    answers: &[LevelAnswer],
    tensors: &HashMap<String, Tensor>,
    tolerance: f32,
) {
    for (level, answer) in answers.iter().enumerate() {
        let all = Tensor::cat(&[&answer.scores, &answer.boxes], 1).unwrap();
        let n_cells = all.elem_count() / 5;
        let all = values(&all);
        let cells: Vec<i64> = tensors[&format!("cells.{level}")].to_vec1().unwrap();
        let sampled: Vec<f32> = (0..5)
            .flat_map(|row| cells.iter().map(move |cell| (row, *cell as usize)))
            .map(|(row, cell)| all[row * n_cells + cell])
            .collect();
        let name = format!("sample.{level}");
        assert_near(&name, &sampled, &values(&tensors[&name]), tolerance);
    }
}

#[test]
fn shipped_detector_equals_pytorch() {
    let (tensors, golden_facts) = golden("detector-shipped.safetensors");
    let (vb, facts) = shipped("detector.safetensors");
    let input = normalized(&tensors["picture"]);
    for processor in processors() {
        let net = detector(&vb, &facts, processor);
        let answers = net.forward(&input).unwrap();
        assert_sampled_cells(&answers, &tensors, TOLERANCE);
        let threshold = golden_facts["threshold"].parse().unwrap();
        let content = BBox::from_xywh([0.0, 0.0, 320.0, 192.0]);
        let max_iou = DetectorParams::default().max_iou;
        let ours = person_detector::decode(&answers, 0, content, threshold, max_iou);
        assert_same_boxes("decoded", ours, &tensors["decoded"]);
    }
    for processor in processors_with(Precision::Int16) {
        let net = detector(&vb, &facts, processor);
        assert_sampled_cells(&net.forward(&input).unwrap(), &tensors, INT16_TOLERANCE);
    }
}

#[test]
fn boxes_of_both_looks_equal_pytorch() {
    let (tensors, golden_facts) = golden("detector-shipped.safetensors");
    let (vb, facts) = shipped("detector.safetensors");
    let picture = &tensors["picture"];
    let (height, width, _) = picture.dims3().unwrap();
    let pixels = picture.flatten_all().unwrap().to_vec1().unwrap();
    let mirrored = RgbImage::from_rgb([width, height], pixels)
        .unwrap()
        .mirrored();
    let mirrored = Tensor::from_slice(mirrored.pixels(), (height, width, 3), &Device::Cpu).unwrap();
    let looks = [normalized(picture), normalized(&mirrored)];
    let input = Tensor::cat(&looks, 0).unwrap();
    let threshold = golden_facts["threshold"].parse().unwrap();
    // the last columns and rows are taken for padding
    let content = BBox::from_xywh([0.0, 0.0, 300.0, 180.0]);
    let max_iou = DetectorParams::default().max_iou;
    for processor in processors() {
        let net = detector(&vb, &facts, processor);
        let answers = net.forward(&input).unwrap();
        let ours =
            person_detector::decode_both_looks(&answers, width as f32, content, threshold, max_iou);
        assert_same_boxes("both looks", ours, &tensors["both_looks"]);
    }
}
