//! Speech recognition: Whisper (Radford et al. 2022), rebuilt for short utterances and few cores.
//!
//! | step | file |
//! |---|---|
//! | which part of the 30 s window is looked at | `window.rs` |
//! | sound to what the decoder listens to, and tokens to scores | `net/` |
//! | scores to text, of several utterances side by side | `decode.rs`, `path.rs` |
//! | favouring a call's own words, and what sounds like them; noticing repetition | `bias.rs`, `vocabularies.rs`, `homophones.rs`; `guard.rs` |
//! | is it speech at all | `gate.rs` |
//! | text to words with times; Chinese in one script | `align.rs`, `words.rs`, `script.rs` |
//! | files to all of this | `load.rs`, `tokens.rs` |
//! | jobs in, answers out, with a second look where it is needed | `check.rs`, `whisper.rs`, `answer.rs` |

mod align;
mod answer;
mod bias;
mod check;
mod decode;
mod gate;
mod guard;
mod homophones;
mod load;
mod net;
mod path;
mod script;
mod tokens;
mod vocabularies;
mod whisper;
mod window;
mod words;

pub use gate::GateConfig;
pub use load::{LoadError, WhisperFiles};
pub use net::layers::Precision;
pub use tokens::MissingToken;
pub use whisper::{Begun, Underway, Whisper, WhisperOptions};
pub use window::Silence;
