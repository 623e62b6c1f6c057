//! The nets and the codec give PyTorch's numbers.
//!
//! The files in `tests/data/parity` are made by `training/reference/golden_*.py`.
#![expect(
    clippy::unwrap_used,
    reason = "a golden file that cannot be read should fail the test"
)]

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use poseglass::codec::gaussian::{Decoder, blur_cells};
use poseglass::geom::{BBox, Point};
use poseglass::image::{RgbImage, warp};
use poseglass::kernels::{InstructionSet, Precision};
use poseglass::nn::detector::{Detector, DetectorConfig, LevelAnswer};
use poseglass::nn::device::ProcessorChoice;
use poseglass::nn::hourglass::{HourglassConfig, StackedHourglass};
use poseglass::nn::reidentifier::{SiameseConfig, SiameseNet};
use poseglass::nn::{DetectorParams, Processor, person_detector};
use poseglass::pipeline::estimate::image_from_crop;
use poseglass::skeleton::N_JOINTS;
use safetensors::SafeTensors;

/// The same names under `weights` and in `tests/data/parity`.
const SHIPPED_POSE_NETS: [&str; 2] = ["pose-fast.safetensors", "pose-accurate.safetensors"];

/// Largest error over the largest value.
const TOLERANCE: f32 = 1e-4;

/// The same where the nets compute with 16-bit numbers.
const INT16_TOLERANCE: f32 = 1e-2;

/// The largest error of heat in 16-bit numbers. Not relative to the largest value here: a joint has a heat of 1, and on a
/// picture of nobody a good net answers next to nothing.
const INT16_HEAT_TOLERANCE: f32 = 1e-3;

fn golden(name: &str) -> (HashMap<String, Tensor>, HashMap<String, String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/parity")
        .join(name);
    let bytes = std::fs::read(path).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().clone().unwrap_or_default();
    let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).unwrap();
    (tensors, metadata)
}

/// The tensors below a prefix, as f32 weights.
fn weights(tensors: &HashMap<String, Tensor>, prefix: &str) -> VarBuilder<'static> {
    let inner = tensors
        .iter()
        .filter_map(|(name, tensor)| {
            let name = name.strip_prefix(prefix)?.to_owned();
            Some((name, tensor.to_dtype(DType::F32).unwrap()))
        })
        .collect();
    VarBuilder::from_tensors(inner, DType::F32, &Device::Cpu)
}

fn shipped(file: &str) -> (VarBuilder<'static>, HashMap<String, String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("weights")
        .join(file);
    let bytes = std::fs::read(path).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().clone().unwrap();
    let vb = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu).unwrap();
    (vb, metadata)
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn assert_same(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_near(what, ours, theirs, TOLERANCE);
}

fn largest_error(what: &str, ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    ours.iter()
        .zip(theirs)
        .fold(0.0, |worst, (a, b)| worst.max((a - b).abs()))
}

fn assert_near(what: &str, ours: &[f32], theirs: &[f32], tolerance: f32) {
    let largest = theirs.iter().fold(0.0, |a: f32, b| a.max(b.abs()));
    let worst = largest_error(what, ours, theirs);
    assert!(
        worst <= tolerance * largest,
        "{what}: {worst} of {largest} is more than {tolerance}"
    );
}

/// One for each instruction set of this machine, each with another number of threads.
fn processors() -> Vec<Processor> {
    processors_with(Precision::Full)
}

fn processors_with(precision: Precision) -> Vec<Processor> {
    InstructionSet::ALL
        .into_iter()
        .filter(|isa| isa.is_available())
        .zip(1..)
        .map(|(isa, n_threads)| {
            let choice = ProcessorChoice {
                n_threads: Some(n_threads),
                isa: Some(isa),
                precision,
            };
            choice.open().unwrap()
        })
        .collect()
}

fn hourglass(
    vb: &VarBuilder<'_>,
    facts: &HashMap<String, String>,
    processor: Processor,
) -> StackedHourglass {
    let number = |key: &str| facts[key].parse().unwrap();
    let config = HourglassConfig {
        stacks: number("stacks"),
        features: number("features"),
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

fn detector(
    vb: &VarBuilder<'_>,
    facts: &HashMap<String, String>,
    processor: Processor,
) -> Detector {
    let config: DetectorConfig = serde_json::from_str(&facts["config"]).unwrap();
    Detector::new(config, vb, processor).unwrap()
}

/// The boxes equal, in any order among equal scores, to a hundredth of a pixel.
fn assert_same_boxes(
    what: &str,
    answers: &[LevelAnswer],
    picture: usize,
    content: [f32; 2],
    min_score: f32,
    theirs: &Tensor,
) {
    let max_iou = DetectorParams::default().max_iou;
    let ours = person_detector::decode(answers, picture, content, min_score, max_iou).unwrap();
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
                let theirs = &tensors[&name];
                assert_same_boxes(&name, &answers, picture, [96.0, 64.0], threshold, theirs);
            }
        }
    }
}

/// A picture `[height, width, 3]`, uint8, as the nets take it.
fn normalized(picture: &Tensor) -> Tensor {
    let picture = picture.to_dtype(DType::F32).unwrap();
    ((picture.permute((2, 0, 1)).unwrap() / 255.0).unwrap() - 0.45)
        .unwrap()
        .unsqueeze(0)
        .unwrap()
        .contiguous()
        .unwrap()
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
        let theirs = &tensors["decoded"];
        assert_same_boxes("decoded", &answers, 0, [320.0, 192.0], threshold, theirs);
    }
    for processor in processors_with(Precision::Int16) {
        let net = detector(&vb, &facts, processor);
        assert_sampled_cells(&net.forward(&input).unwrap(), &tensors, INT16_TOLERANCE);
    }
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
        let worst = sampled
            .iter()
            .zip(&theirs)
            .fold(0.0, |worst: f32, (a, b)| worst.max((a - b).abs()));
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
