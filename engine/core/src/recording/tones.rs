//! Keys that are heard: a tone of a row and one of a column of the keypad at once (ITU-T Q.23).
//!
//! What they say can be read back from any sound, so no such tone is kept.

use std::f32::consts::TAU;

use sidetone_types::time::SAMPLE_RATE;

const ROWS_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS_HZ: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
/// Of the energy of a frame, both tones together have at least so much.
const SHARE: f32 = 0.75;
/// At the middle of where they may be, which is heard first.
const LIKELY: f32 = 0.4;
/// And the weaker one at least so much.
const WEAKER: f32 = 0.06;
/// A sender may be off by 1.5 %.
const OFF: [f32; 3] = [0.988, 1.0, 1.012];
/// Mean power below which nobody hears a tone: -46 dB.
const QUIET: f32 = 2.5e-5;

/// Which key, by row and column.
type Key = (usize, usize);

/// Listens for keys on one leg.
#[derive(Default)]
pub(super) struct Tones {
    before: Option<Key>,
}

impl Tones {
    /// Takes the next 20 ms. Whether a key is heard in them and in those before: what is shorter is none
    /// (Q.24).
    pub fn push(&mut self, frame: &[f32]) -> bool {
        let key = key(frame);
        let before = std::mem::replace(&mut self.before, key);
        key.is_some() && key == before
    }
}

fn key(sound: &[f32]) -> Option<Key> {
    let power = sound.iter().map(|sample| sample * sample).sum::<f32>() / sound.len() as f32;
    if power < QUIET {
        return None;
    }
    let loudest = |tones: [f32; 4]| {
        let powers = tones.map(|hz| tone(sound, hz));
        (0..4)
            .max_by(|a, b| powers[*a].total_cmp(&powers[*b]))
            .map_or((0, 0.0), |at| (at, powers[at]))
    };
    let ((row, low), (column, high)) = (loudest(ROWS_HZ), loudest(COLUMNS_HZ));
    if low + high < LIKELY * power {
        return None;
    }
    let [low, high] = [ROWS_HZ[row], COLUMNS_HZ[column]].map(|hz| {
        let powers = OFF.map(|off| tone(sound, hz * off));
        powers.into_iter().fold(0.0, f32::max)
    });
    let is_key = low + high >= SHARE * power && low.min(high) >= WEAKER * power;
    is_key.then_some((row, column))
}

/// The mean power of a tone within `sound`, by Goertzel's algorithm.
fn tone(sound: &[f32], hz: f32) -> f32 {
    let turn = TAU * hz / SAMPLE_RATE as f32;
    let twice = 2.0 * turn.cos();
    let (last, before) = sound.iter().fold((0.0, 0.0), |(last, before), sample| {
        (sample + twice * last - before, last)
    });
    let length = sound.len() as f32;
    2.0 * (last * last + before * before - twice * last * before) / (length * length)
}

#[cfg(test)]
mod tests {
    use sidetone_types::vad::FRAME;

    use super::*;

    fn heard(sound: impl Fn(f32) -> f32) -> bool {
        let mut tones = Tones::default();
        let samples: Vec<f32> = (0..2 * FRAME)
            .map(|at| sound(at as f32 / SAMPLE_RATE as f32))
            .collect();
        samples
            .chunks(FRAME)
            .fold(false, |_, frame| tones.push(frame))
    }

    fn sine(hz: f32, time: f32) -> f32 {
        (TAU * hz * time).sin()
    }

    #[test]
    fn each_key_is_heard_at_any_loudness_and_twist_of_a_line() {
        for row in ROWS_HZ {
            for column in COLUMNS_HZ {
                for (low, high) in [(0.3, 0.3), (0.02, 0.02), (0.3, 0.15), (0.12, 0.3)] {
                    for off in [0.985, 1.0, 1.015] {
                        let key =
                            |time| low * sine(row * off, time) + high * sine(column * off, time);
                        assert!(heard(key), "{row} {column} {low} {high} {off}");
                    }
                }
            }
        }
    }

    #[test]
    fn one_tone_a_chord_a_dial_tone_and_noise_are_no_keys() {
        assert!(!heard(|time| 0.3 * sine(770.0, time)));
        assert!(!heard(|time| 0.2 * (sine(440.0, time) + sine(350.0, time))));
        assert!(!heard(|time| 0.2 * (sine(425.0, time))));
        let voice = |time: f32| {
            (1..12)
                .map(|n| 0.1 / n as f32 * sine(n as f32 * 155.0, time))
                .sum()
        };
        assert!(!heard(voice));
        let chord = |time| 0.1 * (sine(523.0, time) + sine(659.0, time) + sine(784.0, time));
        assert!(!heard(chord));
        assert!(!heard(|_| 0.0));
    }
}
