//! What a leg sounded like of late, at 8 kHz: all that a telephone passes on, and half the work.

use sidetone_types::time::MediaTime;
use sidetone_types::vad::FRAME;

/// Samples of a frame of 20 ms at 8 kHz.
pub const SHORT: usize = FRAME / 2;
/// Samples that are remembered: 8 s, more than streams mostly send at once.
pub const REMEMBERED: usize = 64_000;
/// Samples by which the oldest are forgotten at once.
const FORGOTTEN: usize = 16_000;

/// Half-band low-pass (Hamming, 15 taps): its odd taps on one side of the middle one, which is 0.5.
/// The others are 0.
const HALF_BAND: [f32; 4] = [0.308_2, -0.076_2, 0.023_3, -0.005_2];
/// Samples at 16 kHz before the one that is filtered.
const REACH: usize = 7;

/// One leg's sound.
#[derive(Default)]
pub struct History {
    samples: Vec<f32>,
    /// Where the sample behind the last one stands, counted at 8 kHz.
    end: u64,
    /// The last samples at 16 kHz, which the filter needs.
    tail: [f32; 2 * REACH],
}

impl History {
    /// Takes a frame that begins at `at`, and gives where it begins at 8 kHz. What is missing
    /// before it was silent.
    pub fn push(&mut self, at: MediaTime, frame: &[f32; FRAME]) -> u64 {
        let start = at.samples() / 2;
        let missing = usize::try_from(start.saturating_sub(self.end)).unwrap_or(usize::MAX);
        if missing > 0 {
            self.tail = [0.0; 2 * REACH];
        }
        if missing >= REMEMBERED {
            self.samples.clear();
        } else {
            self.samples.extend(std::iter::repeat_n(0.0, missing));
        }
        // All legs are late by the same half a millisecond.
        let mut padded = [0.0; 2 * REACH + FRAME];
        padded[..2 * REACH].copy_from_slice(&self.tail);
        padded[2 * REACH..].copy_from_slice(frame);
        let short = (0..SHORT).map(|i| {
            let middle = 2 * i + REACH;
            let sides = HALF_BAND.iter().enumerate().map(|(k, tap)| {
                let far = 2 * k + 1;
                tap * (padded[middle - far] + padded[middle + far])
            });
            0.5 * padded[middle] + sides.sum::<f32>()
        });
        self.samples.extend(short);
        self.tail.copy_from_slice(&padded[FRAME..]);
        if self.samples.len() > REMEMBERED + FORGOTTEN {
            self.samples.drain(..FORGOTTEN);
        }
        self.end = start.max(self.end) + SHORT as u64;
        self.end - SHORT as u64
    }

    /// Where the sample behind the last one stands.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The samples `from..until`; `None` where some are forgotten or have not come yet.
    pub fn between(&self, from: u64, until: u64) -> Option<&[f32]> {
        let first = self.end - self.samples.len() as u64;
        let from = usize::try_from(from.checked_sub(first)?).ok()?;
        let until = usize::try_from(until.checked_sub(first)?).ok()?;
        self.samples.get(from..until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, frames: usize) -> History {
        let mut history = History::default();
        for i in 0..frames {
            let mut frame = [0.0; FRAME];
            for (n, sample) in frame.iter_mut().enumerate() {
                let t = (i * FRAME + n) as f32 / 16_000.0;
                *sample = (std::f32::consts::TAU * hz * t).sin();
            }
            history.push(MediaTime::from_samples((i * FRAME) as u64), &frame);
        }
        history
    }

    fn level(samples: &[f32]) -> f32 {
        (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).sqrt()
    }

    #[test]
    fn what_a_telephone_passes_on_stays_and_what_would_fold_back_goes() {
        for (hz, least, most) in [
            (300.0, 0.68, 0.73),
            (2_500.0, 0.6, 0.75),
            (7_000.0, 0.0, 0.05),
        ] {
            let history = tone(hz, 20);
            let level = level(history.between(800, 3_200).expect("remembered"));
            assert!((least..=most).contains(&level), "{hz} Hz: {level}");
        }
    }

    #[test]
    fn what_is_missing_was_silent_and_what_is_old_is_forgotten() {
        let mut history = tone(500.0, 10);
        assert_eq!(history.end(), 1_600);
        let at = history.push(MediaTime::from_samples(4_800), &[0.1; FRAME]);
        assert_eq!((at, history.end()), (2_400, 2_560));
        let gap = history.between(1_600, 2_400).expect("remembered");
        assert!(gap.iter().all(|s| *s == 0.0));
        assert!(history.between(2_400, 2_561).is_none(), "not there yet");
        history.push(MediaTime::from_samples(10_000_000), &[0.1; FRAME]);
        assert!(history.between(2_400, 2_560).is_none(), "forgotten");
        assert!(history.between(5_000_000, 5_000_160).is_some());
    }
}
