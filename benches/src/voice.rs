//! A voice made from nothing. It says no words, but a voice detector takes it for speech.
//!
//! The source-filter model of speech (Fant 1960): pulses of the vocal folds, or noise, through the
//! resonances of a mouth, which change from syllable to syllable.

use std::f32::consts::PI;

use crate::random::Random;

/// How long somebody talks before a breath, again and again, in ms: short, middling and long.
const PHRASES_MS: [usize; 3] = [1_600, 3_200, 6_400];
/// How long the breath lasts, in ms: long enough to end an utterance.
const PAUSE_MS: usize = 1_200;
const SYLLABLE_MS: usize = 200;
/// The noise that a syllable begins with, in ms.
const CONSONANT_MS: usize = 40;

/// Frequency and bandwidth in Hz of the first three resonances of "ah", "ee" and "oo" (Peterson &
/// Barney 1952, men).
const VOWELS: [[(f32, f32); 3]; 3] = [
    [(730.0, 80.0), (1_090.0, 90.0), (2_440.0, 120.0)],
    [(270.0, 60.0), (2_290.0, 100.0), (3_010.0, 120.0)],
    [(300.0, 60.0), (870.0, 90.0), (2_240.0, 120.0)],
];

/// `seconds` of phrases with pauses between them, on a line with a little noise.
///
/// Mono, in [-1, 1], `rate_hz` samples per second. Somebody talks three quarters of the time.
pub fn speech(seconds: usize, rate_hz: usize) -> Vec<f32> {
    let mut random = Random::new(1);
    let mut mouth = Mouth::default();
    let mut pcm = Vec::with_capacity(seconds * rate_hz);
    for phrase_ms in PHRASES_MS.into_iter().cycle() {
        for _ in 0..phrase_ms / SYLLABLE_MS {
            let vowel = VOWELS[random.below(VOWELS.len() as u64) as usize];
            mouth.shape(vowel, rate_hz);
            let pitch_hz = 110.0 + 15.0 * random.signed();
            mouth.syllable(pitch_hz, rate_hz, &mut random, &mut pcm);
        }
        pcm.resize(pcm.len() + PAUSE_MS * rate_hz / 1_000, 0.0);
        if pcm.len() >= seconds * rate_hz {
            break;
        }
    }
    pcm.truncate(seconds * rate_hz);
    let loudest = pcm.iter().fold(0.0_f32, |loudest, s| loudest.max(s.abs()));
    for sample in &mut pcm {
        *sample = 0.4 * *sample / loudest + 5e-4 * random.signed();
    }
    pcm
}

/// The resonances that sound goes through.
#[derive(Default)]
struct Mouth([Resonance; 3]);

impl Mouth {
    fn shape(&mut self, formants: [(f32, f32); 3], rate_hz: usize) {
        for (resonance, (hz, width_hz)) in self.0.iter_mut().zip(formants) {
            resonance.tune(hz, width_hz, rate_hz as f32);
        }
    }

    /// Says one syllable: a consonant that hisses, then a vowel that swells and fades.
    fn syllable(&mut self, pitch_hz: f32, rate_hz: usize, random: &mut Random, pcm: &mut Vec<f32>) {
        let samples = SYLLABLE_MS * rate_hz / 1_000;
        let consonant = CONSONANT_MS * rate_hz / 1_000;
        let period = (rate_hz as f32 / pitch_hz) as usize;
        pcm.extend((0..samples).map(|i| {
            let excitation = if i < consonant {
                0.05 * random.signed()
            } else {
                let swell = (PI * (i - consonant) as f32 / (samples - consonant) as f32).sin();
                let pulse = if i.is_multiple_of(period) { 1.0 } else { 0.0 };
                swell * (pulse + 0.01 * random.signed())
            };
            self.0
                .iter_mut()
                .map(|resonance| resonance.ring(excitation))
                .sum::<f32>()
        }));
    }
}

/// One resonance: a filter with two poles.
#[derive(Default)]
struct Resonance {
    gain: f32,
    feedback: [f32; 2],
    last: [f32; 2],
}

impl Resonance {
    fn tune(&mut self, hz: f32, width_hz: f32, rate_hz: f32) {
        let radius = (-PI * width_hz / rate_hz).exp();
        self.feedback = [
            2.0 * radius * (2.0 * PI * hz / rate_hz).cos(),
            -radius * radius,
        ];
        self.gain = 1.0 - radius;
    }

    fn ring(&mut self, excitation: f32) -> f32 {
        let out = self.gain * excitation
            + self.feedback[0] * self.last[0]
            + self.feedback[1] * self.last[1];
        self.last = [out, self.last[0]];
        out
    }
}

#[cfg(test)]
mod tests {
    use sidetone_models::vad::{WebRtc, WebRtcConfig};
    use sidetone_types::vad::{FRAME, VoiceDetector};

    use super::*;

    #[test]
    fn the_engines_detector_hears_the_phrases_and_the_pauses() {
        let mut detector = WebRtc::new(&WebRtcConfig::default());
        let pcm = speech(30, 16_000);
        let heard: Vec<bool> = pcm
            .as_chunks::<FRAME>()
            .0
            .iter()
            .map(|frame| detector.is_voice(frame))
            .collect();
        // After the first phrase the detector knows the line: [from, to) in ms.
        for (voiced, from, to) in [
            (false, 2_000, 2_700),
            (true, 3_000, 5_800),
            (true, 7_400, 13_400),
        ] {
            let frames = &heard[from / 20..to / 20];
            let agreeing = frames.iter().filter(|frame| **frame == voiced).count();
            assert!(
                agreeing * 10 > frames.len() * 7,
                "{from}..{to} ms: {agreeing} of {} frames",
                frames.len()
            );
        }
    }

    #[test]
    fn it_is_as_long_as_asked_and_within_full_scale() {
        for (seconds, rate_hz) in [(1, 8_000), (2, 16_000), (30, 16_000)] {
            let pcm = speech(seconds, rate_hz);
            assert_eq!(pcm.len(), seconds * rate_hz);
            assert!(pcm.iter().all(|sample| sample.abs() <= 0.5));
        }
    }
}
