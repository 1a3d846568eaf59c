//! Sounds of a telephone line that are not speech, made from nothing.
//!
//! A detector that takes one of these for speech makes the recogniser invent words. Every function
//! returns mono samples at 16 kHz in [-1, 1], and the same ones for the same `seed`, which picks
//! notes, keys, tempo and noise. [`NON_SPEECH`] lists them all; [`over_the_phone`] makes any sound
//! one that came over a line.

use std::f32::consts::PI;
use std::f64::consts::TAU;

mod music;

use music::{Note, fade, play};
pub use music::{
    arpeggio, band, bells, brass_lead, chords, drums, flute, piano, square_lead, strings,
};

/// Samples per second of every signal here.
pub const RATE: f32 = 16_000.0;

/// Makes `seconds` of one kind of sound.
pub type Signal = fn(seconds: f32, seed: u64) -> Vec<f32>;

/// Every signal of this module under its name.
pub const NON_SPEECH: &[(&str, Signal)] = &[
    ("silence", silence),
    ("line_noise", line_noise),
    ("white_noise", white_noise),
    ("pink_noise", pink_noise),
    ("brown_noise", brown_noise),
    ("hum", hum),
    ("clicks", clicks),
    ("dial_tone", dial_tone),
    ("ring_back_us", ring_back_us),
    ("ring_back_eu", ring_back_eu),
    ("busy_us", busy_us),
    ("busy_eu", busy_eu),
    ("fax", fax),
    ("dtmf", dtmf),
    ("chords", chords),
    ("piano", piano),
    ("flute", flute),
    ("square_lead", square_lead),
    ("brass_lead", brass_lead),
    ("bells", bells),
    ("arpeggio", arpeggio),
    ("strings", strings),
    ("drums", drums),
    ("band", band),
];

/// Digital silence.
pub fn silence(seconds: f32, _seed: u64) -> Vec<f32> {
    vec![0.0; samples(seconds)]
}

/// What a quiet line carries: white noise near -66 dBFS.
pub fn line_noise(seconds: f32, seed: u64) -> Vec<f32> {
    at_rms(white(seconds, seed), 5e-4)
}

/// White noise at -26 dBFS.
pub fn white_noise(seconds: f32, seed: u64) -> Vec<f32> {
    at_rms(white(seconds, seed), 0.05)
}

/// Pink noise at -26 dBFS: Voss's sum of generators, each of which changes half as often as the
/// last.
pub fn pink_noise(seconds: f32, seed: u64) -> Vec<f32> {
    let mut random = Lcg::new(seed);
    let mut octaves = [0.0_f32; 12];
    let pcm = (0..samples(seconds)).map(|at| {
        for (octave, value) in octaves.iter_mut().enumerate() {
            if at % (1 << octave) == 0 {
                *value = random.signed();
            }
        }
        octaves.iter().sum()
    });
    at_rms(pcm.collect(), 0.05)
}

/// Brown noise at -26 dBFS: a random walk that leaks back to zero.
pub fn brown_noise(seconds: f32, seed: u64) -> Vec<f32> {
    let mut level = 0.0;
    let mut pcm = white(seconds, seed);
    for sample in &mut pcm {
        level = 0.998 * level + *sample;
        *sample = level;
    }
    at_rms(pcm, 0.05)
}

/// Mains hum with its harmonics, 50 Hz for even seeds and 60 Hz for odd ones.
pub fn hum(seconds: f32, seed: u64) -> Vec<f32> {
    let mains = if seed.is_multiple_of(2) { 50.0 } else { 60.0 };
    let harmonics = [(1.0, 1.0), (2.0, 0.6), (3.0, 0.5), (5.0, 0.3), (7.0, 0.15)];
    let pcm = timeline(seconds).map(|t| {
        let levels = harmonics
            .iter()
            .map(|(n, level)| level * (TAU * n * mains * t).sin());
        levels.sum::<f64>() as f32
    });
    at_rms(pcm.collect(), 0.03)
}

/// Contact noise: three or four clicks of a few milliseconds each second.
pub fn clicks(seconds: f32, seed: u64) -> Vec<f32> {
    let mut random = Lcg::new(seed);
    let mut pcm = silence(seconds, seed);
    let mut next = 0.0;
    while next < seconds {
        let (decay, level) = (random.between(10.0, 60.0), random.between(0.2, 0.8));
        for (age, sample) in pcm[samples(next)..].iter_mut().take(200).enumerate() {
            *sample += level * random.signed() * (-(age as f32) / decay).exp();
        }
        next += random.between(0.1, 0.5);
    }
    pcm
}

/// North American dial tone: 350 + 440 Hz without end (ITU-T E.180, supplement 2).
pub fn dial_tone(seconds: f32, _seed: u64) -> Vec<f32> {
    cadence(seconds, &[350.0, 440.0], f64::INFINITY, 0.0)
}

/// North American ring-back: 440 + 480 Hz, 2 s on and 4 s off.
pub fn ring_back_us(seconds: f32, _seed: u64) -> Vec<f32> {
    cadence(seconds, &[440.0, 480.0], 2.0, 4.0)
}

/// Ring-back of most of Europe and of China: 425 Hz (450 for odd seeds), 1 s on and 4 s off.
pub fn ring_back_eu(seconds: f32, seed: u64) -> Vec<f32> {
    cadence(
        seconds,
        &[if seed.is_multiple_of(2) { 425.0 } else { 450.0 }],
        1.0,
        4.0,
    )
}

/// North American busy tone: 480 + 620 Hz, half a second on and off.
pub fn busy_us(seconds: f32, _seed: u64) -> Vec<f32> {
    cadence(seconds, &[480.0, 620.0], 0.5, 0.5)
}

/// European busy tone: 425 Hz (450 for odd seeds), half a second on and off.
pub fn busy_eu(seconds: f32, seed: u64) -> Vec<f32> {
    cadence(
        seconds,
        &[if seed.is_multiple_of(2) { 425.0 } else { 450.0 }],
        0.5,
        0.5,
    )
}

/// A fax calling: 1100 Hz, half a second on and 3 s off (ITU-T T.30).
pub fn fax(seconds: f32, _seed: u64) -> Vec<f32> {
    cadence(seconds, &[1100.0], 0.5, 3.0)
}

/// Dialled digits: pairs of tones (ITU-T Q.23), 60 to 140 ms with pauses as long.
pub fn dtmf(seconds: f32, seed: u64) -> Vec<f32> {
    const LOW: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
    const HIGH: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
    let mut random = Lcg::new(seed);
    let mut notes = Vec::new();
    let mut start = 0.0;
    while start < seconds {
        let length = random.between(0.06, 0.14);
        for hz in [LOW[random.below(4)], HIGH[random.below(4)]] {
            notes.push(Note { start, length, hz });
        }
        start += 2.0 * length;
    }
    at_peak(play(seconds, &notes, |note, age| {
        fade(note, age, 0.002) * (2.0 * PI * note.hz * age).sin()
    }))
}

/// `pcm` as a telephone line delivers it: below 3.4 kHz, at 8 kHz, in mu-law's 8 bits (ITU-T
/// G.711).
pub fn over_the_phone(pcm: &[f32]) -> Vec<f32> {
    const MU: f32 = 255.0;
    let narrow = low_pass(pcm);
    let stuffed: Vec<f32> = (narrow.iter().enumerate())
        .map(|(at, sample)| {
            if at % 2 == 1 {
                return 0.0; // the sample that 8 kHz does not have
            }
            let compressed = (MU * sample.abs().min(1.0)).ln_1p() / MU.ln_1p();
            let code = (compressed * 127.0).round() / 127.0;
            2.0 * sample.signum() * (code * MU.ln_1p()).exp_m1() / MU
        })
        .collect();
    low_pass(&stuffed)
}

/// Keeps what lies below 3.4 kHz: a windowed sinc of 129 taps, its delay taken off.
fn low_pass(pcm: &[f32]) -> Vec<f32> {
    const HALF: isize = 64;
    const CUT: f32 = 2.0 * 3_500.0 / RATE;
    let taps: Vec<f32> = (-HALF..=HALF)
        .map(|at| {
            let x = PI * at as f32;
            let sinc = if at == 0 { CUT } else { (CUT * x).sin() / x };
            sinc * (0.54 + 0.46 * (x / HALF as f32).cos())
        })
        .collect();
    (0..pcm.len() as isize)
        .map(|at| {
            let sample = |tap: isize| {
                usize::try_from(at + tap - HALF)
                    .ok()
                    .and_then(|at| pcm.get(at))
            };
            (0_isize..)
                .zip(&taps)
                .filter_map(|(tap, weight)| Some(weight * sample(tap)?))
                .sum()
        })
        .collect()
}

/// Tones of equal strength, `on` seconds of every `on + off`.
fn cadence(seconds: f32, tones: &[f64], on: f64, off: f64) -> Vec<f32> {
    let sounds = |t: f64| on.is_infinite() || t % (on + off) < on;
    let mix = |t: f64| tones.iter().map(|hz| (TAU * hz * t).sin()).sum::<f64>() as f32;
    at_peak(
        timeline(seconds)
            .map(|t| if sounds(t) { mix(t) } else { 0.0 })
            .collect(),
    )
}

fn white(seconds: f32, seed: u64) -> Vec<f32> {
    let mut random = Lcg::new(seed);
    (0..samples(seconds)).map(|_| random.signed()).collect()
}

fn samples(seconds: f32) -> usize {
    (seconds * RATE).round() as usize
}

/// The time of each sample, in seconds and in `f64`: a phase after minutes still wants its digits.
fn timeline(seconds: f32) -> impl Iterator<Item = f64> {
    (0..samples(seconds)).map(|at| at as f64 / f64::from(RATE))
}

/// Scales to a root mean square of `rms`.
fn at_rms(mut pcm: Vec<f32>, rms: f32) -> Vec<f32> {
    let power = pcm.iter().map(|x| x * x).sum::<f32>() / pcm.len() as f32;
    pcm.iter_mut().for_each(|x| *x *= rms / power.sqrt());
    pcm
}

/// Scales to a peak of -9 dBFS, about as loud as people speak.
fn at_peak(mut pcm: Vec<f32>) -> Vec<f32> {
    let peak = pcm
        .iter()
        .fold(f32::MIN_POSITIVE, |peak, x| peak.max(x.abs()));
    pcm.iter_mut().for_each(|x| *x *= 0.35 / peak);
    pcm
}

/// A linear congruential generator with the constants of Knuth's MMIX: enough for noise and tunes.
struct Lcg(u64);

impl Lcg {
    fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_add(0x9e37_79b9_7f4a_7c15));
        random.unit(); // neighbouring seeds begin alike; the second draw differs
        random.unit();
        random
    }

    /// Uniform in [0, 1).
    fn unit(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// Uniform in [-1, 1).
    fn signed(&mut self) -> f32 {
        2.0 * self.unit() - 1.0
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.unit() * limit as f32) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_is_as_long_as_asked_finite_and_within_full_scale() {
        for (name, signal) in NON_SPEECH {
            for seconds in [0.0, 0.5, 3.0] {
                let pcm = signal(seconds, 1);
                assert_eq!(pcm.len(), samples(seconds), "{name}");
                assert!(
                    pcm.iter().all(|x| x.abs() <= 1.0),
                    "{name} over {seconds} s"
                );
            }
        }
    }

    #[test]
    fn every_signal_but_silence_can_be_heard() {
        for (name, signal) in NON_SPEECH.iter().filter(|(name, _)| *name != "silence") {
            let pcm = signal(2.0, 3);
            let power = pcm.iter().map(|x| x * x).sum::<f32>() / pcm.len() as f32;
            assert!(power.log10() * 10.0 > -70.0, "{name}");
        }
    }

    #[test]
    fn a_seed_gives_one_sound_and_another_seed_another() {
        for (name, signal) in NON_SPEECH {
            assert_eq!(signal(1.0, 7), signal(1.0, 7), "{name}");
        }
        for signal in [white_noise, pink_noise, hum, dtmf, piano, strings, drums] {
            assert_ne!(signal(1.0, 7), signal(1.0, 8));
        }
    }

    #[test]
    fn tones_sound_at_the_frequencies_and_times_of_their_standards() {
        let level = |pcm: &[f32], hz: f64| {
            let (mut re, mut im) = (0.0, 0.0);
            for (t, x) in timeline(pcm.len() as f32 / RATE).zip(pcm) {
                let (sin, cos) = (TAU * hz * t).sin_cos();
                (re, im) = (re + f64::from(*x) * cos, im + f64::from(*x) * sin);
            }
            2.0 * f64::hypot(re, im) / pcm.len() as f64
        };
        let ring = ring_back_us(7.0, 0);
        assert!(level(&ring[..16_000], 440.0) > 0.15 && level(&ring[..16_000], 480.0) > 0.15);
        assert!(level(&ring[..16_000], 600.0) < 0.01);
        assert!(ring[32_000..96_000].iter().all(|x| *x == 0.0));
        assert!(level(&ring[96_000..], 440.0) > 0.15);
    }

    #[test]
    fn a_line_keeps_the_voice_band_and_loses_what_lies_above() {
        let rms = |pcm: &[f32]| (pcm.iter().map(|x| x * x).sum::<f32>() / pcm.len() as f32).sqrt();
        for (hz, kept) in [
            (400.0, 0.95..1.05),
            (3_000.0, 0.9..1.1),
            (5_000.0, 0.0..0.02),
        ] {
            let tone = cadence(1.0, &[hz], f64::INFINITY, 0.0);
            let share = rms(&over_the_phone(&tone)[800..15_200]) / rms(&tone);
            assert!(kept.contains(&share), "{hz} Hz: {share}");
        }
    }
}
