//! Codings of each sample by itself: PCM, floating point and both laws of G.711.

use sidetone_media::audio::{Codec, decode, pcm};

use crate::audio_file::Room;
use crate::audio_file::problem::{AudioFileProblem, AudioFileWarning};

/// How a sample is coded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Samples {
    /// Unsigned.
    Int8,
    Int16,
    Int24,
    Int32,
    Float32,
    Float64,
    Mulaw,
    Alaw,
}

impl Samples {
    /// How many bytes a sample takes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Int8 | Self::Mulaw | Self::Alaw => 1,
            Self::Int16 => 2,
            Self::Int24 => 3,
            Self::Int32 | Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }

    /// All whole samples of each channel, in [-1, 1].
    pub fn decode(
        self,
        bytes: &[u8],
        channels: usize,
        room: Room,
    ) -> Result<(Vec<Vec<f32>>, Vec<AudioFileWarning>), AudioFileProblem> {
        let sample = self.bytes();
        let frame = sample * channels;
        room.check(channels, bytes.len() / frame)?;
        let mut sound: Vec<Vec<f32>> = (0..channels)
            .map(|channel| {
                let frames = bytes.chunks_exact(frame);
                let samples = frames.flat_map(|frame| &frame[channel * sample..][..sample]);
                self.samples(&samples.copied().collect::<Vec<u8>>())
            })
            .collect();
        let mut none = 0;
        for sample in sound.iter_mut().flatten() {
            if sample.is_finite() {
                *sample = sample.clamp(-1.0, 1.0);
            } else {
                *sample = 0.0;
                none += 1;
            }
        }
        let warning = (none > 0).then_some(AudioFileWarning::NoNumbers { samples: none });
        Ok((sound, warning.into_iter().collect()))
    }

    /// Whole samples of one channel.
    fn samples(self, bytes: &[u8]) -> Vec<f32> {
        /// The largest whole number of 32 bits, and one.
        const FULL_SCALE: f64 = (1_u64 << 31) as f64;
        let scaled = |sample: i32| (f64::from(sample) / FULL_SCALE) as f32;
        match self {
            Self::Int8 => bytes
                .iter()
                .map(|&byte| (f32::from(byte) - 128.0) / 128.0)
                .collect(),
            Self::Int16 => pcm::from_le_bytes(bytes),
            Self::Int24 => each(bytes, |&[a, b, c]| scaled(i32::from_le_bytes([0, a, b, c]))),
            Self::Int32 => each(bytes, |&sample| scaled(i32::from_le_bytes(sample))),
            Self::Float32 => each(bytes, |&sample| f32::from_le_bytes(sample)),
            Self::Float64 => each(bytes, |&sample| f64::from_le_bytes(sample) as f32),
            Self::Mulaw => decode(Codec::Pcmu, bytes),
            Self::Alaw => decode(Codec::Pcma, bytes),
        }
    }
}

fn each<const N: usize>(bytes: &[u8], sample: impl Fn(&[u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(sample).collect()
}
