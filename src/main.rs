//! The poseglass program.

fn main() {}
