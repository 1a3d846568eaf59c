//! The engine's ways to cut text, as Tantivy asks for them.
//!
//! A word is a run of letters and digits, apostrophes inside included: "router's" is one. Each Han
//! character is a word of its own; where Mandarin is searched by meaning, jieba's dictionary says
//! which belong together.

use std::ops::Range;
use std::vec;

use sidetone_language::mandarin_words::DICTIONARY;
use sidetone_language::tokens::{self, Figures, cut};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// The words of a text, in simplified and narrow characters and lower case.
#[derive(Clone)]
pub(crate) struct Written;

/// The same without Han characters.
#[derive(Clone)]
pub(crate) struct Latin;

/// The words of jieba's dictionary, in search mode: of a long one those that it is made of, too.
/// What is no word stays as it stands, punctuation and spaces included.
#[derive(Clone)]
pub(crate) struct Mandarin;

impl Tokenizer for Written {
    type TokenStream<'a> = Words;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words {
        Words::new(cut(text, Figures::Apart))
    }
}

impl Tokenizer for Latin {
    type TokenStream<'a> = Words;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words {
        let mut words = cut(text, Figures::Apart);
        words.retain(|word| !word.is_han());
        Words::new(words)
    }
}

impl Tokenizer for Mandarin {
    type TokenStream<'a> = Words;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words {
        // Without the hidden Markov model: it would join unknown characters one way in an article
        // and another way in a misheard sentence. As single characters they still meet.
        let words = DICTIONARY.cut_for_search(text, false).into_iter();
        Words::of(words.map(|word| (word.byte_start..word.byte_end, word.word.to_owned())))
    }
}

/// What all of them give.
pub(crate) struct Words {
    words: vec::IntoIter<(Range<usize>, String)>,
    token: Token,
}

impl Words {
    fn new(words: Vec<tokens::Token>) -> Self {
        Self::of(words.into_iter().map(|word| (word.span, word.text)))
    }

    fn of(words: impl Iterator<Item = (Range<usize>, String)>) -> Self {
        Self {
            words: words.collect::<Vec<_>>().into_iter(),
            token: Token::default(), // its position is one before the first
        }
    }
}

impl TokenStream for Words {
    fn advance(&mut self) -> bool {
        let Some((span, text)) = self.words.next() else {
            return false;
        };
        self.token = Token {
            offset_from: span.start,
            offset_to: span.end,
            position: self.token.position.wrapping_add(1),
            position_length: 1,
            text,
        };
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
