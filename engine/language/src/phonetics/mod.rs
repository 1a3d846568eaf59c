//! What sounds alike: what a recogniser hears is seldom far from what was said.
//!
//! Rules, articles and the recogniser's own vocabulary go by the same readings and families of
//! sounds, so that they agree on what may have been meant.

mod english;
mod han_words;
mod mandarin;

pub use english::{EnglishWords, one_letter_apart, spelling_keys};
pub use han_words::HanWords;
pub use mandarin::{Near, near, same_with_tone, syllables};
