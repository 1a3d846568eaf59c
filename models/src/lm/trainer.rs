//! Sentences to a model.

use std::path::Path;

use super::counts::Corpus;
use super::file::{self, FileError};
use super::fusion::tokens_of;
use super::kneser_ney::estimate;
use super::ngram::NgramModel;
use super::text::{Piece, pieces};
use crate::asr::tokens::Tokens;
use crate::asr::{LoadError, load_tokens};

/// Sentences of customers and agents in many trades, written for this.
const ENGLISH: &str = include_str!("../../lm/en.txt");
const MANDARIN: &str = include_str!("../../lm/zh.txt");

/// N-grams of a model at most: about 5 MB.
const MOST_NGRAMS: usize = 300_000;

/// Tokens to learn from at most: sorting them takes a minute and half a gigabyte.
const MOST_TOKENS: usize = 20_000_000;

/// There is no model to be made of a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TrainError {
    /// It has no words.
    #[error("there is no sentence to learn from: each needs a line with words")]
    Empty,
    /// It has too many.
    #[error(
        "there are {0} tokens to learn from, and {MOST_TOKENS} are the most: leave out the oldest \
         texts"
    )]
    TooLong(usize),
}

/// Makes language models for one recogniser.
#[derive(Debug)]
pub struct Trainer {
    tokens: Tokens,
}

impl Trainer {
    /// For the recogniser with these files, which are JSON.
    pub fn load(tokenizer: &Path, generation: &Path) -> Result<Self, LoadError> {
        let tokens = load_tokens(tokenizer, generation)?;
        Ok(Self { tokens })
    }

    /// A model of what comes with the program and of `own` text.
    pub fn train(&self, own: &[&Piece]) -> Result<NgramModel, TrainError> {
        if own.is_empty() {
            return Err(TrainError::Empty);
        }
        let mut corpus = corpus(&self.tokens);
        for piece in own {
            add(&mut corpus, piece, &self.tokens);
            if corpus.len() > MOST_TOKENS {
                return Err(TrainError::TooLong(corpus.len()));
            }
        }
        Ok(estimate(&corpus, MOST_NGRAMS))
    }

    /// The model that comes with the program.
    pub fn built_in(&self) -> NgramModel {
        built_in(&self.tokens)
    }

    /// Between how many tokens `model` wavers at each token of `text` (perplexity).
    pub fn perplexity(&self, model: &NgramModel, text: &[&Piece]) -> f64 {
        let (mut sum, mut count) = (0.0, 0_u32);
        for piece in text {
            let mut history = model.beginning();
            for token in tokenise(piece, &self.tokens) {
                sum += f64::from(model.log_prob(&history, token));
                history = model.advance(&history, token);
                count += 1;
            }
        }
        (-sum / f64::from(count.max(1))).exp()
    }

    /// Writes `model` to `path`.
    pub fn write(&self, path: &Path, model: &NgramModel) -> Result<(), FileError> {
        file::write(path, model, tokens_of(&self.tokens))
    }
}

/// The model that comes with the program, for these `tokens`. It takes some tens of milliseconds.
pub(super) fn built_in(tokens: &Tokens) -> NgramModel {
    estimate(&corpus(tokens), MOST_NGRAMS)
}

/// The sentences that come with the program.
fn corpus(tokens: &Tokens) -> Corpus {
    let mut corpus = Corpus::new(tokens.end + 1);
    for text in [ENGLISH, MANDARIN] {
        let pieces = pieces(text.as_bytes()).expect("a test reads it");
        for piece in &pieces {
            add(&mut corpus, piece, tokens);
        }
    }
    corpus
}

fn add(corpus: &mut Corpus, piece: &Piece, tokens: &Tokens) {
    let text = tokenise(piece, tokens);
    match piece {
        Piece::Sentence(_) => corpus.add_sentence(&text),
        Piece::Fragment(_) => corpus.add_fragment(&text),
    }
}

/// In languages with spaces, the recogniser writes one before the first word too.
fn tokenise(piece: &Piece, tokens: &Tokens) -> Vec<u32> {
    match piece.is_chinese() {
        true => tokens.encode(piece.text()),
        false => tokens.encode(&format!(" {}", piece.text())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asr::tokens::tests::small;

    fn trainer() -> Trainer {
        Trainer { tokens: small() }
    }

    fn sentence(text: &str) -> Piece {
        Piece::Sentence(text.to_owned())
    }

    #[test]
    fn what_comes_with_the_program_is_varied_and_in_both_languages() {
        for text in [ENGLISH, MANDARIN] {
            let found = pieces(text.as_bytes()).expect("it is text");
            assert!(found.len() >= 400, "{}", found.len());
            let mut once: Vec<&str> = found.iter().map(Piece::text).collect();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), found.len(), "no sentence stands there twice");
        }
    }

    #[test]
    fn text_of_the_trade_becomes_likelier_once_it_was_learnt() {
        let trainer = trainer();
        let own = sentence("The flux capacitor of the hovercraft hums.");
        let held = sentence("My hovercraft has no flux capacitor.");
        let (before, after) = (
            trainer.built_in(),
            trainer.train(&[&own]).expect("it has words"),
        );
        let wavers = |model| trainer.perplexity(model, &[&held]);
        assert!(wavers(&after) < 0.9 * wavers(&before));
    }

    #[test]
    fn nothing_to_learn_from_is_an_error() {
        let error = trainer().train(&[]).expect_err("there is nothing");
        assert!(error.to_string().contains("no sentence"), "{error}");
    }
}
