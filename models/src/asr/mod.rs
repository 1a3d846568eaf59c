//! Speech recognition: Whisper (Radford et al. 2022), rebuilt for short utterances and few cores.
//!
//! | step | file |
//! |---|---|
//! | which part of the 30 s window is encoded | `window.rs` |
//! | sound to what the decoder attends to, and tokens to scores | `net/` |
//! | scores to text, of several utterances side by side | `decode.rs`, `beam.rs` |
//! | what the words before make likelier | `../lm/`, in `beam.rs` |
//! | hotwords, and what sounds like them | `hotwords.rs`, `hotword_cache.rs`, `homophones/` |
//! | what was said right before | `context.rs` |
//! | loops of the decoder, and texts that end before the voice | `repetition.rs`, `hole.rs` |
//! | is it speech at all | `rejection.rs` |
//! | text to words with times; Chinese in one script | `align.rs`, `words.rs`, `script.rs` |
//! | files to all of this | `load.rs`, `merges.rs`, `tokens.rs` |
//! | jobs in, answers out | `check.rs`, `whisper.rs`, `answer.rs` |

mod align;
mod answer;
mod beam;
mod check;
mod confidence;
mod context;
mod decode;
mod hole;
mod homophones;
mod hotword_cache;
mod hotwords;
mod load;
mod merges;
mod net;
mod rejection;
mod repetition;
mod script;
pub(crate) mod tokens;
mod whisper;
mod window;
mod words;

pub(crate) use load::load_tokens;
pub use load::{LoadError, WhisperFiles};
pub use net::layers::Precision;
pub use rejection::RejectionConfig;
pub use tokens::MissingToken;
pub use whisper::{Begun, LanguageModelOptions, PreviewError, Underway, Whisper, WhisperOptions};
pub use window::Silence;
