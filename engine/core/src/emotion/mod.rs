//! How somebody feels, by their voice and their words.
//!
//! | step | file |
//! |---|---|
//! | moods, and a reading of a stretch of voice | [`sidetone_types::emotion`] |
//! | how a speaker usually sounds, taken off before a stretch is read | [`Baseline`](sidetone_types::emotion::Baseline) |
//! | what words add: anger, broken promises, repeated contact, relief | `words.rs` |
//! | how the mood of one side goes over a call: deviation, strain, trend | `course.rs` |
//! | whether what a side sounds like is the other side's voice | `crosstalk.rs` |
//!
//! The network that hears a voice lives elsewhere: it makes an
//! [`Impression`](sidetone_types::emotion::Impression) of each stretch.

mod config;
mod course;
mod crosstalk;
mod words;

pub use config::MoodConfig;
pub use course::{Course, Heard, STRAINED};
pub use crosstalk::Loudness;
pub use words::Signs;

/// Two that speak for one thing, each by so much in [0, 1]: the second adds its share of what is
/// missing to 1.
fn either(a: f32, b: f32) -> f32 {
    1.0 - (1.0 - a) * (1.0 - b)
}
