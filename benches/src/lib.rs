//! What the benches are fed: the same on every machine and in every run.
//!
//! | bench | asks | its input |
//! |---|---|---|
//! | `media_path` | what 20 ms of a leg cost before recognition, in µs | [`line`](mod@line), from [`voice`] |
//! | `log_mel` | seconds of audio per second of the recogniser's front end | [`voice`] |
//! | `recognition` | seconds of audio per second of the recogniser | [`turns`] |
//! | `events` | what it takes to tell an event to everybody who listens | [`events`] |
//!
//! `cargo bench -p sidetone-benches` asks them all, `cargo bench --bench NAME` one. Each file's doc says
//! how to read its figures.

pub mod events;
pub mod line;
mod random;
pub mod turns;
pub mod voice;
