//! Chance that is the same each time.

/// Numbers that look like chance and are the same for a seed (SplitMix64, Steele et al. 2014).
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// The throws that belong to `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next_u64() % end as u64) as usize
    }

    /// `true` in `percent` of all throws.
    pub fn chance(&mut self, percent: f64) -> bool {
        // 53 bits: as many as an f64 holds.
        let share = (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        share * 100.0 < percent
    }

    /// In [0, 1).
    pub fn share(&mut self) -> f32 {
        // 24 bits: as many as an f32 holds.
        (self.next_u64() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// As often above 0 as below, and seldom further from it than 2: twelve throws, less their
    /// mean.
    pub fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.share()).sum::<f32>() - 6.0
    }

    /// Puts `items` in any order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}
