//! The nets: the only home of candle and of tensors.
