//! Who of one list goes with whom of another so that all together fit best.
//!
//! The Hungarian method with potentials (Kuhn 1955, Munkres 1957), O(rows² · columns): rows are taken in one after
//! the other, each along the cheapest path of exchanges.

/// Pairs `(row, column)` with the largest sum of values, each row and column at most once, sorted by row.
///
/// Only values above 0 make a pair; NaN counts as 0.
pub fn best_pairs(
    n_rows: usize,
    n_columns: usize,
    value: impl Fn(usize, usize) -> f32,
) -> Vec<(usize, usize)> {
    let worth = |row, column| {
        let value = f64::from(value(row, column));
        if value.is_finite() {
            value.max(0.0)
        } else {
            0.0
        }
    };
    let mut pairs = cheapest_pairs(n_rows, n_columns, |row, column| -worth(row, column));
    pairs.retain(|(row, column)| 0.0 < worth(*row, *column));
    pairs
}

/// Pairs `(row, column)` with the smallest sum of costs, as many as there are rows or columns, whichever are fewer,
/// sorted by row; costs must be finite.
///
/// Of equally cheap ways it takes the one that `scipy.optimize.linear_sum_assignment` takes (Crouse, "On implementing
/// 2D rectangular assignment algorithms", 2016), so that figures computed with either are the same.
pub fn cheapest_pairs(
    n_rows: usize,
    n_columns: usize,
    cost: impl Fn(usize, usize) -> f64,
) -> Vec<(usize, usize)> {
    let mut pairs = if n_rows <= n_columns {
        cheapest_columns(n_rows, n_columns, cost)
    } else {
        cheapest_columns(n_columns, n_rows, |column, row| cost(row, column))
            .into_iter()
            .map(|(column, row)| (row, column))
            .collect()
    };
    pairs.sort_unstable();
    pairs
}

/// A column for every row with the smallest sum of costs; needs at least as many columns as rows.
fn cheapest_columns(
    n_rows: usize,
    n_columns: usize,
    cost: impl Fn(usize, usize) -> f64,
) -> Vec<(usize, usize)> {
    let mut row_potentials = vec![0.0_f64; n_rows];
    let mut column_potentials = vec![0.0_f64; n_columns];
    let mut row_of_column: Vec<Option<usize>> = vec![None; n_columns];
    for new_row in 0..n_rows {
        // Dijkstra over columns: how cheaply each is reached, and from which column before it
        let mut distances = vec![f64::INFINITY; n_columns];
        let mut columns_before: Vec<Option<usize>> = vec![None; n_columns];
        let mut is_done = vec![false; n_columns];
        // equal ways are told apart by this order: from the last column, a done one replaced by the end of the list
        let mut open_columns: Vec<usize> = (0..n_columns).rev().collect();
        let mut row = new_row;
        let mut column_before = None;
        let mut reached = 0.0;
        let free_column = loop {
            let mut nearest: Option<usize> = None;
            for (place, &column) in open_columns.iter().enumerate() {
                let distance =
                    reached + cost(row, column) - row_potentials[row] - column_potentials[column];
                if distance < distances[column] {
                    distances[column] = distance;
                    columns_before[column] = column_before;
                }
                let is_nearer = nearest.is_none_or(|nearest| {
                    let lowest = distances[open_columns[nearest]];
                    distances[column] < lowest
                        || (distances[column] == lowest && row_of_column[column].is_none())
                });
                if is_nearer {
                    nearest = Some(place);
                }
            }
            let Some(nearest) = nearest.map(|place| open_columns.swap_remove(place)) else {
                // cannot be: there are at least as many columns as rows
                break None;
            };
            is_done[nearest] = true;
            reached = distances[nearest];
            match row_of_column[nearest] {
                Some(taken_by) => {
                    row = taken_by;
                    column_before = Some(nearest);
                }
                None => break Some(nearest),
            }
        };
        // keeps reduced costs at 0 on pairs and above elsewhere
        row_potentials[new_row] += reached;
        for column in 0..n_columns {
            if is_done[column] {
                let gain = reached - distances[column];
                column_potentials[column] -= gain;
                if let Some(row) = row_of_column[column] {
                    row_potentials[row] += gain;
                }
            }
        }
        // hands each column on the path to the row before it
        let mut column = free_column;
        while let Some(here) = column {
            let before = columns_before[here];
            row_of_column[here] = match before {
                Some(before) => row_of_column[before],
                None => Some(new_row),
            };
            column = before;
        }
    }
    row_of_column
        .into_iter()
        .enumerate()
        .filter_map(|(column, row)| Some((row?, column)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The largest sum by trying everything.
    fn best_sum(values: &[Vec<f32>], row: usize, is_taken: &mut Vec<bool>) -> f32 {
        let Some(of_row) = values.get(row) else {
            return 0.0;
        };
        let mut best = best_sum(values, row + 1, is_taken);
        for column in 0..of_row.len() {
            if !is_taken[column] && 0.0 < of_row[column] {
                is_taken[column] = true;
                best = best.max(of_row[column] + best_sum(values, row + 1, is_taken));
                is_taken[column] = false;
            }
        }
        best
    }

    proptest! {
        #[test]
        fn nothing_is_better(
            n_rows in 0usize..6,
            n_columns in 0usize..6,
            cells in prop::collection::vec(prop_oneof![Just(0.0f32), Just(0.5), -1f32..1.0], 36)
        ) {
            let values: Vec<Vec<f32>> = (0..n_rows)
                .map(|row| cells[6 * row..6 * row + n_columns].to_vec())
                .collect();
            let pairs = best_pairs(n_rows, n_columns, |row, column| values[row][column]);
            let mut rows: Vec<usize> = pairs.iter().map(|pair| pair.0).collect();
            let mut columns: Vec<usize> = pairs.iter().map(|pair| pair.1).collect();
            rows.dedup();
            columns.sort_unstable();
            columns.dedup();
            prop_assert_eq!(rows.len(), pairs.len());
            prop_assert_eq!(columns.len(), pairs.len());
            prop_assert!(pairs.iter().all(|(row, column)| 0.0 < values[*row][*column]));
            let sum: f32 = pairs.iter().map(|(row, column)| values[*row][*column]).sum();
            let best = best_sum(&values, 0, &mut vec![false; n_columns]);
            prop_assert!((sum - best).abs() < 1e-4, "{} of {}", sum, best);
        }
    }

    #[test]
    fn the_greedy_choice_is_not_taken() {
        // 0.9 first would leave 0.1
        let values = [[0.9, 0.8], [0.8, 0.1]];
        let pairs = best_pairs(2, 2, |row, column| values[row][column]);
        assert_eq!(pairs, [(0, 1), (1, 0)]);
    }

    #[test]
    fn many_people_find_their_own() {
        let pairs = best_pairs(50, 50, |row, column| {
            let distance = (7 * row % 50).abs_diff(column) as f32;
            1.0 - distance / 50.0
        });
        let expected: Vec<(usize, usize)> = (0..50).map(|row| (row, 7 * row % 50)).collect();
        assert_eq!(pairs, expected);
    }

    #[test]
    fn broken_numbers_make_no_pair() {
        assert!(best_pairs(3, 2, |_, _| f32::NAN).is_empty());
        assert!(best_pairs(2, 3, |_, _| f32::NEG_INFINITY).is_empty());
    }
}
