//! Which positions of the 30 s window are encoded.
//!
//! Whisper was trained on windows of 30 s and repeats itself when they are cut short. Encoding all
//! the silence after a short utterance costs several times the utterance, though, and every bit of
//! it is the same. So only the sound and a little silence after it are encoded in full; of the
//! rest, one position stands for those around it, with its own place in the window, and counts as
//! often as there are of them: the logarithm of their number is added to its attention scores, in
//! the encoder and wherever the decoder listens. Without that logarithm the same positions are as
//! bad as none. The first of them stand for a few positions, those behind them for more and more:
//! what is near matters most.

use std::ops::Range;

use crate::mel::{HOP, WINDOW_SAMPLES};

/// Samples from one encoder position to the next: 20 ms.
pub const POSITION_SAMPLES: usize = 2 * HOP;

/// What stands in for silence is the last position of the tail, so that one must not hear any
/// sound: transforms and convolutions look five positions back at most.
const LEAST_TAIL: usize = 5;

/// How much of the silence after the sound is encoded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Silence {
    /// Positions of 20 ms that are encoded in full after the sound.
    pub tail: usize,
    /// Positions that the first stand-in after them stands for; each further one stands for twice
    /// as many.
    pub first: usize,
    /// Most positions that one stands for; 1 leaves none out.
    pub stride: usize,
}

impl Default for Silence {
    /// Measured over 290 recordings (LibriSpeech test-other, telephone prompts, AISHELL), errors in
    /// percent: stand-ins for 32 each 13.3, 3.6 and 23.3; as here, with a sixth fewer positions
    /// after the sound, 12.5, 3.3 and 22.8. Half the tail loses whole sentences of the prompts
    /// (7.1), a third of it more (13.4). In looks that others follow it costs nothing
    /// (`benches/README.md`).
    fn default() -> Self {
        Self {
            tail: 50,
            first: 2,
            stride: 64,
        }
    }
}

/// The positions of one utterance.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Positions that hold sound.
    sounding: usize,
    /// Positions from the start that are encoded in full.
    dense: usize,
    /// Positions that stand for others.
    stand_ins: Vec<u32>,
    /// What is added to the scores of each position: 0 for `dense` of them, then the logarithms.
    bias: Vec<f32>,
}

impl Window {
    /// The window of an utterance of `samples`, for an encoder with room for `positions`.
    pub fn new(samples: usize, silence: Silence, positions: usize) -> Self {
        let sounding = samples
            .min(WINDOW_SAMPLES)
            .div_ceil(POSITION_SAMPLES)
            .min(positions);
        let dense = (sounding + silence.tail.max(LEAST_TAIL)).min(positions);
        let mut blocks: Vec<Range<usize>> = Vec::new();
        let (mut from, mut size) = (dense, silence.first.clamp(1, silence.stride.max(1)));
        while from < positions {
            blocks.push(from..(from + size).min(positions));
            from += size;
            size = (2 * size).min(silence.stride.max(1));
        }
        let mut bias = vec![0.0; dense];
        bias.extend(blocks.iter().map(|block| (block.len() as f32).ln()));
        let stand_ins = blocks
            .iter()
            .map(|block| (block.start + block.len() / 2) as u32)
            .collect();
        Self {
            sounding,
            dense,
            stand_ins,
            bias,
        }
    }

    /// Positions that hold sound: the first so many.
    pub fn sounding(&self) -> usize {
        self.sounding
    }

    /// Positions encoded in full: the sounding ones, and silence after them.
    pub fn dense(&self) -> usize {
        self.dense
    }

    /// The place in the window of every encoded position.
    pub fn places(&self) -> Vec<u32> {
        (0..self.dense as u32)
            .chain(self.stand_ins.iter().copied())
            .collect()
    }

    /// What is to be added to the attention scores of every encoded position.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_weights_add_up_to_the_whole_window(
            samples in 0_usize..500_000, tail in 0_usize..80, first in 0_usize..70, stride in 0_usize..70,
        ) {
            let window = Window::new(samples, Silence { tail, first, stride }, 1500);
            let places = window.places();
            prop_assert_eq!(places.len(), window.bias().len());
            let weight: f32 = window.bias().iter().map(|bias| bias.exp()).sum();
            prop_assert!((weight - 1500.0).abs() < 0.01, "{}", weight);
            prop_assert!(places.is_sorted() && places.iter().all(|&place| place < 1500));
            prop_assert!(window.sounding() <= window.dense());
        }
    }

    #[test]
    fn a_short_utterance_costs_little_and_a_full_window_all() {
        let silence = Silence::default();
        assert_eq!(
            Window::new(5 * 16_000, silence, 1500).places().len(),
            300 + 23
        );
        assert_eq!(Window::new(30 * 16_000, silence, 1500).places().len(), 1500);
        let dense = Window::new(
            16_000,
            Silence {
                stride: 1,
                ..silence
            },
            1500,
        );
        assert_eq!(dense.places(), (0..1500).collect::<Vec<u32>>());
        assert!(dense.bias().iter().all(|&bias| bias == 0.0));
    }
}
