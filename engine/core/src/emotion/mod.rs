//! What a voice sounds like, apart from the words.
//!
//! | step | file |
//! |---|---|
//! | moods, and a reading of a stretch of voice | [`sidetone_types::emotion`] |
//! | how a speaker usually sounds, taken off before a stretch is read | [`Baseline`](sidetone_types::emotion::Baseline) |
//! | how the mood of one side goes over a call: deviation, strain, trend | `course.rs` |
//! | whether what a side sounds like is the other side's voice | `crosstalk.rs` |
//!
//! The network that hears a voice lives elsewhere: it makes an
//! [`Impression`](sidetone_types::emotion::Impression) of each stretch.

mod config;
mod course;
mod crosstalk;

pub use config::MoodConfig;
pub use course::{Course, STRAINED};
pub use crosstalk::Loudness;
