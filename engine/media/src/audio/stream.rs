//! Audio that comes as a gapless stream of bytes, over gRPC or out of a file.

use super::codec::{ClockRate, Codec, decode};
use super::pcm;
use super::resample::StreamResampler;

/// How the samples of a stream are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StreamFormat {
    /// 16 bit signed, little endian.
    Linear16(ClockRate),
    /// G.711 mu-law, 8 kHz.
    Mulaw,
    /// G.711 A-law, 8 kHz.
    Alaw,
}

impl StreamFormat {
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
    format: StreamFormat,
    resampler: StreamResampler,
    /// The first half of a sample whose second half has not come yet.
    half: Option<u8>,
}

impl StreamDecoder {
    /// Starts at the beginning of a stream.
    pub fn new(format: StreamFormat) -> Self {
        let rate = match format {
            StreamFormat::Linear16(rate) => rate,
            StreamFormat::Mulaw | StreamFormat::Alaw => ClockRate::Hz8000,
        };
        Self {
            format,
            resampler: StreamResampler::new(rate),
            half: None,
        }
    }

    /// Takes the next bytes, and gives the samples that are ready: mono, 16 kHz, in [-1, 1].
    pub fn push(&mut self, bytes: &[u8]) -> Vec<f32> {
        let samples = match self.format {
            StreamFormat::Linear16(_) => self.linear16(bytes),
            StreamFormat::Mulaw => decode(Codec::Pcmu, bytes),
            StreamFormat::Alaw => decode(Codec::Pcma, bytes),
        };
        self.resampler.push(&samples)
    }

    /// The samples still held back, at the end of the stream.
    pub fn flush(&mut self) -> Vec<f32> {
        self.resampler.flush()
    }

    fn linear16(&mut self, bytes: &[u8]) -> Vec<f32> {
        let whole: Vec<u8> = self
            .half
            .take()
            .into_iter()
            .chain(bytes.iter().copied())
            .collect();
        if whole.len() % 2 == 1 {
            self.half = whole.last().copied();
        }
        pcm::from_le_bytes(&whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_cut_anywhere_decodes_alike() {
        let bytes: Vec<u8> = (0..6_400_u32).map(|i| (i * 37 % 251) as u8).collect();
        for format in [
            StreamFormat::Linear16(ClockRate::Hz16000),
            StreamFormat::Linear16(ClockRate::Hz8000),
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
            assert!(whole.len() >= 3_200, "{format:?}");
        }
    }
}
