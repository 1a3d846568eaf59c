//! Sums of products with vectors of 32 values: AVX2, and AVX-VNNI.
//!
//! AVX2 multiplies 8-bit numbers, too, but adds products up in 16 bits: four of them, as
//! [`Weights`] are scaled so that these fit. That takes three multiplications where two by two
//! would take four.

#![expect(
    unsafe_code,
    reason = "loads and stores of vector instructions take pointers"
)]

use std::arch::x86_64::*;

use super::{PANEL, Rows, Sink, Weights};

/// The kernel `$multiply` for processors with `$features`, where `$add` adds products of two times
/// four inputs to eight sums.
macro_rules! kernel {
    ($multiply:ident, $sum:ident, $features:literal, $add:expr) => {
        /// Multiplies every one of `rows`, which are [tiled](Rows::tiles) already, with `panels` of
        /// `weights`.
        #[target_feature(enable = $features)]
        pub(super) fn $multiply(
            rows: &Rows,
            weights: &Weights,
            panels: impl Iterator<Item = usize>,
            sink: &mut impl Sink,
        ) {
            for panel in panels {
                for (row, tile) in rows.tiles() {
                    match tile.len() / weights.quads() {
                        4 => $sum::<4>(tile, weights, (row, panel), sink),
                        3 => $sum::<3>(tile, weights, (row, panel), sink),
                        2 => $sum::<2>(tile, weights, (row, panel), sink),
                        _ => $sum::<1>(tile, weights, (row, panel), sink),
                    }
                }
            }
        }

        /// The sums of `R` rows for a panel.
        #[target_feature(enable = $features)]
        fn $sum<const R: usize>(
            rows: &[i32],
            weights: &Weights,
            (row, panel): (usize, usize),
            sink: &mut impl Sink,
        ) {
            let (rows, _) = rows.as_chunks::<R>();
            let (rows, _) = rows.as_chunks::<2>();
            let (panels, _) = weights.panel(panel).as_chunks::<2>();
            let mut sums = [[_mm256_setzero_si256(); 2]; R];
            for (weights, [first, second]) in panels.iter().zip(rows) {
                let weights: *const __m256i = weights.as_ptr().cast();
                // SAFETY: `as_chunks::<2>` gives two `Panel`s, 64 bytes each, side by side: the 128
                // bytes that four loads of 32 read. `Panel` is aligned to 64 bytes and each load
                // begins at a multiple of 32 within, as an aligned load must.
                let [a, b, c, d] =
                    unsafe { std::array::from_fn(|i| _mm256_load_si256(weights.add(i))) };
                for (sums, (first, second)) in sums.iter_mut().zip(first.iter().zip(second)) {
                    let values = [_mm256_set1_epi32(*first), _mm256_set1_epi32(*second)];
                    sums[0] = $add(sums[0], values, [a, c]);
                    sums[1] = $add(sums[1], values, [b, d]);
                }
            }
            for (r, [left, right]) in sums.into_iter().enumerate() {
                let mut out = [0_i32; PANEL];
                let halves: *mut __m256i = out.as_mut_ptr().cast();
                // SAFETY: `out` is 16 values of 4 bytes: what two stores of 32 bytes write. They
                // need no alignment.
                unsafe {
                    _mm256_storeu_si256(halves, left);
                    _mm256_storeu_si256(halves.add(1), right);
                }
                sink.take(row + r, panel, out);
            }
        }
    };
}

kernel!(multiply_avx2, sum_avx2, "avx2,fma", add_products);
kernel!(
    multiply_vnni,
    sum_vnni,
    "avx2,fma,avxvnni",
    add_products_vnni
);

/// In 16 bits first.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn add_products(sums: __m256i, values: [__m256i; 2], weights: [__m256i; 2]) -> __m256i {
    let first = _mm256_maddubs_epi16(values[0], weights[0]);
    let second = _mm256_maddubs_epi16(values[1], weights[1]);
    let both = _mm256_add_epi16(first, second);
    _mm256_add_epi32(sums, _mm256_madd_epi16(both, _mm256_set1_epi16(1)))
}

/// What VNNI has an instruction for.
#[target_feature(enable = "avx2,fma,avxvnni")]
#[inline]
fn add_products_vnni(sums: __m256i, values: [__m256i; 2], weights: [__m256i; 2]) -> __m256i {
    let sums = _mm256_dpbusd_avx_epi32(sums, values[0], weights[0]);
    _mm256_dpbusd_avx_epi32(sums, values[1], weights[1])
}
