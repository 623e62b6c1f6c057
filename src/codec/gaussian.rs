//! Heatmaps with one Gaussian a joint: drawing them, and finding their peaks to a fraction of a cell.
//!
//! Cell (column, row) stands for the crop position `((column + 0.5) * stride, (row + 0.5) * stride)`.

use std::ops::Range;

use crate::geom::{Crop, Point};
use crate::skeleton::SIGMAS;

/// Heat is raised to this before its logarithm is taken.
const SMALLEST_HEAT: f32 = 1e-6;

/// Smaller determinants of the second derivatives are no peak but a ridge or a plain.
const SMALLEST_DETERMINANT: f32 = 1e-9;

/// A joint's blur, as a share of its scatter ([`SIGMAS`]) times the map's height.
///
/// About 0.6 of the distance by which OKS forgives an error, where a person fills the crop as in training; the best
/// of those tried (`training/RESULTS.md`, decoding).
const BLUR_SHARE: f32 = 0.5;

/// Standard deviations of the blur; farther heat does not count.
const BLUR_REACH: f32 = 2.5;

/// A joint lies in the smallest rectangle of all cells with this share of the highest heat.
const CANDIDATE_SHARE: f32 = 0.5;

/// A joint's heat is the highest so near to it, in cells on each axis.
const NEAR_CELLS: usize = 2;

/// A peak of a heatmap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// Where it is in the crop.
    pub at: Point<Crop>,
    /// The highest heat near it.
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

/// Standard deviation in cells of the blur for a joint in a map of so many rows.
pub fn blur_cells(joint_idx: usize, rows: usize) -> f32 {
    BLUR_SHARE * SIGMAS[joint_idx] * rows as f32
}

/// Reads heatmaps, in memory that is kept from map to map.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    highest_of_rows: Vec<f32>,
    blur: Blur,
}

impl Decoder {
    /// Where a joint is in a map of `[width, height]` cells; `None` when the map is empty or holds no finite heat.
    ///
    /// A heatmap tells how likely a joint is where, and object keypoint similarity (OKS) forgives errors by a Gaussian as wide as
    /// human labels of the joint scatter. Blurred with it (`blur_cells`), the map tells what similarity to expect at each
    /// place. The peak is where that is highest (as in Purkrabek and Matas, "A Probabilistic Approach to 2D Human Pose
    /// Estimation", CVPR 2025), found between the cells by a Taylor step on the logarithm, in which a Gaussian is a paraboloid
    /// (Zhang et al., "Distribution-Aware Coordinate Representation", CVPR 2020, section 3.2). There is no heat outside the map.
    pub fn decode(
        &mut self,
        map: &[f32],
        [width, height]: [usize; 2],
        stride: f32,
        blur_cells: f32,
    ) -> Option<Peak> {
        debug_assert_eq!(map.len(), width * height, "map and size must fit");
        self.highest_of_rows.clear();
        let rows = map.chunks_exact(width.max(1));
        self.highest_of_rows.extend(rows.map(highest_of));
        let highest = highest_of(&self.highest_of_rows);
        if highest == 0.0 && !map.iter().any(|heat| heat.is_finite()) {
            return None;
        }
        let candidates = hot_cells(map, &self.highest_of_rows, CANDIDATE_SHARE * highest)?;
        // the Taylor step looks one cell farther
        let around = candidates.grown(1, [width, height]);
        self.blur.fill(map, [width, height], &around, blur_cells);
        let blurred = &self.blur.blurred;
        let at = |column: usize, row: usize| {
            blurred
                [(row - around.rows.start) * around.columns.len() + column - around.columns.start]
        };
        let mut best = [candidates.columns.start, candidates.rows.start];
        for row in candidates.rows {
            for column in candidates.columns.clone() {
                if at(best[0], best[1]) < at(column, row) {
                    best = [column, row];
                }
            }
        }
        let [column, row] = best;
        let is_inside = (1..width.saturating_sub(1)).contains(&column)
            && (1..height.saturating_sub(1)).contains(&row);
        let [step_x, step_y] = if is_inside {
            taylor_step(std::array::from_fn(|dy| {
                std::array::from_fn(|dx| at(column + dx - 1, row + dy - 1).max(SMALLEST_HEAT).ln())
            }))
        } else {
            [0.0, 0.0]
        };
        let near = Cells {
            columns: column..column + 1,
            rows: row..row + 1,
        }
        .grown(NEAR_CELLS, [width, height]);
        let heat = near
            .rows
            .map(|row| highest_of(&map[row * width..][near.columns.clone()]))
            .fold(0.0, f32::max);
        Some(Peak {
            at: Point::new(
                (column as f32 + 0.5 + step_x) * stride,
                (row as f32 + 0.5 + step_y) * stride,
            ),
            heat,
        })
    }
}

/// A rectangle of a map.
struct Cells {
    columns: Range<usize>,
    rows: Range<usize>,
}

impl Cells {
    /// By so many cells on each side, within the map.
    fn grown(&self, by: usize, [width, height]: [usize; 2]) -> Self {
        let grown = |range: &Range<usize>, len: usize| {
            range.start.saturating_sub(by)..(range.end + by).min(len)
        };
        Self {
            columns: grown(&self.columns, width),
            rows: grown(&self.rows, height),
        }
    }
}

/// What counts: a net may answer a little less than nothing.
fn heat_of(value: f32) -> f32 {
    if value.is_finite() {
        value.max(0.0)
    } else {
        0.0
    }
}

/// The highest of some heats, 0 if there is none. A person has 50,000 cells, so they are compared eight at a time.
fn highest_of(heats: &[f32]) -> f32 {
    let mut highest = [0.0_f32; 8];
    let eights = heats.chunks_exact(highest.len());
    let rest = eights.remainder();
    for eight in eights.chain([rest]) {
        for (highest, heat) in highest.iter_mut().zip(eight) {
            if *highest < *heat {
                *highest = *heat;
            }
        }
    }
    let highest = highest.into_iter().fold(0.0, f32::max);
    if highest.is_finite() {
        highest
    } else {
        heats.iter().copied().map(heat_of).fold(0.0, f32::max)
    }
}

/// The smallest rectangle of all cells with at least this heat; `None` when there is none.
fn hot_cells(map: &[f32], highest_of_rows: &[f32], at_least: f32) -> Option<Cells> {
    let width = map.len() / highest_of_rows.len().max(1);
    let mut hot: Option<Cells> = None;
    for (row, highest) in highest_of_rows.iter().enumerate() {
        if *highest < at_least {
            continue;
        }
        let heats = &map[row * width..][..width];
        let is_hot = |heat: &f32| at_least <= heat_of(*heat);
        let Some(first) = heats.iter().position(is_hot) else {
            continue;
        };
        let last = heats.iter().rposition(is_hot).unwrap_or(first);
        let cells = hot.get_or_insert(Cells {
            columns: first..last + 1,
            rows: row..row + 1,
        });
        cells.columns = cells.columns.start.min(first)..cells.columns.end.max(last + 1);
        cells.rows.end = row + 1;
    }
    hot
}

/// A part of a map, blurred.
#[derive(Clone, Debug, Default)]
struct Blur {
    weights: Vec<f32>,
    /// The heat of the part and of what is blurred into it, with nothing where the map ends.
    padded: Vec<f32>,
    down_columns: Vec<f32>,
    /// Row by row, up to a common factor.
    blurred: Vec<f32>,
}

impl Blur {
    /// Blurs the heat of some cells.
    fn fill(&mut self, map: &[f32], [width, height]: [usize; 2], cells: &Cells, sigma_cells: f32) {
        let reach = (BLUR_REACH * sigma_cells).ceil() as usize;
        self.weights.clear();
        self.weights.extend((0..=2 * reach).map(|tap| {
            let distance = (tap as f32 - reach as f32) / sigma_cells.max(f32::MIN_POSITIVE);
            (-distance * distance / 2.0).exp()
        }));
        let (n_columns, n_rows) = (cells.columns.len(), cells.rows.len());
        let padded_width = n_columns + 2 * reach;
        cleared(&mut self.padded, padded_width * (n_rows + 2 * reach));
        let asked = cells.grown(reach, [width, height]);
        let [left, top] = [&cells.columns, &cells.rows].map(|range| range.start);
        for row in asked.rows {
            let start = (row + reach - top) * padded_width + asked.columns.start + reach - left;
            let inside = &map[row * width..][asked.columns.clone()];
            for (heat, value) in self.padded[start..].iter_mut().zip(inside) {
                *heat = heat_of(*value);
            }
        }
        cleared(&mut self.blurred, n_columns * n_rows);
        for (row, along_row) in self.blurred.chunks_exact_mut(n_columns).enumerate() {
            cleared(&mut self.down_columns, padded_width);
            let rows = self.padded[row * padded_width..].chunks_exact(padded_width);
            for (weight, heats) in self.weights.iter().zip(rows) {
                add_weighted(&mut self.down_columns, *weight, heats);
            }
            for (weight, heats) in self
                .weights
                .iter()
                .zip(self.down_columns.windows(n_columns))
            {
                add_weighted(along_row, *weight, heats);
            }
        }
    }
}

/// `len` zeros.
fn cleared(numbers: &mut Vec<f32>, len: usize) {
    numbers.clear();
    numbers.resize(len, 0.0);
}

fn add_weighted(sums: &mut [f32], weight: f32, values: &[f32]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += weight * value;
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skeleton::joint;
    use proptest::prelude::*;

    const SIZE: [usize; 2] = [48, 64];
    const STRIDE: f32 = 4.0;

    fn decode(map: &[f32], size: [usize; 2], stride: f32, blur_cells: f32) -> Option<Peak> {
        Decoder::default().decode(map, size, stride, blur_cells)
    }

    proptest! {
        #[test]
        fn what_was_drawn_is_found(x in 20f32..172.0, y in 20f32..236.0, sigma in 1f32..2.5, blur in 0.5f32..3.5) {
            let at = Point::new(x, y);
            let peak = decode(&encode(at, sigma, SIZE, STRIDE), SIZE, STRIDE, blur).unwrap();
            // the farthest heat of the nearest is cut off by the map's border
            prop_assert!(peak.at.distance(at) < 0.5, "{:?} for {:?}", peak.at, at);
        }

        #[test]
        fn a_notch_in_the_top_is_looked_past(x in 40f32..150.0, y in 40f32..210.0) {
            let at = Point::new(x, y);
            let mut map = encode(at, 2.0, SIZE, STRIDE);
            let [column, row] = [(x / STRIDE) as usize, (y / STRIDE) as usize];
            // one cell beside the top is a little too high
            map[row * SIZE[0] + column + 1] += 0.03;
            let peak = decode(&map, SIZE, STRIDE, 2.0).unwrap();
            prop_assert!(peak.at.distance(at) < STRIDE / 4.0, "{:?} for {:?}", peak.at, at);
        }

        #[test]
        fn any_numbers_are_survived(map in prop::collection::vec(prop::num::f32::ANY, 20), blur in 0f32..9.0) {
            if let Some(peak) = decode(&map, [5, 4], STRIDE, blur) {
                prop_assert!(peak.heat.is_finite() && peak.at.is_finite());
                prop_assert!(0.0 <= peak.at.x && peak.at.x <= 20.0);
                prop_assert!(0.0 <= peak.at.y && peak.at.y <= 16.0);
            }
        }
    }

    #[test]
    fn a_joint_that_scatters_more_is_looked_for_in_the_wider_of_two_peaks() {
        let [face, body] = [Point::new(62.0, 62.0), Point::new(122.0, 182.0)];
        let narrow = encode(face, 1.0, SIZE, STRIDE);
        let wide = encode(body, 3.0, SIZE, STRIDE);
        let sum = |(narrow, wide): (&f32, &f32)| narrow + 0.5 * wide;
        let map: Vec<f32> = narrow.iter().zip(&wide).map(sum).collect();
        let found = |joint_idx| decode(&map, SIZE, STRIDE, blur_cells(joint_idx, SIZE[1])).unwrap();
        let [eye, hip] = [found(joint::LEFT_EYE), found(joint::LEFT_HIP)];
        assert!(eye.at.distance(face) < 1.0, "{eye:?}");
        assert!(hip.at.distance(body) < 1.0, "{hip:?}");
        // each tells the heat of its own peak
        assert!((eye.heat - 1.0).abs() < 1e-3, "{eye:?}");
        assert!((hip.heat - 0.5).abs() < 1e-3, "{hip:?}");
    }

    #[test]
    fn a_map_of_nan_has_no_peak() {
        assert_eq!(decode(&[f32::NAN; 12], [4, 3], STRIDE, 1.0), None);
        assert_eq!(decode(&[], [0, 0], STRIDE, 1.0), None);
    }

    #[test]
    fn without_heat_the_first_cell_is_told_with_none() {
        let peak = decode(&[-0.5; 12], [4, 3], STRIDE, 1.0).unwrap();
        assert_eq!((peak.at, peak.heat), (Point::new(2.0, 2.0), 0.0));
    }
}
