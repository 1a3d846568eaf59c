//! From files to a network that is ready to run.

use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device};
use candle_nn::VarBuilder;
use candle_transformers::models::whisper::Config;
use serde::de::DeserializeOwned;
use tokenizers::Tokenizer;

use super::net::Net;
use super::tokens::{Generation, MissingToken, Tokens};
use crate::mel::BANDS;

/// Where a checkpoint lies.
#[derive(Clone, Debug)]
pub struct WhisperFiles {
    /// Weights in safetensors format, named as Hugging Face names them.
    pub weights: PathBuf,
    /// Sizes of the network, JSON.
    pub config: PathBuf,
    /// Vocabulary, JSON.
    pub tokenizer: PathBuf,
    /// What to suppress, which heads to align by, which languages there are, JSON.
    pub generation: PathBuf,
}

/// The recogniser cannot be made of these files.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file is missing or cannot be read.
    #[error("cannot read `{}`", .0.display())]
    Read(PathBuf, #[source] std::io::Error),
    /// A file is not what it should be.
    #[error("`{}` is not valid", .0.display())]
    Invalid(PathBuf, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// The vocabulary is not a multilingual Whisper's.
    #[error(transparent)]
    MissingToken(#[from] MissingToken),
    /// The network is of another kind than the code is for.
    #[error("{0}")]
    Unsupported(String),
    /// Weights are missing or of another shape.
    #[error("the weights do not fit")]
    Weights(#[from] candle_core::Error),
    /// The dictionaries of Chinese characters cannot be unpacked.
    #[error("cannot unpack the dictionaries of Chinese characters")]
    Scripts(#[from] ferrous_opencc::error::OpenCCError),
}

/// Loads network and vocabulary.
pub fn load(files: &WhisperFiles) -> Result<(Net, Tokens), LoadError> {
    let config: Config = json(&files.config)?;
    let generation: Generation = json(&files.generation)?;
    let invalid = |source| LoadError::Invalid(files.tokenizer.clone(), source);
    let tokenizer = Tokenizer::from_bytes(read(&files.tokenizer)?).map_err(invalid)?;
    let heads = generation.alignment_heads.clone();
    check(&config, &heads)?;
    let tokens = Tokens::new(tokenizer, generation)?;
    let scored = scored(&tokens, &config)?;
    let vb =
        VarBuilder::from_buffered_safetensors(read(&files.weights)?, DType::F32, &Device::Cpu)?;
    Ok((Net::load(&vb, &config, scored, &heads)?, tokens))
}

/// How many tokens to score: all that are needed, rounded up to what matrix kernels take in one go if there are.
fn scored(tokens: &Tokens, config: &Config) -> Result<usize, LoadError> {
    const TILE: usize = 16;
    let needed = tokens.scored();
    if needed > config.vocab_size {
        return Err(LoadError::Unsupported(format!(
            "the vocabulary has {needed} tokens, the network {}",
            config.vocab_size
        )));
    }
    Ok(needed.next_multiple_of(TILE).min(config.vocab_size))
}

fn check(config: &Config, heads: &[(usize, usize)]) -> Result<(), LoadError> {
    if config.num_mel_bins != BANDS {
        return Err(LoadError::Unsupported(format!(
            "{} mel bands, not {BANDS}",
            config.num_mel_bins
        )));
    }
    let known = |&(layer, head): &(usize, usize)| {
        layer < config.decoder_layers && head < config.decoder_attention_heads
    };
    match heads.iter().find(|head| !known(head)) {
        Some((layer, head)) => Err(LoadError::Unsupported(format!(
            "no head {head} in a layer {layer} to align by"
        ))),
        None => Ok(()),
    }
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T, LoadError> {
    serde_json::from_slice(&read(path)?)
        .map_err(|source| LoadError::Invalid(path.to_owned(), source.into()))
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    fs::read(path).map_err(|source| LoadError::Read(path.to_owned(), source))
}
