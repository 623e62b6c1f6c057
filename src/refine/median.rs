//! The middle one of the neighbors: takes single errors away and keeps edges.

/// For each sample the median of those around it, nothing delayed.
///
/// A window holds the sample and, on each side, the same number of neighbors: as many as lie within half of
/// `window_secs` on both sides. Toward the ends it therefore gets narrower, and the first and the last sample stay.
/// Times must ascend. `None` where no sample has neighbors that near: nothing would be filtered.
pub fn smooth(times_secs: &[f64], values: &[f64], window_secs: f64) -> Option<Vec<f64>> {
    // rounded times must not decide whether a neighbor belongs to the window
    let half_window_secs = 0.5 * window_secs + 1e-5;
    let mut sorted = Vec::new();
    let mut has_neighbors = false;
    let smooth = (0..values.len())
        .map(|index| {
            let now = times_secs[index];
            let n_before = times_secs[..index]
                .iter()
                .rev()
                .take_while(|time| now - **time <= half_window_secs)
                .count();
            let n_after = times_secs[index + 1..]
                .iter()
                .take(n_before)
                .take_while(|time| **time - now <= half_window_secs)
                .count();
            let n_sides = n_before.min(n_after);
            has_neighbors |= 0 < n_sides;
            sorted.clear();
            sorted.extend_from_slice(&values[index - n_sides..=index + n_sides]);
            sorted.sort_unstable_by(f64::total_cmp);
            sorted[n_sides]
        })
        .collect();
    has_neighbors.then_some(smooth)
}
