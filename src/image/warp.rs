//! Cutting and scaling: from a frame to a net's input.
