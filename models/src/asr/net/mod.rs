//! The network itself: encoder and decoder, and the layers they are made of.

pub mod decoder;
pub mod encoder;
pub mod kernels;
pub mod layers;
pub mod sequence;
#[cfg(test)]
pub mod tiny;

use candle_core::Result;
use candle_nn::VarBuilder;
use candle_transformers::models::whisper::Config;

use decoder::Decoder;
use encoder::Encoder;
use layers::Precision;

/// Encoder and decoder. Clones share their weights.
#[derive(Clone, Debug)]
pub struct Net {
    /// Run once for an utterance.
    pub encoder: Encoder,
    /// Run once for every token.
    pub decoder: Decoder,
}

impl Net {
    /// Takes the weights from `vb`, under the names of Hugging Face's checkpoints.
    ///
    /// Scores are given for the first `tokens` of the vocabulary. The encoder's layers see hundreds of rows at a
    /// time and are kept as floats, the decoder's see a few.
    pub fn load(
        vb: &VarBuilder,
        config: &Config,
        tokens: usize,
        alignment_heads: &[(usize, usize)],
    ) -> Result<Self> {
        let vb = vb.pp("model");
        // The decoder first: packing it takes most memory, and the encoder's floats are kept.
        let decoder = Decoder::load(
            &vb.pp("decoder"),
            config,
            tokens,
            alignment_heads,
            Precision::Int8,
        )?;
        let encoder = Encoder::load(&vb.pp("encoder"), config, Precision::Float)?;
        Ok(Self { encoder, decoder })
    }
}
