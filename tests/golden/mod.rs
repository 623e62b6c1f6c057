//! PyTorch's numbers and what compares with them.
//!
//! The files in `tests/data/parity` are made by `training/reference/golden_*.py`.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses a part of it"
)]

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use poseglass::kernels::{InstructionSet, Precision};
use poseglass::nn::Processor;
use poseglass::nn::device::ProcessorChoice;
use safetensors::SafeTensors;

/// Largest error over the largest value.
pub const TOLERANCE: f32 = 1e-4;

/// The same where the nets compute with 16-bit numbers.
pub const INT16_TOLERANCE: f32 = 1e-2;

pub fn golden(name: &str) -> (HashMap<String, Tensor>, HashMap<String, String>) {
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
pub fn weights(tensors: &HashMap<String, Tensor>, prefix: &str) -> VarBuilder<'static> {
    let inner = tensors
        .iter()
        .filter_map(|(name, tensor)| {
            let name = name.strip_prefix(prefix)?.to_owned();
            Some((name, tensor.to_dtype(DType::F32).unwrap()))
        })
        .collect();
    VarBuilder::from_tensors(inner, DType::F32, &Device::Cpu)
}

pub fn shipped(file: &str) -> (VarBuilder<'static>, HashMap<String, String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("weights")
        .join(file);
    let bytes = std::fs::read(path).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().clone().unwrap();
    let vb = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu).unwrap();
    (vb, metadata)
}

pub fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

pub fn assert_same(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_near(what, ours, theirs, TOLERANCE);
}

pub fn largest_error(what: &str, ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    // the largest of some numbers would pass over one that is none
    assert!(ours.iter().all(|number| number.is_finite()), "{what}");
    ours.iter()
        .zip(theirs)
        .fold(0.0, |worst, (a, b)| worst.max((a - b).abs()))
}

pub fn assert_near(what: &str, ours: &[f32], theirs: &[f32], tolerance: f32) {
    let largest = theirs.iter().fold(0.0, |a: f32, b| a.max(b.abs()));
    let worst = largest_error(what, ours, theirs);
    assert!(
        worst <= tolerance * largest,
        "{what}: {worst} of {largest} is more than {tolerance}"
    );
}

/// One for each instruction set of this machine, each with another number of threads.
pub fn processors() -> Vec<Processor> {
    processors_with(Precision::Full)
}

pub fn processors_with(precision: Precision) -> Vec<Processor> {
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

/// A picture `[height, width, 3]`, uint8, as the nets take it.
pub fn normalized(picture: &Tensor) -> Tensor {
    let picture = picture.to_dtype(DType::F32).unwrap();
    ((picture.permute((2, 0, 1)).unwrap() / 255.0).unwrap() - 0.45)
        .unwrap()
        .unsqueeze(0)
        .unwrap()
        .contiguous()
        .unwrap()
}
