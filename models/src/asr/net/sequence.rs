//! What the decoder keeps of an utterance from one step to the next.

use std::sync::Arc;

use super::attention::{Memory, Weights};
use super::kv_cache::Half;
use crate::asr::align::Looks;

/// What the encoder heard of one utterance, as the decoder listens to it.
#[derive(Debug)]
pub(super) struct Heard {
    /// Of each layer.
    pub layers: Vec<Sound>,
    /// Positions that hold sound: the first so many.
    pub sounding: usize,
}

/// The keys and values of one layer, as precisely as its weights are.
#[derive(Debug)]
pub(super) enum Sound {
    Floats(Memory<f32>),
    Halves(Memory<Half>),
}

impl Sound {
    /// See [`Memory::attend`].
    pub fn attend(
        &self,
        queries: &[f32],
        stride: usize,
        head: usize,
        weights: &mut Weights,
        out: &mut [f32],
        looked: impl FnMut(usize, &[f32]),
    ) {
        match self {
            Self::Floats(memory) => memory.attend(queries, stride, head, weights, out, looked),
            Self::Halves(memory) => memory.attend(queries, stride, head, weights, out, looked),
        }
    }
}

/// What the decoder keeps of one text between steps. Clones listen to the same utterance.
#[derive(Clone, Debug)]
pub struct Sequence {
    pub(super) heard: Arc<Heard>,
    /// Keys and values of the tokens so far, of each layer: `[fed, 2 * width]`.
    pub(super) said: Vec<Vec<f32>>,
    /// Tokens so far.
    pub(super) fed: usize,
    /// Heads of `looks`.
    pub(super) alignment_heads: usize,
    /// Attention to the sounding positions: `[fed, alignment heads, sounding]`.
    pub(super) looks: Vec<f32>,
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
    /// Tokens fed so far.
    pub fn fed(&self) -> usize {
        self.fed
    }

    /// Forgets all but the first `tokens`.
    pub fn truncate(&mut self, tokens: usize) {
        if tokens >= self.fed {
            return;
        }
        for said in &mut self.said {
            said.truncate(said.len() / self.fed * tokens);
        }
        self.looks.truncate(self.looks.len() / self.fed * tokens);
        self.fed = tokens;
    }

    /// Where the alignment heads looked at each token.
    pub fn looks(&self) -> Looks<'_> {
        Looks {
            weights: &self.looks,
            heads: self.alignment_heads,
            positions: self.heard.sounding,
        }
    }
}
