//! Between joints and heatmaps: plain numbers in, plain numbers out, no nets.

pub mod gaussian;
