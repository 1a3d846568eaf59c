//! Sums of products back to floats.

use std::ops::Range;

use super::{LIFT, PANEL, Rows, Sink, Weights};

/// Scales sums, adds what is to be added, and puts them where they belong.
pub(super) struct Floats<'a> {
    scales: &'a [f32],
    weights: &'a Weights,
    bias: &'a [f32],
    onto: Option<&'a [f32]>,
    out: &'a mut [f32],
}

impl<'a> Floats<'a> {
    /// `bias` has a value for each output, or none at all; `onto` is as large as `out`, `[rows,
    /// outputs]`.
    pub fn new(
        rows: &'a Rows,
        weights: &'a Weights,
        bias: &'a [f32],
        onto: Option<&'a [f32]>,
        out: &'a mut [f32],
    ) -> Self {
        let (size, outputs) = (rows.len() * weights.outputs(), weights.outputs());
        assert_eq!(rows.quads(), weights.quads(), "rows and weights do not fit");
        assert_eq!(out.len(), size, "the result does not fit");
        assert!(
            bias.is_empty() || bias.len() == outputs,
            "the bias does not fit"
        );
        assert!(
            onto.is_none_or(|onto| onto.len() == size),
            "what is to be added does not fit"
        );
        Self {
            scales: rows.scales(),
            weights,
            bias,
            onto,
            out,
        }
    }
}

impl Sink for Floats<'_> {
    #[inline(always)]
    fn take(&mut self, row: usize, panel: usize, sums: [i32; PANEL]) {
        let (output, outputs) = (panel * PANEL, self.weights.outputs());
        let columns = &self.weights.scales()[output..][..PANEL];
        let lifts = &self.weights.sums()[output..][..PANEL];
        let scale = self.scales[row];
        let mut values = [0.0; PANEL];
        for (((value, sum), column), lift) in values.iter_mut().zip(sums).zip(columns).zip(lifts) {
            *value = (sum - i32::from(LIFT) * lift) as f32 * (scale * column);
        }
        let at = row * outputs + output;
        // The last panel may hold more than there are. All others are of a length known beforehand,
        // so that vector instructions can be used.
        let wanted = outputs - output;
        if wanted >= PANEL {
            self.put(&values, at..at + PANEL, output..output + PANEL);
        } else {
            self.put(&values[..wanted], at..at + wanted, output..outputs);
        }
    }
}

impl Floats<'_> {
    #[inline(always)]
    fn put(&mut self, values: &[f32], place: Range<usize>, outputs: Range<usize>) {
        let out = &mut self.out[place.clone()];
        out.copy_from_slice(values);
        if !self.bias.is_empty() {
            add(out, &self.bias[outputs]);
        }
        if let Some(onto) = self.onto {
            add(out, &onto[place]);
        }
    }
}

#[inline(always)]
fn add(values: &mut [f32], others: &[f32]) {
    for (value, other) in values.iter_mut().zip(others) {
        *value += other;
    }
}
