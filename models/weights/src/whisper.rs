//! The parts of a Whisper that every source must bring: its sizes, its tensors, and how to decode
//! with it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::WeightsError;

/// Width of one attention head, the same in every Whisper.
pub(crate) const HEAD: usize = 64;

/// Sizes of a Whisper: the `config.json` that we write, and what we read of others'.
///
/// The names are those of Hugging Face, which `candle_transformers::models::whisper::Config` reads.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Config {
    pub num_mel_bins: usize,
    pub max_source_positions: usize,
    pub d_model: usize,
    pub encoder_attention_heads: usize,
    pub encoder_layers: usize,
    pub vocab_size: usize,
    pub max_target_positions: usize,
    pub decoder_attention_heads: usize,
    pub decoder_layers: usize,
    /// Newer repositories have this in their generation settings alone.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub suppress_tokens: Vec<u32>,
}

/// How to decode with a Whisper: the content of `generation.json`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Generation {
    /// Tokens that are never written.
    pub suppress_tokens: Vec<u32>,
    /// Tokens that are never written first.
    pub begin_suppress_tokens: Vec<u32>,
    /// Decoder layer and head of each cross-attention that follows the sound, for the times of
    /// words.
    pub alignment_heads: Vec<(usize, usize)>,
    /// Code of each language (`en`) and its token. Empty for a model of English alone.
    pub lang_to_id: BTreeMap<String, u32>,
}

/// What we read of a `tokenizer.json`.
#[derive(Deserialize)]
pub(crate) struct Tokenizer {
    added_tokens: Vec<AddedToken>,
}

#[derive(Deserialize)]
struct AddedToken {
    id: u32,
    content: String,
}

impl Config {
    /// Every tensor of the network under its Hugging Face name, and its shape.
    pub fn tensors(&self) -> BTreeMap<String, Vec<usize>> {
        let d = self.d_model;
        let mut tensors = BTreeMap::new();
        let mut add = |name: String, shape: &[usize]| {
            tensors.insert(name, shape.to_vec());
        };
        let mut linear = |name: String, out: usize, input: usize, bias: bool| {
            add(format!("{name}.weight"), &[out, input]);
            if bias {
                add(format!("{name}.bias"), &[out]);
            }
        };
        let sides = [
            ("encoder", self.encoder_layers, &["self_attn"][..]),
            (
                "decoder",
                self.decoder_layers,
                &["self_attn", "encoder_attn"],
            ),
        ];
        for (side, layers, attentions) in sides {
            for layer in (0..layers).map(|i| format!("model.{side}.layers.{i}")) {
                for attention in attentions {
                    for (part, bias) in [
                        ("q_proj", true),
                        ("k_proj", false),
                        ("v_proj", true),
                        ("out_proj", true),
                    ] {
                        linear(format!("{layer}.{attention}.{part}"), d, d, bias);
                    }
                }
                linear(format!("{layer}.fc1"), 4 * d, d, true);
                linear(format!("{layer}.fc2"), d, 4 * d, true);
            }
        }
        for (side, layers, attentions) in sides {
            let in_layers = (0..layers).flat_map(|i| {
                attentions
                    .iter()
                    .map(|attention| format!("{attention}_layer_norm"))
                    .chain(["final_layer_norm".to_owned()])
                    .map(move |norm| format!("layers.{i}.{norm}"))
            });
            for norm in in_layers.chain(["layer_norm".to_owned()]) {
                add(format!("model.{side}.{norm}.weight"), &[d]);
                add(format!("model.{side}.{norm}.bias"), &[d]);
            }
        }
        for (conv, input) in [("conv1", self.num_mel_bins), ("conv2", d)] {
            add(format!("model.encoder.{conv}.weight"), &[d, input, 3]);
            add(format!("model.encoder.{conv}.bias"), &[d]);
        }
        for (table, rows) in [
            ("encoder.embed_positions", self.max_source_positions),
            ("decoder.embed_positions", self.max_target_positions),
            ("decoder.embed_tokens", self.vocab_size),
        ] {
            add(format!("model.{table}.weight"), &[rows, d]);
        }
        tensors
    }

    /// What must hold between the sizes of any Whisper.
    pub fn check(&self) -> Result<(), WeightsError> {
        let heads = [self.encoder_attention_heads, self.decoder_attention_heads];
        if heads
            .iter()
            .any(|h| h.checked_mul(HEAD) != Some(self.d_model))
        {
            return Err(WeightsError::NotWhisper(format!(
                "{heads:?} heads of {HEAD} do not make up a width of {}",
                self.d_model
            )));
        }
        let sizes = [
            self.num_mel_bins,
            self.max_source_positions,
            self.d_model,
            self.encoder_layers,
            self.vocab_size,
            self.max_target_positions,
            self.decoder_layers,
        ];
        // The largest Whisper has 32 layers and 51866 tokens: what is far beyond is damage, and
        // must neither overflow a product nor fill the memory with names.
        let layers = self.encoder_layers.max(self.decoder_layers);
        if layers > 128 || sizes.iter().any(|size| *size == 0 || *size > 1 << 20) {
            return Err(WeightsError::NotWhisper(format!(
                "sizes out of range in config.json: {sizes:?}"
            )));
        }
        Ok(())
    }
}

impl Generation {
    /// Checks every number against the sizes of the network, and fills in alignment heads if there
    /// are none.
    pub(crate) fn fit(mut self, config: &Config) -> Result<Self, WeightsError> {
        if self.alignment_heads.is_empty() {
            // As OpenAI's code does for a model whose heads are not known.
            self.alignment_heads = (config.decoder_layers / 2..config.decoder_layers)
                .flat_map(|layer| (0..config.decoder_attention_heads).map(move |h| (layer, h)))
                .collect();
        }
        for (layer, head) in &self.alignment_heads {
            if *layer >= config.decoder_layers || *head >= config.decoder_attention_heads {
                return Err(WeightsError::NotWhisper(format!(
                    "alignment head {head} of layer {layer} is not in this network"
                )));
            }
        }
        let ids = self
            .suppress_tokens
            .iter()
            .chain(&self.begin_suppress_tokens)
            .chain(self.lang_to_id.values());
        match ids.copied().find(|id| *id as usize >= config.vocab_size) {
            Some(id) => Err(WeightsError::NotWhisper(format!(
                "token {id} is outside of a vocabulary of {}",
                config.vocab_size
            ))),
            None => Ok(self),
        }
    }
}

impl Tokenizer {
    /// Checks that this is a Whisper's, for a network with `vocabulary` tokens.
    pub fn check(&self, vocabulary: usize) -> Result<(), WeightsError> {
        let has = |content: &str| self.added_tokens.iter().any(|t| t.content == content);
        for content in ["<|startoftranscript|>", "<|endoftext|>", "<|notimestamps|>"] {
            if !has(content) {
                return Err(WeightsError::NotWhisper(format!(
                    "tokenizer.json has no {content}"
                )));
            }
        }
        match self
            .added_tokens
            .iter()
            .find(|token| token.id as usize >= vocabulary)
        {
            Some(token) => Err(WeightsError::NotWhisper(format!(
                "tokenizer.json has token {} in a vocabulary of {vocabulary}",
                token.id
            ))),
            None => Ok(()),
        }
    }

    /// Every language, by the form of its token.
    pub fn all_languages(&self) -> BTreeMap<String, u32> {
        self.added_tokens
            .iter()
            .filter_map(|token| Some((language(&token.content)?.to_owned(), token.id)))
            .collect()
    }

    /// Codes of languages by the tokens in `ids`.
    pub fn languages(&self, ids: &[u32]) -> Result<BTreeMap<String, u32>, WeightsError> {
        let wanted: BTreeSet<u32> = ids.iter().copied().collect();
        let found: BTreeMap<String, u32> = self
            .added_tokens
            .iter()
            .filter(|token| wanted.contains(&token.id))
            .filter_map(|token| Some((language(&token.content)?.to_owned(), token.id)))
            .collect();
        if found.len() < wanted.len() {
            return Err(WeightsError::NotWhisper(format!(
                "tokenizer.json names {} of {} languages",
                found.len(),
                wanted.len()
            )));
        }
        Ok(found)
    }
}

/// The code in a language's token: `en` in `<|en|>`.
pub(crate) fn language(token: &str) -> Option<&str> {
    let code = token.strip_prefix("<|")?.strip_suffix("|>")?;
    let letters = code.bytes().all(|b| b.is_ascii_lowercase());
    (letters && (2..=3).contains(&code.len())).then_some(code)
}

/// Reads `null` as an empty list.
pub(crate) fn null_is_empty<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Whisper base (Radford et al. 2022, table 1).
    pub fn base() -> Config {
        Config {
            num_mel_bins: 80,
            max_source_positions: 1500,
            d_model: 512,
            encoder_attention_heads: 8,
            encoder_layers: 6,
            vocab_size: 51865,
            max_target_positions: 448,
            decoder_attention_heads: 8,
            decoder_layers: 6,
            suppress_tokens: vec![1, 2],
        }
    }

    fn generation() -> Generation {
        Generation {
            suppress_tokens: vec![1],
            begin_suppress_tokens: vec![220],
            alignment_heads: vec![(3, 1)],
            lang_to_id: [("en".to_owned(), 50259)].into(),
        }
    }

    #[test]
    fn base_has_245_tensors_and_72_6_million_parameters() {
        let tensors = base().tensors();
        assert_eq!(tensors.len(), 245);
        let parameters: usize = tensors
            .values()
            .map(|shape| shape.iter().product::<usize>())
            .sum();
        assert_eq!(parameters, 72_593_920);
    }

    #[test]
    fn candle_reads_the_config_that_we_write() {
        let text = serde_json::to_string(&base()).expect("plain data");
        let read: candle_transformers::models::whisper::Config =
            serde_json::from_str(&text).expect("candle reads it");
        assert_eq!((read.d_model, read.vocab_size), (512, 51865));
        assert_eq!(read.suppress_tokens, [1, 2]);
    }

    #[test]
    fn sizes_that_no_whisper_has_are_refused() {
        base().check().expect("base is one");
        type Change = fn(&mut Config);
        let cases: [(&str, Change); 5] = [
            ("heads", |c| c.encoder_attention_heads = 6),
            ("layers", |c| c.decoder_layers = 1000),
            ("zero", |c| c.num_mel_bins = 0),
            ("huge", |c| c.vocab_size = usize::MAX),
            ("overflow", |c| c.decoder_attention_heads = 1 << 59),
        ];
        for (case, change) in cases {
            let mut config = base();
            change(&mut config);
            assert!(config.check().is_err(), "{case}");
        }
    }

    #[test]
    fn decoding_settings_must_fit_the_network() {
        assert_eq!(
            generation().fit(&base()).expect("they fit"),
            generation(),
            "nothing to fill in"
        );
        let mut unknown = generation();
        unknown.alignment_heads.clear();
        let heads = unknown.fit(&base()).expect("they fit").alignment_heads;
        assert_eq!(
            (heads.len(), heads[0]),
            (24, (3, 0)),
            "upper half of layers"
        );

        type Change = fn(&mut Generation);
        let cases: [(&str, Change); 4] = [
            ("layer", |g| g.alignment_heads.push((6, 0))),
            ("head", |g| g.alignment_heads.push((0, 8))),
            ("token", |g| g.suppress_tokens.push(51865)),
            ("language", |g| {
                g.lang_to_id.insert("xx".to_owned(), 60000);
            }),
        ];
        for (case, change) in cases {
            let mut generation = generation();
            change(&mut generation);
            assert!(generation.fit(&base()).is_err(), "{case}");
        }
    }

    #[test]
    fn a_language_token_holds_its_code() {
        for (token, code) in [
            ("<|en|>", Some("en")),
            ("<|yue|>", Some("yue")),
            ("<|notimestamps|>", None),
            ("<|0.00|>", None),
            ("en", None),
        ] {
            assert_eq!(language(token), code, "{token}");
        }
    }
}
