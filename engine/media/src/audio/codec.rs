//! The codecs of telephone calls that can be sent as well as received: G.711 in both laws, and
//! linear 16 bit.

use super::decoder::Decoder;
use super::g711::{G711, encode_alaw, encode_mulaw};
use super::l16::L16;
use super::pcm;

/// Samples per second of sound that is sent, or that comes as a stream.
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
}

/// How sound is coded on the wire. All are mono, code each sample by itself, and have one tick of
/// the RTP clock for each sample.
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

impl Codec {
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
    let mut samples = Vec::with_capacity(payload.len() / codec.bytes_per_sample());
    match codec {
        Codec::Pcmu => G711::mulaw().decode(payload, &mut samples),
        Codec::Pcma => G711::alaw().decode(payload, &mut samples),
        Codec::L16 { .. } => L16.decode(payload, &mut samples),
    }
    .expect("these codecs decode any bytes");
    samples
}

/// A payload that sounds like `samples`, which are in [-1, 1] at the codec's own rate.
pub fn encode(codec: Codec, samples: &[f32]) -> Vec<u8> {
    match codec {
        Codec::Pcmu => encode_mulaw(samples),
        Codec::Pcma => encode_alaw(samples),
        Codec::L16 { .. } => pcm::to_be_bytes(samples),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const L16: Codec = Codec::L16 {
        rate: ClockRate::Hz16000,
    };

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
                // A-law's quietest level below zero may be coded as the one above: 16 of 32 768
                // apart.
                let smallest_step = (codec, level) == (Codec::Pcma, pcm::from_i16(-8));
                assert!(
                    *again == level || smallest_step,
                    "{codec:?}: {level} became {again}"
                );
            }
        }
    }
}
