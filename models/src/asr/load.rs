//! From files to a network that is ready to run.

use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device};
use candle_nn::VarBuilder;
use candle_transformers::models::whisper::Config;
use serde::de::DeserializeOwned;
use tokenizers::{ModelWrapper, Tokenizer};

use super::merges::mended;
use super::net::Net;
use super::net::layers::Precision;
use super::tokens::{Generation, MissingToken, Tokens};
use crate::lm::FileError;
use crate::mel::KNOWN_BANDS;

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
    /// The language model cannot be used.
    #[error(transparent)]
    LanguageModel(#[from] FileError),
    /// The dictionaries of Chinese characters cannot be unpacked.
    #[error("cannot unpack the dictionaries of Chinese characters")]
    Scripts(#[from] ferrous_opencc::error::OpenCCError),
}

/// Loads network and vocabulary.
pub fn load(files: &WhisperFiles, precision: Precision) -> Result<(Net, Tokens), LoadError> {
    let config: Config = json(&files.config)?;
    let (mut tokenizer, generation) = vocabulary(&files.tokenizer, &files.generation)?;
    forget(&mut tokenizer);
    let heads = generation.alignment_heads.clone();
    check(&config, &heads)?;
    let tokens = Tokens::new(tokenizer, generation)?;
    let scored = scored(&tokens, &config)?;
    let vb =
        VarBuilder::from_buffered_safetensors(read(&files.weights)?, DType::F32, &Device::Cpu)?;
    Ok((Net::load(&vb, &config, scored, &heads, precision)?, tokens))
}

/// Loads the vocabulary alone.
pub(crate) fn load_tokens(tokenizer: &Path, generation: &Path) -> Result<Tokens, LoadError> {
    let (tokenizer, generation) = vocabulary(tokenizer, generation)?;
    Ok(Tokens::new(tokenizer, generation)?)
}

fn vocabulary(tokenizer: &Path, generation: &Path) -> Result<(Tokenizer, Generation), LoadError> {
    let generation: Generation = json(generation)?;
    let invalid = |source| LoadError::Invalid(tokenizer.to_owned(), source);
    let tokenizer = Tokenizer::from_bytes(mended(read(tokenizer)?)).map_err(invalid)?;
    Ok((tokenizer, generation))
}

/// Has `tokenizer` remember nothing of what it cut: each thread would keep 10,000 words, some 7 MB,
/// and phrases to listen for are cut once for all threads.
fn forget(tokenizer: &mut Tokenizer) {
    if let ModelWrapper::BPE(bpe) = tokenizer.get_model() {
        let mut bpe = bpe.clone();
        bpe.resize_cache(0);
        tokenizer.with_model(bpe);
    }
}

/// How many tokens to score: all that are needed, rounded up to what matrix kernels take in one go
/// if there are.
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
    if !KNOWN_BANDS.contains(&config.num_mel_bins) {
        let [few, many] = KNOWN_BANDS;
        return Err(LoadError::Unsupported(format!(
            "{} mel bands, not {few} or {many}",
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asr::net::tiny;
    use crate::asr::tokens::tests::small;

    #[test]
    fn the_file_that_is_wrong_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let files = WhisperFiles {
            weights: path("model.safetensors"),
            config: path("config.json"),
            tokenizer: path("tokenizer.json"),
            generation: path("generation.json"),
        };
        let error = || {
            load(&files, Precision::default())
                .expect_err("something is missing")
                .to_string()
        };
        let named = |name: &str, why: &str| why.replace("{}", &path(name).display().to_string());
        assert_eq!(error(), named("config.json", "cannot read `{}`"));

        fs::write(&files.config, "{}").expect("writes");
        assert_eq!(error(), named("config.json", "`{}` is not valid"));

        let config = r#"{"num_mel_bins": 100, "max_source_positions": 1500, "d_model": 64,
            "encoder_attention_heads": 1, "encoder_layers": 1, "vocab_size": 300,
            "max_target_positions": 40, "decoder_attention_heads": 1, "decoder_layers": 1}"#;
        fs::write(&files.config, config).expect("writes");
        let generation = r#"{"suppress_tokens": [], "begin_suppress_tokens": [],
            "alignment_heads": [[0, 0]], "lang_to_id": {"en": 1}}"#;
        fs::write(&files.generation, generation).expect("writes");
        fs::write(&files.tokenizer, "[]").expect("writes");
        assert_eq!(error(), named("tokenizer.json", "`{}` is not valid"));

        fs::write(&files.tokenizer, small().to_json()).expect("writes");
        assert_eq!(error(), "100 mel bands, not 80 or 128");

        fs::write(&files.config, config.replace("100", "128")).expect("writes");
        assert_eq!(error(), named("model.safetensors", "cannot read `{}`"));

        fs::write(&files.weights, [0; 16]).expect("writes");
        assert_eq!(error(), "the weights do not fit");
    }

    #[test]
    fn scores_are_given_in_whole_tiles_and_heads_must_exist() {
        let mut config = tiny::config();
        assert_eq!(scored(&small(), &config).expect("fits"), 272);
        config.vocab_size = 270;
        assert_eq!(scored(&small(), &config).expect("fits"), 270);
        config.vocab_size = 266;
        let error = scored(&small(), &config)
            .expect_err("one is missing")
            .to_string();
        assert_eq!(error, "the vocabulary has 267 tokens, the network 266");
        let error = check(&config, &[(0, 1), (1, 2)])
            .expect_err("there are two heads")
            .to_string();
        assert_eq!(error, "no head 2 in a layer 1 to align by");
    }
}
