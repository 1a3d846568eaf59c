//! Concealment of lost packets: the voice goes on for a moment and fades away.
//!
//! In the spirit of ITU-T G.711 Appendix I, but simpler and shorter. We listen and never play back,
//! so the aim is not that a loss sounds well, but that a recogniser meets neither a click nor a hum
//! that it could take for speech.

use super::rate::SampleRate;

/// Longest sound that is made up for one loss, in milliseconds. It fades to nothing by then.
pub const LONGEST_MS: u32 = 60;

/// The same where no voice was heard: a noise repeated any longer becomes a buzz.
const UNVOICED_MS: u32 = 20;
/// How long what was made up and what was received are blended after a loss.
const BLEND_MS: u32 = 5;
/// Pitch periods that are looked for: 66 to 200 Hz, as in Appendix I.
const SHORTEST_PERIOD_MS: u32 = 5;
const LONGEST_PERIOD_MS: u32 = 15;
/// How much sound two periods are compared over.
const COMPARED_MS: u32 = 20;
/// Correlation of the sound with itself one period ago, from which on it counts as voiced.
const VOICED: f32 = 0.6;

/// Makes up sound for what was lost out of one stream.
pub struct Concealer {
    rate: SampleRate,
    /// The latest sound that was received, up to [`Self::history_len`] samples.
    history: Vec<f32>,
    /// What is being repeated, from the first lost sample to the next received one.
    repeat: Option<Repeat>,
}

struct Repeat {
    period: Vec<f32>,
    /// Samples made up so far.
    made: usize,
    /// Samples after which nothing is left.
    fade: usize,
}

impl Concealer {
    /// Starts with nothing heard.
    pub fn new(rate: impl Into<SampleRate>) -> Self {
        Self {
            rate: rate.into(),
            history: Vec::new(),
            repeat: None,
        }
    }

    /// Listens to what was received. After a loss its first 5 ms are blended with what was made up.
    pub fn hear(&mut self, samples: &mut [f32]) {
        if let Some(mut repeat) = self.repeat.take() {
            let blend = self.samples(BLEND_MS).min(samples.len());
            // Once all has faded there is nothing to blend with, and an onset is not to be
            // softened.
            if repeat.made < repeat.fade {
                for (n, sample) in samples[..blend].iter_mut().enumerate() {
                    let share = (n + 1) as f32 / (blend + 1) as f32;
                    *sample = share * *sample + (1.0 - share) * repeat.next();
                }
            }
        }
        let keep = self.history_len();
        self.history
            .extend_from_slice(&samples[samples.len().saturating_sub(keep)..]);
        let excess = self.history.len().saturating_sub(keep);
        self.history.drain(..excess);
    }

    /// Makes up the next `len` samples of a loss, or fewer: none after [`LONGEST_MS`], and none
    /// where there was nothing to go by.
    pub fn conceal(&mut self, len: usize) -> Vec<f32> {
        if self.history.len() < self.history_len() {
            return Vec::new();
        }
        let longest = self.samples(LONGEST_MS);
        let mut repeat = self.repeat.take().unwrap_or_else(|| self.begin());
        let left = longest.saturating_sub(repeat.made);
        let made = (0..len.min(left)).map(|_| repeat.next()).collect();
        self.repeat = Some(repeat);
        made
    }

    /// Forgets what was heard: a silence has ended it.
    pub fn reset(&mut self) {
        self.history.clear();
        self.repeat = None;
    }

    fn begin(&self) -> Repeat {
        let (period, correlation) = self.pitch();
        let fade = if correlation >= VOICED {
            LONGEST_MS
        } else {
            UNVOICED_MS
        };
        let end = self.history.len();
        let mut cycle = self.history[end - period..].to_vec();
        // The end of the cycle leads over to what went before its start, so that it repeats without
        // a click.
        let lead = period / 4;
        for n in 0..lead {
            let share = (n + 1) as f32 / (lead + 1) as f32;
            let before = self.history[end - period - lead + n];
            let sample = &mut cycle[period - lead + n];
            *sample = (1.0 - share) * *sample + share * before;
        }
        Repeat {
            period: cycle,
            made: 0,
            fade: self.samples(fade),
        }
    }

    /// The pitch period in samples, and how well the sound one period ago matches, in [-1, 1].
    fn pitch(&self) -> (usize, f32) {
        let (past, recent) = self
            .history
            .split_at(self.history.len() - self.samples(COMPARED_MS));
        let energy: f32 = recent.iter().map(|s| s * s).sum();
        let periods = self.samples(SHORTEST_PERIOD_MS)..=self.samples(LONGEST_PERIOD_MS);
        periods
            .map(|period| {
                let shifted = &self.history[past.len() - period..][..recent.len()];
                let (mut dot, mut power) = (0.0_f32, 0.0_f32);
                for (a, b) in recent.iter().zip(shifted) {
                    dot += a * b;
                    power += b * b;
                }
                (period, dot / (energy * power).sqrt().max(f32::MIN_POSITIVE))
            })
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .expect("the range of periods is not empty")
    }

    fn samples(&self, ms: u32) -> usize {
        (self.rate.hz() / 1000 * ms) as usize
    }

    fn history_len(&self) -> usize {
        self.samples(COMPARED_MS + LONGEST_PERIOD_MS)
    }
}

impl Repeat {
    fn next(&mut self) -> f32 {
        let gain = 1.0 - (self.made as f32 / self.fade as f32).min(1.0);
        let sample = gain * self.period[self.made % self.period.len()];
        self.made += 1;
        sample
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;
    use crate::audio::codec::ClockRate;

    fn energy(samples: &[f32]) -> f32 {
        samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32
    }

    /// A voice at 125 Hz with a few harmonics, 8 kHz.
    fn voice(len: usize) -> Vec<f32> {
        (0..len)
            .map(|n| {
                let phase = TAU * 125.0 * n as f32 / 8_000.0;
                0.3 * phase.sin() + 0.2 * (2.0 * phase).sin() + 0.1 * (5.0 * phase).sin()
            })
            .collect()
    }

    /// White noise from a linear congruential generator (Knuth's MMIX constants).
    fn noise(len: usize) -> Vec<f32> {
        let mut state = 1_u64;
        std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        })
        .take(len)
        .collect()
    }

    fn heard(mut samples: Vec<f32>) -> Concealer {
        let mut concealer = Concealer::new(ClockRate::Hz8000);
        concealer.hear(&mut samples);
        concealer
    }

    #[test]
    fn a_voice_goes_on_in_phase() {
        let whole = voice(1_600 + 80);
        let made = heard(whole[..1_600].to_vec()).conceal(80);
        for (n, (made, real)) in made.iter().zip(&whole[1_600..]).enumerate() {
            let gain = 1.0 - n as f32 / 480.0;
            assert!((made - gain * real).abs() < 0.02, "sample {n}");
        }
    }

    #[test]
    fn the_energy_fades_to_nothing_and_then_nothing_is_made_up() {
        let mut concealer = heard(voice(1_600));
        let before = energy(&voice(1_600));
        let steps: Vec<f32> = (0..6).map(|_| energy(&concealer.conceal(80))).collect();
        assert!(steps[0] < before && steps[0] > 0.5 * before, "{steps:?}");
        assert!(steps.windows(2).all(|w| w[1] < w[0]), "{steps:?}");
        assert!(steps[5] < 0.02 * before, "{steps:?}");
        assert!(concealer.conceal(80).is_empty());
    }

    #[test]
    fn noise_is_cut_short_instead_of_becoming_a_buzz() {
        let mut concealer = heard(noise(1_600));
        assert!(energy(&concealer.conceal(80)) > 0.0);
        concealer.conceal(80);
        assert_eq!(energy(&concealer.conceal(160)), 0.0);
    }

    #[test]
    fn nothing_is_made_up_out_of_silence() {
        assert!(heard(Vec::new()).conceal(160).is_empty());
        assert!(
            heard(voice(100)).conceal(160).is_empty(),
            "too little to go by"
        );
        let mut concealer = heard(voice(1_600));
        concealer.reset();
        assert!(concealer.conceal(160).is_empty());
        assert_eq!(energy(&heard(vec![0.0; 1_600]).conceal(160)), 0.0);
    }

    #[test]
    fn what_follows_a_loss_is_blended_in_and_then_left_alone() {
        let mut concealer = heard(voice(1_600));
        let made = concealer.conceal(160);
        let mut next = vec![0.0; 160];
        concealer.hear(&mut next);
        assert!((next[0] - made[159]).abs() < 0.1, "no step");
        assert!(next[40..].iter().all(|&s| s == 0.0));

        let mut concealer = heard(voice(1_600));
        concealer.conceal(480);
        let mut onset = vec![0.5; 160];
        concealer.hear(&mut onset);
        assert_eq!(onset, vec![0.5; 160], "all had faded");
    }
}
