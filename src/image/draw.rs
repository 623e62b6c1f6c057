//! Drawing on pictures: anti-aliased lines, discs, boxes and short texts.
