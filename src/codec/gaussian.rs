//! Heatmaps with one Gaussian per joint: drawing them and finding their peaks below the pixel grid.
