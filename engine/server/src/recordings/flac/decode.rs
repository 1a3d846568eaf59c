//! Frames to samples.

use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::FlacError;
use super::head::stream_info;

/// Decodes frames, one at a time.
pub(in crate::recordings) struct Decoder(Box<dyn AudioDecoder>);

impl Decoder {
    /// A new one.
    pub fn new() -> Result<Self, FlacError> {
        let mut parameters = AudioCodecParameters::new();
        parameters
            .for_codec(CODEC_ID_FLAC)
            .with_extra_data(stream_info(0).into());
        let made = symphonia::default::get_codecs()
            .make_audio_decoder(&parameters, &AudioDecoderOptions::default());
        made.map(Self).map_err(FlacError::of)
    }

    /// The samples of a whole frame, interleaved.
    pub fn decode(&mut self, frame: &[u8], into: &mut Vec<i16>) -> Result<(), FlacError> {
        let packet = Packet::new(0, Timestamp::ZERO, Duration::ZERO, frame);
        let decoded = self.0.decode(&packet).map_err(FlacError::of)?;
        decoded.copy_to_vec_interleaved(into);
        Ok(())
    }
}
