//! The codecs of telephone calls that need no state: G.711 in both laws, and linear 16 bit.

use audio_codec::pcma::{PcmaDecoder, PcmaEncoder};
use audio_codec::pcmu::{PcmuDecoder, PcmuEncoder};
use audio_codec::{Decoder, Encoder};

use super::pcm;
use sidetone_types::time::SAMPLE_RATE;

/// Samples per second, and ticks per second of the RTP clock, of a codec we understand.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ClockRate {
    /// Narrow band: 8 kHz.
    Hz8000,
    /// Wide band: 16 kHz, the rate of the engine.
    Hz16000,
}

impl ClockRate {
    /// In Hz.
    pub const fn hz(self) -> u32 {
        match self {
            Self::Hz8000 => 8_000,
            Self::Hz16000 => 16_000,
        }
    }

    /// How many samples at 16 kHz one tick lasts: 2 or 1.
    pub const fn samples_per_tick(self) -> u64 {
        (SAMPLE_RATE / self.hz()) as u64
    }
}

/// How sound is coded on the wire. All are mono and code each sample by itself.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Codec {
    /// G.711 µ-law, 8 kHz.
    Pcmu,
    /// G.711 A-law, 8 kHz.
    Pcma,
    /// Linear 16 bit, big-endian (RFC 3551 §4.5.11).
    L16 {
        /// Samples per second.
        rate: ClockRate,
    },
}

/// The encoding is none that we can decode, at that rate.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "codec `{name}/{rate_hz}` is not supported; use PCMU/8000, PCMA/8000, L16/8000 or L16/16000"
)]
pub struct UnknownCodec {
    name: String,
    rate_hz: u32,
}

impl Codec {
    /// Finds a codec by encoding name and clock rate, as in `a=rtpmap` of SDP. Case does not matter.
    ///
    /// `MULAW` and `ALAW` are taken for PCMU and PCMA.
    pub fn from_name(name: &str, rate_hz: u32) -> Result<Self, UnknownCodec> {
        match (name.to_ascii_uppercase().as_str(), rate_hz) {
            ("PCMU" | "MULAW", 8_000) => Ok(Self::Pcmu),
            ("PCMA" | "ALAW", 8_000) => Ok(Self::Pcma),
            ("L16", 8_000) => Ok(Self::L16 {
                rate: ClockRate::Hz8000,
            }),
            ("L16", 16_000) => Ok(Self::L16 {
                rate: ClockRate::Hz16000,
            }),
            _ => Err(UnknownCodec {
                name: name.to_owned(),
                rate_hz,
            }),
        }
    }

    /// Samples per second.
    pub const fn rate(self) -> ClockRate {
        match self {
            Self::Pcmu | Self::Pcma => ClockRate::Hz8000,
            Self::L16 { rate } => rate,
        }
    }

    /// The encoding name in SDP: `PCMU`, `PCMA` or `L16`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::L16 { .. } => "L16",
        }
    }

    /// How many bytes a sample takes.
    pub const fn bytes_per_sample(self) -> usize {
        match self {
            Self::Pcmu | Self::Pcma => 1,
            Self::L16 { .. } => 2,
        }
    }
}

/// What a payload sounds like: in [-1, 1], at the codec's own rate.
///
/// No payload is refused. Half a sample at the end of L16 is left out.
pub fn decode(codec: Codec, payload: &[u8]) -> Vec<f32> {
    match codec {
        Codec::Pcmu => expand(&mut PcmuDecoder::new(), payload),
        Codec::Pcma => expand(&mut PcmaDecoder::new(), payload),
        Codec::L16 { .. } => pcm::from_be_bytes(payload),
    }
}

/// A payload that sounds like `samples`, which are in [-1, 1] at the codec's own rate.
pub fn encode(codec: Codec, samples: &[f32]) -> Vec<u8> {
    match codec {
        Codec::Pcmu => compress(&mut PcmuEncoder::new(), samples),
        Codec::Pcma => compress(&mut PcmaEncoder::new(), samples),
        Codec::L16 { .. } => pcm::to_be_bytes(samples),
    }
}

fn expand(law: &mut impl Decoder, payload: &[u8]) -> Vec<f32> {
    let mut linear = vec![0; payload.len()];
    law.decode_into(payload, &mut linear)
        .expect("G.711 has one sample for each byte");
    linear.into_iter().map(pcm::from_i16).collect()
}

fn compress(law: &mut impl Encoder, samples: &[f32]) -> Vec<u8> {
    let linear: Vec<i16> = samples.iter().map(|&s| pcm::to_i16(s)).collect();
    let mut payload = vec![0; linear.len()];
    law.encode_into(&linear, &mut payload)
        .expect("G.711 has one byte for each sample");
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    const L16: Codec = Codec::L16 {
        rate: ClockRate::Hz16000,
    };

    #[test]
    fn codecs_are_found_by_name_and_rate() {
        for (name, rate, found) in [
            ("PCMU", 8_000, Some(Codec::Pcmu)),
            ("pcma", 8_000, Some(Codec::Pcma)),
            ("MuLaw", 8_000, Some(Codec::Pcmu)),
            ("alaw", 8_000, Some(Codec::Pcma)),
            ("L16", 16_000, Some(L16)),
            ("L16", 44_100, None),
            ("PCMU", 16_000, None),
            ("opus", 48_000, None),
            ("", 0, None),
        ] {
            assert_eq!(Codec::from_name(name, rate).ok(), found, "{name}/{rate}");
        }
        for codec in [Codec::Pcmu, Codec::Pcma, L16] {
            assert_eq!(Codec::from_name(codec.name(), codec.rate().hz()), Ok(codec));
        }
    }

    #[test]
    fn known_code_words_have_the_levels_of_g711() {
        // ITU-T G.711, tables 1 and 2, scaled to 16 bit.
        for (codec, word, level) in [
            (Codec::Pcmu, 0x80, 32_124),
            (Codec::Pcmu, 0x00, -32_124),
            (Codec::Pcmu, 0xff, 0),
            (Codec::Pcma, 0xaa, 32_256),
            (Codec::Pcma, 0x2a, -32_256),
            (Codec::Pcma, 0xd5, 8),
        ] {
            assert_eq!(
                decode(codec, &[word]),
                [pcm::from_i16(level)],
                "{codec:?} {word:#x}"
            );
        }
        assert_eq!(decode(L16, &[0x40, 0x00, 0xc0, 0x00]), [0.5, -0.5]);
    }

    #[test]
    fn every_code_word_stands_for_a_level_that_is_coded_as_itself() {
        let words: Vec<u8> = (0..=255).collect();
        for codec in [Codec::Pcmu, Codec::Pcma, L16] {
            let levels = decode(codec, &words);
            assert_eq!(levels.len(), words.len() / codec.bytes_per_sample());
            for (again, level) in decode(codec, &encode(codec, &levels)).iter().zip(levels) {
                // A-law's quietest level below zero may be coded as the one above: 16 of 32 768 apart.
                let smallest_step = (codec, level) == (Codec::Pcma, pcm::from_i16(-8));
                assert!(
                    *again == level || smallest_step,
                    "{codec:?}: {level} became {again}"
                );
            }
        }
    }
}
