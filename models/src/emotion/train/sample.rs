//! What a head is trained on.

use std::sync::Arc;

use sidetone_types::emotion::Mood;

/// A labelled stretch of voice.
#[derive(Clone, Debug)]
pub struct Sample {
    /// [`Layout::inputs`](crate::emotion::Layout::inputs) values.
    pub inputs: Arc<[f32]>,
    /// What it sounds like.
    pub mood: Mood,
    /// Who speaks: a number over all samples.
    pub speaker: usize,
    /// What the voice came over: a speaker is compared with themselves over the same line.
    pub line: usize,
    /// Which collection it is of: each counts as much as any other.
    pub corpus: usize,
}
