//! Matrix products of 8-bit integers: a layer's weights, prepared once, times rows that change.
//!
//! | step | file |
//! |---|---|
//! | weights to integers, in the order kernels read them | `weights.rs` |
//! | rows to integers, just before they are multiplied | `rows.rs` |
//! | which instructions this processor has | `kernel.rs` |
//! | sums of products | `scalar.rs`, `avx256.rs`, `avx512.rs`, `neon.rs` |
//! | sums back to floats | `floats.rs` |
//!
//! Weights have one scale for each output, rows one for each of themselves, and both lie in [-127,
//! 127]. All kernels add up the same whole numbers without ever rounding or saturating, so that all
//! of them give the same bits: a transcript does not depend on the machine it was made on, nor on
//! what else was multiplied beside it.

#[cfg(target_arch = "x86_64")]
mod avx256;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod floats;
mod kernel;
#[cfg(target_arch = "aarch64")]
mod neon;
mod rows;
mod scalar;
mod weights;

pub use kernel::{Kernel, multiply, multiply_panels};
pub use rows::Rows;
pub use weights::Weights;

/// Values that are multiplied and added in one go: all kernels read inputs in fours.
const QUAD: usize = 4;

/// Fours that `inputs` are kept in. Kernels may take two of them in one go, so there is an even
/// number.
fn quads(inputs: usize) -> usize {
    2 * inputs.div_ceil(2 * QUAD)
}

/// Outputs whose weights lie together.
pub const PANEL: usize = 16;

/// Rows whose sums kernels keep in registers together: with more, those of AVX2 are too few.
const TILE: usize = 4;

/// What values of rows are given more than they are, so that none is below zero. What that adds to
/// the sums is known beforehand.
const LIFT: u8 = 128;

/// Where the sums go.
trait Sink {
    /// Takes sums of products of `row` for the outputs of `panel`.
    fn take(&mut self, row: usize, panel: usize, sums: [i32; PANEL]);
}
