//! Sums of products with the dot products of NEON: vectors of 16 values.
//!
//! These multiply signed numbers, so rows give up their [lift](LIFT) here, and the sums begin with
//! what it adds.

#![expect(
    unsafe_code,
    reason = "loads and stores of vector instructions take pointers, and one instruction has no function yet"
)]

use std::arch::aarch64::*;
use std::arch::asm;
use std::array::from_fn;

use super::{LIFT, PANEL, Rows, Sink, TILE, Weights};

/// Outputs whose sums are in a vector.
const LANES: usize = 4;

/// Vectors that hold a panel's sums, or four inputs of its weights.
const VECTORS: usize = PANEL / LANES;

/// Multiplies every one of `rows`, which are [tiled](Rows::tiles) already, with `panels` of
/// `weights`.
#[target_feature(enable = "neon,dotprod")]
pub(super) fn multiply(
    rows: &Rows,
    weights: &Weights,
    panels: impl Iterator<Item = usize>,
    sink: &mut impl Sink,
) {
    for panel in panels {
        for (row, tile) in rows.tiles() {
            match tile.len() / weights.quads() {
                4 => sum::<4>(tile, weights, (row, panel), sink),
                3 => sum::<3>(tile, weights, (row, panel), sink),
                2 => sum::<2>(tile, weights, (row, panel), sink),
                _ => sum::<1>(tile, weights, (row, panel), sink),
            }
        }
    }
}

/// The sums of `R` rows for a panel.
#[target_feature(enable = "neon,dotprod")]
fn sum<const R: usize>(
    rows: &[i32],
    weights: &Weights,
    (row, panel): (usize, usize),
    sink: &mut impl Sink,
) {
    let (rows, _) = rows.as_chunks::<R>();
    let mut sums = [lifts(weights, panel); R];
    for (weights, rows) in weights.panel(panel).iter().zip(rows) {
        let weights: *const i8 = weights.0.as_ptr().cast();
        // SAFETY: a `Panel` is 64 bytes: four loads of 16, which need no alignment.
        let weights: [_; VECTORS] = unsafe { from_fn(|i| vld1q_s8(weights.add(16 * i))) };
        let values = unlifted(rows);
        for (r, sums) in sums.iter_mut().enumerate() {
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = match r {
                    0 => add_products::<0>(*sum, weights, values),
                    1 => add_products::<1>(*sum, weights, values),
                    2 => add_products::<2>(*sum, weights, values),
                    _ => add_products::<3>(*sum, weights, values),
                };
            }
        }
    }
    for (r, sums) in sums.into_iter().enumerate() {
        let mut out = [0_i32; PANEL];
        for (out, sums) in out.as_chunks_mut::<LANES>().0.iter_mut().zip(sums) {
            // SAFETY: `as_chunks_mut` gives 4 values, which is what the store writes.
            unsafe { vst1q_s32(out.as_mut_ptr(), sums) };
        }
        sink.take(row + r, panel, out);
    }
}

/// What the lift of a row adds to the sums of `panel`.
#[target_feature(enable = "neon,dotprod")]
#[inline]
fn lifts(weights: &Weights, panel: usize) -> [int32x4_t; VECTORS] {
    let sums = &weights.sums()[panel * PANEL..][..PANEL];
    // SAFETY: the slice above is PANEL = 16 values long: four loads of 4.
    let sums: [_; VECTORS] = unsafe { from_fn(|i| vld1q_s32(sums.as_ptr().add(LANES * i))) };
    sums.map(|sums| vmulq_n_s32(sums, i32::from(LIFT)))
}

/// Four values of each of `rows`, without their lift.
#[target_feature(enable = "neon,dotprod")]
#[inline]
fn unlifted<const R: usize>(rows: &[i32; R]) -> int8x16_t {
    let mut tile = [0; TILE];
    tile[..R].copy_from_slice(rows);
    // SAFETY: `tile` has TILE = 4 values, which is what the load reads.
    let values = unsafe { vld1q_s32(tile.as_ptr()) };
    veorq_s8(vreinterpretq_s8_s32(values), vdupq_n_s8(LIFT.cast_signed()))
}

/// Adds products of four inputs to four sums: those of `weights` and of the row that is `ROW`th in
/// `values`.
///
/// It is `vdotq_laneq_s32`, which is not stable yet.
#[target_feature(enable = "neon,dotprod")]
#[inline]
fn add_products<const ROW: usize>(
    mut sums: int32x4_t,
    weights: int8x16_t,
    values: int8x16_t,
) -> int32x4_t {
    // `sdot` takes one of the four groups of 4 bytes in `values`: ROW must be below 4.
    const { assert!(ROW < TILE) };
    // SAFETY: callers are compiled for `dotprod`, which has the instruction; it reads and writes
    // nothing but these registers, and sets no flags.
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {weights:v}.16b, {values:v}.4b[{row}]",
            sums = inout(vreg) sums,
            weights = in(vreg) weights,
            values = in(vreg) values,
            row = const ROW,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}
