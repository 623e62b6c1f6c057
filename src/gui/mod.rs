//! The window: the only home of egui.
