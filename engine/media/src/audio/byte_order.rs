//! Whether samples of 16 bits have their bytes the right way round.
//!
//! Sound is smooth: one sample is much like the next. With the bytes of each sample exchanged it is
//! noise, since the low byte, which changes at random, has become the high one. So each window is
//! compared with itself in the other order, and what is smooth in one and noise in the other says
//! which is right. What is very quiet, or smooth in neither (noise, high tones), says nothing.

use serde::{Deserialize, Serialize};

/// Samples of a window: 32 ms at 8 kHz.
const WINDOW: usize = 256;
/// Correlation of neighbouring samples from which a window is smooth. Voices have 0.7 and more.
const SMOOTH: f64 = 0.5;
/// And below which it is noise.
const NOISE: f64 = 0.25;
/// Largest sample of a window that is too quiet to tell: all of it is in the low byte.
const QUIET: f64 = 256.0;
/// Windows that have to say something before anything is concluded: more than a second of voice.
const ENOUGH: u32 = 40;
/// So many times as many windows have to speak against the order as for it.
const MOST: u32 = 9;

/// In which order the bytes of samples come.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ByteOrder {
    /// Nothing has been heard that tells, or the sound is coded in another way.
    #[default]
    Unknown,
    /// As they are read.
    Right,
    /// The other way round: what is heard is noise.
    Swapped,
}

/// Watches over samples of 16 bits, as they were read.
#[derive(Debug, Default)]
pub struct OrderWatch {
    taken: Window,
    swapped: Window,
    right: u32,
    wrong: u32,
}

/// Sums of a window, for the correlation of neighbours.
#[derive(Debug, Default)]
struct Window {
    samples: usize,
    last: f64,
    sum: f64,
    squares: f64,
    products: f64,
    peak: f64,
}

impl OrderWatch {
    /// Takes samples that were read as 16 bits, in [-1, 1].
    pub fn push(&mut self, samples: &[f32]) {
        for sample in samples {
            let word = (sample * 32_768.0) as i16;
            self.taken.push(word);
            self.swapped.push(word.swap_bytes());
            if self.taken.samples == WINDOW {
                let loud = self.taken.peak >= QUIET && self.swapped.peak >= QUIET;
                let (taken, swapped) = (self.taken.finish(), self.swapped.finish());
                self.right += u32::from(loud && taken > SMOOTH && swapped < NOISE);
                self.wrong += u32::from(loud && swapped > SMOOTH && taken < NOISE);
            }
        }
    }

    /// What is known by now.
    pub fn order(&self) -> ByteOrder {
        match self.right + self.wrong {
            ..ENOUGH => ByteOrder::Unknown,
            _ if self.wrong >= MOST * self.right => ByteOrder::Swapped,
            _ => ByteOrder::Right,
        }
    }
}

impl Window {
    fn push(&mut self, word: i16) {
        let sample = f64::from(word);
        if self.samples > 0 {
            self.products += sample * self.last;
        }
        self.samples += 1;
        self.sum += sample;
        self.squares += sample * sample;
        self.last = sample;
        self.peak = self.peak.max(sample.abs());
    }

    /// The correlation of neighbouring samples, from -1 to 1; 0 where all are the same. The next
    /// window begins.
    fn finish(&mut self) -> f64 {
        let window = std::mem::take(self);
        let samples = window.samples as f64;
        let mean = window.sum / samples;
        let variance = window.squares / samples - mean * mean;
        let covariance = window.products / (samples - 1.0) - mean * mean;
        if variance < 1.0 {
            return 0.0;
        }
        covariance / variance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order_of(samples: impl Iterator<Item = f32>, swap: bool) -> ByteOrder {
        let words = samples.map(|sample| (sample * 32_767.0) as i16);
        let words = words.map(|word| if swap { word.swap_bytes() } else { word });
        let samples: Vec<f32> = words.map(|word| f32::from(word) / 32_768.0).collect();
        let mut watch = OrderWatch::default();
        // Cut anywhere.
        samples.chunks(333).for_each(|piece| watch.push(piece));
        watch.order()
    }

    #[test]
    fn sound_is_known_from_the_same_with_its_bytes_exchanged() {
        let voice =
            || (0..16_000).map(|n| 0.3 * (n as f32 * 0.11).sin() * (n as f32 * 0.013).sin());
        assert_eq!(order_of(voice(), false), ByteOrder::Right);
        assert_eq!(order_of(voice(), true), ByteOrder::Swapped);
        let too_short = || voice().take(ENOUGH as usize * WINDOW / 2);
        assert_eq!(order_of(too_short(), true), ByteOrder::Unknown);
    }

    #[test]
    fn noise_and_silence_say_nothing_in_either_order() {
        let mut state = 7_u32;
        let noise: Vec<f32> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .take(32_000)
        .collect();
        for loudness in [0.0, 0.000_1, 0.003, 0.1, 1.0] {
            for swap in [false, true] {
                let sound = noise.iter().map(|sample| sample * loudness);
                assert_eq!(
                    order_of(sound, swap),
                    ByteOrder::Unknown,
                    "{loudness} {swap}"
                );
            }
        }
    }
}
