//! Codings in blocks of many samples: ADPCM and GSM 6.10, as Windows and telephone systems write
//! them.

use oxideav_gsm::{DecoderState, UnpackedFrame};
use symphonia::core::audio::layouts::{CHANNEL_LAYOUT_MONO, CHANNEL_LAYOUT_STEREO};
use symphonia::core::codecs::audio::well_known::{CODEC_ID_ADPCM_IMA_WAV, CODEC_ID_ADPCM_MS};
use symphonia::core::codecs::audio::{
    AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions,
};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};
use symphonia::default::codecs::AdpcmDecoder;

use crate::audio_file::Room;
use crate::audio_file::problem::{AudioFileProblem, AudioFileWarning};

/// How a block is coded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Coding {
    MsAdpcm,
    ImaAdpcm,
    Gsm,
}

/// Blocks of a coding, each of which can be decoded by itself but for GSM.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Blocks {
    coding: Coding,
    /// Of one block, all channels together.
    pub bytes: usize,
}

/// A block of GSM: two frames of 160 samples, packed into 65 bytes.
const GSM_BYTES: usize = 65;
const GSM_SAMPLES: usize = 320;

impl Blocks {
    /// Blocks of this size, if that and the number of channels can be.
    pub fn new(coding: Coding, channels: usize, bytes: usize) -> Result<Self, AudioFileProblem> {
        let (name, most_channels) = match coding {
            Coding::MsAdpcm => ("Microsoft ADPCM", 2),
            Coding::ImaAdpcm => ("IMA ADPCM", 2),
            Coding::Gsm => ("GSM 6.10", 1),
        };
        if channels > most_channels {
            let what = format!("{name} of {channels} channels");
            return Err(AudioFileProblem::Coding(what));
        }
        let is_sound = match coding {
            Coding::MsAdpcm => bytes > 7 * channels,
            // Four bytes of each channel in turn.
            Coding::ImaAdpcm => {
                bytes > 4 * channels && (channels == 1 || bytes.is_multiple_of(4 * channels))
            }
            Coding::Gsm => bytes == GSM_BYTES,
        };
        if !is_sound {
            return Err(AudioFileProblem::Damaged(
                "its size of blocks makes no sense",
            ));
        }
        Ok(Self { coding, bytes })
    }

    /// How many samples of each channel a block holds: those that it begins with as they are, and
    /// two in each further byte.
    pub fn frames(self, channels: usize) -> usize {
        match self.coding {
            Coding::MsAdpcm => 2 + (self.bytes - 7 * channels) * 2 / channels,
            Coding::ImaAdpcm => 1 + (self.bytes - 4 * channels) * 2 / channels,
            Coding::Gsm => GSM_SAMPLES,
        }
    }

    /// All whole blocks. One that cannot be read is silence.
    pub fn decode(
        self,
        bytes: &[u8],
        channels: usize,
        room: Room,
    ) -> Result<(Vec<Vec<f32>>, Vec<AudioFileWarning>), AudioFileProblem> {
        let frames = self.frames(channels);
        room.check(channels, bytes.len() / self.bytes * frames)?;
        let mut sound = vec![Vec::new(); channels];
        let mut silent = 0;
        let blocks = bytes.chunks_exact(self.bytes);
        match self.coding {
            Coding::Gsm => {
                let mut decoder = DecoderState::new();
                for block in blocks {
                    let (first, second) = UnpackedFrame::pair_from_msgsm_block(block)
                        .expect("a block has as many bytes as it needs");
                    for frame in [first, second] {
                        let samples = decoder.decode_frame(&frame);
                        let samples = samples.iter().map(|&sample| f32::from(sample) / 32_768.0);
                        sound[0].extend(samples);
                    }
                }
            }
            Coding::MsAdpcm => {
                silent = adpcm(CODEC_ID_ADPCM_MS, blocks, frames, &mut sound)?;
            }
            Coding::ImaAdpcm => {
                silent = adpcm(CODEC_ID_ADPCM_IMA_WAV, blocks, frames, &mut sound)?;
            }
        }
        let warning = AudioFileWarning::of_silence(silent, sound[0].len() as u64)?;
        Ok((sound, warning.into_iter().collect()))
    }
}

/// Decodes blocks of ADPCM, and says how many samples of each channel are silence because they
/// cannot be read.
fn adpcm<'a>(
    coding: AudioCodecId,
    blocks: impl Iterator<Item = &'a [u8]>,
    frames: usize,
    sound: &mut [Vec<f32>],
) -> Result<u64, AudioFileProblem> {
    let mut params = AudioCodecParameters::new();
    params
        .for_codec(coding)
        // Of no consequence: a sample is one at any rate.
        .with_sample_rate(8_000)
        .with_channels(match sound.len() {
            1 => CHANNEL_LAYOUT_MONO,
            _ => CHANNEL_LAYOUT_STEREO,
        })
        .with_max_frames_per_packet(frames as u64)
        .with_frames_per_block(frames as u64);
    let mut decoder = AdpcmDecoder::try_new(&params, &AudioDecoderOptions::default())?;
    let mut piece: Vec<Vec<f32>> = Vec::new();
    let mut silent = 0;
    for block in blocks {
        let duration = Duration::from(frames as u64);
        let packet = PacketRef::new(0, Timestamp::ZERO, duration, block);
        match decoder.decode_ref(&packet) {
            Ok(decoded) => {
                decoded.copy_to_vecs_planar(&mut piece);
                for (all, new) in sound.iter_mut().zip(&piece) {
                    all.extend_from_slice(new);
                }
            }
            Err(_) => {
                silent += frames as u64;
                for all in sound.iter_mut() {
                    all.resize(all.len() + frames, 0.0);
                }
            }
        }
    }
    Ok(silent)
}
