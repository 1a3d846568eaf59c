//! Whether bytes are spread as evenly as no sound's are: then they are encrypted, or compressed.

/// Bytes after which they are judged: two seconds of G.711.
const ENOUGH: u32 = 16_000;
/// Most that the statistic (Pearson's χ² with 255 degrees of freedom) is for bytes that are all as
/// likely: its mean is 255, and this six standard deviations above. Sound has thousands.
const MOST: f64 = 400.0;

/// Counts bytes as they are sent.
#[derive(Clone, Debug)]
pub struct ByteSpread {
    counts: [u32; 256],
    bytes: u32,
    is_even: bool,
}

impl Default for ByteSpread {
    fn default() -> Self {
        Self {
            counts: [0; 256],
            bytes: 0,
            is_even: false,
        }
    }
}

impl ByteSpread {
    /// Takes the bytes of a packet.
    pub fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.counts[usize::from(*byte)] += 1;
        }
        self.bytes += bytes.len() as u32;
        if self.bytes >= ENOUGH {
            let each = f64::from(self.bytes) / 256.0;
            let off = self.counts.iter().map(|count| {
                let off = f64::from(*count) - each;
                off * off / each
            });
            let is_even = off.sum::<f64>() < MOST;
            *self = Self {
                is_even,
                ..Self::default()
            };
        }
    }

    /// Whether the last ones that were judged were spread evenly.
    pub fn is_even(&self) -> bool {
        self.is_even
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::codec::{Codec, encode};

    fn is_even(bytes: &[u8]) -> bool {
        let mut spread = ByteSpread::default();
        bytes.chunks(170).for_each(|packet| spread.push(packet));
        spread.is_even()
    }

    /// Numbers in [0, 1) that look like chance.
    fn chance() -> impl Iterator<Item = f32> {
        let mut state = 7_u64;
        std::iter::repeat_with(move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1_u32 << 24) as f32
        })
    }

    #[test]
    fn what_is_encrypted_is_told_from_sound_however_loud_and_noisy() {
        let encrypted: Vec<u8> = chance().take(40_000).map(|x| (x * 256.0) as u8).collect();
        assert!(is_even(&encrypted));
        assert!(!is_even(&encrypted[..10_000]), "too little to say so");
        for loudness in [0.001, 0.03, 0.3, 1.0] {
            let noise: Vec<f32> = chance()
                .take(40_000)
                .map(|x| (2.0 * x - 1.0) * loudness)
                .collect();
            for codec in [Codec::Pcmu, Codec::Pcma] {
                assert!(!is_even(&encode(codec, &noise)), "{codec:?} {loudness}");
            }
        }
    }
}
