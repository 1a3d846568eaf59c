//! What lines do to voices, so that a head learns to hear through it.

use sidetone::audio_file::Recording;
use sidetone_media::audio::ClockRate;
use sidetone_media::audio::codec::{Codec, decode, encode};
use sidetone_media::audio::conceal::Concealer;
use sidetone_types::prng::SplitMix64;

/// Where voices are listened to, in Hz.
const HEARD_HZ: u32 = 16_000;
/// Packets of 20 ms.
const PACKETS_PER_SECOND: u32 = 50;
/// Percent of packets that a rough line loses.
const LOST: f64 = 3.0;

/// A way from the speaker to us.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Line {
    /// As it was recorded.
    Wide,
    /// Through a telephone: 8 kHz, mu-law (ITU-T G.711).
    Telephone,
    /// The same with noise, at any level, and some packets lost and concealed.
    Rough,
    /// The same as [`Self::Telephone`], with the voice quicker and higher or slower and lower by up
    /// to 8 %.
    Bent,
}

impl Line {
    /// Those a head is trained over.
    pub const ALL: [Self; 4] = [Self::Wide, Self::Telephone, Self::Rough, Self::Bent];

    /// Those that tell how good a head is. They come first in [`Self::ALL`].
    pub const MEASURED: [Self; 2] = [Self::Wide, Self::Telephone];

    /// Whether chance has a part in what arrives.
    pub const fn by_chance(self) -> bool {
        matches!(self, Self::Rough | Self::Bent)
    }

    /// What arrives of the first channel of `recording`: mono, 16 kHz, in [-1, 1]. Chance is that
    /// of `rng`.
    pub fn carry(self, recording: &Recording, rng: &mut SplitMix64) -> Vec<f32> {
        let mut voice = Recording {
            rate_hz: recording.rate_hz,
            channels: recording.channels.first().cloned().into_iter().collect(),
        };
        if self == Self::Bent {
            let bend = 1.0 + 0.16 * (f64::from(rng.share()) - 0.5);
            voice.rate_hz = (f64::from(voice.rate_hz) * bend) as u32;
        }
        if self != Self::Wide {
            voice = voice.at_rate(Codec::Pcmu.rate().hz());
            for samples in &mut voice.channels {
                if self == Self::Rough {
                    disturb(samples, rng);
                }
                *samples = decode(Codec::Pcmu, &encode(Codec::Pcmu, samples));
                if self == Self::Rough {
                    lose(samples, rng);
                }
            }
        }
        voice.at_rate(HEARD_HZ).channels.pop().unwrap_or_default()
    }
}

/// Puts `samples` at any level, with noise 12 to 30 dB below.
fn disturb(samples: &mut [f32], rng: &mut SplitMix64) {
    let gain = 10_f32.powf((-24.0 + 30.0 * rng.share()) / 20.0);
    let power = samples.iter().map(|x| x * x).sum::<f32>() / samples.len().max(1) as f32;
    let noise = power.sqrt() * 10_f32.powf(-(12.0 + 18.0 * rng.share()) / 20.0);
    for sample in samples {
        *sample = (gain * (*sample + noise * rng.normal())).clamp(-1.0, 1.0);
    }
}

/// Loses packets, which are concealed as those of calls are.
fn lose(samples: &mut [f32], rng: &mut SplitMix64) {
    let mut concealer = Concealer::new(ClockRate::Hz8000);
    for packet in samples.chunks_mut((ClockRate::Hz8000.hz() / PACKETS_PER_SECOND) as usize) {
        if rng.chance(LOST) {
            let made_up = concealer.conceal(packet.len());
            packet.fill(0.0);
            packet[..made_up.len()].copy_from_slice(&made_up);
        } else {
            concealer.hear(packet);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;

    #[test]
    fn every_line_carries_the_voice_and_is_the_same_for_a_seed() {
        let tone = |n| 0.3 * (TAU * 440.0 * n as f32 / 16_000.0).sin();
        let recording = Recording {
            rate_hz: 16_000,
            channels: vec![(0..16_000).map(tone).collect()],
        };
        for line in Line::ALL {
            let carried = |seed| line.carry(&recording, &mut SplitMix64::new(seed));
            let pcm = carried(3);
            assert!(
                (14_700..17_500).contains(&pcm.len()),
                "{line:?}: {}",
                pcm.len()
            );
            assert!(pcm.iter().all(|x| x.abs() <= 1.1) && pcm.iter().any(|x| x.abs() > 0.01));
            assert_eq!(pcm, carried(3));
            assert_eq!(pcm != carried(4), line.by_chance(), "{line:?}");
        }
    }
}
