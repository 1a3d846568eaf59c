//! Chance that is the same every time.

/// A linear congruential generator (Knuth's MMIX): enough for noise and loss.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `limit`, all equally likely.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        // The low bits of such a generator hardly change.
        ((self.0 >> 33) * limit) >> 31
    }

    /// The next number in [-1, 1).
    pub fn signed(&mut self) -> f32 {
        const STEPS: u64 = 1 << 24;
        self.below(STEPS) as f32 / (STEPS / 2) as f32 - 1.0
    }
}
