//! The emotion of a voice.
//!
//! | step | file |
//! |---|---|
//! | encoder states of a voice | [`Whisper::voice`](crate::asr::Whisper::voice) |
//! | melody, rate, pauses and colour of the voice | `prosody.rs` |
//! | both together, outside of calls | `feature_extractor.rs` |
//! | the same while words are recognised | `reader.rs` |
//! | both to an impression of the mood | `head.rs` |
//! | a head from labelled recordings | `train/` |
//! | how good a head is | `score.rs` |
//!
//! A voice is compared with itself: [`sidetone_types::emotion::Baseline`] takes the speaker's mean
//! over earlier stretches off and makes a reading of the rest. Of those stretches there are few at
//! first, so that mean is drawn towards that of all speakers: a head reads the first words of a
//! stranger, and reads better once it has heard more of them. Training draws such earlier stretches
//! by lot, none to eight of them, so that one head serves all of a call.

mod feature_extractor;
mod head;
pub mod prosody;
mod reader;
pub mod score;
pub mod train;

pub use feature_extractor::{FeatureExtractor, Utterance};
pub use head::{Head, HeadError, Layout, Source};
pub use reader::EmotionReader;
