//! What the decoder keeps of a text from one step to the next.

use std::sync::Arc;

use super::kv_cache::CrossCache;
use crate::asr::align::AttentionWeights;

/// What the decoder keeps of one text between steps. Clones attend to the same utterance.
#[derive(Clone, Debug)]
pub struct Sequence {
    pub(super) cross: Arc<CrossCache>,
    /// Keys and values of the tokens so far, of each layer: `[fed, 2 * width]`.
    pub(super) self_kv: Vec<Vec<f32>>,
    /// Tokens in front of the text, of what was said before it.
    pub(super) context: usize,
    /// Tokens so far, those of the context left out.
    pub(super) fed: usize,
    /// Heads of `attention`.
    pub(super) alignment_heads: usize,
    /// Attention to the sounding positions: `[fed, alignment heads, sounding]`.
    pub(super) attention: Vec<f32>,
}

/// The next tokens of one sequence.
#[derive(Debug)]
pub struct Feed<'a> {
    /// Whose they are.
    pub sequence: &'a mut Sequence,
    /// Not empty.
    pub tokens: &'a [u32],
}

impl Sequence {
    /// Tokens fed so far, those of the context left out.
    pub fn fed(&self) -> usize {
        self.fed
    }

    /// Takes all that was fed so far but the last `tokens` for what was said before: the text begins
    /// with those.
    pub fn begin_text(&mut self, tokens: usize) {
        let before = self.fed.saturating_sub(tokens);
        let row = self.attention.len() / self.fed.max(1);
        self.attention.drain(..row * before);
        self.context += before;
        self.fed -= before;
    }

    /// Forgets all but the first `tokens`.
    pub fn truncate(&mut self, tokens: usize) {
        if tokens >= self.fed {
            return;
        }
        for kv in &mut self.self_kv {
            kv.truncate(kv.len() / (self.context + self.fed) * (self.context + tokens));
        }
        self.attention
            .truncate(self.attention.len() / self.fed * tokens);
        self.fed = tokens;
    }

    /// What the alignment heads attended to at each token.
    pub fn attention(&self) -> AttentionWeights<'_> {
        AttentionWeights {
            weights: &self.attention,
            heads: self.alignment_heads,
            positions: self.cross.sounding,
        }
    }
}
