//! The pose net, the re-identification net and the codec give PyTorch's numbers; the detector does in `parity_detector.rs`.
#![expect(
    clippy::unwrap_used,
    reason = "a golden file that cannot be read should fail the test"
)]

mod golden;

use std::collections::HashMap;

use candle_core::{Device, Tensor};
use candle_nn::VarBuilder;
use golden::{
    TOLERANCE, assert_same, golden, largest_error, normalized, processors, processors_with,
    shipped, values, weights,
};
use poseglass::codec::gaussian::{Decoder, blur_cells};
use poseglass::geom::{BBox, Point};
use poseglass::image::{RgbImage, warp};
use poseglass::kernels::Precision;
use poseglass::nn::Processor;
use poseglass::nn::hourglass::{HourglassConfig, StackedHourglass};
use poseglass::nn::reidentifier::{SiameseConfig, SiameseNet};
use poseglass::pipeline::estimate::image_from_crop;
use poseglass::skeleton::N_JOINTS;

/// The same names under `weights` and in `tests/data/parity`.
const SHIPPED_POSE_NETS: [&str; 2] = ["pose-fast.safetensors", "pose-accurate.safetensors"];

/// The largest error of heat in 16-bit numbers. Not relative to the largest value here: a joint has a heat of 1, and on a
/// picture of nobody a good net answers next to nothing.
const INT16_HEAT_TOLERANCE: f32 = 1e-3;

fn hourglass(
    vb: &VarBuilder<'_>,
    facts: &HashMap<String, String>,
    processor: Processor,
) -> StackedHourglass {
    let number = |key: &str| facts[key].parse().unwrap();
    let number_or = |key: &str, other| facts.get(key).map_or(other, |text| text.parse().unwrap());
    let config = HourglassConfig {
        stacks: number("stacks"),
        features: number("features"),
        deep_middle: number_or("deep_middle", number("features") / 2),
        deep_blocks: number_or("deep_blocks", 0),
        stem: number("stem"),
        joints: 17,
    };
    StackedHourglass::new(config, vb, processor).unwrap()
}

#[test]
fn random_hourglass_equals_pytorch() {
    let (tensors, facts) = golden("pose-random.safetensors");
    for processor in processors() {
        let isa = processor.isa;
        let net = hourglass(&weights(&tensors, "weights."), &facts, processor);
        for stack in 0..net.n_stacks() {
            let input = &tensors["input"];
            let name = format!("output.{stack}");
            let theirs = values(&tensors[&name]);
            for (how, ours) in [
                (isa.name(), net.forward(input, stack + 1)),
                ("candle", net.forward_eagerly(input, stack + 1)),
            ] {
                assert_same(&format!("{name} {how}"), &values(&ours.unwrap()), &theirs);
            }
        }
    }
}

#[test]
fn shipped_hourglass_equals_pytorch() {
    let large = formula_input();
    for file in SHIPPED_POSE_NETS {
        let (tensors, _) = golden(file);
        let (vb, facts) = shipped(file);
        let positions: Vec<i64> = tensors["large.position"].to_vec1().unwrap();
        for processor in processors() {
            let net = hourglass(&vb, &facts, processor);
            for stack in 0..net.n_stacks() {
                let small = net.forward(&tensors["small.input"], stack + 1).unwrap();
                let name = format!("small.output.{stack}");
                let what = format!("{file} {name}");
                assert_same(&what, &values(&small), &values(&tensors[&name]));
                let ours = values(&net.forward(&large, stack + 1).unwrap());
                let sampled: Vec<f32> = positions.iter().map(|at| ours[*at as usize]).collect();
                let name = format!("large.output.{stack}");
                let what = format!("{file} {name}");
                assert_same(&what, &sampled, &values(&tensors[&name]));
            }
        }
    }
}

#[test]
fn shipped_hourglass_in_int16_is_near_pytorch() {
    let large = formula_input();
    for file in SHIPPED_POSE_NETS {
        let (tensors, _) = golden(file);
        let (vb, facts) = shipped(file);
        let positions: Vec<i64> = tensors["large.position"].to_vec1().unwrap();
        for processor in processors_with(Precision::Int16) {
            let net = hourglass(&vb, &facts, processor);
            let ours = values(&net.forward(&large, net.n_stacks()).unwrap());
            let sampled: Vec<f32> = positions.iter().map(|at| ours[*at as usize]).collect();
            let name = format!("large.output.{}", net.n_stacks() - 1);
            let theirs = values(&tensors[&name]);
            let error = largest_error(&name, &sampled, &theirs);
            assert!(
                error < INT16_HEAT_TOLERANCE,
                "{file} {name}: {error} of the heat is more than {INT16_HEAT_TOLERANCE}"
            );
            assert_ne!(sampled, theirs, "nothing was rounded");
        }
    }
}

/// `formula_input` of `golden_pose.py`.
fn formula_input() -> Tensor {
    let large: Vec<f32> = (0..3)
        .flat_map(|channel| (0..256).map(move |row| (channel, row)))
        .flat_map(|(channel, row)| {
            (0..192).map(move |column| {
                let phase = 0.05 * f64::from((channel + 1) * column) + 0.03 * f64::from(row);
                (0.45 * phase.sin()) as f32
            })
        })
        .collect();
    Tensor::from_vec(large, (1, 3, 256, 192), &Device::Cpu).unwrap()
}

fn siamese(
    vb: &VarBuilder<'_>,
    facts: &HashMap<String, String>,
    processor: Processor,
) -> SiameseNet {
    let config: SiameseConfig = serde_json::from_str(&facts["config"]).unwrap();
    SiameseNet::new(config, vb, processor).unwrap()
}

#[test]
fn random_siamese_net_equals_pytorch() {
    let (tensors, facts) = golden("reidentifier.safetensors");
    let theirs = values(&tensors["numbers"]);
    for processor in processors() {
        let isa = processor.isa;
        let net = siamese(&weights(&tensors, "net."), &facts, processor);
        let input = &tensors["input"];
        for (how, ours) in [
            (isa.name(), net.forward(input)),
            ("candle", net.forward_eagerly(input)),
        ] {
            assert_same(how, &ours.unwrap().concat(), &theirs);
        }
    }
}

#[test]
fn shipped_siamese_net_equals_pytorch() {
    let (tensors, _) = golden("reidentifier-shipped.safetensors");
    let (vb, facts) = shipped("reidentifier.safetensors");
    let input = normalized(&tensors["picture"]);
    for processor in processors() {
        let net = siamese(&vb, &facts, processor);
        let ours = net.forward(&input).unwrap().concat();
        assert_same("numbers", &ours, &values(&tensors["numbers"]));
    }
}

#[test]
fn crops_equal_the_formula() {
    let (tensors, _) = golden("crop-decode.safetensors");
    let (height, width, _) = tensors["picture"].dims3().unwrap();
    let pixels: Vec<u8> = tensors["picture"].flatten_all().unwrap().to_vec1().unwrap();
    let picture = RgbImage::from_rgb([width, height], pixels).unwrap();
    let boxes: Vec<Vec<f32>> = tensors["boxes"].to_vec2().unwrap();
    for (idx, xywh) in boxes.iter().enumerate() {
        let bbox = BBox::from_xywh(xywh.as_slice().try_into().unwrap());
        let transform = image_from_crop(bbox, [192, 256]);
        let crop = warp::cut(&picture, &transform, [192, 256], [0; 3]);
        let sampled: Vec<f32> = (0..64)
            .flat_map(|row| (0..48).map(move |column| (row, column)))
            .flat_map(|(row, column)| crop.get(4 * column + 1, 4 * row + 1).unwrap())
            .map(f32::from)
            .collect();
        let theirs = values(&tensors[&format!("crop.{idx}")]);
        let worst = largest_error(&format!("crop {idx}"), &sampled, &theirs);
        // half a step of rounding, and shares in 1/256 of neighbors that differ by up to 255
        assert!(worst <= 1.6, "crop {idx}: {worst}");
    }
}

#[test]
fn decoded_points_equal_the_formula() {
    let (tensors, _) = golden("crop-decode.safetensors");
    let heatmaps: Vec<Vec<f32>> = tensors["heatmaps"]
        .flatten(1, 2)
        .unwrap()
        .to_vec2()
        .unwrap();
    let points: Vec<Vec<f32>> = tensors["scatter"].to_vec2().unwrap();
    assert_eq!(points.len(), N_JOINTS);
    let mut decoder = Decoder::default();
    for (joint_idx, (map, point)) in heatmaps.iter().zip(&points).enumerate() {
        let peak = decoder
            .decode(map, [48, 64], 4.0, blur_cells(joint_idx, 64))
            .unwrap();
        let distance = peak.at.distance(Point::new(point[0], point[1]));
        assert!(distance < 256.0 * TOLERANCE, "{joint_idx}: {distance} px");
        assert!((peak.heat - point[2]).abs() < TOLERANCE, "{joint_idx}");
    }
}
