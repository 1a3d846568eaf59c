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

/// IEEE half precision: half the memory, too, and eleven bits, for what goes through further
/// layers. Numbers of an encoder lie well within its range.
#[derive(Clone, Copy, Debug, Default)]
pub struct F16(u16);

/// Moves the exponent of a float to where that of half precision begins, and back.
const DOWN: f32 = f32::from_bits(0x0780_0000);
const UP: f32 = f32::from_bits(0x7780_0000);
/// The largest number of half precision.
const MOST: f32 = 65_504.0;

impl CacheElement for F16 {
    fn store(x: f32) -> Self {
        let bits = (x.abs().min(MOST) * DOWN).to_bits();
        // To the nearest, ties to even.
        let rounded = (bits + 0xfff + (bits >> 13 & 1)) >> 13;
        Self((x.to_bits() >> 16 & 0x8000 | rounded) as u16)
    }

    #[inline(always)]
    fn load(self) -> f32 {
        let size = f32::from_bits(u32::from(self.0 & 0x7fff) << 13) * UP;
        f32::from_bits(size.to_bits() | u32::from(self.0 & 0x8000) << 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_becomes_the_nearest_half() {
        for (x, expected) in [
            (0.0, 0.0),
            (1.0, 1.0),
            (-3.5, -3.5),
            // Between 1 and 1.000_976_6, in the middle: the even one.
            (1.0 + 2_f32.powi(-11), 1.0),
            (1.0 + 3.0 * 2_f32.powi(-11), 1.0 + 2_f32.powi(-9)),
            (65_504.0, 65_504.0),
            (-1e6, -65_504.0),
            // The smallest normal number, and one below it.
            (2_f32.powi(-14), 2_f32.powi(-14)),
            (-2_f32.powi(-20), -2_f32.powi(-20)),
            (1e-12, 0.0),
        ] {
            let kept = F16::store(x).load();
            assert_eq!(kept, expected, "{x}");
        }
    }

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
