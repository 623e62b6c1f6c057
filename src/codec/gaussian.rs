//! Heatmaps with one Gaussian a joint: drawing them, and finding their peaks to a fraction of a cell.
//!
//! Cell (column, row) stands for the crop position `((column + 0.5) * stride, (row + 0.5) * stride)`.

use crate::geom::{Crop, Point};

/// Heat is raised to this before its logarithm is taken.
const SMALLEST_HEAT: f32 = 1e-6;

/// Smaller determinants of the second derivatives are no peak but a ridge or a plain.
const SMALLEST_DETERMINANT: f32 = 1e-9;

/// Cells on each side of a cell that its blurred heat comes from.
const BLUR_REACH: usize = 5;

/// Standard deviation of the blur, that of the Gaussians that the nets are taught at 256x192.
const BLUR_SIGMA_CELLS: f32 = 2.0;

/// How the peak is found between the cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refinement {
    /// A Taylor step on the logarithm of the blurred heat, in which a Gaussian is a paraboloid
    /// (Zhang et al., "Distribution-Aware Coordinate Representation", CVPR 2020, sections 3.2 and 3.3).
    ///
    /// The blur takes out the small second peaks of a net's heatmaps. The paper's rescaling after it is left out, as
    /// the step does not depend on it; within five cells of the map's border nothing is blurred.
    #[default]
    Dark,
    /// A quarter of a cell toward the higher neighbor on each axis (Newell et al. 2016).
    QuarterStep,
}

/// A peak of a heatmap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// Where it is in the crop.
    pub at: Point<Crop>,
    /// The heat of the highest cell.
    pub heat: f32,
}

/// Draws a Gaussian of height 1 and standard deviation `sigma_cells` at `at` into a map of `[width, height]` cells.
pub fn encode(
    at: Point<Crop>,
    sigma_cells: f32,
    [width, height]: [usize; 2],
    stride: f32,
) -> Vec<f32> {
    let fall_off = |cell: usize, position: f32| {
        let distance_cells = cell as f32 + 0.5 - position / stride;
        (-distance_cells * distance_cells / (2.0 * sigma_cells * sigma_cells)).exp()
    };
    (0..height)
        .flat_map(|row| {
            let vertical = fall_off(row, at.y);
            (0..width).map(move |column| vertical * fall_off(column, at.x))
        })
        .collect()
}

/// The highest peak of a map of `[width, height]` cells; `None` when the map is empty or holds no finite heat.
pub fn decode(
    map: &[f32],
    [width, height]: [usize; 2],
    stride: f32,
    refinement: Refinement,
) -> Option<Peak> {
    debug_assert_eq!(map.len(), width * height, "map and size must fit");
    let mut highest: Option<(usize, f32)> = None;
    for (cell, heat) in map.iter().enumerate() {
        if heat.is_finite() && highest.is_none_or(|(_, so_far)| so_far < *heat) {
            highest = Some((cell, *heat));
        }
    }
    let (cell, heat) = highest?;
    let (column, row) = (cell % width, cell / width);
    let at = |column: usize, row: usize| map[row * width + column];
    let to_border_x = column.min(width - 1 - column);
    let to_border_y = row.min(height - 1 - row);
    let to_border = to_border_x.min(to_border_y);
    let [step_x, step_y] = match refinement {
        Refinement::Dark if 0 < to_border => {
            // nearer to the border the darkness outside would draw the joint inward
            let around = if BLUR_REACH < to_border {
                blurred_around(map, width, [column, row])
            } else {
                std::array::from_fn(|dy| {
                    std::array::from_fn(|dx| at(column + dx - 1, row + dy - 1))
                })
            };
            taylor_step(around.map(|row| row.map(|heat| heat.max(SMALLEST_HEAT).ln())))
        }
        Refinement::Dark => [0.0, 0.0],
        Refinement::QuarterStep => [
            if 0 < to_border_x {
                quarter_toward(at(column - 1, row), at(column + 1, row))
            } else {
                0.0
            },
            if 0 < to_border_y {
                quarter_toward(at(column, row - 1), at(column, row + 1))
            } else {
                0.0
            },
        ],
    };
    Some(Peak {
        at: Point::new(
            (column as f32 + 0.5 + step_x) * stride,
            (row as f32 + 0.5 + step_y) * stride,
        ),
        heat,
    })
}

/// Shares of the blur of the cells in a row, `BLUR_REACH` on each side of the middle; their common factor is left out.
fn blur_weights() -> [f32; 2 * BLUR_REACH + 1] {
    std::array::from_fn(|tap| {
        let distance_cells = tap as f32 - BLUR_REACH as f32;
        (-distance_cells * distance_cells / (2.0 * BLUR_SIGMA_CELLS * BLUR_SIGMA_CELLS)).exp()
    })
}

/// The blurred heat of a cell and its neighbors, `[row][column]`; the cell is more than `BLUR_REACH` from the border.
fn blurred_around(map: &[f32], width: usize, [column, row]: [usize; 2]) -> [[f32; 3]; 3] {
    let weights = blur_weights();
    let (left, top) = (column - 1 - BLUR_REACH, row - 1 - BLUR_REACH);
    let mut blurred = [[0.0; 3]; 3];
    for y in 0..2 * BLUR_REACH + 3 {
        let heat = &map[(top + y) * width + left..][..2 * BLUR_REACH + 3];
        let along_row: [f32; 3] = std::array::from_fn(|x| {
            let pairs = weights.iter().zip(&heat[x..]);
            pairs.map(|(weight, heat)| weight * heat).sum()
        });
        for (dy, row) in blurred.iter_mut().enumerate() {
            // this row's place in the column of weights of the row `dy`
            let Some(weight) = y.checked_sub(dy).and_then(|tap| weights.get(tap)) else {
                continue;
            };
            for (sum, heat) in row.iter_mut().zip(along_row) {
                *sum += weight * heat;
            }
        }
    }
    blurred
}

/// Cells from the middle to the top of the paraboloid through `[row][column]`, half a cell at most.
fn taylor_step(log: [[f32; 3]; 3]) -> [f32; 2] {
    let slope_x = (log[1][2] - log[1][0]) / 2.0;
    let slope_y = (log[2][1] - log[0][1]) / 2.0;
    let bend_x = log[1][2] - 2.0 * log[1][1] + log[1][0];
    let bend_y = log[2][1] - 2.0 * log[1][1] + log[0][1];
    let twist = (log[2][2] - log[2][0] - log[0][2] + log[0][0]) / 4.0;
    let determinant = bend_x * bend_y - twist * twist;
    if !determinant.is_finite() || 0.0 <= bend_x || determinant <= SMALLEST_DETERMINANT {
        return [0.0, 0.0];
    }
    let step_x = -(bend_y * slope_x - twist * slope_y) / determinant;
    let step_y = -(bend_x * slope_y - twist * slope_x) / determinant;
    [step_x.clamp(-0.5, 0.5), step_y.clamp(-0.5, 0.5)]
}

fn quarter_toward(before: f32, after: f32) -> f32 {
    if before < after {
        0.25
    } else if after < before {
        -0.25
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIZE: [usize; 2] = [48, 64];
    const STRIDE: f32 = 4.0;

    proptest! {
        #[test]
        fn dark_finds_what_was_drawn(x in 6f32..186.0, y in 6f32..250.0, sigma in 1f32..2.5) {
            let at = Point::new(x, y);
            let peak = decode(&encode(at, sigma, SIZE, STRIDE), SIZE, STRIDE, Refinement::Dark).unwrap();
            prop_assert!(peak.at.distance(at) < 0.05, "{:?} for {:?}", peak.at, at);
        }

        #[test]
        fn dark_looks_past_a_notch_in_the_top(x in 40f32..150.0, y in 40f32..210.0) {
            let at = Point::new(x, y);
            let mut map = encode(at, 2.0, SIZE, STRIDE);
            let [column, row] = [(x / STRIDE) as usize, (y / STRIDE) as usize];
            // one cell beside the top is a little too high
            map[row * SIZE[0] + column + 1] += 0.03;
            let peak = decode(&map, SIZE, STRIDE, Refinement::Dark).unwrap();
            prop_assert!(peak.at.distance(at) < STRIDE / 4.0, "{:?} for {:?}", peak.at, at);
        }

        #[test]
        fn quarter_step_is_within_a_third_of_a_cell(x in 6f32..186.0, y in 6f32..250.0) {
            let at = Point::new(x, y);
            let peak = decode(&encode(at, 2.0, SIZE, STRIDE), SIZE, STRIDE, Refinement::QuarterStep).unwrap();
            prop_assert!((peak.at.x - x).abs() <= STRIDE / 4.0 + 1e-3);
            prop_assert!((peak.at.y - y).abs() <= STRIDE / 4.0 + 1e-3);
        }

        #[test]
        fn any_numbers_are_survived(map in prop::collection::vec(prop::num::f32::ANY, 20)) {
            for refinement in [Refinement::Dark, Refinement::QuarterStep] {
                if let Some(peak) = decode(&map, [5, 4], STRIDE, refinement) {
                    prop_assert!(peak.heat.is_finite() && peak.at.is_finite());
                    prop_assert!(0.0 <= peak.at.x && peak.at.x <= 20.0);
                }
            }
        }
    }

    #[test]
    fn a_map_of_nan_has_no_peak() {
        assert_eq!(
            decode(&[f32::NAN; 12], [4, 3], STRIDE, Refinement::Dark),
            None
        );
        assert_eq!(decode(&[], [0, 0], STRIDE, Refinement::Dark), None);
    }

    #[test]
    fn a_plain_keeps_the_first_cell() {
        let peak = decode(&[0.5; 12], [4, 3], STRIDE, Refinement::Dark).unwrap();
        assert_eq!(peak.at, Point::new(2.0, 2.0));
    }
}
