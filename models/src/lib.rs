//! Candle networks: samples in, numbers out. Tensors stop here.
//!
//! | seam | takes | gives | implemented by |
//! |---|---|---|---|
//! | [`sidetone_core::vad::VoiceDetector`] | 20 ms of sound | voice or not | [`vad::WebRtc`] |
//! | [`Transcriber`] | utterances of any calls | words | [`recogniser::Recogniser`] |
//!
//! [`int8`] multiplies matrices, [`weights`] finds, fetches, checks and converts the files that the networks are made of.

pub mod asr;
pub mod int8;
pub mod mel;
pub mod recogniser;
pub mod vad;
mod vector;
pub mod weights;

use sidetone_core::recognise::{Effort, Hypothesis, Job, RecogniseError};

/// Turns utterances into words. One instance belongs to one inference thread.
pub trait Transcriber: Send {
    /// Recognises `jobs`, which may come from different calls, and answers each in its place.
    ///
    /// One job's failure is its own: the others are answered all the same.
    fn transcribe(&mut self, jobs: &[Job]) -> Vec<Result<Hypothesis, RecogniseError>>;

    /// How much care to take from here on. Those that know only one way of working need not listen.
    fn set_effort(&mut self, _effort: Effort) {}
}
