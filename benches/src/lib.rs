//! What the benches are fed: the same on every machine and in every run.
//!
//! | bench | asks | its input |
//! |---|---|---|
//! | `media_path` | what 20 ms of a leg cost before recognition, in µs | [`line`](mod@line), from [`voice`] |
//! | `log_mel` | seconds of audio per second of the recogniser's front end | [`voice`] |
//! | `recognition` | seconds of audio per second of the recogniser | [`turns`] |
//! | `events` | what it takes to tell an event to everybody who listens | [`events`] |
//! | `event_bus` | how soon 10,000 subscribers have the events of their calls, in ms, and the CPU it takes | [`events`] |
//! | `knowledge` | how long it takes to find the articles that fit, in µs | the sample articles and the relevance table |
//! | `archive` | how fast what was said in 10,000 calls is searched, in ms, its size, and what it costs that it is sealed | [`calls`] |
//! | `past_calls` | how long a page of the list of 10,000 calls takes, in µs | calls of its own |
//! | `rules` | what it costs to hear an utterance with all rules, in µs | [`rules`] |
//! | `recording` | what it costs to record a second of a call, in ms, and the bytes it takes | the sample calls |
//! | `understanding` | what it costs to read the figures and times of an utterance and to sum up a call, in µs | [`tables`] |
//!
//! `cargo bench -p sidetone-benches` asks them all, `cargo bench --bench NAME` one. Each file's doc
//! says how to read its figures.

pub mod calls;
pub mod events;
pub mod line;
mod random;
pub mod rules;
pub mod tables;
pub mod timing;
pub mod turns;
pub mod voice;
