//! Which kernel multiplies.

use std::sync::OnceLock;

use super::floats::Floats;
#[cfg(target_arch = "aarch64")]
use super::neon;
use super::{Rows, Weights, scalar};
#[cfg(target_arch = "x86_64")]
use super::{avx256, avx512};

/// The instructions that a kernel is made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Instructions {
    /// AVX-512 with VNNI: 64 products at a time.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    /// VNNI without AVX-512: 32 products at a time.
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// AVX2: 32 products at a time, in three steps.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// NEON with dot products: 16 products at a time.
    #[cfg(target_arch = "aarch64")]
    NeonDot,
    /// Any processor.
    Scalar,
}

/// A kernel that this processor can run. Only [`Kernel::available`] makes one, so having one is the
/// proof that it may be called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Kernel(Instructions);

impl Kernel {
    /// All that this processor can run, the fastest first.
    pub fn available() -> &'static [Self] {
        static AVAILABLE: OnceLock<Vec<Kernel>> = OnceLock::new();
        AVAILABLE.get_or_init(|| {
            let mut found = Vec::new();
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni") {
                    found.push(Self(Instructions::Avx512Vnni));
                }
                if is_x86_feature_detected!("avxvnni") {
                    found.push(Self(Instructions::AvxVnni));
                }
                found.push(Self(Instructions::Avx2));
            }
            #[cfg(target_arch = "aarch64")]
            if std::arch::is_aarch64_feature_detected!("neon")
                && std::arch::is_aarch64_feature_detected!("dotprod")
            {
                found.push(Self(Instructions::NeonDot));
            }
            found.push(Self(Instructions::Scalar));
            found
        })
    }

    /// The fastest that this processor can run.
    pub fn fastest() -> Self {
        Self::available()[0]
    }

    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512Vnni => "AVX-512 VNNI",
            #[cfg(target_arch = "x86_64")]
            Instructions::AvxVnni => "AVX-VNNI",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => "AVX2",
            #[cfg(target_arch = "aarch64")]
            Instructions::NeonDot => "NEON dot product",
            Instructions::Scalar => "scalar",
        }
    }

    /// Whether it runs on any processor, and so is the slowest.
    pub fn is_portable(self) -> bool {
        self.0 == Instructions::Scalar
    }

    /// `rows` times `weights`, with `bias` and what it goes `onto` added to the result.
    ///
    /// `bias` has a value for each output, or none at all; `onto` and `out` are `[rows, outputs]`.
    ///
    /// # Panics
    ///
    /// If the sizes do not fit together.
    pub fn multiply(
        self,
        rows: &Rows,
        weights: &Weights,
        bias: &[f32],
        onto: Option<&[f32]>,
        out: &mut [f32],
    ) {
        let mut floats = Floats::new(rows, weights, bias, onto, out);
        self.run(rows, weights, 0..weights.panels(), &mut floats);
    }

    /// The same for the outputs of `panels` alone, [`PANEL`](super::PANEL) outputs each: all others
    /// are left in `out` as they are.
    ///
    /// # Panics
    ///
    /// If the sizes do not fit together, or there is no such panel.
    pub fn multiply_panels(
        self,
        rows: &Rows,
        weights: &Weights,
        panels: &[usize],
        out: &mut [f32],
    ) {
        let mut floats = Floats::new(rows, weights, &[], None, out);
        self.run(rows, weights, panels.iter().copied(), &mut floats);
    }

    #[expect(
        unsafe_code,
        reason = "the compiler cannot know that the processor was asked for its instructions"
    )]
    fn run(
        self,
        rows: &Rows,
        weights: &Weights,
        panels: impl Iterator<Item = usize>,
        floats: &mut Floats<'_>,
    ) {
        match self.0 {
            // SAFETY: `available` alone makes this value, once the processor has said that it has
            // avx512f, avx512vnni, avx2 and fma: the features that the function is compiled for.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512Vnni => unsafe { avx512::multiply(rows, weights, panels, floats) },
            // SAFETY: `available` alone makes this value, once the processor has said that it has
            // avx2, fma and avxvnni: the features that the function is compiled for.
            #[cfg(target_arch = "x86_64")]
            Instructions::AvxVnni => unsafe {
                avx256::multiply_vnni(rows, weights, panels, floats);
            },
            // SAFETY: `available` alone makes this value, once the processor has said that it has
            // avx2 and fma: the features that the function is compiled for.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => unsafe { avx256::multiply_avx2(rows, weights, panels, floats) },
            // SAFETY: `available` alone makes this value, once the processor has said that it has
            // neon and dotprod: the features that the function is compiled for.
            #[cfg(target_arch = "aarch64")]
            Instructions::NeonDot => unsafe { neon::multiply(rows, weights, panels, floats) },
            Instructions::Scalar => scalar::multiply(rows, weights, panels, floats),
        }
    }
}

/// With the [fastest](Kernel::fastest) kernel: see [`Kernel::multiply`].
pub fn multiply(
    rows: &Rows,
    weights: &Weights,
    bias: &[f32],
    onto: Option<&[f32]>,
    out: &mut [f32],
) {
    Kernel::fastest().multiply(rows, weights, bias, onto, out);
}

/// With the [fastest](Kernel::fastest) kernel: see [`Kernel::multiply_panels`].
pub fn multiply_panels(rows: &Rows, weights: &Weights, panels: &[usize], out: &mut [f32]) {
    Kernel::fastest().multiply_panels(rows, weights, panels, out);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::PANEL;
    use super::*;

    fn random(len: usize, seed: u64) -> Vec<f32> {
        let mut state = seed | 1;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..len).map(|_| next()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn all_kernels_give_the_same_bits(
            rows in 1_usize..40, inputs in 1_usize..90, outputs in 1_usize..150, seed in any::<u64>(),
        ) {
            let weights = Weights::new(&random(inputs * outputs, seed), inputs);
            let bias = random(outputs, seed ^ 1);
            let residual = random(rows * outputs, seed ^ 2);
            let mut given = Rows::default();
            given.take(&random(rows * inputs, seed ^ 3), inputs);
            for onto in [None, Some(&residual[..])] {
                let run = |kernel: Kernel| {
                    let mut out = vec![f32::NAN; rows * outputs];
                    kernel.multiply(&given, &weights, &bias, onto, &mut out);
                    out.into_iter().map(f32::to_bits).collect::<Vec<_>>()
                };
                let expected = run(Kernel(Instructions::Scalar));
                for kernel in Kernel::available() {
                    prop_assert!(run(*kernel) == expected, "{kernel:?}");
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn some_panels_alone_have_the_bits_that_they_have_among_all(
            rows in 1_usize..6, inputs in 1_usize..90, outputs in 1_usize..150, seed in any::<u64>(),
        ) {
            let weights = Weights::new(&random(inputs * outputs, seed), inputs);
            let mut given = Rows::default();
            given.take(&random(rows * inputs, seed ^ 3), inputs);
            let panels: Vec<usize> = (0..weights.panels()).filter(|i| seed >> i & 1 == 1).collect();
            for kernel in Kernel::available() {
                let mut all = vec![f32::NAN; rows * outputs];
                kernel.multiply(&given, &weights, &[], None, &mut all);
                let mut some = vec![f32::INFINITY; rows * outputs];
                kernel.multiply_panels(&given, &weights, &panels, &mut some);
                for (at, (all, some)) in all.iter().zip(&some).enumerate() {
                    let expected = if panels.contains(&(at % outputs / PANEL)) { *all } else { f32::INFINITY };
                    prop_assert!(expected.to_bits() == some.to_bits(), "{kernel:?}: {at}");
                }
            }
        }
    }

    #[test]
    fn extreme_values_do_not_saturate() {
        let (inputs, outputs) = (2048, 17);
        let weights = Weights::new(&vec![-1.0; inputs * outputs], inputs);
        let mut rows = Rows::default();
        rows.take(&vec![3.0; 13 * inputs], inputs);
        for kernel in Kernel::available() {
            let mut out = vec![0.0; 13 * outputs];
            kernel.multiply(&rows, &weights, &[], None, &mut out);
            assert!(
                out.iter().all(|y| (y / -6144.0 - 1.0).abs() < 1e-5),
                "{kernel:?}: {out:?}"
            );
        }
    }

    #[test]
    fn results_are_those_of_floats_but_for_rounding() {
        let (rows, inputs, outputs) = (9, 512, 40);
        let (a, w, bias) = (
            random(rows * inputs, 1),
            random(inputs * outputs, 2),
            random(outputs, 3),
        );
        let weights = Weights::new(&w, inputs);
        let mut given = Rows::default();
        given.take(&a, inputs);
        let mut out = vec![0.0; rows * outputs];
        multiply(&given, &weights, &bias, None, &mut out);
        let mut error = 0.0;
        for (row, out) in a.chunks(inputs).zip(out.chunks(outputs)) {
            for ((weights, bias), got) in w.chunks(inputs).zip(&bias).zip(out) {
                let sum: f32 = row.iter().zip(weights).map(|(a, b)| a * b).sum();
                error += (sum + bias - got).powi(2) / (rows * outputs) as f32;
            }
        }
        // Products of 512 values of deviation 0.58 deviate by 7.5.
        assert!(error.sqrt() < 0.015 * 7.5, "{}", error.sqrt());
    }

    #[test]
    #[should_panic(expected = "do not fit")]
    fn sizes_that_do_not_fit_are_refused() {
        let mut rows = Rows::default();
        rows.take(&[0.0; 32], 16);
        multiply(
            &rows,
            &Weights::new(&[0.0; 16], 8),
            &[],
            None,
            &mut [0.0; 4],
        );
    }
}
