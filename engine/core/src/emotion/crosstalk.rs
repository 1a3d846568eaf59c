//! Whether what a side sounds like is the other side's voice.

use std::collections::VecDeque;
use std::ops::Range;

use sidetone_types::time::MediaTime;
use sidetone_types::vad::FRAME;

/// Frames that are remembered: 40 s of 20 ms, more than the longest utterance and the wait for its
/// words.
const REMEMBERED: usize = 2_000;
/// How late a voice may be on the other leg, in frames: an echo takes up to half a second.
const LATEST: usize = 25;
/// A leg whose loudness follows the other's like this is not speaking itself.
const ALIKE: f32 = 0.75;
/// And it is quieter by this, in dB: what leaks is weaker than what it leaks from.
const WEAKER_DB: f32 = 6.0;
/// Nothing is quieter, in dB of full scale.
const FLOOR_DB: f32 = -70.0;
/// Frames without which nothing can be compared: half a second.
const LEAST: usize = 25;

/// How loud a leg was of late, frame by frame.
#[derive(Clone, Debug, Default)]
pub struct Loudness {
    /// In dB of full scale.
    frames: VecDeque<f32>,
    /// Frame number behind the last of them.
    next: u64,
}

impl Loudness {
    /// Takes a frame of 20 ms that begins at `at`: mono, in [-1, 1]. What is missing before it was
    /// silent.
    pub fn push(&mut self, at: MediaTime, frame: &[f32]) {
        let number = at.samples() / FRAME as u64;
        let missing = usize::try_from(number.saturating_sub(self.next)).unwrap_or(usize::MAX);
        for _ in 0..missing.min(REMEMBERED) {
            self.take(FLOOR_DB);
        }
        let power = frame.iter().map(|x| x * x).sum::<f32>() / frame.len().max(1) as f32;
        self.take((10.0 * power.max(1e-12).log10()).max(FLOOR_DB));
        self.next = number + 1;
    }

    fn take(&mut self, db: f32) {
        if self.frames.len() == REMEMBERED {
            self.frames.pop_front();
        }
        self.frames.push_back(db);
    }

    /// Whether between `start` and `end` this leg sounds like `other` does, only weaker: what it
    /// has is the other's voice, as a handset, a loudspeaker or a bad hybrid passes it on.
    pub fn is_leak_of(&self, other: &Self, start: MediaTime, end: MediaTime) -> bool {
        let frames = start.samples() / FRAME as u64..end.samples() / FRAME as u64;
        let Some(own) = self.between(frames.clone()) else {
            return false;
        };
        (0..=LATEST as u64).any(|late| {
            let sooner = frames.start.saturating_sub(late)..frames.end.saturating_sub(late);
            other.between(sooner).is_some_and(|theirs| {
                mean(&theirs) - mean(&own) >= WEAKER_DB && correlation(&own, &theirs) >= ALIKE
            })
        })
    }

    /// How loud it is between `start` and `end`, in dB of full scale, by its mean power: pauses hardly
    /// count. `None` if that is too short or long past.
    pub fn level(&self, start: MediaTime, end: MediaTime) -> Option<f32> {
        let frames = start.samples() / FRAME as u64..end.samples() / FRAME as u64;
        let powers = self.between(frames)?.into_iter();
        let powers: Vec<f32> = powers.map(|db| 10_f32.powf(db / 10.0)).collect();
        Some(10.0 * mean(&powers).log10())
    }

    fn between(&self, frames: Range<u64>) -> Option<Vec<f32>> {
        let first = self.next - self.frames.len() as u64;
        let from = usize::try_from(frames.start.checked_sub(first)?).ok()?;
        let until = usize::try_from(frames.end.checked_sub(first)?).ok()?;
        let known = until <= self.frames.len() && until >= from + LEAST;
        known.then(|| self.frames.range(from..until).copied().collect())
    }
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len() as f32
}

/// Pearson's, in [-1, 1] for as many values each; 0 where one does not change.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        both += a * b;
        square_a += a * a;
        square_b += b * b;
    }
    let scale = (square_a * square_b).sqrt();
    if scale > 0.0 { both / scale } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sidetone_types::prng::SplitMix64;

    /// Three seconds of syllables of random length and loudness.
    fn voice(seed: u64) -> Vec<f32> {
        let mut rng = SplitMix64::new(seed);
        let mut gains = Vec::new();
        while gains.len() < 150 {
            let gain = 0.02 + 0.3 * rng.share();
            gains.resize(gains.len() + 3 + rng.below(6), gain);
            gains.resize(gains.len() + 1 + rng.below(4), 0.002);
        }
        gains
    }

    fn leg(gains: &[f32], late: usize, gain: f32) -> Loudness {
        let mut leg = Loudness::default();
        let silent = std::iter::repeat_n(0.001, 40 + late);
        let heard = silent.chain(gains.iter().map(|g| g * gain + 0.001));
        for (i, g) in heard.chain([0.001; 30]).enumerate() {
            let frame: Vec<f32> = (0..FRAME)
                .map(|n| if n % 2 == 0 { g } else { -g })
                .collect();
            leg.push(MediaTime::from_samples((i * FRAME) as u64), &frame);
        }
        leg
    }

    fn at(frame: usize) -> MediaTime {
        MediaTime::from_samples((frame * FRAME) as u64)
    }

    #[test]
    fn a_leak_is_told_from_two_who_speak_at_once() {
        let agent = voice(1);
        let speaking = leg(&agent, 0, 1.0);
        for late in [0, 3, 20] {
            let leak = leg(&agent, late, 0.1);
            let (start, end) = (at(40 + late), at(180 + late));
            assert!(leak.is_leak_of(&speaking, start, end), "{late} frames late");
            assert!(!speaking.is_leak_of(&leak, at(45), at(180)), "the source");
        }
        for seed in 2..30 {
            let customer = leg(&voice(seed), 0, 0.3);
            assert!(!customer.is_leak_of(&speaking, at(40), at(180)), "{seed}");
        }
        // A mixture on both legs is nobody's leak.
        assert!(!leg(&agent, 0, 1.0).is_leak_of(&speaking, at(40), at(180)));
    }

    #[test]
    fn what_is_forgotten_or_not_heard_yet_is_no_leak() {
        let speaking = leg(&voice(1), 0, 1.0);
        let leak = leg(&voice(1), 0, 0.1);
        assert!(!leak.is_leak_of(&speaking, at(100), at(5_000)));
        assert!(!leak.is_leak_of(&Loudness::default(), at(40), at(180)));
        let mut long = leak.clone();
        let frame = [0.0; FRAME];
        long.push(at(9_000), &frame);
        assert!(!long.is_leak_of(&speaking, at(40), at(180)));
    }
}
