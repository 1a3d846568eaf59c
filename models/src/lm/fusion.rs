//! What a token gains in a text that the recogniser writes.

use std::path::Path;
use std::sync::Arc;

use super::file::{self, FileError, fingerprint};
use super::ngram::{History, NgramModel};
use super::trainer;
use crate::asr::tokens::Tokens;

/// The words before make a token count as so much likelier at most, as a logarithm and before it is
/// weighed. Rare words after rare words would gain more than sound can ever speak against.
const MOST: f32 = 4.0;

/// A token gains where the model knows it after so many others. Two words of English stand side by
/// side in any speech ("that it"): with one, LibriSpeech lost 0.4 points of WER.
const KNOWN: usize = 2;

/// How much the words of a whole text count beside tokens that follow each other: with 0.15 of their
/// probability AISHELL has the fewest characters wrong (`benches/README.md`).
const OF_WORDS: f32 = 0.5;

/// A model and how much it counts.
#[derive(Clone, Debug)]
pub struct LanguageModel {
    model: NgramModel,
    weight: f32,
    /// What each token of the vocabulary is to a sentence.
    kinds: Vec<Kind>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// A word or a part of one.
    Word,
    /// A comma and the like.
    Mark,
    /// What ends a sentence, and the end of the text.
    End,
}

impl LanguageModel {
    /// The one that comes with the program, made for these `tokens`.
    pub(crate) fn built_in(tokens: &Tokens, weight: f32) -> Self {
        Self::new(trainer::built_in(tokens), tokens, weight)
    }

    /// One that `sidetone adapt` wrote for these `tokens`.
    pub(crate) fn read(path: &Path, tokens: &Tokens, weight: f32) -> Result<Self, FileError> {
        let model = file::read(path, tokens_of(tokens))?;
        Ok(Self::new(model, tokens, weight))
    }

    fn new(model: NgramModel, tokens: &Tokens, weight: f32) -> Self {
        let kinds = (0..tokens.end).map(|token| kind(tokens.bytes(token)));
        Self {
            model,
            weight,
            kinds: kinds.chain([Kind::End]).collect(),
        }
    }

    /// What a text gains by the logarithm of the probability of its words.
    pub(crate) fn of_words(&self, log_prob: f32) -> f32 {
        OF_WORDS * self.weight * log_prob
    }

    fn kind(&self, token: u32) -> Kind {
        self.kinds.get(token as usize).copied().unwrap_or(Kind::End)
    }
}

fn kind(bytes: &[u8]) -> Kind {
    // A part of a character is a part of a word.
    let Ok(text) = str::from_utf8(bytes) else {
        return Kind::Word;
    };
    if text.contains(char::is_alphanumeric) {
        Kind::Word
    } else if text.contains(['.', '?', '!', '。', '？', '！']) {
        Kind::End
    } else {
        Kind::Mark
    }
}

/// Which vocabulary a model is for.
pub(super) fn tokens_of(tokens: &Tokens) -> u64 {
    fingerprint((0..tokens.end).map(|token| tokens.bytes(token)))
}

/// A text as far as it is written, to a language model.
#[derive(Clone, Debug)]
pub(crate) struct Fusion {
    model: Arc<LanguageModel>,
    history: History,
}

impl Fusion {
    /// At the beginning of a text.
    pub fn new(model: Arc<LanguageModel>) -> Self {
        Self {
            model,
            history: History::UNKNOWN,
        }
    }

    /// The same model at the beginning of another text, and then its `tokens`.
    pub fn again(&self, tokens: &[u32]) -> Self {
        let mut again = Self::new(Arc::clone(&self.model));
        tokens.iter().for_each(|token| again.advance(*token));
        again
    }

    /// What `token` gains if it comes next: never less than nothing, and nothing for marks and
    /// ends, which would cut texts short.
    pub fn gain(&self, token: u32) -> f32 {
        let LanguageModel { model, weight, .. } = &*self.model;
        let is_word = self.model.kind(token) == Kind::Word;
        if !is_word || model.known_before(&self.history, token) < KNOWN {
            return 0.0;
        }
        let likelier = model.log_prob(&self.history, token) - model.unigram(token);
        weight * likelier.clamp(0.0, MOST)
    }

    /// `token` came next. How a sentence begins does not depend on the one before: with that, texts
    /// began with what is usual and left out what was said first.
    pub fn advance(&mut self, token: u32) {
        self.history = match self.model.kind(token) {
            Kind::End => History::UNKNOWN,
            Kind::Word | Kind::Mark => self.model.model.advance(&self.history, token),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asr::tokens::tests::small;
    use crate::lm::counts::Corpus;
    use crate::lm::kneser_ney::estimate;

    /// What the last letter of `text` gains after the others.
    fn gain(text: &str) -> f32 {
        let tokens = small();
        let mut corpus = Corpus::new(tokens.end + 1);
        for sentence in ["abcabc", "xyc", "xyz.", "abq.c", "qzabc"] {
            corpus.add_sentence(&tokens.encode(sentence));
        }
        let model = LanguageModel::new(estimate(&corpus, usize::MAX), &tokens, 0.5);
        let text = tokens.encode(text);
        let (last, before) = text.split_last().expect("it has letters");
        let fusion = Fusion::new(Arc::new(model)).again(before);
        fusion.gain(*last)
    }

    #[test]
    fn a_token_gains_where_the_words_before_make_it_likelier_and_loses_nowhere() {
        for (text, gains) in [
            ("abc", true),
            ("uabc", true),
            // One token before is not enough.
            ("bc", false),
            ("abz", false),
            ("uuc", false),
            // Neither marks nor what comes first in a text or behind the end of a sentence.
            ("xyz.", false),
            ("x", false),
            ("abq.c", false),
        ] {
            let gain = gain(text);
            assert_eq!(gain > 0.0, gains, "{text}: {gain}");
            assert!((0.0..=0.5 * MOST).contains(&gain), "{text}: {gain}");
        }
    }

    #[test]
    fn tokens_are_words_marks_or_ends() {
        for (bytes, expected) in [
            (&b" hi"[..], Kind::Word),
            ("退".as_bytes(), Kind::Word),
            (&[0xe9], Kind::Word),
            (b",", Kind::Mark),
            ("，".as_bytes(), Kind::Mark),
            (b"?", Kind::End),
            ("。".as_bytes(), Kind::End),
        ] {
            assert_eq!(kind(bytes), expected, "{bytes:?}");
        }
    }
}
