//! Rows as integers.

use super::{LIFT, QUAD, TILE, quads};
use crate::vector::{largest, vectorised};

/// The largest absolute value.
const LARGEST: f32 = 127.0;

/// Rows of one length, 8 bits a value, with a scale for each row. Kept between products, so that
/// its memory is.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// In tiles of a few rows: four values of each row, then the next four of each. Missing ones
    /// are zero. All are [lifted](LIFT), as one of the factors must be for the instructions of x86.
    values: Vec<i32>,
    scales: Vec<f32>,
    quads: usize,
    /// Room for a row, and for its integers.
    made: Vec<f32>,
    rounded: Vec<[i8; QUAD]>,
}

impl Rows {
    /// Takes `rows` of `inputs` values each, in place of what was here.
    ///
    /// # Panics
    ///
    /// If they are no whole number of rows.
    pub fn take(&mut self, rows: &[f32], inputs: usize) {
        self.take_with(rows, inputs, |row, out| out.copy_from_slice(row));
    }

    /// The same, after `each` has transformed every row: it gets the row and a slice for the
    /// result.
    pub fn take_with(&mut self, rows: &[f32], inputs: usize, each: impl Fn(&[f32], &mut [f32])) {
        assert!(
            inputs > 0 && rows.len().is_multiple_of(inputs),
            "{} values are no rows of {inputs}",
            rows.len()
        );
        self.quads = quads(inputs);
        let Self {
            values,
            scales,
            quads,
            made,
            rounded,
        } = self;
        scales.clear();
        made.resize(inputs, 0.0);
        rounded.clear();
        rounded.resize(*quads, [0; QUAD]);
        values.resize(rows.len() / inputs * *quads, 0);
        for (rows, tile) in rows
            .chunks(TILE * inputs)
            .zip(values.chunks_mut(TILE * *quads))
        {
            let count = rows.len() / inputs;
            for (r, row) in rows.chunks_exact(inputs).enumerate() {
                each(row, made);
                scales.push(quantise(made, &mut rounded.as_flattened_mut()[..inputs]));
                let places = tile[r..].iter_mut().step_by(count);
                for (place, values) in places.zip(rounded.iter()) {
                    *place = i32::from_le_bytes(values.map(|x| x.cast_unsigned() ^ LIFT));
                }
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.scales.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.scales.is_empty()
    }

    /// Values of a row in fours, filled up to an even number of them.
    pub(super) fn quads(&self) -> usize {
        self.quads
    }

    pub(super) fn scales(&self) -> &[f32] {
        &self.scales
    }

    /// Four values of each of up to four rows, then the next four of each; and the first of these
    /// rows.
    pub(super) fn tiles(&self) -> impl Iterator<Item = (usize, &[i32])> {
        (0..)
            .step_by(TILE)
            .zip(self.values.chunks(TILE * self.quads.max(1)))
    }
}

/// Rounds `row` to integers, and gives their scale.
fn quantise(row: &[f32], out: &mut [i8]) -> f32 {
    // Adding 1.5 * 2^23 rounds to a whole number, ties to even, and leaves that number in the low
    // bits.
    const ROUND: f32 = 12_582_912.0;
    vectorised(|| {
        let largest = largest(row);
        if largest <= 0.0 {
            out.fill(0);
            return 0.0;
        }
        let factor = LARGEST / largest;
        for (out, x) in out.iter_mut().zip(row) {
            *out = (x * factor + ROUND).to_bits() as i8;
        }
        largest / LARGEST
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The values of `row` of some that are `inputs` long.
    fn values(kept: &Rows, row: usize, inputs: usize) -> Vec<f32> {
        let (first, tile) = kept.tiles().nth(row / TILE).expect("there is such a row");
        let count = tile.len() / kept.quads();
        let quads = tile[row - first..].iter().step_by(count);
        let values = quads.flat_map(|quad| quad.to_le_bytes());
        let value = |x: u8| f32::from((x ^ LIFT).cast_signed()) * kept.scales()[row];
        values.map(value).take(inputs).collect()
    }

    proptest! {
        #[test]
        fn rows_come_back_to_within_half_a_step(
            inputs in 1_usize..11, given in prop::collection::vec(-90.0_f32..90.0, 1..150),
        ) {
            let rows = &given[..given.len() / inputs * inputs];
            let mut kept = Rows::default();
            kept.take(rows, inputs);
            prop_assert_eq!(kept.len(), rows.len() / inputs);
            for (i, row) in rows.chunks(inputs).enumerate() {
                for (got, x) in values(&kept, i, inputs).into_iter().zip(row) {
                    prop_assert!((got - x).abs() <= 0.51 * kept.scales()[i], "{got} for {x}");
                }
            }
        }
    }

    #[test]
    fn a_row_of_nothing_has_no_scale() {
        let mut kept = Rows::default();
        kept.take(&[0.0; 8], 4);
        assert_eq!(kept.scales(), [0.0, 0.0]);
    }
}
