//! What is kept of an utterance that goes on, so that every part of it is encoded once.
//!
//! Each look at an utterance hears what the looks before heard, and a little more. A position that
//! has enough sound behind it hardly changes any more: its keys and values in every layer are kept,
//! and only positions after it are encoded, which attend to them. With 2 s of sound behind a
//! position nothing is lost; with 1 s words are, because the position then remembers that silence
//! followed.
//!
//! One thing a settled position has for good is how loud the loudest sound was until then, by which
//! the spectrogram is normalised.

use std::ops::Range;
use std::sync::Arc;

use super::attention::{KeyValues, PANEL};
use super::kv_cache::F16;
use super::moments::Moments;
use crate::asr::window::POSITION_SAMPLES;

/// Positions of sound that lie behind one that is settled: 2 s. Measured with looks every 0.9 s:
/// LibriSpeech test-other 14.3 % of words wrong with it and without.
const UNSETTLED: usize = 100;
/// An utterance may end up to 1 s before where a look at it ended, as long as this much is left
/// behind what was settled.
const LEAST_BEHIND: usize = UNSETTLED / 2;
/// Most positions that are settled: 12 s, of 25 kB each with whisper-base. What lies behind them is
/// encoded every time.
const MOST: usize = 600 / BLOCK * BLOCK;
/// Positions are settled by so many, as attention reads them.
pub(super) const BLOCK: usize = PANEL;

/// The first positions of an utterance, encoded for good.
#[derive(Clone, Debug)]
pub struct Settled {
    chunks: Vec<Arc<Chunk>>,
    positions: usize,
    /// See [`crate::mel::LogMel::loudest`].
    loudest: f32,
    /// All that was heard when the last of them were settled: they know of what lies behind them,
    /// too.
    sound: Arc<[f32]>,
}

/// Some positions that were settled together.
#[derive(Debug)]
pub(super) struct Chunk {
    pub positions: usize,
    /// Of each layer of the encoder.
    pub own: Vec<KeyValues<F16>>,
    /// Of each layer of the decoder.
    pub cross: Vec<KeyValues<F16>>,
    /// Of each block of positions, before the first layer and after each.
    pub voice: Vec<Vec<Moments>>,
}

impl Settled {
    /// `before` and what was settled behind it, of `sound`.
    pub(super) fn and(
        before: Option<&Self>,
        chunk: Chunk,
        loudest: f32,
        sound: Arc<[f32]>,
    ) -> Self {
        let mut chunks = before.map_or_else(Vec::new, |before| before.chunks.clone());
        let positions = before.map_or(0, |before| before.positions) + chunk.positions;
        chunks.push(Arc::new(chunk));
        Self {
            chunks,
            positions,
            loudest,
            sound,
        }
    }

    /// Whether `pcm` is the sound it was made of, as far as both go, and goes on far enough behind
    /// it.
    pub fn is_of(&self, pcm: &[f32]) -> bool {
        let enough = (self.positions + LEAST_BEHIND) * POSITION_SAMPLES;
        let both = pcm.len().min(self.sound.len());
        pcm.len() >= enough && pcm[..both] == self.sound[..both]
    }

    /// How many positions it has.
    pub fn positions(&self) -> usize {
        self.positions
    }

    /// The loudest sound so far.
    pub fn loudest(&self) -> f32 {
        self.loudest
    }

    /// Keys and values in a layer of the encoder.
    pub(super) fn own(&self, layer: usize) -> impl Iterator<Item = &KeyValues<F16>> + Clone {
        self.chunks.iter().map(move |chunk| &chunk.own[layer])
    }

    /// Keys and values in a layer of the decoder.
    pub(super) fn cross(&self, layer: usize) -> impl Iterator<Item = &KeyValues<F16>> + Clone {
        self.chunks.iter().map(move |chunk| &chunk.cross[layer])
    }

    /// What a layer made of the blocks of positions that hold those of `stretch`.
    pub(super) fn voice(
        &self,
        layer: usize,
        stretch: Range<usize>,
    ) -> impl Iterator<Item = &Moments> {
        let first = stretch.start / BLOCK;
        let blocks = self
            .chunks
            .iter()
            .flat_map(move |chunk| &chunk.voice[layer]);
        blocks.take(stretch.end.div_ceil(BLOCK)).skip(first)
    }
}

/// How many of `sounding` positions can be settled.
pub(super) fn settles(sounding: usize) -> usize {
    (sounding.saturating_sub(UNSETTLED) / BLOCK * BLOCK).min(MOST)
}
