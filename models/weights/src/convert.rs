//! Turns a Whisper in CTranslate2's container into tensors under their Hugging Face names.
//!
//! Nothing is computed: each tensor is a run of bytes of the container, taken over as it is.
//! CTranslate2 fuses projections by laying their rows one after another, so a projection is a run,
//! too.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

use serde::Deserialize;

use crate::ct2::{Container, Dtype, Variable};
use crate::error::{Doing, WeightsError};
use crate::whisper::{Config, Generation, HEAD, Tokenizer, null_is_empty};

/// What a container holds: the network's sizes, and where each of its tensors lies.
#[derive(Debug)]
pub(crate) struct Plan {
    pub config: Config,
    /// By Hugging Face name.
    pub tensors: BTreeMap<String, Run>,
}

/// A tensor as a run of a container's bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Run {
    pub shape: Vec<usize>,
    pub dtype: Dtype,
    pub offset: u64,
    pub bytes: u64,
}

/// What we read of the `config.json` beside a container.
#[derive(Deserialize)]
pub(crate) struct Ct2Config {
    #[serde(default, deserialize_with = "null_is_empty")]
    alignment_heads: Vec<(usize, usize)>,
    #[serde(default, deserialize_with = "null_is_empty")]
    lang_ids: Vec<u32>,
    suppress_ids: Vec<u32>,
    suppress_ids_begin: Vec<u32>,
}

impl Ct2Config {
    /// The same settings in our form.
    pub fn generation(self, tokenizer: &Tokenizer) -> Result<Generation, WeightsError> {
        Ok(Generation {
            lang_to_id: tokenizer.languages(&self.lang_ids)?,
            suppress_tokens: self.suppress_ids,
            begin_suppress_tokens: self.suppress_ids_begin,
            alignment_heads: self.alignment_heads,
        })
    }
}

/// Scalars that say how a network is built, and the only value which Whisper has: CTranslate2 reads
/// many kinds of network. Not every release of it writes every one.
const SWITCHES: [(&str, u64); 9] = [
    // 3 is the GELU by erf (`ctranslate2/specs/common_spec.py`, `Activation`).
    ("decoder/activation", 3),
    ("decoder/alibi", 0),
    ("decoder/pre_norm", 1),
    ("decoder/scale_embeddings", 0),
    ("decoder/start_from_zero_embedding", 0),
    ("encoder/activation", 3),
    ("encoder/pre_norm", 1),
    ("encoder/scale_embeddings", 0),
    ("encoder/start_from_zero_embedding", 0),
];

/// Scalars that tell CTranslate2 which attention to hand out; no part of the network.
const UNUSED: [&str; 2] = ["decoder/alignment_heads", "decoder/alignment_layer"];

/// Finds every tensor of a Whisper in `container`. Each of its variables must be used, exactly
/// once.
pub(crate) fn plan<R: Read + Seek>(container: &mut Container<R>) -> Result<Plan, WeightsError> {
    if container.spec != "WhisperSpec" {
        return Err(WeightsError::NotWhisper(format!(
            "model.bin is a {}",
            container.spec
        )));
    }
    let config = sizes(container)?;
    config.check()?;
    let mut planner = Planner {
        unused: container.names().map(str::to_owned).collect(),
        container,
        tensors: BTreeMap::new(),
    };
    planner.scalars(&config)?;
    planner.encoder(&config)?;
    planner.decoder(&config)?;
    if let Some(name) = planner.unused.first() {
        return Err(WeightsError::NotWhisper(format!(
            "model.bin has `{name}`, which no known Whisper has"
        )));
    }

    let tensors = planner.tensors;
    for (name, shape) in config.tensors() {
        let found = tensors.get(&name).map(|run| &run.shape);
        if found != Some(&shape) {
            return Err(WeightsError::NotWhisper(format!(
                "`{name}` has shape {found:?}, not {shape:?}"
            )));
        }
    }
    Ok(Plan { config, tensors })
}

/// The network's sizes, which CTranslate2 leaves to the shapes.
fn sizes<R: Read + Seek>(container: &Container<R>) -> Result<Config, WeightsError> {
    let rows = |name: &str, columns: usize| match container.get(name).map(|v| &v.dims[..]) {
        Some([rows, d]) if *d == columns => Ok(*rows),
        Some(shape) => Err(WeightsError::NotWhisper(format!(
            "`{name}` has shape {shape:?}"
        ))),
        None => Err(lacks(name)),
    };
    let layers = |side: &str| {
        (0..)
            .take_while(|i| {
                let name = format!("{side}/layer_{i}/ffn/linear_0/weight");
                container.get(&name).is_some()
            })
            .count()
    };
    let conv = container
        .get("encoder/conv1/weight")
        .ok_or_else(|| lacks("encoder/conv1/weight"))?;
    let [d_model, num_mel_bins, _] = conv.dims[..] else {
        return Err(WeightsError::NotWhisper(format!(
            "`encoder/conv1/weight` has shape {:?}",
            conv.dims
        )));
    };
    Ok(Config {
        num_mel_bins,
        max_source_positions: rows("encoder/position_encodings/encodings", d_model)?,
        d_model,
        encoder_attention_heads: d_model / HEAD,
        encoder_layers: layers("encoder"),
        vocab_size: rows("decoder/embeddings/weight", d_model)?,
        max_target_positions: rows("decoder/position_encodings/encodings", d_model)?,
        decoder_attention_heads: d_model / HEAD,
        decoder_layers: layers("decoder"),
        suppress_tokens: Vec::new(),
    })
}

/// Takes variables out of a container one by one, so that in the end none is left over.
struct Planner<'a, R> {
    container: &'a mut Container<R>,
    unused: BTreeSet<String>,
    tensors: BTreeMap<String, Run>,
}

impl<R: Read + Seek> Planner<'_, R> {
    fn scalars(&mut self, config: &Config) -> Result<(), WeightsError> {
        for name in UNUSED {
            self.unused.remove(name);
        }
        let heads = [
            ("encoder/num_heads", config.encoder_attention_heads as u64),
            ("decoder/num_heads", config.decoder_attention_heads as u64),
        ];
        for (name, expected) in SWITCHES.into_iter().chain(heads) {
            if !self.unused.contains(name) {
                continue;
            }
            let variable = self.take(name)?;
            let data = self.read(variable.offset, variable.bytes.min(8))?;
            let mut value = [0; 8];
            value[..data.len()].copy_from_slice(&data);
            let value = u64::from_le_bytes(value);
            if !variable.dims.is_empty() || value != expected {
                return Err(WeightsError::NotWhisper(format!(
                    "`{name}` is {value}, which only {expected} may be"
                )));
            }
        }
        Ok(())
    }

    fn encoder(&mut self, config: &Config) -> Result<(), WeightsError> {
        for conv in ["conv1", "conv2"] {
            for part in ["weight", "bias"] {
                self.whole(
                    &format!("encoder/{conv}/{part}"),
                    format!("model.encoder.{conv}.{part}"),
                )?;
            }
        }
        self.table(
            "encoder/position_encodings/encodings",
            "encoder.embed_positions",
        )?;
        for i in 0..config.encoder_layers {
            let (from, to) = (
                format!("encoder/layer_{i}"),
                format!("model.encoder.layers.{i}"),
            );
            self.self_attention(&from, &to, config.d_model)?;
            self.feed_forward(&from, &to)?;
        }
        self.norm("encoder/layer_norm", "model.encoder.layer_norm")
    }

    fn decoder(&mut self, config: &Config) -> Result<(), WeightsError> {
        self.table("decoder/embeddings/weight", "decoder.embed_tokens")?;
        self.table(
            "decoder/position_encodings/encodings",
            "decoder.embed_positions",
        )?;
        for i in 0..config.decoder_layers {
            let (from, to) = (
                format!("decoder/layer_{i}"),
                format!("model.decoder.layers.{i}"),
            );
            self.self_attention(&from, &to, config.d_model)?;
            self.cross_attention(&from, &to, config.d_model)?;
            self.feed_forward(&from, &to)?;
        }
        self.norm("decoder/layer_norm", "model.decoder.layer_norm")?;

        // Whisper's output layer is its embedding, and no tensor of its own.
        let projection = self.take("decoder/projection/weight")?;
        if Some(&projection) != self.container.get("decoder/embeddings/weight") {
            return Err(WeightsError::NotWhisper(
                "`decoder/projection/weight` is not the embedding".to_owned(),
            ));
        }
        Ok(())
    }

    fn self_attention(&mut self, from: &str, to: &str, d: usize) -> Result<(), WeightsError> {
        let fused = ["q_proj", "k_proj", "v_proj"];
        self.fused(
            &format!("{from}/self_attention/linear_0"),
            &format!("{to}.self_attn"),
            &fused,
            d,
        )?;
        self.linear(
            &format!("{from}/self_attention/linear_1"),
            &format!("{to}.self_attn.out_proj"),
        )?;
        self.norm(
            &format!("{from}/self_attention/layer_norm"),
            &format!("{to}.self_attn_layer_norm"),
        )
    }

    fn cross_attention(&mut self, from: &str, to: &str, d: usize) -> Result<(), WeightsError> {
        self.linear(
            &format!("{from}/attention/linear_0"),
            &format!("{to}.encoder_attn.q_proj"),
        )?;
        let fused = ["k_proj", "v_proj"];
        self.fused(
            &format!("{from}/attention/linear_1"),
            &format!("{to}.encoder_attn"),
            &fused,
            d,
        )?;
        self.linear(
            &format!("{from}/attention/linear_2"),
            &format!("{to}.encoder_attn.out_proj"),
        )?;
        self.norm(
            &format!("{from}/attention/layer_norm"),
            &format!("{to}.encoder_attn_layer_norm"),
        )
    }

    fn feed_forward(&mut self, from: &str, to: &str) -> Result<(), WeightsError> {
        self.linear(&format!("{from}/ffn/linear_0"), &format!("{to}.fc1"))?;
        self.linear(&format!("{from}/ffn/linear_1"), &format!("{to}.fc2"))?;
        self.norm(
            &format!("{from}/ffn/layer_norm"),
            &format!("{to}.final_layer_norm"),
        )
    }

    fn norm(&mut self, from: &str, to: &str) -> Result<(), WeightsError> {
        self.whole(&format!("{from}/gamma"), format!("{to}.weight"))?;
        self.whole(&format!("{from}/beta"), format!("{to}.bias"))
    }

    fn linear(&mut self, from: &str, to: &str) -> Result<(), WeightsError> {
        self.whole(&format!("{from}/weight"), format!("{to}.weight"))?;
        self.whole(&format!("{from}/bias"), format!("{to}.bias"))
    }

    fn table(&mut self, from: &str, to: &str) -> Result<(), WeightsError> {
        self.whole(from, format!("model.{to}.weight"))
    }

    /// Splits projections of `d` rows each that lie one after another in one variable.
    fn fused(
        &mut self,
        from: &str,
        to: &str,
        parts: &[&str],
        d: usize,
    ) -> Result<(), WeightsError> {
        let weight = self.numbers(&format!("{from}/weight"))?;
        let bias = self.numbers(&format!("{from}/bias"))?;
        let rows = parts.len() * d;
        if weight.dims != [rows, d] || bias.dims != [rows] {
            return Err(WeightsError::NotWhisper(format!(
                "`{from}` has shapes {:?} and {:?} for {} projections of {d}",
                weight.dims,
                bias.dims,
                parts.len()
            )));
        }
        for (i, part) in parts.iter().enumerate() {
            self.tensors
                .insert(format!("{to}.{part}.weight"), part_of(&weight, i, d));
            let bias = part_of(&bias, i, d);
            if *part == "k_proj" {
                // Whisper's keys have no bias; fused with the others, they were given zeros.
                self.expect_zeros(from, &bias)?;
            } else {
                self.tensors.insert(format!("{to}.{part}.bias"), bias);
            }
        }
        Ok(())
    }

    fn whole(&mut self, from: &str, to: String) -> Result<(), WeightsError> {
        let variable = self.numbers(from)?;
        let rows = variable.dims.first().copied().unwrap_or(0);
        self.tensors.insert(to, part_of(&variable, 0, rows));
        Ok(())
    }

    fn expect_zeros(&mut self, from: &str, bias: &Run) -> Result<(), WeightsError> {
        let data = self.read(bias.offset, bias.bytes)?;
        // All bits but the sign, the highest of each little-endian number: -0 is zero as well.
        let size = bias.dtype.size() as usize;
        let zero = data.chunks(size).all(|number| {
            number
                .split_last()
                .is_some_and(|(high, low)| high & 0x7f == 0 && low.iter().all(|b| *b == 0))
        });
        if zero {
            Ok(())
        } else {
            Err(WeightsError::NotWhisper(format!(
                "`{from}/bias` gives the keys a bias, which Whisper's do not have"
            )))
        }
    }

    /// Takes a variable that holds weights.
    fn numbers(&mut self, name: &str) -> Result<Variable, WeightsError> {
        let variable = self.take(name)?;
        match variable.dtype {
            Dtype::F32 | Dtype::F16 | Dtype::Bf16 => Ok(variable),
            Dtype::I8 | Dtype::I16 | Dtype::I32 => Err(WeightsError::NotWhisper(format!(
                "`{name}` is quantised: convert the model with --quantization float16 or float32"
            ))),
        }
    }

    fn take(&mut self, name: &str) -> Result<Variable, WeightsError> {
        if !self.unused.remove(name) {
            return Err(lacks(name));
        }
        let variable = self.container.get(name).expect("its name was listed");
        Ok(variable.clone())
    }

    fn read(&mut self, offset: u64, bytes: u64) -> Result<Vec<u8>, WeightsError> {
        let mut data = Vec::new();
        self.container
            .data(offset, bytes)?
            .read_to_end(&mut data)
            .doing(|| "reading model.bin")?;
        Ok(data)
    }
}

/// The `i`-th block of `rows` rows of `variable`, whose outermost dimension has that many blocks.
fn part_of(variable: &Variable, i: usize, rows: usize) -> Run {
    let mut shape = variable.dims.clone();
    if let Some(outermost) = shape.first_mut() {
        *outermost = rows;
    }
    let bytes = shape.iter().map(|dim| *dim as u64).product::<u64>() * variable.dtype.size();
    Run {
        shape,
        dtype: variable.dtype,
        offset: variable.offset + i as u64 * bytes,
        bytes,
    }
}

fn lacks(name: &str) -> WeightsError {
    WeightsError::NotWhisper(format!("model.bin lacks `{name}`"))
}

#[cfg(test)]
pub(crate) mod tests;
