//! Sums of products with AVX-512 VNNI: vectors of 64 values.

#![expect(
    unsafe_code,
    reason = "loads and stores of vector instructions take pointers"
)]

use std::arch::x86_64::*;
use std::array::from_fn;

use super::weights::Panel;
use super::{PANEL, Rows, Sink, Weights};

/// Panels whose sums are kept in registers together.
const GROUP: usize = 4;

/// Multiplies every one of `rows`, which are [tiled](Rows::tiles) already, with `panels` of
/// `weights`.
#[target_feature(enable = "avx512f,avx512vnni,avx2,fma")]
pub(super) fn multiply(
    rows: &Rows,
    weights: &Weights,
    mut panels: impl Iterator<Item = usize>,
    sink: &mut impl Sink,
) {
    loop {
        let mut group = [0; GROUP];
        let mut count = 0;
        for (place, panel) in group.iter_mut().zip(panels.by_ref()) {
            *place = panel;
            count += 1;
        }
        for (row, tile) in rows.tiles() {
            match count {
                4 => by_rows::<4>(tile, weights, (row, &group), sink),
                3 => by_rows::<3>(tile, weights, (row, &group), sink),
                2 => by_rows::<2>(tile, weights, (row, &group), sink),
                1 => by_rows::<1>(tile, weights, (row, &group), sink),
                _ => return,
            }
        }
        if count < GROUP {
            return;
        }
    }
}

/// The rows of a tile, and the panels to multiply them with.
type Place<'a> = (usize, &'a [usize; GROUP]);

/// Calls [`sum`] for as many rows as there are.
#[target_feature(enable = "avx512f,avx512vnni,avx2,fma")]
fn by_rows<const P: usize>(
    rows: &[i32],
    weights: &Weights,
    place: Place<'_>,
    sink: &mut impl Sink,
) {
    match rows.len() / weights.quads() {
        4 => sum::<4, P>(rows, weights, place, sink),
        3 => sum::<3, P>(rows, weights, place, sink),
        2 => sum::<2, P>(rows, weights, place, sink),
        _ => sum::<1, P>(rows, weights, place, sink),
    }
}

/// The sums of `R` rows for the first `P` of some panels.
#[target_feature(enable = "avx512f,avx512vnni,avx2,fma")]
fn sum<const R: usize, const P: usize>(
    rows: &[i32],
    weights: &Weights,
    (row, group): Place<'_>,
    sink: &mut impl Sink,
) {
    let (rows, _) = rows.as_chunks::<R>();
    let panels: [&[Panel]; P] = from_fn(|p| &weights.panel(group[p])[..rows.len()]);
    let mut sums = [[_mm512_setzero_si512(); P]; R];
    for (quad, rows) in rows.iter().enumerate() {
        let mut loaded = [_mm512_setzero_si512(); P];
        for (loaded, panel) in loaded.iter_mut().zip(panels) {
            // SAFETY: a `Panel` is 64 bytes, all of which the load reads; it needs no alignment.
            *loaded = unsafe { _mm512_loadu_si512(panel[quad].0.as_ptr().cast()) };
        }
        for (sums, row) in sums.iter_mut().zip(rows) {
            let values = _mm512_set1_epi32(*row);
            for (sum, weights) in sums.iter_mut().zip(loaded) {
                *sum = _mm512_dpbusd_epi32(*sum, values, weights);
            }
        }
    }
    for (r, sums) in sums.into_iter().enumerate() {
        for (p, sums) in sums.into_iter().enumerate() {
            let mut out = [0_i32; PANEL];
            // SAFETY: `out` is 16 values of 4 bytes, the 64 that the store writes; it needs no
            // alignment.
            unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), sums) };
            sink.take(row + r, group[p], out);
        }
    }
}
