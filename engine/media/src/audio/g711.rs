//! G.711, in both laws: 8 bit for each sample, and no state.

use audio_codec::pcma::{PcmaDecoder, PcmaEncoder};
use audio_codec::pcmu::{PcmuDecoder, PcmuEncoder};
use audio_codec::{Decoder as LawDecoder, Encoder};

use super::decoder::{Decoder, Undecodable};
use super::pcm;

/// Decodes either law.
pub struct G711<L> {
    law: L,
    /// 16-bit samples of the latest payload.
    linear: Vec<i16>,
}

impl G711<PcmuDecoder> {
    pub fn mulaw() -> Self {
        Self {
            law: PcmuDecoder::new(),
            linear: Vec::new(),
        }
    }
}

impl G711<PcmaDecoder> {
    pub fn alaw() -> Self {
        Self {
            law: PcmaDecoder::new(),
            linear: Vec::new(),
        }
    }
}

impl<L: LawDecoder> Decoder for G711<L> {
    fn decode(&mut self, payload: &[u8], out: &mut Vec<f32>) -> Result<(), Undecodable> {
        self.linear.resize(payload.len(), 0);
        self.law
            .decode_into(payload, &mut self.linear)
            .expect("G.711 has one sample for each byte");
        out.extend(self.linear.iter().map(|&sample| pcm::from_i16(sample)));
        Ok(())
    }
}

/// `samples` in µ-law.
pub fn encode_mulaw(samples: &[f32]) -> Vec<u8> {
    encode(&mut PcmuEncoder::new(), samples)
}

/// `samples` in A-law.
pub fn encode_alaw(samples: &[f32]) -> Vec<u8> {
    encode(&mut PcmaEncoder::new(), samples)
}

fn encode(law: &mut impl Encoder, samples: &[f32]) -> Vec<u8> {
    let linear: Vec<i16> = samples.iter().map(|&s| pcm::to_i16(s)).collect();
    let mut payload = vec![0; linear.len()];
    law.encode_into(&linear, &mut payload)
        .expect("G.711 has one byte for each sample");
    payload
}
