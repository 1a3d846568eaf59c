//! What the decoder keeps of an utterance from one step to the next.

use candle_core::Tensor;

use crate::asr::align::Looks;

/// What the decoder keeps of one utterance between steps.
#[derive(Debug)]
pub struct Sequence {
    /// What the encoder heard, as keys and values of each layer: `[positions, 2 * width]`.
    pub(super) heard: Vec<Tensor>,
    /// Added to the scores of each of those positions.
    pub(super) bias: Vec<f32>,
    /// Keys and values of the tokens so far, of each layer: `[fed, 2 * width]`.
    pub(super) said: Vec<Vec<f32>>,
    /// Tokens so far.
    pub(super) fed: usize,
    /// Positions that hold sound.
    pub(super) sounding: usize,
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

    /// Where the alignment heads looked at each token.
    pub fn looks(&self) -> Looks<'_> {
        Looks {
            weights: &self.looks,
            heads: self.alignment_heads,
            positions: self.sounding,
        }
    }
}
