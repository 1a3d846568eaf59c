//! The decoder: tokens in, scores of the next tokens out, attending to what the encoder made of the
//! sound.

use std::sync::Arc;

use candle_core::{Device, Result, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::whisper::Config;

use super::attention::{KeyValues, QUERIES, attend_to_rows};
use super::blocks::{AttentionBlock, FeedForward};
use super::directions::Directions;
use super::encoding::Encoding;
use super::kv_cache::{CrossCache, CrossKv, F16};
use super::layers::{LayerNorm, Linear, Precision, TokenEmbedding, load_projections, with_floats};
use super::sequence::{Feed, Sequence};

/// Whisper's decoder (Radford et al. 2022, §2.2), for several sequences at a time.
#[derive(Clone, Debug)]
pub struct Decoder {
    embedding: TokenEmbedding,
    /// `[places, width]`.
    places: Tensor,
    blocks: Vec<Block>,
    /// Layer and head of the attentions that follow the sound.
    alignment_heads: Vec<(usize, usize)>,
}

impl Decoder {
    /// Loads the weights below `vb`. Scores are given for the first `tokens` of the vocabulary.
    pub fn load(
        vb: &VarBuilder,
        config: &Config,
        tokens: usize,
        alignment_heads: &[(usize, usize)],
        precision: Precision,
    ) -> Result<Self> {
        let width = config.d_model;
        let table = vb.get((config.vocab_size, width), "embed_tokens.weight")?;
        let table = table.narrow(0, 0, tokens)?;
        let block = |i| Block::load(&vb.pp(format!("layers.{i}")), config, precision);
        let norm = LayerNorm::load(vb, "layer_norm", width)?;
        let directions = Directions::known(norm.gain());
        Ok(Self {
            embedding: TokenEmbedding::new(&table, norm, directions.as_ref(), precision)?,
            places: vb.get(
                (config.max_target_positions, width),
                "embed_positions.weight",
            )?,
            blocks: (0..config.decoder_layers)
                .map(block)
                .collect::<Result<_>>()?,
            alignment_heads: alignment_heads.to_vec(),
        })
    }

    /// Most tokens a sequence can have.
    pub fn capacity(&self) -> usize {
        self.places.dims()[0]
    }

    /// Tokens that scores are given for.
    pub fn tokens(&self) -> usize {
        self.embedding.tokens()
    }

    /// Begins to transcribe what the encoder made of a window: `encoded` is `[positions, width]`,
    /// of those that were not settled before. Gives the keys and values of what is to be settled,
    /// too, of each layer.
    pub fn begin(
        &self,
        encoded: &Tensor,
        encoding: &Encoding,
    ) -> Result<(Sequence, Vec<KeyValues<F16>>)> {
        let mut layers = Vec::new();
        let mut settling = Vec::new();
        for (layer, block) in self.blocks.iter().enumerate() {
            let (all, settles) = block.cross_kv(encoded, encoding, layer)?;
            layers.push(all);
            settling.extend(settles);
        }
        let sounding = encoding.window().sounding();
        let cross = CrossCache { layers, sounding };
        let sequence = Sequence {
            cross: Arc::new(cross),
            self_kv: vec![Vec::new(); self.blocks.len()],
            context: 0,
            fed: 0,
            alignment_heads: self.alignment_heads.len(),
            attention: Vec::new(),
        };
        Ok((sequence, settling))
    }

    /// Feeds every sequence its next tokens. Gives `[tokens of all, width]`, in their order.
    ///
    /// The rows of all sequences go through each layer as one matrix, so that its weights are read
    /// once.
    pub fn forward(&self, batch: &mut [Feed<'_>]) -> Result<Tensor> {
        let tokens: Vec<u32> = batch
            .iter()
            .flat_map(|feed| feed.tokens.iter().copied())
            .collect();
        let places: Vec<u32> = batch
            .iter()
            .flat_map(|feed| {
                (feed.sequence.context + feed.sequence.fed..)
                    .zip(feed.tokens)
                    .map(|(place, _)| place as u32)
            })
            .collect();
        let places = self
            .places
            .index_select(&Tensor::new(places, &Device::Cpu)?, 0)?;
        let mut x = (self.embedding.embed(&tokens)? + places)?;
        for feed in batch.iter_mut() {
            let Sequence {
                cross, attention, ..
            } = &mut *feed.sequence;
            let rows = self.alignment_heads.len() * cross.sounding * feed.tokens.len();
            attention.resize(attention.len() + rows, 0.0);
        }
        for (layer, block) in self.blocks.iter().enumerate() {
            x = block.forward(&x, layer, batch, &self.alignment_heads)?;
        }
        for feed in batch {
            feed.sequence.fed += feed.tokens.len();
        }
        Ok(x)
    }

    /// Scores of the next token after each of `places`: `[places.len(), tokens]`.
    pub fn logits(&self, x: &Tensor, places: &[Scored]) -> Result<Vec<f32>> {
        let rows: Vec<u32> = places.iter().map(|place| place.row).collect();
        let exact: Vec<&[u32]> = places.iter().map(|place| place.exact.as_slice()).collect();
        let x = if rows.len() == x.dim(0)? {
            x.clone()
        } else {
            x.index_select(&Tensor::new(rows, &Device::Cpu)?, 0)?
        };
        self.embedding.logits(&x, &exact)
    }
}

impl Decoder {
    /// Of `rows` of what [`Self::forward`] gave, what the table of tokens is multiplied with.
    pub fn states(&self, x: &Tensor, rows: &[u32]) -> Result<Vec<f32>> {
        let x = x.index_select(&Tensor::new(rows, &Device::Cpu)?, 0)?;
        self.embedding.states(&x)
    }

    /// The `count` directions of `states` that tell most of the scores.
    pub fn directions(&self, states: &[f32], count: usize) -> Result<Directions> {
        let (gain, moment) = (self.embedding.gain(), self.embedding.moment()?);
        Ok(Directions::of(states, &gain, &moment, count))
    }

    /// Values of a state.
    pub fn width(&self) -> usize {
        self.places.dims()[1]
    }

    /// See [`TokenEmbedding::both_scores`].
    pub fn both_scores(&self, state: &[f32], exact: &[u32]) -> Option<(Vec<f32>, Vec<f32>)> {
        self.embedding.both_scores(state, exact)
    }
}

/// A row of what [`Decoder::forward`] gives, after which tokens are scored.
#[derive(Clone, Debug, Default)]
pub struct Scored {
    /// Which row.
    pub row: u32,
    /// Tokens whose scores count even where they are low. Those of others that are low may be
    /// approximate.
    pub exact: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Block {
    self_attention: AttentionBlock,
    cross_attention: AttentionBlock,
    cross_kv: Linear,
    feed_forward: FeedForward,
    heads: usize,
    precision: Precision,
}

impl Block {
    fn load(vb: &VarBuilder, config: &Config, precision: Precision) -> Result<Self> {
        let (width, heads) = (config.d_model, config.decoder_attention_heads);
        let attention = |name, projections: &[&str]| {
            AttentionBlock::load(vb, name, projections, width, heads, precision)
        };
        let cross = vb.pp("encoder_attn");
        let (weight, bias) = load_projections(&cross, &["k_proj", "v_proj"], width, heads)?;
        Ok(Self {
            self_attention: attention("self_attn", &["q_proj", "k_proj", "v_proj"])?,
            cross_attention: attention("encoder_attn", &["q_proj"])?,
            cross_kv: Linear::new(&weight, &bias, precision)?,
            feed_forward: FeedForward::load(vb, width, precision)?,
            heads,
            precision,
        })
    }

    /// Keys and values of what the encoder made of the sound, and of that part of it which is to be
    /// settled.
    fn cross_kv(
        &self,
        encoded: &Tensor,
        encoding: &Encoding,
        layer: usize,
    ) -> Result<(CrossKv, Option<KeyValues<F16>>)> {
        let rows = self.cross_kv.forward(encoded)?;
        let (heads, bias) = (self.heads, encoding.window().bias());
        let settled = encoding.settled.as_deref();
        let settled = settled.into_iter().flat_map(|it| it.cross(layer));
        let settled: Vec<&KeyValues<F16>> = settled.collect();
        let count = encoding.settling();
        let stride = rows.dim(1)?;
        with_floats(&rows, |rows| {
            let settling = &rows[..count * stride];
            let settling =
                (count > 0).then(|| KeyValues::new(&[], settling, heads, &vec![0.0; count]));
            let all = match self.precision {
                Precision::F32 => CrossKv::F32(KeyValues::new(&settled, rows, heads, bias)),
                Precision::Int8 => CrossKv::Bf16(KeyValues::new(&settled, rows, heads, bias)),
            };
            (all, settling)
        })
    }

    fn forward(
        &self,
        x: &Tensor,
        layer: usize,
        batch: &mut [Feed<'_>],
        alignment_heads: &[(usize, usize)],
    ) -> Result<Tensor> {
        let attended = self.attend_to_tokens(x, layer, batch)?;
        let x = self.self_attention.output.forward_onto(&attended, x)?;
        let attended = self.attend_to_sound(&x, layer, batch, alignment_heads)?;
        let x = self.cross_attention.output.forward_onto(&attended, &x)?;
        self.feed_forward.forward(&x)
    }

    /// Self-attention: each token attends to those before it, and to itself.
    fn attend_to_tokens(&self, x: &Tensor, layer: usize, batch: &mut [Feed<'_>]) -> Result<Tensor> {
        let (rows, width) = x.dims2()?;
        let qkv = self.self_attention.input.forward(x)?;
        let mut out = vec![0.0; rows * width];
        let mut weights = Vec::new();
        with_floats(&qkv, |qkv| {
            let mut rows = qkv.chunks_exact(3 * width).zip(out.chunks_exact_mut(width));
            for feed in batch {
                let cache = &mut feed.sequence.self_kv[layer];
                for (qkv, out) in rows.by_ref().take(feed.tokens.len()) {
                    let (query, kv) = qkv.split_at(width);
                    cache.extend_from_slice(kv);
                    attend_to_rows(query, cache, self.heads, &mut weights, out);
                }
            }
        })?;
        Tensor::from_vec(out, (rows, width), &Device::Cpu)
    }

    /// Cross-attention: each token attends to the sound.
    fn attend_to_sound(
        &self,
        x: &Tensor,
        layer: usize,
        batch: &mut [Feed<'_>],
        alignment_heads: &[(usize, usize)],
    ) -> Result<Tensor> {
        let (rows, width) = x.dims2()?;
        let queries = self.cross_attention.input.forward(x)?;
        let mut out = vec![0.0; rows * width];
        let mut weights = Vec::new();
        // Whose row it is, and its place there.
        let owners: Vec<(usize, usize)> = batch
            .iter()
            .enumerate()
            .flat_map(|(i, feed)| {
                (feed.sequence.fed..)
                    .zip(feed.tokens)
                    .map(move |(at, _)| (i, at))
            })
            .collect();
        with_floats(&queries, |queries| {
            let mut from = 0;
            while from < rows {
                // Rows that attend to the same utterance do so together.
                let cross = Arc::clone(&batch[owners[from].0].sequence.cross);
                let shares =
                    |(i, _): &&(usize, usize)| Arc::ptr_eq(&batch[*i].sequence.cross, &cross);
                let count = owners[from..]
                    .iter()
                    .take(QUERIES)
                    .take_while(shares)
                    .count();
                let span = from * width..(from + count) * width;
                for head in 0..self.heads {
                    let aligner = alignment_heads
                        .iter()
                        .position(|known| *known == (layer, head));
                    let on_weights = |query: usize, weights: &[f32]| {
                        let Some(aligner) = aligner else { return };
                        let (i, at) = owners[from + query];
                        let row = (at * alignment_heads.len() + aligner) * cross.sounding;
                        batch[i].sequence.attention[row..row + cross.sounding]
                            .copy_from_slice(&weights[..cross.sounding]);
                    };
                    let (queries, out) = (&queries[span.clone()], &mut out[span.clone()]);
                    cross.layers[layer].attend(queries, width, head, &mut weights, out, on_weights);
                }
                from += count;
            }
        })?;
        Tensor::from_vec(out, (rows, width), &Device::Cpu)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asr::net::tiny;
    use crate::asr::window::{Silence, Window};

    fn decoder() -> Decoder {
        let (vb, config) = tiny::weights();
        Decoder::load(
            &vb.pp("model.decoder"),
            &config,
            config.vocab_size,
            &[(0, 1), (1, 0)],
            Precision::F32,
        )
        .expect("loads")
    }

    fn begin(decoder: &Decoder, positions: usize, seed: u64) -> Sequence {
        let window = Window::new(positions * 320, Silence::default(), positions + 60);
        let shape = (window.places().len(), tiny::WIDTH);
        let encoded = tiny::random(shape, seed);
        let encoding = Encoding::new(encoded.clone(), window, None, 0.0);
        decoder.begin(&encoded, &encoding).expect("begins").0
    }

    fn rows(x: &Tensor) -> Vec<Vec<f32>> {
        x.to_vec2().expect("two dimensions")
    }

    fn feed(decoder: &Decoder, sequence: &mut Sequence, tokens: &[u32]) -> Vec<Vec<f32>> {
        rows(
            &decoder
                .forward(&mut [Feed { sequence, tokens }])
                .expect("runs"),
        )
    }

    fn scores(decoder: &Decoder, x: &Tensor, rows: &[u32]) -> Vec<Vec<f32>> {
        let scored: Vec<Scored> = rows
            .iter()
            .map(|row| Scored {
                row: *row,
                exact: Vec::new(),
            })
            .collect();
        let logits = decoder.logits(x, &scored).expect("runs");
        let rows = logits.chunks_exact(decoder.tokens());
        rows.map(<[f32]>::to_vec).collect()
    }

    fn assert_close(a: &[f32], b: &[f32], what: &str) {
        assert_eq!(a.len(), b.len(), "{what}");
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() < 1e-4, "{what}: {a} and {b}");
        }
    }

    #[test]
    fn token_by_token_is_the_same_as_all_at_once() {
        let decoder = decoder();
        let tokens = [3, 1, 4, 1, 5, 9];
        let (mut at_once, mut stepwise) = (begin(&decoder, 40, 1), begin(&decoder, 40, 1));
        let expected = feed(&decoder, &mut at_once, &tokens);
        for (token, expected) in tokens.iter().zip(&expected) {
            assert_close(
                &feed(&decoder, &mut stepwise, &[*token])[0],
                expected,
                "hidden state",
            );
        }
        assert_close(
            stepwise.attention().weights,
            at_once.attention().weights,
            "attention",
        );
        assert_eq!(stepwise.attention().weights.len(), 6 * 2 * 40);
    }

    #[test]
    fn sequences_in_a_group_do_not_hear_each_other() {
        let decoder = decoder();
        let all: [(usize, &[u32]); 3] = [(40, &[3, 1, 4]), (25, &[2]), (60, &[7, 7])];
        let alone: Vec<_> = (0..)
            .zip(all)
            .flat_map(|(seed, (positions, tokens))| {
                feed(&decoder, &mut begin(&decoder, positions, seed), tokens)
            })
            .collect();
        let mut sequences: Vec<_> = (0..)
            .zip(all)
            .map(|(seed, (positions, _))| begin(&decoder, positions, seed))
            .collect();
        let mut batch: Vec<_> = sequences
            .iter_mut()
            .zip(all)
            .map(|(sequence, (_, tokens))| Feed { sequence, tokens })
            .collect();
        let together = decoder.forward(&mut batch).expect("runs");
        for (together, alone) in rows(&together).iter().zip(&alone) {
            assert_close(together, alone, "hidden state");
        }
        let picked = scores(&decoder, &together, &[4, 0]);
        let every = scores(&decoder, &together, &[0, 1, 2, 3, 4, 5]);
        assert_close(&picked[0], &every[4], "scores of row 4");
        assert_close(&picked[1], &every[0], "scores of row 0");
    }

    #[test]
    fn eight_bit_weights_score_much_like_floats() {
        let (vb, config) = tiny::weights();
        let logits = |precision| {
            let decoder = Decoder::load(
                &vb.pp("model.decoder"),
                &config,
                config.vocab_size,
                &[],
                precision,
            )
            .expect("loads");
            let mut sequence = begin(&decoder, 40, 1);
            let x = decoder
                .forward(&mut [Feed {
                    sequence: &mut sequence,
                    tokens: &[1, 2, 3],
                }])
                .expect("runs");
            scores(&decoder, &x, &[2]).remove(0)
        };
        let (float, int8) = (logits(Precision::F32), logits(Precision::Int8));
        let error: f32 = float
            .iter()
            .zip(&int8)
            .map(|(a, b)| (a - b) * (a - b))
            .sum();
        let size: f32 = float.iter().map(|a| a * a).sum();
        assert!((error / size).sqrt() < 0.03, "{}", (error / size).sqrt());
        assert_ne!(float, int8);
    }
}
