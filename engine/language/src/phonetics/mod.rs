//! What sounds alike: what a recogniser hears is seldom far from what was said.
//!
//! Rules, articles and the recogniser's own vocabulary go by the same readings and families of
//! sounds, so that they agree on what may have been meant.
//!
//! | module | what it answers |
//! |---|---|
//! | `mandarin` | how Chinese characters are read, and which readings are near each other |
//! | `letters` | how English letters are spoken |
//! | `phoneme` | how easily a sound is heard as another |
//! | `sound_words` | how a text is spoken, word by word |
//! | `sound_trie` | where a text sounds like one of many phrases |
//! | `english`, `han_words` | which single words were misheard |

mod english;
mod han_words;
mod letters;
mod mandarin;
mod phoneme;
mod sound_trie;
mod sound_words;

pub use english::{EnglishWords, one_letter_apart, spelling_keys};
pub use han_words::HanWords;
pub use mandarin::{Near, near, syllables};
pub use phoneme::Phoneme;
pub use sound_trie::{Near as NearPhrase, SoundTrie, SoundTrieBuilder};
pub use sound_words::{SoundWord, sentences, ways};
