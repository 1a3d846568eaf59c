//! Audio that comes as a gapless stream of bytes, over gRPC or out of a file.

use super::byte_order::{ByteOrder, OrderWatch};
use super::codec::Codec;
use super::decoder::Decoder;
use super::encoding::Encoding;
use super::pcm;
use super::rate::SampleRate;
use super::resample::StreamResampler;

/// How the samples of a stream are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StreamFormat {
    /// 16 bit signed, little endian, of so many samples a second.
    Linear16(SampleRate),
    /// G.711 mu-law, 8 kHz.
    Mulaw,
    /// G.711 A-law, 8 kHz.
    Alaw,
}

impl StreamFormat {
    /// How many bytes a sample takes.
    pub const fn bytes_per_sample(self) -> usize {
        match self {
            Self::Linear16(_) => 2,
            Self::Mulaw | Self::Alaw => 1,
        }
    }

    /// As `a=rtpmap` of SDP has it: `L16/16000`, `PCMU/8000`.
    pub fn rtpmap(self) -> String {
        match self {
            Self::Linear16(rate) => format!("L16/{}", rate.hz()),
            Self::Mulaw => "PCMU/8000".to_owned(),
            Self::Alaw => "PCMA/8000".to_owned(),
        }
    }

    /// How many bytes a second takes.
    pub const fn bytes_per_second(self) -> usize {
        match self {
            Self::Linear16(rate) => 2 * rate.hz() as usize,
            Self::Mulaw | Self::Alaw => 8_000,
        }
    }
}

/// Turns such bytes, cut anywhere, into samples at 16 kHz.
pub struct StreamDecoder {
    coding: Coding,
    order: OrderWatch,
    resampler: StreamResampler,
    /// The latest samples at the stream's own rate, kept for the room that they take.
    samples: Vec<f32>,
}

enum Coding {
    /// 16 bit, little endian.
    Linear16 {
        /// The first half of a sample whose second half has not come yet.
        half: Option<u8>,
    },
    /// Decoded byte by byte, as packets of RTP are.
    Bytes(Box<dyn Decoder>),
}

impl StreamDecoder {
    /// Starts at the beginning of a stream.
    pub fn new(format: StreamFormat) -> Self {
        let bytes = |codec| Coding::Bytes(Encoding::from(codec).decoder());
        let (coding, rate) = match format {
            StreamFormat::Linear16(rate) => (Coding::Linear16 { half: None }, rate),
            StreamFormat::Mulaw => (bytes(Codec::Pcmu), SampleRate::TELEPHONE),
            StreamFormat::Alaw => (bytes(Codec::Pcma), SampleRate::TELEPHONE),
        };
        Self {
            coding,
            order: OrderWatch::default(),
            resampler: StreamResampler::new(rate),
            samples: Vec::new(),
        }
    }

    /// Takes the next bytes, and gives the samples that are ready: mono, 16 kHz, in [-1, 1].
    pub fn push(&mut self, bytes: &[u8]) -> Vec<f32> {
        self.samples.clear();
        match &mut self.coding {
            Coding::Linear16 { half } => {
                linear16(half, bytes, &mut self.samples);
                self.order.push(&self.samples);
            }
            Coding::Bytes(decoder) => decoder
                .decode(bytes, &mut self.samples)
                .expect("G.711 decodes any bytes"),
        }
        self.resampler.push(&self.samples)
    }

    /// Whether bytes of 16-bit samples come in the order in which they are read.
    pub fn order(&self) -> ByteOrder {
        self.order.order()
    }

    /// The samples still held back, at the end of the stream.
    pub fn flush(&mut self) -> Vec<f32> {
        self.resampler.flush()
    }
}

/// Puts the samples that `bytes` complete behind what is in `out`.
fn linear16(half: &mut Option<u8>, mut bytes: &[u8], out: &mut Vec<f32>) {
    if let (Some(first), [second, rest @ ..]) = (*half, bytes) {
        out.push(pcm::from_i16(i16::from_le_bytes([first, *second])));
        (*half, bytes) = (None, rest);
    }
    let (samples, rest) = bytes.as_chunks();
    let samples = samples.iter().map(|&bytes| i16::from_le_bytes(bytes));
    out.extend(samples.map(pcm::from_i16));
    if let [first] = rest {
        *half = Some(*first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_cut_anywhere_decodes_alike() {
        let bytes: Vec<u8> = (0..6_400_u32).map(|i| (i * 37 % 251) as u8).collect();
        for format in [
            StreamFormat::Linear16(SampleRate::from_hz(16_000)),
            StreamFormat::Linear16(SampleRate::from_hz(44_100)),
            StreamFormat::Linear16(SampleRate::TELEPHONE),
            StreamFormat::Mulaw,
            StreamFormat::Alaw,
        ] {
            let decode = |size: usize| {
                let mut decoder = StreamDecoder::new(format);
                let mut samples: Vec<f32> = bytes
                    .chunks(size)
                    .flat_map(|piece| decoder.push(piece))
                    .collect();
                samples.extend(decoder.flush());
                samples
            };
            let whole = decode(bytes.len());
            assert_eq!(decode(1), whole, "{format:?}");
            assert_eq!(decode(333), whole, "{format:?}");
            assert!(whole.len() >= 1_100, "{format:?}");
        }
    }
}
