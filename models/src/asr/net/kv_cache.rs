//! How keys and values are kept for attention.

use std::fmt::Debug;

/// How keys and values are kept.
pub trait Kept: Copy + Debug + Default {
    /// `x` as it is kept.
    fn keep(x: f32) -> Self;

    /// What is kept, as a float.
    fn read(self) -> f32;
}

impl Kept for f32 {
    fn keep(x: f32) -> Self {
        x
    }

    #[inline(always)]
    fn read(self) -> f32 {
        self
    }
}

/// The upper half of a float, rounded: half the memory to read, and eight bits of precision, which is what the weights
/// have. It becomes a float again by a shift, which every processor has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Half(u16);

impl Kept for Half {
    fn keep(x: f32) -> Self {
        let bits = x.to_bits();
        // To the nearest, ties to even. Keys and values are finite.
        Self(((bits + 0x7fff + (bits >> 16 & 1)) >> 16) as u16)
    }

    #[inline(always)]
    fn read(self) -> f32 {
        f32::from_bits(u32::from(self.0) << 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_float_is_the_nearest_there_is() {
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
            let kept = Half::keep(x).read();
            assert!(
                (kept - expected).abs() <= expected.abs() * 1e-4,
                "{x} became {kept}"
            );
        }
    }
}
