//! The keys and values that a decoder attends to, and how each number of them is kept.

use std::fmt::Debug;

use super::attention::{KeyValues, Weights};

/// Keys and values of what the encoder made of one utterance, which every text of it attends to.
#[derive(Debug)]
pub(super) struct CrossCache {
    /// Of each layer.
    pub layers: Vec<CrossKv>,
    /// Positions that hold sound: the first so many.
    pub sounding: usize,
}

/// The keys and values of one layer, as precisely as its weights are.
#[derive(Debug)]
pub(super) enum CrossKv {
    F32(KeyValues<f32>),
    Bf16(KeyValues<Bf16>),
}

impl CrossKv {
    /// See [`KeyValues::attend`].
    pub fn attend(
        &self,
        queries: &[f32],
        stride: usize,
        head: usize,
        weights: &mut Weights,
        out: &mut [f32],
        on_weights: impl FnMut(usize, &[f32]),
    ) {
        match self {
            Self::F32(kv) => kv.attend(queries, stride, head, weights, out, on_weights),
            Self::Bf16(kv) => kv.attend(queries, stride, head, weights, out, on_weights),
        }
    }
}

/// A number of the cache.
pub trait CacheElement: Copy + Debug + Default {
    /// `x` as it is kept, rounded if need be.
    fn store(x: f32) -> Self;

    /// The number as a float again.
    fn load(self) -> f32;
}

impl CacheElement for f32 {
    fn store(x: f32) -> Self {
        x
    }

    #[inline(always)]
    fn load(self) -> f32 {
        self
    }
}

/// bfloat16, the upper half of a float: half the memory to read, and eight bits of precision, as
/// the weights have. It becomes a float again by a shift, which every processor has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bf16(u16);

impl CacheElement for Bf16 {
    fn store(x: f32) -> Self {
        let bits = x.to_bits();
        // To the nearest, ties to even. Keys and values are finite.
        Self(((bits + 0x7fff + (bits >> 16 & 1)) >> 16) as u16)
    }

    #[inline(always)]
    fn load(self) -> f32 {
        f32::from_bits(u32::from(self.0) << 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_becomes_the_nearest_bfloat16() {
        for (x, expected) in [
            (0.0, 0.0),
            (1.0, 1.0),
            (-3.5, -3.5),
            // Between 1 and 1.0078125, in the middle, and beyond it.
            (1.0039, 1.0),
            (1.0 + 2_f32.powi(-8), 1.0),
            (1.004, 1.007_812_5),
            // The middle of two of which the upper is even.
            (1.0 + 3.0 * 2_f32.powi(-8), 1.015_625),
            (1e-30, 9.984_021e-31),
        ] {
            let kept = Bf16::store(x).load();
            assert!(
                (kept - expected).abs() <= expected.abs() * 1e-4,
                "{x} became {kept}"
            );
        }
    }
}
