//! A layer's weights as integers.

use super::{PANEL, QUAD};

/// The largest absolute value of a weight: 7 bits, so that two products of weights and 8-bit values without sign add up
/// in 16 bits. The rounding of rows weighs more than that of weights, whose values are spread more evenly.
const LARGEST: f32 = 63.0;

/// Weights of `outputs` × `inputs`, 7 bits each, with a scale for every output.
#[derive(Clone, Debug)]
pub struct Weights {
    inputs: usize,
    outputs: usize,
    /// Panel after panel of 16 outputs; in each, four inputs of every output, then the next four.
    /// Missing inputs and outputs are zero.
    values: Box<[Panel]>,
    /// Of every output, and of those that fill up the last panel.
    scales: Box<[f32]>,
    /// What the values of every output add up to.
    sums: Box<[i32]>,
}

/// Four inputs of each of 16 outputs, which never lie across two lines of the processor's cache.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Panel(pub [[i8; QUAD]; PANEL]);

impl Weights {
    /// Takes `weights` row by row, `inputs` for every output.
    ///
    /// # Panics
    ///
    /// If they are no whole number of outputs.
    pub fn new(weights: &[f32], inputs: usize) -> Self {
        assert!(
            inputs > 0 && weights.len().is_multiple_of(inputs),
            "{} weights are no rows of {inputs}",
            weights.len()
        );
        let outputs = weights.len() / inputs;
        let quads = inputs.div_ceil(QUAD);
        let panels = outputs.div_ceil(PANEL);
        let mut values = vec![Panel([[0; QUAD]; PANEL]); panels * quads];
        let mut scales = vec![0.0; panels * PANEL];
        let mut sums = vec![0; panels * PANEL];
        for (output, row) in weights.chunks_exact(inputs).enumerate() {
            let largest = row.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
            scales[output] = largest / LARGEST;
            let factor = if largest > 0.0 {
                LARGEST / largest
            } else {
                0.0
            };
            let panel = &mut values[output / PANEL * quads..][..quads];
            for (quad, inputs) in panel.iter_mut().zip(row.chunks(QUAD)) {
                for (value, input) in quad.0[output % PANEL].iter_mut().zip(inputs) {
                    *value = (input * factor).round() as i8;
                    sums[output] += i32::from(*value);
                }
            }
        }
        Self {
            inputs,
            outputs,
            values: values.into(),
            scales: scales.into(),
            sums: sums.into(),
        }
    }

    /// Inputs of every output.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Outputs.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Puts the weights of `output` into `out`, as floats again.
    pub fn row(&self, output: usize, out: &mut [f32]) {
        let panel = self.panel(output / PANEL);
        let scale = self.scales[output];
        let values = panel.iter().flat_map(|quad| quad.0[output % PANEL]);
        for (out, value) in out.iter_mut().zip(values) {
            *out = f32::from(value) * scale;
        }
    }

    /// Inputs in fours, the last filled up.
    pub(super) fn quads(&self) -> usize {
        self.inputs.div_ceil(QUAD)
    }

    /// Panels of 16 outputs, the last filled up.
    pub(super) fn panels(&self) -> usize {
        self.outputs.div_ceil(PANEL)
    }

    /// The weights of 16 outputs.
    pub(super) fn panel(&self, panel: usize) -> &[Panel] {
        &self.values[panel * self.quads()..][..self.quads()]
    }

    /// A whole panel's worth of outputs at least.
    pub(super) fn scales(&self) -> &[f32] {
        &self.scales
    }

    /// As many as there are scales.
    pub(super) fn sums(&self) -> &[i32] {
        &self.sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_come_back_to_within_half_a_step() {
        let weights: Vec<f32> = (0..7 * 19)
            .map(|i| ((i * 37 % 101) as f32 - 50.0) / 30.0)
            .collect();
        let kept = Weights::new(&weights, 7);
        assert_eq!((kept.inputs(), kept.outputs()), (7, 19));
        for (output, expected) in weights.chunks_exact(7).enumerate() {
            let mut row = [0.0; 7];
            kept.row(output, &mut row);
            for (got, expected) in row.iter().zip(expected) {
                assert!(
                    (got - expected).abs() <= 0.51 * kept.scales()[output],
                    "{got} and {expected}"
                );
            }
        }
    }

    #[test]
    fn an_output_without_weights_is_nothing() {
        let kept = Weights::new(&[0.0; 8], 4);
        let mut row = [1.0; 4];
        kept.row(1, &mut row);
        assert_eq!((row, kept.scales()[1]), ([0.0; 4], 0.0));
    }
}
