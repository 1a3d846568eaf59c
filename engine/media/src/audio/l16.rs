//! Linear 16 bit, big-endian (RFC 3551 §4.5.11). No state.

use super::decoder::{Decoder, Undecodable};
use super::pcm;

/// Decodes it. Half a sample at the end is left out.
pub struct L16;

impl Decoder for L16 {
    fn decode(&mut self, payload: &[u8], out: &mut Vec<f32>) -> Result<(), Undecodable> {
        let (samples, _) = payload.as_chunks();
        out.extend(
            samples
                .iter()
                .map(|&bytes| pcm::from_i16(i16::from_be_bytes(bytes))),
        );
        Ok(())
    }
}
