//! The network itself: encoder and decoder, and the layers they are made of.

pub mod attention;
pub mod blocks;
pub mod decoder;
pub mod directions;
pub mod encoder;
pub mod encoding;
pub mod kv_cache;
pub mod layers;
pub mod moments;
#[cfg(test)]
mod reference;
pub mod sequence;
pub mod settled;
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
    /// Scores are given for the first `tokens` of the vocabulary.
    pub fn load(
        vb: &VarBuilder,
        config: &Config,
        tokens: usize,
        alignment_heads: &[(usize, usize)],
        precision: Precision,
    ) -> Result<Self> {
        let vb = vb.pp("model");
        let decoder = Decoder::load(
            &vb.pp("decoder"),
            config,
            tokens,
            alignment_heads,
            precision,
        )?;
        let encoder = Encoder::load(&vb.pp("encoder"), config, precision)?;
        Ok(Self { encoder, decoder })
    }
}
