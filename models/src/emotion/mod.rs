//! The mood of a voice.
//!
//! | step | file |
//! |---|---|
//! | what the recogniser's encoder makes of a voice, which recognition computes anyway | [`Whisper::voice`](crate::asr::Whisper::voice) |
//! | melody, rate, pauses and colour of the voice | `prosody.rs` |
//! | both together, outside of calls | `ear.rs` |
//! | both to a mood, compared with how the speaker usually sounds | `head.rs`, `baseline.rs` |
//! | a head from labelled recordings | `train.rs` |
//! | how good a head is | `score.rs` |
//!
//! A voice is compared with itself: of what is known of a stretch, the mean over the speaker's earlier stretches is taken
//! off. Of those there are few at first, so that mean is drawn towards that of all speakers ([`Baseline`]): a head reads the
//! first words of a stranger, and reads better once it has heard more of them. Training draws such earlier stretches by
//! lot, none to eight of them, so that one head serves all of a call.

mod baseline;
mod ear;
mod head;
pub mod prosody;
pub mod score;
pub mod train;

pub use baseline::Baseline;
pub use ear::Ear;
pub use head::{Head, HeadError, Imprint, Layout};
