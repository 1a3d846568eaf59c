//! Loops over plain slices of floats that candle has no fused, vectorised operation for.
//!
//! Each is written so that the compiler can turn it into vector instructions, and runs through
//! [`pulp`], which picks the widest ones this processor has.

use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

use pulp::Arch;

/// Independent sums, so that additions need not wait for each other.
const LANES: usize = 16;

/// Runs `work` with the vector instructions this processor has.
pub fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(work)
}

/// e^x to about 1e-7 of its value; 0 and below the smallest normal number become that number.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 rounds to a whole number, and leaves that number in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let r = x - whole * LN_2_HIGH - whole * LN_2_LOW;
    // Minimax polynomial of the Cephes library for |r| <= ln(2) / 2.
    let mut p = 1.987_569_1e-4;
    for c in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_66, 0.5] {
        p = p * r + c;
    }
    let power_of_two = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    (p * r * r + r + 1.0) * power_of_two
}

/// The Gaussian error linear unit in its exact form, as Whisper was trained with.
///
/// The error function is that of Abramowitz and Stegun, 7.1.26: off by 1.5e-7 at most.
#[inline(always)]
pub fn gelu(x: f32) -> f32 {
    let z = x.abs() * FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let mut p = 1.061_405_4;
    for c in [-1.453_152_1, 1.421_413_8, -0.284_496_74, 0.254_829_6] {
        p = p * t + c;
    }
    let half_erfc = 0.5 * p * t * exp(-z * z);
    x * if x < 0.0 { half_erfc } else { 1.0 - half_erfc }
}

/// Adds `bias` to every row of `rows`.
pub fn add_bias(rows: &mut [f32], bias: &[f32]) {
    vectorised(|| {
        for row in rows.chunks_exact_mut(bias.len()) {
            for (value, bias) in row.iter_mut().zip(bias) {
                *value += bias;
            }
        }
    });
}

/// Takes [`gelu`] of each value.
pub fn apply_gelu(values: &mut [f32]) {
    vectorised(|| {
        for value in values {
            *value = gelu(*value);
        }
    });
}

/// Adds `bias` to every row of `rows`, and `residual`, which is as large as `rows`.
pub fn add_bias_residual(rows: &mut [f32], bias: &[f32], residual: &[f32]) {
    vectorised(|| {
        for (row, residual) in rows
            .chunks_exact_mut(bias.len())
            .zip(residual.chunks_exact(bias.len()))
        {
            for ((value, bias), residual) in row.iter_mut().zip(bias).zip(residual) {
                *value += bias + residual;
            }
        }
    });
}

/// Layer normalisation of every row of `rows` into `out` (Ba et al. 2016).
pub fn layer_norm(rows: &[f32], weight: &[f32], bias: &[f32], out: &mut [f32]) {
    let width = weight.len();
    for (row, out) in rows.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
        layer_norm_row(row, weight, bias, out);
    }
}

/// Layer normalisation of one row.
pub fn layer_norm_row(row: &[f32], weight: &[f32], bias: &[f32], out: &mut [f32]) {
    const EPSILON: f32 = 1e-5;
    let width = weight.len() as f32;
    vectorised(|| {
        let mean = sum(row, |x| x) / width;
        let variance = sum(row, |x| (x - mean) * (x - mean)) / width;
        let scale = 1.0 / (variance + EPSILON).sqrt();
        for (((out, x), weight), bias) in out.iter_mut().zip(row).zip(weight).zip(bias) {
            *out = (x - mean) * scale * weight + bias;
        }
    });
}

/// Softmax of every row of `rows` after adding `bias`, in place.
pub fn softmax_biased(rows: &mut [f32], bias: &[f32]) {
    vectorised(|| {
        for row in rows.chunks_exact_mut(bias.len()) {
            for (value, bias) in row.iter_mut().zip(bias) {
                *value += bias;
            }
            softmax(row);
        }
    });
}

/// Softmax of one row, in place. To be called from within [`vectorised`].
#[inline(always)]
pub fn softmax(row: &mut [f32]) {
    let top = max(row);
    for value in row.iter_mut() {
        *value = exp(*value - top);
    }
    let scale = 1.0 / sum(row, |x| x);
    for value in row {
        *value *= scale;
    }
}

/// ln(Σ e^x).
pub fn log_sum_exp(row: &[f32]) -> f32 {
    vectorised(|| {
        let top = max(row);
        top + sum(row, |x| exp(x - top)).ln()
    })
}

/// The place and value of the largest of `row`: the first if there are several, (0, -∞) if there is
/// none.
pub fn arg_max(row: &[f32]) -> (usize, f32) {
    let top = vectorised(|| max(row));
    (row.iter().position(|x| *x == top).unwrap_or(0), top)
}

/// Σ a·b. To be called from within [`vectorised`].
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}

/// Σ f(x). To be called from within [`vectorised`].
#[inline(always)]
pub fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += of(*x);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|x| of(*x)).sum::<f32>()
}

/// The largest, or -∞. To be called from within [`vectorised`].
#[inline(always)]
pub fn max(row: &[f32]) -> f32 {
    // A comparison, not `f32::max`: that has a case for NaN which takes twice as long.
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, *x);
        }
    }
    lanes
        .iter()
        .chain(rest)
        .copied()
        .fold(f32::NEG_INFINITY, larger)
}

/// The largest absolute value, or 0. To be called from within [`vectorised`].
#[inline(always)]
pub fn largest(row: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, x.abs());
        }
    }
    lanes
        .into_iter()
        .chain(rest.iter().map(|x| x.abs()))
        .fold(0.0, larger)
}

#[cfg(test)]
mod tests {
    use candle_core::cpu::erf::erf_f64;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn exp_is_the_exponential_function(x in -80.0_f32..80.0) {
            let (got, expected) = (f64::from(exp(x)), f64::from(x).exp());
            prop_assert!((got / expected - 1.0).abs() < 3e-7, "{got} instead of {expected}");
        }

        #[test]
        fn gelu_is_x_times_the_normal_distribution(x in -12.0_f32..12.0) {
            let wide = f64::from(x);
            let expected = 0.5 * wide * (1.0 + erf_f64(wide / 2_f64.sqrt()));
            prop_assert!((f64::from(gelu(x)) - expected).abs() < 2e-6, "{} instead of {expected}", gelu(x));
        }

        #[test]
        fn softmax_adds_up_to_one_and_keeps_the_order(
            row in prop::collection::vec(-30.0_f32..30.0, 1..70),
        ) {
            let mut weights = row.clone();
            softmax_biased(&mut weights, &vec![0.0; row.len()]);
            prop_assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            for (a, wa) in row.iter().zip(&weights) {
                for (b, wb) in row.iter().zip(&weights) {
                    prop_assert!(a >= b || wa <= wb);
                }
            }
        }

        #[test]
        fn log_sum_exp_is_what_softmax_divides_by(row in prop::collection::vec(-30.0_f32..30.0, 1..70)) {
            let expected = row.iter().map(|x| f64::from(*x).exp()).sum::<f64>().ln();
            prop_assert!((f64::from(log_sum_exp(&row)) - expected).abs() < 1e-4);
        }
    }

    #[test]
    fn layer_norm_leaves_mean_and_deviation_of_its_weights() {
        let row: Vec<f32> = (0..50).map(|x| (x * x) as f32).collect();
        let mut out = vec![0.0; 50];
        layer_norm(&row, &[2.0; 50], &[3.0; 50], &mut out);
        let mean = out.iter().sum::<f32>() / 50.0;
        let deviation = (out.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 50.0).sqrt();
        assert!(
            (mean - 3.0).abs() < 1e-4 && (deviation - 2.0).abs() < 1e-4,
            "{mean} {deviation}"
        );
    }
}
