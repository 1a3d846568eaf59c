//! Candle networks: samples in, numbers out. Tensors stop here.
//!
//! | seam | takes | gives | implemented by |
//! |---|---|---|---|
//! | [`sidetone_types::vad::VoiceDetector`] | 20 ms of sound | voice or not | [`vad::WebRtc`] |
//! | [`transcriber::Transcriber`] | utterances of any calls | words | [`recogniser::Recogniser`] |
//!
//! [`lm`] tells which words follow which, and [`int8`] multiplies matrices. The files that the
//! networks are made of come from `sidetone-weights`.

#![cfg_attr(
    test,
    expect(
        clippy::disallowed_methods,
        reason = "tests take a first moment from the clock and count from there"
    )
)]

pub mod asr;
pub mod emotion;
pub mod int8;
pub mod lm;
pub mod mel;
pub mod recogniser;
pub mod transcriber;
pub mod vad;
mod vector;
