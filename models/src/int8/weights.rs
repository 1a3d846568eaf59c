//! A layer's weights as integers.

use super::{PANEL, QUAD, quads};

/// The largest absolute value of a weight.
const LARGEST: f32 = 127.0;

/// Most that the positive weights of a [lane](lanes) add up to, and the negative ones: times 255,
/// the largest lifted value of a row, this is what 16 bits hold.
const MOST: i32 = 128;

/// The inputs whose products AVX2 adds up in 16 bits, of eight: in each of two quads, the first or
/// the last pair.
fn lanes<T: Copy>(eight: [T; 2 * QUAD]) -> [[T; QUAD]; 2] {
    let [a, b, c, d, e, f, g, h] = eight;
    [[a, b, e, f], [c, d, g, h]]
}

/// Weights of `outputs` × `inputs`, 8 bits each, with a scale for every output.
///
/// The scale is the finest with which no sum of products can saturate in 16 bits. As weights of
/// both signs lie in any order and few are large, that is finer than 7 bits would be for nine in
/// ten outputs of whisper-base: steps of 0.63 to 0.85 of theirs, by layer.
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
        let quads = quads(inputs);
        let panels = outputs.div_ceil(PANEL);
        let mut values = vec![Panel([[0; QUAD]; PANEL]); panels * quads];
        let mut scales = vec![0.0; panels * PANEL];
        let mut sums = vec![0; panels * PANEL];
        for (output, row) in weights.chunks_exact(inputs).enumerate() {
            let (scale, rounded) = round(row);
            scales[output] = scale;
            sums[output] = rounded.iter().map(|x| i32::from(*x)).sum();
            let panel = &mut values[output / PANEL * quads..][..quads];
            for (quad, rounded) in panel.iter_mut().zip(rounded.as_chunks().0) {
                quad.0[output % PANEL] = *rounded;
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

    /// Inputs in fours, filled up to an even number of them.
    pub(super) fn quads(&self) -> usize {
        quads(self.inputs)
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

/// The weights of an output as integers, filled up to whole steps, and their scale.
fn round(weights: &[f32]) -> (f32, Vec<i8>) {
    let largest = weights
        .iter()
        .fold(0.0_f32, |largest, x| largest.max(x.abs()));
    let mut rounded = vec![0; quads(weights.len()) * QUAD];
    if largest <= 0.0 {
        return (0.0, rounded);
    }
    let mut factor = LARGEST / largest;
    loop {
        for (to, x) in rounded.iter_mut().zip(weights) {
            *to = (x * factor).round() as i8;
        }
        let eights = rounded.as_chunks().0.iter();
        let sums = eights.flat_map(|eight| lanes(*eight).map(one_sided));
        let most = sums.max().unwrap_or(0);
        if most <= MOST {
            return (1.0 / factor, rounded);
        }
        // Rounding may have added to the sums, and does so less in proportion the next time.
        factor *= (MOST as f32 / most as f32).min(0.99);
    }
}

/// What the positive or the negative of `weights` add up to, whichever is more.
fn one_sided(weights: [i8; QUAD]) -> i32 {
    let of = |sign: i32| weights.iter().map(|x| (sign * i32::from(*x)).max(0)).sum();
    i32::max(of(1), of(-1))
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
    fn sums_of_products_fit_and_no_scale_is_coarser_than_it_must_be() {
        // All of one sign, of both signs, and one that stands out.
        for (weights, coarsest) in [
            (vec![0.5_f32; 24], 0.5 / 31.0),
            (
                (0..24)
                    .map(|i| if i % 2 == 0 { 0.5 } else { -0.5 })
                    .collect(),
                0.5 / 62.0,
            ),
            (
                (0..24).map(|i| if i == 7 { 1.0 } else { 0.01 }).collect(),
                1.0 / 120.0,
            ),
        ] {
            let (scale, rounded) = round(&weights);
            let eights = rounded.as_chunks().0.iter();
            let most = eights.flat_map(|eight| lanes(*eight).map(one_sided)).max();
            assert!(most <= Some(MOST), "{most:?} of {weights:?}");
            assert!(scale <= coarsest, "{scale} for {weights:?}");
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
