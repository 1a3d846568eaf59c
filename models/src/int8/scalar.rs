//! Sums of products on any processor: what all other kernels are held against.

use super::{PANEL, Rows, Sink, Weights};

/// Multiplies every one of `rows` with `panels` of `weights`.
pub(super) fn multiply(
    rows: &Rows,
    weights: &Weights,
    panels: impl Iterator<Item = usize>,
    sink: &mut impl Sink,
) {
    for panel in panels {
        for (first, tile) in rows.tiles() {
            let count = tile.len() / weights.quads();
            for row in 0..count {
                let mut sums = [0; PANEL];
                let values = tile[row..].iter().step_by(count);
                for (values, weights) in values.zip(weights.panel(panel)) {
                    let values = values.to_le_bytes();
                    for (sum, weights) in sums.iter_mut().zip(weights.0) {
                        for (a, b) in values.into_iter().zip(weights) {
                            *sum += i32::from(a) * i32::from(b);
                        }
                    }
                }
                sink.take(first + row, panel, sums);
            }
        }
    }
}
