//! Voice activity detection, in two steps: a cheap one always, a good one when it matters.
//!
//! | step | looks at | costs | good at |
//! |---|---|---|---|
//! | [`WebRtc`] | each 20 ms as it comes | a few microseconds | telling when somebody may be speaking |
//! | [`SecondOpinion`] by [`Silero`] | a whole utterance, before it is recognised | 70 microseconds per 32 ms | telling speech from music and tones |
//!
//! The first cuts a call into utterances, with noise and hold music among them. The second throws
//! those out, and the silence around the words: a recogniser handed no speech makes words up.

mod energy;
mod second_opinion;
mod silero;
mod webrtc;

pub use second_opinion::{SecondOpinion, SecondOpinionConfig, Speech, find_speech};
pub use silero::{LoadError, Silero};
pub use webrtc::{Aggressiveness, WebRtc, WebRtcConfig};
